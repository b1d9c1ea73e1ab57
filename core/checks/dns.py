"""Names: whether the service's own name can lead to the endpoint."""

from collections.abc import Iterable
from typing import Final

from core.checks.findings import Check, Finding, blocker, warning
from core.facts import Situation
from core.plan import Plan
from core.standing import is_gone, standing_endpoint
from core.text import listed


def vpc_dns(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or network.dns.ready or not (plan.private_dns or plan.enable_vpc_dns):
        return
    if not plan.enable_vpc_dns:
        yield blocker(
            "endpoint",
            "vpc-dns",
            f"{plan.vpc} has {listed(network.dns.off)} off. "
            "Private DNS needs both enableDnsSupport and enableDnsHostnames.",
            "They belong to the whole VPC, so they are not changed unasked.",
            "Set enable_vpc_dns = true in the plan's [endpoint], or private_dns = false.",
        )
    elif network.vpc.owner != situation.identity.account:
        yield blocker(
            "endpoint",
            "vpc-dns",
            f"{plan.vpc} has {listed(network.dns.off)} off, and only its owner can switch that on.",
            f"The VPC belongs to account {network.vpc.owner}.",
            "Ask its owner to switch both on, or set private_dns = false.",
        )
    else:
        yield warning(
            "endpoint",
            "vpc-dns",
            f"{listed(network.dns.off)} will be switched on for all of {plan.vpc}.",
            "Instances with public addresses get public DNS names, and the VPC resolves by Amazon's DNS.",
        )


def private_name(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network, service = situation.network, situation.service
    if network is None or not plan.private_dns:
        return
    offered_name = situation.endpoint_service.private_dns_name if situation.endpoint_service else ""
    names = {name.casefold() for name in (service.fqdn, offered_name) if name}
    standing = standing_endpoint(situation)
    for other in network.endpoints:
        if is_gone(other) or not other.private_dns or (standing is not None and other.id == standing.id):
            continue
        taken = [name for name in other.dns_names if name.casefold() in names]
        if taken:
            yield blocker(
                "endpoint",
                "private-name",
                f"{other.id} has {listed(taken)} as its private DNS name already.",
                "A VPC resolves a name to one endpoint.",
                f"Switch private DNS off on {other.id}, or delete it, or set private_dns = false.",
            )


def without_private_dns(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not plan.private_dns:
        yield warning(
            "endpoint",
            "private-dns",
            "Private DNS is off: clients use AWS's name for the endpoint.",
            f"The certificate is for {situation.service.fqdn or 'the name at SkySQL'} and does not match it.",
            "Set private_dns = true if clients check the server's name.",
        )


CHECKS: Final[tuple[Check, ...]] = (
    vpc_dns,
    private_name,
    without_private_dns,
)
