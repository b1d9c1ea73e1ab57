"""What was left open comes first: told from the journals at once, gone on with or left, against the real sandbox."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Button

from core.work.events import RunEnded, StepChanged
from core.work.history import runs
from tests.plans import ec2, plan_text
from tests.tui.shortcut import left_at
from tests.tui.test_signals import read_until, terminal, wizard_on
from tests.tui.walk import Wizards, at, page, said, screen_text, until
from tests.work.office import Office
from tui.app import Wizard

KEY = "SKYSQL_API_KEY"


def folder_of(wizard: Wizard) -> Path:
    return wizard.entry.runs_folder


def flat(pilot: Pilot[int]) -> str:
    """The screen's words, wherever they wrap."""
    return " ".join(screen_text(pilot).split())


async def left(wizard: Wizard, env: Mapping[str, str], step: str, service: str = "orders-prod") -> RunEnded:
    ended = await left_at(folder_of(wizard), plan_text(env, service), step)
    assert ended.status == "interrupted", ended
    return ended


def recorded(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in sorted(folder.glob("*.jsonl"))]


async def test_a_run_that_got_to_its_end_is_not_asked_about(wizards: Wizards) -> None:
    wizard = wizards()
    assert (await Office(folder_of(wizard)).apply()).status == "done"
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")


async def test_tells_what_it_was_where_it_stopped_and_what_stands_and_resumes_live(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    wizard = own_wizards()
    stopped = await left(wizard, own_sandbox, "endpoint")
    async with wizard.run_test(size=(120, 40)) as pilot:
        await at(pilot, "unfinished")
        (past,) = wizard.left_open
        told = flat(pilot)
        for words in (
            "orders-prod (dbpgf00000001) in vpc-",
            "account 123456789012",
            f"run {stopped.run}",
            "at “VPC endpoint”: stopped.",
            "UTC: nobody can connect",
            f"security group {stopped.security_group_id}",
            "ready; PrivateLink, 1 account",
        ):
            assert words in told, words
        assert str(past.plan).replace(" ", "") in told.replace(" ", "")
        await pilot.press("enter")
        await at(pilot, "run")
        await until(pilot, lambda: wizard.result is not None, "the run ends")
        assert wizard.result is not None
        assert (wizard.result.status, wizard.result.run) == ("done", stopped.run)
        await pilot.press("ctrl+n")
        await at(pilot, "done")
        assert wizard.result.host in screen_text(pilot)


async def test_what_must_be_typed_to_sign_in_is_typed_first_and_then_it_goes_straight_on(
    own_wizards: Wizards, own_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard = own_wizards()
    await left(wizard, own_sandbox, "endpoint")
    monkeypatch.delenv(KEY)
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        await until(pilot, lambda: "There is no SkySQL API key." in flat(pilot), "why it is not known")
        assert "nobody can connect" in flat(pilot)
        await pilot.press("ctrl+n")
        await at(pilot, "sign_in")
        await pilot.press("escape")
        await at(pilot, "unfinished")
        await pilot.press("ctrl+n")
        await at(pilot, "sign_in")
        await pilot.press(*own_sandbox[KEY], "ctrl+n")
        await until(pilot, lambda: page(pilot) == "run", "the run")
        await until(pilot, lambda: wizard.result is not None, "the run ends")
    assert wizard.result is not None
    assert wizard.result.status == "done"


async def test_leave_changes_nothing_and_can_be_come_back_from(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    wizard = own_wizards()
    await left(wizard, own_sandbox, "switch")
    before = recorded(folder_of(wizard))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        await pilot.press("escape")
        await at(pilot, "sign_in")
        await pilot.press("escape")
        await at(pilot, "unfinished")
        await pilot.press("escape")
        await at(pilot, "sign_in")
    assert recorded(folder_of(wizard)) == before


async def test_a_switch_still_to_come_is_agreed_to_again(own_wizards: Wizards, own_sandbox: Mapping[str, str]) -> None:
    wizard = own_wizards()
    await left(wizard, own_sandbox, "switch")
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: page(pilot) == "Ask", "the name is asked for")
        await pilot.press("escape")
        await until(pilot, lambda: "Nothing was started" in said(pilot), "it says so")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: page(pilot) == "Ask", "the name is asked for")
        await pilot.press(*"orders-prod", "enter")
        await at(pilot, "run")
        await until(pilot, lambda: wizard.result is not None, "the run ends")
    assert wizard.result is not None
    assert wizard.result.status == "done"


async def test_another_account_is_told_before_anything_starts(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    wizard = own_wizards()
    await left(wizard, own_sandbox, "endpoint")
    (path,) = folder_of(wizard).glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"account": "123456789012"', b'"account": "210987654321"'))
    before = recorded(folder_of(wizard))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        for key in ("ctrl+n", "ctrl+u"):
            await pilot.press(key)
            await until(pilot, lambda: "worked in AWS account 210987654321" in said(pilot), "the refusal")
            assert page(pilot) == "unfinished"
    assert recorded(folder_of(wizard)) == before
    with ec2(own_sandbox) as client:
        endpoints = client.describe_vpc_endpoints()["VpcEndpoints"]
    assert not [each for each in endpoints if {"Key": "Name", "Value": "orders-prod"} in each.get("Tags", [])]


async def test_several_are_a_list_newest_first(own_wizards: Wizards, own_sandbox: Mapping[str, str]) -> None:
    wizard = own_wizards()
    first = await left(wizard, own_sandbox, "switch")
    second = await left(wizard, own_sandbox, "switch", "ledger-prod")
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "unfinished")
        assert [past.run for past in wizard.left_open] == [second.run, first.run]
        assert "2 runs have not got to their end" in screen_text(pilot)
        assert f"run {second.run}" in flat(pilot)
        await pilot.press("down")
        await until(pilot, lambda: f"run {first.run}" in flat(pilot), "the other run")
        await pilot.press("enter")
        assert isinstance(wizard.focused, Button)
        assert wizard.focused.id == "next"


async def test_one_that_somebody_works_on_says_who(own_wizards: Wizards, own_sandbox: Mapping[str, str]) -> None:
    from core.work.lock import locked

    wizard = own_wizards()
    await left(wizard, own_sandbox, "switch")
    (past,) = runs(folder_of(wizard))
    with locked(folder_of(wizard), past.service, wizard.entry.clock):
        async with wizard.run_test(size=(80, 24)) as pilot:
            await at(pilot, "unfinished")
            assert "wait for it to end, or stop it there" in flat(pilot)


def test_a_world_that_ends_with_the_program_is_asked_about_nothing(tmp_path: Path) -> None:
    """Neither about runs of the real world, nor later about its own."""
    folder = tmp_path / ".local" / "state" / "skysql-privatelink" / "runs"
    office = Office(folder)
    office.on_event = lambda event: office.stop.set() if isinstance(event, StepChanged) else None
    assert asyncio.run(office.apply()).status == "interrupted"
    before = recorded(folder)
    with terminal() as (ours, its), wizard_on(its, tmp_path):
        shown = read_until(ours, b"API key")
    assert b"Unfinished" not in shown
    assert recorded(folder) == before
