"""The pages that list what is there, in the huge company: all of it at hand, and no key waits for it."""

from __future__ import annotations

import gc
import logging
import os
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.draft import with_vpc
from core.edges.calls import NAME
from core.edges.clock import SystemClock
from core.edges.world import open_world
from core.sandbox import huge
from tests.timing import Stalls, crowd
from tests.tui.conftest import lay_over
from tests.tui.shortcut import linking
from tests.tui.walk import at, page, screen_text, to, until
from tui.app import Wizard
from tui.page import Page
from tui.screens.access import AccessPage
from tui.screens.network import NetworkPage
from tui.session import Entry
from tui.widgets.rows import Rows

LONGEST = 0.25
"""Seconds that the loop may be at work without a pause. A page's first drawing takes a tenth, whatever is in it."""


@pytest.fixture
def wizard(huge_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wizard:
    lay_over(monkeypatch, huge_sandbox)
    return Wizard(
        Entry(
            environ=os.environ,
            open_world=open_world,
            runs_folder=tmp_path / "state",
            clock=SystemClock(),
            after_loading=gc.freeze,
        )
    )


@asynccontextmanager
async def smooth(wizard: Wizard) -> AsyncIterator[Pilot[int]]:
    """The wizard at 80x24, which must not have stalled in the end. Garbage is kept as the program keeps it."""
    gc.collect()
    gc.freeze()  # a test run holds much that is not the program's
    try:
        async with wizard.run_test(size=(80, 24)) as pilot:
            stalls = Stalls()
            yield pilot
            assert stalls.longest() < LONGEST
    finally:
        gc.unfreeze()


def listed(pilot: Pilot[int], rows: str) -> int:
    return pilot.app.screen.query_one(rows, Rows).count


async def narrowed(pilot: Pilot[int], rows: str, typed: str, number: int) -> None:
    """Type, and wait until so many rows are left."""
    await pilot.press(*typed)
    await until(pilot, lambda: listed(pilot, rows) == number, f"{number} rows that hold {typed!r}")


async def test_a_thousand_services_are_narrowed_as_one_types(wizard: Wizard) -> None:
    async with smooth(wizard) as pilot:
        await to(pilot, "service")
        assert listed(pilot, "#services") == huge.SERVICES
        assert "audit-api-dev" in screen_text(pilot)
        await narrowed(pilot, "#services", "payments core", 4)
        await pilot.press(*["backspace"] * len("payments core"))
        await narrowed(pilot, "#services", "orders-prod", 1)
        await pilot.press("enter")
        await at(pilot, "accounts")


async def opened(wizard: Wizard, first: type[Page]) -> Wizard:
    return await linking(wizard, "orders-prod", (first,))


async def test_a_vpc_among_three_hundred_and_a_subnet_among_two_hundred(wizard: Wizard) -> None:
    async with smooth(await opened(wizard, NetworkPage)) as pilot:
        await at(pilot, "network")
        assert listed(pilot, "#zones") == 3
        await pilot.press("v")
        await until(pilot, lambda: page(pilot) == "Pick", "the VPCs")
        assert listed(pilot, "#pick-rows") == huge.VPCS
        assert "300 of 300 shown." in screen_text(pilot)
        await narrowed(pilot, "#pick-rows", "hub", 1)
        await pilot.press("enter")
        await until(pilot, lambda: huge.HUB in screen_text(pilot) and listed(pilot, "#subnets") > 60, "its subnets")
        await pilot.press("enter", "shift+tab")
        await narrowed(pilot, "#subnets", "private-a12", 1)
        await pilot.press("backspace")
        await narrowed(pilot, "#subnets", "zz", 0)
        assert "No subnet here holds what is typed." in screen_text(pilot)


async def test_a_group_among_five_hundred(wizard: Wizard) -> None:
    await opened(wizard, AccessPage)
    vpcs = await (await wizard.signed_in.world.aws(wizard.region)).vpcs()
    hub = next(vpc.id for vpc in vpcs if vpc.name == huge.HUB)
    wizard.draft = with_vpc(wizard.draft, hub)
    async with smooth(wizard) as pilot:
        await at(pilot, "access")
        assert listed(pilot, "#suggestions") > huge.HUB_GROUPS
        await narrowed(pilot, "#suggestions", "hub-prod-db-00", 2)
        pilot.app.screen.query_one("#kind").focus()
        await pilot.press("right")
        await until(pilot, lambda: listed(pilot, "#groups") == huge.HUB_GROUPS + 1, "all groups")
        pilot.app.screen.query_one("#filter").focus()
        await narrowed(pilot, "#groups", "3306 db-49", 2)
        await pilot.press("enter", "space")
        await until(pilot, lambda: "1 of at most 5 chosen" in screen_text(pilot), "the choice")


class Answers(logging.Handler):
    """When the last answer of either side arrived."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.last = 0.0

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record.created


@pytest.fixture
def answers() -> Iterator[Answers]:
    logger, heard = logging.getLogger(NAME), Answers()
    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(heard)
    yield heard
    logger.removeHandler(heard)
    logger.setLevel(before)


@pytest.mark.parametrize(("first", "rows"), [(NetworkPage, "#zones"), (AccessPage, "#suggestions")])
async def test_first_rows_are_there_within_two_seconds_of_the_last_answer(
    wizard: Wizard, answers: Answers, first: type[Page], rows: str
) -> None:
    await opened(wizard, first)
    vpcs = await (await wizard.signed_in.world.aws(wizard.region)).vpcs()
    wizard.draft = with_vpc(wizard.draft, next(vpc.id for vpc in vpcs if vpc.name == huge.HUB))
    asked = answers.last
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: bool(pilot.app.screen.query(rows)) and listed(pilot, rows) > 0, "the first rows")
        assert answers.last > asked
        assert time.time() - answers.last < 2 * crowd()
