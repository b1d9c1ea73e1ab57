"""A denied call: which action, to whom, on what, by which policy, whom to ask, and a policy where one helps."""

import json
from dataclasses import replace

import pytest

from core.edges.aws_errors import Doing, of_code, of_silence
from core.problems import NotAllowed, NotSignedIn, Problem
from core.redaction import know

ANN = "arn:aws:sts::123456789012:assumed-role/dev/ann"
GROUP = "arn:aws:ec2:us-east-2:123456789012:security-group/*"
DENIED = (
    f"You are not authorized to perform this operation. User: {ANN} is not authorized to perform:"
    f" ec2:CreateSecurityGroup on resource: {GROUP}"
)
BLOB = "Encoded authorization failure message: 2Ab7-very-long-blob_x"
CALL = Doing("ec2:CreateVpcEndpoint", "us-east-2", changes=True)
CODES = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")
SCP = "arn:aws:organizations::111122223333:policy/o-exampleorg/service_control_policy/p-abcd"


def denied(words: str, code: str = "UnauthorizedOperation") -> Problem:
    problem = of_code(code, words, 403, "req-1", CALL)
    assert (problem.code, problem.request_id) == (f"aws.{code}", "req-1")
    assert type(problem) is NotAllowed
    assert "{" not in str(problem)
    return problem


def allows(policy: str) -> list[str]:
    """The actions of a policy that allows."""
    (statement,) = json.loads(policy)["Statement"]
    assert statement["Effect"] == "Allow"
    actions: list[str] = statement["Action"]
    return actions


@pytest.mark.parametrize("code", CODES)
def test_a_missing_right_is_named_and_a_policy_offered(code: str) -> None:
    ending = " because no identity-based policy allows the ec2:CreateSecurityGroup action. "
    problem = denied(DENIED + ending + BLOB, code)
    assert problem.what == "AWS does not allow ec2:CreateSecurityGroup."
    assert problem.cause == f"{ANN} lacks the right on {GROUP}: no identity-based policy allows it."
    assert "whoever manages this AWS account to allow ec2:CreateSecurityGroup" in problem.remedy
    assert "ready to paste" in problem.remedy
    assert allows(problem.paste) == ["ec2:CreateSecurityGroup"]


def test_the_right_that_is_missing_may_be_another_than_the_calls() -> None:
    words = "User: arn:x is not authorized to perform: route53:AssociateVPCWithHostedZone on resource: arn:y."
    assert allows(denied(words).paste) == ["route53:AssociateVPCWithHostedZone"]


def test_without_details_the_call_is_what_is_denied() -> None:
    problem = denied("You are not authorized to perform this operation.")
    assert problem.what == "AWS does not allow ec2:CreateVpcEndpoint."
    assert "AWS does not tell which policy decides" in problem.cause
    assert allows(problem.paste) == ["ec2:CreateVpcEndpoint"]


def test_the_encoded_message_is_not_shown_and_the_way_to_read_it_is() -> None:
    problem = denied(f"You are not authorized to perform this operation. {BLOB}")
    assert "aws sts decode-authorization-message" in problem.remedy
    assert "blob" not in str(problem) + problem.paste


def test_nothing_is_said_of_an_encoded_message_that_was_not_sent() -> None:
    assert "decode" not in denied(DENIED).remedy


@pytest.mark.parametrize(
    ("ending", "why", "whom"),
    [
        (" with an explicit deny in a service control policy", "an explicit deny in a service control policy",
         "manages the AWS organization"),
        (f" with an explicit deny in a service control policy: {SCP}", SCP, "manages the AWS organization"),
        (" because no service control policy allows the ec2:CreateSecurityGroup action",
         "no service control policy allows it", "manages the AWS organization"),
        (" with an explicit deny in a resource control policy", "resource control", "manages the AWS organization"),
        (" because no permissions boundary allows the ec2:CreateSecurityGroup action",
         "no permissions boundary allows it", f"set the permissions boundary of {ANN}"),
        (" with an explicit deny in a permissions boundary", "permissions boundary", "set the permissions boundary"),
        (" because no session policy allows the ec2:CreateSecurityGroup action", "no session policy", "hands it out"),
        (" because no VPC endpoint policy allows the ec2:CreateSecurityGroup action", "no VPC endpoint policy",
         "manages that network"),
        (" with an explicit deny in an identity-based policy", "an explicit deny in an identity-based policy",
         "take that Deny away"),
        (" with an explicit deny in a resource-based policy", "resource-based", "manages what is named"),
        (" with an explicit deny", "an explicit deny", "take that Deny away"),
    ],
)  # fmt: skip
def test_where_a_policy_alone_does_not_help_none_is_offered(ending: str, why: str, whom: str) -> None:
    problem = denied(f"{DENIED}{ending}. {BLOB}")
    assert why in problem.cause
    assert whom in problem.remedy
    assert "ready to paste" not in problem.remedy
    assert problem.paste == ""


def test_who_is_not_named_is_the_signed_in_identity() -> None:
    problem = denied("Not allowed, with an explicit deny.")
    assert problem.cause.startswith("The signed-in identity lacks the right")
    assert "except the signed-in identity from it" in problem.remedy


def test_a_role_that_may_not_be_assumed_is_a_matter_of_its_trust_policy() -> None:
    problem = denied("User: arn:me is not authorized to perform: sts:AssumeRole on resource: arn:role", "AccessDenied")
    assert "trust policy" in problem.remedy
    assert (problem.page, problem.paste) == ("sign_in", "")


def test_a_wrong_mfa_code_is_no_missing_right() -> None:
    words = "MultiFactorAuthentication failed with invalid MFA one time pass code."
    problem = of_code("AccessDenied", words, 403, "req-1", Doing("the AWS sign-in"))
    assert type(problem) is NotSignedIn
    assert (problem.code, problem.page) == ("aws.WrongCode", "sign_in")


@pytest.mark.parametrize("what", ["the AWS sign-in", 'ec2:Create"],"Resource":"*', "*", "ec2:*"])
def test_only_an_action_comes_into_a_policy(what: str) -> None:
    problem = of_code("AccessDenied", "Access denied.", 403, "req-1", replace(CALL, action=what))
    assert problem.paste == ""
    assert "paste" not in problem.remedy


def test_a_policy_holds_no_secret() -> None:
    """AWS's words end up in it: what they repeat of a token is blotted out, as everywhere."""
    know("FwoGZXIvYXdzEcanaryOfThePolicy")
    problem = denied("User: arn:x is not authorized to perform: ec2:FwoGZXIvYXdzEcanaryOfThePolicy on resource: arn:y")
    assert problem.paste
    assert "canary" not in problem.paste + str(problem) + repr(vars(problem))


def test_a_change_that_hangs_for_want_of_a_right_offers_the_policy() -> None:
    problem = of_silence(replace(CALL, pause="Ask for it.", paste='{"Statement": []}'))
    assert problem.paste == '{"Statement": []}'
