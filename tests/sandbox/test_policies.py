"""What IAM policies say, statement by statement: no cloud is asked."""

from __future__ import annotations

from typing import Any

import pytest

from core.sandbox.aws.policies import Asked, Decision, decide, parse
from tests.sandbox.persons import allow, deny, policy

YES, NO, SILENT = Decision.ALLOWED, Decision.DENIED, Decision.UNMENTIONED
VPC = "arn:aws:ec2:us-east-2:123456789012:vpc/vpc-1"
CREATE = "ec2:CreateVpcEndpoint"


def without(statement: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name not in names}


ACTIONS: list[tuple[str, list[dict[str, Any]], Decision]] = [
    ("nothing", [], SILENT),
    ("the action itself", [allow(CREATE)], YES),
    ("one text instead of a list", [{**allow(), "Action": CREATE}], YES),
    ("another action", [allow("ec2:CreateVpc")], SILENT),
    ("capitals do not matter", [allow("EC2:createvpcendpoint")], YES),
    ("a star within", [allow("ec2:Create*Endpoint")], YES),
    ("a star for everything", [allow("*")], YES),
    ("question marks are one character each", [allow("ec2:CreateV?cEndpoint")], YES),
    ("and not none", [allow("ec2:CreateVpcEndpoint?")], SILENT),
    ("a dot is a dot", [allow("ec2.CreateVpcEndpoint")], SILENT),
    ("not another", [without({**allow(), "NotAction": "iam:*"}, "Action")], YES),
    ("not this", [without({**allow(), "NotAction": ["ec2:*"]}, "Action")], SILENT),
    ("a deny wins, whichever comes first", [deny("ec2:Create*"), allow("*")], NO),
    ("a deny wins, whichever comes last", [allow("*"), deny("ec2:Create*")], NO),
    ("a deny of something else", [allow("*"), deny("ec2:Delete*")], YES),
    ("a deny of all but", [allow("*"), without({**deny(), "NotAction": "ec2:Describe*"}, "Action")], NO),
]


@pytest.mark.parametrize(("statements", "expected"), [row[1:] for row in ACTIONS], ids=[row[0] for row in ACTIONS])
def test_actions(statements: list[dict[str, Any]], expected: Decision) -> None:
    assert decide(parse(policy(*statements)), Asked(CREATE, VPC)) is expected


RESOURCES: list[tuple[str, dict[str, Any], Decision]] = [
    ("this one", allow(CREATE, Resource=VPC), YES),
    ("another", allow(CREATE, Resource=VPC.replace("vpc-1", "vpc-2")), SILENT),
    ("all of its kind", allow(CREATE, Resource=["arn:aws:ec2:*:*:vpc/*"]), YES),
    ("all of another kind", allow(CREATE, Resource="arn:aws:ec2:*:*:subnet/*"), SILENT),
    ("another region", allow(CREATE, Resource="arn:aws:ec2:eu-west-1:*:vpc/*"), SILENT),
    ("capitals matter", allow(CREATE, Resource=VPC.upper()), SILENT),
    ("all but this", without(allow(CREATE, NotResource=VPC), "Resource"), SILENT),
    ("all but another", without(allow(CREATE, NotResource="arn:aws:ec2:*:*:subnet/*"), "Resource"), YES),
    ("a deny of this", deny(CREATE, Resource=VPC), NO),
    ("a deny of another", deny(CREATE, Resource="arn:aws:ec2:*:*:subnet/*"), SILENT),
]


@pytest.mark.parametrize(("statement", "expected"), [row[1:] for row in RESOURCES], ids=[row[0] for row in RESOURCES])
def test_resources(statement: dict[str, Any], expected: Decision) -> None:
    assert decide(parse(policy(statement)), Asked(CREATE, VPC)) is expected


INEXACT: list[tuple[str, dict[str, Any], Decision]] = [
    ("any allow fits", allow(CREATE, Resource=VPC), YES),
    ("a deny of some does not", deny(CREATE, Resource=VPC), SILENT),
    ("a deny of all does", deny(CREATE), NO),
]


@pytest.mark.parametrize(("statement", "expected"), [row[1:] for row in INEXACT], ids=[row[0] for row in INEXACT])
def test_where_the_resource_is_not_known(statement: dict[str, Any], expected: Decision) -> None:
    assert decide(parse(policy(statement)), Asked(CREATE, exact=False)) is expected


def test_an_action_without_resources_needs_an_allow_of_all() -> None:
    asked = Asked("ec2:DescribeVpcs")
    assert decide(parse(policy(allow("ec2:Describe*", Resource="arn:aws:ec2:*:*:*"))), asked) is SILENT
    assert decide(parse(policy(allow("ec2:Describe*"))), asked) is YES


CONTEXT = {
    "ec2:region": ("us-east-2",),
    "aws:requesttag/team": ("payments",),
    "aws:tagkeys": ("team", "Name"),
    "aws:multifactorauthpresent": ("true",),
    "aws:principalarn": ("arn:aws:iam::123456789012:user/operator",),
}
CONDITIONS: list[tuple[str, dict[str, Any], bool]] = [
    ("equal", {"StringEquals": {"ec2:Region": "us-east-2"}}, True),
    ("one of several", {"StringEquals": {"ec2:Region": ["eu-west-1", "us-east-2"]}}, True),
    ("none of several", {"StringEquals": {"ec2:Region": ["eu-west-1", "us-west-2"]}}, False),
    ("the key in any capitals", {"StringEquals": {"EC2:REGION": "us-east-2"}}, True),
    ("the value in its own", {"StringEquals": {"ec2:Region": "US-EAST-2"}}, False),
    ("or in any", {"StringEqualsIgnoreCase": {"ec2:Region": "US-EAST-2"}}, True),
    ("unequal", {"StringNotEquals": {"ec2:Region": "eu-west-1"}}, True),
    ("unequal to all of several", {"StringNotEquals": {"ec2:Region": ["eu-west-1", "us-east-2"]}}, False),
    ("like", {"StringLike": {"ec2:Region": "us-*-?"}}, True),
    ("unlike", {"StringNotLike": {"ec2:Region": "us-*"}}, False),
    ("a star means nothing to equality", {"StringEquals": {"ec2:Region": "us-*"}}, False),
    ("an arn", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/operator"}}, True),
    ("another arn", {"ArnNotEquals": {"aws:PrincipalArn": "arn:aws:iam::*:user/operator"}}, False),
    ("a truth", {"Bool": {"aws:MultiFactorAuthPresent": True}}, True),
    ("a truth as text", {"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
    ("a tag", {"StringEquals": {"aws:RequestTag/team": "payments"}}, True),
    ("each operator must hold", {"StringEquals": {"ec2:Region": "us-east-2"}, "Null": {"ec2:Region": "true"}}, False),
    ("each key must hold", {"StringEquals": {"ec2:Region": "us-east-2", "aws:RequestTag/team": "x"}}, False),
    ("all of the values", {"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "Name", "more"]}}, True),
    ("not all of the values", {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}, False),
    ("any of the values", {"ForAnyValue:StringEquals": {"aws:TagKeys": ["team"]}}, True),
    ("there", {"Null": {"aws:RequestTag/team": "false"}}, True),
    ("not there", {"Null": {"aws:RequestTag/owner": "true"}}, True),
    # keys that the request lacks, or that the sandbox does not supply
    ("absent: equal", {"StringEquals": {"aws:SourceVpc": "vpc-1"}}, False),
    ("absent: unequal", {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, True),
    ("absent: equal if it exists", {"StringEqualsIfExists": {"aws:SourceVpc": "vpc-1"}}, True),
    ("absent: all of none", {"ForAllValues:StringEquals": {"aws:SourceVpc": "vpc-1"}}, True),
    ("absent: any of none", {"ForAnyValue:StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, False),
    ("absent: an address", {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
    ("absent: no such address", {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, True),
    ("a number is compared with no text", {"NumericEquals": {"ec2:Region": "1"}}, False),
]


@pytest.mark.parametrize(("condition", "holds"), [row[1:] for row in CONDITIONS], ids=[row[0] for row in CONDITIONS])
def test_conditions(condition: dict[str, Any], *, holds: bool) -> None:
    asked = Asked(CREATE, VPC, CONTEXT)
    assert decide(parse(policy(allow(CREATE, Condition=condition))), asked) is (YES if holds else SILENT)
    assert decide(parse(policy(allow("*"), deny(CREATE, Condition=condition))), asked) is (NO if holds else YES)
