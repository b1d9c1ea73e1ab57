"""What the checks find over the real wire, in a sandbox where nothing is linked yet."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from core.checks.findings import Finding
from core.plan import NewGroup, Plan
from core.values import Source
from core.work.events import CheckMade, Event
from core.work.operation import check
from core.world import World
from tests.work.test_against_sandbox import plan_for


async def findings(world: World, plan: Plan, folder: Path, *sources: str) -> dict[str, Finding]:
    """What the checks say of `plan`, which is to admit `sources`."""
    assert isinstance(plan.group, NewGroup)
    admitting = replace(plan.group, sources=tuple(Source(source) for source in sources))
    events: list[Event] = []
    await check(world, replace(plan, group=admitting), folder, events.append, asyncio.Event())
    return {event.finding.id: event.finding for event in events if isinstance(event, CheckMade)}


async def test_a_network_acl_in_the_way_is_found_before_anything_is_made(
    world: World, ec2: Any, tmp_path: Path
) -> None:
    found = await findings(world, plan_for("orders-prod", ec2, "legacy-*", "legacy"), tmp_path, "10.30.0.0/16")
    assert found["network-acls"].title == "A network ACL keeps port 3306 out of legacy-b."
    assert "Inbound rule 90 of network ACL no-databases (acl-" in found["network-acls"].detail
    assert found["reaches"].title == "1 of 2 instances reaches 3306; partly old-crm."


async def test_who_is_on_a_prefix_list_is_read_from_it(world: World, ec2: Any, tmp_path: Path) -> None:
    lists = ec2.describe_managed_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": ["office-networks"]}])
    office = lists["PrefixLists"][0]["PrefixListId"]
    found = await findings(world, plan_for("orders-prod", ec2), tmp_path, office)
    assert found["reaches"].level == "warning", "the offices are outside the VPC"
    assert "has no rule that admits 10.20." in found["reaches"].detail
