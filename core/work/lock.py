"""One run a service at a time, on this machine. The system drops the lock when its holder dies, however it dies."""

import fcntl
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.problems import Blocked
from core.text import clean
from core.values import ServiceId
from core.work.journal import private_folder, stamp, writing
from core.world import Clock


@contextmanager
def locked(folder: Path, service: ServiceId, clock: Clock) -> Iterator[None]:
    """Hold `<service>.lock`. Raises Blocked naming who holds it, Failed when the folder cannot be written."""
    path = folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', service)}.lock"
    with writing(path):
        private_folder(folder)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with writing(path):
            _take(handle, path, clock)
        # The file stays: removing it would let two runs hold locks on two files of one name.
        yield
    finally:
        os.close(handle)


def _take(handle: int, path: Path, clock: Clock) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Blocked(
            "locked",
            f"Another run is working on this service: {_holder(path)}.",
            cause="Two runs at once would undo each other's work.",
            remedy="Wait for it to end, or stop it there; then run again.",
        ) from None
    held = {"pid": os.getpid(), "host": socket.gethostname(), "since": stamp(clock.now())}
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(held).encode(), 0)


def _holder(path: Path) -> str:
    try:
        held = json.loads(path.read_bytes())
        return clean(f"process {held['pid']} on {held['host']}, since {held['since']}", 200)
    except (OSError, ValueError, KeyError, TypeError):
        return "who it is could not be read"
