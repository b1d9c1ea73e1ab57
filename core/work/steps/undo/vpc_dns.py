"""The VPC's DNS attributes stay on: they belong to the whole VPC, and others may lean on them by now."""

from typing import ClassVar

from core.text import listed
from core.work.decisions import Decision, Done
from core.work.events import Side
from core.work.steps.step import Sides
from core.work.steps.undo.step import Undoing, UndoStep


class VpcDnsStays(UndoStep[None]):
    id: ClassVar[str] = "vpc_dns_stays"
    title: ClassVar[str] = "VPC's DNS attributes"
    usual: ClassVar[str] = "nothing to do"
    side: ClassVar[Side] = "aws"

    def skip(self, job: Undoing) -> str:
        return "" if job.undo.vpc_dns else "They are as they were."

    async def look(self, _sides: Sides, _job: Undoing) -> None:
        """How they stand changes nothing."""

    def state(self, _sight: None, _job: Undoing) -> str:
        return "left on"

    def decide(self, _sight: None, job: Undoing) -> Decision:
        switched = listed(job.undo.vpc_dns)
        stays = f"{switched} stay on: they are for the whole VPC, and others may lean on them by now."
        return Done(stays, job.leaving(stays))
