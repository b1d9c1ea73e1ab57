"""What SimulatePrincipalPolicy answers, told: proof only where the answer is one."""

from typing import Any

import pytest

from core.edges.aws_policies import looked_up_as, role_in, told
from core.facts import Right
from core.world import Question

WHO = "arn:aws:iam::123456789012:user/op"
MODIFY = "ec2:ModifyVpcEndpoint"
ASKED = Question(MODIFY, ("arn:a", "arn:b"))


def on(resource: str, decision: str = "allowed", *missing: str, **more: Any) -> dict[str, Any]:
    return {
        "EvalResourceName": resource,
        "EvalResourceDecision": decision,
        "MissingContextValues": list(missing),
        **more,
    }


def denied(why: str, *, forbidden: bool = False) -> Right:
    return Right(MODIFY, "denied", f"{WHO} lacks the right: {why}.", forbidden)


UNTOLD = Right(MODIFY, "unknown", "AWS has not answered what its policies say.")
BY_A_KEY = Right(MODIFY, "unknown", "Policies decide it by aws:RequestTag/team, which only the call tells.")
FORBIDDEN = {"MatchedStatements": [{"SourcePolicyId": "forbidden"}, {"SourcePolicyId": "forbidden"}]}
BOUNDED = {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False}}


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([on("arn:a"), on("arn:b")], Right(MODIFY, "allowed")),
        ([on("arn:a"), on("arn:b", "implicitDeny")], denied("no policy allows it")),
        (
            [on("arn:a", "explicitDeny", **FORBIDDEN), on("arn:b")],
            denied("an explicit deny in policy forbidden", forbidden=True),
        ),
        (
            [on("arn:a", "implicitDeny", **BOUNDED), on("arn:b")],
            denied("its permissions boundary does not allow it", forbidden=True),
        ),
        ([on("arn:a", "allowed", "aws:RequestTag/team"), on("arn:b")], BY_A_KEY),
        ([on("arn:a", "implicitDeny", "aws:RequestTag/team"), on("arn:b")], BY_A_KEY),
        ([on("arn:a", "explicitDeny", "aws:RequestTag/team"), on("arn:b")], BY_A_KEY),
        ([on("arn:a", "allowed", "aws:RequestTag/team"), on("arn:b", "implicitDeny")], denied("no policy allows it")),
        ([on("arn:a"), on("arn:c")], UNTOLD),
        ([on("arn:a"), on("arn:b", "perhaps")], UNTOLD),
        ([], UNTOLD),
    ],
)
def test_a_result_is_told(results: list[dict[str, Any]], expected: Right) -> None:
    assert told(ASKED, {"EvalDecision": "allowed", "ResourceSpecificResults": results}, WHO) == expected


def test_the_organizations_denial_may_be_a_conditions() -> None:
    result = {
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": False},
        "ResourceSpecificResults": [on("arn:a", "implicitDeny"), on("arn:b", "implicitDeny")],
    }
    right = told(ASKED, result, WHO)
    assert (right.state, right.why.partition(" denies")[0]) == (
        "unknown",
        "A service control policy of the organization",
    )


def test_an_action_that_is_not_in_the_answer_is_unknown() -> None:
    assert told(ASKED, None, WHO) == UNTOLD


@pytest.mark.parametrize(
    ("arn", "role", "principal"),
    [
        (WHO, "", WHO),
        ("arn:aws:iam::123456789012:user/assumed-role/op", "", "arn:aws:iam::123456789012:user/assumed-role/op"),
        ("arn:aws:sts::123456789012:assumed-role/ops/me", "ops", "arn:aws:iam::123456789012:role/ops"),
        ("arn:aws-cn:sts::123456789012:assumed-role/ops/i-1", "ops", "arn:aws-cn:iam::123456789012:role/ops"),
    ],
)
def test_a_sessions_policies_are_its_roles(arn: str, role: str, principal: str) -> None:
    assert (role_in(arn), looked_up_as(arn)) == (role, principal)
