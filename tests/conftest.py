"""The sandbox processes that tests share: as few as can be, for each takes seconds to start.

| fixture        | process        | for tests that                               |
|----------------|----------------|----------------------------------------------|
| `sandbox`      | one a worker   | change nothing: its seed is as it was sown   |
| `used_sandbox` | one a worker   | make things of their own and look at those   |
| `own_sandbox`  | one a test     | change the seed, or count what there is      |

Each answers the environment to lay over one's own; none has delays.
"""

from collections.abc import Iterator, Mapping

import pytest

from core.sandbox.child import Sandbox

Environment = Mapping[str, str]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Environment]:
    with Sandbox() as child:
        yield child.start(speed=0)


@pytest.fixture(scope="session")
def used_sandbox() -> Iterator[Environment]:
    with Sandbox() as child:
        yield child.start(speed=0)
        assert child.said() == ""


@pytest.fixture
def own_sandbox() -> Iterator[Environment]:
    with Sandbox() as child:
        yield child.start(speed=0)


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test held as secret is an ordinary word in the next."""
    monkeypatch.setattr("core.redaction._known", frozenset())
