"""What stands already, and whether it is what a plan wants: asked by the preflight checks and by the steps alike."""

from collections.abc import Iterable, Sequence
from typing import Final

from core.facts import EndpointService, Port, Rule, SecurityGroup, Service, Subnet, VpcEndpoint
from core.plan import NewGroup
from core.text import listed
from core.values import GroupId, ServiceId, SubnetId
from core.world import RuleRequest

SERVICE_TAG: Final = "skysql:service-id"
RUN_TAG: Final = "skysql:run-id"
MANAGED_BY: Final = ("managed-by", "skysql-privatelink")

GONE: Final = frozenset({"deleting", "deleted"})
LOST: Final = frozenset({"rejected", "expired", "failed"})
"""States from which an endpoint cannot be revived."""


def is_ours(tags: Iterable[tuple[str, str]], service: ServiceId) -> bool:
    """Whether this program made the thing for that service, in whichever run."""
    held = dict(tags)
    return held.get(SERVICE_TAG) == service and held.get(MANAGED_BY[0]) == MANAGED_BY[1]


# ------------------------------------------------------------------------------------------ security group


def group_named(groups: Iterable[SecurityGroup], name: str) -> SecurityGroup | None:
    """The VPC's group of that name; EC2 compares names without regard to case."""
    return next((group for group in groups if group.name.casefold() == name.casefold()), None)


def ports_by_purpose(ports: Iterable[Port], purposes: Sequence[str]) -> tuple[tuple[Port, ...], tuple[str, ...]]:
    """The service's ports of those purposes, and the purposes it has no port for."""
    known = {port.purpose: port for port in ports}
    return (
        tuple(known[purpose] for purpose in purposes if purpose in known),
        tuple(purpose for purpose in purposes if purpose not in known),
    )


def wanted_rules(group: NewGroup, service: Service) -> tuple[RuleRequest, ...]:
    """Every port from every source; two purposes on one port number need one rule."""
    ports, _ = ports_by_purpose(service.ports, group.ports)
    numbers = {port.number: port.purpose for port in reversed(ports)}
    return tuple(
        RuleRequest(number, source, f"{purpose} of {service.id}")
        for number, purpose in sorted(numbers.items())
        for source in dict.fromkeys(group.sources)
    )


def missing_rules(wanted: Iterable[RuleRequest], rules: Sequence[Rule]) -> tuple[RuleRequest, ...]:
    return tuple(
        want for want in wanted if not any(rule.source == want.source and rule.admits(want.port) for rule in rules)
    )


# ------------------------------------------------------------------------------------------ endpoint


def standing_endpoint(endpoints: Iterable[VpcEndpoint], service: ServiceId) -> VpcEndpoint | None:
    """The endpoint a plan has to do with, of those to one endpoint service in one VPC.

    Ours before others, usable before lost. Somebody else's lost endpoint is nothing to us, nor is what is being
    deleted.
    """
    there = [endpoint for endpoint in endpoints if endpoint.state not in GONE]
    fit = [endpoint for endpoint in there if endpoint.state not in LOST or is_ours(endpoint.tags, service)]
    ranked = sorted(fit, key=lambda it: (it.state in LOST, not is_ours(it.tags, service), it.id))
    return ranked[0] if ranked else None


def offered(
    subnets: Sequence[Subnet], service: EndpointService | None
) -> tuple[tuple[Subnet, ...], tuple[Subnet, ...]]:
    """Subnets in zones the endpoint service has, and those left out. A service that lists no zones is believed."""
    if service is None or not (service.zone_ids or service.zone_names):
        return tuple(subnets), ()
    return (
        tuple(subnet for subnet in subnets if service.covers(subnet.zone)),
        tuple(subnet for subnet in subnets if not service.covers(subnet.zone)),
    )


def differences(endpoint: VpcEndpoint, groups: Iterable[GroupId], subnets: Iterable[SubnetId]) -> tuple[str, ...]:
    """What the endpoint lacks of a plan, in words. What it has beyond the plan is left alone."""
    lacks_groups = [group for group in groups if group not in endpoint.groups]
    lacks_subnets = [subnet for subnet in subnets if subnet not in endpoint.subnets]
    said = []
    if lacks_groups:
        said.append(f"it does not carry security group {listed(lacks_groups)}")
    if lacks_subnets:
        said.append(f"it is not in subnet {listed(lacks_subnets)}")
    return tuple(said)


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
