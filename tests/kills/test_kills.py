"""After a kill at any instant, going on ends with exactly one of each thing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kills.conftest import KILL_POINTS
from tests.kills.nursery import Found, Point, Walk, When, Where

ROOT = Path(__file__).parents[2]
APPLY = ["apply", "{plan}", "--json", "--yes"]
SOURCES = ["10.20.0.0/16", "10.30.0.0/16"]
LINKED = {
    "groups": [SOURCES * 2],  # one group; each source for both ports
    "endpoints": [{"state": "available", "private_dns": True, "zones": 3, "groups": [True]}],
    "mechanism": "privateconnect",
    "accounts": ["123456789012"],
    "allow_list": [],
    "status": "ready",
}

OFFICES = ["203.0.113.7/32", "198.51.100.0/24"]
PUBLIC = {
    "groups": [],
    "endpoints": [],
    "mechanism": "nlb",
    "accounts": [],
    "allow_list": OFFICES,
    "status": "ready",
}
NOTHING_TO_UNDO = 2  # exit code of a bare undo when the journal's last line says that it is done
UNDO = ["undo", "--json", "--yes"]
UNDO_ELSEWHERE = ["undo", "orders-prod", "--json", "--yes", *(f"--allow={office}" for office in OFFICES)]

Ask = Callable[[Walk], list[Found]]
"""What a walk came to: elsewhere first, where it goes on there too, then here."""


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    """Walks in a world as it was sown, each in a copy of its own."""
    yield from nursery()


@pytest.fixture(scope="module")
def ask_linked() -> Iterator[Ask]:
    """Walks in a world in which the link stands."""
    yield from nursery("--linked")


def nursery(*options: str) -> Iterator[Ask]:
    command = (sys.executable, "-m", "tests.kills.nursery", *options)
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(walk: Walk) -> list[Found]:
            print(json.dumps(walk), file=process.stdin, flush=True)
            answers = 2 if "elsewhere" in walk else 1
            return [json.loads(process.stdout.readline() if process.stdout else "") for _ in range(answers)]

        yield ask
        process.stdin.close()


def points(whole: Found, where: Where, when: When) -> list[Point]:
    """Every instant of its kind that an undisturbed run passes."""
    number = whole["calls"] if where == "call" else whole["writes"]
    return [Point(where=where, number=each, when=when) for each in range(1, number + 1)]


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("where", ["call", "write"])
def test_a_killed_run_is_gone_on_with_here_and_on_another_machine(
    ask: Ask, record_property: Callable[[str, object], None], where: Where, when: When
) -> None:
    (whole,) = ask(Walk(first=APPLY, point=None, then=[]))
    assert whole["codes"] == [0], whole["said"]
    assert standing(whole) == LINKED
    enumerated = points(whole, where, when)
    for point in enumerated:
        elsewhere, here = ask(Walk(first=APPLY, point=point, then=[APPLY], elsewhere=[APPLY]))
        for found in (elsewhere, here):
            assert found["codes"] == [-9, 0], f"{point}: {found['said']}"
            assert standing(found) == LINKED, f"{point}: {found['said']}"
        assert {status for status, _ in here["picture"]["runs"]} == {"done"}, point
    record_property(KILL_POINTS, 2 * len(enumerated))


def standing(found: Found) -> dict[str, object]:
    return {name: value for name, value in found["picture"].items() if name in LINKED}


@pytest.mark.timeout(1500)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("where", ["call", "write"])
def test_a_killed_undo_is_gone_on_with_here_and_on_another_machine(
    ask_linked: Ask, record_property: Callable[[str, object], None], where: Where, when: When
) -> None:
    (whole,) = ask_linked(Walk(first=UNDO, point=None, then=[]))
    assert whole["codes"] == [0], whole["said"]
    assert standing(whole) == PUBLIC
    enumerated = points(whole, where, when)
    for point in enumerated:
        elsewhere, here = ask_linked(Walk(first=UNDO, point=point, then=[UNDO], elsewhere=[UNDO_ELSEWHERE]))
        through = point == Point(where="write", number=whole["writes"], when="after")
        assert elsewhere["codes"] == [-9, 0], f"{point}: {elsewhere['said']}"
        assert here["codes"] == [-9, NOTHING_TO_UNDO if through else 0], f"{point}: {here['said']}"
        for found in (elsewhere, here):
            assert standing(found) == PUBLIC, f"{point}: {found['said']}"
    record_property(KILL_POINTS, 2 * len(enumerated))
