"""The VPC endpoint: one to the service in this VPC is adopted, else made. Private DNS comes later, when verified."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar

from core.facts import EndpointService, Subnet, VpcEndpoint
from core.problems import Conflict, Failed
from core.standing import Lack, chosen_subnets, fittest, is_gone, is_lost, is_ours, lack, offered
from core.text import count, listed
from core.work.decisions import Act, Decision, Done, Stop, Wait
from core.work.events import Side
from core.work.steps.endpoint_states import unavailable
from core.work.steps.step import Job, Sides, Step
from core.work.steps.visible import service_name
from core.work.together import together
from core.world import EndpointRequest


@dataclass(frozen=True, slots=True)
class EndpointSight:
    service: EndpointService | None  # None: not to be seen (any more)
    endpoints: tuple[VpcEndpoint, ...]  # of this VPC to that service, in every state


class Endpoint(Step[EndpointSight]):
    id: ClassVar[str] = "endpoint"
    title: ClassVar[str] = "VPC endpoint"
    usual: ClassVar[str] = "seconds; minutes right after a switch"
    side: ClassVar[Side] = "aws"

    async def look(self, sides: Sides, job: Job) -> EndpointSight:
        name = service_name(job)
        async with together() as reads:
            service = reads.create_task(sides.aws.endpoint_service(name))
            endpoints = reads.create_task(sides.aws.endpoints(job.plan.vpc, name))
        return EndpointSight(service.result(), endpoints.result())

    def state(self, sight: EndpointSight, job: Job) -> str:
        found = fittest(sight.endpoints, job.service.id)
        return "none" if found is None else found.state

    def decide(self, sight: EndpointSight, job: Job) -> Decision:
        found = fittest(sight.endpoints, job.service.id)
        if found is not None:
            return TABLE.get(found.state, _adopt)(found, sight, job)
        return _create(sight, job)

    async def act(self, sides: Sides, job: Job, sight: EndpointSight, _change: str) -> str:
        return await sides.aws.create_endpoint(request(sight, job))


def request(sight: EndpointSight, job: Job) -> EndpointRequest:
    """What is asked of AWS; the token follows from everything in it."""
    subnets, _ = _offered(sight, job)
    wanted = EndpointRequest(
        vpc=job.plan.vpc,
        service=service_name(job),
        subnets=tuple(subnet.id for subnet in subnets),
        groups=job.known.group_ids,
        tags=job.tags(job.plan.endpoint_name),
        token="",
    )
    # AWS remembers tokens: the same one with other values is refused, and with the same values it answers the
    # endpoint that was made then, even one deleted since. So values and deleted endpoints are part of it.
    gone = tuple(sorted(it.id for it in sight.endpoints if is_gone(it) or is_lost(it)))
    digest = hashlib.sha256(repr((wanted, gone)).encode()).hexdigest()[:16]
    return replace(wanted, token=f"{job.run}-endpoint-{digest}"[:64])


def _offered(sight: EndpointSight, job: Job) -> tuple[tuple[Subnet, ...], tuple[Subnet, ...]]:
    """The plan's subnets as surveyed: a subnet's zone does not change."""
    return offered(chosen_subnets(job.plan, job.situation.network), sight.service)


def _create(sight: EndpointSight, job: Job) -> Decision:
    if sight.service is None:
        return Wait(
            "not visible",
            "AWS has stopped showing the endpoint service to this account.",
            "Check in the SkySQL portal that the account is still on the service's list; then run the same plan again.",
            900.0,
        )
    usable, left_out = _offered(sight, job)
    if not usable:
        return Stop(_no_zone(sight.service, left_out))
    places = listed([f"{subnet.id} ({subnet.zone.name})" for subnet in usable])
    return Act("create", f"Create VPC endpoint “{job.plan.endpoint_name}” in {places}{_without(left_out)}")


def _no_zone(service: EndpointService, left_out: tuple[Subnet, ...]) -> Failed:
    return Failed(
        "no-common-zone",
        "The endpoint service is in none of the chosen subnets' availability zones.",
        cause=f"It is in {listed(sorted(service.zone_names or service.zone_ids))}; "
        f"the plan's subnets are in {listed([subnet.zone.name for subnet in left_out]) or 'no known zone'}.",
        remedy="Choose a subnet in one of the service's zones and run again.",
        page="network",
    )


def _without(left_out: tuple[Subnet, ...]) -> str:
    if not left_out:
        return ""
    zones = listed([subnet.zone.name for subnet in left_out])
    return f"; {count(len(left_out), 'subnet')} left out, for the endpoint service is not in {zones}"


def _adopt(endpoint: VpcEndpoint, sight: EndpointSight, job: Job) -> Decision:
    usable, left_out = _offered(sight, job)
    lacking = lack(endpoint, job.known.group_ids, [subnet.id for subnet in usable])
    if lacking:
        return Stop(differs(endpoint, lacking))
    ours = is_ours(endpoint, job.service.id)
    origin = "" if ours else ", which was there already and not made by this program"
    return Done(f"{endpoint.id}{origin}{_without(left_out)}", job.known.with_(endpoint=endpoint.id))


def differs(endpoint: VpcEndpoint, lacking: Lack) -> Conflict:
    return Conflict(
        "endpoint-differs",
        f"{endpoint.vpc} has an endpoint to the service already, {endpoint.id}, and it is not what the plan says.",
        cause=f"Of {endpoint.id}: {lacking}.",
        remedy=f"Put into the plan what {endpoint.id} has, or change or delete it in the AWS console; then run again.",
    )


def _stop(endpoint: VpcEndpoint, sight: EndpointSight, job: Job) -> Decision:
    verdict = unavailable(endpoint)
    return verdict if verdict is not None else _adopt(endpoint, sight, job)


def _make_anew(_endpoint: VpcEndpoint, sight: EndpointSight, job: Job) -> Decision:
    return _create(sight, job)


# An endpoint on its way is adopted as one that has arrived: the next step waits for it.
TABLE: dict[str, Callable[[VpcEndpoint, EndpointSight, Job], Decision]] = {
    "pendingacceptance": _adopt,
    "pending": _adopt,
    "available": _adopt,
    "partial": _adopt,
    "rejected": _stop,
    "expired": _stop,
    "failed": _stop,
    "deleting": _make_anew,  # never chosen by fittest; here so that the table is whole
    "deleted": _make_anew,
}
