"""What stands already, and whether it is what a plan wants: asked by the pages, the checks and the steps alike."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from core.facts import (
    EndpointService,
    Network,
    Port,
    PrefixList,
    Rule,
    SecurityGroup,
    Service,
    Situation,
    Subnet,
    VpcEndpoint,
)
from core.plan import ExistingGroups, NewGroup, Plan
from core.text import listed
from core.values import MANAGED_BY, SERVICE_TAG, GroupId, ServiceId, Source, SubnetId

RULES_PER_GROUP: Final = 60
"""Inbound rules of a security group, counted for IPv4 and IPv6 each, unless AWS has raised the quota."""

_GONE: Final = frozenset({"deleting", "deleted"})
_LOST: Final = frozenset({"rejected", "expired", "failed"})


def is_ours(made: SecurityGroup | VpcEndpoint, service: ServiceId) -> bool:
    """Whether this program made it for that service, in whichever run."""
    return {(SERVICE_TAG, service), MANAGED_BY} <= set(made.tags)


# ------------------------------------------------------------------------------------------ security groups


def group_named(groups: Iterable[SecurityGroup], name: str) -> SecurityGroup | None:
    """The VPC's group of that name; EC2 compares names without regard to case."""
    return next((group for group in groups if group.name.casefold() == name.casefold()), None)


def standing_group(group: NewGroup, situation: Situation) -> SecurityGroup | None:
    """The group of that name that an earlier run made for the service: this run adopts it."""
    return _adopted(group, situation.network, situation.service) if situation.network else None


def _adopted(group: NewGroup, network: Network, service: Service) -> SecurityGroup | None:
    found = group_named(network.groups, group.name)
    return found if found is not None and is_ours(found, service.id) else None


def coming_groups(group: NewGroup | ExistingGroups, network: Network, service: Service) -> tuple[SecurityGroup, ...]:
    """The groups that the endpoint will carry, with the rules that they will have."""
    if isinstance(group, ExistingGroups):
        return tuple(one for one in network.groups if one.id in group.ids)
    bare = SecurityGroup(GroupId(""), group.name, group.description, network.vpc.id)
    there = _adopted(group, network, service) or bare
    wanted = wanted_rules(group.ports, group.sources, service)
    made = tuple(Rule("tcp", one.port, one.port, one.source) for one in wanted if not one.stands(there.rules))
    return (replace(there, rules=there.rules + made),)


def wanted_groups(plan: Plan, situation: Situation) -> tuple[GroupId, ...]:
    """The groups the endpoint is to carry; a group still to be made is one no standing endpoint can have."""
    if isinstance(plan.group, ExistingGroups):
        return plan.group.ids
    ours = standing_group(plan.group, situation)
    return (ours.id if ours else GroupId(f"“{plan.group.name}”"),)


def lost_groups(ids: Iterable[GroupId], groups: Iterable[SecurityGroup]) -> tuple[GroupId, ...]:
    """Those of `ids` that are not among the VPC's groups."""
    there = {group.id for group in groups}
    return tuple(group for group in ids if group not in there)


# ------------------------------------------------------------------------------------------ rules


@dataclass(frozen=True, slots=True)
class WantedRule:
    """One inbound TCP rule of a group to be made."""

    port: int
    purpose: str
    source: Source

    def stands(self, rules: Iterable[Rule]) -> bool:
        return any(rule.source == self.source and rule.admits(self.port) for rule in rules)


def ports_by_purpose(ports: Sequence[Port], purposes: Sequence[str]) -> tuple[tuple[Port, ...], tuple[str, ...]]:
    """The service's ports of those purposes, and the purposes it has no port for."""
    known = {port.purpose for port in ports}
    return (
        tuple(port for purpose in purposes for port in ports if port.purpose == purpose),
        tuple(purpose for purpose in purposes if purpose not in known),
    )


def wanted_ports(group: NewGroup | ExistingGroups, service: Service) -> tuple[Port, ...]:
    """The ports that clients are to reach: of groups that are there already, every port of the service."""
    return ports_by_purpose(service.ports, group.ports)[0] if isinstance(group, NewGroup) else service.ports


def ports_told(ports: Iterable[Port]) -> str:
    """`3306 (readwrite) and 3307 (readonly)`."""
    return listed([f"{port.number} ({port.purpose})" for port in ports])


def wanted_rules(purposes: Sequence[str], sources: Sequence[Source], service: Service) -> tuple[WantedRule, ...]:
    """Every port from every source, by port; two purposes on one port number need one rule."""
    ports, _ = ports_by_purpose(service.ports, purposes)
    by_number = {port.number: port.purpose for port in reversed(ports)}
    return tuple(
        WantedRule(number, purpose, source)
        for number, purpose in sorted(by_number.items())
        for source in dict.fromkeys(sources)
    )


def rules_counted(sources: Iterable[str], prefix_lists: Iterable[PrefixList] = ()) -> int:
    """What rules of these sources count towards `RULES_PER_GROUP`.

    A group or prefix list counts for both families, a prefix list as many times as it may hold entries.
    """
    weights = {item.id: item.weight for item in prefix_lists}
    counted = [(_version(source), weights.get(source, 1)) for source in sources]
    return max(sum(weight for version, weight in counted if version != other) for other in (4, 6))


def _version(source: str) -> int:
    """4, 6, or 0 for what is no address range."""
    try:
        return ipaddress.ip_network(source).version
    except ValueError:
        return 0


def lost_sources(
    sources: Iterable[Source], network: Network, prefix_lists: Sequence[PrefixList] | None
) -> tuple[Source, ...]:
    """Groups and prefix lists among the sources that are not there. `prefix_lists` None: not known, so none is lost."""
    groups = {str(group.id) for group in network.groups}
    lists = None if prefix_lists is None else {item.id for item in prefix_lists}
    return tuple(
        source
        for source in sources
        if (source.startswith("sg-") and source not in groups)
        or (source.startswith("pl-") and lists is not None and source not in lists)
    )


# ------------------------------------------------------------------------------------------ subnets


def chosen_subnets(plan: Plan, network: Network | None) -> tuple[Subnet, ...]:
    """The plan's subnets, those that are there."""
    there = {subnet.id: subnet for subnet in network.subnets} if network else {}
    return tuple(there[subnet] for subnet in plan.subnets if subnet in there)


def offered(
    subnets: Sequence[Subnet], service: EndpointService | None
) -> tuple[tuple[Subnet, ...], tuple[Subnet, ...]]:
    """Subnets in zones the endpoint service has, as far as that is known, and those left out."""
    left_out = tuple(subnet for subnet in subnets if service is not None and service.lacks(subnet.zone))
    return tuple(subnet for subnet in subnets if subnet not in left_out), left_out


# ------------------------------------------------------------------------------------------ endpoint


def is_gone(endpoint: VpcEndpoint) -> bool:
    return endpoint.state.lower() in _GONE


def is_lost(endpoint: VpcEndpoint) -> bool:
    """Whether it cannot be revived."""
    return endpoint.state.lower() in _LOST


def fittest(endpoints: Iterable[VpcEndpoint], service: ServiceId) -> VpcEndpoint | None:
    """The endpoint a plan has to do with, of those to one endpoint service in one VPC.

    Usable before lost, ours before others'. Somebody else's lost endpoint is nothing to us, nor is what is being
    deleted.
    """
    there = [it for it in endpoints if not is_gone(it) and (not is_lost(it) or is_ours(it, service))]
    return min(there, key=lambda it: (is_lost(it), not is_ours(it, service), it.id), default=None)


def standing_endpoint(situation: Situation) -> VpcEndpoint | None:
    """The VPC's endpoint to the service, of what was read before the run."""
    network, private = situation.network, situation.service.private
    if network is None or private is None or private.endpoint_service is None:
        return None
    to_it = [it for it in network.endpoints if it.service == private.endpoint_service and it.vpc == network.vpc.id]
    return fittest(to_it, situation.service.id)


@dataclass(frozen=True, slots=True)
class Lack:
    """What an endpoint is short of a plan. What it has beyond the plan is left alone."""

    groups: tuple[GroupId, ...] = ()
    subnets: tuple[SubnetId, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.subnets)

    def __str__(self) -> str:
        groups = [f"it does not carry security group {listed(self.groups)}"] if self.groups else []
        subnets = [f"it is not in subnet {listed(self.subnets)}"] if self.subnets else []
        return listed([*groups, *subnets])


def lack(endpoint: VpcEndpoint, groups: Iterable[GroupId], subnets: Iterable[SubnetId]) -> Lack:
    return Lack(
        tuple(group for group in groups if group not in endpoint.groups),
        tuple(subnet for subnet in subnets if subnet not in endpoint.subnets),
    )
