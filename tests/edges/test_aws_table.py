"""Every error a person may meet while a link is made is told whole: what, why, what to do now, and on which page."""

from typing import get_args

import pytest

from core.checks.findings import Page
from core.edges.aws_codes import CODES, WORDS
from core.edges.aws_errors import Doing, of_code
from core.edges.aws_trouble import TROUBLE
from core.problems import Problem

SERVICE = "com.amazonaws.vpce.us-east-2.vpce-svc-0a1b2c3d"
CALL = Doing("ec2:CreateVpcEndpoint", "us-east-2", changes=True, profile="corp", login="corp")
HOSTILE = "AWS's own {words} of {region} and {0}"

PAGES: dict[str, str] = {  # code: the page that puts it right; none where no page can
    "DryRunOperation": "",
    "UnauthorizedOperation": "",
    "AccessDenied": "",
    "AuthFailure": "sign_in",
    "InvalidClientTokenId": "sign_in",
    "SignatureDoesNotMatch": "sign_in",
    "IncompleteSignature": "sign_in",
    "MissingAuthenticationToken": "sign_in",
    "OptInRequired": "",
    "PendingVerification": "",
    "Blocked": "",
    "RequestExpired": "sign_in",
    "ExpiredToken": "sign_in",
    "ExpiredTokenException": "sign_in",
    "RequestLimitExceeded": "",
    "Unavailable": "",
    "InternalError": "",
    "InternalFailure": "",
    "ServiceUnavailable": "",
    "ServerInternal": "",
    "InvalidServiceName": "accounts",
    "DuplicateSubnetsInSameZone": "network",
    "InvalidSubnetId.NotFound": "network",
    "InvalidSubnetID.NotFound": "network",
    "InvalidSubnetID.Malformed": "network",
    "InvalidVpcID.NotFound": "network",
    "InvalidVpcId.NotFound": "network",
    "InvalidVpcID.Malformed": "network",
    "InvalidGroup.NotFound": "access",
    "InvalidSecurityGroupID.NotFound": "access",
    "InvalidGroupId.Malformed": "access",
    "InvalidPrefixListID.NotFound": "access",
    "InvalidSomething.NotFound": "",
    "InvalidSomething.Malformed": "",
    "InvalidParameter": "",
    "InvalidParameterValue": "",
    "VpcEndpointLimitExceeded": "network",
    "SecurityGroupsPerInterfaceLimitExceeded": "access",
    "SecurityGroupLimitExceeded": "access",
    "RulesPerSecurityGroupLimitExceeded": "access",
    "NetworkInterfaceLimitExceeded": "network",
    "InsufficientFreeAddressesInSubnet": "network",
    "InvalidGroup.Duplicate": "access",
    "InvalidGroup.Reserved": "access",
    "InvalidPermission.Duplicate": "",
    "InvalidPermission.NotFound": "",
    "InvalidPermission.Malformed": "access",
    "DependencyViolation": "",
    "InvalidGroup.InUse": "",
    "CannotDelete": "",
    "IdempotentParameterMismatch": "",
    "InvalidVpcEndpointId.NotFound": "",
    "InvalidVpcEndpoint.NotFound": "",
    "IncorrectState": "",
    "OperationInProgress": "",
    "OperationNotPermitted": "",
    "UnsupportedOperation": "",
    "TagPolicyViolation": "endpoint",
    "TagLimitExceeded": "endpoint",
    "InvalidTagKey.Malformed": "endpoint",
    "ConcurrentTagAccess": "",
    "FilterLimitExceeded": "",
    "InvalidFilter": "",
    "InvalidNextToken": "",
    "InvalidMaxResults": "",
}

SAID = [  # code, what AWS says, the problem's name, its page
    ("InvalidParameter", f"{SERVICE} does not support the availability zone of the subnet: subnet-0a1b.",
     "ZoneNotSupported", "network"),
    ("InvalidParameter", f"Private DNS can't be enabled because {SERVICE} does not provide a private DNS name.",
     "NoPrivateDnsName", "endpoint"),
    ("InvalidParameter", "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes",
     "VpcDnsOff", "endpoint"),
    ("InvalidParameter", "there is already a conflicting DNS domain for orders.example in the VPC vpc-0a",
     "PrivateDnsConflict", "endpoint"),
    ("InvalidParameter", f"Private DNS can't be enabled because {SERVICE} has not verified the private DNS name.",
     "PrivateDnsNotVerified", ""),
    ("InvalidParameter", "Private DNS can only be enabled after the endpoint connection is accepted by the owner",
     "PrivateDnsTooEarly", ""),
    ("InvalidParameter", "You have specified a security group and subnet that are in different VPCs", "OtherVpc",
     "network"),
    ("InvalidParameter", "The subnet subnet-0a does not belong to VPC vpc-0b", "OtherVpc", "network"),
    ("InvalidParameter", f"{SERVICE} only supports the full-access endpoint policy", "PolicyNotSupported", ""),
    ("OperationNotPermitted", "There is an idempotent operation going on", "OperationInProgress", ""),
]  # fmt: skip


def told(code: str, words: str = HOSTILE, doing: Doing = CALL) -> Problem:
    return of_code(code, words, 400, "req-1", doing)


def is_whole(problem: Problem) -> bool:
    """What, why and what to do now, each a sentence; and no brace that was left unfilled."""
    texts = (problem.what, problem.cause, problem.remedy)
    ours = " ".join(texts).replace(HOSTILE, "")
    return all(text[:1].isupper() and text[-1] in ".”" for text in texts) and not {"{", "}"} & {*ours}


@pytest.mark.parametrize(("code", "page"), PAGES.items())
def test_every_code_says_what_why_what_to_do_and_where(code: str, page: str) -> None:
    problem = told(code)
    assert is_whole(problem), str(problem)
    assert problem.page == page
    assert problem.code == f"aws.{code}"
    assert problem.request_id == "req-1"


@pytest.mark.parametrize("code", [code for code in PAGES if code in CODES])
def test_every_code_says_why_where_aws_says_nothing(code: str) -> None:
    assert is_whole(told(code, ""))


@pytest.mark.parametrize(("code", "words", "name", "page"), SAID, ids=[f"{name}-{page}" for _, _, name, page in SAID])
def test_what_its_words_tell_apart_is_told_apart(code: str, words: str, name: str, page: str) -> None:
    problem = told(code, words)
    assert problem.code == f"aws.{name}"
    assert is_whole(problem), str(problem)
    assert problem.page == page
    assert words.rstrip(".") in problem.cause


def test_every_row_that_words_tell_apart_is_read_here() -> None:
    assert {name for _, name, _ in WORDS} == {name for _, _, name, _ in SAID}


def test_every_page_is_one_that_findings_lead_to() -> None:
    rows = [*CODES.values(), *TROUBLE.values(), *(row for _, _, row in WORDS)]
    assert {row.page for row in rows} <= {"", *get_args(Page)}


def test_an_unknown_code_keeps_awss_words_and_the_request_id() -> None:
    assert is_whole(told("BrandNewThing"))
    problem = told("Brand{New}Thing", "Words {nobody} knows.")
    assert problem.what == "AWS refused ec2:CreateVpcEndpoint: Brand{New}Thing."
    assert "AWS says: “Words {nobody} knows.”" in problem.cause
    assert problem.request_id == "req-1"


def test_already_there_in_the_vpc_is_no_choice_of_another_vpc() -> None:
    words = "A VPC endpoint of that name already exists in VPC vpc-0a"
    assert told("InvalidParameter", words).code == "aws.InvalidParameter"


@pytest.mark.parametrize("name", ["full-access", "different-VPC"])
def test_a_denial_is_no_other_error_whatever_its_names_hold(name: str) -> None:
    words = f"User: arn:aws:iam::1:user/{name} is not authorized to perform: ec2:CreateVpcEndpoint in different VPC"
    assert told("AccessDenied", words).what == "AWS does not allow ec2:CreateVpcEndpoint."
