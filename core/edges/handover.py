"""Hands work to a process of its own, which outlives the terminal: `python -m core.background`.

What it is to do, and every secret it needs, go through a pipe on its standard input: a command line, an environment and
a file can be read by others. On its standard output it tells its process id, then its events until the run has begun;
from then on they are in a file: see `core.work.event_file`.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from core.facts import AllowedAddress
from core.plan import Plan, dump_plan, parse_plan
from core.problems import Failed
from core.redaction import redact, without_secrets
from core.text import clean
from core.values import Region
from core.work.events import Event, RunEnded, RunStarted
from core.work.history import Past
from core.work.jsonlines import from_json
from core.work.kept import kept_plan
from core.world import AwsKeys, Secret, Settings

_ROOT: Final = Path(__file__).resolve().parents[2]

_PLAIN: Final = ("HOME", "LANG", "LANGUAGE", "LD_LIBRARY_PATH", "PATH", "TMPDIR", "TZ")
"""Variables that the interpreter may want before it has read anything; the others it is told by the pipe."""

_PATHS: Final = (
    "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_DATA_PATH", "AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
)  # fmt: skip
"""Variables that may name a place seen from where the user stands; the process stands elsewhere."""


@dataclass(frozen=True, slots=True)
class TakeBack:
    """What `core.work.operation.undo` is told."""

    wanted: str
    allow: tuple[AllowedAddress, ...] = ()
    region: Region | None = None


@dataclass(frozen=True, slots=True)
class Errand:
    """What the process is to do: carry a plan out, or an undo; and with what."""

    work: Plan | TakeBack
    settings: Settings  # signed in with; `ask_code` is left behind, for nobody is there to be asked
    runs: Path
    environ: Mapping[str, str] = field(repr=False)
    debug: bool = False

    def dump(self) -> str:
        settings, keys = self.settings, self.settings.aws_keys
        told = {
            "environ": dict(self.environ),
            "runs": str(self.runs.absolute()),
            "debug": self.debug,
            "skysql_url": settings.skysql_url,
            "skysql_key": settings.skysql_key.reveal(),
            "organization": settings.organization,
            "profile": settings.profile,
            "region": settings.region,
            "aws_keys": [keys.id, keys.secret.reveal(), keys.token.reveal()] if keys else [],
            **_dumped(self.work),
        }
        return json.dumps(told)

    @classmethod
    def load(cls, text: str) -> Self:
        """The inverse: it comes from this program, and from nobody else."""
        told = json.loads(text)
        settings = Settings(
            told["skysql_url"],
            Secret(told["skysql_key"]),
            organization=told["organization"],
            profile=told["profile"],
            region=told["region"],
            aws_keys=_keys(*told["aws_keys"]) if told["aws_keys"] else None,
        )
        return cls(_loaded(told), settings, Path(told["runs"]), told["environ"], told["debug"])


def going_on_with(past: Past) -> Plan | TakeBack:
    """What is left to do of a run or an undo. Raises Failed when its plan is gone."""
    return TakeBack(past.run) if past.undo is not None else kept_plan(past)


def _dumped(work: Plan | TakeBack) -> dict[str, Any]:
    if isinstance(work, Plan):
        return {"plan": dump_plan(work)}
    return {
        "undo": work.wanted,
        "allow": [[address.ip, address.comment] for address in work.allow],
        "of_region": work.region,
    }


def _loaded(told: Mapping[str, Any]) -> Plan | TakeBack:
    if "plan" in told:
        return parse_plan(told["plan"])
    region = Region(told["of_region"]) if told["of_region"] else None
    return TakeBack(told["undo"], tuple(AllowedAddress(*each) for each in told["allow"]), region)


def _keys(name: str, secret: str, token: str) -> AwsKeys:
    return AwsKeys(name, Secret(secret), Secret(token))


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of it by the time the run had begun, or had ended without."""

    pid: int
    told: tuple[Event, ...]

    @property
    def begun(self) -> RunStarted | None:
        """The run, which goes on; None when it has ended before it began."""
        return next((event for event in self.told if isinstance(event, RunStarted) and event.run), None)

    @property
    def result(self) -> RunEnded | None:
        return next((event for event in self.told if isinstance(event, RunEnded)), None)


def hand_over(errand: Errand) -> Handed:
    """Start the process and wait until its run has begun or ended. Blocks. Raises Failed when it does neither.

    When the wait is broken off the process is asked to stop: nobody would know of it.
    """
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "core.background"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,  # until the run has begun
            cwd="/",  # no disk is kept from being taken away
            env=_environment(errand.environ),
            umask=0o077,
            start_new_session=True,  # what the terminal's end does to others does not come here
        )
    except OSError as why:
        raise _died(clean(why.strerror or type(why).__name__)) from None
    with process:
        assert process.stdin is not None  # noqa: S101 - they are pipes
        assert process.stdout is not None  # noqa: S101
        with contextlib.suppress(BrokenPipeError):  # what it said instead is read below
            process.stdin.write(errand.dump().encode())
            process.stdin.close()
        return _heard(process.stdout)


def _heard(lines: Iterable[bytes]) -> Handed:
    pid, told, said = 0, list[Event](), ""
    try:
        for line in lines:
            answer = _parsed(line)
            event = from_json(answer)
            if event is not None:
                told.append(event)
            elif isinstance(answer, dict) and type(answer.get("pid")) is int:
                pid = answer["pid"]
            else:
                said = line.decode("utf-8", "replace").strip() or said
            if isinstance(event, RunStarted) and event.run:
                break
    except BaseException:
        if pid:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        raise
    handed = Handed(pid, tuple(told))
    if handed.begun is None and handed.result is None:
        raise _died(clean(redact(said), 300))
    return handed


def _parsed(line: bytes) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _died(said: str) -> Failed:
    return Failed(
        "background-died",
        "The background process has ended before the run began.",
        cause=said,
        remedy="Run it without --detach to see more. Nothing was changed.",
    )


def whole_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment as it is to be seen from another place."""
    here = Path.cwd()
    return {
        name: str(here / Path(value).expanduser()) if name in _PATHS and value else value
        for name, value in environ.items()
    }


def _environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What the process starts with, for everybody on the machine to see."""
    named = without_secrets(environ).items()
    plain = {name: value for name, value in named if name in _PLAIN or name.startswith(("LC_", "PYTHON"))}
    plain["PYTHONSAFEPATH"] = "1"
    places = [str(Path(place).absolute()) for place in plain.get("PYTHONPATH", "").split(os.pathsep) if place]
    if _ROOT.name not in ("site-packages", "dist-packages"):
        places.insert(0, str(_ROOT))
    return {**plain, "PYTHONPATH": os.pathsep.join(places)}
