"""Secrets that are typed into the wizard, or repeated to it: none is on a picture of the screen or in what it saves."""

from collections.abc import Mapping
from html import unescape
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.plans import plan_text
from tests.planted import ENVIRONMENT, aws_echo, betrayed, handed_out, secrets_of, skysql_echo
from tests.relay import relayed
from tests.tui.conftest import lay_over
from tests.tui.scenes import finished
from tests.tui.shortcut import standing_at
from tests.tui.test_signals import read_until, terminal, wizard_on
from tests.tui.walk import Wizards, at, page, said, screen_text, until
from tui.screens.review import ReviewPage
from tui.screens.run import RunPage
from tui.widgets.field import Choice


def picture(pilot: Pilot[int]) -> str:
    """All that an SVG of the screen says, and the SVG itself."""
    svg = pilot.app.export_screenshot()
    return svg + unescape(svg).replace("\xa0", " ") + screen_text(pilot)


async def test_a_key_that_is_typed_and_repeated_is_on_no_picture(
    wizards: Wizards, sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with relayed(sandbox) as (relay, variables):
        lay_over(monkeypatch, variables)
        monkeypatch.delenv("SKYSQL_API_KEY")
        typed = "typed-skysql-key-that-nobody-knows"
        relay.answers = {"GET /provisioning/v1/versions?page_size=1": lambda headers: skysql_echo(headers, 401)}
        async with wizards().run_test(size=(120, 40)) as pilot:
            await at(pilot, "sign_in")
            await pilot.press(*typed)
            assert betrayed(picture(pilot), [typed]) == []
            await pilot.press("ctrl+n")
            await until(pilot, lambda: said(pilot).startswith("✗"), "the refusal")
            assert betrayed(picture(pilot), [typed]) == []


async def test_a_code_that_is_typed_is_on_no_picture(wizards: Wizards) -> None:
    async with wizards().run_test(size=(80, 24)) as pilot:
        await at(pilot, "sign_in")
        pilot.app.screen.query_one("#profile", Choice).value = "mfa-admin"
        await until(pilot, lambda: page(pilot) == "Ask", "the question for the code")
        await pilot.press(*"654321")
        await pilot.pause()
        assert "654321" not in picture(pilot)
        await pilot.press("escape")


async def test_what_a_run_shows_and_keeps_betrays_nothing(
    own_wizards: Wizards, own_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = plan_text(own_sandbox)
    with relayed(own_sandbox) as (relay, variables):
        role = dict.fromkeys(("AWS_PROFILE", "AWS_DEFAULT_PROFILE"), "network-admin")
        lay_over(monkeypatch, {**variables, **ENVIRONMENT, **role})
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        relay.answers = {"ec2:CreateSecurityGroup": aws_echo}
        wizard = await standing_at(own_wizards(), text, (ReviewPage, RunPage))
        async with wizard.run_test(size=(120, 40)) as pilot:
            await at(pilot, "review")
            await pilot.press("ctrl+n")
            await until(pilot, lambda: page(pilot) == "Ask")
            await pilot.press(*"orders-prod", "enter")
            await until(pilot, lambda: wizard.result is not None, "the end of the run", 60)
            await at(pilot, "run")
            secrets = secrets_of(variables) | handed_out(relay)
            assert betrayed(picture(pilot), secrets) == []
            await pilot.press("l")
            await pilot.pause()
            assert betrayed(picture(pilot), secrets) == []
        assert wizard.result is not None
        assert wizard.result.status == "failed"
    kept = [path for path in (tmp_path / "state").iterdir() if path.is_file()]
    assert kept
    assert {path.name: betrayed(path.read_text(), secrets) for path in kept} == {path.name: [] for path in kept}


async def test_the_page_that_is_saved_holds_none(
    wizards: Wizards, sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lay_over(monkeypatch, {**sandbox, **ENVIRONMENT})
    target = tmp_path / "link.txt"
    async with wizards().run_test(size=(80, 24)) as pilot:
        await finished(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: page(pilot) == "Ask", "the name is asked for")
        await pilot.press("home", "ctrl+k", *str(target), "enter")
        await until(pilot, lambda: "Saved to" in said(pilot))
    assert "jdbc:mariadb" in target.read_text()
    assert betrayed(target.read_text(), secrets_of(sandbox)) == []


CRASH = """
import os, sys
from tui.screens.sign_in import SignInPage
async def broken(self):
    raise ZeroDivisionError(os.environ["SKYSQL_API_KEY"], os.environ["MYSQL_PWD"])
SignInPage.load = broken
from tui.__main__ import main
sys.argv[1:] = ["--debug"]
main()
"""


def test_a_crash_of_the_wizard_is_told_without(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    """On a terminal of its own: what is left on it, and the log."""
    variables = {**sandbox, **ENVIRONMENT}
    with terminal() as (ours, its), wizard_on(its, tmp_path, variables=variables, program=("-c", CRASH)) as process:
        shown = read_until(ours, b"Log: ")
        assert process.wait(30) == 1, shown
    text = shown.decode("utf-8", "replace")
    assert "ZeroDivisionError" in text
    (log,) = (tmp_path / ".local" / "state" / "skysql-privatelink" / "logs").iterdir()
    assert "ZeroDivisionError" in log.read_text()
    for told in (text, log.read_text()):
        assert betrayed(told, secrets_of(variables)) == []
