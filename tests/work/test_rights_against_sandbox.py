"""Before a run everything is only tried: with the calls that the run then makes, and without a trace."""

import asyncio
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.plan import Plan
from core.work.events import CheckMade, Event
from core.work.operation import apply, check
from core.world import World
from tests.work.test_against_sandbox import endpoints_of, plan_for

OF_THE_RUN = r"DryRun|ClientToken|TagSpecification\..*Value"
READING = ("Describe", "Get", "List", "Simulate")


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every call that is not a read, with what it was sent with."""
    calls: list[tuple[str, dict[str, Any]]] = []

    def record(model: Any, params: dict[str, Any], **_more: Any) -> None:
        if not model.name.startswith(READING):
            calls.append((model.name, dict(params["body"])))

    monkeypatch.setattr("core.edges.aws_session.watch", lambda events: events.register("before-call", record))
    return calls


def picture(ec2: Any) -> list[Any]:
    """All that a run could change in the region, but for what is new in every answer."""
    answers = [
        ec2.describe_security_groups(),
        ec2.describe_security_group_rules(),
        ec2.describe_vpc_endpoints(),
        ec2.describe_network_interfaces(),
        ec2.describe_tags(),
        *(
            ec2.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
            for vpc in ec2.describe_vpcs()["Vpcs"]
            for attribute in ("enableDnsSupport", "enableDnsHostnames")
        ),
    ]
    return [{name: told for name, told in answer.items() if name != "ResponseMetadata"} for answer in answers]


def without_rules(ec2: Any, endpoint: Any) -> None:
    group = endpoint["Groups"][0]["GroupId"]
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=found["IpPermissions"])


def without_private_dns(ec2: Any, endpoint: Any) -> None:
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], PrivateDnsEnabled=False)
    until(lambda: endpoints_of("orders-prod", ec2)[0]["State"].lower() == "available")


def without_endpoint(ec2: Any, endpoint: Any) -> None:
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])
    until(lambda: not endpoints_of("orders-prod", ec2))


def until(holds: Callable[[], bool]) -> None:
    while not holds():
        pass  # AWS takes its time


async def test_a_check_changes_nothing_and_tries_what_the_run_then_does(
    sent: list[tuple[str, dict[str, Any]]], world: World, ec2: Any, tmp_path: Path
) -> None:
    plan = plan_for("orders-prod", ec2)
    assert await trials(world, plan, tmp_path, ec2, sent) == ["CreateSecurityGroup"]
    await as_tried(world, plan, tmp_path, sent)
    assert await trials(world, plan, tmp_path, ec2, sent) == []

    (endpoint,) = endpoints_of("orders-prod", ec2)
    without_rules(ec2, endpoint)
    without_private_dns(ec2, endpoint)
    assert await trials(world, plan, tmp_path, ec2, sent) == ["AuthorizeSecurityGroupIngress", "ModifyVpcEndpoint"]
    await as_tried(world, plan, tmp_path, sent)

    without_endpoint(ec2, endpoint)
    assert await trials(world, plan, tmp_path, ec2, sent) == ["CreateVpcEndpoint"]
    await as_tried(world, plan, tmp_path, sent)


async def trials(world: World, plan: Plan, folder: Path, ec2: Any, sent: list[tuple[str, dict[str, Any]]]) -> list[str]:
    """What a check tries; it leaves all as it was, and finds every right there."""
    before, events = picture(ec2), list[Event]()
    sent.clear()
    await check(world, plan, folder, events.append, asyncio.Event())
    assert picture(ec2) == before
    assert [name for name, body in sent if body.get("DryRun") != "true"] == []
    told = {event.finding.id for event in events if isinstance(event, CheckMade)}
    assert {one for one in told if one.startswith("rights")} <= {"rights"}
    return sorted(name for name, _ in sent)


async def as_tried(world: World, plan: Plan, folder: Path, sent: list[tuple[str, dict[str, Any]]]) -> None:
    """Carries the plan out: what was tried is done, with the same values."""
    tried = dict(sent)
    sent.clear()
    ended = await apply(world, plan, folder / "runs", lambda _: None, asyncio.Event())
    assert ended.status == "done"
    done = {name: body for name, body in sent if "DryRun" not in body}
    assert {name: lasting(body) for name, body in tried.items()} == {name: lasting(done[name]) for name in tried}


def lasting(body: dict[str, Any]) -> dict[str, Any]:
    """What does not depend on the run: of tags the keys."""
    return {name: value for name, value in body.items() if not re.fullmatch(OF_THE_RUN, name)}
