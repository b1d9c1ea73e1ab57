"""Signing in: what a key may look like, how AWS profiles fail, and that nothing typed is lost."""

import asyncio
import signal
from dataclasses import replace

import pytest
from textual.widgets import Input

from core.edges.world import open_world
from core.facts import Identity
from core.values import AccountId
from core.world import Settings, World
from tests.tui.odd_api import Answers, served
from tests.tui.walk import Wizards, at, page, said, screen_text, settled, until
from tui.widgets.field import Choice


async def test_what_is_found_is_shown_and_goes_on(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        shown = screen_text(pilot)
        assert "SKYSQL_API_KEY" in shown
        assert "123456789012" in shown
        assert "SANDBOX" in shown
        await pilot.press("ctrl+n")
        await at(pilot, "service")


async def test_enter_alone_goes_on_when_nothing_is_left_to_type(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        await pilot.press("enter")
        await at(pilot, "service")


async def test_enter_in_the_key_field_signs_in(
    wizards: Wizards, monkeypatch: pytest.MonkeyPatch, sandbox: dict[str, str]
) -> None:
    monkeypatch.delenv("SKYSQL_API_KEY")
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        await pilot.press(*sandbox["SKYSQL_API_KEY"], "enter")
        await at(pilot, "service")


@pytest.mark.parametrize("around", ["{}", "  {}  ", "{}\n", "\r\n{}\r\n", '"{}"', "\t{}"])
async def test_a_key_is_taken_as_people_paste_it(
    wizards: Wizards, monkeypatch: pytest.MonkeyPatch, sandbox: dict[str, str], around: str
) -> None:
    monkeypatch.delenv("SKYSQL_API_KEY")
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        assert "in memory only" in screen_text(pilot)
        pilot.app.screen.query_one("#key", Input).value = around.format(sandbox["SKYSQL_API_KEY"])
        await pilot.press("ctrl+n")
        await at(pilot, "service")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "no SkySQL API key"),
        ("   ", "no SkySQL API key"),
        ("two words", "not a SkySQL API key"),
        ("wrong-key", "key"),
    ],
)
async def test_a_refused_key_is_told_and_kept(
    wizards: Wizards, monkeypatch: pytest.MonkeyPatch, typed: str, words: str
) -> None:
    monkeypatch.delenv("SKYSQL_API_KEY")
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        pilot.app.screen.query_one("#key", Input).value = typed
        await pilot.press("ctrl+n")
        await until(pilot, lambda: said(pilot).startswith("✗"), "the refusal")
        assert words in said(pilot)
        assert page(pilot) == "sign_in"
        assert pilot.app.screen.query_one("#key", Input).value == typed
        assert typed.strip() == "" or typed not in screen_text(pilot)


@pytest.mark.parametrize("profile", ["expired-sso"])
async def test_an_expired_login_names_the_command_that_mends_it(wizards: Wizards, profile: str) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        pilot.app.screen.query_one("#profile", Choice).value = profile
        await until(pilot, lambda: f"aws sso login --profile {profile}" in said(pilot), "the remedy")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: settled(pilot), "settled")
        assert page(pilot) == "sign_in"
        await pilot.press("ctrl+r")
        await until(pilot, lambda: settled(pilot) and profile in said(pilot), "told again")
        choice = pilot.app.screen.query_one("#profile", Choice)
        assert choice.chosen == profile, "reading again keeps what was chosen"
        choice.value = "default"
        await until(pilot, lambda: "123456789012" in screen_text(pilot), "signed in with another profile")
        await pilot.press("ctrl+n")
        await at(pilot, "service")


async def test_a_slow_answer_for_another_profile_is_not_believed(wizards: Wizards) -> None:
    """Else the plan would allow the account of a profile that is not the one chosen."""
    wizard = wizards()
    asked, answer, closed = asyncio.Event(), asyncio.Event(), list[str]()

    class Slow:
        """The first profile's world, whose account comes late."""

        async def identity(self) -> Identity:
            asked.set()
            await answer.wait()
            return Identity(AccountId("999999999999"), "arn:aws:iam::999999999999:user/another")

        async def close(self) -> None:
            closed.append("slow")

    async def opened(settings: Settings) -> World:
        return await open_world(settings) if settings.profile == "network-admin" else Slow()  # type: ignore[return-value]

    wizard.entry = replace(wizard.entry, open_world=opened)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, asked.is_set, "the first profile is asked about")
        pilot.app.screen.query_one("#profile", Choice).value = "network-admin"
        await until(pilot, lambda: "role/network-admin" in screen_text(pilot), "signed in with the other")
        answer.set()
        await until(pilot, lambda: settled(pilot) and closed == ["slow"], "the late answer is dropped")
        assert "999999999999" not in screen_text(pilot)
        await pilot.press("ctrl+n")
        await at(pilot, "service")
        assert wizard.signed_in.identity.account == "123456789012"
        assert wizard.signed_in.profile == "network-admin"


async def test_an_mfa_code_is_asked_for_in_the_wizard(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        pilot.app.screen.query_one("#profile", Choice).value = "mfa-admin"
        await until(pilot, lambda: page(pilot) == "Ask", "the question for the code")
        assert "mfa" in screen_text(pilot)
        await pilot.press(*"123456", "enter")
        await until(pilot, lambda: "assumed-role" in screen_text(pilot), "signed in by the role")
        await pilot.press("ctrl+n")
        await at(pilot, "service")


async def test_leaving_while_a_code_is_asked_for_is_no_crash(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        pilot.app.screen.query_one("#profile", Choice).value = "mfa-admin"
        await until(pilot, lambda: page(pilot) == "Ask", "the question for the code")
        wizard._on_signal(signal.SIGTERM)
        await until(pilot, lambda: wizard.return_code is not None, "the end")
    assert wizard.return_code == 143


async def test_leaving_while_aws_is_asked_is_no_crash(wizards: Wizards) -> None:
    """What comes after the page is gone has nowhere to be shown."""
    wizard = wizards()
    asked, answer = asyncio.Event(), asyncio.Event()

    class Slow:
        async def identity(self) -> Identity:
            asked.set()
            await answer.wait()
            return Identity(AccountId("999999999999"), "arn")

        async def close(self) -> None:
            """Nothing is open."""

    async def opened(_settings: Settings) -> World:
        return Slow()  # type: ignore[return-value]

    wizard.entry = replace(wizard.entry, open_world=opened)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await until(pilot, asked.is_set, "AWS is asked")
        identifying = asyncio.ensure_future(pilot.app.screen._identify())  # type: ignore[attr-defined]
        await pilot.pause()
        await pilot.app.screen.remove_children()
        answer.set()
        await identifying


async def test_a_cancelled_mfa_code_is_no_crash(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        pilot.app.screen.query_one("#profile", Choice).value = "mfa-admin"
        await until(pilot, lambda: page(pilot) == "Ask", "the question for the code")
        await pilot.press("escape")
        await until(pilot, lambda: said(pilot).startswith("✗"), "what a cancelled code means")
        assert page(pilot) == "sign_in"


async def test_back_from_the_next_page_keeps_the_key(
    wizards: Wizards, monkeypatch: pytest.MonkeyPatch, sandbox: dict[str, str]
) -> None:
    monkeypatch.delenv("SKYSQL_API_KEY")
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        pilot.app.screen.query_one("#key", Input).value = sandbox["SKYSQL_API_KEY"]
        await pilot.press("ctrl+n")
        await at(pilot, "service")
        await pilot.press("escape")
        await at(pilot, "sign_in")
        await pilot.press("ctrl+n")
        await at(pilot, "service")


@pytest.mark.parametrize(
    "answer",
    [
        (200, "text/html", "<html><body>Sign in to the proxy</body></html>"),
        (200, "application/json", "{{{"),
        (200, "application/json", ""),
        (502, "text/html", "<h1>Bad gateway</h1>"),
        (403, "application/json", '{"errors": [{"message": "no right"}]}'),
    ],
)
async def test_an_api_that_answers_nonsense_is_told(
    wizards: Wizards, monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str, str]
) -> None:
    answers = Answers()
    answers.probe = answer
    with served(answers) as address:
        monkeypatch.setenv("SKYSQL_API_URL", address)
        async with wizards().run_test(size=(80, 24)) as pilot:
            await at(pilot, "sign_in")
            await pilot.press("ctrl+n")
            await until(pilot, lambda: said(pilot).startswith("✗"), "what is wrong")
            assert page(pilot) == "sign_in"
