"""What a world has in store beyond what is asked of it: how long things take, how they end, what is forbidden.

Data alone. The clouds read it; `faults` says what befalls single calls, and `stories` gives the best-known fates
names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.sandbox.clock import Delays
from core.sandbox.faults import Fault

if TYPE_CHECKING:
    from core.sandbox.world import World


def _as_sown(_world: World) -> None:
    """The company as `seed` has it."""


@dataclass(frozen=True)
class Fate:
    """Without a word: everything works, after the usual delays."""

    delays: Delays = field(default_factory=Delays)
    faults: tuple[Fault, ...] = ()
    verification: str = "verified"  # what becomes of a private DNS name: also failed, or pendingVerification for ever
    endpoint_ends: tuple[str, ...] = ()  # states that the first endpoints end in; the others become available
    accepted_after: float | None = None  # seconds until SkySQL accepts a connection; None: nobody needs to
    switch_ends: tuple[str, ...] = ()  # statuses that the first switches end in; the others become ready
    forbidden: tuple[str, ...] = ()  # actions that a policy denies the operator: ec2:CreateVpcEndpoint, ec2:Delete*
    rate_limits: bool = False  # AWS's request buckets
    arrange: Callable[[World], None] = _as_sown  # changes to the company, once it is sown
