"""The connection proof from the Done page, with a made-up way to the database."""

import asyncio
from collections.abc import AsyncGenerator, Mapping

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from core.connection import Here, Proof, Resolved, Target
from tests.checks.test_proof import SIGNED_IN, TARGET
from tests.plans import plan_text
from tests.tui.probed import probed
from tests.tui.scenes import ENDED
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, page, said, screen_text, text_of, until
from tests.work.fake import FakeProber
from tests.work.test_proving import DENIED, STAGES
from tui.app import Wizard
from tui.screens.done import DonePage
from tui.widgets.field import Field

OUTSIDE = Here(("192.168.1.20",), ("192.168.1.1",))
UNKNOWN = (Proof(TARGET, OUTSIDE), Proof(TARGET, OUTSIDE, Resolved(trouble="unknown")))
PASSWORD = "typed-4711"


@pytest.fixture
async def wizard(wizards: Wizards, sandbox: Mapping[str, str]) -> Wizard:
    wizard = await standing_at(wizards(), plan_text(sandbox), (DonePage,))
    wizard.result = ENDED
    return wizard


async def begin(pilot: Pilot[int]) -> None:
    await at(pilot, "done")
    await pilot.press("p")
    await until(pilot, lambda: page(pilot) in ("Proving", "AskLogin"), "the proof")


def hint(pilot: Pilot[int]) -> str:
    return text_of(pilot.app.screen.query_one(".dialog-hint", Static))


async def ended(pilot: Pilot[int]) -> None:
    await until(pilot, lambda: page(pilot) == "Proving" and "Escape closes" in hint(pilot), "the end of the proof")


async def test_one_key_proves_the_link_to_an_answer_of_the_database(wizard: Wizard) -> None:
    prober = probed(wizard, STAGES, SIGNED_IN)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await ended(pilot)
        shown = screen_text(pilot)
        assert f"From this machine to {ENDED.host}, port 3306" in shown
        for title in ("This machine", "Name", "TCP", "MariaDB", "TLS", "Login", "Query"):
            assert f"✓ {title}" in shown
        assert prober.passwords == ["made-up-dbpgf00000001"]
        assert "made-up" not in shown
        await pilot.press("escape")
        await at(pilot, "done")
        await until(pilot, lambda: said(pilot).startswith("✓ The connection works from this machine."), "the result")
        assert "SELECT 1 answered in 0.4 ms, by db-0" in said(pilot)


async def test_what_is_to_be_reached_is_taken_from_the_run_and_the_vpc(wizard: Wizard) -> None:
    prober = probed(wizard, UNKNOWN)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await ended(pilot)
    (target,) = prober.targets
    assert (target.name, target.port, target.fqdn) == (ENDED.host, 3306, ENDED.host)
    assert target.vpc == wizard.draft.vpc
    assert target.cidrs[0] == "10.20.0.0/16"
    assert target.private_dns


async def test_a_broken_link_says_why_and_what_to_do_now(wizard: Wizard) -> None:
    probed(wizard, UNKNOWN)
    async with wizard.run_test(size=(120, 40)) as pilot:
        await begin(pilot)
        await ended(pilot)
        shown = " ".join(screen_text(pilot).split())
        assert f"✗ Name {ENDED.host} does not resolve." in shown
        assert "Why Only the resolver of vpc-0123 knows" in shown
        assert "Now Try it on a machine in vpc-0123." in shown
        assert "- Not tried TCP, MariaDB, TLS, Login, Query" in shown
        await pilot.press("escape")
        await until(pilot, lambda: said(pilot).startswith("! From this machine the connection ends at Name."), "told")


async def test_outside_the_vpc_a_line_for_another_machine_is_shown_and_copied(wizard: Wizard) -> None:
    probed(wizard, UNKNOWN)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await ended(pilot)
        await pilot.press("end")
        await until(pilot, lambda: "openssl s_client" in screen_text(pilot), "both lines, by scrolling")
        await pilot.press("c")
        await until(pilot, lambda: "Copied: the first line" in hint(pilot), "it says so")
        assert wizard.clipboard.startswith(f"mariadb --host {ENDED.host} --port 3306 --user YOUR_USER -p ")


async def test_the_chain_itself_is_copied_where_no_line_is_shown(wizard: Wizard) -> None:
    probed(wizard, STAGES, SIGNED_IN)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await ended(pilot)
        assert "To paste on a machine" not in screen_text(pilot)
        await pilot.press("c")
        assert wizard.clipboard.splitlines()[2] == "✓ TCP          10.0.1.23 in 1.2 ms and 10.0.2.31 in 0.9 ms."


async def test_a_changed_password_is_asked_for_and_never_shown(wizard: Wizard) -> None:
    prober = probed(wizard, STAGES, DENIED, SIGNED_IN)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: page(pilot) == "AskLogin", "the question")
        assert "it was changed, maybe" in " ".join(screen_text(pilot).split())
        await pilot.press(*"app", "enter", *PASSWORD)
        await until(pilot, lambda: pilot.app.screen.query_one("#password", Field).value == PASSWORD, "typed")
        assert "4711" not in screen_text(pilot)
        await pilot.press("enter")
        await ended(pilot)
        assert "Signed in as app" in screen_text(pilot)
    assert prober.passwords == ["made-up-dbpgf00000001", PASSWORD]


async def test_half_an_answer_is_refused_and_kept(wizard: Wizard) -> None:
    probed(wizard, STAGES, DENIED)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: page(pilot) == "AskLogin", "the question")
        await pilot.press(*"app", "enter", "enter")
        await until(pilot, lambda: "Type both" in screen_text(pilot), "the refusal")
        assert pilot.app.screen.query_one("#user", Field).value == "app"


async def test_who_types_none_sees_that_the_path_works(wizard: Wizard) -> None:
    probed(wizard, STAGES, DENIED)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: page(pilot) == "AskLogin", "the question")
        await pilot.press("escape")
        await ended(pilot)
        assert "The path works. The server refuses user" in " ".join(screen_text(pilot).split())


async def test_rows_come_as_they_are_judged_and_escape_calls_it_off(wizard: Wizard) -> None:
    closed = asyncio.Event()

    class Stuck(FakeProber):
        async def stages(self, target: Target) -> AsyncGenerator[Proof, None]:
            try:
                async for proof in super().stages(target):
                    yield proof
                await asyncio.Event().wait()
            finally:
                closed.set()

    probed(wizard, STAGES[:2], kind=Stuck)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await until(pilot, lambda: "✓ Name" in screen_text(pilot), "two links")
        assert "▸ TCP" in screen_text(pilot)
        assert "· Login" in screen_text(pilot)
        assert "calls it off" in hint(pilot)
        await pilot.press("escape")
        await at(pilot, "done")
        await until(pilot, closed.is_set, "the connections closed")
        assert said(pilot) == ""


async def test_it_is_tried_again_by_a_key(wizard: Wizard) -> None:
    prober = probed(wizard, UNKNOWN, SIGNED_IN)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await ended(pilot)
        prober.met = list(STAGES)
        await pilot.press("p")
        await until(pilot, lambda: "✓ Query" in screen_text(pilot), "now it works")


async def test_it_explains_itself(wizard: Wizard) -> None:
    probed(wizard, STAGES, SIGNED_IN)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await begin(pilot)
        await ended(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: page(pilot) == "Reading", "the help")
        assert "whether it is in the VPC at all" in " ".join(screen_text(pilot).split())
