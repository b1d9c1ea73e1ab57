"""SkySQL has finished: the service is ready and says which endpoint service to link to."""

from typing import ClassVar

from core.facts import Service
from core.plan import NewGroup
from core.problems import Failed
from core.standing import ports_by_purpose, ports_told
from core.work.decisions import Decision, Done, Stop, Wait
from core.work.events import Side
from core.work.steps.of_service import ServiceStep
from core.work.steps.service_states import unready
from core.work.steps.step import Job


class Ready(ServiceStep):
    id: ClassVar[str] = "ready"
    title: ClassVar[str] = "SkySQL ready, endpoint service known"
    usual: ClassVar[str] = "several minutes"
    side: ClassVar[Side] = "skysql"

    def decide(self, sight: Service, job: Job) -> Decision:
        unusable = unready(sight)
        if unusable is not None:
            return unusable
        private = sight.private
        if private is None:
            return _not_private(sight)
        if private.endpoint_service is None:
            return Wait(
                "ready, no endpoint service",
                "SkySQL is ready but does not name the endpoint service yet.",
                f"SkySQL names no endpoint service. Open a case naming {sight.id}; then run the same plan again.",
                1800.0,
            )
        moved = _moved_ports(sight, job)
        if moved is not None:
            return moved
        known = job.known.with_(endpoint_service=private.endpoint_service, ports=sight.ports)
        return Done(private.endpoint_service, known)


def _not_private(service: Service) -> Wait:
    return Wait(
        "ready, not private",
        "SkySQL does not show the private endpoint.",
        f"{service.name} is not private. Somebody may have switched it back: look in the SkySQL portal, then run "
        "the same plan again.",
        300.0,
    )


def _moved_ports(service: Service, job: Job) -> Stop | None:
    """The rules were made for the ports seen before the switch; a port that moved with it is admitted by none."""
    if not isinstance(job.plan.group, NewGroup) or not job.service.ports:
        return None
    before, _ = ports_by_purpose(job.service.ports, job.plan.group.ports)
    after, _ = ports_by_purpose(service.ports, job.plan.group.ports)
    if not after or {port.number for port in after} <= {port.number for port in before}:
        return None
    return Stop(
        Failed(
            "ports-moved",
            f"The service's ports are now {ports_told(after)}.",
            cause="They changed with the switch, and the security group admits the former ones only.",
            remedy="Run the same plan again: the missing rules are added first, then it goes on.",
        )
    )
