"""A case: one thing AWS does, where that is written, and how to see it."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.stage import refused

if TYPE_CHECKING:
    from tests.sandbox.conformance.scene import Scene

Request = dict[str, Any]  # a value that is a function is asked with the scene


class Need(enum.Enum):
    """What a case may need that a real account does not give: then it is skipped there, with these words."""

    PROVIDER = "needs the provider's side of an endpoint service"
    FATE = "needs an ending that only the sandbox can arrange"
    MANY = "would make more resources than a case should be paid for"
    SEED = "needs what only the company in the sandbox has"


@dataclass(frozen=True, kw_only=True)
class Case:
    """`says` is a sentence without its verb's subject: what is asked, or what is seen."""

    says: str = field(kw_only=False)
    source: str = field(kw_only=False)
    needs: Need | None = None

    def __post_init__(self) -> None:
        if not self.source.startswith("https://"):
            raise ValueError(f"{self.says}: a case names a public page, not {self.source!r}")

    def check(self, scene: Scene) -> None:
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Refuses(Case):
    """A request that AWS refuses, and that changes nothing."""

    action: str = field(kw_only=False)
    request: Request | Callable[[Scene], Request] = field(kw_only=False)
    code: str = field(kw_only=False)  # several where AWS's pages and its answers disagree: "A|B"
    words: str = ""  # part of the message, where a source quotes it
    status: int = 400

    def check(self, scene: Scene) -> None:
        request = scene.settled(self.request)  # may make what it needs
        before = scene.picture()
        error = refused(lambda: getattr(scene.ec2, self.action)(**request))
        assert error.code in self.code.split("|"), error
        assert self.words in error.message
        assert error.status == self.status, error
        assert scene.picture() == before


@dataclass(frozen=True, kw_only=True)
class Shows(Case):
    """Something to be seen. `value` is what is seen: itself, a pattern it matches, or a function of the scene."""

    look: Callable[[Scene], Any] = field(kw_only=False)
    value: Any = field(kw_only=False)

    def check(self, scene: Scene) -> None:
        seen = self.look(scene)
        value = self.value(scene) if callable(self.value) else self.value
        if isinstance(value, re.Pattern):
            assert value.fullmatch(seen), f"{seen!r} does not look like {value.pattern}"
        else:
            assert seen == value


def cases(table: Iterable[Case]) -> pytest.MarkDecorator:
    """Run a test once for every row, under the row's own words."""
    return pytest.mark.parametrize("case", [pytest.param(case, id=case.says.replace(" ", "-")) for case in table])


def show(case: Case, scene: Scene) -> None:
    """Check a case, or skip it with the reason why it cannot be asked here."""
    if case.needs is not None and case.needs not in scene.target.gives:
        pytest.skip(case.needs.value)
    case.check(scene)
