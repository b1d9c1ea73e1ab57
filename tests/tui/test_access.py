"""Page 5 against the sandbox: who may reach the port, by a new group's rules or by groups that are there."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from core.draft import GroupDraft
from core.problems import NotAllowed
from core.values import Source
from tests.plans import ec2, plan_text, vpc_named
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, page, said, screen_text, settled, until
from tui.app import Wizard
from tui.readings import Readings
from tui.screens.access import AccessPage
from tui.screens.endpoint import EndpointPage
from tui.screens.network import NetworkPage

Opened = tuple[Wizard, Pilot[int]]
FRESH, EXISTING = GroupDraft(), GroupDraft(existing=True)
RANGE, VPC_RANGE = Source("10.1.0.0/16"), Source("10.20.0.0/16")


@asynccontextmanager
async def access_page(wizards: Wizards, sandbox: Mapping[str, str], group: GroupDraft = FRESH) -> AsyncIterator[Opened]:
    """The page with the answers of `group`, its neighbour before and behind it."""
    wizard = await standing_at(wizards(), plan_text(sandbox), (NetworkPage, AccessPage, EndpointPage))
    wizard.draft = replace(wizard.draft, group=group)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "network")
        wizard.go(+1)
        await at(pilot, "access")
        yield wizard, pilot


async def shows(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in screen_text(pilot), f"“{text}” on the screen")


async def says(pilot: Pilot[int], text: str) -> None:
    await until(pilot, lambda: text in said(pilot), f"“{text}” said")


async def goes_on(pilot: Pilot[int]) -> None:
    await pilot.press("ctrl+n")
    await at(pilot, "endpoint")


def focused(pilot: Pilot[int]) -> str:
    widget = pilot.app.focused
    return widget.id or "" if widget else ""


def sources(wizard: Wizard) -> list[str]:
    """What is on the list, as the draft would hold it."""
    screen = wizard.screen
    assert isinstance(screen, AccessPage)
    return list(screen.collect(wizard.draft).group.sources)


# ------------------------------------------------------------------------------------------ who reaches the port


async def test_the_effect_of_a_rule_is_seen_while_it_is_written(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        await shows(pilot, "None of 4 instances reaches 3306.")
        await pilot.press(*"10.20.16.0/20")
        await shows(pilot, "With 10.20.16.0/20: 1 of 4 instances reaches 3306; not app-2")
        await pilot.press("enter", *"10.20.0.4")
        await shows(pilot, "With 10.20.0.4/32: 2 of 4 instances reach 3306; not app-2 and batch.")
        await pilot.press("ctrl+u")
        await until(pilot, lambda: "With" not in screen_text(pilot), "only what is on the list")
        await shows(pilot, "1 of 4 instances reaches 3306; not app-2, batch and jump.")


async def test_a_group_that_runs_nowhere_lets_nobody_in(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        await pilot.press(*"db-cl", "down", "enter")
        await shows(pilot, "3306 readwrite  db-clients (sg-")
        await shows(pilot, "None of 4 instances reaches 3306.")


async def test_each_port_has_its_own_line_and_rows(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    group = GroupDraft(name="mine", description="mine", ports=("readwrite", "readonly"), sources=(VPC_RANGE,))
    async with access_page(wizards, sandbox, group) as (_, pilot):
        await shows(pilot, "All 4 instances reach 3306.")
        await shows(pilot, "All 4 instances reach 3307.")
        await pilot.press("f2")
        await shows(pilot, "Who reaches port 3306 or 3307")
        await shows(pilot, "3307  batch")


async def test_every_client_is_listed_with_the_rule_that_decides(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    group = GroupDraft(name="mine", description="mine", sources=(Source("10.20.16.0/20"),), typed="keep me")
    async with access_page(wizards, sandbox, group) as (wizard, pilot):
        await shows(pilot, "1 of 4 instances reaches 3306")
        await pilot.press("f2")
        await shows(pilot, "app-1   ✓ yes")
        await shows(pilot, "✓ yes: mine admits 10.20.16.0/20 on 3306.")
        await pilot.press("down", "down")
        await shows(pilot, "✗ no: mine has no rule that admits 10.20.32.4 or app-servers on 3306.")
        await pilot.press("up", "up", *"bastion")
        await until(pilot, lambda: "app-2" not in screen_text(pilot), "only what holds the text")
        await shows(pilot, "jump    ✗ no")
        await pilot.press(*" nowhere")
        await shows(pilot, "Nothing in the list holds this.")
        await pilot.press("escape")
        await until(pilot, lambda: page(pilot) == "access", "back on the page")
        assert sources(wizard) == ["10.20.16.0/20"]
        assert "Let in        keep me" in screen_text(pilot)


async def test_who_is_on_a_prefix_list_is_read_from_it(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        await pilot.press(*"office", "down", "enter")
        await shows(pilot, "3306 readwrite  office-networks (pl-")
        await shows(pilot, "None of 4 instances reaches 3306.")


async def test_a_prefix_list_that_may_not_be_read_leaves_it_open(
    wizards: Wizards, sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forbidden(*_: object) -> Mapping[str, object]:
        raise NotAllowed("aws.UnauthorizedOperation", "It may not be read.")

    monkeypatch.setattr(Readings, "prefix_list_entries", forbidden)
    async with access_page(wizards, sandbox) as (_, pilot):
        await pilot.press(*"office", "down", "enter")
        await shows(pilot, "not known: app-1, app-2, batch and 1 more.")


# ------------------------------------------------------------------------------------------ a new group


async def test_a_group_is_proposed_and_a_source_is_asked_for(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        assert "orders-prod-privatelink" in screen_text(pilot)
        assert "▐X▌ 3306 readwrite" in screen_text(pilot)
        assert "▐ ▌ 3307 readonly" in screen_text(pilot)
        assert focused(pilot) == "source"


async def test_a_service_without_ports_is_told_and_refused(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    wizard = await standing_at(wizards(), plan_text(sandbox), (AccessPage,))
    assert wizard.service is not None
    wizard.service = replace(wizard.service, endpoints=())
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "access")
        await shows(pilot, "SkySQL names none yet.")
        await pilot.press("ctrl+n")
        await says(pilot, "No port is chosen.")


@pytest.mark.parametrize(
    ("typed", "source", "told"),
    [
        ("203.0.113.9", "203.0.113.9/32", "An address stands as 203.0.113.9/32."),
        ("10.20.3.4/16", "10.20.0.0/16", "AWS stores 10.20.3.4/16 as 10.20.0.0/16."),
    ],
)
async def test_what_is_typed_is_made_exact_and_told(
    wizards: Wizards, sandbox: Mapping[str, str], typed: str, source: str, told: str
) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*typed, "enter")
        await says(pilot, told)
        await shows(pilot, f"3306 readwrite  {source}")
        assert sources(wizard) == [source]


async def test_groups_of_running_instances_are_suggested_with_how_many(
    wizards: Wizards, sandbox: Mapping[str, str]
) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        await shows(pilot, "carried by 3 running instances")
        await shows(pilot, "the whole VPC")


async def test_typing_narrows_the_suggestions_and_down_and_enter_take_one(
    wizards: Wizards, sandbox: Mapping[str, str]
) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"app-s")
        await until(pilot, lambda: "bastion" not in screen_text(pilot), "only what holds the text")
        await pilot.press("down", "enter")
        await shows(pilot, "3306 readwrite  app-servers (sg-")
        assert [source[:3] for source in sources(wizard)] == ["sg-"]
        await until(pilot, lambda: focused(pilot) == "source", "back in the field")


async def test_down_goes_onto_the_first_suggestion(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        await pilot.press("down", "enter")
        await shows(pilot, "3306 readwrite  app-servers (sg-")


async def test_part_of_a_name_is_refused_and_kept(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"app-s", "enter")
        await says(pilot, "press Down")
        assert sources(wizard) == []
        assert "Let in        app-s" in screen_text(pilot)


async def test_a_range_inside_another_is_pointed_out(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        await pilot.press(*"10.20.0.0/16", "enter", *"10.20.3.0/24", "enter")
        await shows(pilot, "! 10.20.3.0/24 lies inside 10.20.0.0/16")


async def test_a_source_typed_twice_stands_once_and_is_told(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"10.1.0.0/16", "enter", *"10.1.2.3/16", "enter")
        await says(pilot, "10.1.0.0/16 is on the list already.")
        assert sources(wizard) == ["10.1.0.0/16"]


async def test_delete_takes_a_source_out_for_every_port(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    group = GroupDraft(name="mine", description="mine", ports=("readwrite", "readonly"), sources=(RANGE,))
    async with access_page(wizards, sandbox, group) as (wizard, pilot):
        await shows(pilot, "3307 readonly   10.1.0.0/16")
        pilot.app.screen.query_one("#rules").focus()
        await pilot.press("delete")
        await says(pilot, "10.1.0.0/16 is not admitted any more.")
        assert sources(wizard) == []
        assert "3306 readwrite  10.1" not in screen_text(pilot)


async def test_everybody_needs_a_second_yes_and_no_has_the_focus(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"0.0.0.0/0", "enter")
        await until(pilot, lambda: page(pilot) == "Confirm", "the question")
        assert focused(pilot) == "no"
        await pilot.press("enter")
        await says(pilot, "0.0.0.0/0 was not agreed to.")
        assert sources(wizard) == []
        assert "Let in        0.0.0.0/0" in screen_text(pilot)


async def test_a_second_yes_is_remembered_until_the_source_is_gone(
    wizards: Wizards, sandbox: Mapping[str, str]
) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"0.0.0.0/0", "enter")
        await until(pilot, lambda: page(pilot) == "Confirm", "the question")
        await pilot.press("y")
        await shows(pilot, "everywhere (0.0.0.0/0)")
        await goes_on(pilot)
        assert wizard.draft.group.anywhere_agreed
        wizard.go(-1)
        await at(pilot, "access")
        pilot.app.screen.query_one("#rules").focus()
        await pilot.press("delete", "escape")
        await at(pilot, "network")
        assert not wizard.draft.group.anywhere_agreed


async def test_next_adds_what_is_typed(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"10.20.0.0/16")
        await goes_on(pilot)
        assert wizard.draft.group.sources == ("10.20.0.0/16",)
        assert wizard.draft.group.typed == ""


async def test_next_refuses_what_cannot_be_added_and_keeps_it(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"10.20.0.0/99", "ctrl+n")
        await says(pilot, "“10.20.0.0/99” is neither an address nor a CIDR range.")
        assert page(pilot) == "access"
        assert wizard.draft.group.typed == "10.20.0.0/99"


async def test_without_a_source_nobody_could_connect(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        await pilot.press("ctrl+n")
        await says(pilot, "No source is named")
        await until(pilot, lambda: focused(pilot) == "source", "the source is asked for")


async def test_a_refused_name_takes_the_focus(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    group = GroupDraft(name="sg-mine", description="mine", sources=(RANGE,))
    async with access_page(wizards, sandbox, group) as (_, pilot):
        await pilot.press("ctrl+n")
        await says(pilot, "cannot begin with “sg-”")
        await until(pilot, lambda: focused(pilot) == "name", "the name is asked for")


async def test_back_and_forth_keeps_everything_right_or_wrong(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await pilot.press(*"10.1.0.0/16", "enter", *"not add")
        await pilot.press("shift+tab", "end", *"!?", "shift+tab", "end", *"-2", "shift+tab", "space")
        await pilot.press("escape")
        await at(pilot, "network")
        kept = wizard.draft.group
        assert kept.name == "orders-prod-privatelink-2"
        assert kept.description.endswith("PrivateLink!?")
        assert kept.ports == ("readwrite", "readonly")
        assert kept.sources == ("10.1.0.0/16",)
        assert kept.typed == "not add"
        await pilot.press("ctrl+n")
        await at(pilot, "access")
        await pilot.press("escape")
        await at(pilot, "network")
        assert wizard.draft.group == kept


async def test_where_prefix_lists_may_not_be_read_the_page_does_without(
    wizards: Wizards, sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(*_: object) -> None:
        raise NotAllowed("aws-not-allowed", "You may not list prefix lists.")

    monkeypatch.setattr(Readings, "prefix_lists", refused)
    async with access_page(wizards, sandbox) as (wizard, pilot):
        await says(pilot, "You may not list prefix lists.")
        await pilot.press(*"pl-0123456789abcdef0", "enter")
        await until(pilot, lambda: sources(wizard) == ["pl-0123456789abcdef0"], "an id is believed")


# ------------------------------------------------------------------------------------------ existing groups


async def test_existing_groups_are_judged_in_words(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox) as (_, pilot):
        pilot.app.screen.query_one("#kind").focus()
        await pilot.press("right")
        await shows(pilot, "✓ 3306 from app-servers (sg-")
        await shows(pilot, "✗ admits nobody on 3306")
        await shows(pilot, "0 of at most 5 chosen")


async def test_groups_are_chosen_by_space_and_go_into_the_draft(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox, EXISTING) as (wizard, pilot):
        assert focused(pilot) == "filter"
        await pilot.press(*"default", "down", "space")
        await shows(pilot, "1 of at most 5 chosen: default")
        await goes_on(pilot)
        group = wizard.draft.group
        assert group.existing
        with ec2(sandbox) as client:
            found = client.describe_security_groups(
                Filters=[
                    {"Name": "vpc-id", "Values": [vpc_named(client, "prod-core")]},
                    {"Name": "group-name", "Values": ["default"]},
                ]
            )["SecurityGroups"]
        assert list(group.ids) == [found[0]["GroupId"]]


async def test_a_chosen_group_can_be_taken_out_again(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox, EXISTING) as (_, pilot):
        await pilot.press("down", "enter")
        await shows(pilot, "1 of at most 5")
        await pilot.press("enter")
        await shows(pilot, "0 of at most 5")
        await pilot.press("ctrl+n")
        await says(pilot, "No security group is chosen.")


async def test_groups_that_keep_everybody_out_are_told(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox, EXISTING) as (_, pilot):
        await pilot.press(*"bastion", "down", "space")
        await shows(pilot, "! None of the chosen groups admits anybody on 3306")


async def test_whom_chosen_groups_reach_is_counted(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox, EXISTING) as (_, pilot):
        await pilot.press(*"db-clients", "down", "space")
        await shows(pilot, "3 of 4 instances reach 3306; not jump.")
        await pilot.press("space")
        await until(pilot, lambda: "reach 3306" not in screen_text(pilot), "nothing of no group")


async def test_up_from_the_list_leads_back_to_its_field(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox, EXISTING) as (_, pilot):
        await pilot.press("down")
        assert focused(pilot) == "groups"
        await pilot.press("up")
        await until(pilot, lambda: focused(pilot) == "filter", "the filter")


async def test_a_cut_row_can_be_read_whole(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox, EXISTING) as (_, pilot):
        await pilot.press(*"db-clients", "down", "v")
        await until(pilot, lambda: page(pilot) == "Reading", "the row in full")
        assert "[ ] db-clients" in screen_text(pilot)


async def test_help_tells_the_keys_of_the_list_in_focus(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    async with access_page(wizards, sandbox, EXISTING) as (_, pilot):
        await pilot.press("down")
        screen = pilot.app.screen
        assert isinstance(screen, AccessPage)
        assert "Put the group under the cursor in" in screen.help_text()


async def test_a_wide_terminal_shows_more(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    wizard = await standing_at(wizards(), plan_text(sandbox), (AccessPage,))
    async with wizard.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: settled(pilot), "read")
        screen = pilot.app.screen
        assert screen.query_one("#suggestions").size.height > 8
        assert screen.query_one("#next", Button).region.bottom < 40
