"""Taking a link away in the wizard, from where a run has ended, against the real sandbox."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from textual.pilot import Pilot
from textual.widgets import Button

from core.facts import AllowedAddress
from core.plan import parse_plan
from core.values import ServiceId
from core.work.operation import apply
from core.work.steps.undo import UNDO_STEPS
from tests.plans import ec2, plan_text
from tests.tui.shortcut import aged, left_at, standing_at, stopping_at
from tests.tui.test_unfinished import flat, folder_of, left
from tests.tui.walk import Wizards, at, page, said, screen_text, until
from tui.app import Wizard
from tui.screens import PAGES
from tui.screens.run import RunPage

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

ORDERS = ServiceId("dbpgf00000001")


async def agreed(pilot: Pilot[int]) -> None:
    """Say yes on the Undo page, by the service's name."""
    await pilot.press("ctrl+n")
    await until(pilot, lambda: page(pilot) == "Ask", "the name is asked for")
    await pilot.press(*"orders-prod", "enter")
    await at(pilot, "run")


async def ended(pilot: Pilot[int], wizard: Wizard) -> None:
    await until(pilot, lambda: wizard.result is not None, "it ends")
    await until(pilot, lambda: wizard.progress is not None and wizard.progress.result is not None)


async def made(wizard: Wizard, env: Mapping[str, str]) -> list[str]:
    """Ids of what carries this program's tags, and how the service is reached."""
    service = await wizard.signed_in.world.skysql.service(ORDERS)
    ours: list[FilterTypeDef] = [{"Name": "tag:managed-by", "Values": ["skysql-privatelink"]}]
    with ec2(env) as client:
        endpoints = [each["VpcEndpointId"] for each in client.describe_vpc_endpoints(Filters=ours)["VpcEndpoints"]]
        groups = [each["GroupId"] for each in client.describe_security_groups(Filters=ours)["SecurityGroups"]]
    return [*endpoints, *groups, *(each.mechanism for each in service.endpoints)]


async def test_from_the_first_page_an_unfinished_run_is_taken_back(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    wizard = own_wizards()
    await left(wizard, own_sandbox, "private_dns")
    aged(folder_of(wizard))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        await pilot.press("ctrl+u")
        await at(pilot, "undo")
        shown = flat(pilot)
        assert "- VPC endpoint vpce-" in shown
        assert "2 taken away" in shown
        assert isinstance(wizard.focused, Button)
        assert wizard.focused.id == "back", "No has the focus"
        await pilot.press("ctrl+n")
        await until(pilot, lambda: page(pilot) == "Ask", "the name is asked for")
        assert "interrupts it once more" in flat(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "Nothing was started" in said(pilot), "it says so")
        await agreed(pilot)
        await ended(pilot, wizard)
        told = flat(pilot)
        assert "The link is undone" in told
        assert "Undone The link to orders-prod is undone. orders-prod is reached by its public address again" in told
        assert "Reachable again. It was unreachable for" in told
        for step in UNDO_STEPS:
            assert step.title in screen_text(pilot)
        assert await made(wizard, own_sandbox) == ["nlb"]
        await pilot.press("ctrl+n")
        await until(pilot, lambda: wizard.return_code is not None, "the end")
    assert wizard.return_code == 0


async def test_from_the_done_page_and_an_undo_that_was_stopped_goes_on(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    wizard = await standing_at(own_wizards(), plan_text(own_sandbox), PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        wizard.start_run(parse_plan(plan_text(own_sandbox)))
        wizard.go_to("run")
        await at(pilot, "run")
        await ended(pilot, wizard)
        await pilot.press("ctrl+n")
        await at(pilot, "done")
        await pilot.press("ctrl+u")
        await at(pilot, "undo")
        await pilot.press("escape")
        await at(pilot, "done")
        aged(folder_of(wizard))
        await pilot.press("ctrl+u")
        await at(pilot, "undo")
        stopping_at(wizard, "switch_back")
        await agreed(pilot)
        await ended(pilot, wizard)
        assert wizard.result is not None
        assert wizard.result.status == "interrupted", wizard.result
        await until(pilot, lambda: "The undo was stopped" in screen_text(pilot))
        assert "^u Undo" not in screen_text(pilot)
    again = own_wizards()
    async with again.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        assert "Undo of the link to orders-prod" in flat(pilot)
        await pilot.press("ctrl+n")
        await at(pilot, "undo")
        await agreed(pilot)
        await ended(pilot, again)
        assert again.result is not None
        assert (again.result.status, again.result.kind) == ("done", "undo"), again.result
        assert await made(again, own_sandbox) == ["nlb"]


async def test_after_a_stop_the_run_page_leads_to_the_undo(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    wizard = own_wizards()
    await left(wizard, own_sandbox, "available")
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        stopping_at(wizard, "private_dns")
        await pilot.press("ctrl+n")
        await at(pilot, "run")
        await ended(pilot, wizard)
        assert "^u Undo" in screen_text(pilot)
        await pilot.press("ctrl+u")
        await at(pilot, "undo")
        await pilot.press("escape")
        await at(pilot, "run")
        assert "The run was stopped" in screen_text(pilot)


async def test_who_may_connect_is_asked_where_only_another_machine_knows_it(
    own_wizards: Wizards, own_sandbox: Mapping[str, str], tmp_path: Path
) -> None:
    plan = plan_text(own_sandbox)
    elsewhere = await left_at(tmp_path / "elsewhere", plan, "nowhere")
    assert elsewhere.status == "done"
    wizard = await standing_at(own_wizards(), plan, (RunPage, *PAGES[-1:]))
    assert (await apply(wizard.signed_in.world, parse_plan(plan), folder_of(wizard), lambda _: None, wizard._stop)).run
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        aged(folder_of(wizard))
        (mine,) = folder_of(wizard).glob("*.jsonl")
        wizard.turn_to_undo(mine.stem)
        await at(pilot, "undo")
        assert "Who may connect" in screen_text(pilot)
        wizard.screen.query_one("#allow").focus()
        await pilot.press(*"198.51.100.0/24 nonsense", "ctrl+n")
        await until(pilot, lambda: "-wrong" in wizard.screen.query_one("#says").classes, "the refusal")
        await pilot.press("home", "ctrl+k", *"198.51.100.0/24")
        await agreed(pilot)
        await ended(pilot, wizard)
        assert wizard.result is not None
        assert wizard.result.status == "done", wizard.result
        allowed = await wizard.signed_in.world.skysql.allow_list(wizard.chosen_service.id)
        assert allowed == (AllowedAddress("198.51.100.0/24"),)
