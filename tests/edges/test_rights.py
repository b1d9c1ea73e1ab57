"""Rights over loopback: by trials that change nothing, and by what policies say."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from core.edges.settings import settings_from
from core.edges.world import open_world
from core.facts import Right
from core.problems import NotSignedIn
from core.values import Region, VpcId
from core.world import AwsKeys, Question, Rights, Secret, World
from tests.relay import aws_error, relayed
from tests.sandbox.persons import Person, allow, deny, person, policy, session_keys
from tests.sandbox.stage import Stage, staged

REGION = Region("us-east-2")
HERE = "arn:aws:ec2:us-east-2:123456789012"
CREATE, DELETE, ZONE = "ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", "route53:AssociateVPCWithHostedZone"
QUESTIONS = (
    Question(CREATE, (f"{HERE}:vpc/vpc-1", f"{HERE}:vpc-endpoint/*")),
    Question(DELETE, (f"{HERE}:vpc-endpoint/vpce-00000000000000000",)),
    Question(ZONE, ("arn:aws:route53:::hostedzone/Z0",)),
)
LOOK = allow("iam:SimulatePrincipalPolicy", "iam:GetRole")


@pytest.fixture
def stage(home: None, used_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name, value in used_sandbox.items():
        monkeypatch.setenv(name, value)
    with staged(used_sandbox) as made:
        yield made


@asynccontextmanager
async def signed_in(keys: Mapping[str, str]) -> AsyncIterator[World]:
    """The world of whoever has these keys."""
    own = AwsKeys(
        keys["aws_access_key_id"], Secret(keys["aws_secret_access_key"]), Secret(keys.get("aws_session_token", ""))
    )
    world = await open_world(replace(settings_from(os.environ), aws_keys=own))
    try:
        yield world
    finally:
        await world.close()


async def looked_up(keys: Mapping[str, str]) -> dict[str, Right]:
    async with signed_in(keys) as world:
        rights = await world.rights(REGION)
        return {right.action: right for right in await rights.looked_up(await world.identity(), QUESTIONS)}


async def tried(who: Person, stage: Stage, tags: tuple[tuple[str, str], ...] = ()) -> Right:
    vpc = VpcId(stage.vpc("prod-core"))
    async with signed_in(who.keys) as world:
        rights = await world.rights(REGION)
        return await rights.tried(
            "ec2:CreateSecurityGroup", lambda aws: aws.create_group(vpc, "tried", "A trial.", tags)
        )


# ------------------------------------------------------------------------------------------ trials


async def test_what_is_allowed_is_told_and_not_done(stage: Stage) -> None:
    with person(stage, allow("ec2:*")) as someone:
        assert await tried(someone, stage) == Right("ec2:CreateSecurityGroup", "allowed")
    found = stage.ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": ["tried"]}])
    assert found["SecurityGroups"] == []


async def test_a_denial_names_who_and_which_policy(stage: Stage) -> None:
    with person(stage, allow("ec2:*"), deny("ec2:CreateSecurityGroup")) as someone:
        right = await tried(someone, stage)
    assert (right.action, right.state) == ("ec2:CreateSecurityGroup", "denied")
    assert right.why.startswith(f"{someone.arn} lacks the right on {HERE}:security-group/*")
    assert ": an explicit deny in an identity-based policy" in right.why


async def test_a_denial_names_the_action_that_is_missing(stage: Stage) -> None:
    with person(stage, allow("ec2:CreateSecurityGroup")) as someone:
        assert (await tried(someone, stage)).state == "allowed"
        right = await tried(someone, stage, (("team", "payments"),))
    assert (right.action, right.state) == ("ec2:CreateTags", "denied")


async def test_a_refusal_for_another_reason_says_nothing_about_the_right(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relayed(stage.variables) as (relay, led), person(stage, allow("ec2:*")) as someone:
        for name, value in led.items():
            monkeypatch.setenv(name, value)
        relay.answers["ec2:CreateSecurityGroup+DryRun"] = aws_error("SecurityGroupLimitExceeded", "Said by AWS.")
        right = await tried(someone, stage)
        assert (right.action, right.state) == ("ec2:CreateSecurityGroup", "unknown")
        assert "Said by AWS." in right.why
        relay.answers["ec2:CreateSecurityGroup+DryRun"] = aws_error("RequestExpired")
        with pytest.raises(NotSignedIn):
            await tried(someone, stage)


async def test_what_knows_no_trial_is_never_sent(world: World) -> None:
    aws = await world.aws(REGION)
    vpc = next(vpc for vpc in await aws.vpcs() if vpc.name == "legacy")
    before = await aws.vpc_dns(vpc.id)
    assert not before.hostnames
    right = await (await world.rights(REGION)).tried(
        "ec2:ModifyVpcAttribute", lambda trials: trials.enable_vpc_dns(vpc.id, "enableDnsHostnames")
    )
    assert (right.state, await aws.vpc_dns(vpc.id)) == ("unknown", before)
    assert "DryRun" in right.why


# ------------------------------------------------------------------------------------------ policies


@pytest.mark.parametrize(
    ("statements", "states"),
    [
        ([LOOK, allow("ec2:*")], ["allowed", "allowed", "denied"]),
        ([LOOK, allow("*", Condition={"StringEquals": {"aws:RequestTag/team": "x"}})], ["unknown"] * 3),
        ([LOOK, allow("*", Condition={"StringEquals": {"aws:RequestedRegion": "us-east-2"}})], ["allowed"] * 3),
        ([LOOK, allow("ec2:*", Resource=f"{HERE}:vpc*/*")], ["allowed", "allowed", "denied"]),
    ],
    ids=[
        "one is not mentioned",
        "on a condition that only the call tells",
        "on a condition that is known",
        "on every resource",
    ],
)
async def test_what_a_users_policies_say(stage: Stage, statements: list[dict[str, Any]], states: list[str]) -> None:
    with person(stage, *statements) as someone:
        found = await looked_up(someone.keys)
    assert [found[one.action].state for one in QUESTIONS] == states


async def test_where_policies_may_not_be_looked_up_the_reason_is_told(stage: Stage) -> None:
    with person(stage, allow("ec2:*")) as someone:
        right = (await looked_up(someone.keys))[ZONE]
    assert right.state == "unknown"
    assert right.why.startswith("iam:SimulatePrincipalPolicy, which would tell: AWS does not allow")


@contextmanager
def role(stage: Stage, name: str, path: str, *statements: dict[str, Any]) -> Iterator[Mapping[str, str]]:
    """Keys of somebody who has become a role."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}
    with stage.client("iam") as iam:
        arn = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        try:
            yield session_keys(stage.sts.assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"])
        finally:
            iam.delete_role_policy(RoleName=name, PolicyName="own")
            iam.delete_role(RoleName=name)


@pytest.mark.parametrize(
    ("name", "path"),
    [("plain", "/"), ("pathed", "/team/"), ("AWSReservedSSO_Net_0123", "/aws-reserved/sso.amazonaws.com/")],
)
async def test_a_roles_policies_are_found_whatever_its_path(stage: Stage, name: str, path: str) -> None:
    with role(stage, name, path, LOOK, allow("ec2:*")) as keys:
        found = await looked_up(keys)
    assert [found[one.action].state for one in QUESTIONS] == ["allowed", "allowed", "denied"]


@pytest.mark.parametrize(("arn", "state"), [("arn:aws:iam::123456789012:root", "allowed"), ("somebody", "unknown")])
async def test_of_the_root_user_and_of_what_is_no_identity_nothing_is_asked(world: World, arn: str, state: str) -> None:
    rights: Rights = await world.rights(REGION)
    told = await rights.looked_up(replace(await world.identity(), arn=arn), QUESTIONS)
    assert [right.state for right in told] == [state] * len(QUESTIONS)
