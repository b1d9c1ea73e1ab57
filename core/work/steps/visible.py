"""AWS shows the endpoint service to this account. A freshly made one, or a fresh permission, takes minutes."""

from typing import ClassVar

from core.facts import EndpointService
from core.problems import Nonsense
from core.values import EndpointServiceName
from core.work.decisions import Decision, Done, Wait
from core.work.events import Side
from core.work.steps.step import Job, Sides, Step


class Visible(Step["EndpointService | None"]):
    id: ClassVar[str] = "visible"
    title: ClassVar[str] = "Endpoint service visible from AWS"
    usual: ClassVar[str] = "up to some minutes"
    side: ClassVar[Side] = "aws"

    async def look(self, sides: Sides, job: Job) -> EndpointService | None:
        return await sides.aws.endpoint_service(service_name(job))

    def state(self, sight: EndpointService | None, _job: Job) -> str:
        return "not visible" if sight is None else "visible"

    def decide(self, sight: EndpointService | None, job: Job) -> Decision:
        if sight is None:
            return Wait(
                "not visible",
                "AWS does not show the endpoint service to this account yet; after a switch that takes minutes.",
                f"AWS still does not show {job.known.endpoint_service} to account {job.situation.identity.account} "
                f"in {job.plan.region}. Check that this account is on the service's list in the SkySQL portal, then "
                "run the same plan again.",
                900.0,
            )
        zones = ", ".join(sorted(sight.zone_names or sight.zone_ids))
        return Done(f"Visible{f', in {zones}' if zones else ''}.", job.known)


def service_name(job: Job) -> EndpointServiceName:
    """The endpoint service that the ready step found."""
    if job.known.endpoint_service is None:
        raise Nonsense(
            "no-endpoint-service", "SkySQL has named no endpoint service.", remedy="Run the same plan again."
        )
    return job.known.endpoint_service
