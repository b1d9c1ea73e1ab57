"""The sandbox as a world whose waits are short, for the tests that run over the real wire."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from core.edges.world import open_world
from core.world import Clock, Prober, Secret, Settings, SkySQL, World
from tests.forked import ForkedSandbox
from tests.plans import session


class Hasty:
    """A world whose clock sleeps a hundredth of what it is told to."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock: Clock = HastyClock(world.clock)
        self.skysql: SkySQL = world.skysql
        self.prober: Prober = world.prober
        self.identity, self.regions = world.identity, world.regions
        self.aws, self.rights = world.aws, world.rights
        self.use_key, self.aws_keys, self.close = world.use_key, world.aws_keys, world.close


class HastyClock:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.monotonic, self.now = clock.monotonic, clock.now

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds / 100)


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with ForkedSandbox() as sandbox:
        yield dict(sandbox.start(speed=0.01))
        assert not sandbox.said()


@pytest.fixture
async def world(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    for name in [name for name in os.environ if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_"))]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    opened = await open_world(Settings(variables["SKYSQL_API_URL"], Secret(variables["SKYSQL_API_KEY"])))
    yield Hasty(opened)
    await opened.close()


@pytest.fixture
def ec2(world: World) -> Iterator[Any]:
    client = session().client("ec2", region_name="us-east-2")
    yield client
    client.close()
