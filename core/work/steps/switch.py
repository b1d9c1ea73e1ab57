"""SkySQL's side: PrivateLink as the mechanism and the plan's accounts as its allowlist; only what differs."""

from typing import ClassVar

from core.facts import Service
from core.text import count, listed
from core.work.decisions import Act, Decision, Done, Stop, Wait
from core.work.events import Side
from core.work.steps.of_service import ServiceStep, with_allow_list
from core.work.steps.service_states import unready
from core.work.steps.step import Job, Sides


class Switch(ServiceStep):
    id: ClassVar[str] = "switch"
    title: ClassVar[str] = "Switch SkySQL to PrivateLink"
    usual: ClassVar[str] = "seconds"
    side: ClassVar[Side] = "skysql"
    sendings: ClassVar[int] = 2  # SkySQL shows at once what it took: twice in vain is somebody taking it back

    async def look(self, sides: Sides, job: Job) -> Service:
        """With the IP allowlist, which the switch clears and the journal is to keep."""
        return await with_allow_list(sides.skysql, await super().look(sides, job))

    def decide(self, sight: Service, job: Job) -> Decision:
        unusable = unready(sight)
        if isinstance(unusable, Stop):
            return unusable
        private = sight.private
        if private is not None and set(private.accounts) == set(job.plan.accounts):
            # Whether it is ready is the next step's question.
            return Done(f"{private.mechanism}, for {listed(private.accounts)}.", job.known)
        if unusable is not None:
            return unusable
        if not sight.endpoints:
            return _unlisted(sight)
        return _change(sight, job)

    async def act(self, sides: Sides, job: Job, _sight: Service, _change: str) -> None:
        await sides.skysql.switch(job.service.id, job.plan.accounts)


def _unlisted(service: Service) -> Wait:
    """It may be private already, and a switch would interrupt it."""
    return Wait(
        "ready, no endpoint",
        "SkySQL is ready but lists no endpoint: how the service is reached is not known.",
        f"SkySQL lists no endpoint of {service.name}. Look in the SkySQL portal; then run the same plan again.",
        600.0,
    )


def _change(service: Service, job: Job) -> Act:
    accounts = count(len(job.plan.accounts), "account")
    if service.private is None:
        detail = f"Switch {service.name} to PrivateLink for {accounts}; every connection drops"
        return Act("switch", detail, interrupts=True, former=service.endpoints)
    return Act("accounts", f"Allow {listed(job.plan.accounts)} and nobody else", former=service.endpoints)
