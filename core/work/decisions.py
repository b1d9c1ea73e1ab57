"""What a step can decide after a look. Pure values; the engine is the only one who acts on them."""

from dataclasses import dataclass, replace
from typing import Any

from core.facts import Port, ServiceEndpoint
from core.problems import Problem
from core.values import EndpointId, EndpointServiceName, GroupId


@dataclass(frozen=True, slots=True)
class Known:
    """What the steps so far have found out; each adds its own."""

    group_ids: tuple[GroupId, ...] = ()
    endpoint_service: EndpointServiceName | None = None
    endpoint: EndpointId | None = None
    dns_names: tuple[str, ...] = ()  # regional first
    host: str = ""  # the name clients should use
    ports: tuple[Port, ...] = ()
    removed: tuple[str, ...] = ()  # ids of what an undo has taken away
    held: tuple[GroupId, ...] = ()  # groups that could not be deleted yet
    put_off: bool = False  # AWS refused to delete one: that is for the last step
    left: tuple[str, ...] = ()  # what an undo leaves, and why: a sentence each
    refused: Problem | None = None  # what the straight way back was refused with

    def with_(self, **found: Any) -> "Known":
        return replace(self, **found)


@dataclass(frozen=True, slots=True)
class Done:
    """The step's end stands."""

    detail: str
    known: Known
    stands: bool = True  # False: it is gone on from without


@dataclass(frozen=True, slots=True)
class Act:
    """One change is due. `change` tells it apart from the step's other changes; `detail` is for people."""

    change: str
    detail: str
    interrupts: bool = False  # from here the service cannot be reached until the run is done
    former: tuple[ServiceEndpoint, ...] = ()  # what stood before; the journal keeps it so that it can be put back


@dataclass(frozen=True, slots=True)
class Stop:
    """Going on makes no sense."""

    problem: Problem


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do but look again. After `patience` seconds the run ends as waiting (exit 5) with `overdue`."""

    state: str  # the other side's own word
    detail: str
    overdue: str  # what to say and do when patience ends
    patience: float = 3600.0
    otherwise: Done | Stop | None = None  # how the step ends then, where that is not waiting on somebody


Decision = Done | Act | Wait | Stop
