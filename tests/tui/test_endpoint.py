"""Page 6 against the sandbox: the endpoint's name, tags and private DNS."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from textual import events
from textual.pilot import Pilot

from core.draft import EndpointDraft
from core.values import VpcId
from tests.plans import ec2, plan_text, vpc_named
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, page, said, screen_text, until
from tui.app import Wizard
from tui.screens.access import AccessPage
from tui.screens.endpoint import EndpointPage
from tui.widgets.paste import TagField

Opened = tuple[Wizard, Pilot[int]]
FRESH = EndpointDraft()


@asynccontextmanager
async def endpoint_page(
    wizards: Wizards, sandbox: Mapping[str, str], vpc: str = "prod-core", endpoint: EndpointDraft = FRESH
) -> AsyncIterator[Opened]:
    """The page with the answers of `endpoint`, in the VPC of that name, between two others."""
    wizard = await standing_at(wizards(), plan_text(sandbox), (AccessPage, EndpointPage, AccessPage))
    with ec2(sandbox) as client:
        found = VpcId(vpc_named(client, vpc))
    wizard.draft = replace(wizard.draft, vpc=found, endpoint=endpoint)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "access")
        wizard.go(+1)
        await at(pilot, "endpoint")
        yield wizard, pilot


async def shows(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in screen_text(pilot), f"“{text}” on the screen")


async def says(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in said(pilot), f"“{text}” said")


def focused(pilot: Pilot[int]) -> str:
    widget = pilot.app.focused
    return widget.id or "" if widget else ""


async def test_the_service_gives_the_name_and_private_dns_is_on(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox) as (wizard, pilot):
        assert "Name          orders-prod" in screen_text(pilot)
        assert "▐X▌ Clients keep using dbpgf00000001" in screen_text(pilot)
        assert "✓ The VPC is ready" in screen_text(pilot)
        assert focused(pilot) == "name"
        await pilot.press("ctrl+n")
        await at(pilot, "access")
        assert wizard.draft.endpoint == EndpointDraft(name="orders-prod")


async def test_the_reason_for_private_dns_is_told(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox) as (_, pilot):
        assert "certificate" in screen_text(pilot)


async def test_private_dns_off_tells_what_it_means_for_tls(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press("tab", "tab", "space")
        await shows(pilot, "! Off: clients have to use the names that AWS gives")
        await pilot.press("ctrl+n")
        await at(pilot, "access")
        assert not wizard.draft.endpoint.private_dns


async def test_tags_are_told_as_they_are_understood(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox) as (_, pilot):
        await pilot.press("tab", *"team=payments")
        await shows(pilot, "1 tag: team = payments")
        await pilot.press(*",x")
        await shows(pilot, "✗ “x” is not key=value.")


async def test_pasted_lines_are_tags_of_their_own(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox) as (wizard, pilot):
        pilot.app.screen.query_one(TagField).post_message(events.Paste("team=payments\nenv=prod\n"))
        await shows(pilot, "2 tags: team = payments and env = prod")
        await pilot.press("ctrl+n")
        await at(pilot, "access")
        assert wizard.draft.endpoint.tags.strip() == "team=payments, env=prod"


async def test_a_paste_too_long_is_refused_whole(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox) as (_, pilot):
        field = pilot.app.screen.query_one(TagField)
        field.post_message(events.Paste("x" * 3000))
        await says(pilot, "nothing was pasted")
        assert field.value == ""


async def test_a_wrong_tag_is_refused_kept_and_takes_the_focus(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press("tab", *"aws:x=1", "shift+tab", "ctrl+n")
        await says(pilot, "begins with “aws:”")
        await until(pilot, lambda: focused(pilot) == "tags", "the tags are asked for")
        assert page(pilot) == "endpoint"
        assert wizard.draft.endpoint.tags == "aws:x=1"


async def test_an_empty_name_is_refused(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox, endpoint=EndpointDraft(name="x")) as (_, pilot):
        await pilot.press("end", "backspace", "tab", "ctrl+n")
        await says(pilot, "The name is empty.")
        await until(pilot, lambda: focused(pilot) == "name", "the name is asked for")


async def test_back_and_forth_keeps_what_is_wrong_too(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    typed = EndpointDraft(name="  mine ", tags="no tag, a=b", private_dns=False, enable_vpc_dns=False)
    async with endpoint_page(wizards, sandbox, endpoint=typed) as (wizard, pilot):
        await pilot.press("escape")
        await at(pilot, "access")
        assert wizard.draft.endpoint == typed


async def test_an_attribute_that_is_off_is_named_and_needs_a_yes(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with endpoint_page(wizards, sandbox, vpc="legacy") as (wizard, pilot):
        await shows(pilot, "✗ enableDnsHostnames is off in this VPC")
        await shows(pilot, "This changes the whole")
        await until(pilot, lambda: focused(pilot) == "enable", "the question has the focus")
        await pilot.press("ctrl+n")
        await says(pilot, "Agree to switch it on, or turn private DNS off.")
        await shows(pilot, "▐ ▌ Yes, for the whole VPC")
        await pilot.press("space")
        await shows(pilot, "enableDnsHostnames is off and will be switched on.")
        await pilot.press("ctrl+n")
        await at(pilot, "access")
        assert wizard.draft.endpoint.enable_vpc_dns


async def test_without_private_dns_nothing_of_the_vpc_is_asked_for(
    wizards: Wizards, sandbox: Mapping[str, str]
) -> None:
    off = EndpointDraft(private_dns=False)
    async with endpoint_page(wizards, sandbox, vpc="legacy", endpoint=off) as (_, pilot):
        assert "Yes, for the whole VPC" not in screen_text(pilot)
        await pilot.press("ctrl+n")
        await at(pilot, "access")
