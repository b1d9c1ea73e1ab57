"""Two kinds of sandbox: the real process without delays, and one in this process whose clock the test moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.sandbox.clock import Clock
from tests.sandbox.stage import Stage, serving, staged


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


@pytest.fixture
def timed(tmp_path: Path) -> Iterator[Timed]:
    """A fresh world whose time stands still until the test moves it."""
    from core.sandbox.world import World

    hands = Hands()
    with serving(World(Clock(source=hands)), tmp_path) as made:
        yield Timed(made, hands)
