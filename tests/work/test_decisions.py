"""Every step's decision for every state of the other side, words nobody knows included."""

from dataclasses import replace
from typing import Any

import pytest

from core.facts import EndpointService, Port, Rule, SecurityGroup, Service, VpcDns, VpcEndpoint
from core.plan import ExistingGroups
from core.values import AccountId, EndpointId, GroupId, Source, ZoneId
from core.work.decisions import Act, Decision, Done, Stop, Wait
from core.work.steps import STEPS, endpoint, endpoint_states, private_dns, service_states
from core.work.steps.available import Available
from core.work.steps.endpoint import Endpoint, EndpointSight, request
from core.work.steps.group import Group
from core.work.steps.private_dns import PrivateDns, PrivateDnsSight
from core.work.steps.ready import Ready
from core.work.steps.rules import Rules, RulesSight
from core.work.steps.switch import Switch
from core.work.steps.visible import Visible
from core.work.steps.vpc_dns import VpcDnsOn
from tests.work.fake import (
    ACCOUNT,
    ENDPOINT,
    FQDN,
    GROUP,
    KNOWN,
    LINKED,
    NAME,
    OURS,
    PLAN,
    PRIVATE,
    PUBLIC,
    READY,
    VISIBLE,
    job,
    our_endpoint,
    our_group,
)

SERVICE_STATES = ("ready", "failed", "stopped", "retired", "pending_create", "pending_modifying")
OTHER_SERVICE_STATES = ("pending_upgrading", "pending", "hibernating", "")
ENDPOINT_STATES = (
    "pendingacceptance",
    "pending",
    "available",
    "rejected",
    "expired",
    "failed",
    "deleting",
    "deleted",
    "partial",
)
OTHER_ENDPOINT_STATES = ("frozen", "")


def word(decision: Decision) -> str:
    """A decision in a word or two: `wait 3600`, `act switch`, `stop service-failed`, `done`."""
    match decision:
        case Act(change=change):
            return f"act {change}"
        case Wait(patience=patience):
            return f"wait {patience:.0f}"
        case Stop(problem=problem):
            return f"stop {problem.code}"
        case Done():
            return "done"


def test_the_tables_hold_every_known_state() -> None:
    assert set(service_states.TABLE) == set(SERVICE_STATES)
    assert set(endpoint_states.TABLE) == set(ENDPOINT_STATES)
    assert set(endpoint.TABLE) == set(ENDPOINT_STATES)
    assert set(private_dns.VERIFICATION) == {"verified", "pendingverification", "failed", ""}


def test_steps_are_told_apart_and_say_what_they_are() -> None:
    assert len({step.id for step in STEPS}) == len(STEPS)
    assert all(step.title and step.usual and step.side in ("skysql", "aws") for step in STEPS)
    order = [step.id for step in STEPS]
    assert order.index("rules") < order.index("switch") < order.index("endpoint") < order.index("private_dns")


# ------------------------------------------------------------------------------------------ SkySQL's side

SWITCH = {
    # status: (public, private with other accounts, right already)
    "ready": ("act switch", "act accounts", "done"),
    "failed": ("stop service-failed",) * 3,
    "stopped": ("stop service-stopped",) * 3,
    "retired": ("stop service-retired",) * 3,
    "pending_create": ("wait 3600", "wait 3600", "done"),
    "pending_modifying": ("wait 3600", "wait 3600", "done"),
    "pending_upgrading": ("wait 3600", "wait 3600", "done"),
    "pending": ("wait 3600", "wait 3600", "done"),
    "hibernating": ("wait 1800", "wait 1800", "done"),
    "": ("wait 1800", "wait 1800", "done"),
}
OTHERS = replace(PRIVATE, accounts=(ACCOUNT, AccountId("210987654321")))


@pytest.mark.parametrize("status", SERVICE_STATES + OTHER_SERVICE_STATES)
@pytest.mark.parametrize(("column", "stands"), enumerate((PUBLIC, OTHERS, PRIVATE)))
def test_switch(status: str, column: int, stands: Any) -> None:
    decision = Switch().decide(replace(READY, status=status, endpoints=(stands,)), job())
    assert word(decision) == SWITCH[status][column]


@pytest.mark.parametrize("status", SERVICE_STATES + OTHER_SERVICE_STATES)
def test_a_service_that_lists_no_endpoint_is_not_switched(status: str) -> None:
    """What it has is not known: it may be private already, and a switch would interrupt it."""
    decision = Switch().decide(replace(READY, status=status, endpoints=()), job())
    assert word(decision) == ("wait 600" if status == "ready" else SWITCH[status][0])


def test_switch_keeps_what_stood_and_says_that_it_interrupts() -> None:
    decision = Switch().decide(READY, job())
    assert isinstance(decision, Act)
    assert decision.interrupts
    assert decision.former == (PUBLIC,)
    accounts = Switch().decide(replace(READY, endpoints=(OTHERS,)), job())
    assert isinstance(accounts, Act)
    assert not accounts.interrupts


def test_switch_finds_the_private_endpoint_wherever_it_stands_and_by_either_word() -> None:
    for mechanism in ("privateconnect", "privatelink"):
        both = (PUBLIC, replace(PRIVATE, mechanism=mechanism))
        assert word(Switch().decide(replace(READY, endpoints=both), job())) == "done"


READINESS = {
    "ready": "done",
    "failed": "stop service-failed",
    "stopped": "stop service-stopped",
    "retired": "stop service-retired",
    "pending_create": "wait 3600",
    "pending_modifying": "wait 3600",
    "pending_upgrading": "wait 3600",
    "pending": "wait 3600",
    "hibernating": "wait 1800",
    "": "wait 1800",
}


@pytest.mark.parametrize("status", SERVICE_STATES + OTHER_SERVICE_STATES)
def test_ready(status: str) -> None:
    assert word(Ready().decide(replace(LINKED, status=status), job())) == READINESS[status]


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        (replace(LINKED, endpoints=()), "wait 300"),
        (READY, "wait 300"),
        (replace(LINKED, endpoints=(replace(PRIVATE, endpoint_service=None),)), "wait 1800"),
        (replace(LINKED, endpoints=(replace(PRIVATE, ports=(Port("readwrite", 4006),)),)), "stop ports-moved"),
        (replace(LINKED, endpoints=(replace(PRIVATE, ports=()),)), "done"),
    ],
)  # fmt: skip
def test_ready_wants_a_private_endpoint_with_a_name(service: Service, expected: str) -> None:
    assert word(Ready().decide(service, job())) == expected


def test_ready_finds_out_endpoint_service_and_ports() -> None:
    decision = Ready().decide(LINKED, job(known=replace(KNOWN, endpoint_service=None, ports=())))
    assert isinstance(decision, Done)
    assert decision.known.endpoint_service == NAME
    assert [port.number for port in decision.known.ports] == [3306, 3307]


def test_unknown_states_are_named() -> None:
    decision = Ready().decide(replace(LINKED, status="hibernating"), job())
    assert isinstance(decision, Wait)
    assert "hibernating" in decision.detail
    assert "hibernating" in decision.overdue


# ------------------------------------------------------------------------------------------ the VPC


@pytest.mark.parametrize(
    ("dns", "expected"),
    [
        (VpcDns(False, False), "act enableDnsSupport"),
        (VpcDns(False, True), "act enableDnsSupport"),
        (VpcDns(True, False), "act enableDnsHostnames"),
        (VpcDns(True, True), "done"),
    ],
)
def test_vpc_dns(dns: VpcDns, expected: str) -> None:
    assert word(VpcDnsOn().decide(dns, job())) == expected
    assert VpcDnsOn().skip(job())
    assert not VpcDnsOn().skip(job(replace(PLAN, enable_vpc_dns=True)))


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ((), "act create"),
        ((our_group(name="another"),), "act create"),
        ((our_group(),), "done"),
        ((our_group(name="Orders-Prod-PL"),), "done"),
        ((our_group(tags=()),), "stop group-name-taken"),
        ((our_group(name="ORDERS-PROD-PL", tags=()),), "stop group-name-taken"),
        ((our_group(tags=(("skysql:service-id", "dbpgf2"), OURS[1])),), "stop group-name-taken"),
    ],
)  # fmt: skip
def test_group(groups: tuple[SecurityGroup, ...], expected: str) -> None:
    assert word(Group().decide(groups, job())) == expected


def test_existing_groups_are_only_looked_for() -> None:
    plan = replace(PLAN, group=ExistingGroups((GROUP, GroupId("sg-002"))))
    assert word(Group().decide((our_group(tags=()),), job(plan))) == "stop group-not-found"
    both = (our_group(tags=()), our_group(id=GroupId("sg-002"), tags=()))
    decision = Group().decide(both, job(plan))
    assert isinstance(decision, Done)
    assert decision.known.group_ids == (GROUP, "sg-002")
    assert Rules().skip(job(plan))


RULE = Rule("tcp", 3306, 3306, Source("10.0.0.0/16"))


@pytest.mark.parametrize(
    ("group", "service", "expected"),
    [
        (None, READY, "wait 300"),
        (our_group(rules=()), READY, "act authorize"),
        (our_group(rules=(replace(RULE, source=Source("10.1.0.0/16")),)), READY, "act authorize"),
        (our_group(rules=(replace(RULE, protocol="udp"),)), READY, "act authorize"),
        (our_group(), READY, "done"),
        (our_group(rules=(replace(RULE, protocol="-1", first=-1, last=-1),)), READY, "done"),
        (our_group(rules=(replace(RULE, first=3000, last=4000),)), READY, "done"),
        (our_group(), replace(READY, status="pending_modifying", endpoints=()), "wait 3600"),
        (our_group(), replace(READY, endpoints=()), "wait 3600"),
        (our_group(), replace(READY, endpoints=(replace(PUBLIC, ports=PUBLIC.ports[1:]),)), "stop no-such-port"),
    ],
)
def test_rules(group: SecurityGroup | None, service: Service, expected: str) -> None:
    assert word(Rules().decide(RulesSight(group, service), job())) == expected


# ------------------------------------------------------------------------------------------ the endpoint


def test_visible() -> None:
    assert word(Visible().decide(None, job())) == "wait 900"
    assert word(Visible().decide(VISIBLE, job())) == "done"


ADOPTION = {
    "pendingacceptance": "done",
    "pending": "done",
    "available": "done",
    "partial": "done",
    "rejected": "stop endpoint-rejected",
    "expired": "stop endpoint-expired",
    "failed": "stop endpoint-failed",
    "deleting": "act create",
    "deleted": "act create",
    "frozen": "done",
    "": "done",
}


@pytest.mark.parametrize("state", ENDPOINT_STATES + OTHER_ENDPOINT_STATES)
def test_endpoint(state: str) -> None:
    assert word(Endpoint().decide(EndpointSight(VISIBLE, (our_endpoint(state),)), job())) == ADOPTION[state]


@pytest.mark.parametrize("state", ENDPOINT_STATES)
def test_somebody_elses_lost_endpoint_is_nothing_to_us(state: str) -> None:
    decision = Endpoint().decide(EndpointSight(VISIBLE, (our_endpoint(state, tags=()),)), job())
    lost = state in ("rejected", "expired", "failed", "deleting", "deleted")
    assert word(decision) == ("act create" if lost else "done")


def test_ours_is_adopted_before_others_and_a_usable_one_before_a_lost_one() -> None:
    other = our_endpoint(id=EndpointId("vpce-0"), tags=())
    decision = Endpoint().decide(EndpointSight(VISIBLE, (other, our_endpoint())), job())
    assert isinstance(decision, Done)
    assert decision.known.endpoint == ENDPOINT
    decision = Endpoint().decide(EndpointSight(VISIBLE, (our_endpoint("failed"), other)), job())
    assert isinstance(decision, Done)
    assert decision.known.endpoint == "vpce-0"
    assert "not made by this program" in decision.detail


@pytest.mark.parametrize("state", ["pendingacceptance", "pending", "available", "partial", "frozen"])
@pytest.mark.parametrize("lacking", [{"groups": frozenset()}, {"subnets": frozenset(PLAN.subnets[:2])}])
def test_an_endpoint_that_differs_is_not_fought_over(state: str, lacking: dict[str, Any]) -> None:
    decision = Endpoint().decide(EndpointSight(VISIBLE, (our_endpoint(state, **lacking),)), job())
    assert word(decision) == "stop endpoint-differs"


def zones(*ids: str) -> EndpointService:
    return replace(VISIBLE, zone_ids=frozenset(ZoneId(one) for one in ids), zone_names=frozenset())


def test_zones_the_service_lacks_are_left_out_and_told() -> None:
    sight = EndpointSight(zones("use2-az1", "use2-az3"), ())
    decision = Endpoint().decide(sight, job())
    assert isinstance(decision, Act)
    assert "us-east-2b" in decision.detail
    assert request(sight, job()).subnets == (PLAN.subnets[0], PLAN.subnets[2])
    adopted = replace(our_endpoint(), subnets=frozenset((PLAN.subnets[0], PLAN.subnets[2])))
    assert word(Endpoint().decide(EndpointSight(sight.service, (adopted,)), job())) == "done"


@pytest.mark.parametrize(
    ("service", "expected"),
    [(None, "wait 900"), (zones("use2-az9"), "stop no-common-zone"), (zones(), "act create"), (VISIBLE, "act create")],
)
def test_no_endpoint_yet(service: EndpointService | None, expected: str) -> None:
    assert word(Endpoint().decide(EndpointSight(service, ()), job())) == expected


def test_the_token_follows_from_what_is_asked() -> None:
    sight = EndpointSight(VISIBLE, ())
    token = request(sight, job()).token
    assert token == request(sight, job()).token
    assert len(token) <= 64
    assert token.isascii()
    assert token.startswith("20261122-130700-3f9a-endpoint-")
    others = (
        request(EndpointSight(VISIBLE, (our_endpoint("deleted"),)), job()),
        request(EndpointSight(zones("use2-az1"), ()), job()),
        request(sight, job(replace(PLAN, tags=()))),
        request(sight, job(known=replace(KNOWN, group_ids=(GroupId("sg-002"),)))),
    )
    assert len({token, *(other.token for other in others)}) == 5


def test_everything_made_carries_the_tags() -> None:
    assert dict(request(EndpointSight(VISIBLE, ()), job()).tags) == {
        "Name": "orders-prod",
        "skysql:service-id": "dbpgf00000001",
        "skysql:run-id": "20261122-130700-3f9a",
        "managed-by": "skysql-privatelink",
        "team": "payments",
    }


AVAILABILITY = {
    "pendingacceptance": "wait 300",
    "pending": "wait 1800",
    "available": "done",
    "partial": "wait 900",
    "rejected": "stop endpoint-rejected",
    "expired": "stop endpoint-expired",
    "failed": "stop endpoint-failed",
    "deleting": "stop endpoint-gone",
    "deleted": "stop endpoint-gone",
    "frozen": "wait 1800",
    "": "wait 1800",
}


@pytest.mark.parametrize("state", ENDPOINT_STATES + OTHER_ENDPOINT_STATES)
def test_available(state: str) -> None:
    assert word(Available().decide(our_endpoint(state), job())) == AVAILABILITY[state]


def test_an_endpoint_that_is_not_listed_yet_is_waited_for() -> None:
    assert word(Available().decide(None, job())) == "wait 300"


def test_a_failed_endpoint_shows_what_aws_says() -> None:
    decision = Available().decide(our_endpoint("failed", last_error="InternalError: no capacity"), job())
    assert isinstance(decision, Stop)
    assert "no capacity" in decision.problem.cause
    assert ENDPOINT in decision.problem.remedy


def test_pending_acceptance_says_whom_one_waits_for() -> None:
    decision = Available().decide(our_endpoint("pendingacceptance"), job())
    assert isinstance(decision, Wait)
    assert "Waiting on SkySQL" in decision.overdue


def test_the_regional_name_comes_first_and_is_for_clients_without_private_dns() -> None:
    base = "vpce-1-x{}.vpce-svc-0123.us-east-2.vpce.amazonaws.com"
    names = (FQDN, base.format("-us-east-2b"), base.format("-us-east-2a"), base.format(""))
    decision = Available().decide(our_endpoint(dns_names=names), job())
    assert isinstance(decision, Done)
    assert decision.known.dns_names == (base.format(""), base.format("-us-east-2a"), base.format("-us-east-2b"), FQDN)
    assert decision.known.host == base.format("")
    on = Available().decide(our_endpoint(dns_names=names, private_dns=True), job())
    assert isinstance(on, Done)
    assert on.known.host == FQDN


# ------------------------------------------------------------------------------------------ private DNS

ON = VpcDns(True, True)


def dns_decision(
    found: VpcEndpoint | None, service: EndpointService | None = VISIBLE, vpc: VpcDns = ON, **plan: Any
) -> str:
    return word(PrivateDns().decide(PrivateDnsSight(found, service, vpc), job(replace(PLAN, **plan))))


@pytest.mark.parametrize("state", ENDPOINT_STATES + OTHER_ENDPOINT_STATES)
@pytest.mark.parametrize("on", [True, False])
def test_private_dns_wants_the_endpoint_available(state: str, on: bool) -> None:
    expected = AVAILABILITY[state] if state != "available" or on else "act enable"
    assert dns_decision(our_endpoint(state, private_dns=on)) == expected


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("verified", "act enable"),
        ("", "act enable"),
        ("pendingVerification", "wait 1800"),
        ("failed", "stop private-dns-failed"),
        ("pondering", "wait 1800"),
    ],
)
def test_private_dns_waits_for_the_verification(state: str, expected: str) -> None:
    assert dns_decision(our_endpoint(), replace(VISIBLE, private_dns_state=state)) == expected


def test_what_else_private_dns_needs() -> None:
    assert dns_decision(None) == "wait 300"
    assert dns_decision(our_endpoint(), None) == "wait 900"
    assert dns_decision(our_endpoint(), replace(VISIBLE, private_dns_name="")) == "wait 600"
    off = VpcDns(True, False)
    assert dns_decision(our_endpoint(), vpc=off) == "stop vpc-dns-off"
    assert dns_decision(our_endpoint(), vpc=off, enable_vpc_dns=True) == "wait 300"
    assert PrivateDns().skip(job(replace(PLAN, private_dns=False)))


EXISTING = replace(PLAN, group=ExistingGroups((GroupId("sg-002"),)))
NO_PORT = RulesSight(our_group(), replace(READY, endpoints=(replace(PUBLIC, ports=PUBLIC.ports[1:]),)))
STOPS: list[tuple[Decision, str]] = [
    (Group().decide((our_group(tags=()),), job()), "access"),
    (Group().decide((our_group(),), job(EXISTING)), "access"),
    (Rules().decide(NO_PORT, job()), "access"),
    (Endpoint().decide(EndpointSight(zones("use2-az9"), ()), job()), "network"),
    (PrivateDns().decide(PrivateDnsSight(our_endpoint(), VISIBLE, VpcDns(True, False)), job()), "endpoint"),
    (PrivateDns().decide(PrivateDnsSight(our_endpoint(), replace(VISIBLE, private_dns_state="failed"), ON), job()),
     "endpoint"),
    (Ready().decide(replace(READY, status="retired"), job()), "service"),
    (Ready().decide(replace(READY, status="failed"), job()), ""),
    (Available().decide(our_endpoint("rejected"), job()), ""),
]  # fmt: skip


@pytest.mark.parametrize(("decision", "page"), STOPS, ids=[word(decision) for decision, _ in STOPS])
def test_what_stops_a_run_says_on_which_page_it_is_put_right(decision: Decision, page: str) -> None:
    assert isinstance(decision, Stop)
    assert decision.problem.page == page


def test_the_step_says_what_was_seen() -> None:
    sight = PrivateDnsSight(our_endpoint(), replace(VISIBLE, private_dns_state="pendingVerification"), ON)
    assert PrivateDns().state(sight, job()) == "available, name pendingVerification"
    assert PrivateDns().state(replace(sight, endpoint=None), job()) == "not listed"
    assert Endpoint().state(EndpointSight(VISIBLE, ()), job()) == "none"
    assert Visible().state(None, job()) == "not visible"


@pytest.mark.parametrize("state", ENDPOINT_STATES + OTHER_ENDPOINT_STATES)
def test_every_state_of_an_endpoint_is_told_with_what_to_do(state: str) -> None:
    match Available().decide(our_endpoint(state), job()):
        case Stop(problem=problem):
            assert problem.cause.endswith(".")
            assert problem.remedy.endswith(".")
        case Wait(overdue=overdue, detail=detail):
            assert detail.endswith((".", "looking on."))
            assert overdue.endswith(".")
