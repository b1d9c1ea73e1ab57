"""A run told line by line, for people who read a log: `apply` and `check` without `--json`."""

from collections.abc import Callable, Iterator

from core.text import duration
from core.work.events import (
    Changed,
    CheckMade,
    ErrorTold,
    Event,
    Interrupted,
    Reachable,
    RunEnded,
    RunStarted,
    Seen,
    StepChanged,
)
from core.work.steps import STEPS

_TITLES = {step.id: step.title for step in STEPS}
_SIDES = {"skysql": "SkySQL", "aws": "AWS"}
_LEVELS = {"ok": "✓", "warning": "!", "blocker": "✗"}
_STATES = {"done": "✓", "skipped": "-", "failed": "✗"}


class Lines:
    """Turns events into lines through `write`; a state seen again and again is written once."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last_seen: tuple[str, str, str] | None = None

    def __call__(self, event: Event) -> None:
        if isinstance(event, Seen):
            seen = (event.step, event.state, event.detail)
            if seen == self._last_seen:
                return
            self._last_seen = seen
        for line in _lines(event):
            self._write(line)


def _lines(event: Event) -> Iterator[str]:  # noqa: C901 - one case an event
    match event:
        case RunStarted():
            again = ", which goes on where it stopped" if event.resumed else ""
            yield f"Run {event.run} for {event.service}{again}" if event.run else f"Checks for {event.service}"
        case CheckMade(finding=finding):
            yield f"{_LEVELS[finding.level]} {finding.title}"
            if finding.level != "ok":
                yield from (f"  {text}" for text in (finding.detail, finding.remedy) if text)
        case StepChanged(state="waiting"):
            pass
        case StepChanged(state="running"):
            yield f"… {_TITLES.get(event.step, event.step)}"
        case StepChanged():
            took = f" ({duration(event.elapsed)})" if event.elapsed >= 1 else ""
            yield f"{_STATES[event.state]} {_TITLES.get(event.step, event.step)}: {event.detail}{took}".rstrip(": ")
        case Seen():
            yield f"  {_SIDES[event.side]}: {event.state}. {event.detail}".rstrip(". ")
        case Changed():
            yield f"  {event.detail}"
        case Interrupted():
            yield f"! From now on the service cannot be reached ({event.at.astimezone():%H:%M:%S %Z})."
        case Reachable():
            out = f"was unreachable for {duration(event.seconds)}" if event.seconds else "was not interrupted"
            yield f"✓ The link can be used; the service {out}."
        case ErrorTold():
            yield f"✗ {event.message}"
            request = f"Request {event.request_id}" if event.request_id else ""
            yield from (f"  {text}" for text in (event.cause, event.remedy, request) if text)
        case RunEnded():
            yield from _result(event)


def _result(event: RunEnded) -> Iterator[str]:
    yield f"{event.status.capitalize()}. {event.detail}".rstrip()
    if event.host:
        yield f"Host: {event.host}"
    if event.ports:
        yield "Ports: " + ", ".join(f"{purpose} {number}" for purpose, number in event.ports)
    for name in event.dns_names:
        yield f"AWS name: {name}"
