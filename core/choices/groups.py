"""Security groups that are there already: whether they admit the ports, from whom, and which are chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from core.choices.sources import in_words, names_of
from core.facts import Network, Port, SecurityGroup
from core.plan import MAX_GROUPS
from core.text import count, holds, listed
from core.values import GroupId, Invalid

Verdict = Literal["all", "some", "none"]


@dataclass(frozen=True, slots=True)
class GroupOffer:
    """An existing group: whether it admits the wanted ports (`verdict` in words), and from whom, a line per port."""

    group: SecurityGroup
    verdict: str
    admits: tuple[str, ...] = ()
    covers: Verdict = "none"


def group_offers(network: Network, ports: Sequence[Port]) -> tuple[GroupOffer, ...]:
    """The VPC's groups, those first that admit every wanted port."""
    wanted, names = tuple(dict.fromkeys(ports)), names_of(network)
    offers = [_existing_offer(group, wanted, names) for group in network.groups]
    order: tuple[Verdict, ...] = ("all", "some", "none")
    return tuple(sorted(offers, key=lambda one: (order.index(one.covers), one.group.name.casefold(), one.group.id)))


def _existing_offer(group: SecurityGroup, ports: Sequence[Port], names: Mapping[str, str]) -> GroupOffer:
    lines: list[str] = []
    open_ports: list[str] = []
    shut: list[str] = []
    for port in ports:
        from_whom = [in_words(rule.source, names, group.id) for rule in group.rules if rule.admits(port.number)]
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
