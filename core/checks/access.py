"""The security groups: whom they let in, and whether AWS takes their rules."""

from collections.abc import Iterable, Sequence
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.facts import SecurityGroup, Service, Situation
from core.plan import MAX_GROUPS, ExistingGroups, NewGroup, Plan
from core.standing import (
    RULES_PER_GROUP,
    group_named,
    is_ours,
    lost_groups,
    lost_sources,
    ports_told,
    rules_counted,
    standing_group,
    wanted_rules,
)
from core.text import listed
from core.values import is_anywhere


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
    yield from _admitted([group for group in network.groups if group.id in plan.group.ids], situation.service)


def _admitted(groups: Sequence[SecurityGroup], service: Service) -> Iterable[Finding]:
    rules = [rule for group in groups for rule in group.rules]
    admitted = [port for port in service.ports if any(rule.admits(port.number) for rule in rules)]
    if not groups or not service.ports:
        return
    if not admitted:
        yield warning(
            "access",
            "groups-admit",
            "The chosen groups let nobody in on the service's ports.",
            f"Those are {ports_told(service.ports)}.",
            "Add a rule to one of them, or choose another group; else no client can connect.",
        )
    else:
        yield ok("access", "groups-admit", f"The chosen groups admit port {ports_told(admitted)}.")


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


def rules_number(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not isinstance(plan.group, NewGroup):
        return
    ours = standing_group(plan.group, situation)
    there = ours.rules if ours else ()
    wanted = wanted_rules(plan.group.ports, plan.group.sources, situation.service)
    missing = [rule.source for rule in wanted if not rule.stands(there)]
    number = rules_counted([*(rule.source for rule in there), *missing])
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


def anywhere(plan: Plan, _situation: Situation) -> Iterable[Finding]:
    if not isinstance(plan.group, NewGroup):
        return
    wide = [source for source in plan.group.sources if is_anywhere(source)]
    if wide:
        yield warning(
            "access",
            "anywhere",
            f"The rules admit {listed(wide)}.",
            "Whoever reaches the VPC's addresses, peered networks included, reaches the database's port.",
            "Name the clients' ranges or their security group instead.",
        )


CHECKS: Final[tuple[Check, ...]] = (
    existing_groups,
    group_name,
    rules_number,
    rule_sources,
    anywhere,
)
