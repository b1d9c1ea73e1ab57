"""Starts the sandbox as a child process and sees to it that it never outlives its parent.

Light imports only: the command line loads this before its first page. The child reads its standard input until the
end, so it goes when the parent closes it and also when the parent dies without a word.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from core.redaction import without_secrets
from core.sandbox.serve import MISSING, Happening, available

_ROOT = Path(__file__).resolve().parents[2]
_TIME_LIMIT = 30.0
_PATIENCE = 5.0


class SandboxError(Exception):
    """The sandbox did not start; the message says why, in words for the user."""


class Process(Protocol):
    """What is used of a process, as `subprocess.Popen` has it."""

    @property
    def pid(self) -> int: ...
    @property
    def stdin(self) -> IO[bytes] | None: ...
    @property
    def stdout(self) -> IO[bytes] | None: ...
    @property
    def returncode(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class Sandbox:
    """The sandbox process: `start`, overlay what it returns on the environment, `stop`."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._errors: IO[bytes] | None = None

    def start(self, speed: float | None = None, happening: Happening | None = None) -> Mapping[str, str]:
        """Start the child and return the variables to overlay on the environment.

        Returns as soon as both ports listen; the first call waits until the world behind them is loaded.
        Raises SandboxError when the child ends or stays silent, with what it wrote on stderr.
        """
        if self._process is not None:
            raise SandboxError("the sandbox is running already")
        if not available():
            raise SandboxError(MISSING)
        arguments = ["--json", "--until-eof"]
        if speed is not None:
            arguments += ["--speed", str(speed)]
        if happening is not None:
            arguments += ["--story", happening.story, "--seed", str(happening.seed)]
            arguments += [f"--fault={fault}" for fault in happening.faults]
            arguments += ["--rate-limits"] if happening.rate_limits else []
        self._errors = tempfile.TemporaryFile(prefix="skysql-sandbox-stderr-")  # noqa: SIM115  closed by stop
        self._process = self._begin(arguments, _environment(), self._errors)
        try:
            return _variables(_first_line(self._process))
        except BaseException as failed:
            said = self.said()
            self.stop()
            if isinstance(failed, (ValueError, TimeoutError)):
                raise SandboxError(f"the sandbox did not start: {said or failed}") from failed
            raise

    def _begin(self, arguments: Sequence[str], environment: Mapping[str, str], errors: IO[bytes]) -> Process:
        return subprocess.Popen(  # noqa: S603  our own interpreter and module
            [sys.executable, "-m", "core.sandbox", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            start_new_session=True,  # ctrl-c at the terminal is for the parent
        )

    def said(self) -> str:
        """What the child wrote on stderr: empty unless something went wrong inside."""
        if self._errors is None:
            return ""
        size = os.fstat(self._errors.fileno()).st_size
        return os.pread(self._errors.fileno(), size, 0).decode(errors="replace").strip()

    def stop(self) -> None:
        """End the child: politely, then firmly. May be called twice, from atexit and after a failed start."""
        process, self._process = self._process, None
        errors, self._errors = self._errors, None
        if process is not None:
            for pipe in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    if pipe is not None:
                        pipe.close()
            for insist in (process.terminate, process.kill):
                try:
                    process.wait(_PATIENCE)
                    break
                except subprocess.TimeoutExpired:
                    insist()
            process.wait()
        if errors is not None:
            errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def _environment() -> dict[str, str]:
    variables = without_secrets(os.environ)  # it serves keys of its own
    variables["PYTHONSAFEPATH"] = "1"  # a folder named core where the user stands is not ours
    if _ROOT.name not in ("site-packages", "dist-packages"):
        inherited = variables.get("PYTHONPATH")
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, [str(_ROOT), inherited]))
    return variables


def _first_line(process: Process) -> bytes:
    """The line the child prints when it listens. ValueError when it ended, TimeoutError when it said nothing."""
    pipe, line, deadline = process.stdout, b"", time.monotonic() + _TIME_LIMIT
    if pipe is None:
        raise ValueError("no standard output")
    with selectors.DefaultSelector() as ready:
        ready.register(pipe, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not ready.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError(f"it said nothing for {_TIME_LIMIT:.0f} seconds")
            piece = os.read(pipe.fileno(), 65536)
            if not piece:
                process.wait(_PATIENCE)
                raise ValueError(f"it ended with exit code {process.returncode}")
            line += piece
    return line


def _variables(line: bytes) -> Mapping[str, str]:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise ValueError(f"it printed {line!r}")
    return {str(name): str(value) for name, value in found.items()}
