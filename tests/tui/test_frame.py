"""What every page has in common: too small a terminal, resizing, help, quitting, the palette."""

import pytest
from textual.command import CommandPalette

from tests.tui.scenes import SCENES, StandingClock
from tests.tui.walk import Wizards, at, page, screen_text, to, until


async def test_a_small_terminal_gets_one_clear_sentence(wizards: Wizards) -> None:
    async with wizards().run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "This terminal is 60x20" in screen_text(pilot), "the sentence")
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "Sign in to SkySQL" in screen_text(pilot), "the page")


async def test_resizing_keeps_what_was_typed(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press(*"orders")
        for size in ((60, 20), (120, 40), (40, 10), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await until(pilot, lambda: "orders-prod" in screen_text(pilot), "the page again")
        assert "billing" not in screen_text(pilot)


@pytest.mark.parametrize("scene", ["run", "done", "proof-broken", "doctor", "review", "unfinished"])
async def test_the_last_key_is_not_cut(wizards: Wizards, scene: str) -> None:
    """Where there are too many for a line, those that do nothing yet give way."""
    async with wizards(clock=StandingClock()).run_test(size=(80, 24)) as pilot:
        await SCENES[scene](pilot)
        await until(pilot, lambda: screen_text(pilot).splitlines()[-1].rstrip().endswith("^q Quit"), "the last key")


async def test_every_page_explains_itself(wizards: Wizards) -> None:
    wizard = wizards()
    for each in wizard.pages:
        assert len(each.help.split()) > 60, f"{each.page} has no help to speak of"


async def test_help_names_the_keys(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press("f1")
        await until(pilot, lambda: page(pilot) == "Reading", "the help")
        await pilot.press("end")
        await until(pilot, lambda: "Keys on this page" in screen_text(pilot), "the keys")
        await pilot.press("escape")
        await at(pilot, "service")


async def test_quitting_asks_when_answers_would_be_lost(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await to(pilot, "accounts")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: page(pilot) == "Confirm", "the question")
        await pilot.press("enter")  # No has the focus
        await at(pilot, "accounts")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: page(pilot) == "Confirm", "the question")
        await pilot.press("y")
        await until(pilot, lambda: wizard.return_code is not None, "the end")
    assert wizard.return_code == 130


async def test_quitting_on_the_first_page_does_not_ask(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: wizard.return_code is not None, "the end")
    assert wizard.return_code == 130


async def test_the_palette_offers_the_pages_keys(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette), "the palette")
        await pilot.press(*"next", "enter")
        await at(pilot, "accounts")
