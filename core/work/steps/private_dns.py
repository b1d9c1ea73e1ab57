"""Private DNS: so that the service's own name, which its certificate is for, leads to the endpoint.

AWS verifies the provider's name slowly, so it is enabled by a modification, once verified; then the endpoint has to
become available again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from core.facts import EndpointService, VpcDns, VpcEndpoint
from core.problems import Failed
from core.work.decisions import Act, Decision, Done, Stop, Wait
from core.work.events import Side
from core.work.steps.available import find, with_names
from core.work.steps.endpoint_states import NOT_LISTED, unavailable
from core.work.steps.step import Job, Sides, Step
from core.work.steps.visible import service_name
from core.work.together import together

_WITHOUT = "Until then the endpoint's own name works; TLS checks of the host name fail with it."


@dataclass(frozen=True, slots=True)
class PrivateDnsSight:
    endpoint: VpcEndpoint | None
    service: EndpointService | None
    vpc: VpcDns


class PrivateDns(Step[PrivateDnsSight]):
    id: ClassVar[str] = "private_dns"
    title: ClassVar[str] = "Private DNS"
    usual: ClassVar[str] = "some minutes"
    side: ClassVar[Side] = "aws"

    def skip(self, job: Job) -> str:
        return "" if job.plan.private_dns else "The plan has private DNS off."

    async def look(self, sides: Sides, job: Job) -> PrivateDnsSight:
        async with together() as reads:
            endpoint = reads.create_task(find(sides, job))
            service = reads.create_task(sides.aws.endpoint_service(service_name(job)))
            vpc = reads.create_task(sides.aws.vpc_dns(job.plan.vpc))
        return PrivateDnsSight(endpoint.result(), service.result(), vpc.result())

    def state(self, sight: PrivateDnsSight, _job: Job) -> str:
        if sight.endpoint is None:
            return "not listed"
        if sight.endpoint.private_dns or sight.endpoint.state != "available" or sight.service is None:
            return sight.endpoint.state
        return f"{sight.endpoint.state}, name {sight.service.private_dns_state or 'not told'}"

    def decide(self, sight: PrivateDnsSight, job: Job) -> Decision:
        if sight.endpoint is None:
            return NOT_LISTED
        verdict = unavailable(sight.endpoint)
        if verdict is not None:
            return verdict
        if sight.endpoint.private_dns:
            known = with_names(job, sight.endpoint)
            return Done(f"{known.host} leads to the endpoint.", known)
        if not sight.vpc.ready:
            return _vpc_off(job)
        return _by_verification(sight.endpoint, sight.service)

    async def act(self, sides: Sides, _job: Job, sight: PrivateDnsSight, _change: str) -> None:
        assert sight.endpoint is not None  # noqa: S101 - decide acts on nothing else
        await sides.aws.enable_private_dns(sight.endpoint.id)


def _vpc_off(job: Job) -> Decision:
    if job.plan.enable_vpc_dns:
        return Wait(
            "VPC DNS off",
            "AWS does not show the VPC's DNS attributes as on yet.",
            f"The DNS attributes of {job.plan.vpc} are off again. Find out who switches them off, then run again.",
            300.0,
        )
    return Stop(
        Failed(
            "vpc-dns-off",
            f"{job.plan.vpc} has its DNS attributes off, and private DNS needs both.",
            cause="enableDnsSupport and enableDnsHostnames belong to the whole VPC, so they are not changed unasked.",
            remedy="Set enable_vpc_dns = true in the plan's [endpoint], or private_dns = false, and run again.",
            page="endpoint",
        )
    )


def _by_verification(endpoint: VpcEndpoint, service: EndpointService | None) -> Decision:
    if service is None:
        return Wait(
            "not visible",
            "AWS has stopped showing the endpoint service to this account.",
            "Check in the SkySQL portal that the account is still on the service's list; then run the same plan again.",
            900.0,
        )
    if not service.private_dns_name:
        return Wait(
            "no private name",
            "The endpoint service has no private DNS name yet.",
            f"SkySQL gave the endpoint service no private DNS name. Ask SkySQL support, or set private_dns = false "
            f"in the plan and run again. {_WITHOUT}",
            600.0,
        )
    return VERIFICATION.get(service.private_dns_state.lower(), _unknown)(endpoint, service)


def _enable(endpoint: VpcEndpoint, service: EndpointService) -> Decision:
    return Act("enable", f"Enable private DNS on {endpoint.id}, for {service.private_dns_name}")


def _verifying(_endpoint: VpcEndpoint, service: EndpointService) -> Decision:
    return Wait(
        "pendingVerification",
        f"AWS still verifies {service.private_dns_name}.",
        f"AWS has not verified {service.private_dns_name}. {_WITHOUT} Run the same plan again later; if it stays so, "
        "ask SkySQL support.",
        1800.0,
    )


def _not_verified(endpoint: VpcEndpoint, service: EndpointService) -> Decision:
    return Stop(
        Failed(
            "private-dns-failed",
            f"AWS could not verify {service.private_dns_name}.",
            cause=f"The proof of ownership is SkySQL's to publish. {endpoint.id} works by its own name meanwhile.",
            remedy="Ask SkySQL support to verify the endpoint service's private DNS name, then run the same plan "
            "again; or set private_dns = false in the plan.",
            page="endpoint",
        )
    )


def _unknown(_endpoint: VpcEndpoint, service: EndpointService) -> Decision:
    return Wait(
        service.private_dns_state,
        f"AWS says “{service.private_dns_state}” of {service.private_dns_name}, which this program does not know.",
        f"The verification is still “{service.private_dns_state}”. {_WITHOUT} Ask SkySQL support; then run again.",
        1800.0,
    )


VERIFICATION: dict[str, Callable[[VpcEndpoint, EndpointService], Decision]] = {
    "verified": _enable,
    "": _enable,  # not told: AWS will say so when it is too early
    "pendingverification": _verifying,
    "failed": _not_verified,
}
