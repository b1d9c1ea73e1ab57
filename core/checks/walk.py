"""The way of a connection from an interface in a VPC to the endpoint and back, and the one rule on it that decides.

The endpoint's own groups come first, for it is their rules that are written and put right most easily; then, as packets
go: the client's groups, the route, the network ACLs at the borders of both subnets, and the answers' way back through
the same. Groups remember a connection and let its answers pass; network ACLs do not, and see nothing of what stays
within a subnet.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.checks.ends import Client, Place, Target
from core.checks.flows import (
    Entries,
    Openings,
    Span,
    Verdict,
    answers_cross,
    crosses,
    entries,
    entry_told,
    openings,
    passes,
    routed,
    span,
)
from core.facts import Network, PrefixList, SecurityGroup
from core.text import listed
from core.values import GroupId, SubnetId

Sort = Literal["", "groups", "acls", "routes"]


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether it passes, the rule that says so, and what sort of rule that is."""

    verdict: Verdict
    why: str = ""
    by: Sort = ""


_PASSED: Final = Ruling("yes")
_NO_ADDRESS: Final = Ruling("no", "It has no IPv4 address, and the endpoint has no other.")
_ACLS_UNREAD: Final = Ruling(
    "unknown", "The network ACLs are not known: the right ec2:DescribeNetworkAcls is missing.", "acls"
)

_Borders = tuple[Ruling, Ruling]
"""What stands between two subnets: on the way there, and on the way back."""


class Walk:
    """The ways to one endpoint's port. What many clients have in common is judged once."""

    def __init__(self, network: Network, target: Target, port: int, prefix_lists: Iterable[PrefixList] = ()) -> None:
        self._port = port
        self._places = [(place, _by_version(place.addresses)) for place in target.places]
        self._carried = target.groups
        self._lists = {one.id: one.entries for one in prefix_lists if one.entries is not None}
        self._inbound = openings(target.groups, port, lists=self._lists)
        self._subnets = {subnet.id: subnet for subnet in network.subnets}
        self._groups = {group.id: group for group in network.groups}
        self._tables = {subnet: table for table in network.route_tables for subnet in table.subnets}
        self._main = next((table for table in network.route_tables if table.main), None)
        self._acls = None if network.acls is None else {one: acl for acl in network.acls for one in acl.subnets}
        self._entries: dict[tuple[str, bool], Entries] = {}
        self._outbound: dict[frozenset[GroupId], Openings] = {}
        self._leaving: dict[tuple[frozenset[GroupId], Span], Ruling] = {}
        self._between: dict[tuple[SubnetId, SubnetId, int], _Borders] = {}

    def rulings(self, client: Client) -> Iterator[tuple[Place, Ruling]]:
        """For each of the endpoint's interfaces, by the IP version that serves best."""
        own = _by_version(client.addresses)
        admitted = {version: self._enters(client.groups, address) for version, address in own.items()}

        def way(place: Place, version: int, there: Span) -> Iterator[Ruling]:
            yield admitted[version]
            yield self._leaves(client.groups, there)
            yield from self._borders(client.subnet, place.subnet.id, own[version], there)

        for place, ends in self._places:
            found: dict[Verdict, Ruling] = {}
            for version in sorted(own.keys() & ends.keys()):
                ruling = _decisive(way(place, version, ends[version]))
                found.setdefault(ruling.verdict, ruling)
            yield place, found.get("yes") or found.get("unknown") or found.get("no") or _NO_ADDRESS

    # ------------------------------------------------------------------------------ security groups

    def _leaves(self, groups: frozenset[GroupId], there: Span) -> Ruling:
        """What the client's groups say."""
        key = groups, there
        if key not in self._leaving:
            self._leaving[key] = self._judge_leaving(groups, there)
        return self._leaving[key]

    def _judge_leaving(self, groups: frozenset[GroupId], there: Span) -> Ruling:
        known = [self._groups[group] for group in sorted(groups) if group in self._groups]
        if groups not in self._outbound:
            self._outbound[groups] = openings(known, self._port, outbound=True, lists=self._lists)
        verdict, opening = passes(self._outbound[groups], there, (group.id for group in self._carried))
        if verdict == "yes":
            return _PASSED
        if hidden := [group for group in sorted(groups) if group not in self._groups]:
            return Ruling("unknown", f"It carries {hidden[0]}, a security group that is not to be seen here.", "groups")
        if opening is None:
            return Ruling("no", f"{_lacks(known, 'It')} outbound rule to {there.text} on {self._port}.", "groups")
        leads = f"An outbound rule of {_named(opening.group)} leads to {opening.source}"
        return Ruling("unknown", f"{leads}, and whether the endpoint will be in there is not known.", "groups")

    def _enters(self, groups: frozenset[GroupId], own: Span) -> Ruling:
        """What the endpoint's groups say."""
        verdict, opening = passes(self._inbound, own, groups)
        if opening is None:
            carried = [_named(self._groups[group]) for group in sorted(groups) if group in self._groups]
            whom = listed([own.text, *carried], "or")
            return Ruling(
                "no", f"{_lacks(self._carried, 'The endpoint')} rule that admits {whom} on {self._port}.", "groups"
            )
        source = self._groups.get(GroupId(opening.source))
        admits = f"{_named(opening.group)} admits {_named(source) if source else opening.source} on {self._port}"
        if verdict == "yes":
            return Ruling("yes", f"{admits}.", "groups")
        return Ruling("unknown", f"{admits}, and the entries of that prefix list are not known.", "groups")

    # ------------------------------------------------------------------------------ subnets

    def _borders(self, home: SubnetId, place: SubnetId, own: Span, there: Span) -> _Borders:
        """Asked once for the whole of a subnet in which all fare alike."""
        known = self._subnets.get(home)
        whole = span(known.cidr) if known else None
        if whole is None or not whole.holds(own):
            return self._judge_borders(home, place, own, there)
        key = home, place, own.version
        if key not in self._between:
            self._between[key] = self._judge_borders(home, place, whole, there)
        found = self._between[key]
        depends = any(ruling.verdict == "unknown" for ruling in found)
        return self._judge_borders(home, place, own, there) if depends else found

    def _judge_borders(self, home: SubnetId, place: SubnetId, own: Span, there: Span) -> _Borders:
        route, back = self._route(home, there), self._route(place, own)
        if home == place:
            return route, back
        return (
            _decisive((route, self._border(home, True, there), self._border(place, False, own))),
            _decisive((self._border(place, True, own, back=True), self._border(home, False, there, back=True), back)),
        )

    def _border(self, subnet: SubnetId, outbound: bool, peers: Span, back: bool = False) -> Ruling:
        """What the network ACL of `subnet` says to the connection, or to its answers (`back`)."""
        if self._acls is None:
            return _ACLS_UNREAD
        if subnet not in self._acls:
            return Ruling("unknown", f"The network ACL of {self._at(subnet)} is not to be seen here.", "acls")
        acl = self._acls[subnet]
        key = acl.id, outbound
        if key not in self._entries:
            self._entries[key] = entries(acl, outbound=outbound)
        through, ports = self._entries[key], (self._port, self._port)
        verdict, entry = answers_cross(through, peers) if back else crosses(through, peers, ports)
        if verdict == "yes":
            return _PASSED
        what = "the answers" if back else str(self._port)
        part = "a part of " if verdict == "unknown" else ""
        return Ruling(verdict, f"{entry_told(acl, entry)} at {self._at(subnet)} denies {part}{what}.", "acls")

    def _route(self, subnet: SubnetId, peers: Span) -> Ruling:
        table = self._tables.get(subnet, self._main)
        verdict, route = routed(table, peers)
        if table is None or route is None:
            return _PASSED
        told = f"Route {route.destination} of {table.id} at {self._at(subnet)}"
        if verdict == "no":
            return Ruling("no", f"{told} leads nowhere.", "routes")
        return Ruling(
            "unknown", f"{told} leads through {route.target}, and what that lets pass is not known.", "routes"
        )

    def _at(self, subnet: SubnetId) -> str:
        known = self._subnets.get(subnet)
        return (known.name if known else "") or subnet


def _decisive(way: Iterable[Ruling]) -> Ruling:
    """The first that stops it; else the first that may; else what admits it."""
    unknown, admits = None, _PASSED
    for ruling in way:
        if ruling.verdict == "no":
            return ruling
        if ruling.verdict == "unknown":
            unknown = unknown or ruling
        elif ruling.why:
            admits = ruling
    return unknown or admits


def _by_version(addresses: Iterable[str]) -> dict[int, Span]:
    """The first address of each IP version."""
    found: dict[int, Span] = {}
    for address in addresses:
        if one := span(address):
            found.setdefault(one.version, one)
    return found


def _named(group: SecurityGroup) -> str:
    return group.name or group.id


def _lacks(groups: Sequence[SecurityGroup], otherwise: str) -> str:
    names = [_named(group) for group in groups] or [otherwise]
    return f"{listed(names)} {'has' if len(names) == 1 else 'have'} no"
