"""Events folded into what the status pane shows. Pure: one event in, a new Progress out, and never an exception."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Literal

from core.checks.findings import Finding
from core.text import duration
from core.work.events import (
    Changed,
    CheckMade,
    ErrorTold,
    Event,
    Interrupted,
    Kind,
    Reachable,
    RunEnded,
    RunStarted,
    Seen,
    StepChanged,
    StepState,
)
from core.work.steps.step import Operation

LOG_LINES: Final = 500

Weight = Literal["plain", "good", "warning", "bad"]


@dataclass(frozen=True, slots=True)
class Row:
    """One step's line."""

    step: str
    title: str
    usual: str = ""  # how long it usually takes
    state: StepState = "waiting"
    detail: str = ""
    began: datetime | None = None  # while running; elapsed is counted from here
    elapsed: float = 0.0  # seconds, as last told
    seen: str = ""  # the watched side's last word


@dataclass(frozen=True, slots=True)
class LastSeen:
    """What a side said last."""

    at: datetime
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log."""

    at: datetime
    text: str
    weight: Weight = "plain"


@dataclass(frozen=True, slots=True)
class Progress:
    """A run as far as it has been told."""

    rows: tuple[Row, ...] = ()
    kind: Kind = "link"
    started: RunStarted | None = None
    findings: tuple[Finding, ...] = ()
    skysql: LastSeen | None = None
    aws: LastSeen | None = None
    log: tuple[Line, ...] = ()  # oldest first, at most LOG_LINES
    interrupted_at: datetime | None = None  # the service cannot be reached since; None: it can, or never could
    downtime: float | None = None  # seconds, once it is over
    changed: bool = False  # whether this run has changed anything, now or before it was resumed
    errors: tuple[ErrorTold, ...] = field(default=())
    result: RunEnded | None = None

    @property
    def running(self) -> Row | None:
        return next((row for row in self.rows if row.state == "running"), None)

    def unreachable_for(self, now: datetime) -> float | None:
        """Seconds the service has been, or was, unreachable; None when nothing was interrupted."""
        if self.interrupted_at is not None:
            return max(0.0, (now - self.interrupted_at).total_seconds())
        return self.downtime


def begin(steps: Iterable[Operation[Any, Any]], kind: Kind = "link") -> Progress:
    """Before the first event: every step waiting."""
    return Progress(tuple(Row(step.id, step.title, step.usual) for step in steps), kind)


def fold(progress: Progress, event: Event) -> Progress:
    line = _line(progress, event)
    if line is not None:
        progress = replace(progress, log=(*progress.log, line)[-LOG_LINES:])
    return _fact(progress, event)


def _fact(progress: Progress, event: Event) -> Progress:  # noqa: PLR0911 - one arm an event
    match event:
        case RunStarted():
            return replace(progress, started=event, result=None, changed=progress.changed or event.resumed)
        case CheckMade():
            return replace(progress, findings=(*progress.findings, event.finding))
        case StepChanged():
            return _with_row(progress, event.step, lambda row: _moved(row, event))
        case Seen():
            return _seen(progress, event)
        case Changed():
            return replace(progress, changed=True)
        case Interrupted():
            return replace(progress, interrupted_at=event.at, downtime=None)
        case Reachable() if progress.interrupted_at is not None:
            return replace(progress, interrupted_at=None, downtime=event.seconds)
        case ErrorTold():
            return replace(progress, errors=(*progress.errors, event))
        case RunEnded():
            return replace(progress, result=event)
    return progress


def _seen(progress: Progress, event: Seen) -> Progress:
    seen = LastSeen(event.at, event.state, event.detail)
    progress = replace(progress, skysql=seen) if event.side == "skysql" else replace(progress, aws=seen)
    return _with_row(progress, event.step, lambda row: replace(row, detail=event.detail, seen=event.state))


def _moved(row: Row, event: StepChanged) -> Row:
    running = event.state == "running"
    began = (row.began or event.at) if running else None
    # Told at the start so that the list is whole; the title says nothing new.
    detail = "" if event.detail == row.title else event.detail
    return replace(row, state=event.state, detail=detail, began=began, elapsed=event.elapsed)


def _with_row(progress: Progress, step: str, change: Callable[[Row], Row]) -> Progress:
    if all(row.step != step for row in progress.rows):
        progress = replace(progress, rows=(*progress.rows, Row(step, step)))
    return replace(progress, rows=tuple(change(row) if row.step == step else row for row in progress.rows))


def _line(progress: Progress, event: Event) -> Line | None:
    match event:
        case CheckMade(finding=finding) if finding.level != "ok":
            weight: Weight = "bad" if finding.level == "blocker" else "warning"
            return Line(event.at, f"{finding.title} {finding.detail}".strip(), weight)
        case StepChanged(state="done" | "skipped" | "failed"):
            title = next((row.title for row in progress.rows if row.step == event.step), event.step)
            return Line(
                event.at, f"{title}: {event.state}. {event.detail}", "bad" if event.state == "failed" else "good"
            )
        case Seen():
            return Line(event.at, f"{'SkySQL' if event.side == 'skysql' else 'AWS'}: {event.state}. {event.detail}")
        case Changed():
            return Line(event.at, f"Change made: {event.detail}", "good")
    return _turning_point(progress, event)


def _turning_point(progress: Progress, event: Event) -> Line | None:
    match event:
        case RunStarted():
            return Line(event.at, _begun(event))
        case Interrupted():
            return Line(event.at, "The service cannot be reached from here on.", "warning")
        case Reachable() if event.seconds:
            what = "The link can be used" if progress.kind == "link" else "The service can be reached again"
            return Line(event.at, f"{what}, after {duration(event.seconds)}.", "good")
        case ErrorTold():
            return Line(event.at, " ".join(filter(None, (event.message, event.cause, event.remedy))), "bad")
        case RunEnded():
            return Line(event.at, f"Ended: {event.status}. {event.detail}".strip())
    return None


def _begun(event: RunStarted) -> str:
    if not event.run:
        return f"Checks for {event.service}"
    told = f"{'run' if event.kind == 'link' else 'undo'} {event.run} for {event.service}"
    return f"Going on with {told}" if event.resumed else told[:1].upper() + told[1:]
