"""The loop over the steps: look, decide, act, look again. It never knows what a step is about.

What it sees to:
- a change is on disk before it goes out, and its end after; a change that cannot be recorded is not made;
- a stop lets the change in flight finish and be recorded first; a cancelled coroutine gives it LAST_MOMENTS, then
  records it as unclear;
- a look that fails for a passing reason is told and repeated, with growing pauses;
- what was changed and is not visible yet is waited for before it is changed again;
- what stood earlier in the run and does not any more is somebody else's doing, and not done again;
- how long the service could not be reached.

How a run ends (`Outcome.status`, exit code by `Outcome.problem`):

    done         every step's end stands
    failed       1: a side refused, or reached a state that cannot be used
    waiting      5: patience with somebody else, or with a side that cannot be reached, came to its end
                 4: the login ended, or a right is missing; the run goes on once that is put right
    interrupted  130: asked to stop
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar

from core.problems import Busy, Conflict, Failed, Nonsense, NotAllowed, NotFound, NotSignedIn, Problem, Unclear, Waiting
from core.text import duration
from core.work.decisions import Act, Decision, Done, Known, Stop, Wait
from core.work.events import Changed, Event, Interrupted, Reachable, Seen, Status, StepChanged, StepState
from core.work.history import Change, Outage, Sent
from core.work.journal import Journal
from core.work.journal import Outcome as SentOutcome
from core.work.patience import back_off, pause
from core.work.steps.step import Assignment, Operation, Sides
from core.work.stopping import Stopped, unless_stopped
from core.world import Clock

GRACE: Final = 60.0  # what was changed is given this long to become visible
UNCLEAR_GRACE: Final = 15.0  # the same for what may or may not have been changed
STALE: Final = 60.0  # a look that says a step's end has gone again is not believed for this long
PATIENCE: Final = 600.0  # with nothing but passing failures
BUSY_PATIENCE: Final = 3600.0  # with another change in flight
LAST_MOMENTS: Final = 1.5  # that a change in flight is given when the program has to end

Tell = Callable[[Event], None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended."""

    status: Status
    known: Known
    step: Operation[Any, Any] | None = None  # where it ended; None when done
    problem: Problem | None = None
    downtime: float | None = None  # seconds; None when nothing was interrupted, or it has not ended
    unreachable: bool = False  # whether the service is left interrupted


@dataclass(frozen=True, slots=True)
class Means:
    """What a run works with."""

    sides: Sides
    journal: Journal
    clock: Clock
    tell: Tell
    stop: asyncio.Event  # set: finish the change in flight, then end as interrupted


@dataclass(frozen=True, slots=True)
class Before:
    """What a journal tells of the run so far."""

    sent: Mapping[Change, Sent] = field(default_factory=dict)
    stood: frozenset[str] = frozenset()  # steps whose end was seen to stand
    outage: Outage | None = None


async def carry_out(
    steps: Sequence[Operation[Any, Any]], job: Assignment, means: Means, before: Before | None = None
) -> Result:
    """Do every step.

    Raises nothing but CancelledError (and what a programming error raises), then with the change in flight recorded.
    """
    return await _Run(steps, job, means, before or Before()).whole()


@dataclass(slots=True)
class _Sending:
    """What the engine remembers of one change."""

    accepted: int = 0
    began: float | None = None  # monotonic, first attempt since it was last accepted
    failures: int = 0
    quiet_until: float | None = None  # monotonic; until then it is not sent again
    maybe_taken: bool = False  # a sending may have taken without our hearing of it
    interrupts: bool = False


@dataclass(slots=True)
class _Progress:
    """What the engine remembers of the step it is at."""

    began: float
    looked_from: float  # the pace of looking starts anew after a change
    gone_from: float | None = None  # monotonic; since when its end, which stood before, is not seen any more
    waited: dict[str, float] = field(default_factory=dict)  # state: seconds
    told: tuple[str, str] = ("", "")


class _Run:
    def __init__(self, steps: Sequence[Operation[Any, Any]], job: Assignment, means: Means, before: Before) -> None:
        self.steps = steps
        self.job = job
        self.sides = means.sides
        self.journal = means.journal
        self.clock = means.clock
        self.tell = means.tell
        self.stop = means.stop
        self.outage = before.outage
        self.downtime: float | None = None
        self.stood = before.stood
        self.began = self.clock.monotonic()
        self.last_accepted: float | None = None  # monotonic
        self.outage_from: float | None = None  # monotonic; None for an outage of an earlier process
        self.sendings = {change: self._remembered(last) for change, last in before.sent.items()}
        self.step: Operation[Any, Any] | None = None
        self.at = _Progress(0.0, 0.0)
        self.in_flight: asyncio.Task[str | None] | None = None
        self.leaving = False

    # ------------------------------------------------------------------------------------------ the whole

    async def whole(self) -> Result:
        for step in self.steps:
            self.tell(StepChanged(self.clock.now(), step.id, "waiting", step.title, 0.0))
        if self.outage is not None and self.outage.certain:
            self.tell(Interrupted(self.outage.at))
        try:
            for step in self.steps:
                await self._one(step)
        except Stopped:
            return self._end("interrupted", None, "waiting")
        except Problem as problem:
            status = _status(problem)
            return self._end(status, problem, "failed" if status == "failed" else "waiting")
        return self._reached()

    def _end(self, status: Status, problem: Problem | None, state: StepState) -> Result:
        if self.step is not None:
            detail = problem.what if problem else "Stopped here."
            self._step_is(state, detail)
        return Result(status, self.job.known, self.step, problem, self.downtime, unreachable=self.outage is not None)

    def _reached(self) -> Result:
        if not any(step.ends_outage for step in self.steps):
            self.downtime = self._out_for()
            self.tell(Reachable(self.clock.now(), self.downtime or 0.0))
        return Result("done", self.job.known, downtime=self.downtime)

    def _out_for(self) -> float | None:
        """Seconds the service could not be reached; None when it was not interrupted, or not for certain."""
        if self.outage is None or not self.outage.certain:
            return None
        if self.outage_from is not None:
            return self.clock.monotonic() - self.outage_from
        # As long as this run has gone on it has lasted, though the machine's clock may have been set back.
        told = (self.clock.now() - self.outage.at).total_seconds()
        return max(told, self.clock.monotonic() - self.began)

    async def _reachable_again(self) -> None:
        """Before the run is through."""
        self.downtime, self.outage = self._out_for(), None
        if self.downtime is not None:
            with suppress(Problem):  # without the line a clock goes on too long
                await asyncio.to_thread(self.journal.reachable, self.downtime)
            self.tell(Reachable(self.clock.now(), self.downtime))

    # ------------------------------------------------------------------------------------------ one step

    async def _one(self, step: Operation[Any, Any]) -> None:
        now = self.clock.monotonic()
        self.step, self.at = step, _Progress(now, now)
        reason = step.skip(self.job)
        if reason:
            self._step_is("skipped", reason)
            return
        self._step_is("running", step.title)
        while True:
            sight = await self._look(step)
            match self._decision(step, sight):
                case Done() as decision:
                    await self._done(step, sight, decision)
                    return
                case Stop(problem=problem):
                    self._see(step.state(sight, self.job), problem.what)
                    raise problem
                case Wait() as decision:
                    self._see(decision.state, decision.detail)
                    await self._wait(step, decision)
                case Act() as decision:
                    self._see(step.state(sight, self.job), decision.detail)
                    await self._act(step, sight, decision)

    def _decision(self, step: Operation[Any, Any], sight: object) -> Decision:
        decision: Decision = step.decide(sight, self.job)
        if not isinstance(decision, Wait) or decision.otherwise is None:
            return decision
        waited = self.at.waited.get(decision.state, 0.0)
        return decision.otherwise if waited >= decision.patience else decision

    async def _done(self, step: Operation[Any, Any], sight: object, decision: Done) -> None:
        self.job = self.job.knowing(decision.known)
        self._see(step.state(sight, self.job), decision.detail)
        # A change of which no answer came has turned out to have taken.
        for (of, _), sending in self.sendings.items():
            if of == step.id and sending.interrupts and sending.maybe_taken:
                self._certain()
        if decision.stands and step.id not in self.stood:
            with suppress(Problem):  # without the line no more is lost than the warning that it gives
                await asyncio.to_thread(self.journal.stood, step.id)
        self._step_is("done", decision.detail)
        if step.ends_outage and decision.stands:
            await self._reachable_again()

    def _certain(self) -> None:
        if self.outage is not None and not self.outage.certain:
            self.outage = Outage(self.outage.at, certain=True)
            self.tell(Interrupted(self.outage.at))

    async def _look(self, step: Operation[Any, Any]) -> Any:
        """A look that succeeded. Passing failures are told, and end the run as waiting after PATIENCE."""
        failures, began = 0, self.clock.monotonic()
        while True:
            try:
                return await unless_stopped(step.look(self.sides, self.job), self.stop)
            except Problem as problem:
                # Nonsense passes too: the survey has met the real API, so a page that stands in its place goes again.
                if not (problem.retryable or isinstance(problem, Nonsense)):
                    raise
                failures += 1
                lasted = self.clock.monotonic() - began
                if lasted + problem.wait > PATIENCE:
                    raise _unreachable(problem, lasted) from problem
                self._see("no answer", f"{problem.what} Looking again.")
                await self._sleep(max(problem.wait, back_off(failures)))

    async def _wait(self, step: Operation[Any, Any], wait: Wait) -> None:
        waited = self.at.waited.get(wait.state, 0.0)
        if waited >= wait.patience:
            raise Waiting(
                "overdue",
                wait.detail,
                cause=f"That has lasted {duration(waited)}.",
                remedy=wait.overdue,
            )
        began = self.clock.monotonic()
        await self._sleep(pause(began - self.at.looked_from))
        self.at.waited[wait.state] = waited + max(0.0, self.clock.monotonic() - began)
        for (of, _), sending in self.sendings.items():
            if of == step.id:
                sending.began = None  # the other side answered: how long sending was tried before says nothing now

    # ------------------------------------------------------------------------------------------ one change

    async def _act(self, step: Operation[Any, Any], sight: object, act: Act) -> None:
        now = self.clock.monotonic()
        if step.id in self.stood:
            await self._doubt(step, act, now)
            return
        sending = self.sendings.setdefault((step.id, act.change), _Sending(interrupts=act.interrupts))
        if sending.quiet_until is not None and now < sending.quiet_until:
            self._see("not visible yet", f"{act.detail}: done, and waiting until it shows.")
            await self._sleep(min(pause(now - self.at.looked_from), sending.quiet_until - now))
            return
        if sending.accepted >= step.sendings:
            raise _never_shown(act)
        self._check_stop()
        if sending.began is None:
            sending.began = now
        problem = await self._finished(self._send(step, sight, act))
        if problem is None:
            self._accepted(step, sending, act)
        else:
            await self._refused(step, sending, act, problem)

    async def _doubt(self, step: Operation[Any, Any], act: Act, now: float) -> None:
        """The step's end stood before. A stale read is given its time; then somebody else has changed it."""
        self.at.gone_from = now if self.at.gone_from is None else self.at.gone_from
        if now - self.at.gone_from >= STALE:
            raise _taken_back(step, act)
        self._see("not there any more", "It stood earlier in this run; looking again.")
        await self._sleep(pause(now - self.at.gone_from))

    def _accepted(self, step: Operation[Any, Any], sending: _Sending, act: Act) -> None:
        now = self.clock.monotonic()
        self.last_accepted = now
        sending.accepted += 1
        sending.began, sending.failures, sending.quiet_until = None, 0, now + GRACE
        self.at.looked_from = now
        self.at.waited.clear()
        self.job = self.job.knowing(step.after_acceptance(act.change, self.job))
        self.tell(Changed(self.clock.now(), step.id, act.detail))

    async def _refused(self, step: Operation[Any, Any], sending: _Sending, act: Act, problem: Problem) -> None:
        now = self.clock.monotonic()
        if isinstance(problem, Conflict) and (sending.maybe_taken or sending.accepted):
            # It is taken by ourselves: an earlier sending made it, and it does not show yet.
            sending.accepted, sending.quiet_until = step.sendings, now + GRACE
            return
        if not (problem.retryable or self._may_lag(problem)):
            known = step.after_refusal(problem, self.job)
            if known is None:
                raise problem
            self._see("refused", problem.what)
            self.job = self.job.knowing(known)
            sending.began = None
            return
        lasted = now - (now if sending.began is None else sending.began)
        patience = BUSY_PATIENCE if isinstance(problem, Busy) else PATIENCE
        if lasted + problem.wait > patience:
            raise _unreachable(problem, lasted) from problem
        sending.failures += 1
        rest = max(problem.wait, back_off(sending.failures))
        if isinstance(problem, Unclear):
            sending.maybe_taken = True
            sending.quiet_until = now + max(problem.wait, UNCLEAR_GRACE)
            rest = max(problem.wait, 1.0)
        self._see("not taken yet" if not isinstance(problem, Unclear) else "no answer", f"{problem.what} {act.detail}")
        await self._sleep(rest)

    def _may_lag(self, problem: Problem) -> bool:
        """AWS may not know everywhere yet what it has just made."""
        made = self.last_accepted
        return isinstance(problem, NotFound) and made is not None and self.clock.monotonic() - made < GRACE

    async def _send(self, step: Operation[Any, Any], sight: object, act: Act) -> Problem | None:
        """One change, recorded before and after. Answers what went wrong with the change; raises when recording did."""
        outcome: SentOutcome = "unclear"
        detail = made = ""
        problem: Problem | None = None
        if act.former:
            await asyncio.to_thread(self.journal.former, act.former)
        await asyncio.to_thread(self.journal.acting, step.id, act.change, act.detail, act.interrupts)
        if self.leaving:
            raise asyncio.CancelledError
        at, monotonic = self.clock.now(), self.clock.monotonic()
        self.in_flight = asyncio.ensure_future(step.act(self.sides, self.job, sight, act.change))
        try:
            made = await self.in_flight or ""
            outcome = "ok"
        except Problem as why:
            problem, detail = why, why.what
            outcome = "unclear" if isinstance(why, Unclear) else "refused"
        finally:
            try:  # first the disk, then whoever listens: what they do with it is not ours to know
                await asyncio.to_thread(self.journal.acted, step.id, act.change, outcome, detail, made)
            finally:
                if act.interrupts:
                    self._interrupted(at, monotonic, outcome)
        return problem

    def _interrupted(self, at: datetime, monotonic: float, outcome: SentOutcome) -> None:
        if outcome == "refused" or (self.outage is not None and self.outage.certain):
            return
        if outcome == "ok":
            self.outage, self.outage_from = Outage(at, certain=False), monotonic
            self._certain()
        elif self.outage is None:
            self.outage, self.outage_from = Outage(at, certain=False), monotonic

    def _remembered(self, last: Sent) -> _Sending:
        """What a journal tells of a change: accepted a moment ago, it may not show yet."""
        if last.outcome == "refused":
            return _Sending()
        # Never longer than the grace, whatever the machine's clock was set to since.
        ago = max(0.0, (self.clock.now() - last.at).total_seconds())
        grace = GRACE if last.outcome == "ok" else UNCLEAR_GRACE
        quiet = self.clock.monotonic() + grace - ago if ago < grace else None
        return _Sending(quiet_until=quiet, maybe_taken=True, interrupts=last.interrupts)

    # ------------------------------------------------------------------------------------------ telling, stopping

    def _step_is(self, state: StepState, detail: str) -> None:
        assert self.step is not None  # noqa: S101
        elapsed = self.clock.monotonic() - self.at.began
        self.tell(StepChanged(self.clock.now(), self.step.id, state, detail, elapsed))

    def _see(self, state: str, detail: str) -> None:
        """Tell what was seen, when it is news."""
        assert self.step is not None  # noqa: S101
        if (state, detail) != self.at.told:
            self.at.told = (state, detail)
            self.tell(Seen(self.clock.now(), self.step.id, self.step.side, state, detail))

    def _check_stop(self) -> None:
        if self.stop.is_set():
            raise Stopped

    async def _sleep(self, seconds: float) -> None:
        await unless_stopped(self.clock.sleep(seconds), self.stop)

    async def _finished(self, change: Coroutine[Any, Any, T]) -> T:
        """A change, awaited to its end: who cancels meanwhile is heard after it, or after LAST_MOMENTS."""
        task = asyncio.ensure_future(change)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.leaving = True
            last = asyncio.get_running_loop().call_later(LAST_MOMENTS, self._cut)
            await _settled(task)
            last.cancel()
            raise

    def _cut(self) -> None:
        if self.in_flight is not None:
            self.in_flight.cancel()


async def _settled(task: "asyncio.Task[Any]") -> None:
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            continue
    if not task.cancelled():
        task.exception()  # heard: what matters of it is in the journal


def _status(problem: Problem) -> Status:
    if isinstance(problem, Waiting | NotSignedIn | NotAllowed):
        return "waiting"
    return "failed"


def _unreachable(problem: Problem, lasted: float) -> Waiting:
    return Waiting(
        problem.code,
        problem.what,
        cause=f"{problem.cause} That has lasted {duration(lasted)}.".strip(),
        remedy=f"{problem.remedy} Nothing is lost: run again to go on.".strip(),
        request_id=problem.request_id,
        page=problem.page,
        paste=problem.paste,
    )


def _never_shown(act: Act) -> Failed:
    return Failed(
        "never-shown",
        f"{act.detail}: accepted, but it never showed.",
        cause="The other side took the change and still does not show it, or somebody takes it back each time.",
        remedy="Look in the portal and the console whether it is there, then run again.",
    )


def _taken_back(step: Operation[Any, Any], act: Act) -> Failed:
    return Failed(
        "taken-back",
        f"“{step.title}” stood earlier in this run and does not any more.",
        cause=f"Somebody else has changed it since. What would be due again: {act.detail}",
        remedy="Find out who did it and why. If it is to be done all the same, run again: that is a new run.",
    )
