"""What AWS and its library say when something fails, told as what, why and what to do now.

Two tables. `CODES`: the error codes EC2 and STS answer with; their meanings are AWS's (errors overview, API
reference) and what was seen in the wild. `TROUBLE`: what botocore raises before or instead of an answer: no way
to sign in, no connection. An unknown code keeps AWS's own words and the request id.
"""

import re
from dataclasses import dataclass
from typing import Any

from core.problems import (
    Busy,
    Conflict,
    Failed,
    NotAllowed,
    NotFound,
    NotSignedIn,
    NotYet,
    Passing,
    Problem,
    Unclear,
    Usage,
)
from core.text import clean


@dataclass(frozen=True, slots=True)
class Doing:
    """The call an error is told about."""

    action: str  # as policies name it: ec2:CreateVpcEndpoint
    region: str = ""
    changes: bool = False
    """Whether it was a change: then no answer means Unclear instead of Passing."""
    profile: str = ""
    login: str = ""
    """The profile to log in with: where the chain of source profiles ends. Same as `profile` for most."""
    pause: str = ""
    """What to do when no answer came to this change; empty: look and go on."""


@dataclass(frozen=True, slots=True)
class Row:
    """How one kind of failure is told. The texts may hold {region} {action} {words} {profile} {login} {who} {what}."""

    kind: type[Problem]
    what: str
    cause: str = ""
    remedy: str = ""
    quote: bool = True
    """Whether AWS's own words follow the cause. Not where they may repeat what was signed: that holds a token."""


_KEYS = "Check the keys, this machine's clock, and that the region {region} is enabled for the account; then Retry."
_LOGIN = "Run `aws sso login{login}`, then Retry."
_POLICY = (
    "Ask whoever manages this AWS account to allow {what}, then Retry. The iam-policy export lists every right needed."
)
_STALE = "Refresh the lists and choose again; ids belong to one region."
_TAGS = "Change the tags on the endpoint page."

_DENIED = Row(
    NotAllowed,
    "AWS does not allow {what}.",
    "{who} lacks the right{where}{policy}.",
    _POLICY,
    quote=False,
)
_BAD_KEYS = Row(NotSignedIn, "AWS does not accept the access key.", "It is wrong, revoked or disabled.", _KEYS)
_EXPIRED = Row(
    NotSignedIn,
    "The AWS sign-in has expired.",
    "Temporary credentials last some hours; a clock that is wrong by minutes looks the same.",
    "Sign in again (for SSO: `aws sso login{login}`), check this machine's clock, then Retry.",
)
_THROTTLED = Row(
    Passing,
    "AWS asks to go slower.",
    "There were too many requests of this account or its organization.",
    "Wait a little; this passes by itself.",
)
_AWS_SIDE = Row(Passing, "AWS had a fault of its own.", "", "Wait a little, then Retry.")
_MALFORMED = Row(Failed, "AWS does not take an id or value that was sent.", "", _STALE)
_OUR_BUG = Row(
    Failed, "AWS does not take the question as it was put.", "This is a fault of this program.", "Please report it."
)


def _missing(noun: str) -> Row:
    return Row(
        NotFound, f"AWS knows no such {noun} in {{region}}.", "It was deleted, or it belongs to another region.", _STALE
    )


def _limit(what: str, remedy: str) -> Row:
    return Row(Failed, what, "A quota of the AWS account is used up.", remedy)


CODES: dict[str, Row] = {
    "DryRunOperation": Row(Failed, "AWS would allow {action}.", "It was only a trial.", "", quote=False),
    # who we are and what we may
    "UnauthorizedOperation": _DENIED,
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "ForbiddenException": Row(
        NotAllowed,
        "The SSO sign-in holds, but its role or account is not assigned to you.",
        "",
        "Choose another profile, or ask whoever manages SSO for the assignment.",
    ),
    "UnauthorizedException": Row(
        NotSignedIn, "The SSO session has expired.", "", _LOGIN
    ),
    "AuthFailure": Row(
        NotSignedIn,
        "AWS does not accept the credentials for {region}.",
        "Either the keys are wrong, or this machine's clock is, or the region {region} is not enabled for the account.",
        _KEYS,
        quote=False,
    ),
    "InvalidClientTokenId": _BAD_KEYS,
    "InvalidAccessKeyId": _BAD_KEYS,
    "UnrecognizedClientException": _BAD_KEYS,
    "SignatureDoesNotMatch": Row(
        NotSignedIn,
        "AWS does not accept the signature.",
        "The secret key does not belong to the access key, or this machine's clock is wrong.",
        _KEYS,
        quote=False,
    ),
    "IncompleteSignature": Row(
        NotSignedIn, "AWS does not accept the signature.", "It is incomplete.", _KEYS, quote=False
    ),
    "MissingAuthenticationToken": Row(
        NotSignedIn, "AWS saw no credentials in the request.", "", "Choose an AWS profile that holds some, then Retry."
    ),
    "OptInRequired": Row(
        NotAllowed,
        "The AWS account has not opted in to EC2 in {region}.",
        "",
        "Enable the region in the AWS console under Account, AWS Regions; that takes some minutes.",
    ),
    "PendingVerification": Row(
        NotAllowed, "AWS is still verifying the account for {region}.", "", "Wait for AWS's e-mail; up to four hours."
    ),
    "Blocked": Row(NotAllowed, "AWS has blocked this account.", "", "Contact AWS Support."),
    "RequestExpired": _EXPIRED,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "InvalidIdentityToken": Row(
        NotSignedIn,
        "AWS does not accept the web identity token.",
        "",
        "Renew the token file, or have the role's identity provider checked; then Retry.",
        quote=False,
    ),
    # passing
    "RequestLimitExceeded": _THROTTLED,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "RequestThrottled": _THROTTLED,
    "TooManyRequestsException": _THROTTLED,
    "EC2ThrottledException": _THROTTLED,
    "SlowDown": _THROTTLED,
    "InternalError": _AWS_SIDE,
    "InternalFailure": _AWS_SIDE,
    "ServiceUnavailable": _AWS_SIDE,
    "ServerInternal": _AWS_SIDE,
    "Unavailable": Row(
        Passing,
        "AWS says that the service is unavailable.",
        "Usual for some minutes after an endpoint service was made.",
        "Wait a little; this passes by itself.",
    ),
    # endpoint service and endpoint
    "InvalidServiceName": Row(
        NotFound,
        "AWS shows no such endpoint service to this account in {region}.",
        "The account is not among those SkySQL allows, or the region differs, or the service was made only minutes ago:"
        " AWS does not tell which.",
        "Compare the signed-in account with the service's allowed accounts; right after a switch, wait some minutes.",
    ),
    "DuplicateSubnetsInSameZone": Row(
        Failed,
        "Two of the subnets are in one availability zone.",
        "An endpoint takes one subnet a zone.",
        "Choose one subnet for each zone on the network page.",
    ),
    "VpcEndpointLimitExceeded": _limit(
        "The VPC has no room for another interface endpoint.",
        "Delete an endpoint nobody uses, or ask for more of quota L-29B6F2EB (50 a VPC unless raised).",
    ),
    "SecurityGroupsPerInterfaceLimitExceeded": _limit(
        "There are too many security groups for one endpoint.",
        "Choose fewer (five unless raised), or ask for more of quota L-2AFB9258.",
    ),
    "SecurityGroupLimitExceeded": _limit(
        "The region has no room for another security group.",
        "Choose an existing group, delete one nobody uses, or ask for more of quota L-E79EC296.",
    ),
    "RulesPerSecurityGroupLimitExceeded": _limit(
        "The security group has no room for these rules.",
        "Use fewer sources: a wider CIDR, a source group or a prefix list; or ask for more of quota L-0EA8095F.",
    ),
    "NetworkInterfaceLimitExceeded": _limit(
        "The region has no room for another network interface.",
        "Delete interfaces nobody uses, or ask for more of the quota for network interfaces (L-DF5E4CA3).",
    ),
    "InsufficientFreeAddressesInSubnet": Row(
        Failed,
        "A chosen subnet has no free address.",
        "The endpoint takes one address in each subnet.",
        "Choose another subnet of that zone on the network page.",
    ),
    "IdempotentParameterMismatch": Row(
        Conflict,
        "An earlier request of this run asked for an endpoint with other values.",
        "The same request token was used before with other choices.",
        "Look at the endpoints that exist; then start a new run with the new choices.",
    ),
    "InvalidVpcEndpointId.NotFound": _missing("VPC endpoint"),
    "InvalidVpcEndpoint.NotFound": _missing("VPC endpoint"),
    "OperationInProgress": Row(
        Busy, "Another change to the endpoint is in flight.", "", "Wait until it is through; this passes by itself."
    ),
    # the VPC's parts
    "InvalidVpcID.NotFound": _missing("VPC"),
    "InvalidVpcId.NotFound": _missing("VPC"),
    "InvalidSubnetID.NotFound": _missing("subnet"),
    "InvalidSubnetId.NotFound": _missing("subnet"),
    "InvalidGroup.NotFound": _missing("security group"),
    "InvalidGroupId.NotFound": _missing("security group"),
    "InvalidSecurityGroupID.NotFound": _missing("security group"),
    "InvalidPrefixListID.NotFound": _missing("prefix list"),
    "InvalidPrefixListId.NotFound": _missing("prefix list"),
    "InvalidGroup.Duplicate": Row(
        Conflict,
        "The VPC has a security group of that name already.",
        "Names are unique in a VPC, capitals or not.",
        "Choose that group, or another name, on the security group page.",
    ),
    "InvalidGroup.Reserved": Row(
        Failed, "That group name is AWS's own.", "“default” is reserved.", "Choose another name."
    ),
    "InvalidGroup.InUse": Row(
        Busy, "The security group is in use.", "", "Wait until the endpoint's network interfaces are gone, then Retry."
    ),
    "InvalidPermission.Duplicate": Row(Conflict, "The rule is there already.", "", "Nothing is to be done."),
    "InvalidPermission.NotFound": Row(NotFound, "There is no such rule.", "", "Nothing is to be done."),
    "InvalidPermission.Malformed": Row(
        Failed, "AWS does not take a rule as written.", "", "Check ports and sources on the security group page."
    ),
    "DependencyViolation": Row(
        Busy,
        "Something still uses it.",
        "Network interfaces of an endpoint, or a rule of another group, still refer to it.",
        "Wait until the endpoint's network interfaces are gone; remove rules of other groups that name it.",
    ),
    "CannotDelete": Row(Failed, "AWS does not delete it.", "A VPC keeps its default group.", "Leave it."),
    "IncorrectState": Row(Failed, "It is in a state that does not allow this.", "", "See the AWS console."),
    "OperationNotPermitted": Row(
        Failed, "AWS does not permit this here.", "Another AWS service may manage it.", "Change it where it is managed."
    ),
    "UnsupportedOperation": Row(Failed, "AWS does not support this here.", "", "Choose differently, then Retry."),
    # tags
    "TagPolicyViolation": Row(
        Failed,
        "A tag breaks the organization's tag policy.",
        "",
        "Ask for the organization's mandatory tags and set them on the endpoint page.",
    ),
    "TagLimitExceeded": Row(Failed, "There are too many tags.", "AWS takes 50 on a resource.", _TAGS),
    "InvalidTagKey.Malformed": Row(Failed, "AWS does not take a tag's key.", "", _TAGS),
    "ConcurrentTagAccess": Row(Busy, "The tags are being changed by somebody else.", "", "Wait a little, then Retry."),
    # what was sent
    "InvalidParameter": Row(Failed, "AWS does not take what was asked.", "", "Change what AWS names, then Retry."),
    "InvalidParameterValue": Row(Failed, "AWS does not take a value.", "", "Change the value AWS names, then Retry."),
    "InvalidParameterCombination": Row(Failed, "AWS does not take these values together.", "", "Change what it names."),
    "ValidationError": Row(Failed, "AWS does not take a value.", "", "Change the value AWS names, then Retry."),
    "FilterLimitExceeded": _OUR_BUG,
    "InvalidFilter": _OUR_BUG,
    "InvalidNextToken": _OUR_BUG,
    "InvalidMaxResults": _OUR_BUG,
}  # fmt: skip

WORDS: tuple[tuple[str, str, Row], ...] = (
    (
        r"does not support the availability zone",
        "ZoneNotSupported",
        Row(
            Failed,
            "The endpoint service is not in the zone of {subnet}.",
            "SkySQL runs it in other availability zones.",
            "Choose a subnet in one of its zones on the network page: the others are greyed there.",
        ),
    ),
    (
        r"does not provide a private DNS name",
        "NoPrivateDnsName",
        Row(
            Failed,
            "The endpoint service has no private DNS name.",
            "SkySQL has set none up for it.",
            "Go on without private DNS: clients use the regional name, and the certificate does not match it.",
        ),
    ),
    (
        r"requires both enableDnsSupport and enableDnsHostnames",
        "VpcDnsOff",
        Row(
            Failed,
            "Private DNS needs two attributes of the VPC that are off.",
            "enableDnsSupport and enableDnsHostnames must both be on.",
            "Let the endpoint page switch them on (this affects the whole VPC), or go on without private DNS.",
        ),
    ),
    (
        r"conflicting DNS domain",
        "PrivateDnsConflict",
        Row(
            Conflict,
            "The private DNS name is taken in this VPC.",
            "Another endpoint or private hosted zone has the name, or one is still being deleted.",
            "Use that endpoint, detach the zone, or wait some minutes after a deletion; then Retry.",
        ),
    ),
    (
        r"has not (been )?verified",
        "PrivateDnsNotVerified",
        Row(
            NotYet,
            "The private DNS name is not verified yet.",
            "AWS still checks that SkySQL owns it.",
            "Wait: it is enabled when the check is through.",
        ),
    ),
    (
        r"can only be enabled after",
        "PrivateDnsTooEarly",
        Row(NotYet, "Private DNS can be enabled once the endpoint is accepted.", "", "Wait until it is available."),
    ),
    (
        r"idempotent operation|another operation .* in progress",
        "OperationInProgress",
        CODES["OperationInProgress"],
    ),
    (
        r"full-access",
        "PolicyNotSupported",
        Row(Failed, "The endpoint service takes no endpoint policy.", "", "Send none."),
    ),
    (
        r"different VPCs?|not in the same VPC|(belong|exist)s? .*\bVPC",
        "OtherVpc",
        Row(
            Failed,
            "A subnet or security group is of another VPC.",
            "An earlier choice no longer fits.",
            "Choose the VPC, its subnets and groups again.",
        ),
    ),
    (
        r"MultiFactorAuthentication failed|invalid MFA",
        "WrongCode",
        Row(
            NotSignedIn,
            "AWS did not accept the MFA code.",
            "It was mistyped, or it was used or ran out meanwhile.",
            "Retry with the next code your device shows.",
            quote=False,
        ),
    ),
)  # fmt: skip
"""Codes that mean many things (InvalidParameter, AccessDenied …) are told by AWS's words: pattern, name, row."""

_BY_WORDS = (
    "InvalidParameter",
    "InvalidParameterValue",
    "InvalidParameterCombination",
    "AccessDenied",
    "InvalidState",
    "IncorrectState",
    "OperationInProgress",
    "OperationNotPermitted",
    "UnsupportedOperation",
)


def of_code(code: str, words: str, status: int, request_id: str, doing: Doing) -> Problem:
    """An answer with an error, told. `words`: AWS's message; `status`: HTTP."""
    name, row = _row(code, words)
    if row is None or (row is _AWS_SIDE and doing.changes):
        row = _unknown(code, status, doing)
    return _tell(row, f"aws.{name}", doing, words, request_id)


def _row(code: str, words: str) -> tuple[str, Row | None]:
    if code in _BY_WORDS:
        for pattern, name, row in WORDS:
            if re.search(pattern, words, re.IGNORECASE):
                return name, row
    if code not in CODES and code.endswith(".Malformed"):
        return code, _MALFORMED
    if code not in CODES and code.endswith(".NotFound"):
        return code, _missing("thing")
    return code, CODES.get(code)


def _unknown(code: str, status: int, doing: Doing) -> Row:
    if status >= 500:
        return _no_answer(doing) if doing.changes else _AWS_SIDE
    return Row(
        Failed, f"AWS refused {{action}}: {clean(code, 80).replace('{', '').replace('}', '')}.", "", "See AWS's words."
    )


def of_silence(doing: Doing) -> Problem:
    """A change whose answer did not come within its limit."""
    return _tell(_no_answer(doing), "aws.no-answer", doing, "")


def _no_answer(doing: Doing) -> Row:
    """A change went out and no usable answer came back."""
    return Row(
        Unclear,
        "AWS did not answer {action}: it is not known whether the change was made.",
        "The connection broke or time ran out after the request was sent.",
        doing.pause or "Look what is there before sending it again; going on does that by itself.",
    )


def _tell(row: Row, code: str, doing: Doing, words: str, request_id: str = "") -> Problem:
    fields = {
        "action": doing.action,
        "region": doing.region or "that region",
        "profile": _flag(doing.profile),
        "login": _flag(doing.login or doing.profile),
        "words": words,
        "subnet": _found(r"(subnet-[0-9a-f]+)", words, "a chosen subnet"),
        **_denial(words, doing),
    }
    cause = row.cause.format(**fields)
    if row.quote and words:
        cause = f"{cause} AWS says: “{clean(_short(words), 400)}”".strip()
    return row.kind(
        code, row.what.format(**fields), cause=cause, remedy=row.remedy.format(**fields), request_id=request_id
    )


def _flag(profile: str) -> str:
    return f" --profile {profile}" if profile else ""


def _found(pattern: str, words: str, otherwise: str = "") -> str:
    found = re.search(pattern, words)
    return clean(found.group(1), 300) if found else otherwise


def _denial(words: str, doing: Doing) -> dict[str, str]:
    """Who lacks which right on what, and which kind of policy says so, as far as AWS's message tells."""
    resource = _found(r"on resource: (\S+)", words)
    policy = _found(r"((?:with|because of) an? explicit deny[^.]*|because no [^.]*? (?:policy|boundary))", words)
    if "service control policy" in words and "service control policy" not in policy:
        policy = "a service control policy of the organization"
    return {
        "what": _found(r"perform: (\S+?)[.,]?(?:\s|$)", words, doing.action),
        "who": _found(r"User: (\S+)", words, "The signed-in identity"),
        "where": f" on {resource}" if resource else "",
        "policy": f" ({policy})" if policy else "",
    }


def _short(words: str) -> str:
    """Without the encoded blob: a screen full of base64 that only sts:DecodeAuthorizationMessage reads."""
    return words.partition("Encoded authorization failure message")[0]


# --------------------------------------------------------------------------------- before there is an answer

_OFFLINE = "Check the network, VPN and proxy of this machine; then Retry."
_FILES = "Correct the AWS configuration (~/.aws/config, ~/.aws/credentials), then Retry."
_SSO = Row(NotSignedIn, "The SSO sign-in of this AWS profile has ended or never began.", "{error}", _LOGIN)
_CONFIG = Row(NotSignedIn, "The AWS configuration does not fit together.", "{error}", _FILES)
_LOGIN_AGAIN = "Run `aws login{login}`, then Retry."
_UNREACHABLE = Row(Passing, "AWS could not be reached.", "{error}", _OFFLINE)

TROUBLE: dict[str, Row] = {
    "NoCredentialsError": Row(
        NotSignedIn,
        "There are no AWS credentials.",
        "Neither environment, profile nor this machine's role offers any.{files}",
        "Run `aws configure sso` or `aws configure`, or set AWS_PROFILE; then Retry.",
    ),
    "PartialCredentialsError": Row(
        NotSignedIn,
        "Half of an AWS key pair is missing.",
        "{error}",
        "Set both aws_access_key_id and aws_secret_access_key (or the two environment variables), then Retry.",
    ),
    "ProfileNotFound": Row(
        NotSignedIn,
        "There is no such AWS profile.",
        "{error}",
        "Choose one of the profiles listed, correct AWS_PROFILE, or make it with `aws configure{profile}`; then Retry.",
    ),
    "SSOTokenLoadError": _SSO,
    "UnauthorizedSSOTokenError": _SSO,
    "TokenRetrievalError": _SSO,
    "NoAuthTokenError": _SSO,
    "SSOError": _SSO,
    "InvalidConfigError": _CONFIG,
    "InfiniteLoopConfigError": Row(
        NotSignedIn,
        "The AWS profile's roles go in a circle.",
        "{error}",
        "Correct source_profile in ~/.aws/config so that the chain ends at credentials, then Retry.",
    ),
    "ConfigParseError": Row(NotSignedIn, "The AWS configuration file cannot be read.", "{error}", _FILES),
    "ConfigNotFound": Row(NotSignedIn, "The AWS configuration file is not there.", "{error}", _FILES),
    "UnknownCredentialError": _CONFIG,
    "CredentialRetrievalError": Row(
        NotSignedIn,
        "The program or service that hands out the AWS credentials failed.",
        "{error}",
        "Run the credential_process command of the profile by itself and see what it says; then Retry.",
    ),
    "MetadataRetrievalError": Row(
        NotSignedIn,
        "This machine's own role could not be read.",
        "{error}",
        "Check the instance's or container's role, then Retry.",
    ),
    "MissingDependencyException": Row(
        NotSignedIn,
        "This AWS profile signs in with `aws login`, which needs one more package here.",
        "{error}",
        'Run `pip install "botocore[crt]"` in this program\'s environment, or choose another profile; then Retry.',
    ),
    "LoginRefreshRequired": Row(NotSignedIn, "The `aws login` session has ended.", "{error}", _LOGIN_AGAIN),
    "LoginTokenLoadError": Row(NotSignedIn, "There is no `aws login` session yet.", "{error}", _LOGIN_AGAIN),
    "LoginAuthorizationCodeError": Row(NotSignedIn, "`aws login` did not finish.", "{error}", _LOGIN_AGAIN),
    "LoginInsufficientPermissions": Row(
        NotAllowed,
        "The `aws login` session may not be renewed.",
        "{error}",
        "Ask for the right signin:CreateOAuth2Token, or choose another profile.",
    ),
    "LoginError": Row(NotSignedIn, "The `aws login` session cannot be used.", "{error}", _LOGIN_AGAIN),
    "RefreshWithMFAUnsupportedError": Row(
        NotSignedIn,
        "The AWS sign-in with an MFA code has run out.",
        "Such credentials are not renewed without a new code.",
        "Retry, and give the next code your device shows.",
    ),
    "NoRegionError": Row(Usage, "No AWS region is known.", "{error}", "Give one with --region or AWS_REGION."),
    "InvalidRegionError": Row(
        Usage, "“{region}” is not a region's name.", "{error}", "A region looks like us-east-2; correct it."
    ),
    "EndpointConnectionError": Row(
        Passing,
        "AWS could not be reached.",
        "{error} {region_hint}",
        "Check the network, VPN and proxy of this machine, and the region's name; then Retry.",
    ),
    "ConnectTimeoutError": Row(Passing, "AWS did not answer in time.", "{error}", _OFFLINE),
    "ProxyConnectionError": Row(
        Passing,
        "The proxy could not be reached.",
        "{error}",
        "Check HTTPS_PROXY and NO_PROXY, or the proxy itself; then Retry.",
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
        Failed, "A value cannot be sent to AWS.", "{error}", "Change the value named, then Retry."
    ),
    "ResponseParserError": Row(
        Passing,
        "What answered is not AWS.",
        "The answer cannot be read: a proxy or a login page of the network may stand between.",
        _OFFLINE,
    ),
    "FileNotFoundError": Row(
        NotSignedIn,
        "A file the AWS sign-in needs is not there.",
        "{error}",
        "Check web_identity_token_file (AWS_WEB_IDENTITY_TOKEN_FILE) and credential_process of the profile; Retry.",
    ),
    "TimeoutError": _UNREACHABLE,
    "PermissionError": Row(
        NotSignedIn, "A file of the AWS sign-in may not be read.", "{error}", "Correct its permissions, then Retry."
    ),
    "OSError": Row(NotSignedIn, "A file of the AWS sign-in cannot be used.", "{error}", _FILES),
    "ValueError": Row(
        NotSignedIn,
        "Something the AWS sign-in read is not what it should be.",
        "A file, or what credential_process printed, cannot be parsed.",
        "Run the credential_process command of the profile by itself, and check the files; then Retry.",
    ),
    "KeyError": Row(
        NotSignedIn, "Something is missing from what the AWS sign-in read.", "No {error}.", _FILES
    ),
}  # fmt: skip
"""By the name of the exception's class or of one it is made of: so the library need not be loaded to have a table."""

_AFTER_SENDING = (
    "ReadTimeoutError",
    "ConnectionClosedError",
    "ResponseStreamingError",
    "IncompleteReadError",
    "HTTPClientError",
    "ResponseParserError",
)


def of_trouble(error: Exception, doing: Doing, *, hint: str = "", files: str = "") -> Problem:
    """What was raised before or instead of an answer. `hint`: about the region; `files`: about odd settings files."""
    name = next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in TROUBLE), "")
    if doing.changes and name in _AFTER_SENDING:
        return _tell(_no_answer(doing), f"aws.{name}", doing, "")
    row = TROUBLE.get(name) or Row(
        Failed, "Something unforeseen happened while asking AWS.", "{error}", "Please report it, with what you did."
    )
    cause = row.cause.format(error=_safe_words(error, name), region_hint=hint, files=files and f" {files}")
    plain = Row(row.kind, row.what, _braced(cause), row.remedy, quote=False)
    return _tell(plain, f"aws.{name or 'unforeseen'}", doing, "")


def _safe_words(error: Exception, name: str) -> str:
    """What the exception says, unless its text may quote keys: a file's broken line, or what it choked on."""
    if name == "ConfigParseError":
        lines = re.findall(r"line[: ]+(\d+)", str(error))
        path = getattr(error, "kwargs", {}).get("path", "It")
        return clean(f"{path} has a mistake in line {lines[0]}." if lines else f"{path} cannot be parsed.", 300)
    return clean(str(error), 500) if name else type(error).__name__


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def of_error(error: Exception, doing: Doing, *, hint: str = "", files: str = "") -> Problem:
    """Any exception of boto3 or botocore, told."""
    response: Any = getattr(error, "response", None)
    if isinstance(response, dict) and "Error" in response:
        answer = response.get("ResponseMetadata", {})
        fault = response["Error"]
        return of_code(
            str(fault.get("Code", "")),
            str(fault.get("Message", "")),
            int(answer.get("HTTPStatusCode") or 0),
            str(answer.get("RequestId", "")),
            doing,
        )
    return of_trouble(error, doing, hint=hint, files=files)
