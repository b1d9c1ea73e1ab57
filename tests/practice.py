"""A world of the sandbox in this process, and the real command line in it, on one clock that jumps: nobody waits."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import parse_qsl

from core.edges import aws
from core.edges.clock import SystemClock
from core.edges.skysql import SkySQLApi
from core.plan import ExistingGroups, NewGroup, Plan
from core.plan_file import dump
from core.sandbox.clock import Clock
from core.sandbox.environment import CONSUMER, HOME_REGION, OPERATOR, environment
from core.sandbox.people import FORBIDDEN
from core.sandbox.serve import Happening, fate_of
from core.values import AccountId, GroupId, Region, Source, SubnetId, VpcId
from tests.edges.conftest import PREFIXES
from tests.sandbox.conftest import Hands
from tui.commands import run

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from core.sandbox.aws.backend import Backend
    from core.sandbox.world import World

SILENCE = 0.5
"""Seconds for which a call for private DNS really hangs …"""

JUMP = 200.0
"""… and what the clock makes of them."""

STRIDE = 5.0
"""How many times longer than asked every sleep takes: fewer looks until a patience has ended."""


def jumping(hands: Hands) -> type[SystemClock]:
    """The program's clock, on which a sleep is over at once and has taken its time, and more."""

    class JumpingClock(SystemClock):
        def monotonic(self) -> float:
            return hands.time

        async def sleep(self, seconds: float) -> None:
            hands.pass_(STRIDE * max(0.0, seconds))
            await asyncio.sleep(0)

    return JumpingClock


def nowhere(known: Callable[..., Any], host: str, *arguments: Any, **named: Any) -> Any:
    """The resolver of a machine on which no name outside it is known."""
    if host == "127.0.0.1":
        return known(host, *arguments, **named)
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@dataclass
class Heard:
    """A WSGI application that keeps the forms it was sent."""

    app: WSGIApplication
    forms: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        self.forms.append(dict(parse_qsl(body.decode())))
        return self.app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)


@dataclass(frozen=True)
class Ended:
    """How a command ended, and all that people were told, in order."""

    code: int
    told: str
    lines: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """A plan, with names where a plan has ids."""

    service: str = "orders-prod"
    accounts: Sequence[str] = (CONSUMER,)
    region: str = HOME_REGION
    vpc: str = "prod-core"
    subnets: Sequence[str] = ("prod-private-a", "prod-private-b", "prod-private-c")
    groups: Sequence[str] = ()  # existing ones; without any, a new one is made
    group: str = "orders-prod-privatelink"
    sources: Sequence[str] = ("10.20.0.0/16",)
    private_dns: bool = True


@dataclass(frozen=True)
class Practice:
    """A world with something in store, and a home folder."""

    world: World
    hands: Hands
    home: Path
    heard: Heard
    variables: Mapping[str, str]

    @property
    def backend(self) -> Backend:
        """What the account has in its region."""
        return self.world.cloud.backend(CONSUMER, HOME_REGION)

    def plan(self, wanted: Wanted) -> str:
        """Write it down, with the ids; the path."""
        groups = _ids(self.backend.describe_security_groups, wanted.groups)
        (vpc,) = _ids(self.backend.describe_vpcs, [wanted.vpc])
        plan = Plan(
            service=wanted.service,
            accounts=tuple(AccountId(account) for account in wanted.accounts),
            region=Region(wanted.region),
            vpc=VpcId(vpc),
            subnets=tuple(SubnetId(one) for one in _ids(self.backend.describe_subnets, wanted.subnets)),
            group=ExistingGroups(tuple(GroupId(group) for group in groups))
            if groups
            else NewGroup(wanted.group, "Clients", ("readwrite",), tuple(Source(one) for one in wanted.sources)),
            endpoint_name=wanted.service,
            private_dns=wanted.private_dns,
        )
        path = self.home / "plan.toml"
        path.write_text(dump(plan), encoding="utf-8")
        return str(path)

    def command(self, *arguments: str) -> Ended:
        """A command with `--json`, carried out in this process."""
        out, complaints, clock = io.StringIO(), io.StringIO(), jumping(self.hands)
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)}
        with (
            patch.dict(os.environ, {**others, **self.variables, "HOME": str(self.home)}, clear=True),
            patch("core.edges.world.SystemClock", clock),
            patch("core.edges.skysql.SkySQLApi", partial(SkySQLApi, sleep=clock().sleep)),
            patch("botocore.retries.standard.ExponentialBackoff.delay_amount", return_value=0.0),
            patch.object(aws, "PRIVATE_DNS_LIMIT", SILENCE),
            patch("socket.getaddrinfo", partial(nowhere, socket.getaddrinfo)),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(complaints),
        ):
            code = run([*arguments, "--json"])
        assert "Traceback" not in complaints.getvalue(), complaints.getvalue()  # the program's, or the sandbox's
        lines = [json.loads(line) for line in out.getvalue().splitlines()]
        return Ended(code, told(lines), lines)

    def deny(self, *actions: str) -> None:
        """Take rights from the operator."""
        statement = {"Effect": "Deny", "Action": actions, "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.world.cloud.identity.iam(CONSUMER).put_user_policy(OPERATOR, FORBIDDEN, document)

    def allow(self) -> None:
        """What the words say: whoever manages the account takes the deny away."""
        self.world.cloud.identity.iam(CONSUMER).delete_user_policy(OPERATOR, FORBIDDEN)

    def sent(self, action: str) -> list[dict[str, str]]:
        """The parameters of each such call to AWS so far, trials left out."""
        return [form for form in self.heard.forms if form.get("Action") == action and "DryRun" not in form]


def _ids(find: Callable[..., Sequence[Any]], names: Sequence[str]) -> list[str]:
    return [one.id for name in names for one in find(filters={"tag:Name": [name]})]


def told(lines: Iterable[Mapping[str, Any]]) -> str:
    """What people read of `--json` lines."""
    fields = ("title", "message", "seen", "why", "cause", "remedy", "detail")
    return "\n".join(" ".join(str(line[field]) for field in fields if line.get(field)) for line in lines)


@contextlib.contextmanager
def practising(home: Path, story: str = "", *faults: str) -> Iterator[Practice]:
    """A fresh world with this story and these faults. One at a time: moto keeps users and keys in globals."""
    from core.sandbox.aws import front
    from core.sandbox.http import Server, until_gone
    from core.sandbox.world import World

    hands = Hands()
    world = World(Clock(source=hands), fate_of(Happening(story, faults)))
    heard = Heard(world.aws)

    def hang(environ: WSGIEnvironment) -> None:
        hands.pass_(JUMP)
        until_gone(environ)

    with (
        warnings.catch_warnings(),
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
        Server(one, heard),
        Server(other, world.skysql),
        patch.object(front, "until_gone", hang),
    ):
        warnings.filterwarnings("ignore", module=r"moto\.")  # as in a process of its own
        at, api = (f"http://127.0.0.1:{listening.getsockname()[1]}" for listening in (one, other))
        yield Practice(world, hands, home, heard, environment(home, at, api))
