"""One run a service at a time. The system drops the lock when its holder dies, however it dies.

`<folder>/<service>.lock` says who holds it, and is empty when nobody does. The lock is flock's, which holds on one
machine. On a folder that machines share (a home on NFS) it may not: so the file counts there too. What a dead run left
in it is passed over on the machine it ran on; elsewhere nobody can see whether that run is dead, and a person decides.
Two machines that begin in the same moment, on a file system that shares no locks, are not kept apart.
"""

import fcntl
import json
import os
import pwd
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path

from core.problems import Blocked
from core.text import clean
from core.values import ServiceId
from core.work.journal import private_folder, stamp, writing
from core.world import Clock


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock, as its file says."""

    user: str
    pid: str
    host: str
    boot: str  # which start of which machine: containers on it have host names of their own
    terminal: str
    since: str  # RFC 3339

    @property
    def is_here(self) -> bool:
        """Whether it is, or was, on this machine: its lock then says whether it lives."""
        return self.host == socket.gethostname() or bool(self.boot and self.boot == _boot())

    def __str__(self) -> str:
        where = f"process {self.pid} on {self.host}{f', terminal {self.terminal}' if self.terminal else ''}"
        return clean(", ".join(filter(None, (self.user, where, f"since {_local(self.since)}"))), 300)


@contextmanager
def locked(folder: Path, service: ServiceId, clock: Clock) -> Iterator[None]:
    """Hold `<service>.lock`. Raises Blocked naming who holds it, Failed when the folder cannot be written."""
    path = _path(folder, service)
    with writing(path):
        private_folder(folder)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with writing(path):
            _take(handle, path, clock)
        try:
            yield
        finally:
            # The file stays: removing it would let two runs hold locks on two files of one name.
            with suppress(OSError):  # a disk that went: on this machine the file says nothing without its lock
                os.ftruncate(handle, 0)
    finally:
        os.close(handle)


def holder(folder: Path, service: ServiceId) -> Holder | None:
    """Who says to hold the service's lock; on this machine that counts only while the lock is held."""
    return _holder(_path(folder, service))


def _path(folder: Path, service: ServiceId) -> Path:
    return folder / f"{re.sub(r'[^A-Za-z0-9_-]', '_', service)}.lock"


def _take(handle: int, path: Path, clock: Clock) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(path)
        raise Blocked(
            "locked",
            f"Another run is working on this service: {holder or 'who it is could not be read'}.",
            cause="Two runs at once would undo each other's work.",
            remedy="Wait for it to end, or stop it there; then run again.",
        ) from None
    left = _holder(path)
    if left is not None and not left.is_here:
        raise Blocked(
            "locked-elsewhere",
            f"Another machine's run may be working on this service: {left}.",
            cause="It has not said that it ended, and whether it goes on cannot be seen from here.",
            remedy=f"Look there. When it has ended, delete {path}, then run again.",
        )
    os.ftruncate(handle, 0)
    os.pwrite(handle, json.dumps(asdict(_ourselves(clock.now()))).encode(), 0)
    os.fsync(handle)  # for other machines to see


def _ourselves(now: datetime) -> Holder:
    return Holder(_user(), str(os.getpid()), socket.gethostname(), _boot(), _terminal(), stamp(now))


def _holder(path: Path) -> Holder | None:
    """None when the file is empty, or says nothing that can be read."""
    try:
        told = json.loads(path.read_bytes())
        holder = Holder(**{each.name: str(told.get(each.name) or "") for each in fields(Holder)})
    except (OSError, ValueError, RecursionError, AttributeError):
        return None
    return holder if holder.host else None


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container without that user
        return f"user {os.geteuid()}"


def _boot() -> str:
    """The kernel's own word for this start of this machine; empty where it has none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _terminal() -> str:
    for handle in (0, 1, 2):
        with suppress(OSError):
            return os.ttyname(handle)
    return ""


def _local(told: str) -> str:
    try:
        return f"{datetime.fromisoformat(told).astimezone():%Y-%m-%d %H:%M:%S %Z}"
    except (ValueError, OverflowError):
        return told


def working(folder: Path, service: ServiceId) -> Holder | None:
    """Who works on the service now; also None when that cannot be known."""
    path = _path(folder, service)
    return _holder(path) if held(path) else None


def held(path: Path) -> bool:
    """Whether a process of this machine holds flock's lock on a file; False also where that cannot be known."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks
        return False
    finally:
        os.close(handle)
    return False
