"""Whole undos over the small world: what is gone, what is back, what is told, wherever either run was cut off."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.facts import AllowedAddress, Interface
from core.plan import ExistingGroups
from core.problems import Failed, NotAllowed, NotSignedIn, Passing, Problem, Unclear
from core.values import AccountId, EndpointId, GroupId, Region, VpcId
from core.work.events import CheckMade, ErrorTold, Event, Interrupted, Reachable, RunEnded, RunStarted, StepChanged
from core.work.history import runs
from core.work.jsonlines import as_json
from core.work.steps import STEPS
from core.work.steps.undo import UNDO_STEPS
from tests.work.fake import (
    ALLOWED,
    FQDN,
    LINKED,
    PLAN,
    PRIVATE,
    SERVICE,
    VISIBLE,
    FakeWorld,
    our_endpoint,
    our_group,
)
from tests.work.office import Office

OTHER = AccountId("210987654321")
HOME = AllowedAddress("198.51.100.0/24", "home")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "runs")


@pytest.fixture
async def linked(office: Office) -> Office:
    """A link that stands, made by a run of this machine."""
    assert (await office.apply()).status == "done"
    office.world.clock.elapsed += 3600
    return office


def nothing_is_left(office: Office) -> None:
    assert office.world.endpoint_list == []
    assert office.world.group_list == []


def as_before(office: Office) -> None:
    """Exactly what stood before the first run."""
    nothing_is_left(office)
    service = office.world.all[SERVICE]
    assert (service.status, [endpoint.mechanism for endpoint in service.endpoints]) == ("ready", ["nlb"])
    assert office.world.allowed[SERVICE] == ALLOWED


def stop_at(office: Office, step: str) -> None:
    """Ask to stop when that step is begun."""

    def hear(event: Event) -> None:
        if isinstance(event, StepChanged) and (event.step, event.state) == (step, "running"):
            office.stop.set()

    office.on_event = hear


def told(office: Office) -> ErrorTold:
    (error,) = office.told(ErrorTold)
    assert isinstance(error, ErrorTold)
    return error


# ------------------------------------------------------------------------------------------ the whole way


async def test_a_switch_that_was_refused_first_is_undone_behind_a_change_of_the_accounts(office: Office) -> None:
    office.world.fail_before["switch"] = [Failed("skysql.html", "No JSON.")]
    assert (await office.apply()).status == "failed"
    assert (await office.apply()).status == "done"
    wider = replace(PLAN, accounts=(*PLAN.accounts, OTHER))
    assert (await office.apply(wider)).status == "done"
    office.world.clock.elapsed += 3600
    assert (await office.undo(SERVICE)).status == "done"
    as_before(office)


async def test_an_undo_brings_back_what_was_before(linked: Office) -> None:
    link = linked.events[-1]
    assert isinstance(link, RunEnded)
    since = linked.world.clock.elapsed
    ended = await linked.undo()
    as_before(linked)
    assert as_json(ended) | {"at": "", "downtime_seconds": 0, "detail": ""} == {
        "event": "result",
        "at": "",
        "status": "done",
        "run": ended.run,
        "service_id": SERVICE,
        "endpoint_service": "",
        "vpc_endpoint_id": "",
        "security_group_id": "",
        "security_group_ids": [],
        "dns_names": [],
        "host": FQDN,
        "ports": {"readwrite": 3306, "readonly": 3307},
        "downtime_seconds": 0,
        "detail": "",
        "exit_code": 0,
        "kind": "undo",
        "removed": ["vpce-1", "sg-001"],
        "left": [],
    }
    assert "reached by its public address again" in ended.detail
    assert ended.downtime_seconds == linked.world.clock.elapsed - since
    assert [event.finding.title for event in linked.told(CheckMade)] == [
        "Switching orders-prod back interrupts it again."
    ]
    (started,) = linked.told(RunStarted)
    assert (started.kind, started.plan, started.resumed) == ("undo", "", False)
    assert linked.told(Reachable)[0].seconds == ended.downtime_seconds


async def test_it_does_so_in_the_order_it_promises(linked: Office) -> None:
    linked.world.calls.clear()
    await linked.undo()
    changes = [call for call in linked.world.calls if call in CHANGES]
    assert changes == ["delete_endpoint", "delete_group", "make_public", "set_allow_list"]
    deleted, gone = linked.world.calls.index("delete_group"), linked.world.calls.index("interfaces")
    assert gone < deleted
    states = {event.step: event.state for event in linked.told(StepChanged)}
    assert states == {
        step.id: "skipped" if step.id in ("vpc_dns_stays", "delete_group_at_last") else "done" for step in UNDO_STEPS
    }


CHANGES = ("delete_endpoint", "delete_group", "make_public", "set_allow_list", "switch")


@pytest.mark.parametrize(
    "refusal",
    [
        NotSignedIn("expired", "The login has ended.", remedy="Sign in again."),  # the run goes on
        Failed("skysql.refused", "No.", remedy="Look."),  # the next one is a new run
        Unclear("reset", "The connection broke.", remedy="Look.", wait=3600),  # nobody knows whether it took
    ],
    ids=["goes on", "another run", "unclear"],
)
async def test_who_was_allowed_after_a_switch_that_did_not_take_is_allowed_again(
    office: Office, refusal: Problem
) -> None:
    office.world.fail_before["switch"] = [refusal]
    assert (await office.apply()).status in ("failed", "waiting")
    office.world.allowed[SERVICE] = (*ALLOWED, HOME)
    office.world.clock.elapsed += 3600
    assert (await office.apply()).status == "done"
    assert (await office.undo()).status == "done"
    assert office.world.allowed[SERVICE] == (*ALLOWED, HOME)


async def test_undoing_again_changes_nothing(linked: Office) -> None:
    link = linked.events[-1]
    assert isinstance(link, RunEnded)
    undone = await linked.undo()
    linked.world.calls.clear()
    for wanted in (SERVICE, "orders-prod", link.run, undone.run):
        again = await linked.undo(wanted)
        assert (again.status, again.exit_code, again.run) == ("done", 0, ""), wanted
    assert not set(linked.world.calls) & set(CHANGES)
    unnamed = await linked.undo()
    assert (unnamed.exit_code, told(linked).code) == (2, "nothing-to-undo")
    as_before(linked)


async def test_after_an_undo_the_service_can_be_linked_and_undone_again(linked: Office) -> None:
    first = linked.events[-1]
    assert isinstance(first, RunEnded)
    await linked.undo()
    linked.world.allowed[SERVICE] = (HOME,)
    second = await linked.apply()
    assert second.status == "done"
    assert second.run != first.run
    await linked.undo()
    nothing_is_left(linked)
    assert linked.world.allowed[SERVICE] == (HOME,), "what stood before the second run, not before the first"


async def test_all_runs_since_are_undone_together(linked: Office) -> None:
    """A second run that allowed one account more took over what the first had made."""
    assert (await linked.apply(replace(PLAN, accounts=(*PLAN.accounts, OTHER)))).status == "done"
    ended = await linked.undo()
    assert ended.status == "done"
    as_before(linked)


# ------------------------------------------------------------------------------------------ wherever it was cut off


@pytest.mark.parametrize(
    "step", [step.id for step in UNDO_STEPS if step.id not in ("vpc_dns_stays", "delete_group_at_last")]
)
async def test_an_undo_cut_off_anywhere_ends_the_same_way(linked: Office, step: str) -> None:
    linked.world.calls.clear()
    stop_at(linked, step)
    first = await linked.undo()
    assert (first.status, first.exit_code) == ("interrupted", 130)
    assert f"skysql-privatelink resume {first.run}" in first.detail
    linked.on_event = lambda _: None
    linked.world.clock.elapsed += 1000
    second = await (linked.undo() if step != "interfaces" else linked.resume())
    assert (second.status, second.run) == ("done", first.run)
    as_before(linked)
    assert all(linked.world.count(change) == 1 for change in CHANGES[:-1])
    assert second.downtime_seconds is not None
    assert (second.downtime_seconds > 1000) == (step != "delete_endpoint")


@pytest.mark.parametrize("step", [step.id for step in STEPS if step.id != "vpc_dns"])
async def test_a_link_cut_off_anywhere_can_be_undone(office: Office, step: str) -> None:
    stop_at(office, step)
    assert (await office.apply()).status == "interrupted"
    office.on_event = lambda _: None
    ended = await office.undo(SERVICE)
    assert ended.status == "done", ended.detail
    as_before(office)
    switched = step not in ("group", "rules", "switch")
    assert office.world.count("make_public") == switched
    assert bool(office.told(Interrupted)) == switched


async def test_the_clock_of_an_interrupted_link_goes_on_in_the_undo(office: Office) -> None:
    stop_at(office, "endpoint")
    await office.apply()
    office.on_event = lambda _: None
    office.world.clock.elapsed += 5000
    ended = await office.undo()
    assert ended.downtime_seconds is not None
    assert ended.downtime_seconds > 5000


FAULTS: tuple[Problem, ...] = (Passing("p", "Slower."), Unclear("u", "No answer."))
LOOKS = ("find_endpoints", "interfaces", "find_groups", "group_use", "service", "allow_list")
CASES = [
    pytest.param(call, when, fault, id=f"{call}-{when}-{fault.code}")
    for call in LOOKS + CHANGES[:-1]
    for when in ("fail_before", "fail_after")
    for fault in FAULTS
    if when == "fail_before" or call in LOOKS or isinstance(fault, Unclear)
]


@pytest.mark.parametrize(("call", "when", "fault"), CASES)
async def test_as_before_whatever_passes(linked: Office, call: str, when: str, fault: Problem) -> None:
    def once_begun(event: Event) -> None:
        if isinstance(event, RunStarted):
            getattr(linked.world, when)[call] = [fault, fault]

    linked.on_event = once_begun
    ended = await linked.undo()
    assert ended.status == "done", ended.detail
    as_before(linked)


async def test_an_endpoint_asked_for_a_moment_ago_is_waited_for_and_deleted(office: Office) -> None:
    """The program was killed right after CreateVpcEndpoint went out; AWS does not show it yet."""
    stop_at(office, "available")
    await office.apply()
    office.on_event = lambda _: None
    office.world.hidden_until["endpoint"] = office.world.clock.elapsed + 30
    assert (await office.undo()).status == "done"
    as_before(office)


async def test_a_failed_undo_begins_anew_and_knows_what_it_found_before(linked: Office) -> None:
    linked.world.fail_before["make_public"] = [Failed("x", "No.")]
    first = await linked.undo()
    assert (first.status, first.exit_code) == ("failed", 1)
    nothing_is_left(linked)
    second = await linked.undo()
    assert second.status == "done"
    assert second.run != first.run
    as_before(linked)


# ------------------------------------------------------------------------------------------ what is not ours to change


async def test_a_service_that_was_private_before_keeps_its_mechanism(office: Office) -> None:
    office.world = FakeWorld(replace(LINKED, endpoints=(replace(PRIVATE, accounts=(OTHER,)),)))
    office.world.visible = VISIBLE
    assert (await office.apply()).status == "done"
    ended = await office.undo()
    assert (ended.status, ended.downtime_seconds) == ("done", None)
    assert "drop" in office.told(CheckMade)[0].finding.title
    nothing_is_left(office)
    private = office.world.all[SERVICE].private
    assert private is not None
    assert private.accounts == (OTHER,)
    assert office.world.count("make_public") == office.world.count("set_allow_list") == 0
    assert office.told(Interrupted) == []


async def test_a_service_whose_side_nobody_changed_stays_as_it_is(office: Office) -> None:
    office.world = FakeWorld(LINKED)
    office.world.visible = VISIBLE
    assert (await office.apply()).status == "done"
    assert (await office.undo()).status == "done"
    nothing_is_left(office)
    assert office.world.all[SERVICE] == LINKED


async def test_an_adopted_endpoint_and_a_chosen_group_stay_and_are_told(office: Office) -> None:
    office.world = FakeWorld(LINKED)
    office.world.visible = VISIBLE
    office.world.group_list = [our_group(tags=())]
    office.world.endpoint_list = [our_endpoint(tags=(), id=EndpointId("vpce-9"))]
    plan = replace(PLAN, group=ExistingGroups((GroupId("sg-001"),)), accounts=(*PLAN.accounts, OTHER))
    assert (await office.apply(plan)).status == "done"
    ended = await office.undo()
    assert ended.status == "done"
    assert ended.left == ("vpce-9 in vpc-0123 was not made by this program: it stays.",)
    assert len(office.world.endpoint_list) == len(office.world.group_list) == 1
    assert office.world.count("delete_endpoint") == office.world.count("delete_group") == 0
    assert office.world.all[SERVICE] == LINKED


async def test_a_service_deleted_meanwhile_is_told_and_aws_is_tidied_all_the_same(linked: Office) -> None:
    linked.world.all.clear()
    for wanted in ("", "orders-prod"):
        ended = await linked.undo(wanted)
        assert ended.status == "done"
        assert not wanted or ended.run == ""
        assert linked.told(Reachable) == []
    nothing_is_left(linked)
    assert linked.world.count("make_public") == 0


async def test_a_group_that_somebody_uses_holds_up_no_client(linked: Office) -> None:
    used_by = Interface("eni-2", "interface", instance="i-0123")
    linked.world.worn[GroupId("sg-001")] = (used_by,)
    ended = await linked.undo()
    assert (ended.status, ended.exit_code) == ("waiting", 5)
    assert "worn by eni-2 (i-0123)" in told(linked).message
    assert linked.world.allowed[SERVICE] == ALLOWED, "clients are back before it is waited for any longer"
    assert ended.downtime_seconds == linked.told(Reachable)[0].seconds
    assert "cannot be reached" not in ended.detail
    linked.world.worn.clear()
    again = await linked.resume()
    assert (again.status, again.run) == ("done", ended.run)
    as_before(linked)


async def test_a_missing_right_to_delete_the_group_keeps_no_client_waiting(linked: Office) -> None:
    denied = NotAllowed("aws.UnauthorizedOperation", "AWS does not allow ec2:DeleteSecurityGroup.")
    linked.world.fail_before["delete_group"] = [denied, denied]
    ended = await linked.undo()
    assert (ended.status, ended.exit_code) == ("waiting", 4)
    assert linked.world.allowed[SERVICE] == ALLOWED
    assert ended.downtime_seconds
    again = await linked.resume()
    assert (again.status, again.run) == ("done", ended.run)
    as_before(linked)


async def test_what_somebody_makes_anew_meanwhile_is_not_fought_over(linked: Office) -> None:
    stop_at(linked, "switch_back")
    first = await linked.undo()
    linked.on_event = lambda _: None
    linked.world.endpoint_list = [our_endpoint(id=EndpointId("vpce-7"))]
    second = await linked.undo()
    assert (second.status, second.run) == ("failed", first.run)
    assert told(linked).code == "taken-back"
    assert linked.world.count("delete_endpoint") == 1
    assert (await linked.undo()).status == "done", "a new run is a new decision"
    as_before(linked)


# ------------------------------------------------------------------------------------------ on another machine


@pytest.fixture
async def elsewhere(linked: Office, tmp_path: Path) -> Office:
    """The same world from a machine without a journal."""
    linked.folder = tmp_path / "elsewhere"
    return linked


@pytest.mark.parametrize("wanted", [SERVICE, "orders-prod"])
async def test_without_a_journal_the_former_allowlist_is_asked_for(elsewhere: Office, wanted: str) -> None:
    ended = await elsewhere.undo(wanted)
    assert (ended.status, ended.exit_code) == ("waiting", 5)
    assert [event.finding.id for event in elsewhere.told(CheckMade)] == ["interrupts", "former-allow-list"]
    error = told(elsewhere)
    assert error.code == "allow-list-unknown"
    assert f"undo {SERVICE} --allow CIDR" in error.remedy
    nothing_is_left(elsewhere)
    assert elsewhere.world.all[SERVICE].private is None
    again = await elsewhere.undo(wanted, HOME)
    assert (again.status, again.run) == ("done", ended.run)
    assert elsewhere.world.allowed[SERVICE] == (HOME,)
    assert again.downtime_seconds is not None


async def test_what_is_given_at_once_needs_no_second_run(elsewhere: Office) -> None:
    assert (await elsewhere.undo(SERVICE, HOME)).status == "done"
    assert elsewhere.world.allowed[SERVICE] == (HOME,)


async def test_what_is_given_is_remembered(elsewhere: Office) -> None:
    stop_at(elsewhere, "allow_list")
    await elsewhere.undo(SERVICE, HOME)
    elsewhere.on_event = lambda _: None
    assert (await elsewhere.resume()).status == "done"
    assert elsewhere.world.allowed[SERVICE] == (HOME,)


async def test_a_list_that_somebody_has_filled_is_as_good(elsewhere: Office) -> None:
    await elsewhere.undo(SERVICE)
    elsewhere.world.allowed[SERVICE] = (HOME,)
    assert (await elsewhere.resume()).status == "done"
    assert elsewhere.world.allowed[SERVICE] == (HOME,)


async def test_a_machine_that_only_went_on_with_the_link_knows_no_list_either(office: Office, tmp_path: Path) -> None:
    stop_at(office, "endpoint")
    await office.apply()
    office.on_event = lambda _: None
    office.folder = tmp_path / "elsewhere"
    assert (await office.apply()).status == "done"
    ended = await office.undo()
    assert told(office).code == "allow-list-unknown"
    assert ended.status == "waiting"
    assert office.world.all[SERVICE].private is None


async def test_a_list_that_is_known_is_not_replaced(linked: Office) -> None:
    ended = await linked.undo("", HOME)
    assert (ended.exit_code, told(linked).code) == (2, "allow-not-wanted")
    assert linked.world.count("delete_endpoint") == 0


async def test_a_service_that_no_tag_and_no_journal_tells_of_is_left_alone(office: Office) -> None:
    office.world = FakeWorld(LINKED)
    ended = await office.undo(SERVICE)
    assert (ended.status, ended.run) == ("done", "")
    assert "nothing to undo" in ended.detail
    assert not office.folder.exists()


async def test_half_an_undo_of_another_machine_is_told_and_ended_by_saying_who_may_connect(office: Office) -> None:
    office.world = FakeWorld(LINKED)  # the endpoint and the group are gone, and so are their tags
    told = await office.undo("orders-prod")
    assert "was cut off on another machine" in told.detail
    assert f"undo {SERVICE} --allow CIDR" in told.detail
    ended = await office.undo("orders-prod", *ALLOWED)
    assert ended.status == "done"
    public = office.world.all[SERVICE].public
    assert public is not None
    assert office.world.allowed[SERVICE] == ALLOWED


async def test_tags_alone_are_enough_where_the_service_is_gone(elsewhere: Office) -> None:
    elsewhere.world.all.clear()
    assert (await elsewhere.undo(SERVICE)).exit_code == 1
    assert told(elsewhere).code == "service-not-found"
    assert (await elsewhere.undo(SERVICE, region=PLAN.region)).status == "done"
    nothing_is_left(elsewhere)


# ------------------------------------------------------------------------------------------ what forbids


async def test_a_link_of_another_account_is_not_half_undone(linked: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.work.fake.ACCOUNT", OTHER)
    ended = await linked.undo()
    assert (ended.status, ended.exit_code, told(linked).code) == ("blocked", 3, "other-account")
    assert linked.world.count("delete_endpoint") == 0


async def test_a_region_that_is_not_enabled(linked: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.work.fake.REGION", Region("eu-west-1"))
    assert (await linked.undo()).exit_code == 3
    assert told(linked).code == "region-enabled"


async def test_other_links_of_the_service_are_not_cut_off_unasked(linked: Office) -> None:
    other = our_endpoint(id=EndpointId("vpce-8"), vpc=VpcId("vpc-other"))
    linked.world.endpoint_list.append(other)
    ended = await linked.undo()
    assert (ended.exit_code, told(linked).code) == (3, "other-links")
    assert "vpce-8" in told(linked).message
    assert (await linked.undo(SERVICE)).status == "done"
    as_before(linked)


async def test_a_right_that_is_missing_comes_out_before_anything_is_changed(linked: Office) -> None:
    linked.world.fail_before["group_use"] = [NotAllowed("aws.UnauthorizedOperation", "Not allowed.")]
    ended = await linked.undo()
    assert (ended.exit_code, ended.run) == (4, "")
    assert linked.world.count("delete_endpoint") == 0


@pytest.mark.parametrize(("wanted", "code"), [("nobody", "service-not-found"), ("20200101-000000-ffff", "no-such-run")])
async def test_what_is_not_there(office: Office, wanted: str, code: str) -> None:
    assert (await office.undo(wanted)).exit_code == 1
    assert told(office).code == code


async def test_a_plan_is_not_applied_over_half_an_undo(linked: Office) -> None:
    stop_at(linked, "delete_group")
    first = await linked.undo()
    linked.on_event = lambda _: None
    ended = await linked.apply()
    assert (ended.status, ended.exit_code) == ("blocked", 3)
    assert told(linked).code == "unfinished-undo"
    assert "unfinished at “Delete security group”" in told(linked).message
    assert f"resume {first.run}" in told(linked).remedy
    assert (await linked.resume()).status == "done"
    assert (await linked.apply()).status == "done"


async def test_an_undo_that_changed_nothing_stands_in_nobodys_way(linked: Office) -> None:
    stop_at(linked, "delete_endpoint")
    await linked.undo()
    linked.on_event = lambda _: None
    assert (await linked.apply()).status == "done"


@pytest.mark.parametrize("wanted", ["", "orders-prod", SERVICE, "run"])
async def test_what_a_newer_version_recorded_is_left_to_it(linked: Office, wanted: str) -> None:
    (past,) = runs(linked.folder)
    past.journal.write_text(past.journal.read_text().replace('"v": 1', '"v": 2'))
    ended = await linked.undo(past.run if wanted == "run" else wanted)
    assert (ended.exit_code, told(linked).code) == (3, "journal-newer")
    assert linked.world.endpoint_list


async def test_an_undo_waits_for_nobody_who_holds_the_lock(linked: Office) -> None:
    from core.work.lock import locked

    with locked(linked.folder, SERVICE, linked.world.clock):
        ended = await linked.undo()
    assert (ended.exit_code, told(linked).code) == (3, "locked")


# ------------------------------------------------------------------------------------------ an own cloud account

EMPTY = Failed("skysql.refused", "SkySQL refused this (status 400).", cause="SkySQL says: “allow_list is empty”")


async def test_where_a_public_service_needs_a_list_it_is_filled_first(linked: Office) -> None:
    def refuses() -> None:
        if not linked.world.allowed[SERVICE]:
            raise EMPTY

    linked.world.at_call["make_public"] = refuses
    assert (await linked.undo()).status == "done"
    as_before(linked)


async def test_and_where_nobody_knows_the_list_it_says_so(elsewhere: Office) -> None:
    def refuses() -> None:
        if not elsewhere.world.allowed[SERVICE]:
            raise EMPTY

    elsewhere.world.at_call["make_public"] = refuses
    ended = await elsewhere.undo(SERVICE)
    assert (ended.exit_code, told(elsewhere).code) == (5, "allow-list-unknown")
    assert (await elsewhere.undo(SERVICE, HOME)).status == "done"


# ------------------------------------------------------------------------------------------ going on


async def test_a_link_is_resumed_from_what_its_journal_keeps(office: Office) -> None:
    stop_at(office, "available")
    first = await office.apply()
    office.on_event = lambda _: None
    again = await office.resume()
    assert (again.status, again.run) == ("done", first.run)


async def test_a_link_whose_plan_is_gone_can_still_be_undone(office: Office) -> None:
    stop_at(office, "available")
    await office.apply()
    office.on_event = lambda _: None
    runs(office.folder)[0].plan.unlink()
    assert (await office.resume()).exit_code == 1
    assert told(office).code == "no-kept-plan"
    assert (await office.undo()).status == "done"
    as_before(office)


async def test_the_dns_attributes_a_run_switched_on_stay_and_are_told(office: Office) -> None:
    office.world.vpc_dns_state = replace(office.world.vpc_dns_state, hostnames=False)
    await office.apply(replace(PLAN, enable_vpc_dns=True))
    ended = await office.undo()
    assert any(line.startswith("enableDnsHostnames stay on") for line in ended.left)
    assert office.world.vpc_dns_state.ready
