"""Zones and callers as AWS has them. What its EC2 calls do stands in `conformance`."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.exceptions import SSOTokenLoadError

from core.sandbox.environment import MFA_CODE, MFA_SERIAL
from tests.sandbox.stage import ONCE, US, Stage, refused

ROLE = f"arn:aws:iam::{US}:role/network-admin"
MFA_ROLE = f"arn:aws:iam::{US}:role/mfa-admin"


# -- regions and zones


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


# -- routes


def test_a_route_to_an_interface_that_is_gone_leads_nowhere(stage: Stage) -> None:
    network = stage.network()
    appliance = stage.ec2.create_network_interface(SubnetId=network.subnets[0])["NetworkInterface"][
        "NetworkInterfaceId"
    ]
    table = stage.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    stage.ec2.create_route(RouteTableId=table, DestinationCidrBlock="192.0.2.0/24", NetworkInterfaceId=appliance)
    assert route_states(stage, table)["192.0.2.0/24"] == "active"
    stage.ec2.delete_network_interface(NetworkInterfaceId=appliance)
    assert route_states(stage, table)["192.0.2.0/24"] == "blackhole"


def route_states(stage: Stage, table: str) -> dict[str, str]:
    (found,) = stage.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    return {route["DestinationCidrBlock"]: route["State"] for route in found["Routes"]}


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
    assert boto3.Session().available_profiles == [
        *("default", "network-admin", "mfa-admin", "payments-admin", "read-only", "expired-sso")
    ]

    def arn(profile: str) -> str:
        client = boto3.Session(profile_name=profile).client("sts", config=ONCE)
        try:
            return client.get_caller_identity()["Arn"]
        finally:
            client.close()

    assert arn("default") == f"arn:aws:iam::{US}:user/operator"
    assert arn("read-only") == f"arn:aws:iam::{US}:user/read-only"
    assert ":234567890123:assumed-role/payments-admin/" in arn("payments-admin")
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
