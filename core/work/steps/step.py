"""What a step is: looks, decides, makes one change at a time. The engine knows nothing more about it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, TypeVar

from core.facts import Service, Situation
from core.plan import Plan
from core.values import MANAGED_BY, RESERVED_TAGS, RUN_TAG, SERVICE_TAG, RunId
from core.work.decisions import Decision, Known
from core.work.events import Side
from core.world import Aws, SkySQL, Tags

Sight = TypeVar("Sight")


@dataclass(frozen=True, slots=True)
class Sides:
    """The two sides of a link."""

    skysql: SkySQL
    aws: Aws  # of the plan's region


@dataclass(frozen=True, slots=True)
class Job:
    """What a step is told: the plan, how both sides stood before the run, and what the steps before found out."""

    run: RunId
    plan: Plan
    situation: Situation
    known: Known = field(default_factory=Known)

    @property
    def service(self) -> Service:
        return self.situation.service

    def knowing(self, known: Known) -> "Job":
        return replace(self, known=known)

    def tags(self, name: str) -> Tags:
        """The program's four tags, then the user's own."""
        own = (("Name", name), (SERVICE_TAG, self.service.id), (RUN_TAG, self.run), MANAGED_BY)
        return own + tuple((key, value) for key, value in self.plan.tags if key not in RESERVED_TAGS)


class Step(ABC, Generic[Sight]):
    """One operation of a run. `Sight` is what a look brings back."""

    id: ClassVar[str]
    title: ClassVar[str]  # short, for a status line
    usual: ClassVar[str]  # how long it usually takes, in words
    side: ClassVar[Side]  # whom it watches

    def skip(self, _job: Job, /) -> str:
        """Why the plan does not ask for this step; empty when it does."""
        return ""

    @abstractmethod
    async def look(self, sides: Sides, job: Job, /) -> Sight:
        """Reads only. Raises Problem."""

    @abstractmethod
    def state(self, sight: Sight, job: Job, /) -> str:
        """The watched side's own word for what was seen."""

    @abstractmethod
    def decide(self, sight: Sight, job: Job, /) -> Decision:
        """Pure."""

    async def act(self, _sides: Sides, _job: Job, _sight: Sight, change: str, /) -> None:
        """Make the one change that `decide` called `change`, or raise Problem."""
        raise AssertionError(f"step {self.id} knows no change {change!r}")
