"""The network page: which VPC, one choice a zone, what leaving a zone out means, and reads that overtake each other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from core.draft import GroupDraft
from core.facts import Network
from core.problems import NotAllowed
from core.values import GroupId, Region, VpcId
from tests.tui.shortcut import linking
from tests.tui.walk import Wizards, at, page, said, screen_text, settled, until
from tui.app import Wizard
from tui.page import Page
from tui.screens.accounts import AccountsPage
from tui.screens.network import NetworkPage
from tui.widgets.picker import Pick
from tui.widgets.rows import Rows

PAGES: tuple[type[Page], ...] = (NetworkPage, AccountsPage)


@asynccontextmanager
async def network(wizard: Wizard, service: str = "orders-prod") -> AsyncIterator[Pilot[int]]:
    await linking(wizard, service, PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "network")
        yield pilot


def zone_line(pilot: Pilot[int], zone: str) -> str:
    """The zone's row on the screen."""
    return next(line for line in screen_text(pilot).splitlines() if line[3:].startswith(zone))


def zones(pilot: Pilot[int]) -> Rows:
    return pilot.app.screen.query_one("#zones", Rows)


def named(pilot: Pilot[int]) -> str:
    """The VPC that the page shows."""
    return str(pilot.app.screen.query_one("#vpc", Button).label)


async def pick(pilot: Pilot[int], name: str) -> None:
    """Choose the VPC `name` by typing."""
    await pilot.press("v")
    await until(pilot, lambda: isinstance(pilot.app.screen, Pick), "the list of VPCs")
    await pilot.press(*name, "enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, NetworkPage), "back on the page")


async def next_page(pilot: Pilot[int]) -> None:
    await pilot.press("ctrl+n")
    await at(pilot, "accounts")


def chosen(wizard: Wizard) -> list[bool]:
    """Zone by zone, whether a subnet is chosen."""
    return [subnet is not None for _, subnet in wizard.draft.subnets or ()]


async def test_the_likely_vpc_and_the_best_private_subnet_of_every_zone_are_preselected(wizards: Wizards) -> None:
    wizard = wizards()
    async with network(wizard) as pilot:
        assert "prod-core" in named(pilot)
        for letter in "abc":
            line = zone_line(pilot, f"us-east-2{letter}")
            assert f"prod-private-{letter}" in line
            assert "private" in line.split(f"prod-private-{letter}")[1]
            assert line.endswith(" 1")  # one instance runs in each
        await next_page(pilot)
        assert chosen(wizard) == [True, True, True]


async def test_an_arrow_key_takes_another_subnet_of_the_zone(wizards: Wizards) -> None:
    async with network(wizards()) as pilot:
        zones(pilot).focus()
        await pilot.press("right")
        assert "prod-edge-a" in zone_line(pilot, "us-east-2a")
        await pilot.press("left")
        assert "prod-private-a" in zone_line(pilot, "us-east-2a")


async def test_a_subnet_is_chosen_from_the_list_under_the_zones(wizards: Wizards) -> None:
    wizard = wizards()
    async with network(wizard) as pilot:
        zones(pilot).focus()
        await pilot.press("down", "enter", "down", "enter")
        assert "prod-public-b" in zone_line(pilot, "us-east-2b")
        assert zones(pilot).has_focus


async def test_escape_in_the_list_of_subnets_goes_back_to_the_zones_and_changes_nothing(wizards: Wizards) -> None:
    async with network(wizards()) as pilot:
        zones(pilot).focus()
        await pilot.press("enter", "down", "escape")
        assert zones(pilot).has_focus
        assert "prod-private-a" in zone_line(pilot, "us-east-2a")


async def test_leaving_a_zone_out_says_what_it_means_and_can_be_undone(wizards: Wizards) -> None:
    wizard = wizards()
    async with network(wizard) as pilot:
        zones(pilot).focus()
        await pilot.press("down", "delete")
        assert "left out: traffic of its 1 instance crosses zones" in zone_line(pilot, "us-east-2b")
        assert "An endpoint address in 2 zones." in screen_text(pilot)
        await pilot.press("delete")
        assert "prod-private-b" in zone_line(pilot, "us-east-2b")
        await pilot.press("delete")
        await next_page(pilot)
        assert chosen(wizard) == [True, False, True]


async def test_a_zone_that_the_endpoint_service_lacks_is_shown_with_the_reason(wizards: Wizards) -> None:
    async with network(wizards(), "ledger-prod") as pilot:
        # use2-az3 goes by another letter in this account than in SkySQL's: ids are compared.
        assert "us-east-2b use2-az3  ✗ The endpoint service is not in this zone" in zone_line(pilot, "us-east-2b")
        zones(pilot).focus()
        await pilot.press("down", "enter")
        assert "Choose a subnet in another zone." in said(pilot)
        assert zones(pilot).has_focus


async def test_another_vpc_is_found_by_typing_and_shows_its_own_zones(wizards: Wizards) -> None:
    wizard = wizards()
    async with network(wizard) as pilot:
        await pick(pilot, "leg")
        await until(pilot, lambda: settled(pilot) and "legacy-a" in screen_text(pilot), "the other VPC's subnets")
        assert "legacy" in named(pilot)
        assert "✗ This VPC has no subnet in this zone." in zone_line(pilot, "us-east-2c")
        await next_page(pilot)
        assert chosen(wizard) == [True, True]


async def test_a_shared_vpc_is_shown_with_the_reason_and_cannot_be_chosen(wizards: Wizards) -> None:
    async with network(wizards()) as pilot:
        await pilot.press("v")
        await until(pilot, lambda: isinstance(pilot.app.screen, Pick), "the list of VPCs")
        await pilot.press(*"shared", "enter")
        assert isinstance(pilot.app.screen, Pick)
        assert "lets only the" in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, NetworkPage), "back on the page")
        assert "prod-core" in named(pilot)


async def test_a_vpc_without_subnets_is_refused(wizards: Wizards) -> None:
    async with network(wizards()) as pilot:
        await pick(pilot, "empty")
        await until(pilot, lambda: settled(pilot) and zones(pilot).count > 0, "the zones")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: settled(pilot) and "It has no subnets." in said(pilot), "the refusal")
        assert page(pilot) == "network"


async def test_leaving_every_zone_out_is_refused(wizards: Wizards) -> None:
    async with network(wizards()) as pilot:
        zones(pilot).focus()
        await pilot.press("delete", "down", "delete", "down", "delete", "ctrl+n")
        await until(pilot, lambda: settled(pilot) and "No availability zone is chosen." in said(pilot), "the refusal")
        assert page(pilot) == "network"


async def test_the_choice_survives_back_and_forth(wizards: Wizards) -> None:
    wizard = await linking(wizards(), "orders-prod", (AccountsPage, NetworkPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await next_from_accounts(pilot)
        zones(pilot).focus()
        await pilot.press("right", "down", "delete", "escape")
        await at(pilot, "accounts")
        await next_from_accounts(pilot)
        assert "prod-edge-a" in zone_line(pilot, "us-east-2a")
        assert "left out" in zone_line(pilot, "us-east-2b")
        assert "prod-private-c" in zone_line(pilot, "us-east-2c")


async def next_from_accounts(pilot: Pilot[int]) -> None:
    await at(pilot, "accounts")
    await pilot.press("ctrl+n")
    await at(pilot, "network")


async def test_what_was_chosen_in_a_vpc_is_there_again_when_it_is_chosen_again(wizards: Wizards) -> None:
    async with network(wizards()) as pilot:
        zones(pilot).focus()
        await pilot.press("delete")
        await pick(pilot, "legacy")
        await until(pilot, lambda: settled(pilot) and "legacy-a" in screen_text(pilot), "the other VPC's subnets")
        await pick(pilot, "prod")
        await until(pilot, lambda: settled(pilot) and "prod-private-b" in screen_text(pilot), "the first VPC's subnets")
        assert "left out" in zone_line(pilot, "us-east-2a")


async def test_another_vpc_clears_the_choice_of_security_groups(wizards: Wizards) -> None:
    wizard = wizards()
    async with network(wizard) as pilot:
        await next_page(pilot)
        wizard.draft = replace(wizard.draft, group=GroupDraft(existing=True, ids=(GroupId("sg-0123456789abcdef0"),)))
        wizard.go(-1)
        await at(pilot, "network")
        await pick(pilot, "legacy")
        await until(pilot, lambda: settled(pilot) and "legacy-a" in screen_text(pilot), "the other VPC's subnets")
        await next_page(pilot)
        assert wizard.draft.group.ids == ()


class HeldReads:
    """The wizard's reads of networks, each held until it is let go."""

    def __init__(self, wizard: Wizard) -> None:
        self._read = wizard.readings.network
        self._gates: dict[VpcId, asyncio.Event] = {}
        self.order: list[VpcId] = []

    async def network(self, region: Region, vpc: VpcId) -> Network:
        self.order.append(vpc)
        found = await self._read(region, vpc)
        await self._gates.setdefault(vpc, asyncio.Event()).wait()
        return found

    def let_go(self, vpc: VpcId) -> None:
        self._gates.setdefault(vpc, asyncio.Event()).set()


async def test_while_a_vpc_is_read_another_can_be_chosen_and_the_late_answer_changes_nothing(
    wizards: Wizards, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard = await linking(wizards(), "orders-prod", PAGES)
    held = HeldReads(wizard)
    monkeypatch.setattr(wizard.readings, "network", held.network)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(held.order) == 1, "the first read")
        assert "Reading the subnets, routes and instances of prod-core" in said(pilot)
        await pick(pilot, "legacy")
        await until(pilot, lambda: len(held.order) == 2, "the second read")
        held.let_go(held.order[1])
        await until(pilot, lambda: "legacy-a" in screen_text(pilot), "the second VPC's subnets")
        held.let_go(held.order[0])
        await pilot.pause()
        assert "legacy-a" in screen_text(pilot)
        assert "legacy" in named(pilot)


async def test_next_is_refused_while_the_vpc_is_read(wizards: Wizards, monkeypatch: pytest.MonkeyPatch) -> None:
    wizard = await linking(wizards(), "orders-prod", PAGES)
    held = HeldReads(wizard)
    monkeypatch.setattr(wizard.readings, "network", held.network)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(held.order) == 1, "the read")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "are not read yet" in said(pilot), "the refusal")
        assert page(pilot) == "network"
        held.let_go(held.order[0])
        await until(pilot, lambda: "prod-private-a" in screen_text(pilot), "the subnets all the same")


async def test_a_failed_read_is_told_and_another_vpc_can_be_chosen(
    wizards: Wizards, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard = await linking(wizards(), "orders-prod", PAGES)
    read = wizard.readings.network

    async def refused_once(region: Region, vpc: VpcId) -> Network:
        monkeypatch.setattr(wizard.readings, "network", read)
        raise NotAllowed("aws-not-allowed", "AWS does not let you read route tables.")

    monkeypatch.setattr(wizard.readings, "network", refused_once)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "does not let you read route tables" in said(pilot), "the failure")
        await pick(pilot, "legacy")
        await until(pilot, lambda: settled(pilot) and "legacy-a" in screen_text(pilot), "the other VPC's subnets")


async def test_a_service_in_another_region_shows_that_regions_vpcs(wizards: Wizards) -> None:
    async with network(wizards(), "crm-eu") as pilot:
        assert "eu-core" in named(pilot)
        assert "eu-private-a" in zone_line(pilot, "eu-west-1a")
