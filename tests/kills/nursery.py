"""Forks worlds and programs, one after the other: `python -m tests.kills.nursery`, one JSON line in, one out.

Forking what is loaded already makes a program that is killed and one that goes on cost a second instead of five. The
process itself has no threads while it forks; the world's servers run in a child of their own.
"""

from __future__ import annotations

import gc
import importlib
import json
import mmap
import os
import shutil
import signal
import socket
import struct
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn, NotRequired, TypedDict
from unittest.mock import patch

import httpx

from core.edges import aws, aws_session, skysql
from core.sandbox.aws import outcomes as at_aws
from core.sandbox.clock import Clock
from core.sandbox.environment import CONSUMER, HOME_REGION, ORDERS, environment
from core.sandbox.fate import Fate
from core.sandbox.fated import Fated
from core.sandbox.faults import Ledger, parse_fault
from core.sandbox.http import Server
from core.sandbox.skysql import outcomes as at_skysql
from core.sandbox.world import World
from core.work import history, journal
from tests.hasty import main as hastily

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

TIMES, TIMES_WITH_FAULTS = 300.0, 30.0
"""How much faster the program's clock runs; the world has no delays. Slower where its patience is tried."""

SILENCE = 2.0
"""Seconds that the program waits for an answer where its patience is tried; else its own, on a busy machine too."""

Where = Literal["call", "write"]
When = Literal["before", "after"]


class Point(TypedDict):
    """An instant: before or after the nth remote call, or the nth line of the journal."""

    where: Where
    number: int
    when: When


class Walk(TypedDict):
    """The program's arguments for its first run, the instant it is killed at, and the runs after that.

    `{plan}` stands for the plan's path. What goes on elsewhere does so in a copy of the world, on a machine that has
    no journal of the first run.
    """

    first: list[str]
    point: Point | None
    then: list[list[str]]
    elsewhere: NotRequired[list[list[str]]]
    faults: NotRequired[list[str]]  # that befall calls of all the runs together


class Found(TypedDict):
    """How far the first run came, how each run ended (-9: killed), and what stands in the world and on disk."""

    calls: int
    writes: int
    codes: list[int]
    picture: dict[str, Any]
    said: str


class Shared:
    """What the processes tell each other: where to kill, and how far the program has come."""

    _FIELDS = ("pid", "where", "number", "when", "call", "write")
    _PLACES = ("nowhere", "call", "write")

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, 8 * len(self._FIELDS))

    def __getitem__(self, name: str) -> int:
        return int(struct.unpack_from("q", self._memory, 8 * self._FIELDS.index(name))[0])

    def __setitem__(self, name: str, value: int) -> None:
        struct.pack_into("q", self._memory, 8 * self._FIELDS.index(name), value)

    def arm(self, point: Point | None) -> None:
        for name in self._FIELDS:
            self[name] = 0
        if point is not None:
            self["where"], self["number"] = self._PLACES.index(point["where"]), point["number"]
            self["when"] = int(point["when"] == "after")

    def at(self, where: Where, number: int, when: When) -> bool:
        wanted = (self["where"], self["number"], self["when"])
        return wanted == (self._PLACES.index(where), number, int(when == "after"))


class Deadly:
    """A WSGI application that kills the program before or after one of its calls takes effect."""

    def __init__(self, app: WSGIApplication, shared: Shared, turn: threading.Lock) -> None:
        self._app = app
        self._shared = shared
        self._turn = turn

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._turn:
            number = self._shared["call"] = self._shared["call"] + 1
        if self._shared.at("call", number, "before"):
            self._kill()
        answer = list(self._app(environ, start_response))
        if self._shared.at("call", number, "after"):
            self._kill()
        return answer

    def _kill(self) -> NoReturn:
        os.kill(self._shared["pid"], signal.SIGKILL)
        raise ConnectionAbortedError  # nobody is there to be answered


def mortal(append: Callable[[Path, bytes], None], shared: Shared) -> Callable[[Path, bytes], None]:
    """The journal's way to disk, with the writer killed before or after one of its lines."""

    def write(path: Path, line: bytes) -> None:
        number = shared["write"] = shared["write"] + 1
        if shared.at("write", number, "before"):
            os.kill(os.getpid(), signal.SIGKILL)
        append(path, line)
        if shared.at("write", number, "after"):
            os.kill(os.getpid(), signal.SIGKILL)

    return write


@contextmanager
def impatient() -> Iterator[None]:
    """Answers that do not come are given up after SILENCE."""
    with ExitStack() as patches:
        for settings in (aws_session._READING, aws_session._CHANGING):
            patches.enter_context(patch.dict(settings, read_timeout=SILENCE))
        patches.enter_context(patch.object(aws, "PRIVATE_DNS_LIMIT", 2 * SILENCE))
        patches.enter_context(patch.object(skysql, "_LIMITS", httpx.Timeout(SILENCE)))
        yield


# ---------------------------------------------------------------------------------------------- one run


@dataclass(frozen=True)
class Nursery:
    """A world, and the folder that its programs have as their home."""

    world: World
    home: Path
    shared: Shared
    faults: tuple[str, ...] = ()

    @cached_property
    def apps(self) -> tuple[WSGIApplication, WSGIApplication]:
        """AWS and SkySQL, with the faults in front of them."""
        ledger = Ledger([parse_fault(fault) for fault in self.faults])
        return (
            Fated(self.world.aws, ledger, at_aws.call_of, at_aws.refused),
            Fated(self.world.skysql, ledger, at_skysql.call_of, at_skysql.refused),
        )

    def run(self, arguments: Sequence[str], point: Point | None, state: Path) -> tuple[int, str]:
        """One program in the world, to its end or its death. Answers its exit code, or -9, and what it wrote."""
        self.shared.arm(point)
        turn = threading.Lock()
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
            at, api = (f"http://127.0.0.1:{each.getsockname()[1]}" for each in (one, other))
            variables = {**environment(self.home, at, api), "XDG_STATE_HOME": str(state), "HOME": str(self.home)}
            with tempfile.TemporaryFile() as output:
                pid = self.shared["pid"] = os.fork() or self._be(arguments, variables, output.fileno())
                apps = (Deadly(app, self.shared, turn) for app in self.apps)
                with Server(one, next(apps)), Server(other, next(apps)):
                    _, status = os.waitpid(pid, 0)
                while threading.active_count() > 1:  # the servers' threads see that the program has gone
                    time.sleep(0.001)
                output.seek(0)
                return os.waitstatus_to_exitcode(status), output.read().decode(errors="replace")

    def _be(self, arguments: Sequence[str], variables: Mapping[str, str], output: int) -> NoReturn:
        """Become the program: never returns."""
        code = 70
        try:
            for stream in (1, 2):
                os.dup2(output, stream)
            os.environ.clear()
            os.environ.update(variables, PATH=os.defpath, PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring")
            times, patience = (TIMES_WITH_FAULTS, impatient()) if self.faults else (TIMES, nullcontext())
            with patch.object(journal, "_append", mortal(journal._append, self.shared)), patience:
                code = hastily(str(times), *arguments)
        except BaseException:  # noqa: BLE001  a fault of the program's, told to whoever reads its output
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    # ------------------------------------------------------------------------------------------ a walk

    def walk(self, walk: Walk) -> None:
        """Tell how it ended: first elsewhere, where that was asked for, then here."""
        plan = self.home / "plan.toml"

        def spelt(arguments: Sequence[str]) -> list[str]:
            return [argument.format(plan=plan) for argument in arguments]

        code, said = self.run(spelt(walk["first"]), walk["point"], self.home / "here")
        calls, writes = self.shared["call"], self.shared["write"]

        def go_on(then: Sequence[Sequence[str]], state: Path) -> None:
            ended = [(code, said), *(self.run(spelt(arguments), None, state) for arguments in then)]
            codes, told = [code for code, _ in ended], "".join(said for _, said in ended)
            found = Found(calls=calls, writes=writes, codes=codes, picture=self.picture(state), said=told)
            print(json.dumps(found), flush=True)

        if "elsewhere" in walk:
            with forked() as copy:
                if copy:
                    go_on(walk["elsewhere"], self.home / "elsewhere")
        go_on(walk["then"], self.home / "here")

    def picture(self, state: Path) -> dict[str, Any]:
        """All of ours that stands on both sides, and what the journals say of their runs."""
        backend = self.world.cloud.backend(CONSUMER, HOME_REGION)
        service = self.world.provider.service(ORDERS)
        groups = [
            group
            for groups in backend.groups.values()
            for group in groups.values()
            if backend.tags.get(group.id, {}).get("skysql:service-id") == ORDERS
        ]
        return {
            "groups": [[rule.ip_range.get("CidrIp") for rule in group.ingress_rules] for group in groups],
            "endpoints": [
                {
                    "state": endpoint.state,
                    "private_dns": endpoint.private_dns_enabled,
                    "zones": len(endpoint.subnets),
                    "groups": [group.id in endpoint.security_group_ids for group in groups],
                }
                for endpoint in backend.interface_endpoints()
                if endpoint.state not in ("deleted", "gone")
            ],
            "mechanism": service.mechanism,
            "accounts": service.accounts,
            "allow_list": [entry["ip"] for entry in service.allow_list],
            "status": service.status,
            "runs": sorted(
                (str(past.status), past.outage is None) for past in history.runs(state / "skysql-privatelink" / "runs")
            ),
        }


def main() -> int:
    """Answer walks until standard input ends, each from the same world: as sown, or with its link set up."""
    linked = "--linked" in sys.argv
    with tempfile.TemporaryDirectory(prefix="kills-") as folder:
        nursery = Nursery(World(Clock(0), Fate()), Path(folder), Shared())
        importlib.import_module("tests.loaded")
        plan_for(nursery)
        if linked:
            code, said = nursery.run(["apply", str(nursery.home / "plan.toml"), "--yes"], None, nursery.home / "here")
            if code:
                raise SystemExit(said)
        gc.collect()
        gc.freeze()  # what is loaded is not looked at, and so not copied, by every fork
        for line in sys.stdin:
            _answer(nursery, json.loads(line))
    return 0


def plan_for(nursery: Nursery) -> None:
    """The plan of every walk: orders-prod in all private subnets of prod-core."""
    backend = nursery.world.cloud.backend(CONSUMER, HOME_REGION)
    subnets = backend.describe_subnets(filters={"tag:Name": ["prod-private-*"]})
    text = PLAN.format(vpc=subnets[0].vpc_id, subnets=json.dumps([subnet.id for subnet in subnets]))
    (nursery.home / "plan.toml").write_text(text, encoding="utf-8")


def _answer(nursery: Nursery, walk: Walk) -> None:
    """In a fork: this world and this folder stay as they are for the next walk."""
    with forked() as copy:
        if copy:
            with tempfile.TemporaryDirectory(prefix="kill-") as folder:
                home = Path(folder, "home")
                shutil.copytree(nursery.home, home)
                Nursery(nursery.world, home, nursery.shared, tuple(walk.get("faults", ()))).walk(walk)


@contextmanager
def forked() -> Iterator[bool]:
    """Whether this is the copy of the process; it ends here, and the original waits for that."""
    pid = os.fork()
    if pid:
        yield False
        os.waitpid(pid, 0)
        return
    try:
        yield True
    except BaseException:  # noqa: BLE001  as in `_be`; whoever asked misses the answer
        traceback.print_exc()
    finally:
        os._exit(0)


PLAN = """\
version = 1

[skysql]
service = "orders-prod"
allowed_accounts = ["123456789012"]

[aws]
region = "us-east-2"
vpc = "{vpc}"
subnets = {subnets}

[security_group]
name = "orders-prod-privatelink"
description = "Clients of orders-prod over PrivateLink"
ports = ["readwrite", "readonly"]
sources = ["10.20.0.0/16", "10.30.0.0/16"]

[endpoint]
name = "orders-prod"
private_dns = true
"""

if __name__ == "__main__":
    sys.exit(main())
