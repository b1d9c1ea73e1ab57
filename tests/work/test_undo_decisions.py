"""Every step of an undo, for every state of the other side, words nobody knows included."""

from dataclasses import replace
from typing import Any

import pytest

from core.facts import AllowedAddress, GroupUse, Interface, Service, ServiceEndpoint, VpcEndpoint
from core.problems import Failed, NotAllowed, Waiting
from core.undo import Undo, WayBack
from core.values import AccountId, EndpointId, GroupId, RunId, VpcId
from core.work.decisions import Act, Decision, Done, Known, Stop, Wait
from core.work.steps import STEPS
from core.work.steps.step import Sides
from core.work.steps.undo import UNDO_STEPS, endpoint_states
from core.work.steps.undo.allow_list import AllowList
from core.work.steps.undo.endpoint import DeleteEndpoint
from core.work.steps.undo.group import DeleteGroup, DeleteGroupAtLast, Held
from core.work.steps.undo.interfaces import Interfaces
from core.work.steps.undo.mechanism import SwitchBack
from core.work.steps.undo.of_service import SkySQLSight
from core.work.steps.undo.ready import ReadyAgain
from core.work.steps.undo.step import Undoing
from core.work.steps.undo.vpc_dns import VpcDnsStays
from tests.work.fake import (
    ACCOUNT,
    ALLOWED,
    ENDPOINT,
    GROUP,
    LINKED,
    NAME,
    PRIVATE,
    PUBLIC,
    READY,
    REGION,
    SERVICE,
    VPC,
    FakeWorld,
    our_endpoint,
    our_group,
)
from tests.work.test_decisions import (
    ENDPOINT_STATES,
    OTHER_ENDPOINT_STATES,
    OTHER_SERVICE_STATES,
    SERVICE_STATES,
    word,
)

OTHER, THIRD = AccountId("210987654321"), AccountId("333333333333")
HOME = AllowedAddress("198.51.100.0/24", "home")
WAS_PUBLIC = Undo(
    SERVICE, "orders-prod", ACCOUNT, REGION, VPC, (RunId("20261122-130700-3f9a"),), "public", (PUBLIC,),
    accounts=(ACCOUNT,), endpoints=(ENDPOINT,), groups=(GROUP,), endpoint_service=NAME,
)  # fmt: skip
WAS_PRIVATE = replace(WAS_PUBLIC, back="accounts", former=(replace(PRIVATE, accounts=(OTHER,)),))
UNTOUCHED = replace(WAS_PUBLIC, back="nothing", former=())
UNKNOWN = replace(WAS_PUBLIC, former=(), runs=())


def job(undo: Undo = WAS_PUBLIC, known: Known | None = None, unsettled: tuple[str, ...] = ()) -> Undoing:
    return Undoing(RunId("20261123-090000-0001"), undo, frozenset(unsettled), known or Known())


def left(decision: Decision) -> str:
    assert isinstance(decision, Done)
    return " ".join(decision.known.left)


def test_steps_are_told_apart_from_each_other_and_from_those_of_a_link() -> None:
    ids = [step.id for step in UNDO_STEPS]
    assert len(set(ids) | {step.id for step in STEPS}) == len(UNDO_STEPS) + len(STEPS)
    assert all(step.title and step.usual and step.side in ("skysql", "aws") for step in UNDO_STEPS)
    order = ["delete_endpoint", "interfaces", "delete_group", "switch_back", "ready_again", "allow_list"]
    assert [each for each in ids if each in order] == order


# ------------------------------------------------------------------------------------------ the endpoint

DELETION = {
    "pendingacceptance": f"act delete {ENDPOINT}",
    "pending": f"act delete {ENDPOINT}",
    "available": f"act delete {ENDPOINT}",
    "partial": f"act delete {ENDPOINT}",
    "rejected": f"act delete {ENDPOINT}",
    "expired": f"act delete {ENDPOINT}",
    "failed": f"act delete {ENDPOINT}",
    "deleting": "wait 1800",
    "deleted": "done",
    "frozen": "wait 900",
    "": "wait 900",
}
UNMARKED: tuple[tuple[str, str], ...] = ()


def test_the_table_holds_every_known_state() -> None:
    assert set(endpoint_states.TABLE) == set(ENDPOINT_STATES)


@pytest.mark.parametrize("state", ENDPOINT_STATES + OTHER_ENDPOINT_STATES)
def test_an_endpoint_of_ours_goes(state: str) -> None:
    assert word(DeleteEndpoint().decide((our_endpoint(state),), job())) == DELETION[state]


@pytest.mark.parametrize("state", ENDPOINT_STATES + OTHER_ENDPOINT_STATES)
def test_one_that_somebody_else_made_stays_and_is_told(state: str) -> None:
    other = our_endpoint(state, id=EndpointId("vpce-9"), tags=UNMARKED)
    decision = DeleteEndpoint().decide((other,), job())
    assert isinstance(decision, Done)
    told = "vpce-9 in vpc-0123 was not made by this program: it stays and stops working when SkySQL is switched back."
    assert decision.known.left == (() if state in ("deleting", "deleted") else (told,))
    assert "vpce-9" not in decision.known.removed


@pytest.mark.parametrize(
    ("endpoint", "undo", "expected"),
    [
        (our_endpoint(), WAS_PUBLIC, "act delete vpce-1"),
        (our_endpoint(tags=UNMARKED), WAS_PUBLIC, "act delete vpce-1"),  # ours by the journal
        (our_endpoint(id=EndpointId("vpce-2")), WAS_PUBLIC, "act delete vpce-2"),  # ours by its tags
        (our_endpoint(id=EndpointId("vpce-2"), tags=UNMARKED), WAS_PUBLIC, "done"),
        (our_endpoint(id=EndpointId("vpce-2"), tags=(("skysql:service-id", "another"),)), WAS_PUBLIC, "done"),
        (our_endpoint(vpc=VpcId("vpc-other")), WAS_PUBLIC, "done"),
        (our_endpoint(vpc=VpcId("vpc-other")), replace(WAS_PUBLIC, vpc=None), "act delete vpce-1"),
    ],
)
def test_what_is_ours(endpoint: VpcEndpoint, undo: Undo, expected: str) -> None:
    assert word(DeleteEndpoint().decide((endpoint,), job(undo))) == expected


@pytest.mark.parametrize("state", ["available", "pending", "partial", "pendingacceptance", "rejected", "failed"])
@pytest.mark.parametrize("undo", [WAS_PUBLIC, WAS_PRIVATE, UNTOUCHED])
def test_when_deleting_it_cuts_the_service_off(state: str, undo: Undo) -> None:
    """Where the service stays private, others may go on using it: nobody can say that it cannot be reached."""
    decision = DeleteEndpoint().decide((our_endpoint(state),), job(undo))
    assert isinstance(decision, Act)
    carries = state in ("available", "pending", "partial")
    assert decision.interrupts == (carries and undo is WAS_PUBLIC)
    assert ("connections through it drop" in decision.detail) == carries


def test_all_are_being_deleted_before_one_is_waited_for() -> None:
    two = (our_endpoint("deleting"), our_endpoint("rejected", id=EndpointId("vpce-2")))
    assert word(DeleteEndpoint().decide(two, job())) == "act delete vpce-2"


def test_what_was_asked_for_a_moment_ago_may_still_show() -> None:
    decision = DeleteEndpoint().decide((), job(unsettled=("endpoint",)))
    assert isinstance(decision, Wait)
    assert decision.otherwise is not None
    assert word(DeleteEndpoint().decide((our_endpoint(),), job(unsettled=("endpoint",)))) == "act delete vpce-1"
    assert word(DeleteEndpoint().decide((), job(unsettled=("group",)))) == "done"


def test_what_is_gone_is_known_to_the_steps_after() -> None:
    decision = DeleteEndpoint().decide((), job())
    assert isinstance(decision, Done)
    assert decision.known.removed == (ENDPOINT,)
    assert word(DeleteEndpoint().decide((), job(replace(UNKNOWN, endpoints=())))) == "done"


# ------------------------------------------------------------------------------------------ interfaces and group

AWSS_OWN = Interface("eni-1", "vpc_endpoint", f"VPC Endpoint Interface {ENDPOINT}")
AN_INSTANCES = Interface("eni-2", "interface", instance="i-0123")


def test_interfaces() -> None:
    step, after = Interfaces(), job(known=Known(removed=(ENDPOINT,)))
    assert not step.skip(after)
    assert step.skip(job())
    assert word(step.decide((), after)) == "done"
    decision = step.decide((AWSS_OWN,), after)
    assert isinstance(decision, Wait)
    assert "eni-1" in decision.detail
    assert decision.otherwise is not None, "clients are not kept waiting for AWS to tidy up"
    assert "eni-1" in left(decision.otherwise)


def held(*interfaces: Interface, groups: tuple[GroupId, ...] = (), **group: Any) -> Held:
    return Held(our_group(**group), GroupUse(interfaces, groups))


@pytest.mark.parametrize(
    ("sight", "expected", "words"),
    [
        ((), "done", "sg-001 gone"),
        ((held(),), f"act delete {GROUP}", "Delete security group sg-001 “orders-prod-pl”"),
        ((held(AWSS_OWN),), "wait 300", "eni-1 (VPC Endpoint Interface vpce-1)"),
        ((held(AN_INSTANCES),), "wait 300", "worn by eni-2 (i-0123)"),
        ((held(groups=(GroupId("sg-777"),)),), "wait 300", "named in a rule of sg-777"),
        ((held(AN_INSTANCES), held(id=GroupId("sg-002"))), "act delete sg-002", "sg-002"),
    ],
)
@pytest.mark.parametrize("step", [DeleteGroup(), DeleteGroupAtLast()], ids=["first", "at last"])
def test_group(step: DeleteGroup, sight: tuple[Held, ...], expected: str, words: str) -> None:
    decision = step.decide(sight, job())
    assert word(decision) == expected
    assert not isinstance(decision, Stop)
    assert words in decision.detail


def test_a_group_in_use_keeps_no_client_waiting_but_is_tried_again_at_last() -> None:
    first = DeleteGroup().decide((held(AN_INSTANCES),), job())
    assert isinstance(first, Wait)
    assert isinstance(first.otherwise, Done)
    assert first.otherwise.known.held == (GROUP,)
    assert not DeleteGroupAtLast().skip(job(known=first.otherwise.known))
    last = DeleteGroupAtLast().decide((held(AN_INSTANCES),), job())
    assert isinstance(last, Wait)
    assert last.otherwise is None
    assert DeleteGroupAtLast().skip(job())


def test_a_group_that_was_there_before_is_told_to_stay() -> None:
    decision = DeleteGroup().decide((), job(replace(WAS_PUBLIC, groups=(), used=(GroupId("sg-9"),))))
    assert isinstance(decision, Done)
    assert decision.detail == "sg-9 was there before: it stays."


def test_a_group_that_was_asked_for_a_moment_ago_may_still_show() -> None:
    assert word(DeleteGroup().decide((), job(unsettled=("group",)))) == "wait 60"


def test_the_vpcs_dns_attributes_stay_on_and_are_told() -> None:
    step, switched = VpcDnsStays(), job(replace(WAS_PUBLIC, vpc_dns=("enableDnsSupport", "enableDnsHostnames")))
    assert step.skip(job())
    assert not step.skip(switched)
    assert left(step.decide(None, switched)).startswith("enableDnsSupport and enableDnsHostnames stay on: they are for")


# ------------------------------------------------------------------------------------------ SkySQL's side

STATUSES = SERVICE_STATES + OTHER_SERVICE_STATES
BACK = {
    # status: (private, public already)
    "ready": ("act public", "done"),
    "failed": ("stop service-failed", "stop service-failed"),
    "stopped": ("stop service-stopped", "stop service-stopped"),
    "retired": ("done", "done"),
    "pending_create": ("wait 3600", "done"),
    "pending_modifying": ("wait 3600", "done"),
    "pending_upgrading": ("wait 3600", "done"),
    "pending": ("wait 3600", "done"),
    "hibernating": ("wait 1800", "done"),
    "": ("wait 1800", "done"),
}


def switching(service: Service | None, undo: Undo = WAS_PUBLIC, known: Known | None = None, **sight: Any) -> Decision:
    return SwitchBack().decide(SkySQLSight(service, **sight), job(undo, known))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize(("column", "endpoint"), enumerate((PRIVATE, PUBLIC)))
def test_switch_back(status: str, column: int, endpoint: ServiceEndpoint) -> None:
    assert word(switching(replace(READY, status=status, endpoints=(endpoint,)))) == BACK[status][column]


@pytest.mark.parametrize("status", STATUSES)
def test_a_service_that_lists_no_endpoint_is_waited_for(status: str) -> None:
    expected = {"ready": "wait 600", "failed": "stop service-failed", "stopped": "stop service-stopped"}
    expected["retired"] = "done"
    assert word(switching(replace(READY, status=status, endpoints=()))) == expected.get(status, "wait 3600")


def test_the_switch_back_interrupts_and_is_not_sent_for_ever() -> None:
    decision = switching(LINKED)
    assert isinstance(decision, Act)
    assert decision.interrupts
    assert SwitchBack.sendings == AllowList.sendings == 2


def test_a_service_that_was_deleted_is_told_and_costs_nothing() -> None:
    for step in (SwitchBack(), ReadyAgain(), AllowList()):
        decision = step.decide(SkySQLSight(None), job())
        assert left(decision) == "orders-prod does not exist any more: there is nothing to put back."


@pytest.mark.parametrize(
    ("now", "former", "ours", "expected"),
    [
        ((ACCOUNT,), (OTHER,), (ACCOUNT,), (OTHER,)),
        ((ACCOUNT, OTHER), (OTHER,), (ACCOUNT, OTHER), (OTHER,)),
        ((OTHER,), (OTHER,), (ACCOUNT,), "done"),
        ((ACCOUNT,), (ACCOUNT,), (ACCOUNT,), "done"),
        ((ACCOUNT, THIRD), (OTHER,), (ACCOUNT,), (OTHER, THIRD)),  # somebody allowed a third since
        ((OTHER, THIRD), (OTHER,), (ACCOUNT,), "done"),
        ((ACCOUNT, THIRD), (OTHER,), (), (OTHER,)),  # what the runs allowed is not known any more
        ((ACCOUNT,), (), (ACCOUNT,), ()),
    ],
)
def test_former_accounts_are_put_back(
    now: tuple[AccountId, ...], former: tuple[AccountId, ...], ours: tuple[AccountId, ...], expected: Any
) -> None:
    undo = replace(WAS_PRIVATE, former=(replace(PRIVATE, accounts=former),), accounts=ours)
    decision = switching(replace(LINKED, endpoints=(replace(PRIVATE, accounts=now),)), undo)
    if expected == "done":
        assert word(decision) == "done"
        return
    assert isinstance(decision, Act)
    assert not decision.interrupts
    assert decision.detail.startswith(f"Allow {' and '.join(expected) or 'no account'} and nobody else")


def test_a_service_that_was_private_and_that_somebody_made_public_is_left() -> None:
    assert left(switching(READY, WAS_PRIVATE)) == "Somebody has made orders-prod public since: it stays so."


def test_what_was_not_changed_is_not_put_back() -> None:
    for step in (SwitchBack(), ReadyAgain(), AllowList()):
        assert step.skip(job(UNTOUCHED))
        assert not step.skip(job(WAS_PUBLIC))
    assert not SwitchBack().skip(job(WAS_PRIVATE))
    assert AllowList().skip(job(WAS_PRIVATE))


# an organization that may not be public with an empty list

REFUSED = Failed("skysql.refused", "SkySQL refused this (status 400).", cause="SkySQL says: “allow_list is empty”")
AFTER_REFUSAL = Known(refused=REFUSED)


@pytest.mark.parametrize(
    ("undo", "listed", "expected"),
    [
        (WAS_PUBLIC, (), "act allow"),
        (WAS_PUBLIC, ALLOWED, "act public"),
        (replace(UNKNOWN, allow=(HOME,)), (), "act allow"),
        (replace(UNKNOWN, allow=(HOME,)), (HOME,), "act public"),
        (UNKNOWN, (), "stop allow-list-unknown"),
        (replace(WAS_PUBLIC, former=(replace(PUBLIC, allow_list=()),)), (), "stop allow-list-unknown"),
    ],
)
def test_where_the_switch_is_refused_the_list_is_filled_first(
    undo: Undo, listed: tuple[AllowedAddress, ...], expected: str
) -> None:
    assert word(switching(LINKED, undo, AFTER_REFUSAL, allow_list=listed)) == expected


def test_a_second_refusal_is_the_end_with_both_told() -> None:
    step, second = SwitchBack(), Failed("skysql.refused", "No.", cause="SkySQL says: “not used with privateconnect”")
    learnt = step.after_refusal(REFUSED, job())
    assert learnt is not None
    assert learnt.refused is REFUSED
    with pytest.raises(Failed) as caught:
        step.after_refusal(second, job(known=learnt))
    assert caught.value.code == "switch-back-refused"
    assert "allow_list is empty" in caught.value.cause
    assert "not used with privateconnect" in caught.value.cause


@pytest.mark.parametrize("undo", [WAS_PUBLIC, WAS_PRIVATE])
def test_other_refusals_teach_nothing(undo: Undo) -> None:
    assert SwitchBack().after_refusal(NotAllowed("skysql.not-allowed", "No right."), job(undo)) is None
    assert (SwitchBack().after_refusal(REFUSED, job(undo)) is None) == (undo is WAS_PRIVATE)


# ------------------------------------------------------------------------------------------ ready, and the allowlist

READINESS = {
    "ready": "done",
    "failed": "stop service-failed",
    "stopped": "stop service-stopped",
    "retired": "done",
    "pending_create": "wait 3600",
    "pending_modifying": "wait 3600",
    "pending_upgrading": "wait 3600",
    "pending": "wait 3600",
    "hibernating": "wait 1800",
    "": "wait 1800",
}


@pytest.mark.parametrize("status", STATUSES)
def test_ready_again(status: str) -> None:
    assert word(ReadyAgain().decide(SkySQLSight(replace(READY, status=status)), job())) == READINESS[status]


@pytest.mark.parametrize(
    ("service", "back", "expected"),
    [
        (LINKED, "public", "wait 300"),
        (replace(READY, endpoints=()), "public", "wait 300"),
        (LINKED, "accounts", "done"),
        (READY, "public", "done"),
    ],
)
def test_ready_means_reached_as_before(service: Service, back: WayBack, expected: str) -> None:
    decision = ReadyAgain().decide(SkySQLSight(service), job(replace(WAS_PUBLIC, back=back)))
    assert word(decision) == expected
    if isinstance(decision, Done):
        assert decision.known.host == (READY.fqdn if back == "public" else "")


EMPTY_BEFORE = replace(WAS_PUBLIC, former=(replace(PUBLIC, allow_list=()),))
BARE = (AllowedAddress("203.0.113.7", "somebody typed it anew"),)


@pytest.mark.parametrize(
    ("undo", "now", "expected"),
    [
        (WAS_PUBLIC, (), "act allow"),
        (WAS_PUBLIC, ALLOWED, "done"),
        (WAS_PUBLIC, BARE, "done"),
        (WAS_PUBLIC, (*ALLOWED, HOME), "done"),
        (WAS_PUBLIC, (HOME,), "act allow"),
        (EMPTY_BEFORE, (), "done"),
        (EMPTY_BEFORE, (HOME,), "done"),
        (replace(EMPTY_BEFORE, allow=(HOME,)), (), "act allow"),
        (UNKNOWN, (), "stop allow-list-unknown"),
        (UNKNOWN, (HOME,), "done"),
        (replace(UNKNOWN, allow=(HOME,)), (), "act allow"),
        (replace(UNKNOWN, allow=(HOME,)), (HOME,), "done"),
        (replace(WAS_PUBLIC, allow=(HOME,)), ALLOWED, "done"),  # it replaces an unknown list alone
    ],
)
def test_allow_list(undo: Undo, now: tuple[AllowedAddress, ...], expected: str) -> None:
    assert word(AllowList().decide(SkySQLSight(READY, now), job(undo))) == expected


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("now", [(), ALLOWED])
def test_an_allowlist_counts_once_the_service_is_ready(status: str, now: tuple[AllowedAddress, ...]) -> None:
    decision = word(AllowList().decide(SkySQLSight(replace(READY, status=status), now), job()))
    assert decision == (READINESS[status] if status != "ready" or now else "act allow")


async def test_what_somebody_has_added_meanwhile_stays_on_the_list() -> None:
    world = FakeWorld(READY)
    world.allowed[SERVICE] = (HOME,)
    sides = Sides(world.skysql, await world.aws(REGION))
    await AllowList().act(sides, job(), await AllowList().look(sides, job()), "allow")
    assert world.allowed[SERVICE] == (*ALLOWED, HOME)


def test_an_unknown_list_is_told_with_both_ways_out() -> None:
    decision = AllowList().decide(SkySQLSight(READY, ()), job(UNKNOWN))
    assert isinstance(decision, Stop)
    problem = decision.problem
    assert isinstance(problem, Waiting)
    assert "Nobody can connect to orders-prod" in problem.what
    assert f"skysql-privatelink undo {SERVICE} --allow CIDR=COMMENT" in problem.remedy
    assert "portal" in problem.remedy
