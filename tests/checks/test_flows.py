"""Spans and port ranges against each single address and port in them."""

import ipaddress
from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.checks.flows import Span, answers_cross, crosses, entries, openings, passes, span
from core.facts import AclEntry, NetworkAcl
from tests.checks.vpc import VPC, entry, group, rule

few = st.sampled_from
RANGES = ("0.0.0.0/0", "10.0.0.0/28", "10.0.0.0/29", "10.0.0.8/29", "10.0.0.4/30", "10.0.0.5/32", "10.0.0.8/32", "::/0")
PORTS = ((1, 65535), (3306, 3306), (1024, 65535), (32768, 65535), (1024, 32767), (40000, 50000), (3389, 3389))
ENTRIES = tuple(
    replace(entry(0, verb, cidr, ports), protocol=protocol)
    for verb, cidr, ports, protocol in product(("allow", "deny"), RANGES, PORTS, ("6", "6", "17"))
) + tuple(entry(0, verb, cidr) for verb, cidr in product(("allow", "deny"), RANGES))
PEERS = ("10.0.0.0/28", "10.0.0.8/29", "10.0.0.5/32")


def acl_of(found: list[AclEntry]) -> NetworkAcl:
    numbered = tuple(replace(one, number=number) for number, one in enumerate(found, start=1))
    return NetworkAcl("acl-1", "", VPC, False, frozenset(), numbered)


def ports_of(found: list[AclEntry], first: int, last: int) -> list[int]:
    """Those among which none fares otherwise than its neighbours."""
    edges = {first, last} | {edge for one in found for edge in (one.first - 1, one.first, one.last, one.last + 1)}
    return [edge for edge in edges if first <= edge <= last]


def allowed(found: list[AclEntry], address: ipaddress.IPv4Address, port: int) -> bool:
    for one in found:
        fits = one.protocol == "-1" or (one.protocol == "6" and one.first <= port <= one.last)
        if fits and address in ipaddress.ip_network(one.cidr):
            return one.allows
    return False


def told(passing: list[bool]) -> str:
    return "yes" if all(passing) else "unknown" if any(passing) else "no"


def spanned(text: str) -> Span:
    found = span(text)
    assert found is not None
    return found


@settings(max_examples=300, deadline=None)
@given(st.lists(few(ENTRIES), max_size=6), few(PEERS), few(PORTS))
def test_a_network_acl_decides_every_single_flow(found: list[AclEntry], peers: str, ports: tuple[int, int]) -> None:
    numbers, addresses = ports_of(found, *ports), list(ipaddress.IPv4Network(peers))
    expected = told([allowed(found, address, port) for address in addresses for port in numbers])
    verdict, decisive = crosses(entries(acl_of(found), outbound=False), spanned(peers), ports)
    assert verdict == expected
    assert decisive.allows is (verdict == "yes")


@settings(max_examples=300, deadline=None)
@given(st.lists(few(ENTRIES), max_size=6), few(PEERS))
def test_answers_pass_when_they_do_on_the_ports_that_clients_use(found: list[AclEntry], peers: str) -> None:
    addresses = list(ipaddress.IPv4Network(peers))

    def on(ports: tuple[int, int]) -> str:
        return told([allowed(found, address, port) for address in addresses for port in ports_of(found, *ports)])

    verdict, _ = answers_cross(entries(acl_of(found), outbound=False), spanned(peers))
    assert verdict == ("yes" if on((32768, 65535)) == "yes" else "no" if on((1024, 65535)) == "no" else "unknown")


@settings(deadline=None)
@given(st.lists(few(RANGES), max_size=5), few(PEERS))
def test_groups_admit_the_addresses_that_some_rule_names(sources: list[str], peers: str) -> None:
    admitted = [
        any(address in ipaddress.ip_network(source) for source in sources) for address in ipaddress.IPv4Network(peers)
    ]
    through = openings([group("door", *(rule(source) for source in sources))], 3306)
    verdict, opening = passes(through, spanned(peers), ())
    assert verdict == told(admitted)
    assert (opening is None) is (verdict == "no")


def test_the_direction_of_an_entry_counts() -> None:
    acl = acl_of([entry(0, "allow", outbound=True)])
    there = spanned("10.0.0.5")
    assert crosses(entries(acl, outbound=True), there, (3306, 3306))[0] == "yes"
    assert crosses(entries(acl, outbound=False), there, (3306, 3306))[0] == "no"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("10.0.0.9/28", "10.0.0.0/28"), ("10.0.0.5", "10.0.0.5"), ("10.0.0.5/32", "10.0.0.5"), ("fd00::/64", "fd00::/64")],
)
def test_a_span_tells_its_range_or_address(text: str, expected: str) -> None:
    assert spanned(text).text == expected


@pytest.mark.parametrize("text", ["", "sg-1", "10.0.0.0/33", "old name"])
def test_what_is_no_range_is_no_span(text: str) -> None:
    assert span(text) is None
