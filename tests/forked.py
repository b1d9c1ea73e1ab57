"""`python -m` without its imports: processes forked from one that has loaded what they load.

Each has its own arguments, environment, folder and streams, and ends as Python ends: nothing of one reaches another.
What is gone is the second or two of loading. Not for a test of how a process starts, of encodings or of terminals.

`python -m tests.forked FD MODULE…` is the process that forks: it loads the modules, then hears on FD what to be.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TypedDict

from core.sandbox.child import Sandbox

ROOT = Path(__file__).parents[1]
_MOST = 1 << 17
"""Bytes of the longest request."""


class _Request(TypedDict):
    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str
    apart: bool  # in a session of its own


class Forked:
    """A process that was forked; of `subprocess.Popen`, what is used of it here."""

    def __init__(self, pid: int, report: IO[bytes]) -> None:
        self.pid = pid
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.returncode: int | None = None
        self._report = report

    def wait(self, timeout: float | None = None) -> int:
        """The exit code, negative for a signal."""
        if self.returncode is None:
            if not select.select([self._report], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
            with self._report:
                self.returncode = int(self._report.readline())
        return self.returncode

    def terminate(self) -> None:
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def _send(self, number: signal.Signals) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)


class Forking:
    """The process that forks: started when first needed; ends when closed, or when whoever started it ends."""

    def __init__(self, *modules: str, environment: Mapping[str, str]) -> None:
        self._modules = modules
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None

    def start(
        self,
        module: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        streams: Sequence[int],
        *,
        apart: bool = False,
    ) -> Forked:
        """`python -m module arguments` with these three streams."""
        request = _Request(
            module=module, arguments=[*arguments], environment={**environment}, folder=str(folder), apart=apart
        )
        channel = self._channel or self._begin()
        reading, writing = os.pipe()
        report = os.fdopen(reading, "rb")
        try:
            socket.send_fds(channel, [json.dumps(request).encode()], [*streams, writing])
        finally:
            os.close(writing)
        return Forked(int(report.readline()), report)

    def _begin(self) -> socket.socket:
        self._channel, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with other:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forked", str(other.fileno()), *self._modules],
                cwd=ROOT, env=self._environment, pass_fds=[other.fileno()], start_new_session=True,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        return self._channel

    def close(self) -> None:
        if self._channel is not None and self._process is not None:
            self._channel.close()
            self._process.wait()
            self._channel = None


_BARE = {name: os.environ[name] for name in ("PATH", "HOME")} | {
    "LANG": "C.UTF-8",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
SANDBOXES = Forking("core.sandbox.http", "core.sandbox.world", environment={**_BARE, "PYTHONWARNINGS": "ignore"})
PROGRAMS = Forking("tests.loaded", environment={**_BARE, "PYTHONWARNINGS": "error"})


class ForkedSandbox(Sandbox):
    """A sandbox in a process that was forked."""

    def _begin(self, arguments: Sequence[str], environment: Mapping[str, str], errors: IO[bytes]) -> Forked:
        stdin, given = os.pipe()
        told, stdout = os.pipe()
        try:
            streams = [stdin, stdout, errors.fileno()]
            process = SANDBOXES.start("core.sandbox", arguments, environment, ROOT, streams, apart=True)
        finally:
            os.close(stdin)
            os.close(stdout)
        process.stdin, process.stdout = os.fdopen(given, "wb"), os.fdopen(told, "rb")
        return process


def run(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    *,
    stdin: str = "",
    limit: float,
) -> subprocess.CompletedProcess[str]:
    """The program to its end, at most `limit` seconds, and what it wrote. `stdin` comes through a pipe."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        reading, writing = os.pipe()
        process = PROGRAMS.start(module, arguments, environment, folder, [reading, output.fileno(), errors.fileno()])
        os.close(reading)
        try:
            with contextlib.suppress(BrokenPipeError), os.fdopen(writing, "w") as given:
                given.write(stdin)
            code = process.wait(limit)
        finally:
            process.kill()
        output.seek(0)
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, output.read().decode(), errors.read().decode())


# ------------------------------------------------------------------------------------ in the process that forks


def main() -> int:
    for module in sys.argv[2:]:
        importlib.import_module(module)
    gc.collect()
    gc.freeze()  # what is loaded is not looked at, and so not copied, by every fork
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        while True:
            request, descriptors, _, _ = socket.recv_fds(channel, _MOST, 4)
            if not request:
                return 0
            if os.fork() == 0:
                channel.close()
                return _wait(json.loads(request), descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _wait(request: _Request, descriptors: Sequence[int]) -> int:
    """Fork once more, and tell whoever asked how that ended."""
    *streams, report = descriptors
    pid = os.fork()
    if pid == 0:
        os.close(report)
        return _be(request, streams)
    for stream in streams:
        os.close(stream)
    os.write(report, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(report, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _be(request: _Request, streams: Sequence[int]) -> int:
    """Become the module; what it raises at its end is raised here."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if request["apart"]:
        os.setsid()
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    sys.argv[1:] = request["arguments"]
    runpy.run_module(request["module"], run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
