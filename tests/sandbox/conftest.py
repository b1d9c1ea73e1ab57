"""Two kinds of sandbox: the real process without delays, and one in this process whose clock the test moves."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.sandbox.clock import Clock
from core.sandbox.environment import environment
from tests.sandbox.stage import Stage, staged

if TYPE_CHECKING:
    from core.sandbox.aws.cloud import Cloud


@pytest.fixture(scope="session")
def stage(used_sandbox: Mapping[str, str]) -> Iterator[Stage]:
    """The real process at speed 0. Shared: a test makes its own services and networks."""
    with staged(used_sandbox) as made:
        yield made


class Hands:
    """A clock's source that a test moves."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

    def pass_(self, seconds: float) -> None:
        """Let so much time pass, and a moment more: a state that is due then has begun."""
        self.time += seconds + 0.001


@dataclass(frozen=True)
class Timed:
    """A sandbox at speed 1 in this process, and its clock's hands."""

    stage: Stage
    hands: Hands
    cloud: Cloud


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[Timed]:
    """A fresh world whose time stands still until the test moves it."""
    from core.sandbox.http import Server
    from core.sandbox.world import World

    hands = Hands()
    world = World(Clock(source=hands))
    with socket.create_server(("127.0.0.1", 0)) as aws, socket.create_server(("127.0.0.1", 0)) as skysql:
        variables = environment(tmp_path, _url(aws), _url(skysql))
        with Server(aws, world.aws), Server(skysql, world.skysql), staged(variables) as made:
            yield Timed(made, hands, world.cloud)


def _url(listening: socket.socket) -> str:
    return f"http://127.0.0.1:{listening.getsockname()[1]}"
