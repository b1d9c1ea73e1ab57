"""The wizard against the real sandbox process, over loopback."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.edges.clock import SystemClock
from core.edges.world import open_world
from core.plan import Plan
from core.world import Clock
from tests.tui.walk import Wizards
from tui.app import Wizard
from tui.session import Entry


def lay_over(monkeypatch: pytest.MonkeyPatch, overlay: Mapping[str, str]) -> None:
    """The sandbox's variables, and none of this machine's that could lead elsewhere or change what is drawn."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_")) or name in (
            "NO_COLOR",
            "TEXTUAL_THEME",
            "SSH_CONNECTION",
        ):
            monkeypatch.delenv(name)
    for name, value in overlay.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("TZ", "UTC")


@pytest.fixture
def wizards(sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wizards:
    """Makes wizards in the shared sandbox."""
    lay_over(monkeypatch, sandbox)
    return maker(tmp_path)


@pytest.fixture
def own_wizards(own_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wizards:
    """Makes wizards in a sandbox of the test's own."""
    lay_over(monkeypatch, own_sandbox)
    return maker(tmp_path)


def maker(folder: Path) -> Wizards:
    """Makes wizards in whatever the environment leads to."""

    def make(clock: Clock | None = None, plan: Plan | None = None) -> Wizard:
        return Wizard(
            Entry(
                environ=os.environ,
                open_world=open_world,
                runs_folder=folder / "state",
                clock=clock or SystemClock(),
                plan=plan,
                mark="SANDBOX",
            )
        )

    return make
