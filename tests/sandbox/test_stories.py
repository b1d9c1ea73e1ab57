"""The stories as a person meets them: listed, misspelt, and served by a process of their own.

What each leads to is walked in `tests/test_failures.py`.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from core.sandbox.serve import Happening
from core.sandbox.stories import STORIES
from tests import forked
from tests.forked import ForkedSandbox
from tests.plans import ec2, plan_text, vpc_named
from tests.practice import told
from tests.test_commands import call, events, surroundings

TIMES = 60.0  # so much faster than at speed 1

Environment = Mapping[str, str]


def delete_endpoints(env: Environment) -> None:
    """What the words say: delete it in AWS; then wait until it is gone."""
    with ec2(env) as client:
        endpoints: Any = client.describe_vpc_endpoints(
            Filters=[{"Name": "vpc-id", "Values": [vpc_named(client, "prod-core")]}]
        )["VpcEndpoints"]
        ids = [endpoint["VpcEndpointId"] for endpoint in endpoints]
        assert client.delete_vpc_endpoints(VpcEndpointIds=ids)["Unsuccessful"] == []
        while any(endpoint["VpcEndpointId"] in ids for endpoint in client.describe_vpc_endpoints()["VpcEndpoints"]):
            pass  # AWS takes its time


def test_a_story_is_lived_through_to_its_way_out(tmp_path: Path) -> None:
    with ForkedSandbox() as child:
        env = child.start(1 / TIMES, Happening("refused"))
        plan = tmp_path / "plan.toml"
        plan.write_text(plan_text(env), encoding="utf-8")
        first = applied(plan, env)
        assert first.returncode == 1, first.stdout + first.stderr
        assert "SkySQL refuses the connection" in told(events(first))
        delete_endpoints(env)
        again = applied(plan, env)
        assert again.returncode == 0, again.stdout + again.stderr
        assert child.said() == ""


def test_a_link_is_made_in_a_huge_company(tmp_path: Path) -> None:
    with ForkedSandbox() as child:
        env = child.start(1 / TIMES, Happening("huge"))
        plan = tmp_path / "plan.toml"
        plan.write_text(plan_text(env), encoding="utf-8")
        ended = applied(plan, env)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert child.said() == ""


def applied(plan: Path, env: Environment) -> subprocess.CompletedProcess[str]:
    arguments = (str(TIMES), "apply", str(plan), "--json", "--yes")
    return forked.run("tests.hasty", arguments, surroundings(plan.parent, env), plan.parent, limit=150)


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
        with ForkedSandbox() as child:
            env = child.start(0, Happening("dns-conflict", seed=seed))
            with ec2(env) as client:
                vpcs = {vpc["VpcId"] for vpc in client.describe_vpcs()["Vpcs"]}
                endpoints = {one["VpcEndpointId"] for one in client.describe_vpc_endpoints()["VpcEndpoints"]}
            return vpcs | endpoints

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)
