"""What stands already: which group and which endpoint of several are adopted, and which rules a plan asks for."""

from dataclasses import replace

import pytest

from core.facts import Port, PrefixList, Rule, Situation, VpcEndpoint
from core.plan import ExistingGroups
from core.standing import (
    Lack,
    coming_groups,
    is_ours,
    lack,
    lost_sources,
    offered,
    ports_by_purpose,
    rules_counted,
    standing_endpoint,
    standing_group,
    wanted_groups,
    wanted_ports,
    wanted_rules,
)
from core.values import EndpointId, GroupId, ServiceId, Source, SubnetId, VpcId
from tests.choices.samples import (
    LINKED,
    OUR_GROUP,
    OURS,
    OWN,
    PREFIX_LISTS,
    ZONE_A,
    endpoint_service,
    group,
    network,
    new_group,
    plan,
    private_endpoint,
    public_endpoint,
    rule,
    service,
    situation,
    vpc_endpoint,
)


@pytest.mark.parametrize(
    ("tags", "ours"),
    [(OURS, True), (OURS[:1], False), (OURS[1:], False), ((("managed-by", "x"), OURS[1]), False), ((), False)],
)
def test_ours(tags: tuple[tuple[str, str], ...], ours: bool) -> None:
    assert is_ours(group("sg-1", "x", tags=tags), ServiceId("dbpgf00000001")) is ours


@pytest.mark.parametrize(
    ("endpoint", "stands"),
    [
        (vpc_endpoint(), True),
        (vpc_endpoint(state="pendingAcceptance"), True),
        (vpc_endpoint(state="partial"), True),
        (vpc_endpoint(state="what"), True),
        (vpc_endpoint(tags=()), True),
        *((vpc_endpoint(state=state), True) for state in ("failed", "Rejected", "expired")),
        *((vpc_endpoint(state=state, tags=()), False) for state in ("failed", "Rejected", "expired")),
        *((vpc_endpoint(state=state), False) for state in ("deleting", "Deleted")),
        (vpc_endpoint(vpc=VpcId("vpc-0fff")), False),
    ],
)
def test_which_endpoint_stands(endpoint: VpcEndpoint, stands: bool) -> None:
    of = replace(LINKED, network=network(endpoints=(endpoint,)))
    assert (standing_endpoint(of) is not None) is stands


@pytest.mark.parametrize("tags", [(), OURS])
def test_of_several_endpoints_ours_stands_if_it_can_be_used(tags: tuple[tuple[str, str], ...]) -> None:
    other = vpc_endpoint(id=EndpointId("vpce-0000"), tags=tags, state="rejected" if tags else "available")
    of = replace(LINKED, network=network(endpoints=(other, vpc_endpoint())))
    found = standing_endpoint(of)
    assert found is not None
    assert found.id == "vpce-0aaa"


@pytest.mark.parametrize(
    "of",
    [
        situation(),
        replace(LINKED, network=None),
        replace(LINKED, service=service(endpoints=(private_endpoint(OWN, endpoint_service=None),))),
    ],
)
def test_no_endpoint_stands_where_none_can_be_known(of: Situation) -> None:
    assert standing_endpoint(of) is None


def test_only_a_group_of_ours_is_adopted() -> None:
    assert standing_group(new_group(), LINKED) == OUR_GROUP
    assert standing_group(new_group(), situation(network=network(groups=(replace(OUR_GROUP, tags=()),)))) is None
    assert standing_group(new_group(name="other"), LINKED) is None
    assert standing_group(new_group(), situation(network=None)) is None


def test_a_group_still_to_be_made_is_carried_by_no_endpoint() -> None:
    """So the review page, the checks and the steps say alike that an endpoint which stands has to be changed first."""
    made = plan(group=new_group(name="other"))
    assert lack(vpc_endpoint(), wanted_groups(made, LINKED), ()) == Lack(groups=(GroupId("“other”"),))
    assert not lack(vpc_endpoint(), wanted_groups(plan(), LINKED), made.subnets)


def test_what_an_endpoint_lacks_in_words() -> None:
    found = lack(vpc_endpoint(), [GroupId("sg-1"), GroupId("sg-2")], [SubnetId("subnet-a"), SubnetId("subnet-c")])
    assert str(found) == "it does not carry security group sg-1 and sg-2 and it is not in subnet subnet-c"


def test_rules_are_every_port_from_every_source() -> None:
    """Also where two ports are for one purpose, or two purposes are one port."""
    ports = (Port("readonly", 3307), Port("readwrite", 3306), Port("readwrite", 3308), Port("admin", 3306))
    of = service(endpoints=(public_endpoint(ports=ports),))
    sources = (Source("10.0.0.0/8"), Source("sg-1"), Source("10.0.0.0/8"))
    found = wanted_rules(("readwrite", "admin", "none"), sources, of)
    assert [(one.port, one.purpose, one.source) for one in found] == [
        (3306, "readwrite", "10.0.0.0/8"),
        (3306, "readwrite", "sg-1"),
        (3308, "readwrite", "10.0.0.0/8"),
        (3308, "readwrite", "sg-1"),
    ]
    assert ports_by_purpose(ports, ("none", "admin")) == ((Port("admin", 3306),), ("none",))


@pytest.mark.parametrize(
    ("there", "stands"),
    [
        (rule("10.0.0.0/16"), True),
        (rule("10.0.0.0/16", 3000, 4000), True),
        (rule("10.0.0.0/16", -1, protocol="-1"), True),
        (rule("10.0.0.0/8"), False),
        (rule("10.0.0.0/16", 3307), False),
        (rule("10.0.0.0/16", protocol="udp"), False),
    ],
)
def test_whether_a_rule_stands(there: Rule, stands: bool) -> None:
    (wanted,) = wanted_rules(("readwrite",), (Source("10.0.0.0/16"),), service())
    assert wanted.stands([there]) is stands


@pytest.mark.parametrize(
    ("sources", "number"),
    [((), 0), (("10.0.0.0/8", "::/0"), 1), (("10.0.0.0/8", "sg-1", "pl-1"), 3), (("::/0", "fd00::/8", "sg-1"), 3)],
)
def test_what_counts_towards_a_groups_rules(sources: tuple[str, ...], number: int) -> None:
    assert rules_counted(sources) == number


def test_a_prefix_list_counts_as_often_as_it_may_hold_entries() -> None:
    assert rules_counted(("10.0.0.0/8", "pl-1"), [PrefixList("pl-1", "offices", weight=20)]) == 21


def test_the_groups_as_they_will_be() -> None:
    def sources(*rules: Rule) -> list[tuple[str, int]]:
        return [(rule.source, rule.first) for rule in rules]

    (made,) = coming_groups(new_group(sources=(Source("10.1.0.0/16"),)), network(), service())
    assert (made.id, made.name, sources(*made.rules)) == ("", "orders-prod-privatelink", [("10.1.0.0/16", 3306)])
    there = network(groups=(OUR_GROUP,))
    (added,) = coming_groups(new_group(sources=(Source("10.0.0.0/16"), Source("sg-1"))), there, service())
    assert (added.id, sources(*added.rules)) == (OUR_GROUP.id, [("10.0.0.0/16", 3306), ("sg-1", 3306)])
    chosen = coming_groups(ExistingGroups((GroupId("sg-0bbb"), GroupId("sg-0bad"))), network(), service())
    assert [group.id for group in chosen] == ["sg-0bbb"]


def test_the_ports_that_are_to_be_reached() -> None:
    assert [port.number for port in wanted_ports(new_group(), service())] == [3306]
    assert [port.number for port in wanted_ports(ExistingGroups(()), service())] == [3306, 3307]


def test_sources_that_are_not_there() -> None:
    sources = [Source(text) for text in ("10.0.0.0/8", "sg-0aaa", "sg-0fff", "pl-0222", "pl-0fff")]
    assert lost_sources(sources, network(), PREFIX_LISTS) == ("sg-0fff", "pl-0fff")
    assert lost_sources(sources, network(), None) == ("sg-0fff",)


def test_subnets_in_zones_that_the_service_lacks_are_left_out() -> None:
    first, *others = (subnet for subnet in network().subnets if subnet.name in "abc")
    found = (first, *others)
    assert offered(found, endpoint_service(ZONE_A)) == ((first,), tuple(others))
    assert offered(found, None) == (found, ())
    assert offered(found, replace(endpoint_service(), zone_ids=frozenset())) == (found, ()), "it tells no zones"
