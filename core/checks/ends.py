"""The two ends of a connection through the endpoint: what may connect in a VPC, and where the endpoint stands."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from core.facts import Interface, Network, SecurityGroup, Subnet, VpcEndpoint
from core.values import GroupId, SubnetId

_NO_CLIENTS: Final = frozenset(
    (
        *("vpc_endpoint", "gateway_load_balancer_endpoint", "gateway_load_balancer", "network_load_balancer"),
        *("nat_gateway", "transit_gateway", "efs", "trunk"),
    )
)
"""Kinds of interfaces behind which no database client runs."""


@dataclass(frozen=True, slots=True)
class Client:
    """An interface that something runs behind."""

    id: str  # eni-…, or the instance's where interfaces may not be read
    name: str
    instance: str  # its id; empty: no instance's
    subnet: SubnetId
    groups: frozenset[GroupId]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One of the endpoint's interfaces; `addresses` are ranges while it has none."""

    subnet: Subnet
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """An endpoint, there already or as it is planned."""

    places: tuple[Place, ...]
    groups: tuple[SecurityGroup, ...]


def lists_named(target: Target) -> frozenset[str]:
    """The prefix lists that its groups admit: their entries say who that is."""
    return frozenset(rule.source for group in target.groups for rule in group.rules if rule.source.startswith("pl-"))


def planned(subnets: Iterable[Subnet], groups: Iterable[SecurityGroup]) -> Target:
    """An endpoint that is to be made: its addresses will be some of the subnets'."""
    return Target(tuple(Place(subnet, (subnet.cidr,)) for subnet in subnets), tuple(groups))


def standing(network: Network, endpoint: VpcEndpoint) -> Target:
    """One that is there. Where its interfaces may not be read, its addresses are some of the subnets'."""
    groups = tuple(group for group in network.groups if group.id in endpoint.groups)
    subnets = {subnet.id: subnet for subnet in network.subnets}
    own = [one for one in network.interfaces or () if one.id in endpoint.interfaces and one.subnet in subnets]
    if own:
        return Target(tuple(Place(subnets[one.subnet], one.addresses) for one in own), groups)
    return planned((subnet for subnet in network.subnets if subnet.id in endpoint.subnets), groups)


def addresses(network: Network, endpoint: VpcEndpoint) -> tuple[str, ...]:
    """Of the endpoint's interfaces; none where these may not be read."""
    own = (one for one in network.interfaces or () if one.id in endpoint.interfaces)
    return tuple(address for one in own for address in one.addresses)


def clients(network: Network) -> tuple[Client, ...]:
    """What may connect: interfaces of running instances, by the instance's name, then those of anything else."""
    if network.interfaces is None:
        found = [
            Client(one.id, one.name or one.id, one.id, one.subnet, one.groups, (one.address,) if one.address else ())
            for one in network.instances
        ]
    else:
        found = list(_interfaces(network.interfaces, {one.id: one.name or one.id for one in network.instances}))
    return tuple(sorted(found, key=lambda client: (not client.instance, client.name.casefold(), client.id)))


def _interfaces(interfaces: Iterable[Interface], running: Mapping[str, str]) -> Iterable[Client]:
    """Those in use, as clients; those of instances that do not run are left out. `running`: names by id."""
    used = [one for one in interfaces if one.status == "in-use" and one.kind not in _NO_CLIENTS]
    many = Counter(one.instance for one in used)
    for one in used:
        if not one.instance:
            name = one.description or f"{one.kind} {one.id}"
        elif one.instance not in running:
            continue
        else:
            name = running[one.instance] + (f" ({one.id})" if many[one.instance] > 1 else "")
        yield Client(one.id, name, one.instance, one.subnet, one.groups, one.addresses)
