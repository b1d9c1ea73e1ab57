"""Each check on its own, then all of them on situations nobody thought of."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from core.checks.findings import Finding, blocks
from core.checks.preflight import CHECKS, preflight
from core.facts import (
    AclEntry,
    AllowedAddress,
    Identity,
    Interface,
    PrefixList,
    PrivateZone,
    Rule,
    SecurityGroup,
    Situation,
    Vpc,
    VpcDns,
    VpcEndpoint,
)
from core.plan import ExistingGroups, NewGroup, Plan
from core.values import AccountId, Cidr, EndpointId, GroupId, Source, SubnetId, ZoneId
from tests.checks.anything import plans, situations
from tests.work.fake import (
    ACCOUNT,
    FQDN,
    GROUP,
    LINKED,
    OPEN_ACL,
    PLAN,
    PORTS,
    PRIVATE,
    PUBLIC,
    READY,
    SUBNETS,
    VISIBLE,
    VPC,
    network,
    our_endpoint,
    our_group,
    situation,
)

OTHER = AccountId("210987654321")
CROWDED = tuple(replace(subnet, zone=SUBNETS[0].zone) for subnet in SUBNETS)
PAGES = ("sign_in", "service", "accounts", "network", "access", "endpoint")


def findings(plan: Plan = PLAN, **facts: Any) -> dict[str, Finding]:
    return {finding.id: finding for finding in preflight(plan, situation(**facts))}


def level(check: str, plan: Plan = PLAN, **facts: Any) -> str:
    found = findings(plan, **facts).get(check)
    return found.level if found else "-"


def sources(*given: str, ports: tuple[str, ...] = ("readwrite",)) -> Plan:
    assert isinstance(PLAN.group, NewGroup)
    return replace(PLAN, group=replace(PLAN.group, ports=ports, sources=tuple(Source(one) for one in given)))


def test_nothing_is_in_the_way_of_a_good_plan() -> None:
    found = preflight(PLAN, situation())
    assert not blocks(found)
    assert [finding.id for finding in found if finding.level == "warning"] == ["interruption", "outside-clients"]
    assert {finding.id for finding in found if finding.level == "ok"} >= {
        "provider",
        "status",
        "own-account",
        "subnets",
    }


@pytest.mark.parametrize(
    ("service", "check", "expected"),
    [
        ({"provider": "gcp"}, "provider", "blocker"),
        ({"provider": "AWS"}, "provider", "ok"),
        ({"status": "failed"}, "status", "blocker"),
        ({"status": "stopped"}, "status", "blocker"),
        ({"status": "retired"}, "status", "blocker"),
        ({"status": "pending_create"}, "status", "warning"),
        ({"status": "pending_modifying"}, "status", "warning"),
        ({"status": "hibernating"}, "status", "warning"),
        ({"status": ""}, "status", "warning"),
        ({"region": "eu-west-1"}, "same-region", "blocker"),
        ({"endpoints": ()}, "ports", "warning"),
        ({"endpoints": (replace(PUBLIC, ports=PORTS[1:]),)}, "ports", "blocker"),
        ({}, "interruption", "warning"),
        ({"endpoints": (PRIVATE,)}, "interruption", "ok"),
        ({"endpoints": (PUBLIC, replace(PRIVATE, accounts=()))}, "second-endpoint", "warning"),
        ({"endpoints": (PUBLIC, PRIVATE)}, "second-endpoint", "-"),
        ({"endpoints": (replace(PRIVATE, accounts=(ACCOUNT, OTHER)),)}, "removed-accounts", "warning"),
        ({"endpoints": (PRIVATE,)}, "removed-accounts", "-"),
    ],
)
def test_the_service(service: dict[str, Any], check: str, expected: str) -> None:
    assert level(check, service=replace(READY, **service)) == expected


def test_the_switch_says_what_it_costs() -> None:
    found = findings()["interruption"]
    assert "orders-prod" in found.title
    assert "1 entry" in found.detail
    assert "Query Editor" in found.detail
    assert "  " not in findings(service=replace(READY, endpoints=()))["interruption"].detail


@pytest.mark.parametrize(
    ("entries", "told"),
    [
        ([], ""),
        (
            [AllowedAddress("203.0.113.7/32", "office")],
            "The public IP allowlist of orders-prod has 203.0.113.7/32 (office).",
        ),
        (
            [AllowedAddress(f"203.0.113.{n}/32") for n in range(9)],
            "has 203.0.113.0/32, 203.0.113.1/32, 203.0.113.2/32, 203.0.113.3/32, 203.0.113.4/32 and 4 more.",
        ),
        (
            [AllowedAddress("203.0.113.7/32", "office"), AllowedAddress("0.0.0.0/0", "for now")],
            "has 0.0.0.0/0, which is everybody: it does not tell who connects.",
        ),
    ],
)
def test_who_connects_from_outside_now_is_told(entries: list[AllowedAddress], told: str) -> None:
    listing = replace(PUBLIC, allow_list=tuple(entries))
    found = findings(service=replace(READY, endpoints=(listing,))).get("outside-clients")
    assert found.detail.endswith(told) if found else not told
    private = replace(PRIVATE, allow_list=tuple(entries))
    assert level("outside-clients", service=replace(READY, endpoints=(private,))) == "-", "nothing is switched"


@pytest.mark.parametrize(
    ("facts", "check", "expected"),
    [
        ({"identity": Identity(OTHER, "arn")}, "own-account", "blocker"),
        ({"regions": frozenset()}, "region-enabled", "blocker"),
        ({"network": None}, "vpc", "blocker"),
        ({"network": None, "regions": frozenset()}, "vpc", "-"),
        ({"network": network(vpc=Vpc(VPC, "x", (), False, OTHER))}, "shared-vpc", "blocker"),
        ({"network": network(subnets=SUBNETS[:2])}, "subnets", "blocker"),
        ({"network": network(subnets=CROWDED)}, "one-a-zone", "blocker"),
        ({"network": network(subnets=(replace(SUBNETS[0], free=0), *SUBNETS[1:]))}, "free-addresses", "blocker"),
        ({"network": network(subnets=(replace(SUBNETS[0], free=1), *SUBNETS[1:]))}, "free-addresses", "warning"),
        ({"network": network(subnets=(replace(SUBNETS[0], free=8), *SUBNETS[1:]))}, "free-addresses", "-"),
        ({"network": network(subnets=(replace(SUBNETS[0], ipv6_only=True), *SUBNETS[1:]))}, "ipv4", "blocker"),
        ({"endpoint_service": VISIBLE}, "zones", "ok"),
        ({"endpoint_service": replace(VISIBLE, zone_ids=frozenset({SUBNETS[0].zone.id}))}, "zones", "warning"),
        ({"endpoint_service": replace(VISIBLE, zone_ids=frozenset({ZoneId("use2-az9")}))}, "zones", "blocker"),
        ({"endpoint_service": replace(VISIBLE, zone_ids=frozenset(), zone_names=frozenset())}, "zones", "ok"),
        ({"network": network(dns=VpcDns(True, False))}, "vpc-dns", "blocker"),
    ],
)  # fmt: skip
def test_account_and_network(facts: dict[str, Any], check: str, expected: str) -> None:
    assert level(check, **facts) == expected


def test_no_subnet_at_all() -> None:
    assert level("subnets", replace(PLAN, subnets=())) == "blocker"


def test_a_full_subnet_that_holds_the_endpoint_already_is_fine() -> None:
    full = tuple(replace(subnet, free=0) for subnet in SUBNETS)
    there = network(subnets=full, endpoints=(our_endpoint(),), groups=(our_group(),))
    assert level("free-addresses", service=LINKED, network=there) == "-"


@pytest.mark.parametrize(
    ("dns", "owner", "plan", "expected"),
    [
        (VpcDns(False, False), ACCOUNT, {"enable_vpc_dns": True}, "warning"),
        (VpcDns(False, False), OTHER, {"enable_vpc_dns": True}, "blocker"),
        (VpcDns(True, False), ACCOUNT, {"private_dns": False}, "-"),
        (VpcDns(True, True), OTHER, {"enable_vpc_dns": True}, "-"),
    ],
)
def test_vpc_dns(dns: VpcDns, owner: AccountId, plan: dict[str, Any], expected: str) -> None:
    found = network(dns=dns, vpc=Vpc(VPC, "x", (), False, owner))
    assert level("vpc-dns", replace(PLAN, **plan), network=found) == expected


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ((), "ok"),
        ((our_group(),), "ok"),
        ((our_group(tags=()),), "blocker"),
        ((our_group(name="ORDERS-prod-pl", tags=()),), "blocker"),
    ],
)
def test_the_new_groups_name(groups: tuple[SecurityGroup, ...], expected: str) -> None:
    assert level("group-name", network=network(groups=groups)) == expected


def test_how_many_rules_fit() -> None:
    many = [str(Cidr(f"10.{n}.0.0/16")) for n in range(61)]
    assert level("rules-number", sources(*many)) == "warning"
    assert level("rules-number", sources(*many[:60])) == "-"
    assert level("rules-number", sources(*many[:31], ports=("readwrite", "readonly"))) == "warning"
    six = [f"2001:db8:{n:x}::/48" for n in range(30)]
    assert level("rules-number", sources(*many[:40], *six)) == "-", "IPv4 and IPv6 are counted each by itself"
    assert level("rules-number", sources(*many[:40], *six, *(f"sg-{n:03}" for n in range(21)))) == "warning"
    there = tuple(Rule("tcp", 22, 22, Source(one)) for one in many[:60])
    assert level("rules-number", network=network(groups=(our_group(rules=there),))) == "warning"


def test_sources_that_are_not_there() -> None:
    assert level("rule-sources", sources("sg-0bad")) == "blocker"
    assert level("rule-sources", sources("pl-0bad")) == "blocker"
    facts = {"network": network(groups=(our_group(id=GroupId("sg-0bad"), name="x"),))}
    assert level("rule-sources", sources("sg-0bad"), **facts) == "-"
    assert level("rule-sources", sources("pl-0bad"), prefix_lists=(PrefixList("pl-0bad", "offices"),)) == "-"


def test_anywhere_is_warned_of() -> None:
    assert level("anywhere", sources("0.0.0.0/0")) == "warning"
    assert level("anywhere", sources("::/0")) == "warning"
    assert level("anywhere", sources("10.0.0.0/8")) == "-"
    existing = replace(PLAN, group=ExistingGroups((GROUP,)))
    for port, expected in ((3306, "warning"), (22, "-")):
        wide = our_group(rules=(Rule("tcp", port, port, Source("0.0.0.0/0")),))
        assert level("anywhere", existing, network=network(groups=(wide,))) == expected


def test_existing_groups() -> None:
    plan = replace(PLAN, group=ExistingGroups((GROUP,)))
    assert level("groups", plan) == "blocker"
    assert level("groups-admit", plan, network=network(groups=(our_group(tags=()),))) == "ok"
    assert level("groups-admit", plan, network=network(groups=(our_group(rules=()),))) == "warning"
    six = tuple(GroupId(f"sg-00{n}") for n in range(6))
    assert level("groups-number", replace(PLAN, group=ExistingGroups(six))) == "warning"


def test_many_groups_with_many_rules() -> None:
    rules = tuple(Rule("tcp", 3306, 3306, Source(f"10.{n}.0.0/16")) for n in range(250))
    groups = tuple(our_group(id=GroupId(f"sg-00{n}"), name=f"g{n}", rules=rules) for n in range(5))
    for number, expected in ((4, "-"), (5, "warning")):
        chosen = replace(PLAN, group=ExistingGroups(tuple(group.id for group in groups[:number])))
        assert level("groups-rules", chosen, network=network(groups=groups)) == expected


@pytest.mark.parametrize(
    ("number", "groups", "expected"),
    [(2500, (), "warning"), (2499, (), "-"), (None, (), "-"), (2500, (our_group(),), "-")],
)
def test_the_quota_of_groups(number: int | None, groups: tuple[SecurityGroup, ...], expected: str) -> None:
    facts: dict[str, Any] = {"groups_in_region": number, "network": network(groups=groups)}
    assert level("group-quota", **facts) == expected
    assert level("group-quota", replace(PLAN, group=ExistingGroups((GROUP,))), **facts) == "-"


HTTPS = our_group(rules=(Rule("tcp", 443, 443, Source("10.0.0.0/16")), Rule("tcp", 8000, 8100, Source("10.0.0.0/16"))))
READ_ONLY = our_group(rules=(Rule("tcp", 3307, 3307, Source("10.0.0.0/16")),))


def test_existing_groups_that_admit_another_port() -> None:
    plan = replace(PLAN, group=ExistingGroups((GROUP,)))
    shut = findings(plan, network=network(groups=(HTTPS,)))["groups-admit"]
    assert shut.level == "warning"
    assert shut.detail.endswith("the groups admit 443 and 8000-8100.")
    half = findings(plan, network=network(groups=(READ_ONLY,)))["groups-admit"]
    assert half.level == "warning"
    assert half.title == "The chosen groups admit port 3307 (readonly), not 3306 (readwrite)."


def test_a_prefix_list_takes_the_place_of_many_rules() -> None:
    office = PrefixList("pl-0bad", "offices", weight=60)
    assert level("rules-number", sources("pl-0bad"), prefix_lists=(office,)) == "-"
    assert level("rules-number", sources("pl-0bad", "10.0.0.0/8"), prefix_lists=(office,)) == "warning"


@pytest.mark.parametrize(
    ("entry", "title"),
    [
        (None, "No network ACL keeps clients out of the chosen subnets, or answers in."),
        (AclEntry(90, False, False, "6", "0.0.0.0/0", 3306, 3306), "A network ACL keeps port 3306 out of private-0."),
        (AclEntry(90, False, False, "-1", "10.0.0.0/8"), "A network ACL keeps port 3306 out of private-0."),
        (AclEntry(90, False, True, "6", "0.0.0.0/0", 1, 65535), "A network ACL keeps the endpoint's answers in priv"),
        (AclEntry(90, False, False, "6", "0.0.0.0/0", 3307, 3307), "No network ACL"),
        (AclEntry(90, False, False, "6", "10.0.9.0/24", 3306, 3306), "No network ACL"),
        (AclEntry(90, False, False, "17", "0.0.0.0/0", 3306, 3306), "No network ACL"),
        (AclEntry(90, False, True, "6", "0.0.0.0/0", 1024, 5000), "No network ACL"),
    ],
)
def test_network_acls_of_the_chosen_subnets(entry: AclEntry | None, title: str) -> None:
    more = (entry,) if entry else ()
    first = frozenset({SUBNETS[0].id})
    special = replace(OPEN_ACL, id="acl-2", subnets=first, entries=(*OPEN_ACL.entries, *more))
    others = replace(OPEN_ACL, subnets=frozenset(subnet.id for subnet in SUBNETS[1:]))
    found = findings(network=network(acls=(special, others)))["network-acls"]
    assert found.title.startswith(title)
    assert found.level == ("ok" if title.startswith("No") else "warning")
    assert found.level == "ok" or "rule 90 of network ACL acl-2 denies" in found.detail


def test_network_acls_that_may_not_be_read() -> None:
    found = findings(network=network(acls=None))["network-acls"]
    assert found.level == "warning"
    assert "ec2:DescribeNetworkAcls" in found.detail


def client(number: int, *groups: str) -> Interface:
    where = SUBNETS[0]
    carried = frozenset(GroupId(one) for one in groups)
    return Interface(f"eni-{number}", "lambda", f"job-{number}", "in-use", where.id, carried, (f"10.0.0.{number}",))


@pytest.mark.parametrize(
    ("source", "expected", "told"),
    [
        ("10.0.0.0/16", "ok", "All 2 other interfaces reach 3306."),
        ("10.0.0.5/32", "ok", "1 of 2 other interfaces reaches 3306; not job-6."),
        ("10.9.0.0/16", "warning", "Nothing that runs in vpc-0123 now would reach port 3306."),
        ("pl-0bad", "warning", "Whether anything that runs in vpc-0123 now would reach port 3306 is not known."),
    ],
)
def test_whether_what_runs_now_will_reach_the_port(source: str, expected: str, told: str) -> None:
    out = SecurityGroup(GroupId("sg-app"), "app", "", VPC, outbound=(Rule("-1", -1, -1, Source("0.0.0.0/0")),))
    there = network(groups=(out,), interfaces=(client(5, "sg-app"), client(6, "sg-app")))
    found = findings(sources(source), network=there)["reaches"]
    assert (found.level, found.title) == (expected, told)
    assert expected == "ok" or found.detail.startswith("job-5, for one: orders-prod-pl ")


def test_of_what_runs_nowhere_nothing_is_told() -> None:
    assert level("reaches") == "-"
    assert level("reaches", network=network(interfaces=(client(5),), subnets=())) == "-"


def linked(*endpoints: VpcEndpoint, groups: tuple[SecurityGroup, ...] = (our_group(),)) -> dict[str, Any]:
    return {"service": LINKED, "network": network(endpoints=endpoints, groups=groups)}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (linked(), "-"),
        (linked(our_endpoint()), "ok"),
        (linked(our_endpoint("pending")), "ok"),
        (linked(our_endpoint("frozen")), "ok"),
        (linked(our_endpoint("deleting")), "-"),
        (linked(our_endpoint("deleted")), "-"),
        (linked(our_endpoint("rejected")), "blocker"),
        (linked(our_endpoint("expired")), "blocker"),
        (linked(our_endpoint("failed")), "blocker"),
        (linked(our_endpoint(tags=())), "warning"),
        (linked(our_endpoint("failed", tags=())), "-"),
        (linked(our_endpoint(subnets=frozenset({SubnetId("subnet-000")}))), "blocker"),
        (linked(our_endpoint(groups=frozenset())), "blocker"),
        (linked(our_endpoint(), groups=()), "blocker"),
    ],
)
def test_an_endpoint_that_stands(facts: dict[str, Any], expected: str) -> None:
    assert level("endpoint", **facts) == expected


def test_what_an_endpoint_lacks_is_named() -> None:
    found = findings(**linked(our_endpoint(groups=frozenset())))["endpoint"]
    assert f"does not carry security group {GROUP}" in found.detail


def test_the_quota_of_endpoints() -> None:
    many = tuple(our_endpoint(id=EndpointId(f"vpce-{n}"), service="other") for n in range(50))
    assert level("endpoint-quota", network=network(endpoints=many)) == "warning"
    assert level("endpoint-quota", network=network(endpoints=many[:49])) == "-"
    assert level("endpoint-quota", **linked(our_endpoint(), *many)) == "-"


def test_a_private_name_is_taken_by_one_endpoint() -> None:
    other = our_endpoint(id=EndpointId("vpce-9"), service="other", private_dns=True, dns_names=(FQDN.upper(),))
    assert level("private-name", network=network(endpoints=(other,))) == "blocker"
    assert level("private-name", replace(PLAN, private_dns=False), network=network(endpoints=(other,))) == "-"
    assert level("private-name", network=network(endpoints=(replace(other, state="deleted"),))) == "-"
    assert level("private-name", **linked(our_endpoint(private_dns=True, dns_names=(FQDN,)))) == "-"
    assert level("private-dns", replace(PLAN, private_dns=False)) == "warning"


def test_a_name_that_a_leaving_endpoint_still_has_is_waited_for() -> None:
    old = our_endpoint("deleting", id=EndpointId("vpce-9"), service="other", private_dns=True, dns_names=(FQDN,))
    found = findings(network=network(endpoints=(old,)))["private-name"]
    assert (found.level, found.remedy) == ("blocker", "Wait some minutes, then check again.")


OWN = PrivateZone("Z1", FQDN, ACCOUNT)
ABOVE = PrivateZone("Z2", FQDN.partition(".")[2], ACCOUNT)
OF_AWS = PrivateZone("Z3", FQDN, "vpce.amazonaws.com")
ELSEWHERE = PrivateZone("Z4", "sysp0000.example", ACCOUNT)
BELOW = PrivateZone("Z5", f"a.{FQDN}", ACCOUNT)
ALIKE = PrivateZone("Z6", FQDN[1:], ACCOUNT)
WITHOUT = replace(PLAN, private_dns=False)
HOLDER = our_endpoint(id=EndpointId("vpce-9"), service="other", private_dns=True, dns_names=(FQDN,))
TAKEN: dict[str, Any] = {"network": network(endpoints=(HOLDER,))}
OURS_ON = our_endpoint(private_dns=True, dns_names=(FQDN,))
GIVEN: dict[str, Any] = {"service": LINKED, "network": network(endpoints=(OURS_ON,), groups=(our_group(),))}


@pytest.mark.parametrize(
    ("plan", "zones", "facts", "expected"),
    [
        (PLAN, (), {}, "-"),
        (PLAN, (ELSEWHERE, BELOW, ALIKE), {}, "-"),
        (PLAN, (OWN,), {}, "blocker"),
        (PLAN, (replace(OWN, name=FQDN.upper() + "."),), {}, "blocker"),
        (PLAN, (replace(OWN, owner=OTHER),), {}, "blocker"),
        (PLAN, (ABOVE,), {}, "ok"),
        (PLAN, (OF_AWS,), {}, "blocker"),
        (PLAN, (OF_AWS,), TAKEN, "-"),  # told as the endpoint's
        (PLAN, (OWN,), TAKEN, "blocker"),
        (PLAN, (OF_AWS,), GIVEN, "-"),
        (PLAN, None, {}, "warning"),
        (PLAN, None, TAKEN, "-"),
        (PLAN, None, GIVEN, "-"),
        (WITHOUT, (OWN,), {}, "warning"),
        (WITHOUT, (ABOVE,), {}, "warning"),
        (WITHOUT, (ELSEWHERE, BELOW, ALIKE), {}, "-"),
        (WITHOUT, None, {}, "-"),
    ],
)
def test_private_hosted_zones(
    plan: Plan, zones: tuple[PrivateZone, ...] | None, facts: dict[str, Any], expected: str
) -> None:
    assert level("private-zone", plan, private_zones=zones, **facts) == expected


def test_whose_zone_it_is_decides_what_is_to_be_done() -> None:
    own = findings(private_zones=(OWN,))["private-zone"]
    assert own.title == f"vpc-0123 has a private hosted zone with the name {FQDN} (Z1)."
    assert own.remedy.startswith("In Route 53, take the VPC off that zone")
    assert f"account {OTHER}'s" in findings(private_zones=(replace(OWN, owner=OTHER),))["private-zone"].detail
    assert "wait some minutes" in findings(private_zones=(OF_AWS,))["private-zone"].remedy


def test_the_nearest_zone_answers_without_private_dns() -> None:
    found = findings(WITHOUT, private_zones=(ABOVE, OWN))["private-zone"]
    assert found.title == f"In vpc-0123 private hosted zone {FQDN} (Z1) answers for {FQDN}."


def test_zones_that_may_not_be_read_come_with_the_policy_to_ask_for() -> None:
    found = findings(private_zones=None)["private-zone"]
    assert json.loads(found.paste)["Statement"][0]["Action"] == ["route53:ListHostedZonesByVPC"]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(plans(), situations())
def test_no_situation_is_too_odd(plan: Plan, found: Situation) -> None:
    for finding in preflight(plan, found):
        assert finding.level in ("ok", "warning", "blocker")
        assert finding.id
        assert finding.page in PAGES
        assert finding.title.endswith(".")
        assert finding.level == "ok" or (finding.detail and finding.remedy)


def test_every_check_has_a_name_of_its_own() -> None:
    assert len({check.__name__ for check in CHECKS}) == len(CHECKS)
