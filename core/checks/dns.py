"""Private DNS: what it needs of the VPC, and what it is to be without."""

from collections.abc import Iterable
from typing import Final

from core.checks.findings import Check, Finding, blocker, warning
from core.facts import Situation
from core.plan import Plan
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
            "Agree on the endpoint page to switch them on (enable_vpc_dns = true in the plan's [endpoint]), or do "
            "without private DNS (private_dns = false).",
        )
    elif network.vpc.owner != situation.identity.account:
        yield blocker(
            "endpoint",
            "vpc-dns",
            f"{plan.vpc} has {listed(network.dns.off)} off, and only its owner can switch that on.",
            f"The VPC belongs to account {network.vpc.owner}.",
            "Ask its owner to switch both on, or do without private DNS (private_dns = false in the plan).",
        )
    else:
        yield warning(
            "endpoint",
            "vpc-dns",
            f"{listed(network.dns.off)} will be switched on for all of {plan.vpc}.",
            "Instances with public addresses get public DNS names, and the VPC resolves by Amazon's DNS.",
            "Nothing has to be done, unless something in the VPC needs them off: ask whoever looks after it.",
        )


def without_private_dns(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not plan.private_dns:
        yield warning(
            "endpoint",
            "private-dns",
            "Private DNS is off: clients use AWS's name for the endpoint.",
            f"The certificate is for {situation.service.fqdn or 'the name at SkySQL'} and does not match it.",
            "Switch private DNS on (private_dns = true in the plan) if clients check the server's name.",
        )


CHECKS: Final[tuple[Check, ...]] = (
    vpc_dns,
    without_private_dns,
)
