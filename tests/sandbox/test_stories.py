"""Each story, walked by the real command to its exit code and its words, and out of it where there is a way."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.sandbox.child import Sandbox
from core.sandbox.environment import OPERATOR
from core.sandbox.people import FORBIDDEN
from core.sandbox.serve import Happening
from core.sandbox.stories import STORIES
from tests import forked
from tests.forked import ForkedSandbox
from tests.plans import ec2, iam, plan_text, vpc_named
from tests.test_commands import call, surroundings

TIMES = 60.0  # so much faster than at speed 1
HURRY = 400.0  # where an hour's patience is tried
ZONE = "route53:AssociateVPCWithHostedZone"
DOWN = "The service cannot be reached until the link is done."

Environment = Mapping[str, str]


def _again(_env: Environment) -> None:
    """Nothing to put right: the same command goes on."""


def _delete_endpoints(env: Environment) -> None:
    """What the words say: delete it in AWS; then wait until it is gone."""
    with ec2(env) as client:
        endpoints: Any = client.describe_vpc_endpoints(
            Filters=[{"Name": "vpc-id", "Values": [vpc_named(client, "prod-core")]}]
        )["VpcEndpoints"]
        ids = [endpoint["VpcEndpointId"] for endpoint in endpoints]
        assert client.delete_vpc_endpoints(VpcEndpointIds=ids)["Unsuccessful"] == []
        while any(endpoint["VpcEndpointId"] in ids for endpoint in client.describe_vpc_endpoints()["VpcEndpoints"]):
            pass  # AWS takes its time


def _allow(env: Environment) -> None:
    """What the words say: whoever manages the account takes the deny away."""
    with iam(env) as client:
        client.delete_user_policy(UserName=OPERATOR, PolicyName=FORBIDDEN)


@dataclass(frozen=True)
class Walk:
    """What `apply` answers in a story, and what it answers after the way out."""

    story: str
    code: int = 0
    words: tuple[str, ...] = ()
    way_out: Callable[[Environment], None] | None = None
    then: int = 0
    times: float = TIMES


WALKS = [
    Walk("plain", words=("Clients connect to dbpgf00000001.sysp0000.db1.skysql.com",)),
    Walk("slow"),
    Walk("busy", words=("Another change to the service is in flight.",)),
    Walk("switch-fails", 1, ("SkySQL says orders-prod has failed.", "Open a case with SkySQL support", DOWN)),
    Walk("key-revoked", 4, ("SkySQL does not accept the API key.", "Make a new one", DOWN), _again),
    Walk("expired-login", 4, ("The AWS sign-in has expired.", "aws sso login", DOWN), _again),
    Walk("no-rights", 3, ("AWS does not allow ec2:CreateVpcEndpoint.", "deny in policy forbidden"), _allow),
    Walk("az-mismatch", words=("2 subnets left out",)),
    Walk("no-common-zone", 1, ("is not in the zone of subnet-", "Choose a subnet in one of its zones", DOWN)),
    Walk("acceptance", words=("waits on SkySQL to accept the connection.",)),
    Walk("never-accepted", 5, ("Waiting on SkySQL: it has not accepted vpce-", DOWN)),
    Walk("refused", 1, ("is rejected.", "SkySQL refuses the connection", "delete vpce-", DOWN), _delete_endpoints),
    Walk("endpoint-fails", 1, ("is failed.", "AWS says: ", "delete vpce-", DOWN), _delete_endpoints),
    Walk("dns-unverified", 5, ("AWS has not verified dbpgf00000001", "ask SkySQL support"), times=HURRY),
    Walk("dns-failed", 1, ("AWS could not verify dbpgf00000001", "private_dns = false")),
    Walk("dns-conflict", 3, ("as its private DNS name already.",), _delete_endpoints),
    Walk("dns-hangs", 3, ("route53:AssociateVPCWithHostedZone", "the call for private DNS hangs"), _allow),
    Walk("throttled", words=("AWS asks to go slower.",)),
    Walk("lost-answers", words=("it is not known whether the change was made.",)),
    Walk("flaky", words=("Looking again.",)),
    Walk("huge"),
]


def test_every_story_is_walked() -> None:
    assert [walk.story for walk in WALKS] == [story.name for story in STORIES]


@pytest.mark.parametrize("walk", WALKS, ids=[walk.story for walk in WALKS])
def test_a_story_ends_as_told(walk: Walk, tmp_path: Path) -> None:
    with ForkedSandbox() as child:
        env = child.start(1 / walk.times, Happening(walk.story))
        plan = tmp_path / "plan.toml"
        plan.write_text(plan_text(env), encoding="utf-8")
        first = applied(plan, env, walk.times)
        assert first.returncode == walk.code, first.stdout + first.stderr
        for words in walk.words:
            assert words in told(first)
        if walk.way_out is not None:
            walk.way_out(env)
            again = applied(plan, env, walk.times)
            assert again.returncode == walk.then, again.stdout + again.stderr
        assert child.said() == ""


@dataclass(frozen=True)
class Unforeseen:
    """A right that is missing and that nobody could tell beforehand, and what `apply` comes to without it."""

    code: int
    words: tuple[str, ...]
    faults: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()


UNFORESEEN = {
    "taken away meanwhile": Unforeseen(
        4,
        ("AWS does not allow ec2:CreateVpcEndpoint.", "Ask whoever manages", DOWN),
        faults=("ec2:CreateVpcEndpoint=UnauthorizedOperation",),
    ),
    "policies may not be looked up": Unforeseen(
        5,
        (
            f"{ZONE} is not known.",
            f"Without {ZONE} the call for private DNS hangs",
            f"the right {ZONE} is probably missing",
            DOWN,
        ),
        denied=("iam:SimulatePrincipalPolicy", ZONE),
    ),
}


@pytest.mark.parametrize("case", UNFORESEEN.values(), ids=UNFORESEEN)
def test_a_right_that_is_missing_unforeseen_leaves_the_run_waiting(case: Unforeseen, tmp_path: Path) -> None:
    with ForkedSandbox() as child:
        env = child.start(1 / TIMES, Happening(faults=case.faults))
        if case.denied:
            with iam(env) as client:
                statement = {"Effect": "Deny", "Action": case.denied, "Resource": "*"}
                document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
                client.put_user_policy(UserName=OPERATOR, PolicyName=FORBIDDEN, PolicyDocument=document)
        plan = tmp_path / "plan.toml"
        plan.write_text(plan_text(env), encoding="utf-8")
        done = applied(plan, env, TIMES)
        assert done.returncode == case.code, done.stdout + done.stderr
        for words in case.words:
            assert words in told(done)


def applied(plan: Path, env: Environment, times: float) -> subprocess.CompletedProcess[str]:
    arguments = (str(times), "apply", str(plan), "--json", "--yes")
    return forked.run("tests.hasty", arguments, surroundings(plan.parent, env), plan.parent, limit=150)


def told(done: subprocess.CompletedProcess[str]) -> str:
    """All that people would be told, in order."""
    events: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
    fields = ("title", "message", "cause", "remedy", "detail")
    return "\n".join(" ".join(str(event[field]) for field in fields if event.get(field)) for event in events)


def test_stories_are_listed_with_a_line_each(tmp_path: Path) -> None:
    shown = call(tmp_path, "sandbox", "stories").stdout.splitlines()
    assert [line.split()[0] for line in shown] == [story.name for story in STORIES]
    assert max(len(line) for line in shown) <= 100
    listed = call(tmp_path, "sandbox", "stories", "--json").stdout.splitlines()
    assert [json.loads(line) for line in listed] == [{"story": one.name, "line": one.line} for one in STORIES]


WRONG = [
    (("sandbox", "serve", "--story", "plane"), "did you mean plain?"),
    (("sandbox", "serve", "--story", "qqq"), "sandbox stories"),
    (("sandbox", "serve", "--fault", "ec2:CreateVpcEndpoint"), "is no fault"),
    (("--sandbox", "check", "x.toml", "--fault", "s3:*=reset"), "'s3' is not served here"),
    (("check", "x.toml", "--story", "slow"), "--sandbox"),
    (("check", "x.toml", "--fault", "ec2:*=reset"), "--sandbox"),
]


@pytest.mark.parametrize(("arguments", "words"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_what_cannot_happen_is_refused(tmp_path: Path, arguments: tuple[str, ...], words: str) -> None:
    (tmp_path / "x.toml").write_text("version = 1\n", encoding="utf-8")
    done = call(tmp_path, *arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert words in done.stderr


def test_one_seed_and_story_make_the_same_ids(tmp_path: Path) -> None:
    def ids(seed: int) -> set[str]:
        with Sandbox() as child:
            env = child.start(0, Happening("dns-conflict", seed=seed))
            with ec2(env) as client:
                vpcs = {vpc["VpcId"] for vpc in client.describe_vpcs()["Vpcs"]}
                endpoints = {one["VpcEndpointId"] for one in client.describe_vpc_endpoints()["VpcEndpoints"]}
            return vpcs | endpoints

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)
