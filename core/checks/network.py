"""The VPC and its subnets: whether the endpoint can stand there."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.checks.flows import ANSWERS, Span, Verdict, answers_cross, crosses, entries, entry_told, span
from core.facts import AclEntry, NetworkAcl, Situation, Subnet
from core.plan import Plan
from core.standing import chosen_subnets, offered, standing_endpoint, wanted_ports
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
                "Choose another subnet of that zone, or leave the zone out.",
            )
        elif subnet.free < _FEW_ADDRESSES:
            yield warning(
                "network",
                "free-addresses",
                f"{subnet.id} has {count(subnet.free, 'free address', 'free addresses')}.",
                "The endpoint takes one of them.",
                "Nothing has to be done now. Choose a larger subnet of that zone if more is to run in this one.",
            )


def ipv4(plan: Plan, situation: Situation) -> Iterable[Finding]:
    wrong = [subnet.id for subnet in chosen_subnets(plan, situation.network) if subnet.ipv6_only]
    if wrong:
        yield blocker(
            "network",
            "ipv4",
            f"{listed(wrong)} {'has' if len(wrong) == 1 else 'have'} IPv6 only.",
            "The endpoint is reached over IPv4.",
            "Choose a subnet with IPv4 addresses in that zone, or leave the zone out.",
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
        yield warning(
            "network",
            "zones",
            title,
            f"It is in {where}. The subnets elsewhere are left out.",
            "Nothing has to be done: clients there reach the endpoint across zones, which AWS bills.",
        )
    else:
        yield blocker("network", "zones", title, f"It is in {where}.", "Choose subnets in the service's zones.")


def network_acls(plan: Plan, situation: Situation) -> Iterable[Finding]:
    """Whether what comes from other subnets of the VPC gets through, and the answers to it."""
    network, chosen = situation.network, chosen_subnets(plan, situation.network)
    if network is None or not chosen:
        return
    if network.acls is None:
        yield warning(
            "network",
            "network-acls",
            "Whether network ACLs are in the way is not known.",
            "The right to read them, ec2:DescribeNetworkAcls, is missing.",
            f"Ask for it, or look in the AWS console at the ACLs of {listed([subnet.id for subnet in chosen])}.",
        )
        return
    by_subnet = {subnet: acl for acl in network.acls for subnet in acl.subnets}
    peers = [one for one in map(span, network.vpc.cidrs) if one is not None]
    ports = sorted({port.number for port in wanted_ports(plan.group, situation.service)})
    judged = [(subnet, by_subnet[subnet.id]) for subnet in chosen if subnet.id in by_subnet]
    found = [finding for subnet, acl in judged for finding in _denied(subnet, acl, ports, peers)]
    yield from found
    if judged and not found:
        yield ok("network", "network-acls", "No network ACL keeps clients out of the chosen subnets, or answers in.")


def _denied(subnet: Subnet, acl: NetworkAcl, ports: Sequence[int], peers: Sequence[Span]) -> Iterable[Finding]:
    """What an ACL denies to the whole VPC. Less than that is its own affair: `reach` tells whom it hits."""
    at, zone = subnet.name or subnet.id, subnet.zone.name
    inbound, outbound = entries(acl, outbound=False), entries(acl, outbound=True)
    for port in ports:
        entry = _denying([crosses(inbound, one, (port, port)) for one in peers])
        if entry is not None:
            yield warning(
                "network",
                "network-acls",
                f"A network ACL keeps port {port} out of {at}.",
                f"{entry_told(acl, entry)} denies it to the whole VPC: only what runs in {at} itself gets through.",
                f"Allow it there from the clients' subnets, or choose another subnet in {zone}.",
            )
    entry = _denying([answers_cross(outbound, one) for one in peers])
    if entry is not None:
        yield warning(
            "network",
            "network-acls",
            f"A network ACL keeps the endpoint's answers in {at}.",
            f"{entry_told(acl, entry)} denies the ports where clients of other subnets wait for them.",
            f"Allow ports {ANSWERS[0]}-{ANSWERS[1]} there to the clients' subnets, or choose another subnet in {zone}.",
        )


def _denying(rulings: Sequence[tuple[Verdict, AclEntry]]) -> AclEntry | None:
    return rulings[0][1] if rulings and all(verdict == "no" for verdict, _ in rulings) else None


CHECKS: Final[tuple[Check, ...]] = (
    vpc,
    shared_vpc,
    subnets,
    one_a_zone,
    free_addresses,
    ipv4,
    zones,
    network_acls,
)
