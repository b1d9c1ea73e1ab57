"""How long the checks of a usual plan take, in calls that wait for one another, where every call takes 200 ms more."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.edges.calls import Request
from core.edges.world import open_world
from core.plan_file import parse
from core.sandbox.serve import Happening
from core.work.operation import check
from core.world import Secret, Settings
from tests.forked import ForkedSandbox
from tests.plans import plan_text

SLOWER = 0.2
TRIES = 5
"""On a machine that is busy with something else one may be unlucky."""


@dataclass(frozen=True)
class Call:
    action: str
    began: float
    ended: float


@dataclass(frozen=True)
class Taken:
    """One check: seconds from its begin to its end, and the calls in it."""

    seconds: float
    calls: Sequence[Call]

    @property
    def slowest(self) -> float:
        return max(call.ended - call.began for call in self.calls)

    @property
    def rounds(self) -> int:
        """The longest chain of calls of which each began when the one before had ended."""
        chain, free = 0, 0.0
        for call in sorted(self.calls, key=lambda call: call.ended):
            if call.began >= free:
                chain, free = chain + 1, call.ended
        return chain

    def __str__(self) -> str:
        told = f"{len(self.calls)} calls in {self.rounds} rounds, {self.seconds:.3f} s"
        return f"{told}; the slowest took {self.slowest:.3f} s"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every request that leaves the process, from when it was sent to when its answer had come."""
    made: list[Call] = []

    def ended(request: Request, **_told: object) -> None:
        made.append(Call(request.action, request.began, time.monotonic()))

    monkeypatch.setattr(Request, "ended", ended)
    monkeypatch.setattr("core.edges.calls.log.isEnabledFor", lambda _level: True)
    return made


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    faults = tuple(f"{side}:*=slow:{SLOWER}" for side in ("ec2", "sts", "iam", "route53", "skysql"))
    with ForkedSandbox() as sandbox:
        variables = dict(sandbox.start(0, Happening(faults=faults)))
        for name in [name for name in os.environ if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_"))]:
            monkeypatch.delenv(name)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield variables


async def test_checks_take_no_longer_than_three_calls(slow: dict[str, str], calls: list[Call], tmp_path: Path) -> None:
    plan = parse(plan_text(slow))
    world = await open_world(Settings(slow["SKYSQL_API_URL"], Secret(slow["SKYSQL_API_KEY"])))
    tries: list[Taken] = []
    try:
        await world.regions()  # signed in, as whoever has got to a plan is
        while len(tries) < TRIES and not (tries and quick(tries[-1])):
            calls.clear()
            began = time.monotonic()
            ended = await check(world, plan, tmp_path, lambda _: None, asyncio.Event())
            tries.append(Taken(time.monotonic() - began, tuple(calls)))
            assert ended.status == "done", ended
    finally:
        await world.close()
    print(*tries, sep="\n")
    last = tries[-1]
    assert last.slowest >= SLOWER
    assert {"ec2:CreateSecurityGroup", "iam:SimulatePrincipalPolicy"} <= {call.action for call in last.calls}
    assert last.rounds <= 2, tries
    assert last.seconds <= 3 * last.slowest, tries


def quick(taken: Taken) -> bool:
    return taken.rounds <= 2 and taken.seconds <= 3 * taken.slowest
