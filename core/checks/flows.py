"""Whether security groups, network ACLs and routes let TCP pass, and which of their rules decides.

Peers are spans of addresses, for an endpoint that is still to be made has no address yet, only a subnet. What holds
for a part of a span or of the ports is `unknown`.
"""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal

from core.facts import AclEntry, NetworkAcl, Route, RouteTable, SecurityGroup
from core.values import GroupId

Verdict = Literal["yes", "no", "unknown"]
Ports = tuple[int, int]
"""First and last."""

LAST_ENTRY: Final = 32767
"""The number of a network ACL's last entry, which AWS shows as *: what nothing before it decides is denied."""

ANSWERS: Final[Ports] = (1024, 65535)
"""Ports that clients choose among for their own end, where answers arrive."""

USUAL_ANSWERS: Final[Ports] = (32768, 65535)
"""Those that Linux and Windows choose by default: denying some below these (3306, 3389) is common, and hurts nobody."""

_TCP: Final = ("tcp", "6", "-1")


@dataclass(frozen=True, slots=True)
class Span:
    """Addresses of one IP version, the first and the last included."""

    version: int
    first: int
    last: int
    text: str = field(compare=False)  # the address, or the range

    def holds(self, other: "Span") -> bool:
        return self.version == other.version and self.first <= other.first and other.last <= self.last

    def meets(self, other: "Span") -> bool:
        return self.version == other.version and self.first <= other.last and other.first <= self.last


@lru_cache(1 << 15)
def span(text: str) -> Span | None:
    """An address or a range; None for what is neither."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    text = str(network if network.num_addresses > 1 else network.network_address)
    return Span(network.version, int(network.network_address), int(network.broadcast_address), text)


# ---------------------------------------------------------------------------------------------- parts

_Box = tuple[int, int, int, int]
"""Flows: first and last address, first and last port."""


def _meet(one: _Box, other: _Box) -> bool:
    return one[0] <= other[1] and other[0] <= one[1] and one[2] <= other[3] and other[2] <= one[3]


def _outside(box: _Box, cut: _Box) -> list[_Box]:
    """What of `box` is not in `cut`, in boxes that share nothing."""
    if not _meet(box, cut):
        return [box]
    low, high, first, last = box
    inner_low, inner_high = max(low, cut[0]), min(high, cut[1])
    inner_first, inner_last = max(first, cut[2]), min(last, cut[3])
    parts = (
        (low, inner_low - 1, first, last),
        (inner_high + 1, high, first, last),
        (inner_low, inner_high, first, inner_first - 1),
        (inner_low, inner_high, inner_last + 1, last),
    )
    return [part for part in parts if part[0] <= part[1] and part[2] <= part[3]]


# ---------------------------------------------------------------------------------------------- security groups


@dataclass(frozen=True, slots=True)
class Opening:
    """A rule, and the group it belongs to."""

    group: SecurityGroup
    source: str


@dataclass(frozen=True, slots=True)
class Openings:
    """What some groups let through on one port, one way."""

    ranges: tuple[tuple[Span, Opening], ...]
    members: Mapping[str, Opening]  # by the group whose members pass
    unread: tuple[Opening, ...]  # prefix lists whose entries are not known


def openings(
    groups: Iterable[SecurityGroup],
    port: int,
    *,
    outbound: bool = False,
    lists: Mapping[str, Sequence[str]] | None = None,
) -> Openings:
    """`lists`: the entries of prefix lists, by id, as far as they are known."""
    ranges: list[tuple[Span, Opening]] = []
    members: dict[str, Opening] = {}
    unread: list[Opening] = []
    for group in groups:
        for rule in group.outbound if outbound else group.rules:
            if not rule.admits(port):
                continue
            opening, listed = Opening(group, rule.source), (lists or {}).get(rule.source)
            if rule.source.startswith("sg-"):
                members.setdefault(rule.source, opening)
            elif rule.source.startswith("pl-") and listed is None:
                unread.append(opening)
            else:
                found = [span(one) for one in ([rule.source] if listed is None else listed)]
                ranges += [(one, opening) for one in found if one is not None]
    return Openings(tuple(ranges), members, tuple(unread))


def passes(through: Openings, peers: Span, groups: Iterable[GroupId]) -> tuple[Verdict, Opening | None]:
    """Whether all of `peers`, which carry `groups`, pass; and the rule that says so, where there is one."""
    for group in sorted(groups):
        if group in through.members:
            return "yes", through.members[group]
    left: list[_Box] = [(peers.first, peers.last, 0, 0)]
    touched: Opening | None = None
    for admitted, opening in through.ranges:
        if not admitted.meets(peers):
            continue
        if admitted.holds(peers):
            return "yes", opening
        touched = touched or opening
        left = [part for box in left for part in _outside(box, (admitted.first, admitted.last, 0, 0))]
    if not left:
        return "yes", touched
    if through.unread:
        return "unknown", through.unread[0]
    return ("unknown", touched) if touched else ("no", None)


# ---------------------------------------------------------------------------------------------- network ACLs


@dataclass(frozen=True, slots=True)
class Entries:
    """A network ACL's entries for TCP in one direction, in the order they are looked at."""

    outbound: bool
    ordered: tuple[tuple[int, _Box, AclEntry], ...]  # IP version, flows, entry


def entries(acl: NetworkAcl, *, outbound: bool) -> Entries:
    mine = (entry for entry in acl.entries if entry.outbound == outbound and entry.protocol in _TCP)
    found: list[tuple[int, _Box, AclEntry]] = []
    for entry in sorted(mine, key=lambda entry: entry.number):
        peers = span(entry.cidr)
        ports = (0, 65535) if entry.protocol == "-1" or entry.first == -1 else (entry.first, entry.last)
        if peers is not None:
            found.append((peers.version, (peers.first, peers.last, *ports), entry))
    return Entries(outbound, tuple(found))


def crosses(through: Entries, peers: Span, ports: Ports) -> tuple[Verdict, AclEntry]:
    """Whether what goes to `peers` (outbound) or comes from them passes, with these destination ports; and the entry
    that decides: the first that denies, where one does.
    """
    deciding = tuple(_deciding(through, peers, ports))
    denying = [entry for entry in deciding if not entry.allows]
    if not denying:
        return "yes", deciding[0]
    return ("no" if len(denying) == len(deciding) else "unknown"), denying[0]


def answers_cross(through: Entries, peers: Span) -> tuple[Verdict, AclEntry]:
    """As `crosses`, for the answers to a client, which go to a port that it chose itself."""
    usual = crosses(through, peers, USUAL_ANSWERS)
    if usual[0] == "yes":
        return usual
    verdict, entry = crosses(through, peers, ANSWERS)
    return ("no" if verdict == "no" else "unknown"), entry


def entry_told(acl: NetworkAcl, entry: AclEntry) -> str:
    """`Inbound rule 90 of network ACL no-databases (acl-0123)`."""
    number = "*" if entry.number >= LAST_ENTRY else entry.number
    name = f"{acl.name} ({acl.id})" if acl.name else acl.id
    return f"{'Outbound' if entry.outbound else 'Inbound'} rule {number} of network ACL {name}"


def _deciding(through: Entries, peers: Span, ports: Ports) -> Iterable[AclEntry]:
    left: list[_Box] = [(peers.first, peers.last, *ports)]
    for version, box, entry in through.ordered:
        if version != peers.version or not any(_meet(one, box) for one in left):
            continue
        yield entry
        left = [part for one in left for part in _outside(one, box)]
        if not left:
            return
    yield AclEntry(LAST_ENTRY, allows=False, outbound=through.outbound, protocol="-1", cidr="")


# ---------------------------------------------------------------------------------------------- routes


def routed(table: RouteTable | None, peers: Span) -> tuple[Verdict, Route | None]:
    """Whether the way to `peers` in the same VPC is the local one, which every VPC has; else the route that bends it.

    What an appliance on the way lets through cannot be known.
    """
    met = [(found, route) for route in (table.routes if table else ()) for found in [span(route.destination)]]
    near = [(found, route) for found, route in met if found is not None and found.meets(peers)]
    holding = [one for one in near if one[0].holds(peers)]
    nearest = min(holding, key=lambda one: one[0].last - one[0].first, default=None)
    ways = [route for found, route in near if not found.holds(peers)] + ([nearest[1]] if nearest else [])
    bent = [route for route in ways if route.target != "local"]
    if not bent:
        return "yes", None
    nowhere = len(bent) == len(ways) and not any(route.active for route in bent)
    return ("no" if nowhere else "unknown"), bent[0]
