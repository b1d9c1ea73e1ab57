"""Reads journals back: what a run had done, where it stopped, what stood before it.

A line without its line end, or one that is not JSON, was never finished: it is skipped, wherever it stands.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, get_args

from core.facts import AllowedAddress, ServiceEndpoint
from core.problems import Blocked
from core.undo import Undo
from core.values import AccountId, Region, RunId, ServiceId, VpcId
from core.work.events import Status
from core.work.journal import VERSION, Outcome, journals, reading

Change = tuple[str, str]  # step, change
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """The last time a change went out."""

    at: datetime
    outcome: Outcome  # unclear also when the program ended before it was known
    interrupts: bool = False


@dataclass(frozen=True, slots=True)
class Outage:
    """The service cannot be reached since `at`; not `certain` while it is not known whether the switch took."""

    at: datetime
    certain: bool


@dataclass(frozen=True, slots=True)
class Past:
    """A run as its journal tells it."""

    run: RunId
    journal: Path
    plan: Path
    service: ServiceId
    service_name: str
    started: datetime
    number: int  # counts the runs of this folder; 0 where none was written
    account: AccountId
    region: Region
    vpc: VpcId | None
    format: int = VERSION  # when newer than ours, nothing but what stands above is known
    undo: Undo | None = None  # what it takes back; None: it links
    status: Status | None = None  # None: it did not get to its end
    step: str = ""  # where it was
    detail: str = ""
    sent: Mapping[Change, Sent] = field(default_factory=dict)
    made: frozenset[str] = frozenset()  # ids
    stood: frozenset[str] = frozenset()  # steps whose end was seen to stand
    former: tuple[ServiceEndpoint, ...] = ()  # SkySQL's endpoints before the first change to them that took
    switched: bool = False  # whether one is known to have taken
    outage: Outage | None = None  # None also once it is over
    last: datetime | None = field(default=None, compare=False)  # when its last line was written

    @property
    def newer(self) -> bool:
        """Whether a newer version of this program has written to it."""
        return self.format > VERSION

    @property
    def unfinished(self) -> bool:
        """Whether it can go on: cut off, interrupted or waiting."""
        return self.status in (None, "interrupted", "waiting")

    @property
    def changed_something(self) -> bool:
        """Whether a change went out and was not refused."""
        return any(sent.outcome != "refused" for sent in self.sent.values())


def runs(folder: Path) -> tuple[Past, ...]:
    """Every run there is a journal of, newest first. Raises Failed."""
    with reading(folder):
        paths = journals(folder) if folder.is_dir() else []
    read = [past for past in map(read_run, paths) if past is not None]
    return tuple(sorted(read, key=lambda past: (past.number, past.run), reverse=True))


def unfinished(folder: Path, service: ServiceId) -> Past | None:
    """The service's newest run, when it can go on."""
    past = latest(folder, service)
    return past if past is not None and past.unfinished else None


def latest(folder: Path, service: ServiceId) -> Past | None:
    """The service's newest run. Raises Blocked where a newer version of this program has worked on it, Failed."""
    return next(iter(of_service(runs(folder), service)), None)


def of_service(pasts: Iterable[Past], service: ServiceId) -> tuple[Past, ...]:
    """Those of `pasts` that are the service's. Raises Blocked where a newer version of this program worked on it."""
    its = tuple(past for past in pasts if past.service == service)
    for past in its:
        if past.newer:
            raise newer_format(past)
    return its


def read_run(path: Path) -> Past | None:
    """None when not even the first line was finished: then nothing was changed either."""
    past: Past | None = None
    with reading(path):
        content = path.read_bytes()
    for line in _lines(content):
        past = _begun(line, path) if past is None else _after(past, line)
        past = past if past is None else _written(past, line)
    return past


def _lines(content: bytes) -> Iterator[dict[str, Any]]:
    for raw in content.split(b"\n")[:-1]:
        try:
            line = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        if isinstance(line, dict):
            yield line


def newer_format(past: Past) -> Blocked:
    """Why a run that a newer version wrote is left alone, and its service with it."""
    return Blocked(
        "journal-newer",
        f"Run {past.run} for {past.service_name} was recorded by a newer version of this program.",
        cause=f"The format of {past.journal} is {past.format}; this version reads up to {VERSION}.",
        remedy="Go on with the newer version. That concerns this service alone: every other can be worked on.",
    )


def _begun(line: dict[str, Any], path: Path) -> Past | None:
    written_as = _whole(line.get("v"), VERSION)
    try:
        return Past(
            run=RunId(path.stem),
            journal=path,
            plan=path.with_suffix(".toml"),
            service=ServiceId(str(line["service"])),
            service_name=str(line.get("service_name", line["service"])),
            started=_time(line["at"]),
            number=_whole(line.get("number"), 0),
            format=written_as,
            account=AccountId(str(line.get("account", ""))),
            region=Region(str(line.get("region", ""))),
            vpc=VpcId(str(line["vpc"])) if line.get("vpc") else None,
            undo=_parse(Undo)(line["undo"]) if line.get("undo") and written_as <= VERSION else None,
        )
    except (KeyError, ValueError):
        return None


def _after(past: Past, line: dict[str, Any]) -> Past:
    written_as = _whole(line.get("v"), VERSION)
    if past.newer or written_as > VERSION:  # what it says may mean something else by now
        return replace(past, format=max(past.format, written_as))
    try:
        return _READERS.get(str(line["kind"]), _unchanged)(past, line)
    except (KeyError, ValueError):  # ValidationError is a ValueError
        return past  # half a fact is none; the next look at the world says what is so


def _written(past: Past, line: dict[str, Any]) -> Past:
    try:
        return replace(past, last=_time(line["at"]))
    except (KeyError, ValueError):
        return past


def _unchanged(past: Past, _line: dict[str, Any]) -> Past:
    return past


def _resumed(past: Past, _line: dict[str, Any]) -> Past:
    return replace(past, status=None, detail="")


def _inherits(past: Past, line: dict[str, Any]) -> Past:
    return replace(past, outage=Outage(_time(line["since"]), line["certain"] is True))


def _former(past: Past, line: dict[str, Any]) -> Past:
    now = _parse(tuple[ServiceEndpoint, ...])(line["endpoints"])
    return replace(past, former=now) if not past.former or is_former(now, past) else past


def is_former(now: Sequence[ServiceEndpoint], past: Past) -> bool:
    """Whether what stood at a later change is what was before, and not `past.former`.

    It is when no change of the run has taken: what differs since is its owners' own doing. Of one that may have taken,
    SkySQL's word decides: private after public is our switch, and an empty IP allowlist is what a switch leaves.
    """
    outcomes = {sent.outcome for (step, _), sent in past.sent.items() if step == "switch"}
    if past.switched or (past.outage is not None and past.outage.certain):
        return False
    if past.outage is None and outcomes <= {"refused"}:
        return True
    private = any(endpoint.is_private for endpoint in now)
    listed = any(endpoint.allow_list for endpoint in now)
    return private == any(endpoint.is_private for endpoint in past.former) and (private or listed)


def _allow(past: Past, line: dict[str, Any]) -> Past:
    addresses = _parse(tuple[AllowedAddress, ...])(line["addresses"])
    return past if past.undo is None else replace(past, undo=replace(past.undo, allow=addresses))


@cache
def _parse(kind: type[T]) -> Callable[[object], T]:
    from pydantic import TypeAdapter  # slow to import, and most starts of the program read no journal

    return TypeAdapter(kind).validate_python


def _acting(past: Past, line: dict[str, Any]) -> Past:
    step, at = str(line["step"]), _time(line["at"])
    interrupts = line.get("interrupts") is True
    sent = {**past.sent, (step, str(line["change"])): Sent(at, "unclear", interrupts)}
    outage = Outage(at, certain=False) if interrupts and past.outage is None else past.outage
    return replace(past, sent=sent, outage=outage, step=step, status=None)


def _acted(past: Past, line: dict[str, Any]) -> Past:
    change = (str(line["step"]), str(line["change"]))
    outcome = line["outcome"]
    if change not in past.sent or outcome not in get_args(Outcome):
        return past
    began = past.sent[change]
    made = past.made | {str(line["made"])} if line.get("made") else past.made
    sent = {**past.sent, change: Sent(_time(line["at"]), outcome, began.interrupts)}
    switched = past.switched or (change[0] == "switch" and outcome == "ok")
    past = replace(past, sent=sent, made=made, switched=switched)
    if not began.interrupts or past.outage is None or past.outage.certain:
        return past
    if outcome == "ok":
        return replace(past, outage=Outage(began.at, certain=True))
    # An earlier sending, of which nothing was heard, may have taken all the same: only this one is taken back.
    return replace(past, outage=None) if outcome == "refused" and past.outage.at == began.at else past


def _stood(past: Past, line: dict[str, Any]) -> Past:
    return replace(past, stood=past.stood | {str(line["step"])})


def _reachable(past: Past, _line: dict[str, Any]) -> Past:
    return replace(past, outage=None)


def _ended(past: Past, line: dict[str, Any]) -> Past:
    status = line["status"]
    if status not in get_args(Status):
        return past
    return replace(past, status=status, step=str(line["step"]) or past.step, detail=str(line["detail"]))


_READERS = {
    "inherits": _inherits,
    "former": _former,
    "acting": _acting,
    "acted": _acted,
    "stood": _stood,
    "resumed": _resumed,
    "allow": _allow,
    "reachable": _reachable,
    "ended": _ended,
}


def _whole(value: object, otherwise: int) -> int:
    return value if type(value) is int else otherwise


def _time(text: object) -> datetime:
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError(text)
    return at
