"""Why an application cannot connect, on a page: against the real sandbox, with a made-up way to the database."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from core.connection import Proof, Resolved
from core.values import VpcId
from core.work.doctor import Diagnosis
from core.work.progress import begin, fold
from core.work.steps import STEPS
from tests.checks.test_doctor import CASE, case, dns_off, group_with, tcp
from tests.checks.test_proof import GOOD, SIGNED_IN
from tests.plans import plan_text
from tests.tui.probed import probed
from tests.tui.scenes import ENDED, history
from tests.tui.shortcut import left_at, linking, standing_at
from tests.tui.test_proof import OUTSIDE, UNKNOWN
from tests.tui.test_unfinished import flat, folder_of
from tests.tui.walk import Wizards, at, page, said, screen_text, to, until
from tests.work.fake import VPC
from tests.work.test_proving import STAGES
from tui.app import Wizard
from tui.screens import PAGES
from tui.screens.doctor import DoctorPage
from tui.screens.done import DonePage
from tui.screens.run import RunPage
from tui.screens.service import ServicePage


@pytest.fixture
async def wizard(wizards: Wizards, sandbox: Mapping[str, str]) -> Wizard:
    """At the Done page."""
    wizard = await standing_at(wizards(), plan_text(sandbox), (DonePage, *PAGES[1:-1]))
    wizard.result = ENDED
    return wizard


async def shown(pilot: Pilot[int], *diagnoses: Diagnosis) -> DoctorPage:
    """The page over the Done page, with what it might have found."""
    await at(pilot, "done")
    await pilot.press("f3")
    await at(pilot, "doctor")
    screen = cast("DoctorPage", pilot.app.screen)
    for diagnosis in diagnoses:
        screen._show(diagnosis)
    screen._end(diagnoses[-1])
    await pilot.pause()
    return screen


async def test_from_the_list_of_services_and_back(wizards: Wizards) -> None:
    """ledger-prod is private, and nothing in this account leads to it."""
    wizard = await linking(wizards(), "ledger-prod", (ServicePage, *PAGES[2:]))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "service")
        assert "f3 Doctor" in screen_text(pilot)
        await pilot.press("f3")
        await at(pilot, "doctor")
        told = flat(pilot)
        assert "✓ Service ledger-prod is ready, in us-east-2." in told
        assert "✗ Endpoint No VPC endpoint of account 123456789012 in us-east-2 leads to com.amazonaws.vpce" in told
        assert "Why None was made there, or it is in another account" in told
        assert "Not tried State, Zones, Interfaces, Groups, Network ACLs" in told
        assert said(pilot) == "The chain is broken at Endpoint."
        await pilot.press("escape")
        await at(pilot, "service")


async def test_coming_back_the_service_that_was_examined_is_marked(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await to(pilot, "service")
        await pilot.press(*"ledger")
        await until(pilot, lambda: "f3 Doctor" in screen_text(pilot), "the filter")
        await pilot.press("f3")
        await at(pilot, "doctor")
        await pilot.press("escape")
        await at(pilot, "service")
        await until(pilot, lambda: "f3 Doctor" in screen_text(pilot), "the private service is marked")


async def test_a_public_service_has_no_doctor_in_the_list(wizards: Wizards) -> None:
    wizard = await linking(wizards(), "orders-prod", (ServicePage, *PAGES[2:]))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "service")
        assert "f3 Doctor" not in screen_text(pilot)
        await pilot.press("f3")
        await pilot.pause()
        assert page(pilot) == "service"


async def test_enter_leads_to_the_page_that_puts_it_right(wizards: Wizards) -> None:
    wizard = await linking(wizards(), "ledger-prod", (ServicePage, *PAGES[2:]))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "service")
        await pilot.press("f3")
        await at(pilot, "doctor")
        assert isinstance(wizard.focused, Button)
        assert str(wizard.focused.label) == "To Network"
        await pilot.press("enter")
        await at(pilot, "network")
        assert wizard.draft.service_name == "ledger-prod"


@pytest.mark.parametrize(("vpc", "label"), [(None, "To Network"), (VPC, "To Endpoint")])
async def test_a_page_that_asks_about_a_vpc_comes_after_its_choice(
    wizards: Wizards, vpc: VpcId | None, label: str
) -> None:
    wizard = await linking(wizards(), "orders-prod", (DonePage, *PAGES[1:-1]))
    wizard.result, wizard.draft = ENDED, replace(wizard.draft, service=CASE.service.id, vpc=vpc)
    led_elsewhere = replace(GOOD, resolved=Resolved(), target=replace(GOOD.target, private_dns=False))
    async with wizard.run_test(size=(80, 24)) as pilot:
        screen = await shown(pilot, Diagnosis(case(**dns_off()), led_elsewhere))
        assert str(screen.query_one("#next", Button).label) == label


async def test_a_chain_that_holds_is_proved_from_here(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await shown(pilot, Diagnosis(CASE, replace(GOOD, login=SIGNED_IN)))
        assert "✓ Query" in screen_text(pilot), "the end of it is in view"
        assert said(pilot) == "The connection works from this machine."
        assert "All 2 instances reach 3306" in screen_text(pilot)
        assert not wizard.screen.query_one("#next").display


async def test_links_come_as_they_are_judged(wizard: Wizard) -> None:
    async with wizard.run_test(size=(120, 40)) as pilot:
        screen = await shown(pilot, Diagnosis(CASE))
        screen._show(Diagnosis(case(network=None)))
        await pilot.pause()
        assert "✓ State" in screen_text(pilot)
        assert "▸ Zones" in screen_text(pilot)
        assert "· Query" in screen_text(pilot)


async def test_who_reaches_it_is_listed(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await shown(pilot, Diagnosis(case(**group_with(tcp("10.0.1.0/24")))))
        await pilot.press("f2")
        await until(pilot, lambda: page(pilot) == "ReachList", "the list")
        assert "Who reaches port 3306 or 3307" in screen_text(pilot)
        assert "✗ no" in screen_text(pilot)


async def test_outside_the_vpc_lines_for_another_machine_are_shown_and_copied(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await shown(pilot, Diagnosis(CASE, replace(GOOD, here=OUTSIDE, resolved=Resolved(trouble="unknown"))))
        assert "To paste on a machine in vpc-0123" in flat(pilot)
        assert "All that can be seen from here holds." in said(pilot)
        await pilot.press("c")
        await until(pilot, lambda: "Copied: the first line" in said(pilot), "it says so")
        assert wizard.clipboard.startswith("mariadb --host dbpgf00000001")


async def test_the_chain_itself_is_copied_otherwise(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await shown(pilot, Diagnosis(CASE, GOOD))
        await pilot.press("c")
        assert wizard.clipboard.splitlines()[4] == "✓ State        vpce-1 is available."


async def test_it_looks_again_by_a_key(own_wizards: Wizards, own_sandbox: Mapping[str, str]) -> None:
    """After a run that was stopped, over a link that came to stand meanwhile."""
    wizard = own_wizards()
    text = plan_text(own_sandbox)
    await left_at(folder_of(wizard), text, "endpoint")
    wizard = await standing_at(wizard, text, PAGES)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        await pilot.press("f3")
        await at(pilot, "doctor")
        assert "✗ Endpoint" in screen_text(pilot)
        assert "go on with run" in flat(pilot)
        await left_at(folder_of(wizard), text, "nowhere")
        prober = probed(wizard, STAGES, SIGNED_IN)
        await pilot.press("ctrl+r")
        await at(pilot, "doctor")
        await until(pilot, lambda: "The connection works" in said(pilot), "now it holds")
        (target,) = prober.targets
        assert target.addresses == ("10.20.16.5", "10.20.32.5", "10.20.48.5")
        assert prober.passwords == ["made-up-dbpgf00000001"]


async def test_it_can_be_left_in_the_middle(wizard: Wizard) -> None:
    probed(wizard, [Proof(UNKNOWN[0].target), *UNKNOWN])
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("f3", "escape")
        await at(pilot, "done")


async def test_it_explains_itself(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await shown(pilot, Diagnosis(CASE, GOOD))
        await pilot.press("f1")
        await until(pilot, lambda: page(pilot) == "Reading", "the help")
        assert "one that is missing is enough" in flat(pilot)


async def test_a_run_that_failed_leads_there_and_back(wizards: Wizards, sandbox: Mapping[str, str]) -> None:
    wizard = await standing_at(wizards(), plan_text(sandbox), (RunPage, *PAGES[:-2]))
    failed = replace(ENDED, status="failed", exit_code=1)
    wizard.progress = fold(fold(begin(STEPS), history()[0]), failed)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "run")
        assert "F3 goes through all that a connection needs" in said(pilot)
        await pilot.press("f3")
        await at(pilot, "doctor")
        assert "✗ PrivateLink" in screen_text(pilot)
        await pilot.press("escape")
        await at(pilot, "run")
        assert "The run failed" in screen_text(pilot)
