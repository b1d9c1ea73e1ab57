"""Page 9, opened at once after a run that was told."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from core.work.progress import begin, fold
from core.work.steps import STEPS
from tests.plans import ec2, one_subnet_a_zone, plan_text, vpc_named
from tests.tui.scenes import ENDED, history
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, page, said, screen_text, text_of, until
from tui.app import Wizard
from tui.screens.done import DonePage
from tui.widgets.field import Table

TABS = (
    "mariadb client",
    "Client option file",
    "Python",
    "Java",
    "Node.js (mariadb)",
    "Node.js (mysql2)",
    "Keep in mind",
)


@pytest.fixture
async def wizard(wizards: Wizards, sandbox: Mapping[str, str]) -> Wizard:
    return await ended(wizards, sandbox)


async def ended(wizards: Wizards, sandbox: Mapping[str, str]) -> Wizard:
    """A wizard that opens on the page, after a run that was told."""
    wizard = await standing_at(wizards(), plan_text(sandbox), (DonePage,))
    progress = begin(STEPS)
    for event in [*history(), ENDED]:
        progress = fold(progress, event)
    wizard.progress, wizard.result = progress, ENDED
    return wizard


def lines(pilot: Pilot[int]) -> str:
    return text_of(pilot.app.screen.query_one("#lines-text", Static))


async def test_names_and_ports_at_a_glance(wizard: Wizard) -> None:
    async with wizard.run_test(size=(120, 40)) as pilot:
        await at(pilot, "done")
        shown = screen_text(pilot)
        assert "Ports: readwrite 3306, readonly 3307." in shown
        own = next(row for row in shown.splitlines() if "use this" in row)
        assert own.endswith(ENDED.host)
        assert [row.split()[0] for row in shown.splitlines() if "vpce-0a1b" in row] == [
            "any",
            "us-east-2a",
            "us-east-2b",
            "us-east-2c",
        ]


async def test_every_client_is_walked_through_by_keys(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        for title in TABS:
            await until(pilot, lambda title=title: lines(pilot).startswith(title), title)  # type: ignore[misc]
            await pilot.press("right")
        await until(pilot, lambda: lines(pilot).startswith(TABS[0]), "round to the first again")


async def test_no_line_holds_a_password_or_turns_verification_off(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("right")
        await until(pilot, lambda: "[client]" in lines(pilot))
        assert "password" not in lines(pilot)
        assert "ssl-verify-server-cert" in lines(pilot)


async def test_one_key_copies_what_is_shown(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await until(pilot, lambda: lines(pilot).startswith(TABS[0]))
        await pilot.press("c")
        await until(pilot, lambda: "Copied: mariadb client, 1 line." in said(pilot), "it says so")
        assert wizard.clipboard.startswith(f"mariadb --host {ENDED.host} --port 3306")
        assert "set -g set-clipboard on" in said(pilot)
        assert "ctrl+s" in said(pilot)


async def test_one_key_copies_the_host_name_in_focus(wizard: Wizard) -> None:
    """And shows it whole, however narrow the column is."""
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        pilot.app.screen.query_one(Table).focus()
        await pilot.press("down")
        await until(pilot, lambda: ENDED.dns_names[0] in lines(pilot), "the name, whole")
        await pilot.press("c")
        assert wizard.clipboard == ENDED.dns_names[0]


async def test_left_and_right_show_lines_from_the_names_too(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        pilot.app.screen.query_one(Table).focus()
        await until(pilot, lambda: lines(pilot).startswith("Host name"), "the name")
        await pilot.press("c")
        await until(pilot, lambda: "Copied" in said(pilot), "it says so")
        await pilot.press("right")
        await until(pilot, lambda: lines(pilot).startswith(TABS[1]), TABS[1])
        assert said(pilot) == ""


async def test_a_chosen_zone_that_was_left_out_is_told_and_kept(wizard: Wizard) -> None:
    """The plan chose three zones, and the run ended with names in two."""
    wizard.result = replace(ENDED, dns_names=tuple(name for name in ENDED.dns_names if "us-east-2c" not in name))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await until(pilot, lambda: "Left out: us-east-2c." in said(pilot), "told at once")
        await pilot.press("left")
        await until(pilot, lambda: "Left out: us-east-2c." in lines(pilot), "kept in mind")


async def test_what_to_keep_in_mind(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("left")
        await until(pilot, lambda: lines(pilot).startswith("Keep in mind"))
        for text in ("350 s", f"With TLS use {ENDED.host}", "3f9a.toml", "3f9a.jsonl"):
            assert text in lines(pilot)


async def test_who_reaches_an_endpoint_that_is_gone_cannot_be_told(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("f2")
        await until(pilot, lambda: f"{ENDED.vpc_endpoint_id} is not in the VPC any more." in said(pilot), "it says so")


def verdicts(pilot: Pilot[int]) -> list[str]:
    """Whether each client of the list reaches the port."""
    found = re.findall(r"(app-1|app-2|batch|jump) +([✓✗~?] \w+)", screen_text(pilot))
    return [verdict for _, verdict in found]


async def test_who_reaches_the_endpoint_is_read_from_what_stands(
    own_wizards: Wizards, own_sandbox: Mapping[str, str]
) -> None:
    with ec2(own_sandbox) as client:
        vpc = vpc_named(client, "prod-core")
        groups = client.describe_security_groups(
            Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["db-clients"]}]
        )["SecurityGroups"]
        services = client.describe_vpc_endpoint_services()["ServiceNames"]
        made = client.create_vpc_endpoint(
            VpcEndpointType="Interface",
            VpcId=vpc,
            ServiceName=next(name for name in services if ".vpce-svc-" in name),
            SubnetIds=list(one_subnet_a_zone(client, vpc).values())[:1],
            SecurityGroupIds=[groups[0]["GroupId"]],
            PrivateDnsEnabled=False,
        )["VpcEndpoint"]["VpcEndpointId"]
    wizard = await ended(own_wizards, own_sandbox)
    wizard.result = replace(ENDED, vpc_endpoint_id=made, ports=(("readwrite", 3306),))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("f2")
        await until(pilot, lambda: "✓ yes: db-clients admits app-servers on 3306." in screen_text(pilot), "the rule")
        assert [row.split()[-1] for row in verdicts(pilot)] == ["yes", "yes", "yes", "no"]


async def test_the_page_is_saved_whole(wizard: Wizard, tmp_path: Path) -> None:
    target = tmp_path / "link.txt"
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: page(pilot) == "Ask", "the name is asked for")
        assert "orders-prod-link.txt" in screen_text(pilot)
        await pilot.press("home", "ctrl+k", *str(target), "enter")
        await until(pilot, lambda: "Saved to" in said(pilot))
        saved = target.read_text()
        for text in (*ENDED.dns_names, "3307", "[client]", "jdbc:mariadb", "350 s", "3f9a.jsonl"):
            assert text in saved


async def test_a_file_that_cannot_be_written_is_told(wizard: Wizard, tmp_path: Path) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: page(pilot) == "Ask")
        await pilot.press("home", "ctrl+k", *str(tmp_path / "nowhere" / "x.txt"), "enter")
        await until(pilot, lambda: "Check the name, or make the folder first." in said(pilot))


async def test_without_private_dns_the_lines_say_what_is_missing(wizard: Wizard) -> None:
    wizard.result = replace(ENDED, host=ENDED.dns_names[0], dns_names=ENDED.dns_names[:3])
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await until(pilot, lambda: "private DNS is off" in lines(pilot))
        assert "use this" not in screen_text(pilot)


async def test_finish_leaves_with_the_runs_exit_code(wizard: Wizard) -> None:
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "done")
        await pilot.press("ctrl+n")
        await until(pilot, lambda: wizard.return_code is not None, "it ends")
    assert wizard.return_code == 0
