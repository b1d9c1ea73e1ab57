"""The sandbox as a world whose waits are short, for the tests that run over the real wire."""

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from core.edges.world import open_world
from core.world import Secret, Settings, World
from tests.forked import ForkedSandbox
from tests.plans import session
from tests.worlds import hastened


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
    yield hastened(opened)
    await opened.close()


@pytest.fixture
def ec2(world: World) -> Iterator[Any]:
    client = session().client("ec2", region_name="us-east-2")
    yield client
    client.close()
