"""Where the endpoint stands: a VPC of the service's region, and at most one subnet in each availability zone.

Zones are matched by their id: a zone's name means another zone in another account.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.facts import EndpointService, Network, Route, RouteTable, Subnet, Vpc, Zone
from core.text import clean, count, listed
from core.values import AccountId, Invalid, SubnetId, VpcId, ZoneId, is_anywhere

Chosen = tuple[tuple[ZoneId, SubnetId | None], ...]
"""The answer, as `Draft.subnets` holds it."""


@dataclass(frozen=True, slots=True)
class VpcOffer:
    """A VPC as a row; `marks` are short words such as default, or shared by its owner."""

    vpc: Vpc
    label: str
    marks: tuple[str, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SubnetOffer:
    """A subnet of a zone; `instances` run in it. `why_not` is empty when it can be chosen."""

    subnet: Subnet
    is_private: bool
    instances: int = 0
    why_not: str = ""

    @property
    def label(self) -> str:
        """Everything of it on one line."""
        kind = "private" if self.is_private else "public"
        name = self.subnet.name or self.subnet.id
        told = [name, kind, self.subnet.cidr, f"{self.subnet.free:,} free", count(self.instances, "instance")]
        return " · ".join(part for part in told if part)


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """One availability zone: one of its subnets or none. `note` says what is unusual about the preferred one."""

    zone: Zone
    subnets: tuple[SubnetOffer, ...] = ()
    preferred: SubnetId | None = None
    why_not: str = ""
    note: str = ""

    @property
    def instances(self) -> int:
        return sum(offer.instances for offer in self.subnets)


# ---------------------------------------------------------------------------------------------- VPCs


def vpc_offers(vpcs: Sequence[Vpc], own: AccountId) -> tuple[VpcOffer, ...]:
    """Named ones first, the default one after the others, those that cannot be chosen last."""
    offers = (VpcOffer(vpc, _vpc_label(vpc, own), _marks(vpc, own), _vpc_why_not(vpc, own)) for vpc in vpcs)
    return tuple(sorted(offers, key=_vpc_worth))


def _vpc_worth(offer: VpcOffer) -> tuple[bool, bool, bool, str, str]:
    vpc = offer.vpc
    return bool(offer.why_not), vpc.is_default, not vpc.name, vpc.name.casefold(), vpc.id


def preferred_vpc(offers: Sequence[VpcOffer], service: str = "", before: VpcId | None = None) -> VpcId | None:
    """The one chosen `before` when it still can be, else the first whose name shares most words with the service's."""
    usable = [offer.vpc for offer in offers if not offer.why_not]
    if any(vpc.id == before for vpc in usable):
        return before
    wanted = _words(service)
    best = max(usable, key=lambda vpc: len(_words(vpc.name) & wanted), default=None)
    return best.id if best else None


def _words(name: str) -> frozenset[str]:
    return frozenset(word for word in re.split(r"[\W_]+", name.casefold()) if len(word) > 1)


def _vpc_why_not(vpc: Vpc, own: AccountId) -> str:
    # AWS answers "This operation does not support shared VPCs": only the owner makes endpoints in it.
    if not is_shared(vpc, own):
        return ""
    return f"Account {vpc.owner} shares it with yours, and AWS lets only the owner make endpoints in it."


def _vpc_label(vpc: Vpc, own: AccountId) -> str:
    shown = [*vpc.cidrs[:3], f"and {len(vpc.cidrs) - 3} more"] if len(vpc.cidrs) > 3 else vpc.cidrs
    return " · ".join(part for part in (vpc.name, vpc.id, ", ".join(shown), *_marks(vpc, own)) if part)


def _marks(vpc: Vpc, own: AccountId) -> tuple[str, ...]:
    shared = f"shared by {vpc.owner}" if is_shared(vpc, own) else ""
    return tuple(mark for mark in ("default" if vpc.is_default else "", shared) if mark)


def is_shared(vpc: Vpc, own: AccountId) -> bool:
    """Whether another account owns the VPC and lets this one use its subnets."""
    return bool(vpc.owner) and vpc.owner != own


# ---------------------------------------------------------------------------------------------- zones and subnets


def zone_choices(
    network: Network, zones: Sequence[Zone], endpoint_service: EndpointService | None = None
) -> tuple[ZoneChoice, ...]:
    """One choice per zone, by zone name. Before the endpoint service is known, no zone is refused for its sake."""
    known = {zone.id: zone for zone in (*zones, *(subnet.zone for subnet in network.subnets))}
    running = Counter(instance.subnet for instance in network.instances)
    found: dict[ZoneId, list[SubnetOffer]] = {zone: [] for zone in known}
    for subnet in network.subnets:
        private = is_private(subnet, network.route_tables)
        found[subnet.zone.id].append(SubnetOffer(subnet, private, running[subnet.id], _subnet_why_not(subnet)))
    region = frozenset(zone.id for zone in zones)
    return tuple(
        _zone_choice(zone, found[zone.id], region, endpoint_service)
        for zone in sorted(known.values(), key=lambda zone: (zone.name, zone.id))
    )


def _zone_choice(
    zone: Zone, found: list[SubnetOffer], region: frozenset[ZoneId], endpoint_service: EndpointService | None
) -> ZoneChoice:
    offers = tuple(sorted(found, key=_worth))
    best = next((offer for offer in offers if not offer.why_not), None)
    reason = _zone_why_not(zone, offers, best, region, endpoint_service)
    if reason or best is None:
        return ZoneChoice(zone, offers, None, reason)
    note = "" if best.is_private else "No private subnet here can be used, so a public one is proposed."
    return ZoneChoice(zone, offers, best.subnet.id, "", note)


def _worth(offer: SubnetOffer) -> tuple[bool, bool, int, int, str]:
    """Best first: usable, private, most instances, most free addresses."""
    return bool(offer.why_not), not offer.is_private, -offer.instances, -offer.subnet.free, offer.subnet.id


def _zone_why_not(
    zone: Zone,
    offers: Sequence[SubnetOffer],
    best: SubnetOffer | None,
    region: frozenset[ZoneId],
    endpoint_service: EndpointService | None,
) -> str:
    if endpoint_service is not None and endpoint_service.lacks(zone):
        return f"The endpoint service is not in this zone ({zone.id})."
    if region and zone.id not in region:
        return f"{zone.name} is not an availability zone of the region: endpoints cannot stand there."
    if not offers:
        return "This VPC has no subnet in this zone."
    if best is None:
        return "No subnet here has a free IPv4 address."
    return ""


def _subnet_why_not(subnet: Subnet) -> str:
    if subnet.ipv6_only:
        return "It is for IPv6 only, and the endpoint needs an IPv4 address."
    return "" if subnet.free > 0 else "It has no free address."


def is_private(subnet: Subnet, tables: Sequence[RouteTable]) -> bool:
    """By its route table, else the VPC's main one: public is an active default route to an internet gateway."""
    own = next((table for table in tables if subnet.id in table.subnets), None)
    main = next((table for table in tables if table.main and table.vpc == subnet.vpc), None)
    table = own or main
    return table is None or not any(_leads_out(route) for route in table.routes)


def _leads_out(route: Route) -> bool:
    return route.active and is_anywhere(route.destination) and route.target.startswith("igw-")


# ---------------------------------------------------------------------------------------------- the answer


def proposed(choices: Sequence[ZoneChoice]) -> Chosen:
    """The preferred subnet in every zone."""
    return tuple((choice.zone.id, choice.preferred) for choice in choices)


def settled(chosen: Chosen | None, choices: Sequence[ZoneChoice]) -> Chosen:
    """The answer fitted to what is offered now: zones not answered get the preferred one, others what still can be."""
    if chosen is None:
        return proposed(choices)
    answers = dict(chosen)
    return tuple(
        (choice.zone.id, _still(answers[choice.zone.id], choice) if choice.zone.id in answers else choice.preferred)
        for choice in choices
    )


def lost(chosen: Chosen | None, choices: Sequence[ZoneChoice]) -> tuple[Zone, ...]:
    """Zones whose chosen subnet can be used no more."""
    answers = dict(chosen or ())
    return tuple(
        choice.zone for choice in choices if answers.get(choice.zone.id) and not _still(answers[choice.zone.id], choice)
    )


def _still(subnet: SubnetId | None, choice: ZoneChoice) -> SubnetId | None:
    return subnet if subnet in _usable(choice) else None


def _usable(choice: ZoneChoice) -> frozenset[SubnetId | None]:
    if choice.why_not:
        return frozenset()
    return frozenset(offer.subnet.id for offer in choice.subnets if not offer.why_not)


def refusal(chosen: Chosen, choices: Sequence[ZoneChoice]) -> Invalid | None:
    """Why this answer cannot stand."""
    if not any(_usable(choice) for choice in choices):
        return Invalid("No zone of this VPC can be used.", _nowhere(choices))
    by_zone = {choice.zone.id: choice for choice in choices}
    for zone, subnet in chosen:
        if subnet is not None:
            wrong = _wrong(zone, subnet, by_zone)
            if wrong is not None:
                return wrong
    if not any(subnet for _, subnet in chosen):
        return Invalid("No availability zone is chosen.", "Choose a subnet in at least one zone.")
    return None


def _nowhere(choices: Sequence[ZoneChoice]) -> str:
    if not any(choice.subnets for choice in choices):
        return "It has no subnets. Choose another VPC, or make a subnet in it first."
    return "Choose another VPC: the reason stands beside each zone."


def _wrong(zone: ZoneId, subnet: SubnetId, by_zone: Mapping[ZoneId, ZoneChoice]) -> Invalid | None:
    choice = by_zone.get(zone)
    if choice is None:
        return Invalid(f"{clean(zone, 40)} is not a zone of this VPC.", "Choose again.")
    if subnet in _usable(choice):
        return None
    offer = next((offer for offer in choice.subnets if offer.subnet.id == subnet), None)
    why = choice.why_not or (offer.why_not if offer else f"{clean(subnet, 60)} is not a subnet of it any more.")
    return Invalid(f"{choice.zone.name}: {why}", "Choose another subnet there, or leave the zone out.")


def summary(chosen: Chosen, choices: Sequence[ZoneChoice]) -> tuple[str, ...]:
    """What the answer means, a line each: how many zones, and what lives in zones left out."""
    taken = {zone for zone, subnet in chosen if subnet is not None}
    lines = [f"An endpoint address in {count(len(taken), 'zone')}."] if taken else []
    if len(taken) == 1 and sum(bool(_usable(choice)) for choice in choices) > 1:
        lines.append("One zone only: when that zone fails, the link fails.")
    left_out = [choice for choice in choices if choice.zone.id not in taken and choice.instances]
    if taken and left_out:
        number = sum(choice.instances for choice in left_out)
        names = listed([choice.zone.name for choice in left_out])
        verb = "runs" if number == 1 else "run"
        lives = f"{count(number, 'instance')} {verb} in {names}, left out here"
        lines.append(f"{lives}: the traffic will cross zones, which AWS bills.")
    return tuple(lines)
