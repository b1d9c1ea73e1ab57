"""Who may reach the endpoint: the security group page, for a new group or existing ones."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.draft import GroupDraft, finished_group
from core.facts import Network, Port, PrefixList, SecurityGroup, Service
from core.plan import MAX_GROUPS, NewGroup
from core.text import clean, count, holds, listed
from core.values import (
    GroupId,
    Invalid,
    Source,
    is_anywhere,
    legal_group_text,
    parse_source,
)

MAX_RULES = 60
"""Inbound rules of a security group, counted for IPv4 and IPv6 each, unless AWS has raised the quota."""

MANAGED_BY = ("managed-by", "skysql-privatelink")
SERVICE_TAG = "skysql:service-id"

Verdict = Literal["all", "some", "none"]


@dataclass(frozen=True, slots=True)
class PortChoice:
    port: Port
    preselected: bool
    label: str


@dataclass(frozen=True, slots=True)
class SourceOffer:
    source: Source
    label: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AddedSource:
    """The list after adding, the source as it was understood, and what was made of it (empty: nothing unusual)."""

    sources: tuple[Source, ...]
    source: Source
    note: str = ""


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One inbound rule as it will be made; `who` is its source in words."""

    port: int
    purpose: str
    source: Source
    who: str

    @property
    def label(self) -> str:
        return f"{self.port} {self.purpose} from {self.who}"


@dataclass(frozen=True, slots=True)
class GroupOffer:
    """An existing group: whether it admits the wanted ports (`verdict` in words), and from whom, a line per port."""

    group: SecurityGroup
    verdict: str
    admits: tuple[str, ...] = ()
    covers: Verdict = "none"


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


# ---------------------------------------------------------------------------------------------- sources


def suggestions(network: Network, prefix_lists: Sequence[PrefixList] = ()) -> tuple[SourceOffer, ...]:
    """Likely sources first: groups of running instances, the VPC's own ranges, other groups, prefix lists."""
    running = Counter(group for instance in network.instances for group in instance.groups)
    groups = sorted(network.groups, key=lambda group: (-running[group.id], group.name.casefold(), group.id))
    used = [_group_offer(group, running[group.id]) for group in groups if running[group.id]]
    ranges = [SourceOffer(Source(cidr), cidr, "the whole VPC") for cidr in network.vpc.cidrs]
    unused = [_group_offer(group, 0) for group in groups if not running[group.id]]
    lists = sorted(prefix_lists, key=lambda item: (_is_aws(item), item.name.casefold(), item.id))
    return (*used, *ranges, *unused, *(_list_offer(item) for item in lists))


def narrowed(offers: Sequence[SourceOffer], text: str) -> tuple[SourceOffer, ...]:
    """Suggestions that hold every word of `text`."""
    words = text.casefold().split()
    return tuple(offer for offer in offers if holds(words, offer.label, offer.note))


def _group_offer(group: SecurityGroup, instances: int) -> SourceOffer:
    note = f"carried by {count(instances, 'running instance')}" if instances else "no running instance carries it"
    return SourceOffer(Source(group.id), _named(group.id, group.name), note)


def _list_offer(item: PrefixList) -> SourceOffer:
    return SourceOffer(
        Source(item.id), _named(item.id, item.name), "AWS's own ranges" if _is_aws(item) else "prefix list"
    )


def _is_aws(item: PrefixList) -> bool:
    return item.name.startswith("com.amazonaws.")


def _named(identifier: str, name: str) -> str:
    return f"{clean(name, 100)} ({identifier})" if name.strip() else identifier


def source_label(
    source: str, network: Network | None = None, prefix_lists: Sequence[PrefixList] = (), own: str = ""
) -> str:
    """A source in words: a group or prefix list with its name. `own`: the group whose rule it is."""
    return _who(source, _names(network, prefix_lists), own)


def _who(source: str, names: Mapping[str, str], own: str = "") -> str:
    if is_anywhere(source):
        return f"everywhere ({source})"
    if own and source == own:
        return f"members of the group itself ({source})"
    return _named(source, names.get(source, ""))


def _names(network: Network | None, prefix_lists: Sequence[PrefixList] = ()) -> dict[str, str]:
    """Name by id. Made once for many sources: a VPC may hold thousands of groups."""
    groups = {str(group.id): group.name for group in network.groups} if network else {}
    return groups | {item.id: item.name for item in prefix_lists}


def add_source(
    sources: Sequence[Source], text: str, network: Network, prefix_lists: Sequence[PrefixList] | None = ()
) -> AddedSource:
    """Add what was typed: an address, a range, an id, or the full name of one suggestion.

    Raises `Invalid` when it is no source, or a group or prefix list that is not there. `prefix_lists` None: they could
    not be read, so none is refused.
    """
    if not text.strip():
        raise Invalid("Nothing is typed.", "Examples: 10.0.1.5, 10.0.0.0/16, sg-0123456789abcdef0.")
    source = _meant(text, network, prefix_lists or ())
    _check_known(source, network, prefix_lists)
    if source in sources:
        return AddedSource(tuple(sources), source, f"{source} is on the list already.")
    return AddedSource((*sources, source), source, _understood(text, source))


def add_sources(
    sources: Sequence[Source], text: str, network: Network, prefix_lists: Sequence[PrefixList] | None = ()
) -> AddedSource:
    """As `add_source`; several addresses, ranges or ids may stand in any separators, and are added all or none."""
    words = re.split(r"[\s,;]+", text.strip(" \t,;"))
    if len(words) < 2 or not any(_is_source(word) for word in words) or _is_source(text):
        return add_source(sources, text, network, prefix_lists)
    added = AddedSource(tuple(sources), Source(""))
    notes: list[str] = []
    for word in words:
        added = add_source(added.sources, word, network, prefix_lists)
        notes += [added.note] if added.note else []
    return AddedSource(added.sources, added.source, " ".join(notes))


def _is_source(text: str) -> bool:
    try:
        return bool(parse_source(text))
    except Invalid:
        return False


def _meant(text: str, network: Network, prefix_lists: Sequence[PrefixList]) -> Source:
    """What was typed as a source. Part of a name is not enough: it would be added unseen."""
    try:
        return parse_source(text)
    except Invalid as why:
        wanted = clean(text).casefold()
        named = [key for key, name in _names(network, prefix_lists).items() if name.casefold() == wanted]
        if len(named) == 1:
            return Source(named[0])
        found = len(narrowed(suggestions(network, prefix_lists), text))
        if not found:
            raise
        some = "One suggestion holds" if found == 1 else f"{count(found, 'suggestion')} hold"
        raise Invalid(why.what, f"{some} it: press Down, choose, and press Enter.") from None


def _check_known(source: Source, network: Network, prefix_lists: Sequence[PrefixList] | None) -> None:
    if source.startswith("sg-") and source not in {str(group.id) for group in network.groups}:
        raise Invalid(f"{source} is not a security group of {network.vpc.id}.", "Choose one from the list.")
    if source.startswith("pl-") and prefix_lists is not None and all(item.id != source for item in prefix_lists):
        raise Invalid(f"{source} is not a prefix list of this account and region.", "Choose one from the list.")


def _understood(text: str, source: Source) -> str:
    typed = clean(text, 100).replace(" ", "")
    if not _is_range(source) or typed == source:
        return ""
    if "/" not in typed:
        return f"An address stands as {source}."
    return f"AWS stores {typed} as {source}."


def _is_range(source: str) -> bool:
    return "/" in source


def anywhere(sources: Iterable[str]) -> bool:
    """Whether one of them admits every address: that needs a second yes."""
    return any(is_anywhere(source) for source in sources)


def remarks(sources: Sequence[Source]) -> tuple[str, ...]:
    """What is superfluous or useless among the sources, a sentence each. None of it stops the run."""
    found = [f"{source} stands twice." for source, number in Counter(sources).items() if number > 1]
    ranges = [ipaddress.ip_network(source) for source in dict.fromkeys(sources) if _is_range(source)]
    found += [_inside(inner, ranges) for inner in ranges]
    found += [f"{one} is IPv6, and the endpoint has IPv4 addresses only." for one in ranges if one.version == 6]
    return tuple(sentence for sentence in found if sentence)


_Range = ipaddress.IPv4Network | ipaddress.IPv6Network


def _inside(inner: _Range, ranges: Sequence[_Range]) -> str:
    for outer in ranges:
        if inner != outer and _lies_in(inner, outer):
            return f"{inner} lies inside {outer}: the wider one admits it already."
    return ""


def _lies_in(inner: _Range, outer: _Range) -> bool:
    if isinstance(inner, ipaddress.IPv4Network) and isinstance(outer, ipaddress.IPv4Network):
        return inner.subnet_of(outer)
    if isinstance(inner, ipaddress.IPv6Network) and isinstance(outer, ipaddress.IPv6Network):
        return inner.subnet_of(outer)
    return False


# ---------------------------------------------------------------------------------------------- rules


def rules(
    group: GroupDraft, service: Service, network: Network | None = None, prefix_lists: Sequence[PrefixList] = ()
) -> tuple[RuleRow, ...]:
    """A rule for every chosen port and source, none twice; ports the service lacks make none."""
    return rule_rows(group.ports, group.sources, service, network, prefix_lists)


def rule_rows(
    purposes: Sequence[str],
    sources: Sequence[Source],
    service: Service,
    network: Network | None = None,
    prefix_lists: Sequence[PrefixList] = (),
) -> tuple[RuleRow, ...]:
    numbers: dict[int, str] = {}
    for port in service.ports:
        if port.purpose in purposes:
            numbers.setdefault(port.number, port.purpose)
    names = _names(network, prefix_lists)
    return tuple(
        RuleRow(number, purpose, source, _who(source, names))
        for number, purpose in numbers.items()
        for source in dict.fromkeys(sources)
    )


# ---------------------------------------------------------------------------------------------- existing groups


def group_offers(network: Network, ports: Sequence[Port]) -> tuple[GroupOffer, ...]:
    """The VPC's groups, those first that admit every wanted port."""
    wanted, names = tuple(dict.fromkeys(ports)), _names(network)
    offers = [_existing_offer(group, wanted, names) for group in network.groups]
    order: tuple[Verdict, ...] = ("all", "some", "none")
    return tuple(sorted(offers, key=lambda one: (order.index(one.covers), one.group.name.casefold(), one.group.id)))


def _existing_offer(group: SecurityGroup, ports: Sequence[Port], names: Mapping[str, str]) -> GroupOffer:
    lines: list[str] = []
    open_ports: list[str] = []
    shut: list[str] = []
    for port in ports:
        from_whom = [_who(rule.source, names, group.id) for rule in group.rules if rule.admits(port.number)]
        (open_ports if from_whom else shut).append(str(port.number))
        if from_whom:
            lines.append(f"{port.number} from {listed(tuple(dict.fromkeys(from_whom)))}")
    covers: Verdict = "none" if not open_ports else "some" if shut else "all"
    return GroupOffer(group, _verdict(open_ports, shut), tuple(lines), covers)


def _verdict(open_ports: Sequence[str], shut: Sequence[str]) -> str:
    if not open_ports:
        return f"admits nobody on {listed(shut, 'or')}" if shut else "no port is chosen"
    admitted = f"admits {listed(open_ports)}"
    return f"{admitted}, not {listed(shut, 'or')}" if shut else admitted


def groups_holding(offers: Sequence[GroupOffer], text: str) -> tuple[GroupOffer, ...]:
    """Groups whose id, name, description, verdict or sources hold every word of `text`."""
    words = text.casefold().split()
    return tuple(
        offer
        for offer in offers
        if holds(words, offer.group.id, offer.group.name, offer.group.description, offer.verdict, *offer.admits)
    )


def toggled(ids: Sequence[GroupId], group: GroupId) -> tuple[GroupId, ...]:
    """The chosen groups with `group` put in, or taken out when it is among them; `Invalid` when it is one too many."""
    if group in ids:
        return tuple(other for other in ids if other != group)
    if len(ids) >= MAX_GROUPS:
        raise Invalid(f"{count(len(ids), 'group')} are chosen already, and an endpoint takes no more.", "Take one out.")
    return (*ids, group)


def shut_out(ids: Sequence[GroupId], offers: Sequence[GroupOffer], ports: Sequence[Port]) -> str:
    """What is wrong with the chosen groups taken together: ports that none of them admits. Empty when nothing is."""
    rules = [rule for offer in offers if offer.group.id in ids for rule in offer.group.rules]
    shut = [str(port.number) for port in ports if not any(rule.admits(port.number) for rule in rules)]
    if not ids or not shut:
        return ""
    return f"None of the chosen groups admits anybody on {listed(shut, 'or')}: their rules stay as they are."


# ---------------------------------------------------------------------------------------------- the answer


def propose_group(service: Service, network: Network) -> GroupDraft:
    """A new group named after the service, by a name that is free in the VPC or ours already; sources stay open."""
    name = legal_group_text(service.name)[:230].rstrip(" -")
    if not name or name.lower().startswith("sg-"):
        name = f"skysql-{legal_group_text(service.id)}"
    return GroupDraft(
        name=_free_name(f"{name}-privatelink", network, service),
        description=legal_group_text(f"Clients of {clean(service.name, 200) or service.id} over PrivateLink"),
        ports=tuple(choice.port.purpose for choice in port_choices(service) if choice.preselected) or ("readwrite",),
    )


def _free_name(base: str, network: Network, service: Service) -> str:
    tries = (base if number == 1 else f"{base}-{number}" for number in range(1, len(network.groups) + 2))
    return next((name for name in tries if _taken_by(name, network, service) is None), base)


def is_ours(group: SecurityGroup, service: str) -> bool:
    """Whether this program made the group for that service: then a run adopts it."""
    tags = dict(group.tags)
    return (MANAGED_BY[0], tags.get(MANAGED_BY[0])) == MANAGED_BY and tags.get(SERVICE_TAG) == service


def _taken_by(name: str, network: Network, service: Service) -> SecurityGroup | None:
    """The group that stands in the way of the name. EC2 compares names without case."""
    same = [group for group in network.groups if group.name.casefold() == name.strip().casefold()]
    return next((group for group in same if not is_ours(group, service.id)), None)


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
    known = {group.id for group in network.groups}
    gone = next((group for group in ids if group not in known), None)
    return Invalid(f"{gone} is not a security group of {network.vpc.id}.", "Choose another.") if gone else None


def _refused_new(
    group: NewGroup, network: Network, service: Service, prefix_lists: Sequence[PrefixList] | None
) -> Invalid | None:
    taken = _taken_by(group.name, network, service)
    if taken is not None:
        return Invalid(
            f"The VPC has a group named “{clean(taken.name, 60)}” ({taken.id}) already.",
            "Choose another name, or use that group as an existing one.",
        )
    return _refused_ports(group.ports, service) or _refused_sources(group, network, service, prefix_lists)


def _refused_ports(purposes: Sequence[str], service: Service) -> Invalid | None:
    known = tuple(dict.fromkeys(port.purpose for port in service.ports))
    lacking = [clean(purpose, 40) for purpose in purposes if purpose not in known]
    if not lacking:
        return None
    remedy = f"It has {listed(known)}." if known else "SkySQL names its ports when it is ready."
    return Invalid(f"The service has no port for {listed(lacking, 'or')}.", remedy)


def _refused_sources(
    group: NewGroup, network: Network, service: Service, prefix_lists: Sequence[PrefixList] | None
) -> Invalid | None:
    for source in group.sources:
        try:
            _check_known(source, network, prefix_lists)
        except Invalid as why:
            return why
    return _refused_number(rule_rows(group.ports, group.sources, service))


def _refused_number(rows: Sequence[RuleRow]) -> Invalid | None:
    """Groups and prefix lists count for both families; how many entries a prefix list has is not known here."""
    six = sum(1 for row in rows if ":" in row.source)
    four = sum(1 for row in rows if _is_range(row.source)) - six
    both = len(rows) - four - six
    most = both + max(four, six)
    if most <= MAX_RULES:
        return None
    return Invalid(
        f"That makes {most} rules, and AWS takes {MAX_RULES} in a group.",
        "Use wider ranges, a security group or a prefix list as the source.",
    )
