"""The edges against the real sandbox process, and against an environment made up for the test."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from core.edges.settings import settings_from
from core.edges.world import open_world
from core.world import World
from tests.edges.mariadb import mariadb

__all__ = ["home", "mariadb", "world"]

PREFIXES = ("AWS_", "SKYSQL_", "TF_SKYSQL_", "XDG_", "BOTO_", "HTTP", "http", "NO_PROXY", "no_proxy")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, and nothing in the environment that leads out of it."""
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    (tmp_path / ".aws").mkdir()
    return tmp_path


@pytest.fixture
async def world(home: Path, used_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """Both sides of the sandbox, opened through the one door."""
    for name, value in used_sandbox.items():
        monkeypatch.setenv(name, value)
    opened = await open_world(settings_from(os.environ))
    yield opened
    await opened.close()
    await asyncio.sleep(0)
