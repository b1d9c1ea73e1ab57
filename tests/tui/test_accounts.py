"""The page of AWS accounts: what is pasted, what is refused, what is removed and put back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual import events
from textual.pilot import Pilot

from core.values import AccountId
from tests.tui.shortcut import linking
from tests.tui.walk import Wizards, at, page, said, screen_text, settled, until
from tui.app import Wizard
from tui.screens.accounts import MOST_TYPED, AccountsPage
from tui.screens.network import NetworkPage
from tui.screens.service import ServicePage
from tui.widgets.paste import PasteField

OWN, OTHER = AccountId("123456789012"), AccountId("210987654321")
MANY = "1111 2222 3333\n444455556666,\tarn:aws:iam::777788889999:root\r\n"


@asynccontextmanager
async def accounts(wizard: Wizard, service: str = "orders-prod") -> AsyncIterator[Pilot[int]]:
    await linking(wizard, service, (AccountsPage, NetworkPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "accounts")
        yield pilot


async def paste(pilot: Pilot[int], text: str) -> None:
    pilot.app.screen.query_one(PasteField).post_message(events.Paste(text))
    await pilot.pause()


def field(pilot: Pilot[int]) -> PasteField:
    return pilot.app.screen.query_one(PasteField)


async def test_the_callers_account_is_there_and_marked(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        assert f"{OWN}  yours, new" in screen_text(pilot)


async def test_a_paste_of_many_lines_arrives_whole_and_enter_adds_it(wizards: Wizards) -> None:
    wizard = wizards()
    async with accounts(wizard) as pilot:
        await paste(pilot, MANY)
        await pilot.press("enter")
        assert "Added 3 accounts." in said(pilot)
        assert field(pilot).value == ""
        await pilot.press("ctrl+n")
        await at(pilot, "network")
        assert wizard.draft.accounts == (OWN, "111122223333", "444455556666", "777788889999")


async def test_two_pastes_do_not_grow_together(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await paste(pilot, "111122223333\n")
        await paste(pilot, "444455556666\n")
        await pilot.press("enter")
        assert "Added 2 accounts." in said(pilot)


async def test_what_is_wrong_stays_in_the_field_with_the_reason(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await paste(pilot, "111122223333 12345\nabc")
        await pilot.press("enter")
        assert field(pilot).value == "12345 abc"
        assert "“12345” has 5 digits." in said(pilot)
        assert "“abc” is not an AWS account id." in said(pilot)
        assert "111122223333  new" in screen_text(pilot)


async def test_repeated_ids_are_folded_and_told(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await paste(pilot, f"{OWN} 111122223333 1111-2222-3333")
        await pilot.press("enter")
        assert said(pilot) == f"Added 1 account. On the list already: {OWN}."


async def test_a_paste_that_does_not_fit_is_told_and_changes_nothing(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await pilot.press("1")
        await paste(pilot, "2" * MOST_TYPED)
        assert field(pilot).value == "1"
        assert "nothing was pasted" in said(pilot)


async def test_a_new_account_can_be_taken_off_again(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await paste(pilot, "111122223333")
        await pilot.press("enter", "down", "delete")
        assert "111122223333 is off the list again" in said(pilot)
        assert "111122223333  new" not in screen_text(pilot)


async def test_the_own_account_cannot_be_removed_and_it_says_why(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await pilot.press("down", "delete")
        assert f"{OWN} is your own account" in said(pilot)
        assert f"{OWN}  yours, new" in screen_text(pilot)


async def test_one_that_stands_is_marked_when_removed_and_can_be_put_back(own_wizards: Wizards) -> None:
    wizard = own_wizards()
    async with accounts(wizard, "ledger-prod") as pilot:
        await wizard.signed_in.world.skysql.switch(wizard.chosen_service.id, [OWN, OTHER])
        await pilot.press("ctrl+r")
        await until(pilot, lambda: f"{OTHER}  on the list now" in screen_text(pilot), "the list read again")
        await pilot.press("down", "down", "delete")
        assert f"-  {OTHER}  will be removed: links that exist stay up" in screen_text(pilot)
        await pilot.press("delete")
        assert f"   {OTHER}  on the list now" in screen_text(pilot)


async def test_typed_text_survives_back_and_forth(wizards: Wizards) -> None:
    wizard = await linking(wizards(), "orders-prod", (ServicePage, AccountsPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "service")
        await pilot.press("ctrl+n")
        await at(pilot, "accounts")
        await pilot.press(*"4444")
        await pilot.press("escape")
        await at(pilot, "service")
        await pilot.press("ctrl+n")
        await at(pilot, "accounts")
        assert field(pilot).value == "4444"


async def test_next_adds_what_is_typed(wizards: Wizards) -> None:
    wizard = wizards()
    async with accounts(wizard) as pilot:
        await pilot.press(*"444455556666", "ctrl+n")
        await at(pilot, "network")
        assert wizard.draft.accounts == (OWN, "444455556666")
        assert wizard.draft.accounts_typed == ""


async def test_next_refuses_what_is_typed_wrong(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await pilot.press(*"4444", "ctrl+n")
        await until(pilot, lambda: settled(pilot) and bool(said(pilot)), "an answer")
        assert page(pilot) == "accounts"
        assert "“4444” has 4 digits." in said(pilot)
        assert field(pilot).value == "4444"


async def test_enter_on_nothing_goes_on(wizards: Wizards) -> None:
    async with accounts(wizards()) as pilot:
        await pilot.press("enter")
        await at(pilot, "network")
