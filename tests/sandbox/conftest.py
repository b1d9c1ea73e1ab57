"""Two kinds of sandbox: the real process without delays, and one in this process whose clock the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from core.sandbox.clock import Clock
from core.sandbox.fate import Fate
from tests.sandbox.stage import Stage, serving, staged

if TYPE_CHECKING:
    from core.sandbox.world import World


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
    world: World = field(repr=False)


Fated = Callable[[Fate], Timed]


@pytest.fixture
def fated(tmp_path: Path) -> Iterator[Fated]:
    """Makes a fresh world with a fate, whose time stands still until the test moves it. One a test."""
    from core.sandbox.world import World

    with ExitStack() as closing:

        def made(fate: Fate) -> Timed:
            hands = Hands()
            world = World(Clock(source=hands), fate)
            return Timed(closing.enter_context(serving(world, tmp_path)), hands, world)

        yield made


@pytest.fixture
def timed(fated: Fated) -> Timed:
    """A fresh world in which everything works."""
    return fated(Fate())
