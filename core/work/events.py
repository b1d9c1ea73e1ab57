"""What happened, as frozen facts: the same for the status pane, the journal's reader and the `--json` lines."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

from core.checks.findings import Finding
from core.problems import Problem

StepState = Literal["waiting", "running", "done", "skipped", "failed"]
Status = Literal["done", "failed", "blocked", "waiting", "interrupted"]
Side = Literal["skysql", "aws"]
Kind = Literal["link", "undo"]

EXIT_CODES: dict[Status, int] = {"done": 0, "failed": 1, "blocked": 3, "waiting": 5, "interrupted": 130}


@dataclass(frozen=True, slots=True)
class RunStarted:
    at: datetime
    run: str
    plan: str  # path of the plan as the journal keeps it; empty like run and journal when nothing will be changed
    journal: str  # path
    service: str  # name, for people
    resumed: bool = False
    kind: Kind = "link"


@dataclass(frozen=True, slots=True)
class CheckMade:
    at: datetime
    finding: Finding


@dataclass(frozen=True, slots=True)
class StepChanged:
    at: datetime
    step: str
    state: StepState
    detail: str
    elapsed: float  # seconds since the step began


@dataclass(frozen=True, slots=True)
class Seen:
    """What a side said last. Also told when a poll failed; then `detail` says how."""

    at: datetime
    step: str
    side: Side
    state: str  # the side's own word: pending_modifying, available, …
    detail: str


@dataclass(frozen=True, slots=True)
class Changed:
    """A change went out and took."""

    at: datetime
    step: str
    detail: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """From here the service cannot be reached; `at` is when the switch was sent."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Reachable:
    """The link can be used, or what was before it; the interruption took `seconds` (0: nothing was interrupted)."""

    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class ErrorTold:
    at: datetime
    code: str
    message: str
    cause: str
    remedy: str
    request_id: str
    page: str = ""  # the wizard page that puts it right, as findings name it; empty where none can
    paste: str = ""  # what puts it right elsewhere, ready to paste: a policy

    @classmethod
    def of(cls, problem: Problem, at: datetime) -> Self:
        told = (problem.code, problem.what, problem.cause, problem.remedy, problem.request_id)
        return cls(at, *told, problem.page, problem.paste)


@dataclass(frozen=True, slots=True)
class RunEnded:
    """The run's result; exit code by `exit_code`."""

    at: datetime
    status: Status
    run: str
    service_id: str
    endpoint_service: str = ""
    vpc_endpoint_id: str = ""
    security_group_id: str = ""
    dns_names: tuple[str, ...] = ()  # regional first
    host: str = ""
    ports: tuple[tuple[str, int], ...] = ()  # purpose, number
    downtime_seconds: float | None = None
    detail: str = ""  # what stands and how to go on, for people
    exit_code: int = 0
    security_group_ids: tuple[str, ...] = ()  # all of them; security_group_id is the first
    kind: Kind = "link"
    removed: tuple[str, ...] = ()  # by an undo: ids of what is gone from AWS
    left: tuple[str, ...] = ()  # by an undo: what stays and why, a sentence each


Event = RunStarted | CheckMade | StepChanged | Seen | Changed | Interrupted | Reachable | ErrorTold | RunEnded
