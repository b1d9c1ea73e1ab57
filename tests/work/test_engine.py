"""The engine over a small world: order, patience, grace, stops. Time passes only where the engine sleeps."""

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from core.facts import VpcDns
from core.plan import Plan
from core.problems import (
    Busy,
    Conflict,
    Failed,
    Nonsense,
    NotAllowed,
    NotFound,
    NotSignedIn,
    NotYet,
    Passing,
    Problem,
    Unclear,
)
from core.values import AccountId
from core.work.decisions import Act, Decision, Done, Known, Wait
from core.work.engine import GRACE, STALE, Before, Means, Result, carry_out
from core.work.events import Changed, Event, Interrupted, Reachable, Seen, StepChanged
from core.work.history import Outage, Sent, read_run
from core.work.journal import Journal, begin
from core.work.patience import back_off, pause
from core.work.steps import STEPS
from core.work.steps.step import Job, Sides, Step
from tests.work.fake import (
    BEGAN,
    LINKED,
    PLAN,
    PRIVATE,
    READY,
    VISIBLE,
    FakeWorld,
    job,
    our_endpoint,
    our_group,
    situation,
)

THROTTLED = Passing("aws.RequestLimitExceeded", "AWS asks to go slower.")
NO_ANSWER = Unclear("aws.no-answer", "AWS did not answer.")


class Ride:
    """One run through the engine, and everything it told."""

    def __init__(self, folder: Path, world: FakeWorld | None = None, plan: Plan = PLAN) -> None:
        self.world = world or FakeWorld()
        self.plan = plan
        self.events: list[Event] = []
        self.stop = asyncio.Event()
        self.folder = folder
        self.journal: Journal | None = None
        self.on_event: Callable[[Event], None] = lambda _: None

    def tell(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    async def go(self, steps: Any = STEPS, **history: Any) -> Result:
        world = self.world
        before = situation(service=next(iter(world.all.values())))
        self.journal = begin(self.folder, self.plan, "", before, world.clock)
        sides = Sides(world.skysql, await world.aws(self.plan.region))
        todo = job(self.plan, Known(), service=before.service)
        means = Means(sides, self.journal, world.clock, self.tell, self.stop)
        return await carry_out(steps, todo, means, Before(**history))

    def told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def states(self) -> dict[str, str]:
        return {event.step: event.state for event in self.told(StepChanged)}

    def lines(self, kind: str) -> list[dict[str, Any]]:
        assert self.journal is not None
        lines = (json.loads(line) for line in self.journal.path.read_text().splitlines())
        return [line for line in lines if line["kind"] == kind]


@pytest.fixture
def ride(tmp_path: Path) -> Ride:
    return Ride(tmp_path / "runs")


def test_pauses_grow() -> None:
    looks, elapsed = [], 0.0
    while elapsed < 160:
        looks.append(pause(elapsed))
        elapsed += looks[-1]
    assert looks[:3] == [1, 2, 3]
    assert set(looks[3:27]) == {5}
    assert set(looks[27:]) == {10}
    assert [back_off(n) for n in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]


# ------------------------------------------------------------------------------------------ the whole way


async def test_a_whole_run(ride: Ride) -> None:
    result = await ride.go()
    assert result.status == "done", result.problem
    assert ride.states() == {step.id: "skipped" if step.id == "vpc_dns" else "done" for step in STEPS}
    changes = [call for call in ride.world.calls if call in CHANGES]
    assert changes == ["create_group", "authorize", "switch", "create_endpoint", "enable_private_dns"]
    assert result.known.host == LINKED.fqdn
    assert result.known.group_ids == ("sg-001",)
    assert len(ride.world.endpoint_list) == 1


CHANGES = ("create_group", "authorize", "switch", "create_endpoint", "enable_private_dns", "enableDnsSupport")


async def test_downtime_is_from_the_switch_to_the_end(ride: Ride) -> None:
    result = await ride.go()
    (interrupted,) = ride.told(Interrupted)
    (reachable,) = ride.told(Reachable)
    assert result.downtime == reachable.seconds
    assert interrupted.at == BEGAN
    assert reachable.seconds == ride.world.clock.elapsed > 100


async def test_what_stands_already_is_left_alone(tmp_path: Path) -> None:
    world = FakeWorld(LINKED)
    world.visible, world.group_list = VISIBLE, [our_group()]
    world.endpoint_list = [our_endpoint(private_dns=True)]
    ride = Ride(tmp_path, world)
    result = await ride.go()
    assert result.status == "done"
    assert result.downtime is None
    assert not set(world.calls) & set(CHANGES)
    assert ride.told(Reachable)[0].seconds == 0
    assert ride.told(Interrupted) == []
    assert ride.lines("acting") == []


async def test_changing_accounts_only_interrupts_nothing(tmp_path: Path) -> None:
    both = replace(PLAN, accounts=(*PLAN.accounts, AccountId("210987654321")))
    ride = Ride(tmp_path, FakeWorld(LINKED), both)
    result = await ride.go()
    assert result.status == "done"
    assert result.downtime is None
    assert ride.world.count("switch") == 1
    assert ride.told(Interrupted) == []


async def test_vpc_dns_is_switched_on_support_first(tmp_path: Path) -> None:
    world = FakeWorld()
    world.vpc_dns_state = VpcDns(False, False)
    ride = Ride(tmp_path, world, replace(PLAN, enable_vpc_dns=True))
    assert (await ride.go()).status == "done"
    assert [call for call in world.calls if call.startswith("enableDns")] == ["enableDnsSupport", "enableDnsHostnames"]


async def test_every_step_is_told_as_waiting_first(ride: Ride) -> None:
    await ride.go()
    first = ride.events[: len(STEPS)]
    assert [(event.step, event.state) for event in first if isinstance(event, StepChanged)] == [
        (step.id, "waiting") for step in STEPS
    ]


# ------------------------------------------------------------------------------------------ journal first


@pytest.mark.parametrize("change", [call for call in CHANGES if call != "enableDnsSupport"])
async def test_the_line_is_on_disk_when_the_call_goes_out(ride: Ride, change: str) -> None:
    seen: list[dict[str, Any]] = []
    ride.world.at_call[change] = lambda: seen.extend(ride.lines("acting")[-1:] + ride.lines("acted")[-1:])
    await ride.go()
    acting = seen[0]
    later = [
        line for line in ride.lines("acted") if (line["step"], line["change"]) == (acting["step"], acting["change"])
    ]
    assert later
    assert later[0]["outcome"] == "ok"
    assert all((line["step"], line["change"]) != (acting["step"], acting["change"]) for line in seen[1:])


async def test_what_stood_before_the_switch_is_on_disk_before_it(ride: Ride) -> None:
    seen: list[dict[str, Any]] = []
    ride.world.at_call["switch"] = lambda: seen.extend(ride.lines("former"))
    await ride.go()
    (stood,) = seen[0]["endpoints"]
    assert stood["mechanism"] == "nlb"
    assert stood["visibility"] == "public"
    assert stood["allow_list"] == [{"ip": "203.0.113.7/32", "comment": "office"}]


async def test_an_allowlist_that_the_service_leaves_out_is_read_before_the_switch_clears_it(ride: Ride) -> None:
    ride.world.names_allow_lists = False
    await ride.go()
    (stood,) = ride.lines("former")[0]["endpoints"]
    assert stood["allow_list"] == [{"ip": "203.0.113.7/32", "comment": "office"}]
    assert ride.world.calls.index("allow_list") < ride.world.calls.index("switch")


async def test_a_service_without_an_allowlist_of_its_own_can_be_switched(ride: Ride) -> None:
    ride.world.names_allow_lists = False
    ride.world.fail_before["allow_list"] = [NotFound("skysql.not-found", "No such thing.")]
    assert (await ride.go()).status == "done"


async def test_a_service_that_is_deleted_meanwhile_is_told_with_the_way_out(ride: Ride) -> None:
    ride.on_event = lambda event: ride.world.all.clear() if isinstance(event, Seen) and event.step == "ready" else None
    result = await ride.go()
    assert result.status == "failed"
    assert result.problem is not None
    assert result.problem.code == "service-gone"
    assert f"skysql-privatelink undo {READY.id}" in result.problem.remedy


async def test_a_change_that_cannot_be_recorded_is_not_made(ride: Ride, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Failed("journal-full", "The journal cannot be written.")

    monkeypatch.setattr(Journal, "acting", full)
    result = await ride.go()
    assert result.status == "failed"
    assert result.problem is not None
    assert result.problem.code == "journal-full"
    assert not set(ride.world.calls) & set(CHANGES)


# ------------------------------------------------------------------------------------------ faults that pass


async def test_a_throttled_poll_is_not_a_failed_run(ride: Ride) -> None:
    ride.world.fail_before["service"] = [THROTTLED] * 5
    ride.world.fail_before["endpoints"] = [THROTTLED] * 3
    result = await ride.go()
    assert result.status == "done"
    assert any(seen.state == "no answer" and "slower" in seen.detail for seen in ride.told(Seen))
    assert {1, 2, 4, 8, 16} <= set(ride.world.clock.slept)


async def test_a_page_in_the_apis_place_is_not_a_failed_run(ride: Ride) -> None:
    """A maintenance or login page in answer to one poll, while the service cannot be reached."""
    ride.world.fail_before["service"] = [Nonsense("skysql.nonsense", "What answered is not its API.")] * 3
    ride.world.at_call["switch"] = lambda: ride.world.fail_before["service"].extend(
        [Nonsense("skysql.nonsense", "What answered is not its API.")] * 3
    )
    assert (await ride.go()).status == "done"


async def test_a_long_wait_between_does_not_use_up_the_patience_of_sending(ride: Ride) -> None:
    """Busy, then an hour nearly of somebody else's change, then a throttled sending."""
    ride.world.fail_before["switch"] = [Busy("skysql.pending", "Another change is in flight."), THROTTLED]

    def change() -> None:
        ride.world.all[READY.id] = replace(READY, status="pending_modifying")
        ride.world.later(3000, lambda: ride.world.all.update({READY.id: READY}))
        del ride.world.at_call["switch"]

    ride.world.at_call["switch"] = change
    result = await ride.go()
    assert result.status == "done", result.problem
    assert ride.world.count("switch") == 3


async def test_an_end_is_on_disk_before_it_is_told(ride: Ride) -> None:
    """Whoever listens may break: a pipe that nobody reads any more."""

    def broken(event: Event) -> None:
        if isinstance(event, Interrupted):
            raise BrokenPipeError

    ride.on_event = broken
    with pytest.raises(BrokenPipeError):
        await ride.go()
    assert ride.lines("acted")[-1]["step"] == "switch"
    assert ride.lines("acted")[-1]["outcome"] == "ok"


async def test_retry_after_is_honoured(ride: Ride) -> None:
    ride.world.fail_before["groups"] = [Passing("x", "Slower.", wait=42)]
    await ride.go()
    assert ride.world.clock.slept[0] == 42


async def test_nothing_but_failures_ends_as_waiting(ride: Ride) -> None:
    ride.world.fail_before["endpoint_service"] = [THROTTLED] * 1000
    result = await ride.go()
    assert result.status == "waiting"
    assert result.problem is not None
    assert result.problem.exit_code == 5
    assert result.problem.code == THROTTLED.code
    assert "run again" in result.problem.remedy
    assert result.unreachable
    assert 600 < ride.world.clock.elapsed < 800


async def test_not_yet_and_busy_are_waited_out(ride: Ride) -> None:
    ride.world.fail_before["create_endpoint"] = [NotYet("aws.Unavailable", "Not usable yet.")] * 4
    ride.world.fail_before["switch"] = [Busy("skysql.pending", "Another change is in flight.")] * 30
    result = await ride.go()
    assert result.status == "done"
    assert ride.world.count("create_endpoint") == 5
    assert ride.world.tokens == ride.world.tokens[:1]
    assert result.downtime is not None
    assert result.downtime < 400, "the time before the switch took is no downtime"


async def test_not_yet_has_an_end(ride: Ride) -> None:
    ride.world.fail_before["create_endpoint"] = [NotYet("aws.Unavailable", "Not usable yet.")] * 1000
    result = await ride.go()
    assert result.status == "waiting"
    assert result.step is not None
    assert result.step.id == "endpoint"


@pytest.mark.parametrize("when", ["fail_before", "fail_after"])
@pytest.mark.parametrize("change", [call for call in CHANGES if call != "enableDnsSupport"])
async def test_a_change_without_an_answer_is_looked_at_first(ride: Ride, change: str, when: str) -> None:
    getattr(ride.world, when)[change] = [NO_ANSWER]
    result = await ride.go()
    assert result.status == "done", result.problem
    took = when == "fail_after"
    assert ride.world.count(change) == (1 if took else 2)
    assert len(ride.world.endpoint_list) == 1
    assert len(ride.world.group_list) == 1
    assert len(ride.told(Interrupted)) == 1
    assert result.downtime is not None
    at = ride.world.calls.index(change)
    assert ride.world.calls[at + 1] in ("groups", "service", "endpoints", "endpoint_service", "vpc_dns")
    assert ride.lines("acted")[CHANGES.index(change)]["outcome"] == "unclear"


async def test_the_same_token_when_sent_again(ride: Ride) -> None:
    ride.world.fail_before["create_endpoint"] = [NO_ANSWER]
    ride.world.fail_after["create_endpoint"] = [NO_ANSWER]
    ride.world.hidden_until["endpoint"] = 200.0
    result = await ride.go()
    assert result.status == "done"
    assert len(ride.world.tokens) > 1
    assert len(set(ride.world.tokens)) == 1
    assert len(ride.world.endpoint_list) == 1


async def test_a_group_that_does_not_show_yet_is_not_made_twice(ride: Ride) -> None:
    ride.world.fail_after["create_group"] = [NO_ANSWER]
    ride.world.hidden_until["group"] = 45.0
    result = await ride.go()
    assert result.status == "done", result.problem
    assert ride.world.count("create_group") == 2  # the second was refused: the name is taken, by us


async def test_what_aws_does_not_know_yet_though_it_made_it(ride: Ride) -> None:
    ride.world.fail_before["authorize"] = [NotFound("aws.InvalidGroup.NotFound", "No such group.")] * 2
    assert (await ride.go()).status == "done"
    assert ride.world.count("authorize") == 3


# ------------------------------------------------------------------------------------------ grace


class Once(Step[int]):
    """Wants one change, which shows after a while (or never)."""

    id = "once"
    title = "Once"
    usual = "now"
    side = "aws"

    def __init__(self, shows_after: float, clock: Any) -> None:
        self.shows_after, self.clock, self.acts = shows_after, clock, 0

    async def look(self, _sides: Sides, _job: Job) -> int:
        return self.acts if self.clock.elapsed >= self.shows_after else 0

    def state(self, sight: int, _job: Job) -> str:
        return str(sight)

    def decide(self, sight: int, job: Job) -> Decision:
        return Done("There.", job.known) if sight else Act("make", "Make it")

    async def act(self, _sides: Sides, _job: Job, _sight: int, change: str) -> None:
        assert change == "make"
        self.acts += 1


@pytest.mark.parametrize(("shows_after", "acts"), [(0, 1), (GRACE - 1, 1), (GRACE + 5, 2), (2 * GRACE + 5, 3)])
async def test_done_and_not_visible_yet_is_waited_for(ride: Ride, shows_after: float, acts: int) -> None:
    step = Once(shows_after, ride.world.clock)
    result = await ride.go([step])
    assert result.status == "done"
    assert step.acts == acts


async def test_what_never_shows_is_sent_three_times(ride: Ride) -> None:
    step = Once(1e9, ride.world.clock)
    result = await ride.go([step])
    assert (step.acts, result.status) == (3, "failed")
    assert result.problem is not None
    assert result.problem.code == "never-shown"


async def test_the_grace_goes_on_after_a_restart(ride: Ride) -> None:
    step = Once(30, ride.world.clock)
    step.acts = 1
    history = {("once", "make"): Sent(BEGAN - timedelta(seconds=20), "ok")}
    result = await ride.go([step], sent=history)
    assert (step.acts, result.status) == (1, "done")


async def test_a_step_may_want_fewer_sendings(ride: Ride, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Once, "sendings", 2)
    step = Once(1e9, ride.world.clock)
    assert (await ride.go([step])).status == "failed"
    assert step.acts == 2


# ------------------------------------------------------------------------------------------ what others change


async def test_what_stood_earlier_in_the_run_and_is_gone_is_not_done_again(ride: Ride) -> None:
    step = Once(1e9, ride.world.clock)
    result = await ride.go([step], stood=frozenset({"once"}))
    assert (step.acts, result.status) == (0, "failed")
    assert result.problem is not None
    assert result.problem.code == "taken-back"
    assert "Make it" in result.problem.cause
    assert STALE <= ride.world.clock.elapsed < STALE + 10


async def test_a_stale_look_is_not_taken_for_somebody_elses_doing(ride: Ride) -> None:
    step = Once(STALE - 5, ride.world.clock)
    step.acts = 1
    result = await ride.go([step], stood=frozenset({"once"}))
    assert (step.acts, result.status) == (1, "done")


async def test_that_a_step_stands_is_written_down_once(ride: Ride) -> None:
    await ride.go([Once(0, ride.world.clock)])
    assert [line["step"] for line in ride.lines("stood")] == ["once"]
    await ride.go([Once(-1, ride.world.clock)], stood=frozenset({"once"}))
    assert ride.lines("stood") == []


async def test_a_full_disk_does_not_end_a_run_that_only_waits(ride: Ride, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Failed("journal-full", "The journal cannot be written.")

    monkeypatch.setattr(Journal, "stood", full)
    assert (await ride.go()).status == "done"


class Patient(Once):
    """Waits for something that never comes, and can do without."""

    def decide(self, _sight: int, job: Job) -> Decision:
        return Wait("busy", "Still busy.", "Run again.", 30, otherwise=Done("Left as it is.", job.known))


async def test_where_going_on_without_is_better_patience_ends_no_run(ride: Ride) -> None:
    result = await ride.go([Patient(0, ride.world.clock)])
    assert result.status == "done"
    assert 30 <= ride.world.clock.elapsed < 40
    assert ride.told(StepChanged)[-1].detail == "Left as it is."


class Refused(Once):
    """Is refused the straight way, and knows another."""

    def decide(self, sight: int, job: Job) -> Decision:
        return Done("There.", job.known) if sight else Act("other" if job.known.refused else "make", "Make it")

    async def act(self, _sides: Sides, _job: Job, _sight: int, change: str) -> None:
        if change == "make":
            raise Failed("no", "Not this way.")
        self.acts += 1

    def after_refusal(self, problem: Problem, job: Job) -> Known | None:
        return None if job.known.refused else job.known.with_(refused=problem)


async def test_a_refusal_may_teach_another_way(ride: Ride) -> None:
    step = Refused(0, ride.world.clock)
    result = await ride.go([step])
    assert (step.acts, result.status) == (1, "done")
    assert [(line["change"], line["outcome"]) for line in ride.lines("acted")] == [("make", "refused"), ("other", "ok")]


async def test_the_time_of_the_switch_comes_from_the_journal(tmp_path: Path) -> None:
    world = FakeWorld(LINKED)
    world.visible = VISIBLE
    ride = Ride(tmp_path, world)
    since = BEGAN - timedelta(seconds=500)
    result = await ride.go(outage=Outage(since, certain=True))
    assert ride.told(Interrupted)[0].at == since
    assert result.downtime == pytest.approx(500 + world.clock.elapsed)


async def test_a_clock_that_was_set_back_makes_no_outage_shorter_than_this_run(tmp_path: Path) -> None:
    ride = Ride(tmp_path, FakeWorld(LINKED))
    ride.world.visible = VISIBLE
    result = await ride.go(outage=Outage(BEGAN + timedelta(hours=1), certain=True))
    assert result.downtime == ride.world.clock.elapsed > 60


async def test_a_clock_that_was_set_back_does_not_stretch_the_grace(ride: Ride) -> None:
    sent = {("switch", "switch"): Sent(BEGAN + timedelta(hours=1), "ok", interrupts=True)}
    result = await ride.go(sent=sent)
    assert result.status == "done"
    (acting,) = [line for line in ride.lines("acting") if line["step"] == "switch"]
    assert acting["at"] == f"{BEGAN + timedelta(seconds=GRACE):%Y-%m-%dT%H:%M:%S}.000Z"


async def test_a_switch_of_which_nothing_was_heard_is_known_once_it_shows(tmp_path: Path) -> None:
    world = FakeWorld(LINKED)
    world.visible = VISIBLE
    ride = Ride(tmp_path, world)
    at = BEGAN - timedelta(seconds=90)
    history = {("switch", "switch"): Sent(at, "unclear", interrupts=True)}
    result = await ride.go(sent=history, outage=Outage(at, certain=False))
    assert [event.at for event in ride.told(Interrupted)] == [at]
    order = [type(event).__name__ for event in ride.events]
    assert order.index("Interrupted") > order.index("Changed")
    assert result.downtime == pytest.approx(90 + world.clock.elapsed)


# ------------------------------------------------------------------------------------------ ends on purpose


@pytest.mark.parametrize(
    ("problem", "status", "exit_code"),
    [
        (NotSignedIn("aws.ExpiredToken", "The sign-in has expired."), "waiting", 4),
        (NotAllowed("aws.UnauthorizedOperation", "Not allowed."), "waiting", 4),
        (Conflict("aws.Conflict", "Taken."), "failed", 1),
        (NotFound("skysql.no-such-service", "Gone."), "failed", 1),
    ],
)
@pytest.mark.parametrize("call", ["endpoints", "create_endpoint"])
async def test_what_ends_a_run(ride: Ride, call: str, problem: Problem, status: str, exit_code: int) -> None:
    ride.world.fail_before[call] = [problem] * 100
    result = await ride.go()
    assert result.status == status
    assert result.problem is problem
    assert problem.exit_code == exit_code
    assert ride.states()["endpoint"] == ("failed" if status == "failed" else "waiting")
    assert ride.states()["available"] == "waiting"


async def test_pending_acceptance_ends_as_waiting_on_skysql(ride: Ride) -> None:
    world = FakeWorld(LINKED)
    world.visible, world.group_list = VISIBLE, [our_group()]
    world.endpoint_list = [our_endpoint("pendingacceptance")]
    result = await Ride(ride.folder, world).go()
    assert result.status == "waiting"
    assert result.problem is not None
    assert result.problem.exit_code == 5
    assert "Waiting on SkySQL" in result.problem.remedy
    assert 290 < world.clock.elapsed < 330


async def test_states_that_take_turns_have_an_end_too(tmp_path: Path) -> None:
    world = FakeWorld(LINKED)
    turns = ["pending_modifying", "hibernating"]

    def turn() -> None:
        turns.reverse()
        world.all = {LINKED.id: replace(LINKED, status=turns[0], endpoints=(PRIVATE,))}

    world.at_call["service"] = turn
    result = await Ride(tmp_path, world).go([step for step in STEPS if step.id == "ready"])
    assert result.status == "waiting"
    assert world.clock.elapsed < 4000


# ------------------------------------------------------------------------------------------ stops


async def test_a_stop_during_a_change_lets_it_finish(ride: Ride) -> None:
    ride.world.at_call["switch"] = ride.stop.set
    result = await ride.go()
    assert result.status == "interrupted"
    assert ride.lines("acted")[-1] | {"at": ""} == {
        "v": 1,
        "at": "",
        "kind": "acted",
        "step": "switch",
        "change": "switch",
        "outcome": "ok",
        "detail": "",
    }
    assert ride.world.count("create_endpoint") == 0
    assert result.unreachable
    assert ride.states()["switch"] == "waiting"


async def test_a_stop_ends_a_sleep(ride: Ride, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forever(_: float) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(ride.world.clock, "sleep", forever)
    ride.on_event = lambda event: ride.stop.set() if isinstance(event, Seen) and event.step == "ready" else None
    result = await ride.go()
    assert result.status == "interrupted"
    assert result.step is not None
    assert result.step.id == "ready"


async def test_a_stop_does_not_wait_for_a_read(ride: Ride, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = asyncio.Event()

    async def silent(*_: object) -> None:
        reading.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("tests.work.fake.FakeAws.groups", silent)
    running = asyncio.ensure_future(ride.go())
    await reading.wait()
    ride.stop.set()
    assert (await running).status == "interrupted"


async def test_cancelling_during_a_change_is_heard_after_it_is_recorded(
    ride: Ride, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, answer = asyncio.Event(), asyncio.Event()

    async def slow(*_: object) -> None:
        sent.set()
        await answer.wait()
        await ride.world.call("switch")

    monkeypatch.setattr("tests.work.fake.FakeSkySQL.switch", slow)
    running = asyncio.ensure_future(ride.go())
    await sent.wait()
    running.cancel()
    await asyncio.sleep(0)
    running.cancel()
    await asyncio.sleep(0)
    assert not running.done()
    answer.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ride.lines("acted")[-1]["step"] == "switch"
    assert ride.lines("acted")[-1]["outcome"] == "ok"
    assert len(ride.told(Changed)) == 2, "the steps before; this one's end is in the journal"


async def test_a_change_that_hangs_is_recorded_as_unclear_when_the_program_has_to_end(
    ride: Ride, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.work.engine.LAST_MOMENTS", 0.01)
    sent = asyncio.Event()

    async def silent(*_: object) -> None:
        sent.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("tests.work.fake.FakeSkySQL.switch", silent)
    running = asyncio.ensure_future(ride.go())
    await sent.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ride.lines("acted")[-1]["outcome"] == "unclear"
    assert ride.journal is not None
    past = read_run(ride.journal.path)
    assert past is not None
    assert past.outage == Outage(past.sent["switch", "switch"].at.replace(microsecond=0), certain=False)


async def test_a_change_that_was_not_sent_yet_is_not_sent_when_the_program_has_to_end(
    ride: Ride, monkeypatch: pytest.MonkeyPatch
) -> None:
    written, let_go = threading.Event(), threading.Event()
    acting = Journal.acting

    def slow(journal: Journal, step: str, change: str, detail: str, interrupts: bool) -> None:
        acting(journal, step, change, detail, interrupts)
        written.set()
        let_go.wait(20)

    monkeypatch.setattr("core.work.journal.Journal.acting", slow)
    running = asyncio.ensure_future(ride.go())
    await asyncio.to_thread(written.wait, 20)
    running.cancel()
    await asyncio.sleep(0)
    let_go.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ride.world.count("create_group") == 0


async def test_a_fault_of_our_own_during_a_change_is_recorded_as_unclear(
    ride: Ride, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("tests.work.fake.FakeSkySQL.switch", broken)
    with pytest.raises(ZeroDivisionError):
        await ride.go()
    assert ride.journal is not None
    past = read_run(ride.journal.path)
    assert past is not None
    assert past.sent["switch", "switch"].outcome == "unclear"
    assert past.outage is not None
    assert not past.outage.certain
