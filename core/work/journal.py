"""What a run does, on disk before and after each change, so that a run cut off anywhere can be understood.

`<folder>/<run-id>.jsonl` holds one JSON object a line and `<run-id>.toml` the plan as the run keeps it. The folder is
0700, the files 0600. Nothing secret is written. (`<run-id>.events.jsonl` is no journal: see `core.work.event_file`.)
Lines have `v` (the format's version), `at` (UTC) and `kind`:

    run        run, number, service, service_name, account, region, vpc, host, pid, undo: what it takes back, or null
    inherits   run, since, certain: a failed run's interruption goes on in this one
    former     endpoints: SkySQL's endpoints before a change to them; what was before the first that took counts
    acting     step, change, detail, interrupts; on disk before the call goes out
    acted      step, change, outcome = ok | refused | unclear, detail, and made: the id of what was made
    stood      step: its end was seen to stand
    resumed    host, pid
    allow      addresses: the IP allowlist that an undo was given
    reachable  seconds
    ended      status, step, detail

`at` is told by this machine's clock, which may be set back: lines count in the order they stand, and of two runs the
one with the higher `number` began later.

`core.work.history` reads them. A change that an older reader would misunderstand gets a new `VERSION`; one that it may
pass over (a new kind, another field) does not. In every version a line has `v` and `at`, and the first one `service`.
"""

import errno
import json
import os
import secrets
import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from core.facts import AllowedAddress, ServiceEndpoint, Situation
from core.plan import Plan
from core.problems import Failed
from core.redaction import redact
from core.undo import Undo
from core.values import RunId
from core.work.events import Status
from core.world import Clock

VERSION: Final = 1
EVENTS: Final = ".events.jsonl"
"""What the file is called, after the run, that a run without a terminal tells its events to."""

_LONGEST_LINE: Final = 1_000_000  # bytes

_WORDS: Final = ("service_name", "detail")
"""What is for people to read. The rest is read back as it stands, and is no text of anybody's."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
Outcome = Literal["ok", "refused", "unclear"]


class Journal:
    """An open journal. Each method writes one line, safely on disk when it returns; else it raises Failed."""

    def __init__(self, run: RunId, folder: Path, clock: Clock) -> None:
        self.run = run
        self.path = folder / f"{run}.jsonl"
        self.plan = folder / f"{run}.toml"
        self._clock = clock

    def former(self, endpoints: Iterable[ServiceEndpoint]) -> None:
        self._write("former", endpoints=[json.loads(json.dumps(asdict(endpoint))) for endpoint in endpoints])

    def acting(self, step: str, change: str, detail: str, interrupts: bool) -> None:
        self._write("acting", step=step, change=change, detail=detail, interrupts=interrupts)

    def acted(self, step: str, change: str, outcome: Outcome, detail: str = "", made: str = "") -> None:
        told: dict[str, Json] = {"made": made} if made else {}
        self._write("acted", step=step, change=change, outcome=outcome, detail=detail, **told)

    def stood(self, step: str) -> None:
        self._write("stood", step=step)

    def allow(self, addresses: Iterable[AllowedAddress]) -> None:
        self._write("allow", addresses=[asdict(address) for address in addresses])

    def inherits(self, run: RunId, since: datetime, certain: bool) -> None:
        self._write("inherits", run=run, since=stamp(since), certain=certain)

    def resumed(self) -> None:
        self._write("resumed", host=socket.gethostname(), pid=os.getpid())

    def reachable(self, seconds: float) -> None:
        self._write("reachable", seconds=round(seconds, 3))

    def ended(self, status: Status, step: str, detail: str) -> None:
        self._write("ended", status=status, step=step, detail=detail)

    def begun(self, number: int, undo: Undo | None = None, **facts: Json) -> None:
        host, pid = socket.gethostname(), os.getpid()
        taken_back = None
        if undo is not None:
            taken_back = json.loads(json.dumps(asdict(replace(undo, service_name=redact(undo.service_name)))))
        self._write("run", run=self.run, number=number, **facts, host=host, pid=pid, undo=taken_back)

    def _write(self, kind: str, **facts: Json) -> None:
        told = {name: redact(text) for name in _WORDS if isinstance(text := facts.get(name), str)}
        line = {"v": VERSION, "at": stamp(self._clock.now()), "kind": kind, **facts, **told}
        with writing(self.path):
            _append(self.path, json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")


def begin(folder: Path, plan: Plan, plan_text: str, situation: Situation, clock: Clock) -> Journal:
    """A new run's journal, its plan beside it; nothing else has happened yet. Raises Failed."""
    with writing(folder):
        number, journal = _new(folder, clock)
        _create(journal.plan, plan_text.encode())
        _sync_folder(folder)
    service = situation.service
    journal.begun(
        number,
        service=service.id,
        service_name=service.name,
        account=situation.identity.account,
        region=plan.region,
        vpc=plan.vpc,
    )
    return journal


def begin_undo(folder: Path, undo: Undo, clock: Clock) -> Journal:
    """The same for an undo. It has no plan: what it takes back stands in its first line. Raises Failed."""
    with writing(folder):
        number, journal = _new(folder, clock)
        _sync_folder(folder)
    journal.begun(
        number,
        undo,
        service=undo.service,
        service_name=undo.service_name,
        account=undo.account,
        region=undo.region,
        vpc=undo.vpc or "",
    )
    return journal


def _new(folder: Path, clock: Clock) -> tuple[int, Journal]:
    private_folder(folder)
    number = 1 + max(map(_number, journals(folder)), default=0)
    return number, Journal(_free_id(folder, clock), folder, clock)


def journals(folder: Path) -> list[Path]:
    """Every journal in the folder. Raises OSError."""
    return [path for path in folder.glob("*.jsonl") if not path.name.endswith(EVENTS)]


def _number(path: Path) -> int:
    """Runs are counted: a clock may jump back, and their ids with it. 0 for what cannot be read."""
    try:
        with path.open("rb") as file:
            number = json.loads(file.readline(_LONGEST_LINE))["number"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return 0
    return number if type(number) is int else 0


def private_folder(folder: Path) -> None:
    """Make the folder, and make it ours alone. Raises OSError."""
    new = [each for each in (folder, *folder.parents) if not each.exists()]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    for each in new:
        _sync_folder(each.parent)


def _free_id(folder: Path, clock: Clock) -> RunId:
    """A run id that sorts by time and is nobody else's: `20261122-130700-3f9a`. Its journal is there, empty."""
    while True:
        run = RunId(f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}")
        try:
            _create(folder / f"{run}.jsonl", b"")
        except FileExistsError:
            continue
        return run


def stamp(at: datetime) -> str:
    """RFC 3339, UTC, to the millisecond."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what the file system refuses into a Failed that says how to go on."""
    try:
        yield
    except OSError as why:
        full = why.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        raise Failed(
            "journal-full" if full else "journal-unwritable",
            f"The run's journal cannot be written: {path}",
            cause=f"{why.strerror or why}. A change that could not be recorded first is not made.",
            remedy="Free some space, or set XDG_STATE_HOME to a folder that can be written; then run again.",
        ) from why


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """The same for what it does not let us read."""
    try:
        yield
    except OSError as why:
        raise Failed(
            "journal-unreadable",
            f"The run's journal cannot be read: {path}",
            cause=f"{why.strerror or why}.",
            remedy="Correct its owner or permissions; then run again.",
        ) from why


def _append(path: Path, line: bytes) -> None:
    """A journal that was taken away is not made anew: without its first line nobody could read it."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    try:
        append_line(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)


def _create(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        _write_all(handle, content)
        os.fsync(handle)
    finally:
        os.close(handle)


def append_line(handle: int, line: bytes) -> None:
    """In one write. After a torn line a line end comes first, so that the torn one spoils only itself."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        line = b"\n" + line
    _write_all(handle, line)


def _write_all(handle: int, content: bytes) -> None:
    """A write may take a part alone."""
    while content:
        content = content[os.write(handle, content) :]


def _sync_folder(folder: Path) -> None:
    """A new file's name must survive a power cut as well as its content."""
    handle = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
