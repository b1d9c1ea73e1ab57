"""The list of services: filtered as one types, honest about what cannot be linked, and proof against any text."""

from functools import partial

import pytest
from textual.pilot import Pilot

from core.text import clean
from tests.tui.odd_api import EVIL_NAMES, Answers, served, service
from tests.tui.walk import Wizards, at, page, said, screen_text, to, until


def _shows(pilot: Pilot[int], text: str) -> bool:
    return text in screen_text(pilot)


async def test_typing_narrows_and_enter_chooses(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press(*"orders es-rep")
        await until(pilot, lambda: "ledger-prod" not in screen_text(pilot), "the filter")
        assert "orders-prod" in screen_text(pilot)
        await pilot.press("enter")
        await at(pilot, "accounts")
        assert wizard.draft.service_name == "orders-prod"
        assert wizard.draft.region == "us-east-2"


async def test_down_leads_from_the_filter_to_the_marked_row(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press("down", "enter")
        await at(pilot, "accounts")
        assert wizard.draft.service_name == "billing"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("analytics", "Google Cloud"),
        ("reports-archive", "stopped"),
        ("staging", "Another change"),
        ("import-test", "failed"),
    ],
)
async def test_what_cannot_be_linked_says_why(wizards: Wizards, name: str, words: str) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press(*name)
        await until(pilot, lambda: words in screen_text(pilot), "the reason beside the row")
        await pilot.press("enter")
        await until(pilot, lambda: said(pilot).startswith("✗"), "the refusal")
        assert words in said(pilot)
        assert page(pilot) == "service"


async def test_nothing_matches(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press(*"nothing-like-it")
        await until(pilot, lambda: "matches" in screen_text(pilot), "the note")
        await pilot.press("enter")
        await until(pilot, lambda: "No service is chosen" in said(pilot), "the refusal")


async def test_an_organization_without_services(wizards: Wizards, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(Answers()) as address:
        monkeypatch.setenv("SKYSQL_API_URL", address)
        async with wizards().run_test(size=(80, 24)) as pilot:
            await to(pilot, "service")
            assert "no services" in said(pilot)


async def test_names_are_text_and_nothing_else(wizards: Wizards, monkeypatch: pytest.MonkeyPatch) -> None:
    """Markup, escapes and bidi characters in names show as themselves or not at all, on every page they reach."""
    answers = Answers()
    answers.list(*(service(name, number) for number, name in enumerate(EVIL_NAMES, start=1)))
    with served(answers) as address:
        monkeypatch.setenv("SKYSQL_API_URL", address)
        for name in EVIL_NAMES:
            wizard = wizards()
            async with wizard.run_test(size=(80, 24)) as pilot:
                await to(pilot, "service")
                await pilot.press(*"dbpgf0000000", str(EVIL_NAMES.index(name) + 1))
                await until(pilot, partial(_shows, pilot, clean(name)[:12]), name)
                shown = screen_text(pilot)
                assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
                await pilot.press("enter")
                await at(pilot, "accounts")
                assert wizard.draft.service_name == clean(name)


async def test_a_thousand_services_can_all_be_reached(wizards: Wizards, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = Answers()
    answers.list(*(service(f"service-{number:04}", number) for number in range(1000)))
    with served(answers) as address:
        monkeypatch.setenv("SKYSQL_API_URL", address)
        wizard = wizards()
        async with wizard.run_test(size=(80, 24)) as pilot:
            await to(pilot, "service")
            assert "1,000 services." in screen_text(pilot)
            await pilot.press(*"0777")
            await until(pilot, lambda: "1 of 1,000 services shown." in screen_text(pilot), "the filter")
            await pilot.press("enter")
            await at(pilot, "accounts")
            assert wizard.draft.service_name == "service-0777"
            await pilot.press("escape")
            await at(pilot, "service")
            assert "▸ service-0777" in screen_text(pilot)
            await pilot.press("down", "end", "enter")
            await at(pilot, "accounts")
            assert wizard.draft.service_name == "service-0999"
