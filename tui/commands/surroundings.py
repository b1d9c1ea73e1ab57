"""What commands have around them: a world's settings, the sandbox, folders, the terminal, and where they tell."""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.plan import Plan
from core.problems import Failed, Usage
from core.values import Region
from tui.outlet import Outlet, at_terminal

if TYPE_CHECKING:
    from core.sandbox.serve import Happening
    from core.work.events import Event
    from core.world import Settings

RUNS = "runs"  # journals, under the state folder
LOGS = "logs"

SANDBOX_ENDS = (
    "This sandbox ends with the program, and would leave the run without a world. One that lasts: "
    "skysql-privatelink sandbox serve"
)


def as_json(options: argparse.Namespace) -> bool:
    return bool(getattr(options, "json", False))


def runs_folder() -> Path:
    """Where the journals lie."""
    from core.edges.settings import state_folder

    return state_folder(os.environ) / RUNS


@contextlib.contextmanager
def place_of_work(options: argparse.Namespace) -> Iterator[Path]:
    """The environment to work in, and where its runs are kept.

    A sandbox begins anew each time, and so do its runs: what the journals of an earlier one tell stands nowhere.
    """
    if not getattr(options, "sandbox", False):
        yield runs_folder()
        return
    with in_sandbox(options), passing_folder() as folder:
        yield folder


@contextlib.contextmanager
def passing_folder() -> Iterator[Path]:
    """For the runs of a sandbox: gone with it."""
    with tempfile.TemporaryDirectory(prefix="skysql-sandbox-state-") as folder:
        yield Path(folder) / RUNS


@contextlib.contextmanager
def in_sandbox(options: argparse.Namespace) -> Iterator[None]:
    """The environment of an embedded world that ends with the block. AWS profiles and keys of the user are left out."""
    from core.sandbox.child import Sandbox, SandboxError

    sandbox = Sandbox()
    before = dict(os.environ)
    try:
        overlay = sandbox.start(happening=happening(options))
    except SandboxError as why:
        raise Usage("no-sandbox", "The sandbox did not start.", cause=str(why)) from None
    try:
        for name in [name for name in os.environ if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_"))]:
            if name != "SKYSQL_PRIVATELINK_SANDBOX_SPEED":
                del os.environ[name]
        os.environ.update(overlay)
        yield
    finally:
        sandbox.stop()
        os.environ.clear()
        os.environ.update(before)


def happening(options: argparse.Namespace) -> "Happening":
    from core.sandbox.serve import Happening

    faults = tuple(getattr(options, "fault", None) or ())
    limited = getattr(options, "rate_limits", False)
    return Happening(getattr(options, "story", ""), faults, getattr(options, "seed", 0), limited)


def settings(options: argparse.Namespace, region: Region | None) -> "Settings":
    """For work without questions; the region where none is given. Raises NotSignedIn without a key."""
    from core.edges.keys import required_key
    from core.edges.settings import settings_from

    return settings_from(
        os.environ,
        key=required_key(os.environ),
        organization=getattr(options, "org", ""),
        profile=getattr(options, "profile", ""),
        region=getattr(options, "region", ""),
        likely_region=region or "",
        ask_code=_ask_code if at_terminal(sys.stdin) else None,
    )


@contextlib.contextmanager
def terminal_kept() -> Iterator[None]:
    """A stop while a code is asked for leaves the terminal with its echo off; it gets it back."""
    if not at_terminal(sys.stdin):
        yield
        return
    import termios

    before = termios.tcgetattr(0)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the line was dropped
            termios.tcsetattr(0, termios.TCSANOW, before)


def _ask_code(device: str) -> str:
    import getpass

    return getpass.getpass(f"MFA code for {device}: ")


def read_plan(path: Path) -> Plan:
    from core.edges.files import read_text
    from core.plan import parse_plan

    try:
        text = read_text(path)
    except Failed as why:
        raise Usage(why.code, why.what, cause=why.cause, remedy=why.remedy) from None
    return parse_plan(text)


def text_lines() -> "Callable[[Event], None]":
    from tui.lines import Lines

    return Lines(Outlet())


def json_lines() -> "Callable[[Event], None]":
    from core.work.jsonlines import as_json

    write = Outlet()
    return lambda event: write(json.dumps(as_json(event)))
