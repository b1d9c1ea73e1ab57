"""Page 8. Most tests tell it a run event by event; one watches the real engine."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Static

from core.draft import Draft
from core.policy import allowing
from core.values import AccountId, RunId
from core.work import events
from core.work.events import Event
from core.work.history import Past
from core.work.progress import begin
from core.work.steps import STEPS
from core.work.steps.undo import UNDO_STEPS
from tests.plans import plan_text
from tests.tui.scenes import ENDED, StandingClock, history
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, page, said, screen_text, settled, text_of, until
from tui.app import Wizard
from tui.screens.done import DonePage
from tui.screens.network import NetworkPage
from tui.screens.review import ReviewPage
from tui.screens.run import RunPage
from tui.widgets.event_log import EventLog

PAGES = (RunPage, DonePage, ReviewPage)
BEFORE_THE_SWITCH = 3  # events of the story: started, one check, one step skipped

FAILED = (
    events.StepChanged(ENDED.at, "available", "failed", "VPC endpoint vpce-0a is failed.", 30),
    events.ErrorTold(ENDED.at, "endpoint_failed", "It is failed.", "AWS could not.", "Delete vpce-0a.", "req-77"),
    replace(ENDED, status="failed", dns_names=(), detail="Failed at “VPC endpoint available”."),
)
DONE = (
    events.StepChanged(ENDED.at, "available", "done", "vpce-0a", 30),
    events.StepChanged(ENDED.at, "private_dns", "done", ENDED.host, 12),
    events.Reachable(ENDED.at, 71.0),
    ENDED,
)
POLICY = allowing(["ec2:CreateSecurityGroup"])
STOPPED = replace(ENDED, status="interrupted", dns_names=(), detail="Stopped.")
BLOCKED = replace(ENDED, status="blocked", dns_names=(), detail="The checks found what would not work.")


@pytest.fixture
async def wizard(wizards: Wizards, sandbox: Mapping[str, str]) -> Wizard:
    """To open at Run, nothing started yet; its clock stands at 49 s into the story."""
    wizard = await standing_at(wizards(clock=StandingClock()), plan_text(sandbox), PAGES)
    wizard.progress = begin(STEPS)
    return wizard


def tell(wizard: Wizard, told: Iterable[Event]) -> None:
    for event in told:
        wizard._hear(event)


def line(pilot: Pilot[int], id: str) -> str:  # noqa: A002
    return text_of(pilot.app.screen.query_one(f"#{id}", Static))


def is_disabled(pilot: Pilot[int], button: str) -> bool:
    return pilot.app.screen.query_one(f"#{button}", Button).disabled


async def test_a_run_is_seen_while_it_goes(wizard: Wizard) -> None:
    """At 80x24: nine steps with marks, times and what was seen; both sides; the clock; the log."""
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, history())
        await until(pilot, lambda: "Unreachable" in screen_text(pilot))
        rows = screen_text(pilot).splitlines()
        for step in STEPS:
            assert any(step.title in row for row in rows), step.title
        under_way = next(row for row in rows if "▸ VPC endpoint available" in row)
        assert "19 s  pending" in under_way
        assert next(row for row in rows if "✓ Security group" in row).split()[3:5] == ["2", "s"]
        assert "ready  The endpoint service is known." in line(pilot, "side-skysql")
        assert "pending  AWS is making" in line(pilot, "side-aws")
        assert line(pilot, "unreachable") == "! Unreachable for 45 s, since 22:04:04 UTC (usually 5 to 15 minutes)"
        assert line(pilot, "usual") == "VPC endpoint available: usually 1 to 3 minutes."
        assert any("22:04:48  AWS: pending." in row for row in rows)


async def test_coming_back_shows_the_same(wizard: Wizard) -> None:
    async with wizard.run_test(size=(120, 40)) as pilot:
        await at(pilot, "run")
        tell(wizard, history())
        await until(pilot, lambda: "Unreachable" in screen_text(pilot))
        await pilot.pause()
        before = screen_text(pilot)
        wizard.go_to("review")
        await at(pilot, "review")
        wizard.go_to("run")
        await at(pilot, "run")
        await until(pilot, lambda: screen_text(pilot) == before, "the same screen")


def clock_runs(pilot: Pilot[int]) -> bool:
    screen = pilot.app.screen
    assert isinstance(screen, RunPage)
    return screen._clock is not None and screen._clock._active.is_set()


async def test_nothing_is_sent_once_the_run_has_ended(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        await until(pilot, lambda: clock_runs(pilot), "the clock runs")
        tell(wizard, [*history(), *DONE])
        await until(pilot, lambda: not clock_runs(pilot), "the clock stands")


async def test_neither_back_nor_next_while_it_runs(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, history())
        await pilot.pause()
        await pilot.press("escape", "ctrl+n")
        await until(pilot, lambda: settled(pilot))
        assert page(pilot) == "run"
        assert is_disabled(pilot, "back")
        assert is_disabled(pilot, "next")


async def test_done_puts_the_focus_on_next_and_enter_goes_on(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, [*history(), *DONE])
        wizard.result = ENDED
        await until(pilot, lambda: wizard.screen.focused is wizard.screen.query_one("#next"), "the focus on Next")
        assert "unreachable for 1 min 11 s" in line(pilot, "unreachable")
        await pilot.press("enter")
        await at(pilot, "done")


async def test_a_run_that_was_attached_to_leads_to_its_host_names(
    wizard: Wizard, sandbox: Mapping[str, str], tmp_path: Path
) -> None:
    attached_to(wizard, tmp_path, plan_text(sandbox), wizard.signed_in.identity.account)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, [*history(), *DONE])
        wizard.result = ENDED
        await until(pilot, lambda: not is_disabled(pilot, "next"), "Next")
        await pilot.press("ctrl+n")
        await at(pilot, "done")
        assert ENDED.host in screen_text(pilot)


async def test_the_host_names_of_another_account_are_not_read(
    wizard: Wizard, sandbox: Mapping[str, str], tmp_path: Path
) -> None:
    attached_to(wizard, tmp_path, plan_text(sandbox), AccountId("999999999999"))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, [*history(), *DONE])
        wizard.result = ENDED
        await until(pilot, lambda: "Finish" in screen_text(pilot), "Finish")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: wizard.return_code == 0, "it ends")


def attached_to(wizard: Wizard, folder: Path, plan: str, account: AccountId) -> None:
    """As after Resume of a run in the background: no question was answered here."""
    service, kept, run = wizard.chosen_service, folder / "kept.toml", RunId("20260115-220400-3f9a")
    kept.write_text(plan)
    wizard.past = Past(run, kept, kept, service.id, service.name, ENDED.at, 1, account, service.region, None)
    wizard.service, wizard.draft = None, Draft()


async def test_a_failure_says_what_why_what_now_and_where(wizard: Wizard) -> None:
    """On the small screen the log makes room for it; `l` shows both whole."""
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, [*history(), *FAILED])
        await until(pilot, lambda: "The run failed" in screen_text(pilot))
        shown = screen_text(pilot)
        for text in ("It is failed.", "AWS could not.", "Delete vpce-0a.", "✗ VPC endpoint available"):
            assert text in shown
        assert line(pilot, "unreachable").startswith("! Unreachable for 1 min 11 s when the run ended")
        await pilot.press("l")
        await until(pilot, lambda: page(pilot) == "Reading")
        whole = "\n".join(text_of(each) for each in wizard.screen.query(Static))
        for text in (
            "runs/20260115-220400-3f9a.jsonl",
            "runs/20260115-220400-3f9a.toml",
            "req-77",
            "22:04:00  Run 2026",
        ):
            assert text in whole


async def test_after_a_failure_another_answer_can_be_given(wizard: Wizard) -> None:
    wizard.pages = (ReviewPage, RunPage, DonePage)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        wizard.go_to("run")
        await at(pilot, "run")
        tell(wizard, [*history(), *FAILED])
        await until(pilot, lambda: "The run failed" in screen_text(pilot))
        await pilot.press("escape")
        await at(pilot, "review")


async def test_after_a_failure_a_key_leads_to_the_page_that_puts_it_right(wizard: Wizard) -> None:
    wizard.pages = (NetworkPage, ReviewPage, RunPage, DonePage)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "network")
        wizard.go_to("run")
        await at(pilot, "run")
        changed, error, ended = FAILED
        assert isinstance(error, events.ErrorTold)
        tell(wizard, [*history(), changed, replace(error, page="network"), ended])
        await until(pilot, lambda: "→ Network (ctrl+g)" in screen_text(pilot), "the way is told")
        await pilot.press("ctrl+g")
        await at(pilot, "network")


async def test_a_right_that_is_missing_is_told_with_a_policy_to_copy(wizard: Wizard) -> None:
    async with wizard.run_test(size=(120, 40), notifications=True) as pilot:
        await at(pilot, "run")
        error = events.ErrorTold(ENDED.at, "aws.UnauthorizedOperation", "Not allowed.", "", "Ask.", "req-7", "", POLICY)
        ended = replace(ENDED, status="waiting", exit_code=4, dns_names=(), detail="Waiting.")
        tell(wizard, [*history(), error, ended])
        await until(pilot, lambda: "ec2:CreateSecurityGroup" in screen_text(pilot), "the policy")
        assert "→ c copies the policy: {" in screen_text(pilot)
        await pilot.press("c")
        await until(pilot, lambda: wizard.clipboard == POLICY, "it is copied")
        await until(pilot, lambda: "Copied" in screen_text(pilot), "that is told")


async def test_after_a_change_a_stopped_run_has_no_way_back(wizard: Wizard) -> None:
    """Its plan is what the service was cut off for: it is gone on with, not swapped."""
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, [*history(), STOPPED])
        await until(pilot, lambda: "The run was stopped" in screen_text(pilot))
        assert is_disabled(pilot, "back")
        await pilot.press("escape")
        await pilot.pause()
        assert page(pilot) == "run"


async def test_a_run_that_a_check_blocked_leads_back_to_review(wizard: Wizard) -> None:
    wizard.pages = (ReviewPage, RunPage, DonePage)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        wizard.go_to("run")
        await at(pilot, "run")
        tell(wizard, [*history()[:BEFORE_THE_SWITCH], BLOCKED])
        await until(pilot, lambda: wizard.screen.focused is wizard.screen.query_one("#back"), "the focus on Back")
        assert "Nothing was changed" in screen_text(pilot)
        await pilot.press("enter")
        await at(pilot, "review")


async def test_run_again_asks_before_a_switch_that_was_not_made(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(wizard, "run_again", lambda: started.append(None))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, [*history()[:BEFORE_THE_SWITCH], replace(BLOCKED, status="interrupted")])
        await until(pilot, lambda: "The run was stopped" in screen_text(pilot))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: page(pilot) == "Confirm")
        await pilot.press("enter")
        await at(pilot, "run")
        assert not started
        await pilot.press("ctrl+r")
        await until(pilot, lambda: page(pilot) == "Confirm")
        await pilot.press("y")
        await until(pilot, lambda: len(started) == 1, "it is started")


async def test_run_again_loses_no_time_while_the_service_is_cut_off(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[object] = []
    monkeypatch.setattr(wizard, "run_again", lambda: started.append(None))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, [*history(), *FAILED])
        await until(pilot, lambda: wizard.screen.focused is wizard.screen.query_one("#again"), "the focus on Run again")
        await pilot.press("enter")
        await until(pilot, lambda: len(started) == 1, "it is started")


async def test_cancel_asks_and_says_that_it_waits_for_the_change(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    stops: list[None] = []
    monkeypatch.setattr(wizard, "stop_run", lambda: stops.append(None))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, history())
        await pilot.pause()
        await pilot.press("ctrl+x")
        await until(pilot, lambda: page(pilot) == "Confirm")
        assert "cannot be reached now" in screen_text(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: page(pilot) == "run")
        assert not stops
        await pilot.press("ctrl+x")
        await until(pilot, lambda: page(pilot) == "Confirm")
        await pilot.press("y")
        await until(pilot, lambda: len(stops) == 1, "it is stopped")
        assert "the change in flight is finished first" in said(pilot)


async def test_an_undo_is_called_one(wizard: Wizard) -> None:
    wizard.progress = begin(UNDO_STEPS, "undo")
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        await pilot.press("ctrl+x")
        await until(pilot, lambda: page(pilot) == "Confirm")
        assert "Stop the undo?" in screen_text(pilot)
        await pilot.press("escape")
        await at(pilot, "run")
        tell(wizard, [replace(ENDED, kind="undo", detail="The link to orders-prod is undone.")])
        await until(pilot, lambda: "^n Finish" in screen_text(pilot), "nothing comes after it")


async def test_the_log_stays_where_a_person_has_scrolled_to(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, history())
        log = wizard.screen.query_one(EventLog)
        await until(pilot, lambda: log.is_vertical_scroll_end and log.max_scroll_y > 0, "it follows")
        await pilot.press("home")
        await until(pilot, lambda: log.scroll_y == 0)
        tell(wizard, [events.Seen(ENDED.at, "available", "aws", "available", "There it is.")])
        await until(pilot, lambda: "There it is." in line(pilot, "side-aws"))
        assert log.scroll_y == 0


async def test_the_log_follows_its_end_through_a_resize(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, history())
        log = wizard.screen.query_one(EventLog)
        for size in ((60, 20), (120, 40), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await until(pilot, lambda: log.is_vertical_scroll_end and log.max_scroll_y > 0, "it still follows")
        tell(wizard, [events.Seen(ENDED.at, "available", "aws", "available", "There it is.")])
        await until(pilot, lambda: "There it is." in screen_text(pilot).split("Log, in")[1], "the newest line")


async def test_a_zone_that_was_left_out_is_told_at_the_end(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        two = tuple(name for name in ENDED.dns_names if "us-east-2c" not in name)
        tell(wizard, [*history(), replace(ENDED, dns_names=two)])
        await until(pilot, lambda: "! Left out: us-east-2c." in said(pilot), "told")


async def test_text_from_outside_is_only_text(wizard: Wizard) -> None:
    async with wizard.run_test(size=(120, 40)) as pilot:
        await at(pilot, "run")
        nasty = "[/b][@click=app.quit]here[/]"
        tell(wizard, [*history(), events.Seen(ENDED.at, "available", "aws", nasty, nasty)])
        await until(
            pilot, lambda: screen_text(pilot).count(nasty) >= 3, "the row, the side and the log show it as it is"
        )


async def test_a_small_terminal_and_back(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        tell(wizard, history())
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: "60x20" in screen_text(pilot), "it says what it needs")
        await pilot.resize_terminal(120, 40)
        await until(pilot, lambda: "Unreachable for 45 s" in screen_text(pilot), "nothing is lost")


async def test_the_real_engine_gets_there(own_wizards: Wizards, own_sandbox: Mapping[str, str]) -> None:
    wizard = await standing_at(own_wizards(), plan_text(own_sandbox), (ReviewPage, RunPage, DonePage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: page(pilot) == "Ask")
        await pilot.press(*"orders-prod", "enter")
        await at(pilot, "run")
        await until(pilot, lambda: wizard.result is not None, "the run ends")
        await until(pilot, lambda: "The link works" in screen_text(pilot))
        assert sum(row.startswith(" ✓ ") for row in screen_text(pilot).splitlines()) == len(STEPS), (
            "one skipped, one reachable"
        )
        assert "✓ Reachable through the link." in line(pilot, "unreachable")
