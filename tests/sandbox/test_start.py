"""How long it takes from the command to the first answer, on real processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sandbox.stage import staged
from tests.timing import within
from tests.tui.test_signals import SIGNED_IN, read_until, terminal, wizard_on

SANDBOX = (sys.executable, "-m", "core.sandbox", "--json")
SERVE = (sys.executable, "-m", "tui", "sandbox", "serve", "--json")
HUGE = ("--story", "huge")
PLAIN_LIMIT, HUGE_LIMIT = 4.0, 10.0  # seconds
PAGE_LIMIT = 2.0


def until_both_answer(command: tuple[str, ...]) -> float:
    """Seconds from the command to an answer of AWS and one of SkySQL."""
    begun = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            with staged(json.loads(process.stdout.readline())) as stage:
                assert stage.ec2.describe_vpcs()["Vpcs"]
                assert stage.http.get("/provisioning/v1/services").json()
                return time.monotonic() - begun
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("command", "limit"),
    [
        (SANDBOX, PLAIN_LIMIT),
        (SERVE, PLAIN_LIMIT),
        ((*SANDBOX, *HUGE), HUGE_LIMIT),
        ((*SERVE, *HUGE), HUGE_LIMIT),
    ],
    ids=["plain", "plain by its command", "huge", "huge by its command"],
)
def test_both_sides_answer_in_time(command: tuple[str, ...], limit: float) -> None:
    assert within(limit, lambda: until_both_answer(command))


def until_first_page(folder: Path, *arguments: str) -> float:
    """Seconds from the command to the wizard's first page, on a terminal; the sandbox has not answered by then."""
    begun = time.monotonic()
    with terminal() as (ours, its), wizard_on(its, folder, *arguments):
        shown = read_until(ours, b"Sign in to SkySQL")
        taken = time.monotonic() - begun
        assert SIGNED_IN not in shown
        read_until(ours, SIGNED_IN)
        return taken


@pytest.mark.parametrize("arguments", [(), HUGE], ids=["plain", "huge"])
def test_the_first_page_is_there_before_the_sandbox(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert within(PAGE_LIMIT, lambda: until_first_page(tmp_path, *arguments))
