"""What a remedy does to a plan: the finding is gone, nothing new is in the way, and nobody more gets in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.checks.findings import Finding
from core.checks.preflight import preflight
from core.checks.remedies import REMEDIES, Remedy, remedy
from core.facts import Identity, Network, PrivateZone, Service, Situation, Vpc, VpcDns
from core.plan import ExistingGroups, NewGroup, Plan
from core.values import AccountId, EndpointId, GroupId, Source, SubnetId, ZoneId
from tests.checks.anything import OTHER, plans, situations
from tests.work.fake import (
    ACCOUNT,
    FQDN,
    GROUP,
    LINKED,
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

ROOMY = replace(SUBNETS[0], id=SubnetId("subnet-010"), name="private-10", free=4000)
FULL = replace(SUBNETS[0], free=0)
SIX = replace(SUBNETS[1], ipv6_only=True)
TWIN = replace(SUBNETS[0], id=SubnetId("subnet-009"), name="private-9", free=300)
TAKEN = our_group(tags=())
ZONE = PrivateZone("Z1", FQDN, ACCOUNT)
ONE_ZONE = replace(VISIBLE, zone_ids=frozenset({SUBNETS[0].zone.id}))
assert isinstance(PLAN.group, NewGroup)
NEW: NewGroup = PLAN.group
LONG = "x" * 255


def admitting(*sources: str) -> Plan:
    return replace(PLAN, group=replace(NEW, sources=tuple(Source(one) for one in sources)))


def asking(*purposes: str) -> Plan:
    return replace(PLAN, group=replace(NEW, ports=purposes))


def existing(*groups: str) -> Plan:
    return replace(PLAN, group=ExistingGroups(tuple(GroupId(one) for one in groups)))


def chosen(*subnets: str) -> Plan:
    return replace(PLAN, subnets=tuple(SubnetId(one) for one in subnets))


def linked(**endpoint: Any) -> dict[str, Any]:
    return {"service": LINKED, "network": network(endpoints=(our_endpoint(**endpoint),), groups=(our_group(),))}


Row = tuple[str, str, Plan, dict[str, Any], str]
OFFERED: list[Row] = [
    ("own-account", "blocker", PLAN, {"identity": Identity(OTHER, "arn"), "network": network(
        vpc=Vpc(VPC, "prod", ("10.0.0.0/16",), False, OTHER))}, f"Add account {OTHER}"),
    ("removed-accounts", "warning", PLAN, {"service": replace(READY, endpoints=(replace(PRIVATE, accounts=(
        ACCOUNT, OTHER)),))}, f"Keep {OTHER} allowed"),
    ("subnets", "blocker", chosen("subnet-000", "subnet-0bad"), {}, "Leave subnet-0bad out"),
    ("one-a-zone", "blocker", chosen("subnet-000", "subnet-009"), {"network": network(subnets=(*SUBNETS, TWIN))},
        "Leave private-0 (us-east-2a) out"),
    ("one-a-zone", "blocker", chosen("subnet-000", "subnet-009"), {
        "service": LINKED, "network": network(subnets=(*SUBNETS, TWIN), groups=(our_group(),), endpoints=(
            our_endpoint(subnets=frozenset({SUBNETS[0].id})),))}, "Leave private-9 (us-east-2a) out"),
    ("free-addresses", "blocker", PLAN, {"network": network(subnets=(FULL, *SUBNETS[1:], ROOMY))},
        "Take private-10 (us-east-2a) instead of private-0 (us-east-2a)"),
    ("free-addresses", "blocker", PLAN, {"network": network(subnets=(FULL, *SUBNETS[1:]))},
        "Leave private-0 (us-east-2a) out"),
    ("ipv4", "blocker", PLAN, {"network": network(subnets=(SUBNETS[0], SIX, SUBNETS[2]))},
        "Leave private-1 (us-east-2b) out"),
    ("zones", "warning", PLAN, {"endpoint_service": ONE_ZONE},
        "Leave private-1 (us-east-2b) and private-2 (us-east-2c) out"),
    ("zones", "blocker", chosen("subnet-001"), {"endpoint_service": ONE_ZONE},
        "Take private-0 (us-east-2a) instead of private-1 (us-east-2b)"),
    ("ports", "blocker", asking("readwrite", "sparksql"), {}, "Leave sparksql out"),
    ("rule-sources", "blocker", admitting("10.0.0.0/16", "sg-0bad", "pl-0bad"), {}, "Leave sg-0bad and pl-0bad out"),
    ("groups", "blocker", existing(GROUP, "sg-0bad"), {"network": network(groups=(TAKEN,))}, "Leave sg-0bad out"),
    ("group-name", "blocker", PLAN, {"network": network(groups=(TAKEN,))}, "Name it orders-prod-pl-2"),
    ("group-name", "blocker", PLAN, {"network": network(groups=(TAKEN, our_group(
        id=GroupId("sg-2"), name="Orders-prod-PL-2", tags=())))}, "Name it orders-prod-pl-3"),
    ("endpoint", "blocker", PLAN, {"service": LINKED, "network": network(
        endpoints=(our_endpoint(groups=frozenset({GroupId("sg-9")})),),
        groups=(our_group(id=GroupId("sg-9"), name="x"),))}, "Take the groups that vpce-1 has"),
    ("endpoint", "blocker", PLAN, linked(subnets=frozenset({SUBNETS[1].id})), "Take the subnets that vpce-1 has"),
    ("vpc-dns", "blocker", PLAN, {"network": network(dns=VpcDns(True, False))},
        "Switch enableDnsHostnames on in the whole VPC"),
    ("private-zone", "blocker", PLAN, {"private_zones": (ZONE,)},
        "Do without private DNS: the name stays that zone's"),
]  # fmt: skip
NOT_OFFERED: list[tuple[str, Plan, dict[str, Any]]] = [
    ("subnets", chosen("subnet-0bad"), {}),
    ("free-addresses", chosen("subnet-000"), {"network": network(subnets=(FULL,))}),
    ("zones", PLAN, {"endpoint_service": replace(VISIBLE, zone_ids=frozenset({ZoneId("use2-az9")}))}),
    ("ports", asking("sparksql"), {}),
    ("rule-sources", admitting("sg-0bad"), {}),
    ("groups", existing("sg-0bad"), {}),
    ("endpoint", PLAN, linked(state="failed")),
    ("endpoint", PLAN, linked(groups=frozenset())),
    ("endpoint", PLAN, linked(groups=frozenset({GroupId("sg-gone")}))),  # would be another blocker
    ("vpc-dns", PLAN, {"network": network(dns=VpcDns(False, False), vpc=Vpc(VPC, "x", (), False, OTHER))}),
    ("private-zone", PLAN, {"private_zones": (replace(ZONE, owner=OTHER),)}),
    ("private-zone", PLAN, {"private_zones": (replace(ZONE, owner="vpce.amazonaws.com"),)}),
    ("private-name", PLAN, {"network": network(endpoints=(our_endpoint(
        id=EndpointId("vpce-9"), private_dns=True, dns_names=(FQDN,)),))}),
    ("anywhere", admitting("0.0.0.0/0"), {}),
    ("interruption", PLAN, {}),
]  # fmt: skip


def told(check: str, plan: Plan, found: Situation) -> Finding:
    return next(finding for finding in preflight(plan, found) if finding.id == check and finding.level != "ok")


@pytest.mark.parametrize(("check", "level", "plan", "facts", "label"), OFFERED)
def test_what_is_offered(check: str, level: str, plan: Plan, facts: dict[str, Any], label: str) -> None:
    found = situation(**facts)
    finding = told(check, plan, found)
    offer = remedy(finding, plan, found)
    assert offer is not None
    assert (finding.level, offer.label) == (level, label)
    assert offer.done.endswith(".")
    helps(offer, finding, plan, found)


def test_every_row_of_the_table_is_shown_here() -> None:
    assert {(check, level) for check, level, *_ in OFFERED} == set(REMEDIES)


@pytest.mark.parametrize(("check", "plan", "facts"), NOT_OFFERED)
def test_what_is_not_offered(check: str, plan: Plan, facts: dict[str, Any]) -> None:
    found = situation(**facts)
    assert remedy(told(check, plan, found), plan, found) is None


def test_a_name_of_full_length_makes_room_for_its_number() -> None:
    long = replace(PLAN, group=replace(NEW, name=LONG))
    found = situation(network=network(groups=(our_group(name=LONG, tags=()),)))
    offer = remedy(told("group-name", long, found), long, found)
    assert offer is not None
    assert isinstance(offer.plan.group, NewGroup)
    assert len(offer.plan.group.name) <= 255


# ------------------------------------------------------------------------------------------ whatever is wrong


def helps(offer: Remedy, finding: Finding, plan: Plan, found: Situation) -> None:
    """What holds of every remedy that is offered."""
    before, after = preflight(plan, found), preflight(offer.plan, found)
    assert offer.plan != plan
    assert (finding.id, finding.level) not in {(each.id, each.level) for each in after}
    assert {each.id for each in after if each.level == "blocker"} <= {
        each.id for each in before if each.level == "blocker"
    }
    assert set(offer.plan.accounts) <= {*plan.accounts, *known_accounts(found)}
    if isinstance(plan.group, NewGroup) and isinstance(offer.plan.group, NewGroup):
        assert set(offer.plan.group.sources) <= set(plan.group.sources)
        assert set(offer.plan.group.ports) <= set(plan.group.ports)


def known_accounts(found: Situation) -> set[AccountId]:
    private = found.service.private
    return {found.identity.account, *(private.accounts if private else ())}


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(plans(), situations())
def test_in_whatever_situation(plan: Plan, found: Situation) -> None:
    for finding in preflight(plan, found):
        offer = remedy(finding, plan, found)
        if offer is not None:
            helps(offer, finding, plan, found)


Fault = Callable[[Plan, Situation], tuple[Plan, Situation]]


def in_plan(**changed: Any) -> Fault:
    return lambda plan, found: (replace(plan, **changed), found)


def in_group(**changed: Any) -> Fault:
    return lambda plan, found: (replace(plan, group=replace(NEW, **changed)), found)


def in_network(changed: Callable[[Network], Network]) -> Fault:
    def fault(plan: Plan, found: Situation) -> tuple[Plan, Situation]:
        return plan, replace(found, network=changed(found.network) if found.network else None)

    return fault


def in_service(changed: Callable[[Service], Service]) -> Fault:
    return lambda plan, found: (plan, replace(found, service=changed(found.service)))


def subnet(place: int, **changed: Any) -> Fault:
    def changing(there: Network) -> Network:
        subnets = list(there.subnets)
        subnets[place] = replace(subnets[place], **changed)
        return replace(there, subnets=tuple(subnets))

    return in_network(changing)


def served_in(*zones: int) -> Fault:
    ids = frozenset(SUBNETS[zone].zone.id for zone in zones)
    return lambda plan, found: (plan, replace(found, endpoint_service=replace(VISIBLE, zone_ids=ids)))


FAULTS: list[Fault] = [
    in_plan(accounts=(OTHER,)),
    in_plan(subnets=(SUBNETS[0].id, TWIN.id, SubnetId("subnet-0bad"))),
    in_group(ports=("readwrite", "sparksql")),
    in_group(sources=(Source("10.0.0.0/16"), Source("sg-0bad"))),
    in_network(lambda there: replace(there, groups=(TAKEN,))),
    in_network(lambda there: replace(there, dns=VpcDns(False, False))),
    in_network(lambda there: replace(there, subnets=(*there.subnets, TWIN))),
    in_network(lambda there: replace(there, endpoints=(our_endpoint(subnets=frozenset({SUBNETS[2].id})),))),
    subnet(0, free=0),
    subnet(1, ipv6_only=True),
    subnet(2, free=0),
    served_in(0),
    served_in(1, 2),
    in_service(lambda service: replace(service, endpoints=(replace(PRIVATE, accounts=(ACCOUNT, OTHER)),))),
    in_service(lambda service: replace(service, endpoints=(replace(PUBLIC, ports=PORTS[1:]),))),
    lambda plan, found: (plan, replace(found, private_zones=(ZONE,))),
]


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(FAULTS), max_size=5))
def test_of_several_faults_each_is_put_right_without_another(faults: list[Fault]) -> None:
    plan, found = PLAN, situation()
    for fault in faults:
        plan, found = fault(plan, found)
    while offers := [(one, remedy(one, plan, found)) for one in preflight(plan, found) if remedy(one, plan, found)]:
        finding, offer = offers[0]
        assert offer is not None
        helps(offer, finding, plan, found)
        plan = offer.plan
