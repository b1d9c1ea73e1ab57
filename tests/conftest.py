"""The sandbox processes that tests share.

| fixture        | process        | for tests that                               |
|----------------|----------------|----------------------------------------------|
| `sandbox`      | one a worker   | change nothing: its seed is as it was sown   |
| `used_sandbox` | one a worker   | make things of their own and look at those   |
| `own_sandbox`  | one a test     | change the seed, or count what there is      |
| `huge_sandbox` | one a worker   | look at the huge company, and change nothing |

Each answers the environment to lay over one's own; none has delays.
"""

import gc
from collections.abc import Iterator, Mapping

import pytest

from core.sandbox.serve import Happening
from tests.forked import PROGRAMS, SANDBOXES, ForkedSandbox

Environment = Mapping[str, str]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of `tests/sandbox/conformance`; they stand here because pytest reads only the first conftest for them."""
    group = parser.getgroup("conformance", "ask a real AWS account what the sandbox is asked otherwise")
    group.addoption("--aws-profile", metavar="NAME", help="profile of the AWS CLI")
    group.addoption("--aws-region", metavar="REGION", help="region of the endpoint service (default: the profile's)")
    group.addoption("--aws-endpoint-service", metavar="NAME", help="an endpoint service that admits the account")
    group.addoption("--skysql-url", metavar="URL", help="where to find one instead, with the key in SKYSQL_API_KEY")


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it for garbage, over and over, was a fifth of a TUI test's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 200)


@pytest.fixture(scope="session", autouse=True)
def forking() -> Iterator[None]:
    """What forks ends with the tests."""
    yield
    SANDBOXES.close()
    PROGRAMS.close()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Environment]:
    with ForkedSandbox() as child:
        yield child.start(speed=0)


@pytest.fixture(scope="session")
def used_sandbox() -> Iterator[Environment]:
    with ForkedSandbox() as child:
        yield child.start(speed=0)
        assert child.said() == ""


@pytest.fixture
def own_sandbox() -> Iterator[Environment]:
    with ForkedSandbox() as child:
        yield child.start(speed=0)


@pytest.fixture(scope="session")
def huge_sandbox() -> Iterator[Environment]:
    with ForkedSandbox() as child:
        yield child.start(0, Happening("huge"))


@pytest.fixture(autouse=True)
def no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test held as secret is an ordinary word in the next."""
    monkeypatch.setattr("core.redaction._known", frozenset())
