"""The security groups: whom they let in, and whether AWS takes their rules."""

from collections.abc import Iterable, Sequence
from typing import Final

from core.checks.ends import planned
from core.checks.findings import Check, Finding, blocker, ok, warning
from core.checks.reach import Reached, reach, summary
from core.facts import Rule, SecurityGroup, Service, Situation
from core.plan import MAX_GROUPS, ExistingGroups, NewGroup, Plan
from core.standing import (
    RULES_PER_GROUP,
    chosen_subnets,
    coming_groups,
    group_named,
    is_ours,
    lost_groups,
    lost_sources,
    ports_told,
    rules_counted,
    standing_group,
    wanted_ports,
    wanted_rules,
)
from core.text import count, listed
from core.values import is_anywhere

_GROUPS_PER_REGION: Final = 2_500
_RULES_PER_INTERFACE: Final = 1_000


def existing_groups(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or not isinstance(plan.group, ExistingGroups):
        return
    if lost := lost_groups(plan.group.ids, network.groups):
        yield blocker(
            "access",
            "groups",
            f"Security group {listed(lost)} is not in {plan.vpc}.",
            "Deleted, or of another VPC.",
            "Choose among the VPC's groups.",
        )
    if len(plan.group.ids) > MAX_GROUPS:
        yield warning(
            "access",
            "groups-number",
            f"There are {len(plan.group.ids)} security groups.",
            f"A network interface takes {MAX_GROUPS} unless AWS has raised that quota (L-2AFB9258).",
            "Choose fewer.",
        )
    chosen = [group for group in network.groups if group.id in plan.group.ids]
    yield from _too_many_rules(chosen, situation)
    yield from _admitted(chosen, situation.service)


def _too_many_rules(groups: Sequence[SecurityGroup], situation: Situation) -> Iterable[Finding]:
    """AWS raises the two quotas, but never beyond a product of theirs."""
    sizes = {group.id: rules_counted((rule.source for rule in group.rules), situation.prefix_lists) for group in groups}
    largest = max(groups, key=lambda group: sizes[group.id], default=None)
    if largest is not None and len(groups) * sizes[largest.id] > _RULES_PER_INTERFACE:
        yield warning(
            "access",
            "groups-rules",
            f"{count(len(groups), 'security group')} with up to {sizes[largest.id]} rules are more than AWS takes.",
            f"On a network interface groups times rules of a group must not exceed {_RULES_PER_INTERFACE:,}; "
            f"{largest.id} has most.",
            "Choose fewer groups, or groups with fewer rules.",
        )


def _admitted(groups: Sequence[SecurityGroup], service: Service) -> Iterable[Finding]:
    rules = [rule for group in groups for rule in group.rules]
    admitted = [port for port in service.ports if any(rule.admits(port.number) for rule in rules)]
    shut = [port for port in service.ports if port not in admitted]
    if not groups or not service.ports:
        return
    if not admitted:
        yield warning(
            "access",
            "groups-admit",
            "The chosen groups let nobody in on the service's ports.",
            f"Those are {ports_told(service.ports)}; the groups admit {_opened(rules)}.",
            "Add a rule to one of them, or choose another group; else no client can connect.",
        )
    elif any(port.purpose == "readwrite" for port in shut):
        yield warning(
            "access",
            "groups-admit",
            f"The chosen groups admit port {ports_told(admitted)}, not {ports_told(shut)}.",
            "Clients that write need the readwrite port.",
            "Add a rule for it to one of them, or choose another group, unless nobody is to write.",
        )
    else:
        yield ok("access", "groups-admit", f"The chosen groups admit port {ports_told(admitted)}.")


def _opened(rules: Iterable[Rule]) -> str:
    """Which TCP ports rules admit at all: a wrong one shows."""
    tcp = sorted({(rule.first, rule.last) for rule in rules if rule.protocol in ("tcp", "6")})
    return listed([f"{first}" if first == last else f"{first}-{last}" for first, last in tcp]) or "no TCP port at all"


def group_name(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or not isinstance(plan.group, NewGroup):
        return
    found = group_named(network.groups, plan.group.name)
    if found is None:
        yield ok("access", "group-name", f"Security group “{plan.group.name}” will be made.")
    elif is_ours(found, situation.service.id):
        yield ok("access", "group-name", f"Security group {found.id} of an earlier run is used again.")
    else:
        yield blocker(
            "access",
            "group-name",
            f"{plan.vpc} has a security group named “{found.name}” already.",
            f"{found.id} was not made by this program for this service.",
            "Give the new group another name, or choose the existing one.",
        )


def group_quota(plan: Plan, situation: Situation) -> Iterable[Finding]:
    number = situation.groups_in_region
    if not isinstance(plan.group, NewGroup) or number is None or standing_group(plan.group, situation) is not None:
        return
    if number >= _GROUPS_PER_REGION:
        yield warning(
            "access",
            "group-quota",
            f"{plan.region} has {number:,} security groups of this account.",
            f"AWS takes {_GROUPS_PER_REGION:,} in a region unless it has raised the quota (L-E79EC296).",
            "Make sure that the quota has room, delete a group nobody uses, or choose an existing group.",
        )


def rules_number(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not isinstance(plan.group, NewGroup):
        return
    ours = standing_group(plan.group, situation)
    there = ours.rules if ours else ()
    wanted = wanted_rules(plan.group.ports, plan.group.sources, situation.service)
    missing = [rule.source for rule in wanted if not rule.stands(there)]
    number = rules_counted([*(rule.source for rule in there), *missing], situation.prefix_lists)
    if number > RULES_PER_GROUP:
        yield warning(
            "access",
            "rules-number",
            f"The security group would hold {number} rules.",
            f"AWS takes {RULES_PER_GROUP} unless it has raised the quota (L-0EA8095F).",
            "Use fewer sources: a wider range, a security group or a prefix list.",
        )


def rule_sources(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or not isinstance(plan.group, NewGroup):
        return
    if lost := lost_sources(plan.group.sources, network, situation.prefix_lists):
        yield blocker(
            "access",
            "rule-sources",
            f"{listed(lost)} cannot be a rule's source.",
            f"There is no such security group in {plan.vpc}, or no such prefix list in {plan.region}.",
            "Choose sources from the lists.",
        )


def anywhere(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if situation.network is None:
        return
    ports = wanted_ports(plan.group, situation.service)
    groups = coming_groups(plan.group, situation.network, situation.service)
    rules = [rule for group in groups for rule in group.rules if any(rule.admits(port.number) for port in ports)]
    wide = [source for source in dict.fromkeys(rule.source for rule in rules) if is_anywhere(source)]
    if wide:
        yield warning(
            "access",
            "anywhere",
            f"The rules admit {listed(wide)}.",
            "Whoever reaches the VPC's addresses, peered networks included, reaches the database's port.",
            "Name the clients' ranges or their security group instead.",
        )


def reaches(plan: Plan, situation: Situation) -> Iterable[Finding]:
    """Whether what runs in the VPC now will reach the ports."""
    network, subnets = situation.network, chosen_subnets(plan, situation.network)
    groups = coming_groups(plan.group, network, situation.service) if network else ()
    if network is None or not subnets or not groups:
        return
    target = planned(subnets, groups)
    for port in sorted({port.number for port in wanted_ports(plan.group, situation.service)}):
        if not any(rule.admits(port) for group in groups for rule in group.rules):
            continue  # told as what the groups admit
        found = reach(network, target, port, situation.prefix_lists)
        if found:
            yield _reached(plan, port, found)


def _reached(plan: Plan, port: int, found: Sequence[Reached]) -> Finding:
    verdicts = {one.verdict for one in found}
    if verdicts & {"yes", "partly"}:
        return ok("access", "reaches", summary(found, port))
    first = next((one for one in found if one.verdict == "unknown"), found[0])
    why = f"{first.client.name}, for one: {first.why}"
    if "unknown" in verdicts:
        title = f"Whether anything that runs in {plan.vpc} now would reach port {port} is not known."
        return warning("access", "reaches", title, why, "Look at that, or try it from there when the link stands.")
    return warning(
        "access",
        "reaches",
        f"Nothing that runs in {plan.vpc} now would reach port {port}.",
        why,
        "Admit the clients' security group or range, unless they are in networks joined to the VPC.",
    )


CHECKS: Final[tuple[Check, ...]] = (
    existing_groups,
    group_name,
    group_quota,
    rules_number,
    rule_sources,
    anywhere,
    reaches,
)
