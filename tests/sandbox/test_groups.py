"""Security groups as AWS has them, one statement a line."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.sandbox.stage import Network, Stage, refused

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def network(stage: Stage) -> Network:
    return stage.network()


@pytest.fixture
def group(stage: Stage, network: Network) -> str:
    """A fresh group."""
    name = f"group-{next(_numbers)}"
    made = stage.ec2.create_security_group(GroupName=name, Description="test", VpcId=network.vpc)
    return made["GroupId"]


NAMES = [
    ("link", "InvalidGroup.Duplicate", "The security group 'link' already exists for VPC 'vpc-"),
    ("LINK", "InvalidGroup.Duplicate", "The security group 'LINK' already exists for VPC 'vpc-"),
    ("default", "InvalidGroup.Reserved", "reserved"),
    ("sg-mine", "InvalidParameterValue", "Group names may not be in the format sg-*."),
    ("gr\u00fcn", "InvalidParameterValue", "Character sets beyond ASCII are not supported."),
    ("x" * 256, "InvalidParameterValue", "for parameter GroupName is invalid"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code", "words"), NAMES, ids=["taken", "taken-in-capitals", "reserved", "an-id", "not-ascii", "too-long"]
)
def test_create_refuses_names(stage: Stage, network: Network, name: str, code: str, words: str) -> None:
    error = refused(lambda: stage.ec2.create_security_group(GroupName=name, Description="x", VpcId=network.vpc))
    assert error.code == code
    assert words in error.message


def test_create_refuses_an_unknown_vpc_and_a_bad_description(stage: Stage, network: Network) -> None:
    create = stage.ec2.create_security_group
    unknown = refused(lambda: create(GroupName="a", Description="x", VpcId="vpc-0123456789abcdef0"))
    assert unknown.code == "InvalidVpcID.NotFound"
    described = refused(lambda: create(GroupName="a", Description="caf\u00e9", VpcId=network.vpc))
    assert described.code == "InvalidParameterValue"


def test_a_dry_run_creates_nothing(stage: Stage, network: Network) -> None:
    create = stage.ec2.create_security_group
    for _ in range(2):
        error = refused(lambda: create(GroupName="dry", Description="x", VpcId=network.vpc, DryRun=True))
        assert (error.code, error.status) == ("DryRunOperation", 412)


def test_the_answer_holds_the_tags(stage: Stage, network: Network) -> None:
    made = stage.ec2.create_security_group(
        GroupName="tagged",
        Description="x",
        VpcId=network.vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "team", "Value": "pay"}]}],
    )
    assert made["Tags"] == [{"Key": "team", "Value": "pay"}]


def rule(**sources: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": 3306, "ToPort": 3306, **sources}


def authorize(stage: Stage, group: str, *permissions: dict[str, Any], **more: Any) -> Any:
    return stage.loose.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions, **more)


def cidrs(stage: Stage, group: str) -> list[str]:
    found = stage.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    return [one["CidrIp"] for permission in found for one in permission["IpRanges"]]


def test_every_rule_of_a_call_is_answered_with_what_was_said_of_it(stage: Stage, group: str) -> None:
    lists = stage.ec2.describe_managed_prefix_lists()["PrefixLists"]
    offices = next(one["PrefixListId"] for one in lists if one["PrefixListName"] == "office-networks")
    tags = [{"ResourceType": "security-group-rule", "Tags": [{"Key": "Name", "Value": "n"}]}]
    made = authorize(
        stage,
        group,
        rule(IpRanges=[{"CidrIp": "10.1.2.3/16", "Description": "net"}]),
        rule(UserIdGroupPairs=[{"GroupId": group, "Description": "self"}]),
        rule(PrefixListIds=[{"PrefixListId": offices, "Description": "list"}]),
        TagSpecifications=tags,
    )["SecurityGroupRules"]
    assert [one["Description"] for one in made] == ["net", "self", "list"]
    assert made[0]["CidrIpv4"] == "10.1.0.0/16"  # AWS canonicalizes
    assert made[1]["ReferencedGroupInfo"]["GroupId"] == group
    assert made[2]["PrefixListId"] == offices
    assert all(one["Tags"] == [{"Key": "Name", "Value": "n"}] for one in made)
    filters: Any = [{"Name": "group-id", "Values": [group]}]
    described = stage.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    ingress = [one for one in described if not one["IsEgress"]]
    assert [one["SecurityGroupRuleId"] for one in ingress] == [one["SecurityGroupRuleId"] for one in made]
    assert {one["GroupOwnerId"] for one in described} == {"123456789012"}


DUPLICATES = [
    ({"IpRanges": [{"CidrIp": "10.0.0.0/16"}]}, "10.0.0.0/16"),
    ({"IpRanges": [{"CidrIp": "10.0.0.9/16"}]}, "10.0.0.0/16"),  # the same, once canonical
    ({"IpRanges": [{"CidrIp": "10.9.0.0/16"}, {"CidrIp": "10.0.0.0/16"}]}, "10.0.0.0/16"),
]


@pytest.mark.parametrize(("sources", "peer"), DUPLICATES, ids=["same", "not-canonical", "second-of-two"])
def test_a_rule_that_exists_is_named_and_nothing_of_the_call_is_kept(
    stage: Stage, group: str, sources: dict[str, Any], peer: str
) -> None:
    authorize(stage, group, rule(IpRanges=[{"CidrIp": "10.0.0.0/16"}]))
    error = refused(lambda: authorize(stage, group, rule(**sources)))
    assert error.code == "InvalidPermission.Duplicate"
    assert error.message == (
        f'the specified rule "peer: {peer}, TCP, from port: 3306, to port: 3306, ALLOW" already exists'
    )
    assert cidrs(stage, group) == ["10.0.0.0/16"]


BAD_RULES: list[tuple[str, dict[str, Any], str]] = [
    ("not a cidr", rule(IpRanges=[{"CidrIp": "10.0.0.0/33"}]), "InvalidParameterValue"),
    ("no prefix length", rule(IpRanges=[{"CidrIp": "10.0.0.1"}]), "InvalidParameterValue"),
    ("unknown group", rule(UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}]), "InvalidGroup.NotFound"),
    ("unknown list", rule(PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}]), "InvalidPrefixListID.NotFound"),
    ("ports reversed", {**rule(IpRanges=[{"CidrIp": "10.0.0.0/8"}]), "FromPort": 3307}, "InvalidParameterValue"),
    ("port out of range", {**rule(IpRanges=[{"CidrIp": "10.0.0.0/8"}]), "ToPort": 65536}, "InvalidParameterValue"),
]  # fmt: skip


@pytest.mark.parametrize(("permission", "code"), [row[1:] for row in BAD_RULES], ids=[row[0] for row in BAD_RULES])
def test_authorize_refuses(stage: Stage, group: str, permission: dict[str, Any], code: str) -> None:
    good = rule(IpRanges=[{"CidrIp": "192.168.0.0/16"}])
    assert refused(lambda: authorize(stage, group, good, permission)).code == code
    assert cidrs(stage, group) == []


def test_sixty_rules_fill_a_group_and_a_list_counts_for_all_it_may_hold(stage: Stage, group: str) -> None:
    lists = stage.ec2.describe_managed_prefix_lists()["PrefixLists"]
    offices = next(one["PrefixListId"] for one in lists if one["PrefixListName"] == "office-networks")
    authorize(stage, group, rule(IpRanges=[{"CidrIp": f"10.0.{number}.0/24"} for number in range(51)]))
    error = refused(lambda: authorize(stage, group, rule(PrefixListIds=[{"PrefixListId": offices}])))  # holds 10
    assert error.code == "RulesPerSecurityGroupLimitExceeded"
    authorize(stage, group, rule(IpRanges=[{"CidrIp": f"10.1.{number}.0/24"} for number in range(9)]))
    last = refused(lambda: authorize(stage, group, rule(IpRanges=[{"CidrIp": "10.2.0.0/24"}])))
    assert last.message == "The maximum number of rules per security group has been reached."


def test_a_group_that_another_refers_to_stays(stage: Stage, network: Network, group: str) -> None:
    authorize(stage, network.group, rule(UserIdGroupPairs=[{"GroupId": group}]))
    assert refused(lambda: stage.ec2.delete_security_group(GroupId=group)).code == "DependencyViolation"
    pair: Any = rule(UserIdGroupPairs=[{"GroupId": group}])
    stage.ec2.revoke_security_group_ingress(GroupId=network.group, IpPermissions=[pair])
    stage.ec2.delete_security_group(GroupId=group)
    assert refused(lambda: stage.ec2.describe_security_groups(GroupIds=[group])).code == "InvalidGroup.NotFound"


def test_a_group_an_instance_wears_stays(stage: Stage) -> None:
    filters: Any = [{"Name": "group-name", "Values": ["bastion"]}]
    bastion = stage.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    assert refused(lambda: stage.ec2.delete_security_group(GroupId=bastion)).code == "DependencyViolation"


def test_the_default_group_cannot_be_deleted(stage: Stage, network: Network) -> None:
    filters: Any = [{"Name": "vpc-id", "Values": [network.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    default = stage.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]
    assert refused(lambda: stage.ec2.delete_security_group(GroupId=default)).code == "CannotDelete"


def test_an_unknown_group_is_named_in_plain_words(stage: Stage) -> None:
    unknown = "sg-0123456789abcdef0"
    for call in (
        lambda: stage.ec2.describe_security_groups(GroupIds=[unknown]),
        lambda: stage.ec2.delete_security_group(GroupId=unknown),
    ):
        error = refused(call)
        assert (error.code, error.message) == (
            "InvalidGroup.NotFound",
            f"The security group '{unknown}' does not exist",
        )
