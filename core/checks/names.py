"""Names in conflict: who else in the VPC has the service's name, so that it cannot lead to the endpoint.

In a VPC the private hosted zone nearest to a name answers for it, if only that there is no such name, and nobody else
is asked. Private DNS is such a zone, of the service's very name; AWS refuses it where there is another of that name.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.facts import PrivateZone, Situation, VpcEndpoint
from core.plan import Plan
from core.policy import allowing
from core.standing import is_gone, standing_endpoint
from core.text import listed

LIST_ZONES: Final = "route53:ListHostedZonesByVPC"

_TAKE_OFF: Final = (
    "In Route 53, take the VPC off that zone, or delete the zone when nobody needs it. Or do without private DNS "
    "(private_dns = false in the plan) and let a record in that zone lead to the endpoint."
)
_LET_GO: Final = "It goes with what it is kept for: where that was an endpoint, wait some minutes, then check again."


def private_name(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if situation.network is None or not plan.private_dns:
        return
    for other in _holders(situation):
        taken = listed([name for name in other.dns_names if _plain(name) in _names(situation)])
        if _is_leaving(other):
            yield blocker(
                "endpoint",
                "private-name",
                f"{other.id} is being deleted, and still has {taken} as its private DNS name.",
                "AWS refuses a name that another endpoint has, until that one is gone.",
                "Wait some minutes, then check again.",
            )
        else:
            yield blocker(
                "endpoint",
                "private-name",
                f"{other.id} has {taken} as its private DNS name already.",
                "A VPC resolves a name to one endpoint.",
                f"In the AWS console, under VPC, Endpoints, switch private DNS off on {other.id} or delete it; or do "
                "without private DNS here (private_dns = false in the plan).",
            )


def _holders(situation: Situation) -> Iterable[VpcEndpoint]:
    """Other endpoints with one of the service's names: those there are, and those that go but have not let go."""
    standing, names = standing_endpoint(situation), _names(situation)
    for other in situation.network.endpoints if situation.network else ():
        if not other.private_dns or (is_gone(other) and not _is_leaving(other)):
            continue
        if (standing is None or other.id != standing.id) and any(_plain(name) in names for name in other.dns_names):
            yield other


def _is_leaving(endpoint: VpcEndpoint) -> bool:
    return endpoint.state.lower() == "deleting"


def _names(situation: Situation) -> frozenset[str]:
    """What private DNS makes lead to the endpoint: the service's name, and what the endpoint service says it is."""
    offered_name = situation.endpoint_service.private_dns_name if situation.endpoint_service else ""
    return frozenset(_plain(name) for name in (situation.service.fqdn, offered_name) if name)


def _plain(name: str) -> str:
    return name.casefold().rstrip(".")


def private_zone(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if situation.network is None or not _names(situation):
        return
    if not plan.private_dns:
        yield from _answering(plan, situation)
        return
    standing = standing_endpoint(situation)
    if standing is not None and standing.private_dns:
        return  # AWS has taken the name
    if situation.private_zones is None:
        if not any(_holders(situation)):
            yield _unread(plan, situation)
        return
    for zone in situation.private_zones:
        if _plain(zone.name) in _names(situation) and not _told_as_endpoint(zone, situation):
            yield blocker(
                "endpoint",
                "private-zone",
                f"{plan.vpc} has a private hosted zone with the name {_told(zone)}.",
                f"{_whose(zone, situation)} AWS then refuses private DNS: “there is already a conflicting DNS domain”.",
                _LET_GO if _is_of_aws(zone) else _TAKE_OFF,
            )
    for name in sorted(_names(situation)):
        above = [zone for zone in situation.private_zones if name.endswith(f".{_plain(zone.name)}")]
        if above:
            told = listed([_told(zone) for zone in above])
            yield ok("endpoint", "private-zone", f"Private DNS goes before private hosted zone {told}.")


def _answering(plan: Plan, situation: Situation) -> Iterable[Finding]:
    """Without private DNS: which of somebody's zones is asked for the service's name in the VPC."""
    name = _plain(situation.service.fqdn)
    holding = [zone for zone in situation.private_zones or () if f".{name}".endswith(f".{_plain(zone.name)}")]
    if name and holding:
        zone = max(holding, key=lambda zone: len(zone.name))
        yield warning(
            "endpoint",
            "private-zone",
            f"In {plan.vpc} private hosted zone {_told(zone)} answers for {situation.service.fqdn}.",
            "It goes before public DNS. Where it has no record of that name, clients are told that there is none.",
            "When the endpoint stands, let a record of that name lead to its regional name; or let clients use the "
            "regional name itself.",
        )


def _is_of_aws(zone: PrivateZone) -> bool:
    """Whether an AWS service keeps it, such as PrivateLink for an endpoint with private DNS."""
    return bool(zone.owner) and not zone.owner.isdecimal()


def _told_as_endpoint(zone: PrivateZone, situation: Situation) -> bool:
    """Whether it is the zone that AWS keeps for an endpoint which is told by itself."""
    return _is_of_aws(zone) and any(_plain(zone.name) in map(_plain, other.dns_names) for other in _holders(situation))


def _told(zone: PrivateZone) -> str:
    return f"{zone.name} ({zone.id})"


def _whose(zone: PrivateZone, situation: Situation) -> str:
    if not zone.owner or zone.owner == situation.identity.account:
        return "It is this account's."
    return f"{zone.owner} keeps it." if _is_of_aws(zone) else f"It is account {zone.owner}'s."


def _unread(plan: Plan, situation: Situation) -> Finding:
    name = situation.service.fqdn or "the service's name"
    told = warning(
        "endpoint",
        "private-zone",
        f"Whether a private hosted zone in {plan.vpc} has the name {name} is not known.",
        f"Route 53 was not to be read: the right is {LIST_ZONES}. AWS refuses private DNS where there is such a zone.",
        "Ask for the right, or look in the AWS console under Route 53, Hosted zones, for a private one with that name.",
    )
    return replace(told, paste=allowing([LIST_ZONES]))


CHECKS: Final[tuple[Check, ...]] = (
    private_name,
    private_zone,
)
