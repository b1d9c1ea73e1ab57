"""What `--debug` writes: requests, and the traceback of a crash. For this user alone, bounded, off the event loop.

`<folder>/<start>-<pid>.log`, its older parts beside it; of earlier starts the last few are kept. Nothing of the
libraries' own logs, which at DEBUG hold signatures and tokens; what this program holds as secret is blotted out.
"""

import contextlib
import logging
import os
import queue
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import QueueHandler, QueueListener, RotatingFileHandler
from pathlib import Path
from typing import Final

from core.edges.calls import NAME
from core.problems import Failed
from core.redaction import redact
from core.work.journal import private_folder, stamp

LARGEST: Final = 1_000_000
"""Bytes of one file."""

PARTS: Final = 3
STARTS: Final = 5

_ALSO: Final = "asyncio"  # its warnings: what went wrong in a task that nobody waited for


@contextlib.contextmanager
def debug_log(folder: Path, about: Mapping[str, str]) -> Iterator[Path]:
    """Write a log until the block ends; its path. Raises Failed when it cannot be begun; later failures are dropped."""
    path = folder / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{os.getpid()}.log"
    file = _opened(path)
    _keep_the_last(folder)
    records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    writer = QueueListener(records, file)
    writer.start()
    try:
        with _heard(records) as ours:
            ours.debug("%s", ", ".join(f"{name} {told}" for name, told in about.items()))
            try:
                yield path
            except Exception:
                ours.exception("It ends with a fault of its own.")
                raise
    finally:
        writer.stop()
        file.close()


def _opened(path: Path) -> "_PrivateFile":
    try:
        private_folder(path.parent)
        file = _PrivateFile(path, maxBytes=LARGEST, backupCount=PARTS - 1, encoding="utf-8", errors="backslashreplace")
    except OSError as why:
        raise Failed(
            "log-unwritable",
            f"The log cannot be written: {path}",
            cause=f"{why.strerror or why}.",
            remedy="Free some space, or set XDG_STATE_HOME to a folder that can be written.",
        ) from why
    file.setFormatter(_Line())
    return file


@contextlib.contextmanager
def _heard(records: "queue.SimpleQueue[logging.LogRecord]") -> Iterator[logging.Logger]:
    """Have what is logged put into `records`, which costs whoever logs no time; the program's own logger."""
    ours = logging.getLogger(NAME)
    before = ours.level, ours.propagate
    ours.setLevel(logging.DEBUG)
    ours.propagate = False
    entrances = {name: QueueHandler(records) for name in (NAME, _ALSO)}
    entrances[_ALSO].setLevel(logging.WARNING)
    for name, entrance in entrances.items():
        logging.getLogger(name).addHandler(entrance)
    try:
        yield ours
    finally:
        for name, entrance in entrances.items():
            logging.getLogger(name).removeHandler(entrance)
        ours.setLevel(before[0])
        ours.propagate = before[1]


class _PrivateFile(RotatingFileHandler):
    """0600 from the first byte on. What cannot be written is dropped: a full disk must not spoil the screen."""

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return open(handle, "a", encoding=self.encoding, errors=self.errors)  # noqa: PTH123 - the handler closes it

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the base class's word
        """Nothing."""


class _Line(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        return redact(f"{stamp(at)} {record.levelname} {super().format(record)}")


def _keep_the_last(folder: Path) -> None:
    """Of what earlier starts have left."""
    starts = sorted({path.name.partition(".log")[0] for path in folder.glob("*.log*")})
    for start in starts[:-STARTS]:
        for path in folder.glob(f"{start}.log*"):
            with contextlib.suppress(OSError):
                path.unlink()
