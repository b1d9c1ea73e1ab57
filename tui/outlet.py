"""Standard output that never breaks the work it tells about."""

import contextlib
import io
import os
import sys
import traceback
from types import TracebackType
from typing import TextIO

from core.redaction import redact


def sturdy() -> None:
    """What a narrow encoding cannot say is written as `?`: a ✓ must not end a run."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def at_terminal(*streams: TextIO | None) -> bool:
    """Whether each is a terminal; one that was closed before the start (`<&-`) is None, and none."""
    return all(stream is not None and not stream.closed and stream.isatty() for stream in streams)


def complain(*lines: str) -> None:
    """To standard error, which may be gone as well."""
    with contextlib.suppress(OSError, ValueError):
        for line in filter(None, lines):
            print(redact(line), file=sys.stderr, flush=True)


def crashed(kind: type[BaseException], fault: BaseException, trace: TracebackType | None) -> None:
    """As `sys.excepthook`: a traceback's last line may repeat what was signed or sent."""
    complain("".join(traceback.format_exception(kind, fault, trace)).rstrip())


class Outlet:
    """Writes lines to standard output. When nobody reads any more (`| head -1`, a full disk) the rest is dropped.

    Going on is right: a run that stops there leaves a service unreachable, and the journal tells everything too.
    """

    def __init__(self) -> None:
        self._open = True

    def __call__(self, line: str) -> None:
        if not self._open:
            return
        try:
            print(line, flush=True)
        except (OSError, ValueError) as why:
            self._open = False
            _drop_the_rest(sys.stdout)
            reason = why.strerror if isinstance(why, OSError) else "it is closed"
            complain(f"Standard output takes no more ({reason}): going on without it.")


def flush() -> None:
    """What cannot be flushed now is dropped: failing when the interpreter ends, it would change the exit code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            _drop_the_rest(stream)


def _drop_the_rest(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
