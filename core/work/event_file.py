"""The events of a run without a terminal, in a file, so that others can look.

`<runs>/<run>.events.jsonl`, 0600, holds the `--json` lines. It is appended to: whoever goes on with the run begins with
another `run` line. While the process that writes it lives it holds flock's lock on it, which the system drops however
that process dies.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from core.redaction import redact
from core.values import RunId
from core.work.events import Event
from core.work.journal import EVENTS, append_line, writing
from core.work.jsonlines import as_json, from_json

_LONGEST_LINE: Final = 1_000_000  # bytes

_WORDS: Final = ("service", "title", "detail", "message", "cause", "remedy")
"""What is for people to read."""


def events_of(folder: Path, run: RunId) -> Path:
    return folder / f"{run}{EVENTS}"


class EventFile:
    """Writes events, a line each. What cannot be written is dropped: the run, and its journal, go on without."""

    def __init__(self, path: Path) -> None:
        """Raises Failed when the file cannot be had."""
        with writing(path):
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            self._handle = os.open(path, flags, 0o600)
            # Held while it is written; who looks whether it is held holds it for a moment.
            fcntl.flock(self._handle, fcntl.LOCK_EX)

    def __call__(self, event: Event) -> None:
        line = as_json(event)
        told = {name: redact(text) for name in _WORDS if isinstance(text := line.get(name), str)}
        content = json.dumps({**line, **told}).encode() + b"\n"
        with contextlib.suppress(OSError):
            append_line(self._handle, content)

    def close(self) -> None:
        os.close(self._handle)


class Tail:
    """Reads events as they are appended. Lines that are torn, or are no event, are passed over."""

    def __init__(self, path: Path) -> None:
        """Raises OSError."""
        self._file = path.open("rb")
        self._rest = b""

    def events(self) -> Iterator[Event]:
        """Those that have come since. Raises OSError."""
        *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
        if len(self._rest) > _LONGEST_LINE:
            self._rest = b""
        for line in lines:
            event = _event(line)
            if event is not None:
                yield event

    def close(self) -> None:
        self._file.close()


def _event(line: bytes) -> Event | None:
    try:
        return from_json(json.loads(line))
    except (ValueError, RecursionError):
        return None
