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


async def known_session(entry: Entry, environ: Mapping[str, str]) -> Session:
    """Sign in with what is there: the key of environment or key store, the profile of the environment.

    Raises Problem, also when something would have to be typed.
    """
    from core.edges.credentials import current_profile
    from core.edges.keys import required_key
    from core.edges.settings import settings_from
    from core.edges.threads import in_thread

    key = await in_thread(lambda: required_key(environ))
    profile = entry.profile or await in_thread(lambda: current_profile(environ))
    settings = settings_from(environ, key=key, organization=entry.organization, profile=profile, region=entry.region)
    world = await entry.open_world(settings)
    try:
        identity = await world.identity()
        await world.skysql.probe()
    except BaseException:
        await world.close()
        raise
    return Session(world, identity, profile, key, settings.organization)
