"""Who may reach the endpoint, the whole answer: ports, the rules that follow, what is proposed and what is refused.

A group's rules admit `sources`; groups that are there already are in `groups`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.choices.sources import in_words, names_of, unknown_source
from core.draft import GroupDraft, finished_group
from core.facts import Network, Port, PrefixList, SecurityGroup, Service
from core.plan import NewGroup
from core.standing import (
    RULES_PER_GROUP,
    WantedRule,
    group_named,
    is_ours,
    lost_groups,
    ports_by_purpose,
    rules_counted,
    wanted_rules,
)
from core.text import clean, listed
from core.values import GroupId, Invalid, Source, legal_group_text


@dataclass(frozen=True, slots=True)
class PortChoice:
    port: Port
    preselected: bool
    label: str


@dataclass(frozen=True, slots=True)
class RuleRow(WantedRule):
    """A rule as it will be made; `who` is its source in words."""

    who: str

    @property
    def label(self) -> str:
        return f"{self.port} {self.purpose} from {self.who}"


# ---------------------------------------------------------------------------------------------- ports


def port_choices(service: Service) -> tuple[PortChoice, ...]:
    """Every port the API names, in its order; readwrite is preselected, or the first where there is none."""
    chosen = _likely(service)
    return tuple(
        PortChoice(port, port.purpose == chosen, f"{port.number} {clean(port.purpose, 40)}") for port in service.ports
    )


def ticked(group: GroupDraft, service: Service) -> tuple[str, ...]:
    """The purposes chosen, or what to preselect where those chosen are none of this service's."""
    offered = port_choices(service)
    known = tuple(choice.port.purpose for choice in offered if choice.port.purpose in group.ports)
    if known or not group.ports:
        return known
    return tuple(choice.port.purpose for choice in offered if choice.preselected)


def _likely(service: Service) -> str:
    purposes = [port.purpose for port in service.ports]
    return "readwrite" if "readwrite" in purposes or not purposes else purposes[0]


# ---------------------------------------------------------------------------------------------- rules


def rules(
    group: GroupDraft | NewGroup,
    service: Service,
    network: Network | None = None,
    prefix_lists: Sequence[PrefixList] = (),
) -> tuple[RuleRow, ...]:
    """A rule for every chosen port and source, none twice; ports the service lacks make none."""
    names = names_of(network, prefix_lists)
    return tuple(
        RuleRow(rule.port, rule.purpose, rule.source, in_words(rule.source, names))
        for rule in wanted_rules(group.ports, group.sources, service)
    )


def without_sources(name: str, service: Service, network: Network | None) -> str:
    """What a new group of that name is told to admit while no source is named."""
    ours = group_named(network.groups, name) if network else None
    if ours is None or not ours.rules or not is_ours(ours, service.id):
        return "Name at least one source: nobody is admitted so far."
    return f"Name at least one source. {ours.id} of an earlier run is used again, and its rules stay."


# ---------------------------------------------------------------------------------------------- the answer


def propose_group(service: Service, network: Network) -> GroupDraft:
    """A new group named after the service, by a name that is free in the VPC or ours already; sources stay open."""
    name = legal_group_text(service.name)[:230].rstrip(" -")
    if not name or f"{name}-".lower().startswith("sg-"):  # AWS keeps that beginning for ids
        name = f"skysql-{legal_group_text(service.id)}"
    return GroupDraft(
        name=_free_name(f"{name}-privatelink", network, service),
        description=legal_group_text(f"Clients of {clean(service.name, 200) or service.id} over PrivateLink"),
        ports=tuple(choice.port.purpose for choice in port_choices(service) if choice.preselected) or ("readwrite",),
    )


def _free_name(base: str, network: Network, service: Service) -> str:
    tries = (base if number == 1 else f"{base}-{number}" for number in range(1, len(network.groups) + 2))
    return next((name for name in tries if _taken_by(name, network, service) is None), base)


def _taken_by(name: str, network: Network, service: Service) -> SecurityGroup | None:
    """The group that stands in the way of the name."""
    found = group_named(network.groups, name)
    return None if found is None or is_ours(found, service.id) else found


def refusal(
    group: GroupDraft, network: Network, service: Service, prefix_lists: Sequence[PrefixList] | None = None
) -> Invalid | None:
    """Why this answer cannot stand. `prefix_lists` None: they could not be read, so none is refused."""
    try:
        answer = finished_group(group)
    except Invalid as why:
        return why
    if isinstance(answer, NewGroup):
        return _refused_new(answer, network, service, prefix_lists)
    return _refused_ids(answer.ids, network)


def _refused_ids(ids: Sequence[GroupId], network: Network) -> Invalid | None:
    lost = next(iter(lost_groups(ids, network.groups)), None)
    return Invalid(f"{lost} is not a security group of {network.vpc.id}.", "Choose another.") if lost else None


def _refused_new(
    group: NewGroup, network: Network, service: Service, prefix_lists: Sequence[PrefixList] | None
) -> Invalid | None:
    return (
        _refused_name(group.name, network, service)
        or _refused_ports(group.ports, service)
        or unknown_source(group.sources, network, prefix_lists)
        or _refused_number((rule.source for rule in wanted_rules(group.ports, group.sources, service)), prefix_lists)
    )


def _refused_name(name: str, network: Network, service: Service) -> Invalid | None:
    taken = _taken_by(name, network, service)
    if taken is None:
        return None
    return Invalid(
        f"The VPC has a group named “{clean(taken.name, 60)}” ({taken.id}) already.",
        "Choose another name, or use that group as an existing one.",
    )


def _refused_ports(purposes: Sequence[str], service: Service) -> Invalid | None:
    _, without = ports_by_purpose(service.ports, purposes)
    if not without:
        return None
    known = tuple(dict.fromkeys(port.purpose for port in service.ports))
    remedy = f"It has {listed(known)}." if known else "SkySQL names its ports when it is ready."
    return Invalid(f"The service has no port for {listed([clean(purpose, 40) for purpose in without], 'or')}.", remedy)


def _refused_number(sources: Iterable[Source], prefix_lists: Sequence[PrefixList] | None) -> Invalid | None:
    number = rules_counted(sources, prefix_lists or ())
    if number <= RULES_PER_GROUP:
        return None
    return Invalid(
        f"That makes {number} rules, and AWS takes {RULES_PER_GROUP} in a group.",
        "Use wider ranges, a security group or a prefix list as the source.",
    )
