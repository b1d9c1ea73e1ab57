"""Scenes: one for all cases of a worker, and one in a sandbox whose clock the cases move."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.sandbox.conformance.case import Need
from tests.sandbox.conformance.scene import Scene, scene_for
from tests.sandbox.conformance.target import Target, of_account, of_sandbox
from tests.sandbox.conftest import Timed
from tests.sandbox.stage import Stage
from tests.sandbox.wire import Watch

LEDGER = "dbpgf00000003"  # private from the start, and in two zones
_STEP = 0.5


def account_asked_for(config: pytest.Config) -> bool:
    return any(config.getoption(name) for name in ("--aws-profile", "--aws-endpoint-service", "--skysql-url"))


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """The account the options name, else the served sandbox, where nothing takes time."""
    config = request.config
    if account_asked_for(config):
        options = ("--aws-profile", "--aws-region", "--aws-endpoint-service", "--skysql-url")
        with of_account(*(str(config.getoption(name) or "") for name in options)) as made:
            yield made
        return
    stage: Stage = request.getfixturevalue("stage")
    needs = (Need.PROVIDER, Need.MANY, Need.SEED)
    yield of_sandbox(stage, stage.endpoint_service(LEDGER), lambda: None, *needs)


@pytest.fixture(scope="session")
def lasting(target: Target) -> Iterator[Scene]:
    """Every answer to its cases is held against the service model."""
    watch = Watch()
    watch.put_on(target.ec2)
    with ExitStack() as closing:
        yield scene_for(target, closing)
    assert watch.wrong == set()


@pytest.fixture
def scene(lasting: Scene) -> Iterator[Scene]:
    """The lasting scene; what the case makes in it goes with it."""
    yield lasting
    lasting.clear()


@pytest.fixture
def slow(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A scene in which things take their time: a real account, or a sandbox whose clock moves when one waits."""
    if account_asked_for(request.config):
        yield request.getfixturevalue("scene")
        return
    timed: Timed = request.getfixturevalue("timed")
    service = timed.stage.endpoint_service(LEDGER)
    needs = (Need.PROVIDER, Need.FATE)
    target = of_sandbox(timed.stage, service, lambda: timed.hands.pass_(_STEP), *needs, cloud=timed.world.cloud)
    with ExitStack() as closing:
        yield scene_for(target, closing)
