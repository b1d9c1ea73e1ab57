"""Who may do what: IAM decides on every call, and its refusals read as AWS's do."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from core.sandbox.environment import CONSUMER, OPERATOR, READER_KEY_ID, READER_SECRET, ROLE
from core.sandbox.fate import Fate
from tests.sandbox.conftest import Fated
from tests.sandbox.persons import Person, allow, deny, person, policy, session_keys
from tests.sandbox.stage import Network, Stage, refused

READER_KEYS = {"aws_access_key_id": READER_KEY_ID, "aws_secret_access_key": READER_SECRET}
TAGS = [{"Key": "team", "Value": "payments"}]


@dataclass(frozen=True)
class Scene:
    """A network and a service to connect it with."""

    stage: Stage
    network: Network
    service: str


@pytest.fixture(scope="module")
def scene(stage: Stage) -> Scene:
    return Scene(stage, stage.network(), stage.private_service())


def arn(kind: str, name: str = "*") -> str:
    return f"arn:aws:ec2:us-east-2:{CONSUMER}:{kind}/{name}"


# -- what a call needs: dry runs, which authorise before all else


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAGS}]


def describe(scene: Scene, ec2: Any) -> object:
    return ec2.describe_vpcs(DryRun=True)


def attribute(scene: Scene, ec2: Any) -> object:
    return ec2.describe_vpc_attribute(VpcId=scene.network.vpc, Attribute="enableDnsSupport", DryRun=True)


def group(scene: Scene, ec2: Any) -> object:
    return ec2.create_security_group(GroupName="x", Description="x", VpcId=scene.network.vpc, DryRun=True)


def tagged_group(scene: Scene, ec2: Any) -> object:
    tags: Any = tagged("security-group")
    return ec2.create_security_group(
        GroupName="x", Description="x", VpcId=scene.network.vpc, TagSpecifications=tags, DryRun=True
    )


def rule(scene: Scene, ec2: Any) -> object:
    return ec2.authorize_security_group_ingress(GroupId=scene.network.group, IpPermissions=[], DryRun=True)


def endpoint(scene: Scene, ec2: Any, **more: Any) -> object:
    return ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",
        VpcId=scene.network.vpc,
        ServiceName=scene.service,
        SubnetIds=scene.network.subnets,
        SecurityGroupIds=[scene.network.group],
        DryRun=True,
        **more,
    )


def tagged_endpoint(scene: Scene, ec2: Any) -> object:
    return endpoint(scene, ec2, TagSpecifications=tagged("vpc-endpoint"))


def tag(scene: Scene, ec2: Any) -> object:
    return ec2.create_tags(Resources=[scene.network.vpc], Tags=TAGS, DryRun=True)


def address(scene: Scene, ec2: Any) -> object:
    return ec2.allocate_address(DryRun=True)


Ask = Callable[[Scene, Any], object]
CREATE = "ec2:CreateVpcEndpoint"
SG, VPC, VPCE, SUBNET = arn("security-group"), arn("vpc"), arn("vpc-endpoint"), arn("subnet")
ANOTHER = arn("vpc", "vpc-0123456789abcdef0")

ALLOWED: list[tuple[str, Ask, list[dict[str, Any]]]] = [
    ("reading", describe, [allow("ec2:Describe*")]),
    ("an attribute of one vpc", attribute, [allow("ec2:DescribeVpcAttribute", Resource=VPC)]),
    ("a group and its vpc", group, [allow("ec2:CreateSecurityGroup", Resource=[SG, VPC])]),
    ("each in a statement of its own", group, [
        allow("ec2:CreateSecurityGroup", Resource=SG), allow("ec2:CreateSecurityGroup", Resource=VPC)]),
    ("a tagged group", tagged_group, [allow("ec2:CreateSecurityGroup", "ec2:CreateTags")]),
    ("tags while creating only", tagged_group, [
        allow("ec2:CreateSecurityGroup"),
        allow("ec2:CreateTags", Condition={"StringEquals": {"ec2:CreateAction": "CreateSecurityGroup"}})]),
    ("a group with that tag only", tagged_group, [
        allow("ec2:CreateSecurityGroup", Resource=SG, Condition={"StringEquals": {"aws:RequestTag/team": "payments"}}),
        allow("ec2:CreateSecurityGroup", Resource=VPC), allow("ec2:CreateTags")]),
    ("a group of that vpc", rule, [
        allow("ec2:AuthorizeSecurityGroupIngress", Condition={"ArnLike": {"ec2:Vpc": VPC}})]),
    ("all that an endpoint touches", endpoint, [allow(CREATE, Resource=[VPC, VPCE, SUBNET, SG])]),
    ("an endpoint to that service", endpoint, [
        allow(CREATE, Resource=VPCE, Condition={"StringLike": {"ec2:VpceServiceName": "com.amazonaws.vpce.*"}}),
        allow(CREATE, Resource=[VPC, SUBNET, SG])]),
    ("an endpoint to that owner", endpoint, [
        allow(CREATE, Resource=VPCE, Condition={"StringEquals": {"ec2:VpceServiceOwner": "801234567891"}}),
        allow(CREATE, Resource=[VPC, SUBNET, SG])]),
    ("a tagged endpoint", tagged_endpoint, [allow(CREATE, "ec2:CreateTags")]),
    ("in that region", describe, [allow("ec2:*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-2"}})]),
    ("for that user", describe, [allow("ec2:*", Condition={"StringLike": {"aws:username": "person-*"}})]),
    ("what the sandbox knows no resources of", address, [
        allow("ec2:AllocateAddress", Resource=arn("elastic-ip"))]),
]  # fmt: skip

DENIED: list[tuple[str, Ask, list[dict[str, Any]], str, str]] = [  # …, the action and the resource that AWS names
    ("nothing allowed", describe, [], "ec2:DescribeVpcs", ""),
    ("reading does not know resources", describe, [allow("ec2:Describe*", Resource=VPC)], "ec2:DescribeVpcs", ""),
    ("another vpc's attribute", attribute, [allow("ec2:*", Resource=ANOTHER)], "ec2:DescribeVpcAttribute", "vpc/vpc-"),
    ("a group without its vpc", group, [allow("ec2:*", Resource=SG)], "ec2:CreateSecurityGroup", "vpc/vpc-"),
    ("a group in another vpc", group, [allow("ec2:*", Resource=[SG, ANOTHER])], "ec2:CreateSecurityGroup", "vpc/vpc-"),
    ("a tagged group without the right to tag", tagged_group, [allow("ec2:CreateSecurityGroup")],
     "ec2:CreateTags", "security-group/*"),
    ("tags while creating something else", tagged_group, [
        allow("ec2:CreateSecurityGroup"),
        allow("ec2:CreateTags", Condition={"StringEquals": {"ec2:CreateAction": "CreateVpcEndpoint"}})],
     "ec2:CreateTags", "security-group/*"),
    ("without the tag that is asked for", group, [
        allow("ec2:CreateSecurityGroup", Resource=SG, Condition={"StringEquals": {"aws:RequestTag/team": "payments"}}),
        allow("ec2:CreateSecurityGroup", Resource=VPC)], "ec2:CreateSecurityGroup", "security-group/*"),
    ("tags later than while creating", tag, [
        allow("ec2:CreateTags", Condition={"StringEquals": {"ec2:CreateAction": "CreateVpcEndpoint"}})],
     "ec2:CreateTags", "vpc/vpc-"),
    ("an endpoint without its subnets", endpoint, [allow(CREATE, Resource=[VPC, VPCE, SG])], CREATE, "subnet/subnet-"),
    ("an endpoint to another service", endpoint, [
        allow(CREATE, Resource=VPCE, Condition={"StringEquals": {"ec2:VpceServiceName": "com.amazonaws.us-east-2.s3"}}),
        allow(CREATE, Resource=[VPC, SUBNET, SG])], CREATE, "vpc-endpoint/*"),
    ("a tagged endpoint without the right to tag", tagged_endpoint, [allow(CREATE)],
     "ec2:CreateTags", "vpc-endpoint/*"),
    ("another region", describe, [allow("ec2:*", Condition={"StringEquals": {"ec2:Region": "eu-west-1"}})],
     "ec2:DescribeVpcs", ""),
    ("a condition that the sandbox does not know", describe, [
        allow("ec2:*", Condition={"StringEquals": {"aws:SourceVpce": "vpce-1"}})], "ec2:DescribeVpcs", ""),
]  # fmt: skip


@pytest.mark.parametrize(("ask", "statements"), [row[1:] for row in ALLOWED], ids=[row[0] for row in ALLOWED])
def test_allowed(scene: Scene, ask: Ask, statements: list[dict[str, Any]]) -> None:
    with person(scene.stage, *statements) as someone:
        assert refused(lambda: ask(scene, someone.ec2)).code == "DryRunOperation"


@pytest.mark.parametrize(
    ("ask", "statements", "action", "resource"), [row[1:] for row in DENIED], ids=[row[0] for row in DENIED]
)
def test_denied(scene: Scene, ask: Ask, statements: list[dict[str, Any]], action: str, resource: str) -> None:
    with person(scene.stage, *statements) as someone:
        error = refused(lambda: ask(scene, someone.ec2))
    assert (error.code, error.status) == ("UnauthorizedOperation", 403)
    assert f" is not authorized to perform: {action} " in error.message
    assert f" on resource: arn:aws:ec2:us-east-2:{CONSUMER}:{resource}" in error.message or not resource


def test_the_tags_a_group_has_decide(scene: Scene) -> None:
    ec2 = scene.stage.ec2
    specification: Any = tagged("security-group")
    made = ec2.create_security_group(
        GroupName="ours", Description="ours", VpcId=scene.network.vpc, TagSpecifications=specification
    )["GroupId"]
    mine = allow("ec2:DeleteSecurityGroup", Condition={"StringEquals": {"aws:ResourceTag/team": "payments"}})
    with person(scene.stage, mine) as someone:
        assert refused(lambda: someone.ec2.delete_security_group(GroupId=scene.network.group)).code == (
            "UnauthorizedOperation"
        )
        someone.ec2.delete_security_group(GroupId=made)


# -- words


def test_a_change_that_nothing_allows(scene: Scene) -> None:
    with person(scene.stage) as someone:
        error = refused(lambda: rule(scene, someone.ec2))
    words, _, encoded = error.message.partition(" Encoded authorization failure message: ")
    assert words == (
        f"You are not authorized to perform this operation. User: {someone.arn} is not authorized to perform:"
        f" ec2:AuthorizeSecurityGroupIngress on resource: {arn('security-group', scene.network.group)} because no"
        " identity-based policy allows the ec2:AuthorizeSecurityGroupIngress action."
    )
    told = json.loads(scene.stage.sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert told["explicitDeny"] is False
    assert told["context"]["action"] == "ec2:AuthorizeSecurityGroupIngress"
    with person(scene.stage, allow("ec2:*")) as without:
        unread = refused(lambda: without.sts.decode_authorization_message(EncodedMessage=encoded))
    assert unread.code == "AccessDenied"


def test_a_change_that_is_denied(scene: Scene) -> None:
    with person(scene.stage, allow("*"), deny("ec2:Authorize*")) as someone:
        error = refused(lambda: rule(scene, someone.ec2))
    assert (
        " with an explicit deny in an identity-based policy. Encoded authorization failure message: " in error.message
    )


def test_reading_that_nothing_allows(scene: Scene) -> None:
    with person(scene.stage) as someone:
        assert refused(someone.ec2.describe_vpcs).message == (
            f"You are not authorized to perform this operation. User: {someone.arn} is not authorized to perform:"
            " ec2:DescribeVpcs because no identity-based policy allows the ec2:DescribeVpcs action"
        )


def test_iam_says_it_in_its_own_words(scene: Scene) -> None:
    with person(scene.stage, deny("iam:DeleteUser")) as someone:
        nobody = refused(lambda: someone.iam.get_user(UserName=OPERATOR))
        denied = refused(lambda: someone.iam.delete_user(UserName=OPERATOR))
    operator = f"arn:aws:iam::{CONSUMER}:user/{OPERATOR}"
    assert (nobody.code, nobody.status) == (denied.code, denied.status) == ("AccessDenied", 403)
    assert nobody.message == (
        f"User: {someone.arn} is not authorized to perform: iam:GetUser on resource: {operator}"
        " because no identity-based policy allows the iam:GetUser action"
    )
    assert denied.message == (
        f"User: {someone.arn} is not authorized to perform: iam:DeleteUser on resource: {operator}"
        " with an explicit deny in an identity-based policy"
    )


def test_a_message_that_aws_did_not_encode(stage: Stage) -> None:
    error = refused(lambda: stage.sts.decode_authorization_message(EncodedMessage="made up"))
    assert error.code == "InvalidAuthorizationMessageException"


def test_who_one_is_may_always_be_asked(stage: Stage) -> None:
    with person(stage, deny("*")) as someone:
        assert someone.sts.get_caller_identity()["Arn"] == someone.arn


def test_rights_come_before_parameters(scene: Scene) -> None:
    wrong: dict[str, Any] = {"VpcId": "vpc-0123456789abcdef0", "ServiceName": "made-up"}
    assert refused(lambda: scene.stage.loose.create_vpc_endpoint(**wrong)).code == "InvalidVpcID.NotFound"
    with person(scene.stage) as someone:
        assert refused(lambda: someone.ec2.create_vpc_endpoint(**wrong)).code == "UnauthorizedOperation"


# -- where rights come from


@pytest.fixture
def someone(stage: Stage) -> Iterator[Person]:
    with person(stage) as made:
        yield made


def may_look(person_: Person) -> bool:
    return refused(lambda: person_.ec2.describe_vpcs(DryRun=True)).code == "DryRunOperation"


LOOK = policy(allow("ec2:DescribeVpcs"))


def test_a_policy_that_is_attached(stage: Stage, someone: Person) -> None:
    with stage.client("iam") as iam:
        made = iam.create_policy(PolicyName=f"look-{someone.name}", PolicyDocument=LOOK)["Policy"]["Arn"]
        iam.attach_user_policy(UserName=someone.name, PolicyArn=made)
        assert may_look(someone)
        iam.create_policy_version(PolicyArn=made, PolicyDocument=policy(deny("*")), SetAsDefault=True)
        assert not may_look(someone)
        iam.set_default_policy_version(PolicyArn=made, VersionId="v1")
        assert may_look(someone)
        iam.detach_user_policy(UserName=someone.name, PolicyArn=made)
        assert not may_look(someone)


def test_a_group_of_users(stage: Stage, someone: Person) -> None:
    team = f"team-of-{someone.name}"
    with stage.client("iam") as iam:
        iam.create_group(GroupName=team)
        iam.put_group_policy(GroupName=team, PolicyName="look", PolicyDocument=LOOK)
        iam.add_user_to_group(GroupName=team, UserName=someone.name)
        assert may_look(someone)
        iam.put_user_policy(UserName=someone.name, PolicyName="no", PolicyDocument=policy(deny("ec2:*")))
        assert not may_look(someone)


def test_a_key_that_is_switched_off(stage: Stage, someone: Person) -> None:
    with stage.client("iam") as iam:
        key = iam.list_access_keys(UserName=someone.name)["AccessKeyMetadata"][0]["AccessKeyId"]
        iam.update_access_key(UserName=someone.name, AccessKeyId=key, Status="Inactive")
    assert refused(someone.ec2.describe_vpcs).code == "AuthFailure"
    assert refused(someone.sts.get_caller_identity).code == "InvalidClientTokenId"


def test_a_role_has_its_own_rights_and_a_session_may_have_fewer(stage: Stage) -> None:
    role = f"arn:aws:iam::{CONSUMER}:role/{ROLE}"

    def refusal(**narrowed: Any) -> str:
        given = stage.sts.assume_role(RoleArn=role, RoleSessionName="narrow", **narrowed)["Credentials"]
        with (
            stage.client("ec2", **session_keys(given)) as ec2,
            stage.client("iam", **session_keys(given)) as iam,
        ):
            assert refused(iam.list_users).code == "AccessDenied"
            return refused(lambda: ec2.create_vpc(CidrBlock="10.1.0.0/16", DryRun=True)).message

    assert "would have succeeded" in refusal()
    assert "because no session policy allows the ec2:CreateVpc action" in refusal(Policy=LOOK)
    assert "with an explicit deny in a session policy" in refusal(Policy=policy(allow("*"), deny("ec2:Create*")))


# -- read-only, forbidden, simulated


def test_the_reader_looks_and_does_not_touch(scene: Scene) -> None:
    with scene.stage.client("ec2", **READER_KEYS) as ec2:
        assert ec2.describe_vpcs()["Vpcs"]
        assert refused(lambda: group(scene, ec2)).code == "UnauthorizedOperation"
        assert refused(
            lambda: ec2.modify_vpc_attribute(VpcId=scene.network.vpc, EnableDnsSupport={"Value": True})
        ).code == ("UnauthorizedOperation")
    with scene.stage.client("sts", **READER_KEYS) as sts:
        role = f"arn:aws:iam::{CONSUMER}:role/{ROLE}"
        error = refused(lambda: sts.assume_role(RoleArn=role, RoleSessionName="test"))
    assert error.message.endswith("because no identity-based policy allows the sts:AssumeRole action")


def test_what_is_forbidden_is_a_policy_that_can_be_seen_and_taken_away(fated: Fated) -> None:
    stage = fated(Fate(forbidden=("ec2:CreateVpcEndpoint", "ec2:Delete*"))).stage

    def may(ec2: Any) -> list[bool]:
        calls = [
            lambda: ec2.create_vpc_endpoint(VpcId="vpc-1", ServiceName="x", DryRun=True),
            lambda: ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-1"], DryRun=True),
            lambda: ec2.describe_vpcs(DryRun=True),
        ]
        return [refused(call).code == "DryRunOperation" for call in calls]

    role = stage.sts.assume_role(RoleArn=f"arn:aws:iam::{CONSUMER}:role/{ROLE}", RoleSessionName="test")["Credentials"]
    with stage.client("iam") as iam, stage.client("ec2", **session_keys(role)) as as_role:
        assert may(stage.ec2) == may(as_role) == [False, False, True]
        shown = iam.get_user_policy(UserName=OPERATOR, PolicyName="forbidden")["PolicyDocument"]
        assert shown["Statement"] == [
            {"Effect": "Deny", "Action": ["ec2:CreateVpcEndpoint", "ec2:Delete*"], "Resource": "*"}
        ]
        iam.put_user_policy(UserName=OPERATOR, PolicyName="forbidden", PolicyDocument=policy(deny("ec2:Delete*")))
        assert may(stage.ec2) == [True, False, True]
        iam.delete_user_policy(UserName=OPERATOR, PolicyName="forbidden")
        assert may(stage.ec2) == [True, True, True]
        iam.delete_role_policy(RoleName=ROLE, PolicyName="forbidden")
        assert may(as_role) == [True, True, True]


def test_policies_are_simulated_for_those_who_ask_first(stage: Stage) -> None:
    actions = ["ec2:DescribeVpcs", "ec2:CreateVpcEndpoint", "route53:AssociateVPCWithHostedZone"]
    with person(stage, allow("ec2:*", "iam:Simulate*"), deny("ec2:CreateVpc*")) as someone:
        answer = someone.iam.simulate_principal_policy(PolicySourceArn=someone.arn, ActionNames=actions)
    found = {one["EvalActionName"]: one for one in answer["EvaluationResults"]}
    assert [found[action]["EvalDecision"] for action in actions] == ["allowed", "explicitDeny", "implicitDeny"]
    assert [one["SourcePolicyId"] for one in found["ec2:CreateVpcEndpoint"]["MatchedStatements"]] == ["own"]
    assert found["route53:AssociateVPCWithHostedZone"]["MatchedStatements"] == []


def test_roles_groups_resources_and_further_policies_are_simulated(stage: Stage) -> None:
    with stage.client("iam") as iam:
        answer = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{CONSUMER}:role/{ROLE}",
            ActionNames=[CREATE],
            ResourceArns=[VPC, SUBNET],
            PolicyInputList=[
                policy(deny(CREATE, Resource=VPC, Condition={"StringEquals": {"ec2:Region": "us-east-2"}}))
            ],
            ContextEntries=[
                {"ContextKeyName": "ec2:Region", "ContextKeyType": "string", "ContextKeyValues": ["us-east-2"]}
            ],
        )
        (result,) = answer["EvaluationResults"]
        assert result["EvalDecision"] == "explicitDeny"
        by_resource = [
            (one["EvalResourceName"], one["EvalResourceDecision"]) for one in result["ResourceSpecificResults"]
        ]
        assert by_resource == [(VPC, "explicitDeny"), (SUBNET, "allowed")]


def test_condition_keys_that_a_simulation_is_not_told_are_named(stage: Stage) -> None:
    tagged = allow(CREATE, Condition={"StringEquals": {"aws:RequestTag/team": "payments", "ec2:Region": "us-east-2"}})
    entry = {"ContextKeyName": "ec2:Region", "ContextKeyType": "string", "ContextKeyValues": ["us-east-2"]}
    with person(stage, allow("iam:Simulate*"), tagged) as someone:
        answer = someone.iam.simulate_principal_policy(
            PolicySourceArn=someone.arn,
            ActionNames=[CREATE, "ec2:DeleteVpcEndpoints"],
            ResourceArns=[VPC],
            ContextEntries=[entry],
        )
    missing = [one["ResourceSpecificResults"][0]["MissingContextValues"] for one in answer["EvaluationResults"]]
    assert missing == [["aws:RequestTag/team"], []]


SOURCES = [
    (f"arn:aws:iam::{CONSUMER}:user/nobody", "NoSuchEntity"),
    ("arn:aws:iam::801234567891:user/skysql", "NoSuchEntity"),
    (f"arn:aws:sts::{CONSUMER}:assumed-role/{ROLE}/session", "InvalidInput"),
]


@pytest.mark.parametrize(("source", "code"), SOURCES)
def test_only_users_groups_and_roles_of_the_account_are_simulated(stage: Stage, source: str, code: str) -> None:
    with stage.client("iam") as iam:
        error = refused(lambda: iam.simulate_principal_policy(PolicySourceArn=source, ActionNames=[CREATE]))
    assert error.code == code


# -- private DNS


def test_without_the_right_to_attach_the_hidden_zone_private_dns_hangs(scene: Scene) -> None:
    made = scene.stage.create(scene.stage.network(), scene.service, SubnetIds=[])["VpcEndpointId"]
    modify: dict[str, Any] = {"VpcEndpointId": made, "PrivateDnsEnabled": True}
    with person(scene.stage, allow("ec2:*")) as someone:
        assert refused(lambda: someone.ec2.modify_vpc_endpoint(**modify, DryRun=True)).code == "DryRunOperation"
        impatient = Config(retries={"total_max_attempts": 1}, read_timeout=0.5)
        session = boto3.Session(someone.keys["aws_access_key_id"], someone.keys["aws_secret_access_key"])
        url = scene.stage.variables["AWS_ENDPOINT_URL"]
        client = session.client("ec2", "us-east-2", endpoint_url=url, config=impatient)
        with contextlib.closing(client), pytest.raises(ReadTimeoutError):
            client.modify_vpc_endpoint(**modify)
        described = someone.ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"][0]
        assert (described["State"], described["PrivateDnsEnabled"]) == ("available", False)
        with scene.stage.client("iam") as iam:
            right = policy(allow("route53:AssociateVPCWithHostedZone"))
            iam.put_user_policy(UserName=someone.name, PolicyName="zone", PolicyDocument=right)
        someone.ec2.modify_vpc_endpoint(**modify)
