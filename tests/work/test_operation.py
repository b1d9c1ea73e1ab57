"""Whole runs through `apply` and `check`: what is told in which order, and how each end is told."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.facts import PrivateZone
from core.plan import ExistingGroups, parse_plan
from core.problems import Failed, NotAllowed, NotSignedIn, NotYet, Passing, Problem, Unclear
from core.values import AccountId, GroupId, ServiceId
from core.work.events import CheckMade, ErrorTold, Event, Interrupted, RunEnded, RunStarted, Seen, StepChanged
from core.work.history import read_run, runs
from core.work.jsonlines import as_json
from core.work.lock import locked
from core.work.progress import begin, fold
from core.work.steps import STEPS
from tests.work.fake import (
    ACCOUNT,
    FQDN,
    LINKED,
    NAME,
    PLAN,
    READY,
    SERVICE,
    VISIBLE,
    FakeWorld,
    our_endpoint,
    our_group,
)
from tests.work.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "runs")


def names(events: list[Event]) -> list[str]:
    """The JSON lines' names in order, repetitions folded."""
    found = [str(as_json(event)["event"]) for event in events]
    return [name for at, name in enumerate(found) if at == 0 or found[at - 1] != name]


async def test_a_run_tells_in_the_contracts_order(office: Office) -> None:
    ended = await office.apply()
    assert (ended.status, ended.exit_code) == ("done", 0)
    assert names(office.events)[:3] == ["run", "check", "step"]
    assert names(office.events)[-2:] == ["reachable", "result"]
    assert as_json(ended) == {
        "event": "result",
        "at": as_json(ended)["at"],
        "status": "done",
        "run": ended.run,
        "service_id": SERVICE,
        "endpoint_service": NAME,
        "vpc_endpoint_id": "vpce-1",
        "security_group_id": "sg-001",
        "security_group_ids": ["sg-001"],
        "dns_names": ["vpce-1-x.vpce-svc-0123.us-east-2.vpce.amazonaws.com"],
        "host": FQDN,
        "ports": {"readwrite": 3306, "readonly": 3307},
        "downtime_seconds": round(office.world.clock.elapsed, 3),
        "detail": f"Clients connect to {FQDN}.",
        "exit_code": 0,
        "kind": "link",
    }


async def test_the_run_keeps_plan_and_journal(office: Office) -> None:
    await office.apply()
    (started,) = office.told(RunStarted)
    assert parse_plan(Path(started.plan).read_text()) == replace(PLAN, service=SERVICE)
    past = read_run(Path(started.journal))
    assert past is not None
    assert (past.status, past.outage) == ("done", None)
    assert past.former == READY.endpoints


async def test_applying_again_changes_nothing(office: Office) -> None:
    first = await office.apply()
    changed = [call for call in office.world.calls if call.startswith(("create", "authorize", "switch", "enable"))]
    second = await office.apply()
    assert (second.status, second.exit_code, second.downtime_seconds) == ("done", 0, None)
    assert second.run != first.run
    assert second.vpc_endpoint_id == first.vpc_endpoint_id
    assert [
        call for call in office.world.calls if call.startswith(("create", "authorize", "switch", "enable"))
    ] == changed


async def test_a_blocker_blocks_before_anything_is_written(office: Office) -> None:
    ended = await office.apply(replace(PLAN, accounts=(AccountId("210987654321"),)))
    assert (ended.status, ended.exit_code, ended.run) == ("blocked", 3, "")
    assert names(office.events) == ["run", "check", "error", "result"]
    assert office.told(ErrorTold)[0].page == "accounts"
    assert not office.folder.exists()


async def test_what_lasts_too_long_keeps_its_page_and_its_policy(office: Office) -> None:
    lasting = Passing("x", "No answer.", page="access", paste='{"Statement": []}')
    office.world.fail_before["create_group"] = [lasting] * 100
    assert (await office.apply()).status == "waiting"
    (error,) = office.told(ErrorTold)
    assert (error.page, error.paste) == ("access", '{"Statement": []}')


async def test_check_changes_and_writes_nothing(office: Office) -> None:
    ended = await office.check()
    assert (ended.status, ended.exit_code, ended.run) == ("done", 0, "")
    assert names(office.events) == ["run", "check", "result"]
    blocked = await office.check(replace(PLAN, accounts=(AccountId("210987654321"),)))
    assert (blocked.status, blocked.exit_code) == ("blocked", 3)
    assert not office.folder.exists()


@pytest.mark.parametrize(
    ("problem", "exit_code"),
    [
        (NotSignedIn("aws.NoCredentials", "No credentials."), 4),
        (NotAllowed("aws.UnauthorizedOperation", "Not allowed."), 4),
        (Passing("aws.RequestLimitExceeded", "Slower."), 1),
        (Failed("skysql.html", "Not what it should be."), 1),
    ],
)
async def test_a_survey_that_fails_is_told(office: Office, problem: Problem, exit_code: int) -> None:
    for verb in (office.apply, office.check):
        office.world.fail_before["network"] = [problem] * 20
        ended = await verb()
        assert (ended.status, ended.exit_code) == ("failed", exit_code)
        assert office.told(ErrorTold)[0].code == problem.code
        assert "Nothing was changed" in ended.detail


async def test_a_survey_waits_for_what_passes(office: Office) -> None:
    office.world.fail_before["network"] = [Passing("aws.RequestLimitExceeded", "Slower.")] * 4
    assert (await office.check()).status == "done"
    assert office.world.clock.slept == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("nothing", "service-not-found", "sees 2 services"),
        ("orders", "service-not-found", "orders-prod (dbpgf00000001)"),
        ("twin", "service-ambiguous", "a-1 and a-2"),
    ],
)
async def test_which_service_is_meant(office: Office, name: str, code: str, words: str) -> None:
    twins = [replace(READY, id=ServiceId(f"a-{n}"), name="twin") for n in (1, 2)]
    office.world = FakeWorld(*(twins if name == "twin" else [READY, twins[0]]))
    ended = await office.check(replace(PLAN, service=name))
    (error,) = office.told(ErrorTold)
    assert error.code == code
    assert words in error.cause
    assert ended.exit_code == (2 if code == "service-ambiguous" else 1)


async def test_a_service_is_found_by_its_id_too(office: Office) -> None:
    assert (await office.check(replace(PLAN, service=SERVICE))).status == "done"


async def test_private_zones_and_groups_are_read_for_the_checks(office: Office) -> None:
    office.world.private_zones = (PrivateZone("Z1", FQDN, ACCOUNT),)
    ended = await office.check()
    assert ended.status == "blocked"
    assert [event.finding.id for event in office.told(CheckMade) if event.finding.level == "blocker"] == [
        "private-zone"
    ]
    assert office.world.count("groups_in_region") == 1
    await office.check(replace(PLAN, group=ExistingGroups((GroupId("sg-1"),))))
    assert office.world.count("groups_in_region") == 1, "a plan that makes no group needs no room for one"


async def test_a_region_that_is_not_enabled_is_not_asked(office: Office) -> None:
    ended = await office.check(replace(PLAN, region="eu-west-1"))  # type: ignore[arg-type]
    assert ended.status == "blocked"
    assert {event.finding.id for event in office.told(CheckMade) if event.finding.level == "blocker"} == {
        "same-region",
        "region-enabled",
    }


@pytest.mark.parametrize("verb", ["apply", "check"])
async def test_a_stop_does_not_wait_for_the_survey(office: Office, monkeypatch: pytest.MonkeyPatch, verb: str) -> None:
    """Reads are tried for minutes where a side is silent: ctrl-c must not be."""

    async def silent(*_: object) -> None:
        office.stop.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("tests.work.fake.FakeAws.network", silent)
    ended: RunEnded = await getattr(office, verb)()
    assert (ended.status, ended.exit_code, ended.run) == ("interrupted", 130, "")
    assert not office.folder.exists()


# ------------------------------------------------------------------------------------------ going on


async def interrupted(office: Office, step: str = "ready") -> RunEnded:
    """A run that was stopped when it first saw something at that step."""
    office.on_event = lambda event: office.stop.set() if isinstance(event, Seen) and event.step == step else None
    ended = await office.apply()
    office.on_event = lambda _: None
    assert (ended.status, ended.exit_code) == ("interrupted", 130)
    return ended


async def test_an_interrupted_run_says_what_stands_and_how_to_go_on(office: Office) -> None:
    ended = await interrupted(office)
    assert "Standing: security group sg-001." in ended.detail
    assert "cannot be reached until the link is done" in ended.detail
    assert f"skysql-privatelink resume {ended.run}" in ended.detail


@pytest.mark.parametrize("step", [step.id for step in STEPS if step.id != "vpc_dns"])
async def test_the_same_plan_goes_on_with_the_unfinished_run(office: Office, step: str) -> None:
    first = await interrupted(office, step)
    office.world.clock.elapsed += 1000
    second = await office.apply()
    assert (second.status, second.run) == ("done", first.run)
    assert office.told(RunStarted)[0].resumed
    assert len(office.world.group_list) == len(office.world.endpoint_list) == 1
    assert office.world.count("switch") == 1
    assert second.downtime_seconds is not None
    assert (second.downtime_seconds > 1000) == (step not in ("group", "rules", "switch"))


async def test_the_plan_by_name_and_by_id_are_the_same(office: Office) -> None:
    first = await interrupted(office)
    assert (await office.apply(replace(PLAN, service=SERVICE))).run == first.run


async def test_another_plan_is_refused_while_one_is_unfinished(office: Office) -> None:
    first = await interrupted(office)
    started = office.told(RunStarted)[0]
    ended = await office.apply(replace(PLAN, endpoint_name="other"))
    assert (ended.status, ended.exit_code) == ("blocked", 3)
    (error,) = office.told(ErrorTold)
    assert error.code == "unfinished-run"
    assert first.run in error.message
    assert started.plan in error.remedy
    assert started.journal in error.remedy, "a plan that can never be finished must not lock the service for good"


async def test_a_newer_journal_stands_in_the_way_of_its_own_service_alone(office: Office) -> None:
    first = await interrupted(office)
    journal = Path(office.told(RunStarted)[0].journal)
    journal.write_text(journal.read_text().replace('"v": 1', '"v": 2'))
    ended = await office.apply()
    assert (ended.status, ended.exit_code) == ("blocked", 3)
    (error,) = office.told(ErrorTold)
    assert error.code == "journal-newer"
    assert first.run in error.message
    assert "every other" in error.remedy
    office.world = FakeWorld(replace(READY, id=ServiceId("another"), name="another"))
    assert (await office.apply(replace(PLAN, service="another"))).status == "done"


async def test_an_unfinished_run_that_changed_nothing_stands_in_nobodys_way(office: Office) -> None:
    await interrupted(office, "group")
    assert not office.world.group_list
    assert (await office.apply(replace(PLAN, endpoint_name="other"))).status == "done"


async def test_a_lost_sign_in_ends_at_a_safe_point_and_goes_on(office: Office) -> None:
    office.world.fail_before["create_endpoint"] = [NotSignedIn("aws.ExpiredToken", "The sign-in has expired.")]
    first = await office.apply()
    assert (first.status, first.exit_code) == ("waiting", 4)
    assert f"Go on with: skysql-privatelink resume {first.run}" in first.detail
    second = await office.apply()
    assert (second.status, second.run) == ("done", first.run)


async def test_after_a_failure_a_new_run_knows_since_when_the_service_is_out(office: Office) -> None:
    office.world.fail_before["create_endpoint"] = [Failed("aws.VpcEndpointLimitExceeded", "No room.")]
    first = await office.apply()
    assert (first.status, first.exit_code) == ("failed", 1)
    failed_at = office.world.clock.elapsed
    second = await office.apply(replace(PLAN, endpoint_name="other"))
    assert second.status == "done"
    assert second.run != first.run
    assert office.told(Interrupted)
    assert second.downtime_seconds is not None
    assert second.downtime_seconds > failed_at
    past = runs(office.folder)[0]
    assert (past.run, past.former) == (max(first.run, second.run), READY.endpoints)


async def test_a_switch_that_somebody_took_back_is_not_fought_over_and_is_no_downtime(office: Office) -> None:
    await interrupted(office, "visible")
    office.world.all = {SERVICE: READY}
    office.world.clock.elapsed += 1000
    ended = await office.apply()
    assert (ended.status, ended.exit_code) == ("failed", 1)
    assert office.told(ErrorTold)[0].code == "taken-back"
    assert office.world.count("switch") == 1
    since = office.world.clock.elapsed
    ended = await office.apply()
    assert ended.status == "done", "a new run is a new decision"
    assert ended.downtime_seconds == office.world.clock.elapsed - since


async def test_a_second_machine_adopts_what_it_finds(office: Office, tmp_path: Path) -> None:
    await interrupted(office, "available")
    office.folder = tmp_path / "elsewhere"
    ended = await office.apply()
    assert ended.status == "done"
    assert len(office.world.group_list) == len(office.world.endpoint_list) == 1


@pytest.mark.parametrize("verb", ["check", "apply"])
async def test_and_says_whose_it_is(office: Office, tmp_path: Path, verb: str) -> None:
    begun = await interrupted(office, "available")
    here = office.folder
    office.folder = tmp_path / "elsewhere"
    await getattr(office, verb)()
    (finding,) = [event.finding for event in office.told(CheckMade) if event.finding.id == "made-elsewhere"]
    assert finding.title.startswith(f"Run {begun.run} has begun a link here")
    office.folder = here
    await getattr(office, verb)()
    assert not [event for event in office.told(CheckMade) if event.finding.id == "made-elsewhere"]


async def test_a_saved_plan_that_cannot_be_read_is_no_plan_of_ours(office: Office) -> None:
    await interrupted(office)
    Path(office.told(RunStarted)[0].plan).write_text("version = ")
    assert (await office.apply()).exit_code == 3


async def test_one_at_a_time(office: Office) -> None:
    with locked(office.folder, SERVICE, office.world.clock):
        ended = await office.apply()
    assert (ended.status, ended.exit_code) == ("blocked", 3)
    assert f"process {os.getpid()}" in office.told(ErrorTold)[0].message
    assert names(office.events) == ["run", "check", "error", "result"]
    assert not office.world.group_list


async def test_a_state_folder_that_cannot_be_written_stops_before_any_change(office: Office) -> None:
    office.folder.write_text("a file")
    ended = await office.apply()
    assert (ended.status, ended.exit_code) == ("failed", 1)
    assert "XDG_STATE_HOME" in office.told(ErrorTold)[0].remedy
    assert not office.world.group_list


async def test_a_cancelled_run_is_told_and_can_go_on(office: Office) -> None:
    running = asyncio.ensure_future(office.apply())

    def cancel(event: Event) -> None:
        if isinstance(event, Seen) and event.step == "available":
            running.cancel()

    office.on_event = cancel
    with pytest.raises(asyncio.CancelledError):
        await running
    ended = office.events[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.status, ended.exit_code) == ("interrupted", 130)
    past = runs(office.folder)[0]
    assert past.status == "interrupted"
    office.on_event = lambda _: None
    again = await office.apply()
    assert (again.status, again.run) == ("done", past.run)


async def test_the_end_of_a_run_survives_a_journal_that_does_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Failed("journal-full", "The run's journal cannot be written.")

    monkeypatch.setattr("core.work.journal.Journal.ended", full)
    ended = await office.apply()
    assert (ended.status, ended.exit_code) == ("done", 0)
    assert "journal cannot be written" in ended.detail


async def test_endpoints_that_are_lost_or_differ_block_before_the_switch(office: Office) -> None:
    office.world = FakeWorld(LINKED)
    office.world.visible, office.world.group_list = VISIBLE, [our_group()]
    office.world.endpoint_list = [our_endpoint("rejected")]
    assert (await office.apply()).exit_code == 3
    office.world.endpoint_list = [our_endpoint(subnets=frozenset(PLAN.subnets[:1]))]
    assert (await office.apply()).exit_code == 3


# ------------------------------------------------------------------------------------------ faults, all of them

CALLS = ("service", "groups", "endpoints", "endpoint_service", "vpc_dns")
CHANGES = ("create_group", "authorize", "switch", "create_endpoint", "enable_private_dns")
FAULTS: tuple[Problem, ...] = (Passing("p", "Slower."), Unclear("u", "No answer."), NotYet("n", "Not yet."))


CASES = [
    pytest.param(call, when, fault, id=f"{call}-{when}-{fault.code}")
    for call in CALLS + CHANGES
    for when in ("fail_before", "fail_after")
    for fault in FAULTS
    # A change that was refused has no effect: nothing but silence can follow one.
    if when == "fail_before" or call in CALLS or isinstance(fault, Unclear)
]


@pytest.mark.parametrize(("call", "when", "fault"), CASES)
async def test_one_of_each_whatever_passes(office: Office, call: str, when: str, fault: Problem) -> None:
    getattr(office.world, when)[call] = [fault, fault]
    ended = await office.apply()
    assert ended.status == "done", ended.detail
    assert len(office.world.group_list) == len(office.world.endpoint_list) == 1
    assert len(office.world.group_list[0].rules) == 1


async def test_a_fault_of_our_own_is_told_and_can_be_gone_on_from(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("tests.work.fake.FakeAws.endpoint_service", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            await office.apply()
    ended = office.events[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.status, ended.exit_code) == ("failed", 1)
    assert "ZeroDivisionError" in office.told(ErrorTold)[0].cause
    assert "resume" in ended.detail
    again = await office.apply()
    assert (again.status, again.run) == ("done", ended.run)
    assert office.world.count("switch") == 1


async def test_progress_follows_a_run(office: Office) -> None:
    progress = begin(STEPS)
    assert [row.state for row in progress.rows] == ["waiting"] * len(STEPS)
    running: set[str] = set()
    await office.apply()
    for event in office.events:
        progress = fold(progress, event)
        running |= {progress.running.step} if progress.running else set()
    assert running == {step.id for step in STEPS if step.id != "vpc_dns"}
    assert {row.state for row in progress.rows} == {"done", "skipped"}
    assert progress.result is not None
    assert progress.downtime == progress.result.downtime_seconds
    assert progress.interrupted_at is None
    assert (progress.skysql and progress.skysql.state, progress.aws and progress.aws.state) == ("ready", "available")
    assert progress.started is not None
    assert progress.log[-1].text.startswith("Ended: done")


async def test_a_step_is_never_told_after_the_end(office: Office) -> None:
    office.world.fail_before["create_endpoint"] = [Failed("x", "No.")]
    await office.apply()
    kinds = [type(event) for event in office.events]
    assert kinds.index(ErrorTold) > max(at for at, kind in enumerate(kinds) if kind is StepChanged)
    assert ACCOUNT in PLAN.accounts
