"""Page 7, opened at once with the answers of a plan, against the sandbox."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from core.plan import parse_plan
from core.work.progress import Progress
from tests.plans import plan_text
from tests.tui.shortcut import left_at, standing_at
from tests.tui.walk import Wizards, at, page, said, screen_text, text_of, until
from tui.app import Wizard
from tui.screens.accounts import AccountsPage
from tui.screens.review import ReviewPage
from tui.screens.run import RunPage
from tui.widgets.changes import Changes
from tui.widgets.dialogs import Ask
from tui.widgets.findings import FindingList

PAGES = (ReviewPage, RunPage, AccountsPage)


@pytest.fixture
def plan(sandbox: Mapping[str, str]) -> str:
    return plan_text(sandbox)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The services that runs were started for; none really is."""
    services: list[str] = []

    def start_run(wizard: Wizard, plan: object) -> None:
        services.append(getattr(plan, "service", ""))
        wizard.progress = Progress()

    monkeypatch.setattr(Wizard, "start_run", start_run)
    return services


def told(pilot: Pilot[int]) -> str:
    """All that the page lists, seen or scrolled out of sight."""
    return "\n".join(text_of(line) for line in pilot.app.screen.query_one(Changes).query("Static"))


async def test_says_what_is_made_changed_and_interrupted(wizards: Wizards, plan: str) -> None:
    wizard = await standing_at(wizards(), plan, PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        listed = told(pilot)
        order = [
            listed.index(text) for text in ("Security group", "every connection drops", "VPC endpoint", "Private DNS")
        ]
        assert order == sorted(order)
        assert "203.0.113.7/32 Berlin office" in listed
        assert "Query Editor" in listed
        assert "$0.03 an hour" in listed
        assert "2 new, 1 changed, 1 interruption" in screen_text(pilot)


async def test_arrow_keys_scroll_the_plan_from_the_start_button(wizards: Wizards, plan: str) -> None:
    wizard = await standing_at(wizards(), plan, PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        assert isinstance(wizard.screen.focused, Button)
        await pilot.press("down", "down")
        await until(pilot, lambda: wizard.screen.query_one(Changes).scroll_y == 2, "it has scrolled")


async def test_a_live_service_is_interrupted_only_when_its_name_is_typed(
    wizards: Wizards, plan: str, started: list[str]
) -> None:
    wizard = await standing_at(wizards(), plan, PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(wizard.screen, Ask), "the name is asked for")
        assert "5 to 15 minutes" in screen_text(pilot)
        await pilot.press(*"orders-pro", "enter")
        await pilot.pause()
        assert isinstance(wizard.screen, Ask)
        assert not started
        await pilot.press("d", "enter")
        await at(pilot, "run")
    assert len(started) == 1


async def test_a_start_called_off_stays_and_says_so(wizards: Wizards, plan: str, started: list[str]) -> None:
    wizard = await standing_at(wizards(), plan, PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: isinstance(wizard.screen, Ask))
        await pilot.press("escape")
        await at(pilot, "review")
        assert "Nothing was started" in said(pilot)
    assert not started


async def test_without_an_interruption_no_has_the_focus(
    wizards: Wizards, sandbox: Mapping[str, str], started: list[str]
) -> None:
    """Enter on Start, then Enter again, starts nothing."""
    wizard = await standing_at(wizards(), plan_text(sandbox, "ledger-prod"), PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        await pilot.press("enter")
        await until(pilot, lambda: page(pilot) == "Confirm", "the confirmation")
        assert "No connection is interrupted" in screen_text(pilot)
        await pilot.press("enter")
        await at(pilot, "review")
        assert not started
        await pilot.press("enter")
        await until(pilot, lambda: page(pilot) == "Confirm")
        await pilot.press("y")
        await at(pilot, "run")
    assert len(started) == 1


async def test_a_blocker_refuses_the_start_and_leads_to_its_page(
    wizards: Wizards, plan: str, started: list[str]
) -> None:
    wizard = await standing_at(wizards(), plan.replace('"123456789012"', '"210987654321"'), PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        assert isinstance(wizard.screen.focused, FindingList)
        assert "✗ 1 blocker" in screen_text(pilot)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "1 check blocks" in said(pilot), "the refusal")
        await pilot.press("enter")
        await at(pilot, "accounts")
    assert not started


async def test_a_finding_is_put_right_where_it_is_read(wizards: Wizards, plan: str, started: list[str]) -> None:
    wizard = await standing_at(wizards(), plan.replace('"123456789012"', '"210987654321"'), PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        assert "a: Add account 123456789012" in screen_text(pilot)
        await pilot.press("a")
        await until(pilot, lambda: "Account 123456789012 is on the list now." in said(pilot), "what was changed")
        await at(pilot, "review")
        assert "blocker" not in screen_text(pilot)
        assert isinstance(wizard.screen.focused, Button)
        assert wizard.draft.accounts == ("210987654321", "123456789012")
        assert not wizard.screen.check_action("apply", ()), "nothing is left to apply"


async def test_without_a_cursor_the_key_first_shows_what_it_would_put_right(
    wizards: Wizards, sandbox: Mapping[str, str]
) -> None:
    """The service runs in two of three zones: a warning, so the focus is on Start."""
    wizard = await standing_at(wizards(), plan_text(sandbox, "ledger-prod"), PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        before = wizard.draft
        await pilot.press("a")
        await until(pilot, lambda: isinstance(wizard.screen.focused, FindingList), "the finding is marked")
        assert "Press a once more" in said(pilot)
        assert wizard.draft == before
        await pilot.press("a")
        await until(pilot, lambda: "left out." in said(pilot), "what was changed")
        assert [subnet is None for _, subnet in wizard.draft.subnets or ()].count(True) == 1


async def test_a_policy_to_ask_for_is_copied(wizards: Wizards, plan: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def unread(*_: object) -> None:
        return None

    monkeypatch.setattr("core.edges.aws.Ec2.private_zones", unread)
    wizard = await standing_at(wizards(), plan, PAGES)
    async with wizard.run_test(size=(120, 40)) as pilot:
        await at(pilot, "review")
        await pilot.press("c")
        await until(pilot, lambda: "c: copy the policy {" in screen_text(pilot), "the finding is marked")
        await pilot.press("c")
        await until(pilot, lambda: "route53:ListHostedZonesByVPC" in wizard.clipboard, "it is copied")


async def test_an_answer_that_is_missing_blocks_as_well(wizards: Wizards, plan: str) -> None:
    wizard = await standing_at(wizards(), plan, PAGES)
    wizard.draft = wizard.draft.__class__(service=wizard.draft.service, region=wizard.draft.region)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        assert "No AWS account is on the list." in screen_text(pilot)
        await pilot.press("enter")
        await at(pilot, "accounts")


async def test_the_plan_is_saved_and_nothing_replaced_unasked(wizards: Wizards, plan: str, tmp_path: Path) -> None:
    wizard = await standing_at(wizards(), plan, PAGES)
    target = tmp_path / "mine.toml"
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(wizard.screen, Ask), "the name is asked for")
        assert "orders-prod.toml" in screen_text(pilot)
        await _type(pilot, str(target))
        await until(pilot, lambda: "Saved to" in said(pilot), "it says so")
        assert parse_plan(target.read_text()).vpc == wizard.draft.vpc
        target.write_text("somebody's own")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(wizard.screen, Ask))
        await _type(pilot, str(target))
        await until(pilot, lambda: page(pilot) == "Confirm", "replacing is asked for")
        await pilot.press("enter")
        await at(pilot, "review")
        assert target.read_text() == "somebody's own"


async def _type(pilot: Pilot[int], text: str) -> None:
    """Over what is proposed."""
    await pilot.press("home", "ctrl+k", *text, "enter")


async def test_a_service_changed_meanwhile_is_read_afresh(
    wizards: Wizards, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remembered list of services is not asked."""
    wizard = await standing_at(wizards(), plan, PAGES)

    async def remembered() -> None:
        raise AssertionError("the list was read when it was current, which may be long ago")

    monkeypatch.setattr(wizard.readings, "services", remembered)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        assert "every connection drops" in told(pilot)


async def test_what_another_machines_run_has_begun_is_told(
    own_wizards: Wizards, own_sandbox: Mapping[str, str], tmp_path: Path
) -> None:
    plan = plan_text(own_sandbox)
    begun = await left_at(tmp_path / "elsewhere", plan, "switch")
    wizard = await standing_at(own_wizards(), plan, PAGES)
    async with wizard.run_test(size=(120, 40)) as pilot:
        await at(pilot, "review")
        shown = " ".join(screen_text(pilot).split())
        assert f"Run {begun.run} has begun a link here, and this machine has no journal of it." in shown
        assert f"security group {begun.security_group_id}" in shown
