"""The VPC and its subnets: whether the endpoint can stand there."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.facts import Situation
from core.plan import Plan
from core.standing import chosen_subnets, offered, standing_endpoint
from core.text import count, listed
from core.values import SubnetId

_FEW_ADDRESSES: Final = 8


def vpc(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is not None:
        yield ok("network", "vpc", f"{plan.vpc} is there.")
    elif plan.region in situation.regions:
        yield blocker(
            "network",
            "vpc",
            f"There is no VPC {plan.vpc} in {plan.region}.",
            f"Account {situation.identity.account} sees none of that id there.",
            "Choose another VPC, or sign in to the account it is in.",
        )


def shared_vpc(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or network.vpc.owner == situation.identity.account:
        return
    yield blocker(
        "network",
        "shared-vpc",
        f"{plan.vpc} belongs to account {network.vpc.owner}, which shares it with this one.",
        "AWS lets only a VPC's owner make endpoints in it (“This operation does not support shared VPCs”). Once it "
        "stands, everybody in the VPC can use it.",
        f"Run this signed in to account {network.vpc.owner}, with that account on the service's list.",
    )


def subnets(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None:
        return
    there = {subnet.id for subnet in network.subnets}
    lost = [subnet for subnet in plan.subnets if subnet not in there]
    if lost:
        yield blocker(
            "network",
            "subnets",
            f"{listed(lost)} is not in {plan.vpc}." if len(lost) == 1 else f"{listed(lost)} are not in {plan.vpc}.",
            "Deleted, or of another VPC or account.",
            "Choose among the VPC's subnets.",
        )
    elif not plan.subnets:
        yield blocker("network", "subnets", "No subnet is chosen.", "An endpoint needs one at least.", "Choose one.")
    else:
        yield ok("network", "subnets", f"{count(len(plan.subnets), 'subnet')} of {plan.vpc}.")


def one_a_zone(plan: Plan, situation: Situation) -> Iterable[Finding]:
    chosen = chosen_subnets(plan, situation.network)
    crowded = [zone for zone, number in Counter(subnet.zone.name for subnet in chosen).items() if number > 1]
    if crowded:
        yield blocker(
            "network",
            "one-a-zone",
            f"There are several subnets in {listed(crowded)}.",
            "An endpoint takes one subnet in an availability zone.",
            "Keep one for each zone.",
        )


def free_addresses(plan: Plan, situation: Situation) -> Iterable[Finding]:
    standing = standing_endpoint(situation)
    held = standing.subnets if standing is not None else frozenset[SubnetId]()
    for subnet in chosen_subnets(plan, situation.network):
        if subnet.id in held:
            continue
        if subnet.free < 1:
            yield blocker(
                "network",
                "free-addresses",
                f"{subnet.id} has no free address.",
                f"{subnet.cidr} is full, and the endpoint takes one.",
                "Choose another subnet of that zone.",
            )
        elif subnet.free < _FEW_ADDRESSES:
            yield warning(
                "network",
                "free-addresses",
                f"{subnet.id} has {count(subnet.free, 'free address', 'free addresses')}.",
                "The endpoint takes one of them.",
            )


def ipv4(plan: Plan, situation: Situation) -> Iterable[Finding]:
    wrong = [subnet.id for subnet in chosen_subnets(plan, situation.network) if subnet.ipv6_only]
    if wrong:
        yield blocker(
            "network",
            "ipv4",
            f"{listed(wrong)} has IPv6 only.",
            "The endpoint is reached over IPv4.",
            "Choose a subnet with IPv4 addresses.",
        )


def zones(plan: Plan, situation: Situation) -> Iterable[Finding]:
    chosen = chosen_subnets(plan, situation.network)
    if situation.endpoint_service is None or not chosen:
        return
    usable, left_out = offered(chosen, situation.endpoint_service)
    if not left_out:
        yield ok("network", "zones", "The endpoint service is in every chosen zone.")
        return
    names = listed([subnet.zone.name for subnet in left_out])
    where = listed(sorted(situation.endpoint_service.zone_names or situation.endpoint_service.zone_ids))
    title = f"The endpoint service is not in {names}."
    if usable:
        yield warning("network", "zones", title, f"It is in {where}. The subnets elsewhere are left out.")
    else:
        yield blocker("network", "zones", title, f"It is in {where}.", "Choose subnets in the service's zones.")


CHECKS: Final[tuple[Check, ...]] = (
    vpc,
    shared_vpc,
    subnets,
    one_a_zone,
    free_addresses,
    ipv4,
    zones,
)
