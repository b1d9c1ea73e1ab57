"""What keys do on every page: where they lead, that they are told, and that the focus is seen without colour."""

from collections.abc import Mapping

from rich.style import Style
from textual.pilot import Pilot

from tests.plans import plan_text
from tests.tui.shortcut import linking, standing_at
from tests.tui.walk import Wizards, at, page, screen_text, until
from tui.page import Page, flowed
from tui.screens.access import AccessPage
from tui.screens.accounts import AccountsPage
from tui.screens.endpoint import EndpointPage
from tui.screens.network import NetworkPage
from tui.widgets.dialogs import Ask
from tui.widgets.field import Field
from tui.widgets.rows import Rows


def focused(pilot: Pilot[int]) -> str:
    widget = pilot.app.focused
    return widget.id or "" if widget else ""


async def help_of(pilot: Pilot[int]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, Page)
    return screen.help_text()


def inverted(pilot: Pilot[int]) -> list[str]:
    """What is dark on light, on a page that is light on dark: seen in black and white, too."""
    rows = pilot.app.screen._compositor.render_strips()
    return [part.text.strip() for row in rows for part in row if part.style and _is_inverted(part.style)]


def _is_inverted(style: Style) -> bool:
    ground = style.color if style.reverse else style.bgcolor
    return ground is not None and min(ground.get_truecolor()) > 150


async def test_up_and_down_lead_through_a_form(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    await standing_at(wizard := wizards(), plan_text(sandbox), (EndpointPage, AccountsPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "endpoint")
        places = [focused(pilot)]
        for _ in range(3):
            await pilot.press("down")
            places.append(focused(pilot))
        assert places == ["name", "tags", "private-dns", "back"]
        await pilot.press("up", "up")
        assert focused(pilot) == "tags"


async def test_up_and_down_choose_nothing_on_their_way(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    await standing_at(wizard := wizards(), plan_text(sandbox), (AccessPage, EndpointPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "access")
        pilot.app.screen.query_one("#kind").focus()
        await pilot.press("down")
        assert focused(pilot) == "port-0"
        await pilot.press("up")
        assert focused(pilot) == "kind"
        await pilot.press("right")
        await until(pilot, lambda: "Whom it admits" in screen_text(pilot), "right chooses existing groups")


async def test_enter_goes_on_where_nothing_is_typed(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    await standing_at(wizard := wizards(), plan_text(sandbox), (AccessPage, EndpointPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "access")
        assert focused(pilot) == "source"
        await pilot.press("enter")
        await at(pilot, "endpoint")


async def test_space_chooses_a_subnet_too(wizards: Wizards) -> None:
    await linking(wizard := wizards(), "orders-prod", (NetworkPage, AccountsPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "network")
        pilot.app.screen.query_one("#zones", Rows).focus()
        await pilot.press("enter", "down", "down", "space")
        line = next(line for line in screen_text(pilot).splitlines() if "us-east-2a" in line)
        assert "prod-public-a" in line


async def test_a_vpc_without_subnets_turns_to_the_choice_of_another(wizards: Wizards) -> None:
    await linking(wizard := wizards(), "orders-prod", (NetworkPage, AccountsPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "network")
        await pilot.press("v")
        await until(pilot, lambda: page(pilot) == "Pick", "the VPCs")
        await pilot.press(*"sandbox-empty", "enter")
        await until(pilot, lambda: "no subnet in this zone" in screen_text(pilot), "the empty VPC")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Choose another VPC" in screen_text(pilot), "the refusal")
        assert focused(pilot) == "vpc"


async def test_the_help_tells_the_keys_of_every_part_of_the_page(wizards: Wizards) -> None:
    await linking(wizard := wizards(), "orders-prod", (AccountsPage, NetworkPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "accounts")
        assert focused(pilot) == "ids"
        told = await help_of(pilot)
        assert "del, ⌫, space Take the account off the list, or put it back" in told
        assert "Add what is typed" in told
        assert "tab, ↑, ↓" in told
        assert "To the page before" not in told  # it is the first


def test_help_is_wrapped_once() -> None:
    assert flowed("\nOne\ntwo.\n\n  +  three\n  ~  four\n\nFive.\n") == "One two.\n\n  +  three\n  ~  four\n\nFive."


async def test_the_focus_is_seen_without_colour(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    await standing_at(wizard := wizards(), plan_text(sandbox), (AccessPage, EndpointPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "access")
        for place, text in (("kind", "A new one"), ("port-0", "3306 readwrite"), ("next", "Next")):
            pilot.app.screen.query_one(f"#{place}").focus()
            await until(pilot, lambda text=text: text in inverted(pilot), text)  # type: ignore[misc]
        pilot.app.screen.query_one("#name", Field).focus()
        await until(pilot, lambda: "" in inverted(pilot), "the field's cursor")


async def test_a_question_for_a_line_shows_where_to_type(wizards: Wizards) -> None:
    wizard = wizards()
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        wizard.push_screen(Ask("A name", "What is it called?"))
        await until(pilot, lambda: "type it here" in screen_text(pilot), "the field is seen")


async def test_a_key_on_the_way_through_a_form_does_not_replace_an_answer(
    wizards: Wizards, sandbox: Mapping[str, str]
) -> None:
    await standing_at(wizard := wizards(), plan_text(sandbox), (AccessPage, EndpointPage))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "access")
        name = pilot.app.screen.query_one("#name", Field)
        before = name.value
        await pilot.press("shift+tab", "shift+tab", "x")
        assert name.has_focus
        assert name.value == f"{before}x"
