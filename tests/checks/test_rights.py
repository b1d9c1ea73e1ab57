"""What is said of rights that AWS told of beforehand."""

import json
from typing import Literal

import pytest

from core.checks.findings import Finding
from core.checks.preflight import preflight
from core.facts import Right
from tests.work.fake import PLAN, situation

CREATE, ZONE, DELETE = "ec2:CreateVpcEndpoint", "route53:AssociateVPCWithHostedZone", "ec2:DeleteVpcEndpoints"
LACKS = "arn:aws:iam::123456789012:user/op lacks the right: no policy allows it."
UNTOLD = "iam:SimulatePrincipalPolicy, which would tell: AWS does not allow it."


def found(*rights: Right) -> dict[str, Finding]:
    findings = preflight(PLAN, situation(rights=rights))
    return {finding.id: finding for finding in findings if finding.id.startswith("rights")}


@pytest.mark.parametrize(
    ("right", "check", "level"),
    [
        (Right(CREATE, "allowed"), "rights", "ok"),
        (Right(CREATE, "denied", LACKS), "rights", "blocker"),
        (Right(CREATE, "unknown", UNTOLD), "rights-unknown", "warning"),
        (Right(DELETE, "denied", LACKS), "rights-undo", "warning"),
    ],
    ids=["allowed", "denied", "unknown", "denied to an undo"],
)
def test_a_right_is_judged(right: Right, check: str, level: str) -> None:
    (finding,) = found(right).values()
    assert (finding.id, finding.level, finding.page) == (check, level, "sign_in")
    assert right.action in finding.title
    assert right.why in finding.detail


def test_nothing_is_said_where_nothing_is_to_be_changed() -> None:
    assert not found()


def test_the_policy_to_paste_allows_all_that_is_denied_and_nothing_else() -> None:
    finding = found(Right(CREATE, "denied", LACKS), Right(ZONE, "denied", LACKS), Right("ec2:CreateTags", "allowed"))
    assert finding.keys() == {"rights"}
    (statement,) = json.loads(finding["rights"].paste)["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", [CREATE, ZONE])


def test_no_policy_is_offered_for_what_is_forbidden() -> None:
    forbidden = Right(ZONE, "denied", "an explicit deny in policy guard-rails.", forbidden=True)
    (alone,) = found(forbidden).values()
    assert alone.paste == ""
    assert alone.remedy == (
        f"Have whoever manages this AWS account lift what forbids {ZONE}, or sign in as somebody who may."
    )
    (both,) = found(forbidden, Right(CREATE, "denied", LACKS)).values()
    assert json.loads(both.paste)["Statement"][0]["Action"] == [CREATE]
    assert f"allow {CREATE} by the policy below and lift what forbids {ZONE}, or" in both.remedy


@pytest.mark.parametrize("state", ["denied", "unknown"])
def test_it_is_said_what_happens_without_the_right_to_the_hidden_zone(state: Literal["denied", "unknown"]) -> None:
    (finding,) = found(Right(ZONE, state, LACKS)).values()
    assert finding.detail.endswith(
        "Without route53:AssociateVPCWithHostedZone the call for private DNS hangs, and the service's name does not"
        " lead into the VPC."
    )


def test_reasons_that_differ_are_told_with_what_they_are_of() -> None:
    finding = found(Right(CREATE, "denied", LACKS), Right("ec2:CreateTags", "denied", "A boundary."))["rights"]
    assert finding.detail == f"{CREATE}: {LACKS} ec2:CreateTags: A boundary."
