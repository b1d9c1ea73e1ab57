"""Regions, zones, VPC attributes, pages and callers as AWS has them."""

from __future__ import annotations

import time
from typing import Any

import boto3
import pytest
from botocore.exceptions import SSOTokenLoadError

from core.sandbox.environment import MFA_CODE, MFA_SERIAL
from tests.sandbox.stage import ONCE, US, Stage, refused

ROLE = f"arn:aws:iam::{US}:role/network-admin"
MFA_ROLE = f"arn:aws:iam::{US}:role/mfa-admin"


# -- regions and zones


def test_regions_are_the_enabled_ones_unless_all_are_asked_for(stage: Stage) -> None:
    enabled = stage.ec2.describe_regions()["Regions"]
    everything = stage.ec2.describe_regions(AllRegions=True)["Regions"]
    assert {"us-east-2", "eu-west-1"} < {region["RegionName"] for region in enabled}
    assert {region["OptInStatus"] for region in enabled} == {"opt-in-not-required"}
    assert "not-opted-in" in {region["OptInStatus"] for region in everything}


def test_a_region_that_is_not_enabled_fails_like_a_bad_key(stage: Stage) -> None:
    with stage.client("ec2", region="ap-east-1") as client:
        error = refused(client.describe_vpcs)
    assert (error.code, error.status) == ("AuthFailure", 401)


def test_zones_tell_their_ids_and_names_do_not_follow_them(stage: Stage) -> None:
    zones = stage.ec2.describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["us-east-2a", "us-east-2b", "us-east-2c"]
    assert sorted(zone["ZoneId"] for zone in zones) == ["use2-az1", "use2-az2", "use2-az3"]
    assert [zone["ZoneId"] for zone in zones] != ["use2-az1", "use2-az2", "use2-az3"]
    for zone in zones:
        assert (zone["ZoneType"], zone["State"]) == ("availability-zone", "available")
        assert (zone["GroupName"], zone["NetworkBorderGroup"]) == ("us-east-2-zg-1", "us-east-2")
        assert zone["OptInStatus"] == "opt-in-not-required"


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("zone-type", "availability-zone", 3),
        ("zone-type", "local-zone", 0),
        ("zone-id", "use2-az1", 1),
        ("zone-name", "us-east-2a", 1),
        ("state", "available", 3),
        ("opt-in-status", "opt-in-not-required", 3),
    ],
)
def test_zones_are_filtered(stage: Stage, name: str, value: str, count: int) -> None:
    filters: Any = [{"Name": name, "Values": [value]}]
    assert len(stage.ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]) == count


def test_a_subnet_in_a_zone_of_elsewhere_is_refused_with_the_zones_of_here(stage: Stage) -> None:
    network = stage.network()
    create = stage.ec2.create_subnet
    error = refused(lambda: create(VpcId=network.vpc, CidrBlock="10.0.0.0/24", AvailabilityZone="us-east-1a"))
    assert error.code == "InvalidParameterValue"
    assert error.message.endswith("availability zones: us-east-2a, us-east-2b, us-east-2c.")


# -- vpc attributes


def test_attributes_are_changed_one_a_request(stage: Stage) -> None:
    vpc = stage.network(dns=False).vpc

    def hostnames() -> bool:
        answer = stage.ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
        return answer["EnableDnsHostnames"]["Value"]

    both = refused(
        lambda: stage.ec2.modify_vpc_attribute(
            VpcId=vpc, EnableDnsHostnames={"Value": True}, EnableDnsSupport={"Value": True}
        )
    )
    assert both.code == "InvalidParameterCombination"
    assert hostnames() is False
    stage.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    assert hostnames() is True
    stage.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    assert hostnames() is False


def test_hostnames_need_support(stage: Stage) -> None:
    vpc = stage.network(dns=False).vpc
    stage.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    error = refused(lambda: stage.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True}))
    assert error.code == "InvalidParameterValue"


def test_a_shared_vpc_is_changed_by_its_owner_only(stage: Stage) -> None:
    vpc = stage.vpc("shared-network")
    error = refused(lambda: stage.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True}))
    assert (error.code, error.status) == ("UnauthorizedOperation", 403)


@pytest.mark.parametrize("name", ["describe_vpcs", "describe_vpc_attribute"])
def test_an_unknown_vpc_is_named_in_plain_words(stage: Stage, name: str) -> None:
    unknown = "vpc-0123456789abcdef0"
    request = {"VpcIds": [unknown]} if name == "describe_vpcs" else {"VpcId": unknown, "Attribute": "enableDnsSupport"}
    error = refused(lambda: getattr(stage.loose, name)(**request))
    assert (error.code, error.message) == ("InvalidVpcID.NotFound", f"The vpc ID '{unknown}' does not exist")


# -- dry runs and pages

DRY: list[tuple[str, dict[str, Any]]] = [
    ("describe_availability_zones", {}),
    ("describe_instances", {}),
    ("describe_managed_prefix_lists", {}),
    ("describe_network_acls", {}),
    ("describe_network_interfaces", {}),
    ("describe_regions", {}),
    ("describe_route_tables", {}),
    ("describe_security_group_rules", {}),
    ("describe_security_groups", {}),
    ("describe_subnets", {}),
    ("describe_vpc_attribute", {"VpcId": "vpc-1", "Attribute": "enableDnsSupport"}),
    ("describe_vpc_endpoint_services", {}),
    ("describe_vpc_endpoints", {}),
    ("describe_vpcs", {}),
    ("authorize_security_group_ingress", {"GroupId": "sg-1", "IpPermissions": []}),
    ("create_tags", {"Resources": ["vpc-1"], "Tags": [{"Key": "a", "Value": "b"}]}),
    ("delete_security_group", {"GroupId": "sg-1"}),
]


@pytest.mark.parametrize(("action", "request_"), DRY, ids=[row[0] for row in DRY])
def test_a_dry_run_says_only_that_it_is_allowed(stage: Stage, action: str, request_: dict[str, Any]) -> None:
    error = refused(lambda: getattr(stage.loose, action)(DryRun=True, **request_))
    assert (error.code, error.status) == ("DryRunOperation", 412)


PAGED = [
    ("describe_network_acls", "NetworkAcls"),
    ("describe_network_interfaces", "NetworkInterfaces"),
    ("describe_route_tables", "RouteTables"),
    ("describe_security_group_rules", "SecurityGroupRules"),
    ("describe_security_groups", "SecurityGroups"),
    ("describe_subnets", "Subnets"),
    ("describe_managed_prefix_lists", "PrefixLists"),
]


@pytest.mark.parametrize(("action", "key"), PAGED, ids=[row[0] for row in PAGED])
def test_lists_come_in_pages(stage: Stage, action: str, key: str) -> None:
    whole = getattr(stage.loose, action)()[key]
    pages = list(stage.loose.get_paginator(action).paginate(PaginationConfig={"PageSize": 5}))
    assert len(whole) > 5
    assert [len(page[key]) for page in pages[:-1]] == [5] * (len(pages) - 1)
    assert [item for page in pages for item in page[key]] == whole
    assert "NextToken" not in pages[-1]


def test_a_page_has_limits_and_a_token_is_not_made_up(stage: Stage) -> None:
    assert refused(lambda: stage.ec2.describe_route_tables(MaxResults=101)).code == "InvalidParameterValue"
    assert refused(lambda: stage.ec2.describe_subnets(NextToken="made-up")).code == "InvalidNextToken"


# -- callers


def test_the_caller_is_a_user_of_the_account(stage: Stage) -> None:
    who = stage.sts.get_caller_identity()
    assert (who["Account"], who["Arn"]) == (US, f"arn:aws:iam::{US}:user/operator")


def test_an_unknown_key_is_refused_by_each_service_in_its_own_words(stage: Stage) -> None:
    unknown = {"aws_access_key_id": "AKIANOBODYHASTHISKEY", "aws_secret_access_key": "x"}
    with stage.client("ec2", **unknown) as ec2, stage.client("sts", **unknown) as sts:
        from_ec2, from_sts = refused(ec2.describe_vpcs), refused(sts.get_caller_identity)
    assert (from_ec2.code, from_ec2.status) == ("AuthFailure", 401)
    assert from_ec2.message == "AWS was not able to validate the provided access credentials"
    assert (from_sts.code, from_sts.status) == ("InvalidClientTokenId", 403)
    assert from_sts.message == "The security token included in the request is invalid."


def test_a_wrong_secret_is_refused_by_each_service_in_its_own_words(stage: Stage) -> None:
    wrong = stage.keys(aws_secret_access_key="x" * 40)
    with stage.client("ec2", **wrong) as ec2, stage.client("sts", **wrong) as sts:
        from_ec2, from_sts = refused(ec2.describe_vpcs), refused(sts.get_caller_identity)
    assert (from_ec2.code, from_ec2.status) == ("AuthFailure", 401)
    assert (from_sts.code, from_sts.status) == ("SignatureDoesNotMatch", 403)
    assert from_sts.message.startswith("The request signature we calculated does not match")


def test_an_assumed_role_acts_in_the_account(stage: Stage) -> None:
    assumed = stage.sts.assume_role(RoleArn=ROLE, RoleSessionName="test")["Credentials"]
    keys = {
        "aws_access_key_id": assumed["AccessKeyId"],
        "aws_secret_access_key": assumed["SecretAccessKey"],
        "aws_session_token": assumed["SessionToken"],
    }
    with stage.client("sts", **keys) as sts, stage.client("ec2", **keys) as ec2:
        assert sts.get_caller_identity()["Arn"] == f"arn:aws:sts::{US}:assumed-role/network-admin/test"
        assert len(ec2.describe_vpcs()["Vpcs"]) >= 5
    keys["aws_session_token"] = "another"
    with stage.client("ec2", **keys) as ec2:
        assert refused(ec2.describe_vpcs).code == "AuthFailure"


DENIED = "is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::"
BAD_CODE = "MultiFactorAuthentication failed with invalid MFA one time pass code."
ROLES: list[tuple[str, dict[str, str], str]] = [
    ("no such role", {"RoleArn": f"arn:aws:iam::{US}:role/nobody"}, DENIED),
    ("no such account", {"RoleArn": "arn:aws:iam::999999999999:role/nobody"}, DENIED),
    ("no code", {"RoleArn": MFA_ROLE}, DENIED),
    ("wrong code", {"RoleArn": MFA_ROLE, "SerialNumber": MFA_SERIAL, "TokenCode": "000000"}, BAD_CODE),
]


@pytest.mark.parametrize(("request_", "words"), [row[1:] for row in ROLES], ids=[row[0] for row in ROLES])
def test_a_role_is_not_for_everyone(stage: Stage, request_: dict[str, str], words: str) -> None:
    request: Any = {"RoleSessionName": "test", **request_}
    error = refused(lambda: stage.sts.assume_role(**request))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert words in error.message


def test_the_right_code_opens_the_role(stage: Stage) -> None:
    answer = stage.sts.assume_role(
        RoleArn=MFA_ROLE, RoleSessionName="test", SerialNumber=MFA_SERIAL, TokenCode=MFA_CODE
    )
    assert answer["AssumedRoleUser"]["Arn"].endswith("assumed-role/mfa-admin/test")


def test_the_profiles_of_the_environment_work(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in stage.variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    assert boto3.Session().available_profiles == ["default", "network-admin", "mfa-admin", "expired-sso"]

    def arn(profile: str) -> str:
        client = boto3.Session(profile_name=profile).client("sts", config=ONCE)
        try:
            return client.get_caller_identity()["Arn"]
        finally:
            client.close()

    assert arn("default") == f"arn:aws:iam::{US}:user/operator"
    assert ":assumed-role/network-admin/" in arn("network-admin")
    with pytest.raises(SSOTokenLoadError):
        arn("expired-sso")


def test_what_the_sandbox_does_not_know_is_named(stage: Stage) -> None:
    with stage.client("sqs") as sqs:
        error = refused(sqs.list_queues)
    assert "sqs" in error.message
    assert "ListQueues" in error.message
    action = refused(stage.ec2.describe_verified_access_trust_providers)
    assert "describe_verified_access_trust_providers" in action.message


def test_every_answer_has_a_request_id_of_its_own(stage: Stage) -> None:
    ids = {stage.ec2.describe_vpcs()["ResponseMetadata"]["RequestId"] for _ in range(2)}
    assert all(len(one) == 36 for one in ids)
    assert len(ids) == 2


def test_a_list_is_answered_quickly(stage: Stage) -> None:
    begun = time.monotonic()
    stage.ec2.describe_subnets()
    assert time.monotonic() - begun < 2
