"""Every code AWS answers with and every way it can fail to answer, read for its words."""

import builtins
import traceback
from collections.abc import Callable

import botocore.exceptions as b
import pytest
from botocore.parsers import ResponseParserError

from core.edges.aws_errors import Doing, of_error
from core.edges.aws_trouble import TROUBLE
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

READ = Doing("ec2:DescribeVpcs", "us-east-2", profile="corp", login="corp")
CHANGE = Doing("ec2:CreateVpcEndpoint", "us-east-2", changes=True)
TOKEN = "FwoGZXIvYXdzEcanary"


def answered(code: str, words: str = "", status: int = 400) -> b.ClientError:
    return b.ClientError(
        {
            "Error": {"Code": code, "Message": words},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "req-1"},  # type: ignore[typeddict-item]
        },
        "CreateVpcEndpoint",
    )


@pytest.mark.parametrize(
    ("code", "words", "kind", "told"),
    [
        ("AuthFailure", "AWS was not able to validate the credentials", NotSignedIn, ["keys", "clock", "us-east-2"]),
        ("InvalidClientTokenId", "", NotSignedIn, ["keys"]),
        ("SignatureDoesNotMatch", "", NotSignedIn, ["secret", "clock"]),
        ("OptInRequired", "", NotAllowed, ["Enable the region"]),
        ("PendingVerification", "", NotAllowed, ["Wait"]),
        ("Blocked", "", NotAllowed, ["Support"]),
        ("RequestExpired", "", NotSignedIn, ["aws sso login --profile corp", "clock"]),
        ("ExpiredToken", "", NotSignedIn, ["aws sso login --profile corp"]),
        ("ForbiddenException", "No access", NotAllowed, ["assigned"]),
        ("RequestLimitExceeded", "", Passing, ["slower"]),
        ("Unavailable", "The service is unavailable.", Passing, ["unavailable"]),
        ("InternalError", "", Passing, ["try again"]),
        ("InvalidServiceName", "does not exist", NotFound, ["allowed accounts", "region", "minutes"]),
        ("DuplicateSubnetsInSameZone", "", Failed, ["one subnet for each zone"]),
        ("VpcEndpointLimitExceeded", "", Failed, ["L-29B6F2EB"]),
        ("SecurityGroupsPerInterfaceLimitExceeded", "", Failed, ["L-2AFB9258"]),
        ("RulesPerSecurityGroupLimitExceeded", "", Failed, ["L-0EA8095F"]),
        ("SecurityGroupLimitExceeded", "", Failed, ["L-E79EC296"]),
        ("InsufficientFreeAddressesInSubnet", "", Failed, ["another subnet"]),
        ("IdempotentParameterMismatch", "", Conflict, ["new run"]),
        ("InvalidGroup.Duplicate", "already exists", Conflict, ["another name"]),
        ("InvalidPermission.Duplicate", "", Conflict, ["there already"]),
        ("InvalidVpcID.NotFound", "", NotFound, ["VPC", "us-east-2"]),
        ("InvalidSubnetID.NotFound", "", NotFound, ["subnet"]),
        ("InvalidGroup.NotFound", "", NotFound, ["security group"]),
        ("InvalidSomething.NotFound", "", NotFound, ["no such thing"]),
        ("InvalidSubnetID.Malformed", "bad id", Failed, ["bad id"]),
        ("DependencyViolation", "has a dependent object", Busy, ["interfaces"]),
        ("OperationInProgress", "", Busy, ["in flight"]),
        ("TagPolicyViolation", "", Failed, ["mandatory tags"]),
        ("UnsupportedOperation", "not here", Failed, ["not here"]),
    ],
)
def test_codes_in_words(code: str, words: str, kind: type[Problem], told: list[str]) -> None:
    problem = of_error(answered(code, words), READ)
    assert type(problem) is kind
    for each in told:
        assert each in str(problem)


@pytest.mark.parametrize(
    ("words", "kind", "told"),
    [
        ("… does not support the availability zone of the subnet: subnet-0a1b.", Failed, "of subnet-0a1b"),
        ("Private DNS can't be enabled because … does not provide a private DNS name.", Failed, "regional name"),
        ("… requires both enableDnsSupport and enableDnsHostnames VPC attributes", Failed, "switch them on"),
        ("… because there is already a conflicting DNS domain for x in the VPC vpc-1", Conflict, "taken"),
        ("… because the service x has not verified the private DNS name.", NotYet, "verified"),
        ("Private DNS can only be enabled after the endpoint connection is accepted", NotYet, "accepted"),
        ("The security group and subnet are in different VPCs", Failed, "another VPC"),
        ("An endpoint of this kind only supports the full-access endpoint policy", Failed, "policy"),
        ("Something new", Failed, "Something new"),
    ],
)  # fmt: skip
def test_invalid_parameter_is_told_by_its_words(words: str, kind: type[Problem], told: str) -> None:
    problem = of_error(answered("InvalidParameter", words), CHANGE)
    assert type(problem) is kind
    assert told in str(problem)


def test_what_was_signed_is_never_repeated() -> None:
    """For a wrong signature AWS sends the canonical request back, session token and all."""
    words = f"The Canonical String should have been 'POST / x-amz-security-token:{TOKEN}'"
    assert TOKEN not in repr(vars(of_error(answered("SignatureDoesNotMatch", words, 403), READ)))


@pytest.mark.parametrize(("code", "status"), [("InternalError", 500), ("ServiceUnavailable", 503), ("502", 502)])
def test_a_fault_leaves_a_change_unclear_and_a_read_passing(code: str, status: int) -> None:
    assert type(of_error(answered(code, "", status), CHANGE)) is Unclear
    assert type(of_error(answered(code, "", status), READ)) is Passing


@pytest.mark.parametrize("code", ["RequestLimitExceeded", "Unavailable"])
def test_a_change_that_was_turned_away_is_not_unclear(code: str) -> None:
    assert type(of_error(answered(code, "", 503), CHANGE)) is Passing


URL = "https://ec2.us-east-2.amazonaws.com"
RAISED: list[tuple[Callable[[], Exception], type[Problem], str]] = [
    (b.NoCredentialsError, NotSignedIn, "aws configure"),
    (lambda: b.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), NotSignedIn, "both"),
    (lambda: b.ProfileNotFound(profile="corp"), NotSignedIn, "AWS_PROFILE"),
    (lambda: b.SSOTokenLoadError(error_msg="no token"), NotSignedIn, "aws sso login --profile corp"),
    (b.UnauthorizedSSOTokenError, NotSignedIn, "aws sso login --profile corp"),
    (lambda: b.TokenRetrievalError(provider="sso", error_msg="expired"), NotSignedIn, "aws sso login --profile corp"),
    (lambda: b.InvalidConfigError(error_msg="no such session"), NotSignedIn, "no such session"),
    (lambda: b.InfiniteLoopConfigError(source_profile="a", visited_profiles=["a"]), NotSignedIn, "circle"),
    (lambda: b.CredentialRetrievalError(provider="custom-process", error_msg=""), NotSignedIn, "credential_process"),
    (lambda: b.MetadataRetrievalError(error_msg="no role"), NotSignedIn, "no role"),
    (lambda: FileNotFoundError(2, "No such file", "/run/token"), NotSignedIn, "/run/token"),
    (lambda: PermissionError(13, "Permission denied", "/run/token"), NotSignedIn, "permissions"),
    (lambda: b.MissingDependencyException(msg="crt"), NotSignedIn, "botocore[crt]"),
    (b.LoginRefreshRequired, NotSignedIn, "aws login --profile corp"),
    (lambda: b.LoginTokenLoadError(error_msg="none"), NotSignedIn, "aws login --profile corp"),
    (b.LoginInsufficientPermissions, NotAllowed, "signin:CreateOAuth2Token"),
    (b.RefreshWithMFAUnsupportedError, NotSignedIn, "next code"),
    (lambda: b.ConfigParseError(path="/home/ann/.aws/config", error="x"), NotSignedIn, "/home/ann/.aws/config"),
    (b.NoRegionError, Usage, "--region"),
    (lambda: b.InvalidRegionError(region_name="us east 1"), Usage, "us-east-2"),
    (lambda: b.EndpointConnectionError(endpoint_url=URL), Passing, "region's name"),
    (lambda: b.ConnectTimeoutError(endpoint_url=URL), Passing, "VPN"),
    (lambda: b.ReadTimeoutError(endpoint_url=URL), Passing, "too long"),
    (lambda: b.ConnectionClosedError(endpoint_url=URL), Passing, "reached"),
    (lambda: b.ProxyConnectionError(proxy_url="http://proxy"), Passing, "HTTPS_PROXY"),
    (lambda: b.SSLError(endpoint_url=URL, error=OSError("self-signed")), Failed, "AWS_CA_BUNDLE"),
    (lambda: b.ParamValidationError(report="x is not y"), Failed, "x is not y"),
    (lambda: ResponseParserError("<html>"), Passing, "proxy"),
    (lambda: ValueError(f"cannot parse {TOKEN}"), NotSignedIn, "credential_process"),
    (lambda: KeyError("AccessKeyId"), NotSignedIn, "AccessKeyId"),
    (lambda: RuntimeError(f"cannot use {TOKEN}"), Failed, "RuntimeError"),
]  # fmt: skip


@pytest.mark.parametrize(("make", "kind", "told"), RAISED, ids=[type(make()).__name__ for make, _, _ in RAISED])
def test_what_the_library_raises_is_told(make: Callable[[], Exception], kind: type[Problem], told: str) -> None:
    problem = of_error(make(), READ)
    assert type(problem) is kind
    assert told in str(problem)
    assert problem.remedy
    assert "{" not in str(problem)
    assert TOKEN not in repr(vars(problem)) + "".join(traceback.format_exception(problem))


def test_every_row_of_trouble_is_a_class_that_exists() -> None:
    known = {*vars(b), *vars(builtins), "ResponseParserError"}
    assert set(TROUBLE) <= known


@pytest.mark.parametrize(
    "error",
    [
        b.ReadTimeoutError(endpoint_url=URL),
        b.ConnectionClosedError(endpoint_url=URL),
        b.HTTPClientError(error="x"),
        ResponseParserError("<html>"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_answer_to_a_change_is_unclear(error: Exception) -> None:
    problem = of_error(error, Doing("ec2:ModifyVpcEndpoint", changes=True, pause="Look first."))
    assert type(problem) is Unclear
    assert problem.remedy == "Look first."


def test_no_connection_for_a_change_is_not_unclear() -> None:
    assert type(of_error(b.EndpointConnectionError(endpoint_url=URL), CHANGE)) is Passing


def test_a_broken_line_of_the_configuration_is_not_quoted() -> None:
    """The parser's message repeats the line, and that line may be the one with the secret key."""
    error = b.ConfigParseError(path="/home/ann/.aws/credentials", error=f"[line 3]: 'aws_secret_access_key {TOKEN}'")
    problem = of_error(error, READ)
    assert TOKEN not in str(problem)
    assert "line 3" in problem.cause
