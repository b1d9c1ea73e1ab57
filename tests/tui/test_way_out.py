"""What a page says is wrong comes with the key that leads to where it is put right, and with a policy to copy."""

from collections.abc import Mapping

import pytest
from textual.pilot import Pilot

from core.policy import allowing
from core.problems import Failed, NotAllowed, NotSignedIn, Problem
from tests.plans import plan_text
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, page, said, settled, until
from tui.app import Wizard
from tui.page import Page
from tui.screens.accounts import AccountsPage
from tui.screens.endpoint import EndpointPage
from tui.screens.network import NetworkPage
from tui.screens.sign_in import SignInPage

PAGES = (AccountsPage, EndpointPage, NetworkPage)
POLICY = allowing(["ec2:DescribeVpcs"])


@pytest.fixture
async def wizard(wizards: Wizards, sandbox: Mapping[str, str]) -> Wizard:
    return await standing_at(wizards(), plan_text(sandbox), PAGES)


def shown(pilot: Pilot[int]) -> Page:
    screen = pilot.app.screen
    assert isinstance(screen, Page)
    return screen


async def met(pilot: Pilot[int], wizard: Wizard, problem: Problem) -> None:
    """On the Endpoint page, in the middle of the walk, this went wrong."""
    await at(pilot, "accounts")
    wizard.go_to("endpoint")
    await at(pilot, "endpoint")
    shown(pilot).trouble(problem)


async def test_a_key_leads_back_to_the_page_that_puts_it_right(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await met(pilot, wizard, Failed("aws.InvalidServiceName", "No such service.", page="accounts"))
        assert "→ Accounts (ctrl+g)" in said(pilot)
        assert "ctrl+g" in shown(pilot).help_text().replace("^", "ctrl+")
        pilot.app.screen.query_one("#name").focus()
        await pilot.press("x", "ctrl+g")
        await at(pilot, "accounts")
        assert wizard.draft.endpoint.name.endswith("x"), "what was typed is kept"


@pytest.mark.parametrize("name", ["", "endpoint", "network", "nowhere"])
async def test_no_page_is_offered_that_does_not_lie_behind(wizard: Wizard, name: str) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await met(pilot, wizard, Failed("x", "Something.", page=name))
        assert "ctrl+g" not in said(pilot)
        await pilot.press("ctrl+g")
        await until(pilot, lambda: settled(pilot))
        assert page(pilot) == "endpoint"


async def test_a_policy_can_be_copied_until_something_else_is_told(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await met(pilot, wizard, NotAllowed("aws.UnauthorizedOperation", "Not allowed.", paste=POLICY))
        assert f"c copies the policy: {POLICY}" in said(pilot)
        pilot.app.screen.query_one("#next").focus()
        await pilot.press("c")
        await until(pilot, lambda: wizard.clipboard == POLICY, "copied")
        shown(pilot).says.quiet()
        assert not shown(pilot).way_out.paste


async def test_a_login_that_has_ended_leads_over_the_sign_in_page_and_back(wizard: Wizard) -> None:
    wizard.pages = (SignInPage, *PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        wizard.go_to("endpoint")
        await at(pilot, "endpoint")
        shown(pilot).trouble(NotSignedIn("aws.ExpiredToken", "The AWS sign-in has expired.", page="sign_in"))
        await pilot.press("ctrl+g")
        await at(pilot, "sign_in")
        await pilot.press("ctrl+n")
        await at(pilot, "endpoint")
