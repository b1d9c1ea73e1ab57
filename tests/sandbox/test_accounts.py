"""Several accounts in one AWS: who becomes which role, for how long, and what is seen from there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from core.sandbox.environment import (
    CONSUMER,
    MFA_CODE,
    MFA_ROLE,
    MFA_SERIAL,
    OPERATOR,
    PAYMENTS,
    PAYMENTS_ROLE,
    READER,
    ROLE,
    environment,
)
from tests.sandbox.conftest import Timed
from tests.sandbox.persons import allow, deny, person, policy, session_keys
from tests.sandbox.stage import ONCE, Stage, refused

INTO_PAYMENTS = f"arn:aws:iam::{PAYMENTS}:role/{PAYMENTS_ROLE}"
INTO_NETWORK = f"arn:aws:iam::{CONSUMER}:role/{ROLE}"
INTO_MFA = f"arn:aws:iam::{CONSUMER}:role/{MFA_ROLE}"
OPERATOR_ARN = f"arn:aws:iam::{CONSUMER}:user/{OPERATOR}"


def become(sts: Any, role: str, **more: Any) -> dict[str, str]:
    """The keys of a session in a role."""
    return session_keys(sts.assume_role(RoleArn=role, RoleSessionName="test", **more)["Credentials"])


@pytest.fixture(scope="module")
def payments(stage: Stage) -> Iterator[Any]:
    """EC2 of the payments account."""
    with stage.client("ec2", **become(stage.sts, INTO_PAYMENTS)) as ec2:
        yield ec2


# -- another account


def test_calls_with_a_role_of_another_account_land_there(stage: Stage, payments: Any) -> None:
    with stage.client("sts", **become(stage.sts, INTO_PAYMENTS)) as sts:
        who = sts.get_caller_identity()
    assert (who["Account"], who["Arn"]) == (PAYMENTS, f"arn:aws:sts::{PAYMENTS}:assumed-role/{PAYMENTS_ROLE}/test")
    vpcs = {tag["Value"]: vpc for vpc in payments.describe_vpcs()["Vpcs"] for tag in vpc.get("Tags", [])}
    assert {name: vpc["OwnerId"] for name, vpc in vpcs.items()} == {"payments-core": PAYMENTS}
    here = {vpc["VpcId"] for vpc in stage.ec2.describe_vpcs()["Vpcs"]}
    assert here.isdisjoint({vpc["VpcId"] for vpc in vpcs.values()})


def test_zone_names_differ_between_accounts_while_their_ids_agree(stage: Stage, payments: Any) -> None:
    def zones(ec2: Any) -> dict[str, str]:
        return {zone["ZoneName"]: zone["ZoneId"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]}

    here, there = zones(stage.ec2), zones(payments)
    assert here.keys() == there.keys()
    assert sorted(here.values()) == sorted(there.values())
    assert all(here[name] != there[name] for name in here)
    for subnet in payments.describe_subnets()["Subnets"]:
        assert there[subnet["AvailabilityZone"]] == subnet["AvailabilityZoneId"]


def test_a_service_is_seen_by_the_accounts_it_admits_under_their_zone_names(stage: Stage, payments: Any) -> None:
    both = stage.private_service(CONSUMER, PAYMENTS)
    ours = stage.private_service(CONSUMER)

    def details(ec2: Any) -> Any:
        return ec2.describe_vpc_endpoint_services(ServiceNames=[both])["ServiceDetails"][0]

    assert details(stage.ec2)["AvailabilityZoneIds"] != details(payments)["AvailabilityZoneIds"]
    assert set(details(stage.ec2)["AvailabilityZoneIds"]) == set(details(payments)["AvailabilityZoneIds"])
    unseen = refused(lambda: payments.describe_vpc_endpoint_services(ServiceNames=[ours]))
    assert unseen.code == "InvalidServiceName"


# -- who may become what


def test_a_trust_policy_names_who_may_become_the_role(stage: Stage) -> None:
    role = "for-somebody-else"
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{PAYMENTS}:root"}, "Action": "sts:AssumeRole"}
    with stage.client("iam") as iam:
        made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        error = refused(lambda: become(stage.sts, made))
        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == f"User: {OPERATOR_ARN} is not authorized to perform: sts:AssumeRole on resource: {made}"
        trust["Principal"] = {"AWS": [OPERATOR_ARN]}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=policy(trust))
        become(stage.sts, made)
        iam.delete_role(RoleName=role)
        assert refused(lambda: become(stage.sts, made)).code == "AccessDenied"
        unlike = refused(lambda: iam.create_role(RoleName=role, AssumeRolePolicyDocument=policy(allow("*"))))
    assert unlike.code == "MalformedPolicyDocument"


def test_a_user_that_a_role_of_the_same_account_names_needs_no_right_of_its_own(stage: Stage) -> None:
    with stage.client("iam") as iam, person(stage) as nobody, person(stage, deny("sts:*")) as denied:
        named = {"AWS": [nobody.arn, denied.arn]}
        trust = {"Effect": "Allow", "Principal": named, "Action": "sts:AssumeRole"}
        made = iam.create_role(RoleName="for-two", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        become(nobody.sts, made)
        error = refused(lambda: become(denied.sts, made))
        assert error.message.endswith(f"on resource: {made} with an explicit deny in an identity-based policy")


def test_a_role_of_another_account_needs_both_sides(stage: Stage) -> None:
    with person(stage, allow("ec2:*")) as nobody, person(stage, allow("sts:AssumeRole", Resource=INTO_PAYMENTS)) as one:
        assert "because no identity-based policy allows the sts:AssumeRole action" in (
            refused(lambda: become(nobody.sts, INTO_PAYMENTS)).message
        )
        become(one.sts, INTO_PAYMENTS)
        assert refused(lambda: become(one.sts, INTO_NETWORK)).code == "AccessDenied"


def test_an_external_id_must_be_the_one_agreed_on(stage: Stage) -> None:
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": CONSUMER},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "agreed"}},
    }
    with stage.client("iam") as iam:
        made = iam.create_role(RoleName="agreed", AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
    assert refused(lambda: become(stage.sts, made)).code == "AccessDenied"
    assert refused(lambda: become(stage.sts, made, ExternalId="guessed")).code == "AccessDenied"
    become(stage.sts, made, ExternalId="agreed")


CODES: list[tuple[str, str, str, str]] = [  # why, device, code, words
    (
        "another device",
        MFA_SERIAL + "-2",
        MFA_CODE,
        "unable to validate MFA code. Please verify your MFA serial number",
    ),
    ("another code", MFA_SERIAL, "000000", "MultiFactorAuthentication failed with invalid MFA one time pass code."),
]


@pytest.mark.parametrize(("serial", "code", "words"), [row[1:] for row in CODES], ids=[row[0] for row in CODES])
@pytest.mark.parametrize("role", [INTO_MFA, INTO_NETWORK])
def test_a_wrong_code_opens_nothing(stage: Stage, role: str, serial: str, code: str, words: str) -> None:
    error = refused(lambda: become(stage.sts, role, SerialNumber=serial, TokenCode=code))
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert words in error.message


# -- for how long


def test_a_session_lasts_as_long_as_is_asked_and_no_longer_than_the_role_allows(stage: Stage) -> None:
    def lasts(**asked: Any) -> float:
        given = stage.sts.assume_role(RoleArn=INTO_NETWORK, RoleSessionName="test", **asked)
        return (given["Credentials"]["Expiration"] - datetime.now(UTC)).total_seconds()

    assert lasts() == pytest.approx(3600, abs=5)
    assert lasts(DurationSeconds=900) == pytest.approx(900, abs=5)
    error = refused(lambda: lasts(DurationSeconds=3601))
    assert error.code == "ValidationError"
    assert error.message == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."


def test_a_session_that_is_too_short_or_chained_too_long(stage: Stage) -> None:
    with stage.client("sts", **become(stage.sts, INTO_MFA, SerialNumber=MFA_SERIAL, TokenCode=MFA_CODE)) as chained:
        error = refused(lambda: become(chained, INTO_PAYMENTS, DurationSeconds=3601))
    assert error.message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining."
    )


@pytest.mark.filterwarnings("ignore:Exception.Refusal. with code ExpiredToken:UserWarning")  # moto's list is shorter
def test_an_ended_session_is_refused_by_each_service_in_its_own_words(timed: Timed) -> None:
    stage = timed.stage
    keys = become(stage.sts, INTO_NETWORK)
    with (
        stage.client("ec2", **keys) as ec2,
        stage.client("sts", **keys) as sts,
        stage.client("iam", **keys) as iam,
    ):
        ec2.describe_vpcs()
        timed.world.cloud.identity.expire(keys["aws_access_key_id"])
        from_ec2, from_sts = refused(ec2.describe_vpcs), refused(sts.get_caller_identity)
        from_iam = refused(iam.list_users)
    assert (from_ec2.code, from_ec2.message) == ("RequestExpired", "Request has expired.")
    expired = "The security token included in the request is expired"
    assert (from_sts.code, from_sts.message, from_sts.status) == ("ExpiredToken", expired, 403)
    assert from_iam == from_sts
    with stage.client("ec2", **become(stage.sts, INTO_NETWORK)) as again:
        assert again.describe_vpcs()["Vpcs"]


@pytest.mark.parametrize("action", ["get_session_token", "get_federation_token"])
def test_sessions_that_the_sandbox_cannot_give_are_not_made_up(stage: Stage, action: str) -> None:
    request = {"Name": "somebody"} if "federation" in action else {}
    assert refused(lambda: getattr(stage.sts, action)(**request)).code == "NotImplementedInSandbox"


def test_a_role_has_no_user_to_show(stage: Stage) -> None:
    with stage.client("iam", **become(stage.sts, INTO_PAYMENTS)) as as_role, stage.client("iam") as as_user:
        assert as_user.get_user()["User"]["UserName"] == OPERATOR
        assert refused(as_role.get_user).code == "ValidationError"


# -- profiles


def test_a_profile_that_the_person_names_is_the_one_they_get(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = stage.variables["AWS_ENDPOINT_URL"]
    for name, value in environment(tmp_path, url, "", {"AWS_PROFILE": READER, "AWS_ACCESS_KEY_ID": "AKIAREAL"}).items():
        monkeypatch.setenv(name, value)
    client = boto3.Session().client("sts", config=ONCE)
    try:
        assert client.get_caller_identity()["Arn"] == f"arn:aws:iam::{CONSUMER}:user/{READER}"
    finally:
        client.close()


@pytest.mark.parametrize("named", ["", "default", "corp"])
def test_any_other_profile_of_theirs_is_put_out_of_action(tmp_path: Path, named: str) -> None:
    variables = environment(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:2", {"AWS_PROFILE": named})
    assert variables["AWS_PROFILE"] == "default"
    assert variables["AWS_ACCESS_KEY_ID"]
