"""The ways in which PrivateLink set-ups are known to fail: each happens in the sandbox, and its words are read.

What breaks between a machine in the VPC and the database is broken for real in `tests/linked/test_doctor.py`: a name
that leads elsewhere, packets that are dropped, a port that is refused, another certificate, another password.
Connections that die when idle are kept alive by every line in `tests/export/test_clients.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from core.sandbox.environment import PAYMENTS
from core.sandbox.stories import STORIES
from tests.practice import Ended, Practice, Wanted, practising

PLAN = Wanted()
DOWN = "The service cannot be reached until the link is done."
ZONE_RIGHT = "route53:AssociateVPCWithHostedZone"
NOTHING_CHANGED = "Nothing was changed."


@dataclass(frozen=True)
class Failure:
    """What is done where a story and faults are in store, its exit code, and what people must be told."""

    name: str
    doing: str  # a command and its options; `check` and `apply` get the plan, the others the service
    code: int
    words: Sequence[str]
    story: str = ""
    faults: Sequence[str] = ()
    plan: Wanted = PLAN
    denied: Sequence[str] = ()  # actions that a policy denies
    before: str = ""  # what was done earlier
    way_out: Callable[[Practice], object] | None = None
    """What the words say is to be done; the same command is then done, with exit code 0."""


def delete_endpoints(practice: Practice) -> None:
    """In the console, waiting until they are gone."""
    for endpoint in practice.backend.interface_endpoints():
        endpoint.line = practice.world.cloud.clock.line("gone")


def take_the_group_off(practice: Practice) -> None:
    """From the instance that carries it."""
    for interface in practice.backend.enis.values():
        kept = [group.id for group in interface.group_set if group.name != "orders-prod-privatelink"]
        practice.backend.modify_network_interface_attribute(interface.id, kept)


def again(_practice: Practice) -> None:
    """Nothing has to be put right."""


LOOKING_UP = [
    Failure(
        "the account is not on the plan's list", "check", 3,
        ("The signed-in account 123456789012 is not among the allowed ones.", "Add 123456789012 to the accounts"),
        plan=replace(PLAN, accounts=(PAYMENTS,)),
    ),
    Failure(
        "AWS never shows the endpoint service", "apply", 5,
        ("to account 123456789012 in us-east-2", "Check that this account is on the service's list", DOWN),
        story="not-admitted",
    ),
    Failure(
        "the service is in another region", "check", 3,
        ("crm-eu is in eu-west-1, the plan's VPC in us-east-2.", "Choose a VPC in eu-west-1."),
        plan=replace(PLAN, service="crm-eu"),
    ),
]  # fmt: skip
CREATING = [
    Failure(
        "the endpoint service was just made", "apply", 0,
        ("The endpoint service is not usable yet.",),
        faults=("ec2:CreateVpcEndpoint=Unavailable*3",),
    ),
    Failure("the service lacks a zone", "apply", 0, ("2 subnets left out",), story="az-mismatch"),
    Failure(
        "the service is in none of the zones", "apply", 1,
        ("is not in the zone of subnet-", "Choose a subnet in one of its zones", DOWN),
        story="no-common-zone",
    ),
    Failure(
        "two subnets are in one zone", "check", 3,
        ("There are several subnets in us-east-2a.", "An endpoint takes one subnet", "Keep one for each zone."),
        plan=replace(PLAN, subnets=("prod-private-a", "prod-public-a")),
    ),
    Failure(
        "AWS finds two subnets in one zone", "apply", 1,
        ("Two of the subnets are in one availability zone.", "Choose one subnet for each zone", DOWN),
        faults=("ec2:CreateVpcEndpoint=DuplicateSubnetsInSameZone",),
    ),
    Failure(
        "the VPC has no room for an endpoint", "apply", 1,
        ("has 50 endpoints.", "no room for another interface endpoint", "L-29B6F2EB", DOWN),
        story="endpoints-full",
    ),
    Failure(
        "a subnet is full", "check", 3,
        ("has no free address.", "10.20.3.0/28 is full", "Choose another subnet of that zone"),
        story="subnet-full", plan=replace(PLAN, subnets=("prod-edge-a",)),
    ),
    Failure(
        "a subnet fills up meanwhile", "apply", 1,
        ("A chosen subnet has no free address.", "Choose another subnet of that zone", DOWN),
        faults=("ec2:CreateVpcEndpoint=InsufficientFreeAddressesInSubnet",),
    ),
    Failure(
        "the region has no room for a group", "apply", 1,
        ("no room for another security group", "Choose an existing group", "L-E79EC296"),
        story="groups-full",
    ),
    Failure(
        "a group has too many rules", "apply", 1,
        ("would hold 61 rules", "no room for these rules", "Use fewer sources", "L-0EA8095F"),
        plan=replace(PLAN, sources=tuple(f"10.20.{number}.0/24" for number in range(61))),
    ),
    Failure(
        "the endpoint has too many groups", "apply", 1,
        ("too many security groups for one endpoint", "L-2AFB9258", DOWN),
        faults=("ec2:CreateVpcEndpoint=SecurityGroupsPerInterfaceLimitExceeded",),
    ),
    Failure(
        "the request token was used with other values", "apply", 1,
        ("asked for an endpoint with other values", "Look at the endpoints that exist", DOWN),
        faults=("ec2:CreateVpcEndpoint=IdempotentParameterMismatch",),
    ),
]  # fmt: skip
GROUPS = [
    Failure(
        "the group is there from an earlier run", "apply", 0,
        ("Security group sg-", "of an earlier run is used again."),
        story="linked",
    ),
    Failure(
        "the group's name is somebody else's", "check", 3,
        ("has a security group named “db-clients” already.", "Give the new group another name"),
        plan=replace(PLAN, group="db-clients"),
    ),
    Failure(
        "somebody takes the group's name meanwhile", "apply", 1,
        ("The VPC has a security group of that name already.", "Choose that group, or another name"),
        faults=("ec2:CreateSecurityGroup=InvalidGroup.Duplicate",),
    ),
    Failure(
        "a rule is there already", "apply", 0,
        ("10.20.0.0/16 to port 3306 may connect.",),
        faults=("ec2:AuthorizeSecurityGroupIngress=reset-after*1",),
    ),
    Failure(
        "a subnet is of another VPC", "check", 3,
        ("is not in vpc-", "Deleted, or of another VPC or account.", "Choose among the VPC's subnets."),
        plan=replace(PLAN, subnets=("prod-private-a", "legacy-b")),
    ),
    Failure(
        "a group is of another VPC", "check", 3,
        ("is not in vpc-", "Deleted, or of another VPC.", "Choose among the VPC's groups."),
        plan=replace(PLAN, vpc="legacy", subnets=("legacy-a",), groups=("db-clients",), private_dns=False),
    ),
]  # fmt: skip
ANY_CALL = [
    Failure(
        "a right is missing", "apply", 3,
        ("AWS does not allow ec2:CreateVpcEndpoint.", "deny in policy forbidden"),
        story="no-rights", way_out=Practice.allow,
    ),
    Failure(
        "a right is taken away meanwhile", "apply", 4,
        ("AWS does not allow ec2:CreateVpcEndpoint.", "Ask whoever manages", DOWN),
        faults=("ec2:CreateVpcEndpoint=UnauthorizedOperation*1",), way_out=again,
    ),
    Failure(
        "the region is not enabled", "check", 3,
        ("ap-east-1 is not enabled for account 123456789012.", "Enable it in the AWS console"),
        plan=replace(PLAN, region="ap-east-1"),
    ),
    Failure(
        "AWS does not accept the keys", "check", 4,
        ("AWS does not accept the credentials", "keys are wrong", "machine's clock", "is not enabled"),
        faults=("ec2:*=AuthFailure",),
    ),
    Failure(
        "the AWS login ends meanwhile", "apply", 4,
        ("The AWS sign-in has expired.", "aws sso login", DOWN),
        story="expired-login", way_out=again,
    ),
    Failure(
        "the AWS token has expired", "check", 4,
        ("The AWS sign-in has expired.", "Temporary credentials last some hours", "Sign in again"),
        faults=("sts:GetCallerIdentity=ExpiredToken",),
    ),
    Failure(
        "the SSO session has ended", "check --profile expired-sso", 4,
        ("The SSO sign-in of this AWS profile has ended", "aws sso login --profile expired-sso"),
    ),
    Failure("AWS throttles", "apply", 0, ("AWS asks to go slower.",), story="throttled"),
]  # fmt: skip
STATES = [
    Failure(
        "SkySQL accepts later", "apply", 0,
        ("waits on SkySQL to accept the connection.",),
        story="acceptance",
    ),
    Failure(
        "SkySQL never accepts", "apply", 5,
        ("That has lasted", "Waiting on SkySQL: it has not accepted vpce-", "Open a case", DOWN),
        story="never-accepted",
    ),
    Failure(
        "SkySQL refuses", "apply", 1,
        ("is rejected.", "SkySQL refuses the connection", "It cannot be revived: delete vpce-", DOWN),
        story="refused", way_out=delete_endpoints,
    ),
    Failure(
        "SkySQL has rejected what stood", "check", 3,
        ("of an earlier run is rejected.", "It cannot be revived.", "Delete vpce-"),
        story="rejected", way_out=delete_endpoints,
    ),
    Failure(
        "the endpoint fails", "apply", 1,
        ("is failed.", "AWS says: InternalError", "delete vpce-", DOWN),
        story="endpoint-fails", way_out=delete_endpoints,
    ),
    Failure(
        "the connection expires", "apply", 1,
        ("is expired.", "Nobody accepted the connection in time.", "delete vpce-", DOWN),
        story="expires",
    ),
    Failure(
        "the endpoint is set up in part", "apply", 1,
        ("is only partly set up.", "stays “partial”.", "delete it there unless it becomes available", DOWN),
        story="partial", way_out=delete_endpoints,
    ),
    Failure(
        "the endpoint's state is unknown", "apply", 5,
        ("AWS says “migrating” of vpce-", "a state this program does not know", "See the AWS console", DOWN),
        story="odd-state",
    ),
    Failure("the endpoint is gone", "apply", 0, ("Create VPC endpoint “orders-prod”",), story="endpoint-gone"),
]  # fmt: skip
PRIVATE_DNS = [
    Failure(
        "AWS does not verify the name", "apply", 5,
        ("AWS has not verified dbpgf00000001", "the endpoint's own name works", "ask SkySQL support"),
        story="dns-unverified",
    ),
    Failure(
        "AWS cannot verify the name", "apply", 1,
        ("AWS could not verify dbpgf00000001", "SkySQL's to publish", "private_dns = false"),
        story="dns-failed",
    ),
    Failure(
        "SkySQL has given no name", "apply", 5,
        ("no private DNS name", "set private_dns = false", "TLS checks of the host name fail with it"),
        story="dns-unnamed",
    ),
    Failure(
        "the plan does without", "check", 0,
        ("clients use AWS's name for the endpoint", "does not match it", "private_dns = true"),
        plan=replace(PLAN, private_dns=False),
    ),
    Failure(
        "the VPC's DNS attributes are off", "check", 3,
        ("has enableDnsHostnames off.", "They belong to the whole VPC", "enable_vpc_dns = true"),
        plan=replace(PLAN, vpc="legacy", subnets=("legacy-a",)),
    ),
    Failure(
        "another endpoint has the name", "apply", 3,
        ("as its private DNS name already.", "private DNS off on vpce-", NOTHING_CHANGED),
        story="dns-conflict", way_out=delete_endpoints,
    ),
    Failure(
        "an endpoint that is being deleted has the name", "apply", 3,
        ("is being deleted, and still has dbpgf00000001", "Wait some minutes, then check again.", NOTHING_CHANGED),
        story="dns-deleting", way_out=delete_endpoints,
    ),
    Failure(
        "a right is missing without which the call hangs", "apply", 3,
        (ZONE_RIGHT, "the call for private DNS hangs"),
        story="dns-hangs", way_out=Practice.allow,
    ),
    Failure(
        "the call hangs, and nobody could know", "apply", 5,
        (f"{ZONE_RIGHT} is not known.", "AWS did not answer ec2:ModifyVpcEndpoint", f"the right {ZONE_RIGHT} is"),
        denied=("iam:SimulatePrincipalPolicy", ZONE_RIGHT), way_out=Practice.allow,
    ),
    Failure(
        "somebody has switched it off", "apply", 0,
        ("Enable private DNS on vpce-",),
        story="dns-off",
    ),
]  # fmt: skip
CHANGING = [
    Failure(
        "another change of the endpoint is in flight", "apply", 0,
        ("Another change to the endpoint is in flight.",),
        faults=("ec2:ModifyVpcEndpoint=OperationInProgress*2",),
    ),
    Failure(
        "something holds the group", "undo --allow 203.0.113.7/32=office", 5,
        ("is still in use: worn by eni-", "Detach it there, then run again."),
        story="group-held", way_out=take_the_group_off,
    ),
    Failure(
        "the endpoint's interfaces hold the group", "undo --allow 203.0.113.7/32=office", 0,
        ("Something still uses it.",),
        story="linked", faults=("ec2:DeleteSecurityGroup=DependencyViolation*2",),
    ),
    Failure(
        "a deletion answers 200 and did not work", "undo", 1,
        ("AWS does not permit this here.", "requester-managed"),
        story="linked", faults=("ec2:DeleteVpcEndpoints=Unsuccessful",),
    ),
    Failure(
        "an account that is taken off the list stays linked", "check", 0,
        ("234567890123 will not be allowed any more.", "stay up until their endpoints are deleted"),
        story="two-accounts",
    ),
]  # fmt: skip
SKYSQL = [
    Failure(
        "another change of the service is in flight", "apply", 0,
        ("Another change to the service is in flight.",),
        story="busy",
    ),
    Failure(
        "SkySQL throttles", "apply", 0,
        ("SkySQL asks to go slower.",),
        faults=("skysql:GET /services/*=429:7*6@2",),
    ),
    Failure(
        "the switch fails", "apply", 1,
        ("SkySQL says orders-prod has failed.", "Open a case with SkySQL support", DOWN),
        story="switch-fails",
    ),
    Failure(
        "the key is revoked", "apply", 4,
        ("SkySQL does not accept the API key.", "Make a new one", DOWN),
        story="key-revoked", way_out=again,
    ),
    Failure(
        "public again, and the allowlist is empty", "undo", 5,
        ("Nobody can connect to orders-prod until its IP allowlist is filled", "--allow CIDR=COMMENT"),
        story="public-again",
    ),
    Failure(
        "who could connect before is not known", "undo", 5,
        ("Nobody can connect to orders-prod until its IP allowlist is filled", "--allow CIDR=COMMENT"),
        story="linked",
    ),
]  # fmt: skip
DOCTOR = [
    Failure("nothing that is seen from here", "doctor", 5, ("All that can be seen from here holds.",), story="linked"),
    Failure(
        "the link is public again", "doctor", 1,
        (
            "PrivateLink is off, and nobody can connect", "an empty IP allowlist", "Somebody switched it back: vpce-",
            "leads nowhere since", "Delete vpce-", "Say in the SkySQL portal who may",
        ),
        story="public-again",
    ),
    Failure(
        "the account left the list of a link that stands", "doctor", 5,
        ("does not allow account 123456789012 any more.", "stays connected until it is deleted"),
        story="account-removed",
    ),
    Failure(
        "the endpoint was deleted", "doctor", 1,
        ("No VPC endpoint of account 123456789012 in us-east-2 leads to", "Make one: skysql-privatelink apply PLAN"),
        story="endpoint-gone",
    ),
    Failure(
        "the connection was rejected", "doctor", 1,
        ("is rejected.", "SkySQL refuses the connection", "It cannot be revived: delete vpce-"),
        story="rejected",
    ),
    Failure(
        "the connection waits for ever", "doctor", 1,
        ("waits on SkySQL to accept the connection", "Open a case with SkySQL support"),
        story="never-accepted", before="apply",
    ),
    Failure(
        "the group admits nobody", "doctor", 1,
        ("admits nobody on port 3306.", "There is no inbound rule", "Add an inbound rule: TCP 3306"),
        story="no-rules",
    ),
    Failure(
        "the group admits on another port", "doctor", 1,
        ("admits nobody on port 3306.", "Its rules are for 5432.", "Add an inbound rule: TCP 3306"),
        story="wrong-port",
    ),
    Failure(
        "a network ACL denies", "doctor", 1,
        (
            "gets through the network ACLs to port 3306 in all zones.", "4 of 4 clients",
            "Inbound rule 90 of network ACL no-databases (acl-", "denies 3306.",
        ),
        story="acl-denies",
    ),
    Failure(
        "a route leads nowhere", "doctor", 1,
        ("Nobody in vpc-", "gets through the routes", "leads nowhere.", "Take that route out of the route table"),
        story="no-route",
    ),
    Failure(
        "private DNS is off", "doctor", 1,
        ("Private DNS is off for the VPC endpoint, so nothing leads the name there.", "Enable private DNS on it."),
        story="dns-off",
    ),
    Failure(
        "the name does not resolve here", "doctor", 5,
        ("does not resolve.", "Only the resolver of vpc-", "Try it on a machine in vpc-"),
        story="linked",
    ),
]  # fmt: skip
SMOOTH = [
    Failure("nothing", "apply", 0, ("Clients connect to dbpgf00000001.sysp0000.db1.skysql.com",), story="plain"),
    Failure("nothing, slowly", "apply", 0, ("Clients connect to",), story="slow"),
    Failure("answers are lost", "apply", 0, ("it is not known whether the change was made.",), story="lost-answers"),
    Failure("whatever passes", "apply", 0, ("Looking again.",), story="flaky"),
]
FAILURES = [*LOOKING_UP, *CREATING, *GROUPS, *ANY_CALL, *STATES, *PRIVATE_DNS, *CHANGING, *SKYSQL, *DOCTOR, *SMOOTH]


def test_every_story_is_walked() -> None:
    elsewhere = {"huge"}  # in a process of its own: tests/sandbox/test_stories.py
    assert {failure.story for failure in FAILURES} - {""} | elsewhere == {story.name for story in STORIES}


@pytest.mark.parametrize("failure", FAILURES, ids=[failure.name for failure in FAILURES])
def test_what_fails_is_told(tmp_path: Path, failure: Failure) -> None:
    with practising(tmp_path, failure.story, *failure.faults) as practice:
        if failure.denied:
            practice.deny(*failure.denied)
        if failure.before:
            done(practice, replace(failure, doing=failure.before))
        first = done(practice, failure)
        assert first.code == failure.code, first.told
        for words in failure.words:
            assert words in first.told
        if failure.way_out is not None:
            failure.way_out(practice)
            second = done(practice, failure)
            assert second.code == 0, second.told


def done(practice: Practice, failure: Failure) -> Ended:
    command, *options = failure.doing.split()
    if command in ("check", "apply"):
        options.append(practice.plan(failure.plan))
    else:
        options.append(failure.plan.service)
    if command in ("apply", "undo"):
        options.append("--yes")
    return practice.command(command, *options)


def test_what_is_asked_of_aws_can_be_neither_a_gateway_nor_refused_for_its_policy(tmp_path: Path) -> None:
    with practising(tmp_path) as practice:
        assert practice.command("apply", practice.plan(PLAN), "--yes").code == 0
        for asked in practice.sent("CreateVpcEndpoint"):
            assert (asked["VpcEndpointType"], asked["PrivateDnsEnabled"]) == ("Interface", "false")
            assert not [name for name in asked if "Policy" in name or "RouteTable" in name]
        assert practice.sent("CreateVpcEndpoint")


def test_private_dns_is_switched_on_only_once_the_connection_is_accepted(tmp_path: Path) -> None:
    with practising(tmp_path, "acceptance") as practice:
        ended = practice.command("apply", practice.plan(PLAN), "--yes")
        assert ended.code == 0
        assert len(practice.sent("ModifyVpcEndpoint")) == 1
        assert ended.told.index("waits on SkySQL to accept") < ended.told.index("Enable private DNS on vpce-")


def test_a_token_is_not_sent_twice_with_other_values(tmp_path: Path) -> None:
    with practising(tmp_path, "refused") as practice:
        practice.command("apply", practice.plan(PLAN), "--yes")
        delete_endpoints(practice)
        fewer = replace(PLAN, subnets=("prod-private-a",))
        assert practice.command("apply", practice.plan(fewer), "--yes").code == 0
        asked = practice.sent("CreateVpcEndpoint")
        values = {json.dumps({name: value for name, value in one.items() if name != "ClientToken"}) for one in asked}
        assert len({one["ClientToken"] for one in asked}) == len(values) == 2
