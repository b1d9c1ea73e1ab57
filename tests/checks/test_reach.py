"""Who reaches the endpoint's port, and the rule that says so: cases by hand. One client in each of two subnets."""

import time
from dataclasses import replace
from typing import Any

import pytest

from core.checks.ends import Place, Target, clients, planned, standing
from core.checks.reach import Reached, reach, summary
from core.facts import Instance, Interface, Network, PrefixList, Route, RouteTable, SecurityGroup, VpcEndpoint
from core.values import Cidr, EndpointId, EndpointServiceName, GroupId, SubnetId
from tests.checks.vpc import (
    ANYWHERE,
    APP,
    DOOR,
    IN_A,
    IN_B,
    LOCAL,
    NETWORK,
    TABLE,
    VPC,
    A,
    B,
    acl,
    entry,
    group,
    instance,
    interface,
    network,
    rule,
    subnet,
    target,
)

DOOR_IN_A = target()


def by_name(there: Network = NETWORK, to: Target = DOOR_IN_A, *lists: PrefixList) -> dict[str, Reached]:
    return {one.client.name: one for one in reach(there, to, 3306, lists)}


def doors(*rules: Any) -> Target:
    return target(groups=(group("door", *rules),))


# ------------------------------------------------------------------------------------------ security groups


@pytest.mark.parametrize(
    ("door", "verdict", "why"),
    [
        (rule("sg-app"), "yes", "door admits app on 3306."),
        (rule("10.0.2.10/32"), "yes", "door admits 10.0.2.10/32 on 3306."),
        (rule("10.0.0.0/16"), "yes", "door admits 10.0.0.0/16 on 3306."),
        (rule("0.0.0.0/0", 3300, 3310), "yes", "door admits 0.0.0.0/0 on 3306."),
        (rule("10.0.2.10/32", -1, protocol="-1"), "yes", "door admits 10.0.2.10/32 on 3306."),
        (rule("10.0.2.11/32"), "no", "door has no rule that admits 10.0.2.10 or app on 3306."),
        (rule("sg-app", 3307), "no", "door has no rule that admits 10.0.2.10 or app on 3306."),
        (rule("sg-app", protocol="udp"), "no", "door has no rule that admits 10.0.2.10 or app on 3306."),
        (rule("sg-door"), "no", "door has no rule that admits 10.0.2.10 or app on 3306."),
        (rule("::/0"), "no", "door has no rule that admits 10.0.2.10 or app on 3306."),
        (rule("a name of old"), "no", "door has no rule that admits 10.0.2.10 or app on 3306."),
        (rule("pl-1"), "unknown", "door admits pl-1 on 3306, and the entries of that prefix list are not known."),
    ],
)
def test_the_endpoints_groups(door: Any, verdict: str, why: str) -> None:
    found = by_name(NETWORK, doors(door))["two"]
    assert (found.verdict, found.why) == (verdict, why)


@pytest.mark.parametrize(
    ("entries", "verdict"), [(("10.0.2.0/24",), "yes"), (("10.9.0.0/16", "fd00::/8"), "no"), ((), "no")]
)
def test_a_prefix_list_is_as_good_as_its_entries(entries: tuple[str, ...], verdict: str) -> None:
    known = PrefixList("pl-1", "offices", entries=tuple(Cidr(one) for one in entries))
    assert by_name(NETWORK, doors(rule("pl-1")), known)["two"].verdict == verdict


def test_one_of_several_groups_is_enough_at_either_end() -> None:
    shut = group("shut", outbound=())
    there = network(
        groups=(APP, shut),
        interfaces=(interface("one", A, "10.0.1.10", "app", "shut"), interface("two", B, "10.0.2.10", "shut")),
    )
    found = by_name(there, target(groups=(group("empty"), DOOR)))
    assert found["one"].verdict == "yes"
    assert found["two"].why == "empty and door have no rule that admits 10.0.2.10 or shut on 3306."
    assert by_name(there, doors(rule("10.0.0.0/8")))["two"].why == "shut has no outbound rule to 10.0.1.5 on 3306."


@pytest.mark.parametrize(
    ("outbound", "verdict", "why"),
    [
        (rule("10.0.1.5/32"), "yes", ""),
        (rule("sg-door"), "yes", ""),
        (rule("10.0.2.0/24"), "no", "app has no outbound rule to 10.0.1.5 on 3306."),
        (rule("0.0.0.0/0", 443), "no", "app has no outbound rule to 10.0.1.5 on 3306."),
        (rule("sg-app"), "no", "app has no outbound rule to 10.0.1.5 on 3306."),
        (rule("pl-1"), "unknown", "An outbound rule of app leads to pl-1, and whether the endpoint will be in there"),
    ],
)
def test_the_clients_groups(outbound: Any, verdict: str, why: str) -> None:
    found = by_name(network(groups=(group("app", outbound=(outbound,)), DOOR)))["two"]
    assert found.verdict == verdict
    assert found.why.startswith(why)


def test_a_group_that_is_not_to_be_seen_leaves_it_open() -> None:
    there = network(interfaces=(interface("two", B, "10.0.2.10", "elsewhere"),))
    found = by_name(there, doors(rule("10.0.0.0/16")))["two"]
    assert found.verdict == "unknown"
    assert "carries sg-elsewhere" in found.why


# ------------------------------------------------------------------------------------------ network ACLs

ANSWERS = (1024, 65535)


@pytest.mark.parametrize(
    ("at_endpoint", "at_client", "verdict", "why"),
    [
        ((), (), "yes", "door admits app on 3306."),
        ((entry(90, "deny", ports=(3306, 3306)),), (), "no", "Inbound rule 90 of network ACL acl-a at private-a"),
        ((entry(90, "deny", "10.0.2.10/32"),), (), "no", "Inbound rule 90"),
        ((entry(90, "deny", "10.0.3.0/24"),), (), "yes", ""),
        ((entry(90, "deny", ports=(3306, 3306), protocol="17"),), (), "yes", ""),
        ((entry(80, "allow", ports=(3306, 3306)), entry(90, "deny", ports=(3306, 3306))), (), "yes", ""),
        ((), (entry(90, "deny", ports=(3306, 3306), outbound=True),), "no", "Outbound rule 90 of network ACL acl-b"),
        ((), (entry(90, "deny", ports=(3306, 3306)),), "yes", ""),
        ((), (entry(90, "deny", "10.0.1.5/32", ports=ANSWERS),), "no", "Inbound rule 90 of network ACL acl-b at priv"),
        ((entry(90, "deny", ports=ANSWERS, outbound=True),), (), "no", "Outbound rule 90 of network ACL acl-a at pri"),
        ((), (entry(90, "deny", ports=(3389, 3389)),), "yes", ""),
        ((), (entry(90, "deny", ports=(1024, 32767)),), "yes", ""),
        ((), (entry(90, "deny", ports=(1024, 32768)),), "unknown", "Inbound rule 90 of network ACL acl-b at private-"),
        ((), (entry(90, "deny", ports=(49152, 65535)),), "unknown", "Inbound rule 90 of network ACL acl-b at private-"),
        ((), (entry(90, "deny", ports=(32768, 65535)),), "unknown", "Inbound rule 90 of network ACL acl-b at private-"),
    ],
)  # fmt: skip
def test_both_subnets_network_acls(at_endpoint: Any, at_client: Any, verdict: str, why: str) -> None:
    """From b to a."""
    there = network(acls=(acl("a", *at_endpoint, subnets=(A,)), acl("b", *at_client, subnets=(B,))))
    found = by_name(there)["two"]
    assert found.verdict == verdict
    assert found.why.startswith(why)


def test_what_is_denied_is_told_in_words() -> None:
    def why(*entries: Any) -> str:
        named = replace(acl("a", *entries, subnets=(A,)), name="no databases")
        return by_name(network(acls=(named, acl("b", subnets=(B,)))))["two"].why

    told = "of network ACL no databases (acl-a) at private-a denies"
    assert why(entry(90, "deny", ports=(3306, 3306))) == f"Inbound rule 90 {told} 3306."
    assert why(entry(90, "deny", outbound=True)) == f"Outbound rule 90 {told} the answers."
    assert (
        why(entry(90, "deny", ports=(40000, 50000), outbound=True)) == f"Outbound rule 90 {told} a part of the answers."
    )


def test_what_no_entry_admits_is_denied_by_the_last_one() -> None:
    bare = replace(acl("a", subnets=(A,)), entries=(entry(100, "allow", ports=(443, 443)),))
    found = by_name(network(acls=(bare, acl("b", subnets=(B,)))))["two"]
    assert found.why == "Inbound rule * of network ACL acl-a at private-a denies 3306."


def test_a_network_acl_sees_nothing_of_what_stays_in_its_subnet() -> None:
    shut = acl("a", entry(1, "deny"), entry(1, "deny", outbound=True), subnets=(A, B))
    found = by_name(network(acls=(shut,)))
    assert (found["one"].verdict, found["two"].verdict) == ("yes", "no")


@pytest.mark.parametrize("acls", [None, ()])
def test_without_network_acls_only_a_subnets_own_clients_are_known(acls: Any) -> None:
    found = by_name(network(acls=acls))
    assert (found["one"].verdict, found["two"].verdict) == ("yes", "unknown")
    assert "network ACL" in found["two"].why


# ------------------------------------------------------------------------------------------ routes


@pytest.mark.parametrize(
    ("route", "of", "verdict", "why"),
    [
        (Route("10.0.1.0/24", "eni-9"), B, "unknown", "Route 10.0.1.0/24 of rtb-own at private-b leads through eni-9"),
        (Route("10.0.1.0/24", "eni-9", active=False), B, "no", "Route 10.0.1.0/24 of rtb-own at private-b leads now"),
        (Route("10.0.2.0/24", "vpce-9"), A, "unknown", "Route 10.0.2.0/24 of rtb-own at private-a leads through vpce"),
        (Route("10.0.9.0/24", "eni-9"), B, "yes", ""),
        (Route("10.0.0.0/8", "tgw-9"), B, "yes", ""),
        (Route("pl-1", "vpce-9"), B, "yes", ""),
    ],
)
def test_routes_that_bend_the_way(route: Route, of: Any, verdict: str, why: str) -> None:
    own = RouteTable("rtb-own", VPC, False, frozenset({of.id}), (LOCAL, route))
    found = by_name(network(route_tables=(TABLE, own)))["two"]
    assert found.verdict == verdict
    assert found.why.startswith(why)


def test_every_vpc_has_a_local_route_read_or_not() -> None:
    assert by_name(network(route_tables=()))["two"].verdict == "yes"


# ------------------------------------------------------------------------------------------ several ways at once


def test_what_stops_it_for_certain_decides_before_what_may() -> None:
    there = network(acls=None, groups=(group("app", outbound=()), DOOR))
    assert by_name(there)["two"].why == "app has no outbound rule to 10.0.1.5 on 3306."
    assert by_name(network(acls=None), doors())["two"].why.startswith("door has no rule")


def test_the_rules_being_written_are_told_before_all_others() -> None:
    there = network(groups=(group("app", outbound=()), DOOR))
    assert by_name(there, doors())["two"].why.startswith("door has no rule")


def test_an_endpoint_in_two_subnets_may_be_reached_in_one() -> None:
    deny = acl("b", entry(90, "deny", ports=(3306, 3306)), subnets=(B,))
    there = network(acls=(acl("a", subnets=(A,)), deny))
    found = by_name(there, target(IN_A, IN_B))
    assert (found["one"].verdict, found["two"].verdict) == ("partly", "yes")
    assert found["one"].why == "In us-east-2b: Inbound rule 90 of network ACL acl-b at private-b denies 3306."


def test_one_unknown_subnet_leaves_the_whole_open() -> None:
    found = by_name(network(acls=None), target(IN_A, IN_B))["one"]
    assert found.verdict == "unknown"
    assert found.why.startswith("In us-east-2b: The network ACLs are not known")


def test_where_the_endpoint_will_be_is_known_by_subnet_only() -> None:
    half = (rule("10.0.1.0/25"),)
    both = (*half, rule("10.0.1.128/25"))
    for outbound, verdict in ((half, "unknown"), (both, "yes"), ((rule("10.0.2.0/24"),), "no")):
        there = network(groups=(group("app", outbound=outbound), DOOR))
        assert by_name(there, planned([A], [DOOR]))["two"].verdict == verdict


def test_ipv6_serves_where_both_ends_have_it() -> None:
    six = interface("two", B, "fd00:2::10", "app")
    both = target(Place(A, ("10.0.1.5", "fd00:1::5")), groups=(group("door", rule("fd00::/8")),))
    six_out = group("app", outbound=(rule("::/0", -1, protocol="-1"), ANYWHERE))
    open6 = acl("six", entry(1, "allow", "::/0"), entry(1, "allow", "::/0", outbound=True), subnets=(A, B))
    there = network(groups=(six_out, DOOR), acls=(open6,), interfaces=(six,))
    assert by_name(there, both)["two"].verdict == "yes"
    assert by_name(there)["two"].why == "It has no IPv4 address, and the endpoint has no other."
    mixed = network(
        groups=(six_out, DOOR), acls=(open6,), interfaces=(replace(six, addresses=("10.0.2.10", "fd00:2::10")),)
    )
    assert by_name(mixed, both)["two"].verdict == "yes"


def test_an_endpoint_that_stands_nowhere_is_reached_by_nobody() -> None:
    assert reach(NETWORK, Target((), (DOOR,)), 3306) == ()


# ------------------------------------------------------------------------------------------ the ends


def test_clients_are_what_runs() -> None:
    there = network(
        instances=(*NETWORK.instances, instance("zoo", A)),
        interfaces=(
            *(NETWORK.interfaces or ()),
            interface("stopped", A, "10.0.1.20", "app"),
            interface("loose", A, "10.0.1.21", "app", status="available", instance=""),
            interface("vpce", A, "10.0.1.22", "app", kind="vpc_endpoint", instance=""),
            interface("nat", A, "10.0.1.23", "app", kind="nat_gateway", instance=""),
            interface("f", A, "10.0.1.24", "app", kind="lambda", description="AWS Lambda VPC ENI-bill", instance=""),
            interface("pod", A, "10.0.1.25", "app", instance="", kind="branch"),
            interface("zoo", A, "10.0.1.26", "app"),
            replace(interface("zoo-2", B, "10.0.2.26", "app"), instance="i-zoo"),
        ),
    )
    assert [client.name for client in clients(there)] == [
        "one",
        "two",
        "zoo (eni-zoo)",
        "zoo (eni-zoo-2)",
        "AWS Lambda VPC ENI-bill",
        "branch eni-pod",
    ]


def test_instances_alone_where_interfaces_may_not_be_read() -> None:
    assert by_name(network(interfaces=None)) == {
        name: replace(one, client=replace(one.client, id=one.client.instance)) for name, one in by_name().items()
    }
    assert [client.addresses for client in clients(network(instances=(instance("new", A),), interfaces=None))] == [()]


def endpoint(**more: Any) -> VpcEndpoint:
    made = VpcEndpoint(
        EndpointId("vpce-1"),
        VPC,
        EndpointServiceName("svc"),
        "available",
        frozenset({A.id}),
        frozenset({DOOR.id}),
        interfaces=frozenset({"eni-own"}),
    )
    return replace(made, **more)


def test_an_endpoint_that_stands_is_judged_by_its_own_addresses() -> None:
    own = interface("own", A, "10.0.1.77", "door", kind="vpc_endpoint", instance="")
    there = network(interfaces=(*(NETWORK.interfaces or ()), own))
    assert standing(there, endpoint()) == Target((Place(A, ("10.0.1.77",)),), (DOOR,))
    assert standing(network(interfaces=None), endpoint()) == planned([A], [DOOR])
    assert standing(there, endpoint(subnets=frozenset({SubnetId("subnet-x")}), interfaces=frozenset())).places == ()


# ------------------------------------------------------------------------------------------ in one sentence


@pytest.mark.parametrize(
    ("door", "told"),
    [
        ((rule("sg-app"),), "All 2 instances reach 3306."),
        ((), "None of 2 instances reaches 3306."),
        ((rule("10.0.2.0/24"),), "1 of 2 instances reaches 3306; not one."),
        ((rule("10.0.2.0/24"), rule("pl-1")), "1 of 2 instances reaches 3306; not known: one."),
    ],
)
def test_all_of_them_in_one_sentence(door: Any, told: str) -> None:
    assert summary(reach(NETWORK, doors(*door), 3306), 3306) == told


def test_the_sentence_names_a_few_and_counts_the_others() -> None:
    many = tuple(interface(f"x{n}", A, f"10.0.1.{100 + n}", "app") for n in range(5))
    function = interface("f", B, "10.0.2.9", "app", kind="lambda", description="bill", instance="")
    there = network(
        instances=tuple(instance(f"x{n}", A) for n in range(5)),
        interfaces=(*many, function),
        acls=(acl("a", subnets=(A,)), acl("b", entry(9, "deny"), subnets=(B,))),
    )
    only_one = group("door", rule("10.0.1.100/32"), rule("10.0.2.9/32"))
    found = reach(there, target(IN_A, IN_B, groups=(only_one,)), 3306)
    told = (
        "None of 5 instances reaches 3306, and 0 of 1 other interface; not x1, x2, x3 and 1 more; partly x0 and bill."
    )
    assert summary(found, 3306) == told
    assert summary(reach(network(interfaces=(function,)), target(), 3306), 3306).startswith("The only other interface")
    assert summary(reach(network(interfaces=()), target(), 3306), 3306).startswith("No instance")


def test_an_instance_counts_once_and_by_its_best_interface() -> None:
    second = replace(interface("late", B, "10.0.2.99", "app"), instance="i-one")
    there = network(interfaces=(interface("one", A, "10.0.1.10", "app"), second), instances=NETWORK.instances[:1])
    assert summary(reach(there, doors(rule("10.0.2.99/32")), 3306), 3306) == "The only instance reaches 3306."


# ------------------------------------------------------------------------------------------ many


def test_three_thousand_groups_and_six_thousand_interfaces_are_judged_at_once() -> None:
    """In the processor's time, whatever else this machine does."""
    subnets = [subnet(f"{n}", f"10.{n // 250}.{n % 250}.0/24") for n in range(300)]
    narrow = tuple(rule(f"10.{n}.0.0/16") for n in range(5))
    groups = [group(f"{n:04}", rule("0.0.0.0/0", 443), outbound=narrow if n % 9 else (ANYWHERE,)) for n in range(3000)]
    denied = [entry(n, "deny", f"10.0.{n}.0/28", (22, 22)) for n in range(1, 20)]
    acls = tuple(acl(f"{n}", *denied, subnets=tuple(subnets[n::20])) for n in range(20))
    interfaces: list[Interface] = []
    instances: list[Instance] = []
    for n in range(6000):
        where, carried = subnets[n % 300], (f"{n % 3000:04}", f"{n * 7 % 3000:04}")
        address = f"{where.cidr.removesuffix('0/24')}{10 + n // 300}"
        interfaces.append(interface(f"{n}", where, address, *carried))
        instances.append(instance(f"{n}", where))
    sources = [*(rule(f"10.0.{n}.0/25") for n in range(40)), *(rule(f"sg-{n:04}") for n in range(20))]
    new = SecurityGroup(GroupId(""), "new", "", VPC, tuple(sources))
    there = network(
        subnets=tuple(subnets),
        groups=tuple(groups),
        acls=acls,
        interfaces=tuple(interfaces),
        instances=tuple(instances),
        route_tables=(replace(TABLE, routes=(Route("10.0.0.0/8", "local"),)),),
    )
    taken = []
    for _ in range(3):
        begun = time.process_time()
        found = reach(there, planned(subnets[:3], [new]), 3306)
        taken.append(time.process_time() - begun)
        assert len(found) == 6000
        assert {one.verdict for one in found} >= {"yes", "no"}
    assert min(taken) < 0.5
