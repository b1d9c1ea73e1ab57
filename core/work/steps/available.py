"""The VPC endpoint is available: from here its own names work."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from core.facts import VpcEndpoint
from core.work.decisions import Decision, Done, Known
from core.work.events import Side
from core.work.steps.endpoint_states import NOT_LISTED, unavailable
from core.work.steps.step import Job, Sides, Step
from core.work.steps.visible import service_name


class Available(Step["VpcEndpoint | None"]):
    id: ClassVar[str] = "available"
    title: ClassVar[str] = "VPC endpoint available"
    usual: ClassVar[str] = "1 to 3 minutes"
    side: ClassVar[Side] = "aws"

    async def look(self, sides: Sides, job: Job) -> VpcEndpoint | None:
        return await find(sides, job)

    def state(self, sight: VpcEndpoint | None, _job: Job) -> str:
        return "not listed" if sight is None else sight.state

    def decide(self, sight: VpcEndpoint | None, job: Job) -> Decision:
        if sight is None:
            return NOT_LISTED
        verdict = unavailable(sight)
        if verdict is not None:
            return verdict
        known = with_names(job, sight)
        return Done(known.dns_names[0] if known.dns_names else sight.id, known)


async def find(sides: Sides, job: Job) -> VpcEndpoint | None:
    endpoints = await sides.aws.endpoints(job.plan.vpc, service_name(job))
    return next((endpoint for endpoint in endpoints if endpoint.id == job.known.endpoint), None)


def with_names(job: Job, endpoint: VpcEndpoint) -> Known:
    """Its DNS names, and the one for clients: the service's own once private DNS answers for it."""
    names = names_in_order(endpoint.dns_names, [zone.name for zone in job.situation.zones])
    regional = names[0] if names else ""
    host = job.service.fqdn if endpoint.private_dns and job.service.fqdn else regional
    return job.known.with_(dns_names=names, host=host)


def names_in_order(names: Sequence[str], zones: Iterable[str]) -> tuple[str, ...]:
    """An endpoint's DNS names: the regional one, the zonal ones, then any of the provider's own domain.

    Told by shape, for AWS promises no order: zonal names end their first label in `-<zone name>`.
    """

    def rank(name: str) -> tuple[int, str]:
        if not name.endswith(".amazonaws.com"):
            return 2, name
        label = name.split(".", 1)[0]
        return (1 if any(label.endswith(f"-{zone}") for zone in zones) else 0), name

    return tuple(sorted(dict.fromkeys(names), key=rank))
