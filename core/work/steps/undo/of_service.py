"""SkySQL's side of an undo. Where the service is gone there is nothing to put back; what stands in AWS goes anyway."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from core.facts import AllowedAddress, Service
from core.problems import NotFound
from core.work.decisions import Decision, Done
from core.work.events import Side
from core.work.steps.step import Sides
from core.work.steps.undo.step import Undoing, UndoStep

Addresses = tuple[AllowedAddress, ...]


@dataclass(frozen=True, slots=True)
class SkySQLSight:
    service: Service | None  # None: somebody has deleted it
    allow_list: Addresses = ()  # where the step asks for it


class SkySQLStep(UndoStep[SkySQLSight]):
    """A step that puts something back at SkySQL, or waits for it."""

    side: ClassVar[Side] = "skysql"

    def skip(self, job: Undoing) -> str:
        return "" if job.undo.back != "nothing" else "The runs changed nothing at SkySQL."

    def wants_allow_list(self, _job: Undoing, /) -> bool:
        return False

    async def look(self, sides: Sides, job: Undoing) -> SkySQLSight:
        try:
            service = await sides.skysql.service(job.undo.service)
        except NotFound:
            return SkySQLSight(None)
        return SkySQLSight(service, await sides.skysql.allow_list(service.id) if self.wants_allow_list(job) else ())

    def state(self, sight: SkySQLSight, _job: Undoing) -> str:
        return "deleted" if sight.service is None else sight.service.status

    def decide(self, sight: SkySQLSight, job: Undoing) -> Decision:
        service = sight.service
        if service is None or service.status == "retired":
            is_so = "does not exist any more" if service is None else "is retired"
            told = f"{job.undo.service_name} {is_so}: there is nothing to put back."
            return Done(told, job.leaving(told), stands=False)
        return self.settle(service, sight.allow_list, job)

    @abstractmethod
    def settle(self, service: Service, allow_list: Addresses, job: Undoing, /) -> Decision:
        """What to do about a service that is there. Pure."""
