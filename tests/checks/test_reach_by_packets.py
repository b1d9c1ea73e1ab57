"""Who reaches what, compared with single packets sent through the same rules, and laws that hold for any rules.

The packets know nothing of spans: one address at each end, one port of the client's own, each rule looked at in turn.
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from core.checks.ends import Client, Place, Target, planned
from core.checks.reach import reach
from core.facts import AclEntry, Network, NetworkAcl, Rule, SecurityGroup, Subnet
from core.values import GroupId, SubnetId
from tests.checks.vpc import ANYWHERE, IN_A, IN_B, LAST, VPC, A, B, entry, interface, network, rule, subnet

C = subnet("c", "10.0.3.0/28")
SUBNETS = (A, B, C)
PORT = 3306
IN_C = Place(C, ("10.0.3.6",))
RANGES = (
    *("0.0.0.0/0", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24", "10.0.2.0/25", "10.0.3.0/28", "10.0.3.8/29"),
    *("10.0.1.5/32", "10.0.1.10/32", "10.0.2.10/32", "10.0.2.200/32", "10.0.3.6/32", "192.168.0.0/16", "::/0"),
)
GROUPS = tuple(GroupId(f"sg-{name}") for name in "pqrs")
WELL_KNOWN = 1024
T = TypeVar("T")
USUAL = 32768

# ------------------------------------------------------------------------------------------ one packet


@dataclass(frozen=True)
class End:
    address: str
    subnet: SubnetId
    groups: frozenset[GroupId]


@lru_cache(100_000)
def in_range(address: str, cidr: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)


def group_passes(rules: Iterable[Rule], other: End) -> bool:
    for one in rules:
        fits = one.protocol == "-1" or (one.protocol == "tcp" and one.first <= PORT <= one.last)
        is_group = one.source.startswith("sg-")
        if fits and (GroupId(one.source) in other.groups if is_group else in_range(other.address, one.source)):
            return True
    return False


def acl_passes(there: Network, border: SubnetId, outbound: bool, address: str, port: int) -> bool:
    acl = next(acl for acl in there.acls or () if border in acl.subnets)
    for one in sorted((one for one in acl.entries if one.outbound is outbound), key=lambda one: one.number):
        ports = one.protocol == "-1" or (one.protocol == "6" and one.first <= port <= one.last)
        if ports and in_range(address, one.cidr):
            return one.allows
    return False


def connects(there: Network, client: End, door: End, own_port: int) -> bool:
    """One connection: its first packet there, and the answer to the client's own port."""
    rules = {group.id: group for group in there.groups}
    leaving = [one for group in client.groups for one in rules[group].outbound]
    entering = [one for group in door.groups for one in rules[group].rules]
    if not group_passes(leaving, door) or not group_passes(entering, client):
        return False
    if client.subnet == door.subnet:
        return True
    return (
        acl_passes(there, client.subnet, True, door.address, PORT)
        and acl_passes(there, door.subnet, False, client.address, PORT)
        and acl_passes(there, door.subnet, True, client.address, own_port)
        and acl_passes(there, client.subnet, False, door.address, own_port)
    )


def own_ports(there: Network) -> list[int]:
    """Ports among which none fares otherwise than its neighbours here."""
    edges = {WELL_KNOWN, USUAL - 1, USUAL, 65535}
    for acl in there.acls or ():
        for one in acl.entries:
            edges |= {one.first - 1, one.first, one.last, one.last + 1}
    return sorted(edge for edge in edges if WELL_KNOWN <= edge <= 65535)


# ------------------------------------------------------------------------------------------ any rules

few = st.sampled_from
PORTS = ((3306, 3306), (3300, 3310), (1, 65535), (22, 22), (1024, 65535), (32768, 65535), (1024, 32767), (40000, 41000))
RULES = tuple(
    rule(source, first, last, protocol)
    for source, (first, last, protocol) in product(
        (*RANGES, *GROUPS), (*((*ports, "tcp") for ports in PORTS), (1, 65535, "udp"), (-1, -1, "-1"), (-1, -1, "-1"))
    )
)
ENTRIES = tuple(
    replace(entry(0, verb, cidr, ports, outbound=outbound), protocol=protocol)
    for verb, cidr, ports, outbound, protocol in product(
        ("allow", "deny"), ("0.0.0.0/0", *RANGES[:-2]), PORTS[:2] + PORTS[4:], (True, False), ("6", "6", "6", "17")
    )
)
some_rules = st.lists(few(RULES), max_size=3) | st.just([ANYWHERE]) | st.just([ANYWHERE])
some_entries = st.lists(few(ENTRIES), max_size=3)


def groups() -> st.SearchStrategy[tuple[SecurityGroup, ...]]:
    def made(identifier: GroupId, inbound: list[Rule], outbound: list[Rule]) -> SecurityGroup:
        return SecurityGroup(identifier, identifier, "", VPC, tuple(inbound), (), tuple(outbound))

    return st.tuples(*(st.builds(made, st.just(group), some_rules, some_rules) for group in GROUPS))


def acls() -> st.SearchStrategy[tuple[NetworkAcl, ...]]:
    """One for each subnet. Most let pass what they do not name: else nothing would get through."""

    def made(where: Subnet, special: list[AclEntry], strict: bool) -> NetworkAcl:
        numbered = [replace(one, number=number) for number, one in enumerate(special, start=2)]
        last = (entry(LAST, "deny"),) if strict else (entry(99, "allow"), entry(LAST, "deny"))
        rest = [replace(one, outbound=way) for way in (True, False) for one in last]
        return NetworkAcl(f"acl-{where.id}", "", VPC, False, frozenset({where.id}), (*numbered, *rest))

    strict = few([False, False, False, True])
    return st.tuples(*(st.builds(made, st.just(where), some_entries, strict) for where in SUBNETS))


carried = st.frozensets(few(GROUPS), min_size=1, max_size=2)
ADDRESSES = (("one", A, "10.0.1.10"), ("two", B, "10.0.2.10"), ("far", B, "10.0.2.200"), ("third", C, "10.0.3.10"))


@st.composite
def networks(draw: st.DrawFn) -> Network:
    bare = [interface(name, where, address, instance="") for name, where, address in ADDRESSES]
    made = tuple(replace(one, groups=draw(carried)) for one in bare)
    return network(subnets=SUBNETS, groups=draw(groups()), acls=draw(acls()), interfaces=made, instances=())


def end(client: Client) -> End:
    return End(client.addresses[0], client.subnet, client.groups)


def to(there: Network, *places: Place, worn: Iterable[GroupId]) -> Target:
    return Target(places, tuple(group for group in there.groups if group.id in worn))


odd = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@settings(odd, max_examples=200)
@given(networks(), few([IN_A, IN_B, IN_C]), carried)
def test_the_verdict_is_what_packets_meet(there: Network, place: Place, worn: frozenset[GroupId]) -> None:
    door, numbers = End(place.addresses[0], place.subnet.id, worn), own_ports(there)
    for found in reach(there, to(there, place, worn=worn), PORT):
        passed = {number for number in numbers if connects(there, end(found.client), door, number)}
        event(found.verdict)
        assert (found.verdict == "yes") is ({number for number in numbers if number >= USUAL} <= passed)
        assert not (found.verdict == "no" and passed)
        assert found.verdict in ("yes", "no", "unknown")
        assert found.why


@odd
@given(networks(), few([A, B, C]), carried)
def test_a_planned_endpoints_verdict_holds_for_every_address_it_may_get(
    there: Network, where: Subnet, worn: frozenset[GroupId]
) -> None:
    numbers = own_ports(there)
    edges = {str(edge) for cidr in (*RANGES[1:-1], where.cidr) for edge in _edges(cidr)}
    doors = [End(address, where.id, worn) for address in edges if in_range(address, where.cidr)]
    for found in reach(there, to(there, *planned([where], ()).places, worn=worn), PORT):
        client = end(found.client)
        passed = [connects(there, client, door, number) for door in doors for number in numbers if number >= USUAL]
        assert found.verdict != "yes" or all(passed)
        assert found.verdict != "no" or not any(passed)


def _edges(cidr: str) -> Iterable[ipaddress.IPv4Address]:
    """The first and last address of a range, and their neighbours outside."""
    found = ipaddress.IPv4Network(cidr)
    return found[0] - 1, found[0], found[-1], found[-1] + 1


# ------------------------------------------------------------------------------------------ laws


def verdicts(there: Network, target: Target) -> dict[str, str]:
    return {found.client.id: found.verdict for found in reach(there, target, PORT)}


@odd
@given(networks(), carried, few(RULES))
def test_another_rule_of_the_endpoints_group_takes_nobodys_way(
    there: Network, worn: frozenset[GroupId], more: Rule
) -> None:
    before = to(there, IN_A, IN_B, worn=worn)
    first = before.groups[0]
    after = replace(before, groups=(replace(first, rules=(more, *first.rules)), *before.groups[1:]))
    found = verdicts(there, after)
    assert {client for client, verdict in verdicts(there, before).items() if verdict == "yes"} <= {
        client for client, verdict in found.items() if verdict == "yes"
    }


@odd
@given(networks(), carried)
def test_without_inbound_rules_nobody_gets_in(there: Network, worn: frozenset[GroupId]) -> None:
    target = to(there, IN_A, IN_B, worn=worn)
    shut = replace(target, groups=tuple(replace(group, rules=()) for group in target.groups))
    assert set(verdicts(there, shut).values()) == {"no"}


@odd
@given(networks(), carried, st.booleans())
def test_a_shut_network_acl_leaves_only_its_own_subnet(
    there: Network, worn: frozenset[GroupId], outbound: bool
) -> None:
    first = entry(1, "deny", outbound=outbound)
    shut = replace(there, acls=tuple(replace(acl, entries=(first, *acl.entries)) for acl in there.acls or ()))
    for found in reach(shut, to(there, IN_A, worn=worn), PORT):
        assert found.verdict == "no" or found.client.subnet == A.id


@odd
@given(networks(), carried, st.randoms())
def test_the_order_in_which_things_are_told_changes_nothing(
    there: Network, worn: frozenset[GroupId], chance: Random
) -> None:
    def mixed(things: Iterable[T]) -> tuple[T, ...]:
        found = list(things)
        chance.shuffle(found)
        return tuple(found)

    other = replace(
        there,
        groups=mixed(replace(one, rules=mixed(one.rules), outbound=mixed(one.outbound)) for one in there.groups),
        acls=mixed(replace(acl, entries=mixed(acl.entries)) for acl in there.acls or ()),
        interfaces=mixed(there.interfaces or ()),
    )
    assert verdicts(other, to(other, IN_A, IN_B, worn=worn)) == verdicts(there, to(there, IN_A, IN_B, worn=worn))


@odd
@given(networks(), carried)
def test_several_subnets_are_each_as_they_are_alone(there: Network, worn: frozenset[GroupId]) -> None:
    alone = [verdicts(there, to(there, place, worn=worn)) for place in (IN_A, IN_C)]
    for client, together in verdicts(there, to(there, IN_A, IN_C, worn=worn)).items():
        single = {found[client] for found in alone}
        expected = single.pop() if len(single) == 1 else "partly" if single == {"yes", "no"} else "unknown"
        assert together == expected


@odd
@given(networks(), carried)
def test_what_may_not_be_read_is_never_guessed(there: Network, worn: frozenset[GroupId]) -> None:
    target = to(there, IN_A, worn=worn)
    known = {found.client.id: found for found in reach(there, target, PORT)}
    for found in reach(replace(there, acls=None), target, PORT):
        if found.client.subnet == A.id:
            assert found == known[found.client.id]
        else:
            assert found.verdict in ("no", "unknown")
            assert found.verdict == "unknown" or known[found.client.id].verdict == "no"
