"""`doctor` on a machine in the VPC: to an answer of a real MariaDB server, and to whatever is in the way."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.linked.link import Linked, together

pytestmark = together


def examined(linked: Linked, *options: str) -> tuple[int, dict[str, dict[str, Any]], dict[str, Any]]:
    """The exit code, the links by id, and the result."""
    done = linked.command("doctor", "orders-prod", "--json", *options)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    return done.returncode, {line["link"]: line for line in told if line["event"] == "link"}, told[-1]


def test_it_goes_to_an_answer_of_the_database(linked: Linked) -> None:
    done = linked.command("doctor", "orders-prod")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = done.stdout
    assert f"✓ This machine {linked.own} is in vpc-" in shown
    assert "✓ Name         It leads to 10.20.16.5, 10.20.32.5 and 10.20.48.5, the endpoint's own." in shown
    assert "✓ Login        Signed in as dbpgf00000001 in " in shown
    assert "✓ Query        SELECT 1 answered in " in shown
    assert "All 4 instances reach 3306." in shown
    assert "  app-1  ✓ yes      orders-prod-privatelink admits 10.20.0.0/16 on 3306.\n" in shown
    assert shown.endswith("\nThe connection works from this machine.\n")
    assert "made-up" not in shown + done.stderr


def test_the_same_as_json(linked: Linked) -> None:
    code, links, result = examined(linked)
    assert code == result["exit_code"] == 0
    assert (result["status"], result["broken"], result["paste"]) == ("done", "", [])
    assert (result["host"], result["port"]) == (linked.name, 3306)
    assert {link["state"] for link in links.values()} == {"ok"}
    assert list(links)[:2] == ["service", "mechanism"]
    assert list(links)[-2:] == ["login", "query"]


def test_without_a_login_it_ends_before_that(linked: Linked) -> None:
    code, links, result = examined(linked, "--no-login")
    assert (code, result["status"], result["detail"]) == (0, "done", "The path works from this machine.")
    assert links["tls"]["state"] == "ok"
    assert links["login"]["state"] == "skipped"


Breaks = Callable[[Linked], AbstractContextManager[None]]
BROKEN: list[tuple[str, Breaks, str, list[str]]] = [
    ("dropped in one zone", lambda linked: linked.dropped(linked.addresses[0]), "tcp",
     ["No answer from 10.20.16.5 on port 3306", "10.20.32.5 and 10.20.48.5 answered", "This machine is app-1"]),
    ("refused", lambda linked: linked.refusing(), "tcp", ["Port 3306 is refused", "nothing listens there"]),
    ("another certificate", lambda linked: linked.showing("elsewhere.example"), "tls",
     ["made for elsewhere.example", "Leave verification on"]),
    ("another password", lambda linked: linked.password("dbpgf00000001", "changed"), "login",
     ["The path works", "refuses user dbpgf00000001", "(1045)"]),
    ("a public address", lambda linked: linked.leading("203.0.113.9"), "name",
     ["leads to 203.0.113.9", "not the endpoint", "The endpoint has 10.20.16.5"]),
]  # fmt: skip


@pytest.mark.parametrize(("breaks", "link", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_what_is_in_the_way_is_named(linked: Linked, breaks: Breaks, link: str, words: list[str]) -> None:
    with breaks(linked):
        code, links, result = examined(linked)
    assert (code, result["status"], result["broken"]) == (1, "failed", link)
    told = f"{links[link]['seen']} {links[link]['why']} {links[link]['remedy']}"
    for each in words:
        assert each in told


def test_from_outside_the_vpc_it_gives_lines_for_a_machine_inside(linked: Linked) -> None:
    """On a machine that only a cable connects, and whose resolver knows nothing."""
    with linked.outside(), linked.leading():
        code, links, result = examined(linked)
    assert (code, result["status"]) == (5, "unproven"), links
    assert links["here"]["state"] == "skipped"
    assert result["paste"][0].startswith(f"mariadb --host {linked.name} --port 3306")
