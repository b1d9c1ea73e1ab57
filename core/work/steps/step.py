"""What a step is: looks, decides, makes one change at a time. The engine knows nothing more about it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import ClassVar, Generic, Protocol, Self, TypeVar

from core.facts import Service, Situation
from core.plan import Plan
from core.problems import Problem
from core.values import MANAGED_BY, RESERVED_TAGS, RUN_TAG, SERVICE_TAG, RunId
from core.work.decisions import Decision, Known
from core.work.events import Side
from core.world import Aws, SkySQL, Tags


class Assignment(Protocol):
    """What a run is to do, and what its steps have found out."""

    @property
    def known(self) -> Known: ...

    def knowing(self, known: Known, /) -> Self: ...


Sight = TypeVar("Sight")
Work = TypeVar("Work", bound=Assignment)


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


class Operation(ABC, Generic[Sight, Work]):
    """One step of a run. `Sight` is what a look brings back, `Work` what the run is to do."""

    id: ClassVar[str]
    title: ClassVar[str]  # short, for a status line
    usual: ClassVar[str]  # how long it usually takes, in words
    side: ClassVar[Side]  # whom it watches
    ends_outage: ClassVar[bool] = False  # where no step does, the end of the run does
    sendings: ClassVar[int] = 3  # of one change that is accepted every time and does not show

    def skip(self, _job: Work, /) -> str:
        """Why this run does not ask for this step; empty when it does."""
        return ""

    @abstractmethod
    async def look(self, sides: Sides, job: Work, /) -> Sight:
        """Reads only. Raises Problem."""

    @abstractmethod
    def state(self, sight: Sight, job: Work, /) -> str:
        """The watched side's own word for what was seen."""

    @abstractmethod
    def decide(self, sight: Sight, job: Work, /) -> Decision:
        """Pure."""

    async def act(self, _sides: Sides, _job: Work, _sight: Sight, change: str, /) -> str | None:
        """Make the one change that `decide` called `change`, or raise Problem. Answers the id of what it made."""
        raise AssertionError(f"step {self.id} knows no change {change!r}")

    def after_acceptance(self, _change: str, job: Work, /) -> Known:
        """What is known once a change was accepted, before it shows."""
        return job.known

    def after_refusal(self, _problem: Problem, _job: Work, /) -> Known | None:
        """What a change that was refused for good teaches, when there is another way; None: there is none."""
        return None


class Step(Operation[Sight, Job]):
    """A step of a run that links."""
