"""A run told line by line, for people who read a log: `apply` and `check` without `--json`."""

from collections.abc import Callable, Iterator

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
)
from core.work.titles import title_of

_SIDES = {"skysql": "SkySQL", "aws": "AWS"}
_LEVELS = {"ok": "✓", "warning": "!", "blocker": "✗"}
_STATES = {"done": "✓", "skipped": "-", "failed": "✗"}


class Lines:
    """Turns events into lines through `write`; a state seen again and again is written once."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._last_seen: tuple[str, str, str] | None = None
        self._kind: Kind = "link"

    def __call__(self, event: Event) -> None:
        if isinstance(event, Seen):
            seen = (event.step, event.state, event.detail)
            if seen == self._last_seen:
                return
            self._last_seen = seen
        if isinstance(event, RunStarted):
            self._kind = event.kind
        for line in _lines(event, self._kind):
            self._write(line)


def _lines(event: Event, kind: Kind) -> Iterator[str]:  # noqa: C901 - one case an event
    match event:
        case RunStarted():
            yield _begun(event)
        case CheckMade(finding=finding):
            yield f"{_LEVELS[finding.level]} {finding.title}"
            if finding.level != "ok":
                yield from (f"  {text}" for text in (finding.detail, finding.remedy, finding.paste) if text)
        case StepChanged(state="waiting"):
            pass
        case StepChanged(state="running"):
            yield f"… {title_of(event.step)}"
        case StepChanged():
            took = f" ({duration(event.elapsed)})" if event.elapsed >= 1 else ""
            yield f"{_STATES[event.state]} {title_of(event.step)}: {event.detail}{took}".rstrip(": ")
        case Seen():
            yield f"  {_SIDES[event.side]}: {event.state}. {event.detail}".rstrip(". ")
        case Changed():
            yield f"  {event.detail}"
        case Interrupted():
            yield f"! From now on the service cannot be reached ({event.at.astimezone():%H:%M:%S %Z})."
        case Reachable():
            yield from _reachable(event, kind)
        case ErrorTold():
            yield f"✗ {event.message}"
            request = f"Request {event.request_id}" if event.request_id else ""
            yield from (f"  {text}" for text in (event.cause, event.remedy, request, event.paste) if text)
        case RunEnded():
            yield from _result(event)


def _reachable(event: Reachable, kind: Kind) -> Iterator[str]:
    out = f"was unreachable for {duration(event.seconds)}" if event.seconds else "was not interrupted"
    if kind == "link":
        yield f"✓ The link can be used; the service {out}."
    elif event.seconds:
        yield f"✓ The service can be reached again; it {out}."


def _begun(event: RunStarted) -> str:
    if not event.run:
        return f"Checks for {event.service}" if event.kind == "link" else f"Undo for {event.service}"
    again = ", which goes on where it stopped" if event.resumed else ""
    return f"{'Run' if event.kind == 'link' else 'Undo'} {event.run} for {event.service}{again}"


def _result(event: RunEnded) -> Iterator[str]:
    yield f"{event.status.capitalize()}. {event.detail}".rstrip()
    if event.host:
        yield f"Host: {event.host}"
    if event.ports:
        yield "Ports: " + ", ".join(f"{purpose} {number}" for purpose, number in event.ports)
    for name in event.dns_names:
        yield f"AWS name: {name}"
