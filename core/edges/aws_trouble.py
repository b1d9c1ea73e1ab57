"""What boto3 and botocore raise before or instead of an answer: no way to sign in, no connection.

Every row was measured with a made-up configuration. By the name of the exception's class, or of one it is made of:
so the library need not be loaded to have a table.
"""

from core.edges.aws_codes import LOGIN, Row
from core.problems import Failed, NotAllowed, NotSignedIn, Passing, Usage


def _signed_out(what: str, cause: str, remedy: str) -> Row:
    return Row(NotSignedIn, what, cause, remedy, "sign_in")


_OFFLINE = "Check the network, VPN and proxy of this machine; then try again."
_FILES = "Correct the AWS configuration (~/.aws/config, ~/.aws/credentials), then try again."
_SSO = _signed_out("The SSO sign-in of this AWS profile has ended or never began.", "{error}", LOGIN)
_CONFIG = _signed_out("The AWS configuration does not fit together.", "{error}", _FILES)
_LOGIN_AGAIN = "Run `aws login{login}`, then try again."
_UNREACHABLE = Row(Passing, "AWS could not be reached.", "{error}", _OFFLINE)

TROUBLE: dict[str, Row] = {
    "NoCredentialsError": _signed_out(
        "There are no AWS credentials.",
        "Neither environment, profile nor this machine's role offers any.{files}",
        "Run `aws configure sso` or `aws configure`, or set AWS_PROFILE; then try again.",
    ),
    "PartialCredentialsError": _signed_out(
        "Half of an AWS key pair is missing.",
        "{error}",
        "Set both aws_access_key_id and aws_secret_access_key (or the two environment variables), then try again.",
    ),
    "ProfileNotFound": _signed_out(
        "There is no such AWS profile.",
        "{error}",
        "Choose another profile, correct AWS_PROFILE, or make it with `aws configure{profile}`; then try again.",
    ),
    "SSOTokenLoadError": _SSO,
    "UnauthorizedSSOTokenError": _SSO,
    "TokenRetrievalError": _SSO,
    "NoAuthTokenError": _SSO,
    "SSOError": _SSO,
    "InvalidConfigError": _CONFIG,
    "InfiniteLoopConfigError": _signed_out(
        "The AWS profile's roles go in a circle.",
        "{error}",
        "Correct source_profile in ~/.aws/config so that the chain ends at credentials, then try again.",
    ),
    "ConfigParseError": _signed_out("The AWS configuration file cannot be read.", "{error}", _FILES),
    "ConfigNotFound": _signed_out("The AWS configuration file is not there.", "{error}", _FILES),
    "UnknownCredentialError": _CONFIG,
    "CredentialRetrievalError": _signed_out(
        "The program or service that hands out the AWS credentials failed.",
        "{error}",
        "Run the credential_process command of the profile by itself and see what it says; then try again.",
    ),
    "MetadataRetrievalError": _signed_out(
        "This machine's own role could not be read.",
        "{error}",
        "Check the instance's or container's role, then try again.",
    ),
    "MissingDependencyException": _signed_out(
        "This AWS profile signs in with `aws login`, which needs one more package here.",
        "{error}",
        'Run `pip install "botocore[crt]"` in this program\'s environment, or choose another profile; then try again.',
    ),
    "LoginRefreshRequired": _signed_out("The `aws login` session has ended.", "{error}", _LOGIN_AGAIN),
    "LoginTokenLoadError": _signed_out("There is no `aws login` session yet.", "{error}", _LOGIN_AGAIN),
    "LoginAuthorizationCodeError": _signed_out("`aws login` did not finish.", "{error}", _LOGIN_AGAIN),
    "LoginInsufficientPermissions": Row(
        NotAllowed,
        "The `aws login` session may not be renewed.",
        "{error}",
        "Ask for the right signin:CreateOAuth2Token, or choose another profile.",
        "sign_in",
    ),
    "LoginError": _signed_out("The `aws login` session cannot be used.", "{error}", _LOGIN_AGAIN),
    "RefreshWithMFAUnsupportedError": _signed_out(
        "The AWS sign-in with an MFA code has run out.",
        "Such credentials are not renewed without a new code.",
        "Try again, and give the next code your device shows.",
    ),
    "NoRegionError": Row(Usage, "No AWS region is known.", "{error}", "Give one with --region or AWS_REGION."),
    "InvalidRegionError": Row(
        Usage, "“{region}” is not a region's name.", "{error}", "A region looks like us-east-2; correct it."
    ),
    "EndpointConnectionError": Row(
        Passing,
        "AWS could not be reached.",
        "{error} {region_hint}",
        "Check the network, VPN and proxy of this machine, and the region's name; then try again.",
    ),
    "ConnectTimeoutError": Row(Passing, "AWS did not answer in time.", "{error}", _OFFLINE),
    "ProxyConnectionError": Row(
        Passing,
        "The proxy could not be reached.",
        "{error}",
        "Check HTTPS_PROXY and NO_PROXY, or the proxy itself; then try again.",
    ),
    "InvalidProxiesConfigError": Row(
        Usage, "The proxy settings do not fit.", "{error}", "Correct HTTPS_PROXY or the proxy's certificate files."
    ),
    "SSLError": Row(
        Failed,
        "AWS's certificate is not trusted here.",
        "{error}",
        "A proxy that opens TLS needs its certificate in AWS_CA_BUNDLE; check this machine's clock too.",
    ),
    "ReadTimeoutError": Row(Passing, "AWS took too long to answer.", "{error}", _OFFLINE),
    "ConnectionClosedError": _UNREACHABLE,
    "ResponseStreamingError": _UNREACHABLE,
    "IncompleteReadError": _UNREACHABLE,
    "HTTPClientError": _UNREACHABLE,
    "ConnectionError": _UNREACHABLE,
    "ParamValidationError": Row(
        Failed, "A value cannot be sent to AWS.", "{error}", "Change the value named, then try again."
    ),
    "ResponseParserError": Row(
        Passing,
        "What answered is not AWS.",
        "The answer cannot be read: a proxy or a login page of the network may stand between.",
        _OFFLINE,
    ),
    "FileNotFoundError": _signed_out(
        "A file the AWS sign-in needs is not there.",
        "{error}",
        "Check web_identity_token_file (AWS_WEB_IDENTITY_TOKEN_FILE) and credential_process; then try again.",
    ),
    "TimeoutError": _UNREACHABLE,
    "PermissionError": _signed_out(
        "A file of the AWS sign-in may not be read.", "{error}", "Correct its permissions, then try again."
    ),
    "OSError": _signed_out("A file of the AWS sign-in cannot be used.", "{error}", _FILES),
    "ValueError": _signed_out(
        "Something the AWS sign-in read is not what it should be.",
        "A file, or what credential_process printed, cannot be parsed.",
        "Run the credential_process command of the profile by itself, and check the files; then try again.",
    ),
    "KeyError": _signed_out("Something is missing from what the AWS sign-in read.", "No {error}.", _FILES),
}

AFTER_SENDING = (
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ResponseStreamingError",
    "IncompleteReadError",
    "HTTPClientError",
    "ResponseParserError",
)
"""What leaves it open whether a change was made."""
