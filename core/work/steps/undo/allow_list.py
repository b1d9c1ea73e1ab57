"""The former IP allowlist: the switch cleared it, and until it is filled nobody can connect."""

from typing import ClassVar

from core.facts import Service
from core.problems import Waiting
from core.text import count
from core.undo import covers, with_former
from core.work.decisions import Act, Decision, Done, Stop
from core.work.steps.service_states import unready
from core.work.steps.step import Sides
from core.work.steps.undo.of_service import Addresses, SkySQLSight, SkySQLStep
from core.work.steps.undo.step import Undoing


class AllowList(SkySQLStep):
    id: ClassVar[str] = "allow_list"
    title: ClassVar[str] = "IP allowlist"
    usual: ClassVar[str] = "seconds"
    ends_outage: ClassVar[bool] = True
    sendings: ClassVar[int] = 2  # as of the switch

    def skip(self, job: Undoing) -> str:
        return "" if job.undo.back == "public" else "A service that stays as it is keeps its own."

    def wants_allow_list(self, _job: Undoing) -> bool:
        return True

    def settle(self, service: Service, allow_list: Addresses, job: Undoing) -> Decision:
        """A filled list takes SkySQL a moment: only then can anybody connect."""
        unusable = unready(service)
        if unusable is not None:
            return unusable
        wanted = job.undo.allow_list
        if wanted is None:
            if not allow_list:
                return Stop(unknown(job, "SkySQL clears the list with the switch."))
            return Done(f"{_many(allow_list)} may connect: somebody has filled the list.", job.known)
        if covers(allow_list, wanted):
            return Done(_stands(allow_list, job), job.known)
        others = len(with_former(allow_list, wanted)) - len(wanted)
        beside = f", beside {count(others, 'other')} there by now" if others > 0 else ""
        return Act("allow", f"Put {_many(wanted)} back on the IP allowlist{beside}")

    async def act(self, sides: Sides, job: Undoing, sight: SkySQLSight, _change: str) -> None:
        await sides.skysql.set_allow_list(job.undo.service, with_former(sight.allow_list, job.undo.allow_list or ()))


def _many(addresses: Addresses) -> str:
    return count(len(addresses), "address", "addresses")


def _stands(now: Addresses, job: Undoing) -> str:
    if now:
        return f"{_many(now)} may connect."
    return f"It was empty before too: nobody can connect to {job.undo.service_name}."


def unknown(job: Undoing, why: str) -> Waiting:
    """Whoever undoes it has to say who may connect."""
    name, service = job.undo.service_name, job.undo.service
    return Waiting(
        "allow-list-unknown",
        f"Nobody can connect to {name} until its IP allowlist is filled, and what stood in it before is not known.",
        cause=f"{why} The journal of the run that linked it has the former list; it is not on this machine.",
        remedy=f"Say who may connect: skysql-privatelink undo {service} --allow CIDR=COMMENT, once --allow for each "
        "address. Or fill the list in the SkySQL portal, then: skysql-privatelink resume. Or undo where it was linked.",
    )
