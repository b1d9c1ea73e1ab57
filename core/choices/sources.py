"""Whom the rules admit: sources to suggest, what was typed made into one, and what is to be said of those chosen."""

import ipaddress
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.facts import Network, PrefixList, SecurityGroup
from core.standing import lost_sources
from core.text import clean, count, holds
from core.values import Invalid, Source, is_anywhere, parse_source


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


# ---------------------------------------------------------------------------------------------- suggesting


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


# ---------------------------------------------------------------------------------------------- names


def in_words(source: str, names: Mapping[str, str], own: str = "") -> str:
    """A source with its name among `names`, if it has one. `own`: the group whose rule it is."""
    if is_anywhere(source):
        return f"everywhere ({source})"
    if own and source == own:
        return f"members of the group itself ({source})"
    return _named(source, names.get(source, ""))


def names_of(network: Network | None, prefix_lists: Sequence[PrefixList] = ()) -> dict[str, str]:
    """Name by id. Made once for many sources: a VPC may hold thousands of groups."""
    groups = {str(group.id): group.name for group in network.groups} if network else {}
    return groups | {item.id: item.name for item in prefix_lists}


# ---------------------------------------------------------------------------------------------- adding


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
    unknown = unknown_source([source], network, prefix_lists)
    if unknown is not None:
        raise unknown
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
        named = [key for key, name in names_of(network, prefix_lists).items() if name.casefold() == wanted]
        if len(named) == 1:
            return Source(named[0])
        found = len(narrowed(suggestions(network, prefix_lists), text))
        if not found:
            raise
        some = "One suggestion holds" if found == 1 else f"{count(found, 'suggestion')} hold"
        raise Invalid(why.what, f"{some} it: press Down, choose, and press Enter.") from None


def unknown_source(
    sources: Iterable[Source], network: Network, prefix_lists: Sequence[PrefixList] | None
) -> Invalid | None:
    """What is wrong with the first of the groups and prefix lists that is not there."""
    lost = next(iter(lost_sources(sources, network, prefix_lists)), "")
    if not lost:
        return None
    group = lost.startswith("sg-")
    kind = f"a security group of {network.vpc.id}" if group else "a prefix list of this account and region"
    return Invalid(f"{lost} is not {kind}.", "Choose one from the list.")


def _understood(text: str, source: Source) -> str:
    typed = clean(text, 100).replace(" ", "")
    if not _is_range(source) or typed == source:
        return ""
    if "/" not in typed:
        return f"An address stands as {source}."
    return f"AWS stores {typed} as {source}."


def _is_range(source: str) -> bool:
    return "/" in source


# ---------------------------------------------------------------------------------------------- remarks


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
