"""The sandbox process: listen, say where, then load the world and answer until told to stop.

Both sockets listen before anything heavy is imported, so whoever started the sandbox can go on at once; the first
calls wait in the backlog for the second or two that moto takes to load.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import importlib.util
import json
import os
import shlex
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType
from typing import NoReturn

from core.sandbox.clock import Clock
from core.sandbox.environment import environment
from core.sandbox.fate import Fate
from core.sandbox.faults import parse_fault
from core.sandbox.stories import BY_NAME, STORIES

HOST = "127.0.0.1"
SPEED = "SKYSQL_PRIVATELINK_SANDBOX_SPEED"
MISSING = "the sandbox needs the extra: pip install 'skysql-privatelink[sandbox]'"


def available() -> bool:
    """Whether the packages of the extra are installed, without importing them."""
    return all(importlib.util.find_spec(name) for name in ("moto", "flask", "werkzeug"))


def main(arguments: Sequence[str]) -> int:
    """Parse the process's own options and serve. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="sandbox", description="Serve the sandbox on loopback.")
    parser.add_argument(
        "--port", type=int, default=0, help="port of AWS; SkySQL gets the next one (default: free ones)"
    )
    parser.add_argument("--speed", type=float, help=f"scales every delay, 0 = none (default: ${SPEED}, else 1)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other ids")
    parser.add_argument("--story", default="", help="what happens, by name")
    parser.add_argument("--rate-limits", action="store_true", help="AWS's request buckets are in force")
    parser.add_argument("--fault", action="append", default=[], help="what befalls a call: CALL=OUTCOME")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of shell lines")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    given = parser.parse_args(arguments)
    happening = Happening(given.story, tuple(given.fault), given.seed, given.rate_limits)
    return serve(happening, port=given.port, speed=given.speed, as_json=given.json, until_eof=given.until_eof)


@dataclass(frozen=True)
class Happening:
    """What is to happen in the world, as a person asks for it."""

    story: str = ""
    faults: tuple[str, ...] = ()
    seed: int = 0
    rate_limits: bool = False


PLAIN = Happening()


def serve(
    happening: Happening = PLAIN,
    *,
    port: int = 0,
    speed: float | None = None,
    as_json: bool = False,
    until_eof: bool = False,
) -> int:
    """Serve on 127.0.0.1 until interrupted; prints the environment first. Returns the exit code."""
    try:
        scale, fate = _scale(speed), fate_of(happening)
    except ValueError as refused:
        print(refused, file=sys.stderr)
        return 2
    if not available():
        print(MISSING, file=sys.stderr)
        return 2
    _stop_on_signals()
    if until_eof:
        threading.Thread(target=_stop_at_eof, name="until-eof", daemon=True).start()
    try:
        with _listening(port) as (aws, skysql), tempfile.TemporaryDirectory(prefix="skysql-sandbox-") as folder:
            _announce(environment(Path(folder), _url(aws), _url(skysql), os.environ), as_json=as_json)
            _serve(aws, skysql, Clock(scale), fate, happening.seed)
    except OSError as refused:
        print(f"cannot serve on ports {port} and {port + 1}: {refused}", file=sys.stderr)
        return 1
    except _Stopped:
        pass
    return 0


def fate_of(happening: Happening) -> Fate:
    """The story's fate with the faults asked for in front of its own. ValueError for one that is not known."""
    story = BY_NAME.get(happening.story or STORIES[0].name)
    if story is None:
        close = difflib.get_close_matches(happening.story, BY_NAME, n=1)
        hint = f"did you mean {close[0]}?" if close else "see: skysql-privatelink sandbox stories"
        raise ValueError(f"there is no story {happening.story!r}; {hint}")
    asked = tuple(parse_fault(text) for text in happening.faults)
    limited = happening.rate_limits or story.fate.rate_limits
    return replace(story.fate, faults=asked + story.fate.faults, rate_limits=limited)


def _scale(speed: float | None) -> float:
    text = os.environ.get(SPEED, "") if speed is None else str(speed)
    try:
        scale = float(text or 1)
    except ValueError:
        scale = -1
    if not 0 <= scale < float("inf"):
        raise ValueError(f"speed is a number from 0 (no delays) upwards, not {text!r}")
    return scale


class _Stopped(Exception):
    """Told to stop."""


def _stop_on_signals() -> None:
    def stop(_signal: int, _frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second ctrl-c must not cut the tidying short
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise _Stopped

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)


def _stop_at_eof() -> None:
    with contextlib.suppress(OSError):  # closed is as good as ended
        while os.read(0, 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def _listening(port: int) -> Iterator[tuple[socket.socket, socket.socket]]:
    with _listen(port) as aws, _listen(port + 1 if port else 0) as skysql:
        yield aws, skysql


def _listen(port: int) -> socket.socket:
    return socket.create_server((HOST, port), backlog=128)


def _url(listening: socket.socket) -> str:
    return f"http://{HOST}:{listening.getsockname()[1]}"


def _announce(variables: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(dict(variables)), flush=True)
    else:
        print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables.items()), flush=True)


def _serve(aws: socket.socket, skysql: socket.socket, clock: Clock, fate: Fate, seed: int) -> None:
    _forget_aws()
    warnings.simplefilter("ignore")  # moto's; what stands on stderr is a fault
    from core.sandbox.http import Server
    from core.sandbox.world import World

    world = World(clock, fate, seed)
    with Server(aws, world.aws), Server(skysql, world.skysql):
        threading.Event().wait()


def _forget_aws() -> None:
    """moto opens a boto3 session while it is imported: a broken profile of the user's must not reach it."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
