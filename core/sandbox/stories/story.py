"""What a story is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.sandbox.fate import Fate
from core.sandbox.faults import parse_fault

if TYPE_CHECKING:
    from core.sandbox.world import World

Arrange = Callable[["World"], None]


@dataclass(frozen=True)
class Story:
    """A named fate. `line` is what `sandbox stories` says of it."""

    name: str
    line: str
    fate: Fate = field(default_factory=Fate)


def faults(*texts: str, **more: Any) -> Fate:
    return Fate(faults=tuple(parse_fault(text) for text in texts), **more)


def arranged(*changes: Arrange, **more: Any) -> Fate:
    """Changes to the company, one after the other."""

    def arrange(world: World) -> None:
        for change in changes:
            change(world)

    return Fate(arrange=arrange, **more)
