"""How the wizard was called, and both sides once signed in."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.facts import Identity
from core.plan import Plan
from core.world import Clock, Secret, Settings, World


def _nothing() -> None:
    """What happens when nothing shall."""


@dataclass(frozen=True, slots=True)
class Entry:
    """How the wizard was called: the environment and options that the sign-in page starts from."""

    environ: Mapping[str, str] = field(repr=False)  # it holds keys
    open_world: Callable[[Settings], Awaitable[World]]
    runs_folder: Path
    clock: Clock
    profile: str = ""
    region: str = ""
    organization: str = ""
    plan: Plan | None = None
    mark: str = ""  # shown on every page: SANDBOX
    prepare: Callable[[], Awaitable[Mapping[str, str]]] | None = None
    """Awaited before anything is read, off the first frame's way; answers the environment to use from then on."""
    ends_with_us: str = ""
    """Why no run can outlive this program; empty when one can."""
    after_loading: Callable[[], None] = _nothing
    """Called when something large is there to stay: the clients, what was read of a side."""


@dataclass(frozen=True, slots=True)
class Session:
    """Both sides, signed in."""

    world: World
    identity: Identity
    profile: str
    key: Secret
    organization: str
