"""What puts a finding right without leaving the page: a changed plan, offered where it helps and harms nothing.

A row of `REMEDIES` is a finding, by id and level, and one function that makes the plan put right, or says that here
there is none. Nothing here admits more clients than the plan did, but for the account one is signed in to.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from core.checks.access import reaches
from core.checks.findings import Finding, Level
from core.checks.preflight import CHECKS
from core.facts import Situation, Subnet
from core.plan import MAX_GROUPS, ExistingGroups, NewGroup, Plan
from core.standing import (
    chosen_subnets,
    group_named,
    lack,
    lost_groups,
    lost_sources,
    offered,
    ports_by_purpose,
    standing_endpoint,
    wanted_groups,
)
from core.text import listed
from core.values import SubnetId

_LONGEST_NAME: Final = 255


@dataclass(frozen=True, slots=True)
class Remedy:
    """`label`: what applying it does, as a command; `done`: the same, as told afterwards."""

    label: str
    done: str
    plan: Plan


def remedy(finding: Finding, plan: Plan, situation: Situation) -> Remedy | None:
    """The remedy to a finding about `plan`; None when there is none, or none that would put it right."""
    find = REMEDIES.get((finding.id, finding.level))
    found = find(plan, situation) if find else None
    return found if found is not None and _helps(found, finding, plan, situation) else None


def _helps(found: Remedy, finding: Finding, plan: Plan, situation: Situation) -> bool:
    before, after = _judged(plan, situation), _judged(found.plan, situation)
    gone = (finding.id, finding.level) not in {(each.id, each.level) for each in after}
    return gone and _blocking(after) <= _blocking(before)


def _judged(plan: Plan, situation: Situation) -> tuple[Finding, ...]:
    """As preflight does, without what takes a while in large VPCs and never blocks."""
    return tuple(each for check in CHECKS if check is not reaches for each in check(plan, situation))


def _blocking(findings: Iterable[Finding]) -> frozenset[str]:
    return frozenset(each.id for each in findings if each.level == "blocker")


# ------------------------------------------------------------------------------------------ accounts


def _add_own_account(plan: Plan, situation: Situation) -> Remedy | None:
    own = situation.identity.account
    return Remedy(
        f"Add account {own}", f"Account {own} is on the list now.", replace(plan, accounts=(*plan.accounts, own))
    )


def _keep_accounts(plan: Plan, situation: Situation) -> Remedy | None:
    private = situation.service.private
    removed = tuple(account for account in private.accounts if account not in plan.accounts) if private else ()
    kept = replace(plan, accounts=(*plan.accounts, *removed))
    return Remedy(f"Keep {listed(removed)} allowed", f"Still allowed: {listed(removed)}.", kept)


# ------------------------------------------------------------------------------------------ subnets


def _drop_lost_subnets(plan: Plan, situation: Situation) -> Remedy | None:
    there = {subnet.id for subnet in chosen_subnets(plan, situation.network)}
    return _with_subnets(plan, situation, [subnet for subnet in plan.subnets if subnet in there])


def _one_a_zone(plan: Plan, situation: Situation) -> Remedy | None:
    by_zone: dict[str, list[Subnet]] = {}
    for subnet in chosen_subnets(plan, situation.network):
        by_zone.setdefault(subnet.zone.id, []).append(subnet)
    held = _held(situation)
    kept = {max(those, key=lambda one: (one.id in held, _takes(one), one.free)).id for those in by_zone.values()}
    return _with_subnets(plan, situation, [subnet for subnet in plan.subnets if subnet in kept])


def _other_subnets(plan: Plan, situation: Situation) -> Remedy | None:
    """Where a subnet cannot take the endpoint: the one of its zone with most room, or none of that zone."""
    held = _held(situation)
    chosen = chosen_subnets(plan, situation.network)
    settled = [one if one.id in held or _takes(one) else _roomiest(situation, one.zone.id) for one in chosen]
    return _with_subnets(plan, situation, [one.id for one in settled if one is not None])


def _leave_zones_out(plan: Plan, situation: Situation) -> Remedy | None:
    usable, _ = offered(chosen_subnets(plan, situation.network), situation.endpoint_service)
    return _with_subnets(plan, situation, [subnet.id for subnet in usable])


def _subnets_of_the_service(plan: Plan, situation: Situation) -> Remedy | None:
    """None of the chosen ones can be used: one in each zone of the endpoint service."""
    service, network = situation.endpoint_service, situation.network
    if service is None or network is None:
        return None
    common = dict.fromkeys(subnet.zone.id for subnet in network.subnets if not service.lacks(subnet.zone))
    found = [_roomiest(situation, zone) for zone in common]
    return _with_subnets(plan, situation, [one.id for one in found if one is not None])


def _held(situation: Situation) -> frozenset[SubnetId]:
    """Where the endpoint stands already: it needs no more room there."""
    standing = standing_endpoint(situation)
    return standing.subnets if standing is not None else frozenset()


def _takes(subnet: Subnet) -> bool:
    return subnet.free > 0 and not subnet.ipv6_only


def _roomiest(situation: Situation, zone: str) -> Subnet | None:
    subnets = situation.network.subnets if situation.network else ()
    return max(
        (one for one in subnets if one.zone.id == zone and _takes(one)),
        key=lambda one: (one.free, one.id),
        default=None,
    )


def _with_subnets(plan: Plan, situation: Situation, wanted: Iterable[SubnetId]) -> Remedy | None:
    """The plan with other subnets, told by what comes and what goes; None without any."""
    subnets = tuple(dict.fromkeys(wanted))
    new = [subnet for subnet in subnets if subnet not in plan.subnets]
    gone = [subnet for subnet in plan.subnets if subnet not in subnets]
    if not subnets or not (new or gone):
        return None
    names = _names(situation)
    coming, going = listed([names.get(one, one) for one in new]), listed([names.get(one, one) for one in gone])
    are = "is" if len(gone) == 1 else "are"
    if not new:
        label, done = f"Leave {going} out", f"{going} {are} left out."
    elif not gone:
        label, done = f"Take {coming}", f"{coming} {'is' if len(new) == 1 else 'are'} chosen now."
    else:
        label, done = f"Take {coming} instead of {going}", f"{coming} in place of {going}."
    return Remedy(label, done, replace(plan, subnets=subnets))


def _names(situation: Situation) -> Mapping[SubnetId, str]:
    subnets = situation.network.subnets if situation.network else ()
    return {one.id: f"{one.name or one.id} ({one.zone.name})" for one in subnets}


# ------------------------------------------------------------------------------------------ security group


def _keep_known_ports(plan: Plan, situation: Situation) -> Remedy | None:
    if not isinstance(plan.group, NewGroup):
        return None
    _, without = ports_by_purpose(situation.service.ports, plan.group.ports)
    kept = tuple(purpose for purpose in plan.group.ports if purpose not in without)
    if not kept:
        return None
    group = replace(plan.group, ports=kept)
    return Remedy(f"Leave {listed(without)} out", f"No rule for {listed(without)}.", replace(plan, group=group))


def _drop_lost_sources(plan: Plan, situation: Situation) -> Remedy | None:
    if not isinstance(plan.group, NewGroup) or situation.network is None:
        return None
    lost = lost_sources(plan.group.sources, situation.network, situation.prefix_lists)
    kept = tuple(source for source in plan.group.sources if source not in lost)
    if not kept:
        return None
    group = replace(plan.group, sources=kept)
    return Remedy(f"Leave {listed(lost)} out", f"No rule for {listed(lost)}.", replace(plan, group=group))


def _drop_lost_groups(plan: Plan, situation: Situation) -> Remedy | None:
    if not isinstance(plan.group, ExistingGroups) or situation.network is None:
        return None
    lost = lost_groups(plan.group.ids, situation.network.groups)
    kept = tuple(group for group in plan.group.ids if group not in lost)
    if not kept:
        return None
    are = "is" if len(lost) == 1 else "are"
    dropped = replace(plan, group=ExistingGroups(kept))
    return Remedy(f"Leave {listed(lost)} out", f"{listed(lost)} {are} left out.", dropped)


def _free_name(plan: Plan, situation: Situation) -> Remedy | None:
    if not isinstance(plan.group, NewGroup) or situation.network is None:
        return None
    names = (f"{plan.group.name[: _LONGEST_NAME - 5]}-{number}" for number in range(2, 1000))
    free = next((name for name in names if group_named(situation.network.groups, name) is None), None)
    if free is None:
        return None
    group = replace(plan.group, name=free)
    return Remedy(f"Name it {free}", f"The security group will be named {free}.", replace(plan, group=group))


# ------------------------------------------------------------------------------------------ endpoint


def _as_the_endpoint_is(plan: Plan, situation: Situation) -> Remedy | None:
    """What a standing endpoint has that the plan did not ask for: it is not changed, so the plan is."""
    standing = standing_endpoint(situation)
    if standing is None:
        return None
    usable, _ = offered(chosen_subnets(plan, situation.network), situation.endpoint_service)
    lacking = lack(standing, wanted_groups(plan, situation), [subnet.id for subnet in usable])
    taken = plan
    if lacking.subnets:
        kept = tuple(subnet for subnet in plan.subnets if subnet in standing.subnets)
        taken = replace(taken, subnets=kept or tuple(sorted(standing.subnets)))
    if lacking.groups:
        if not 0 < len(standing.groups) <= MAX_GROUPS:
            return None
        taken = replace(taken, group=ExistingGroups(tuple(sorted(standing.groups))))
    parts = [
        *(["groups"] if lacking.groups else []),
        *(["subnets"] if lacking.subnets else []),
    ]
    return Remedy(f"Take the {listed(parts)} that {standing.id} has", f"The {listed(parts)} of {standing.id}.", taken)


def _switch_vpc_dns_on(plan: Plan, situation: Situation) -> Remedy | None:
    """Not private DNS off: clients that check the certificate's name would refuse to connect."""
    off = listed(situation.network.dns.off) if situation.network else ""
    return Remedy(
        f"Switch {off} on in the whole VPC",
        f"The run will switch {off} on in {plan.vpc}.",
        replace(plan, enable_vpc_dns=True),
    )


def _leave_the_name_to_its_zone(plan: Plan, situation: Situation) -> Remedy | None:
    """Only where the zone is the account's own: then it can lead the name to the endpoint by a record."""
    zones = [zone for zone in situation.private_zones or () if zone.owner == situation.identity.account]
    names = listed([zone.name for zone in zones if zone.name.casefold() == situation.service.fqdn.casefold()])
    if not names:
        return None
    without = replace(plan, private_dns=False, enable_vpc_dns=False)
    return Remedy(
        "Do without private DNS: the name stays that zone's",
        f"Private DNS is off. A record in {names} has to lead to the endpoint when it stands.",
        without,
    )


REMEDIES: Final[Mapping[tuple[str, Level], Callable[[Plan, Situation], Remedy | None]]] = {
    ("own-account", "blocker"): _add_own_account,
    ("removed-accounts", "warning"): _keep_accounts,
    ("subnets", "blocker"): _drop_lost_subnets,
    ("one-a-zone", "blocker"): _one_a_zone,
    ("free-addresses", "blocker"): _other_subnets,
    ("ipv4", "blocker"): _other_subnets,
    ("zones", "warning"): _leave_zones_out,
    ("zones", "blocker"): _subnets_of_the_service,
    ("ports", "blocker"): _keep_known_ports,
    ("rule-sources", "blocker"): _drop_lost_sources,
    ("groups", "blocker"): _drop_lost_groups,
    ("group-name", "blocker"): _free_name,
    ("endpoint", "blocker"): _as_the_endpoint_is,
    ("vpc-dns", "blocker"): _switch_vpc_dns_on,
    ("private-zone", "blocker"): _leave_the_name_to_its_zone,
}
