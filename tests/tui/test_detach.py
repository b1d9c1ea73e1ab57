"""The run page and a run in the background: handed over, shown, stopped, left running."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from core.edges.clock import SystemClock
from core.edges.handover import Errand, hand_over
from core.edges.settings import settings_from
from core.edges.threads import in_thread
from core.plan import parse_plan
from core.values import AccountId, Region, RunId, ServiceId
from core.work.events import Event, RunEnded
from core.work.following import Background, all_in_background, follow
from core.work.history import Past, read_run
from core.work.progress import Progress
from tests.plans import plan_text
from tests.relay import Relay, relayed
from tests.test_detach import LATE
from tests.tui.conftest import lay_over, maker
from tests.tui.shortcut import standing_at
from tests.tui.walk import at, page, said, screen_text, until
from tui import commands
from tui.app import Wizard
from tui.screens.done import DonePage
from tui.screens.review import ReviewPage
from tui.screens.run import RunPage

PAGES = (ReviewPage, RunPage, DonePage)


@pytest.fixture
def late(own_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """The environment leads to a sandbox where the endpoint is made when the test lets it be."""
    with relayed(own_sandbox) as (relay, variables):
        lay_over(monkeypatch, variables)
        gate = relay.gates[LATE] = threading.Event()
        yield relay
        gate.set()


@pytest.fixture
async def wizard(late: Relay, own_sandbox: Mapping[str, str], tmp_path: Path) -> Wizard:
    return await standing_at(maker(tmp_path)(), plan_text(own_sandbox), PAGES)


async def started(pilot: Pilot[int], relay: Relay) -> None:
    """Until the endpoint is asked for, which is not answered yet."""
    await at(pilot, "review")
    await pilot.press("ctrl+n")
    await until(pilot, lambda: page(pilot) == "Ask")
    await pilot.press(*"orders-prod", "enter")
    await at(pilot, "run")
    await until(pilot, lambda: LATE in relay.calls, "in the middle")


async def handed_over(pilot: Pilot[int], wizard: Wizard, relay: Relay) -> Background:
    """From the middle of a run; what was in flight is let through."""
    await started(pilot, relay)
    await pilot.press("ctrl+d")
    await until(pilot, lambda: "Going to the background: the change in flight" in said(pilot), "it says so")
    relay.gates[LATE].set()
    await until(pilot, lambda: wizard.background is not None, "handed over")
    assert wizard.background is not None
    return wizard.background


async def end_of(background: Background) -> RunEnded:
    told: list[Event] = []
    async with aclosing(follow(background.past, SystemClock())) as events:
        told += [event async for event in events]
    assert isinstance(told[-1], RunEnded)
    return told[-1]


async def test_a_run_goes_to_the_background_and_is_shown_on(wizard: Wizard, late: Relay) -> None:
    """It never looks as if it had been stopped; one run, one journal, the second part by another process."""
    ends: set[str] = set()

    def watch(progress: Progress | None) -> None:
        if progress is not None and progress.result is not None:
            ends.add(progress.result.status)

    async with wizard.run_test(size=(80, 24)) as pilot:
        wizard.watch(wizard, "progress", watch)
        background = await handed_over(pilot, wizard, late)
        assert background.pid != os.getpid()
        await until(pilot, lambda: wizard.progress is not None and wizard.progress.result is not None)
        await until(pilot, lambda: "The link works" in screen_text(pilot))
        assert wizard.background is None
    assert ends == {"done"}
    past = read_run(background.past.journal)
    assert past is not None
    assert past.status == "done"


async def test_quitting_leaves_it_running(wizard: Wizard, late: Relay) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        background = await handed_over(pilot, wizard, late)
        await until(pilot, lambda: "quitting leaves it running" in said(pilot), "it says so")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: wizard.return_code is not None, "it ends without a question")
        assert wizard.left_running == background
    assert (await end_of(background)).status == "done"


async def test_a_line_that_drops_leaves_it_running(wizard: Wizard, late: Relay) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        background = await handed_over(pilot, wizard, late)
        wizard._on_signal(signal.SIGHUP)
        await until(pilot, lambda: wizard.return_code == 128 + signal.SIGHUP, "it ends")
    assert (await end_of(background)).status == "done"


async def test_a_run_in_the_background_is_attached_to_and_stopped(
    late: Relay, tmp_path: Path, own_sandbox: Mapping[str, str]
) -> None:
    """From the wizard's first page, on which what was left open stands."""
    wizard = maker(tmp_path)()
    runs = wizard.entry.runs_folder
    errand = Errand(parse_plan(plan_text(own_sandbox)), settings_from(os.environ), runs, os.environ)
    await in_thread(lambda: hand_over(errand))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        (background,) = all_in_background(runs)
        assert f"It goes on in the background, process {background.pid}." in " ".join(screen_text(pilot).split())
        await pilot.press("enter")
        await at(pilot, "run")
        await until(pilot, lambda: LATE in late.calls)
        await until(pilot, lambda: "✓ Security group" in screen_text(pilot), "what was told before")
        await pilot.press("ctrl+x")
        await until(pilot, lambda: page(pilot) == "Confirm")
        await pilot.press("y")
        late.gates[LATE].set()
        await until(pilot, lambda: wizard.result is not None, "it ends")
        assert wizard.result is not None
        assert wizard.result.status == "interrupted"


async def test_where_the_world_ends_with_the_wizard_it_stays(wizard: Wizard, late: Relay) -> None:
    wizard.entry = replace(wizard.entry, ends_with_us="This world ends with the program.")
    async with wizard.run_test(size=(80, 24)) as pilot:
        await started(pilot, late)
        await pilot.press("ctrl+d")
        await until(pilot, lambda: "This world ends" in said(pilot), "it says so")
        assert not wizard.stopping
        late.gates[LATE].set()
        await until(pilot, lambda: wizard.result is not None, "the run ends")


async def test_a_process_that_does_not_start_stops_the_run_and_says_so(
    wizard: Wizard, late: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    async with wizard.run_test(size=(80, 24)) as pilot:
        await started(pilot, late)
        await pilot.press("ctrl+d")
        late.gates[LATE].set()
        await until(pilot, lambda: "The background process has ended" in screen_text(pilot), "told")
        assert wizard.result is not None
        assert wizard.result.status == "interrupted"


def test_the_shell_is_told_what_was_left_running(
    late: Relay, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now, unknown = datetime(2026, 11, 22, tzinfo=UTC), Path("/nowhere")
    past = Past(
        RunId("20261122-130700-3f9a"), unknown, unknown, ServiceId("db"), "db", now, 1, AccountId(""), Region(""), None
    )
    background = Background(past, 4711)
    monkeypatch.setattr(sys.modules["tui.commands.wizard"], "at_terminal", lambda *_: True)
    monkeypatch.setattr("tui.app.Wizard.run", lambda *_, **__: None)
    monkeypatch.setattr("tui.app.Wizard.left_running", background)
    commands.run([])
    assert f"Run {past.run} goes on in the background: process 4711." in capsys.readouterr().out
