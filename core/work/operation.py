"""A whole run: survey, checks, lock, journal, steps; and what people and programs are told of its end."""

import asyncio
import shlex
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from core.checks.findings import Finding, blocks
from core.checks.preflight import preflight
from core.facts import Situation
from core.plan import Plan, dump_plan, parse_plan
from core.problems import Blocked, Failed, Problem
from core.text import listed
from core.values import RunId
from core.work.decisions import Known
from core.work.engine import Means, Result, Tell, carry_out
from core.work.events import EXIT_CODES, CheckMade, ErrorTold, RunEnded, RunStarted, Status
from core.work.history import Outage, Past, latest
from core.work.journal import Journal, begin
from core.work.lock import locked
from core.work.steps import STEPS
from core.work.steps.step import Job, Sides
from core.work.stopping import Stopped, unless_stopped
from core.work.survey import survey
from core.world import World


async def check(world: World, plan: Plan, tell: Tell, stop: asyncio.Event) -> RunEnded:
    """Every preflight check; changes and writes nothing.

    Ends done, blocked, or failed with the problem told; interrupted as soon as `stop` is set.
    """
    teller = _Teller(world, tell)
    try:
        situation = await unless_stopped(survey(world, plan), stop)
    except Stopped:
        return teller.stopped()
    except Problem as problem:
        return teller.problem(problem)
    teller.knows(situation)
    findings = await asyncio.to_thread(preflight, plan, situation)  # thousands of clients take a while
    tell(RunStarted(world.clock.now(), "", "", "", situation.service.name))
    teller.findings(findings)
    if blocks(findings):
        return teller.blocked(findings)
    return teller.ended("done", "Nothing is in the way.")


async def apply(world: World, plan: Plan, folder: Path, tell: Tell, stop: asyncio.Event) -> RunEnded:
    """Carry a plan out, or go on with the unfinished run that has the same plan.

    `folder` is where the journals lie. Setting `stop` lets the change in flight finish and ends the run as
    interrupted. Every Problem is told (ErrorTold) and is in the result. A cancelled run is told and recorded as
    interrupted, then CancelledError goes on.
    """
    teller = _Teller(world, tell)
    try:
        situation = await unless_stopped(survey(world, plan), stop)
        sides = Sides(world.skysql, await world.aws(plan.region))
    except Stopped:
        return teller.stopped()
    except Problem as problem:
        return teller.problem(problem)
    teller.knows(situation)
    findings = await asyncio.to_thread(preflight, plan, situation)  # thousands of clients take a while
    if blocks(findings):
        tell(RunStarted(world.clock.now(), "", "", "", situation.service.name))
        teller.findings(findings)
        return teller.blocked(findings)
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder, situation.service.id, world.clock))
            opened = await asyncio.to_thread(_open, world, plan, folder, situation)
        except Problem as problem:
            tell(RunStarted(world.clock.now(), "", "", "", situation.service.name))
            teller.findings(findings)
            return teller.problem(problem)
        teller.begun(opened, situation)
        teller.findings(findings)
        return await _carry_out(opened, Job(opened.journal.run, opened.plan, situation), sides, teller, stop)


# ---------------------------------------------------------------------------------------------- opening the journal


@dataclass(frozen=True, slots=True)
class _Opened:
    journal: Journal
    plan: Plan
    past: Past | None  # the run that goes on
    outage: Outage | None


def _open(world: World, plan: Plan, folder: Path, situation: Situation) -> _Opened:
    """The journal of a new run, or of the unfinished one with the same plan. Raises Problem."""
    plan = replace(plan, service=situation.service.id)  # a name may move to another service, an id does not
    past = latest(folder, situation.service.id)
    outage = _still_out(past, situation)
    if past is not None and past.unfinished:
        if _plan_of(past) == plan:
            journal = Journal(past.run, folder, world.clock)
            journal.resumed()
            return _Opened(journal, plan, past, outage)
        if past.changed_something:
            raise _other_plan(past)
    journal = begin(folder, plan, dump_plan(plan), situation, world.clock)
    if past is not None and outage is not None:
        journal.inherits(past.run, outage.at, outage.certain)
        if past.former:
            journal.former(past.former)
    return _Opened(journal, plan, None, outage)


def _still_out(past: Past | None, situation: Situation) -> Outage | None:
    """Whether the interruption that a run left open still lasts."""
    if past is None or past.outage is None:
        return None
    service = situation.service
    if service.status == "ready" and service.private is None:
        return None  # it never took, or was switched back
    return Outage(past.outage.at, past.outage.certain or service.private is not None)


def _plan_of(past: Past) -> Plan | None:
    """The plan that the run keeps; None when its file is not to be read any more, so that no plan is the same."""
    try:
        return parse_plan(past.plan.read_text("utf-8"))
    except (OSError, ValueError, Problem):
        return None


def _other_plan(past: Past) -> Blocked:
    where = f" at “{past.step}”" if past.step else ""
    return Blocked(
        "unfinished-run",
        f"Run {past.run} for {past.service_name} is unfinished{where}, and its plan is another.",
        cause="Two plans for one service at once would fight.",
        remedy=f"Go on with it: {_again(past.plan)}. Afterwards run this plan. To give that run up for good instead, "
        f"move {past.journal} to another folder.",
    )


def _again(plan: Path | str) -> str:
    return f"skysql-privatelink apply {shlex.quote(str(plan))}"


# ---------------------------------------------------------------------------------------------- the run


async def _carry_out(opened: _Opened, job: Job, sides: Sides, teller: "_Teller", stop: asyncio.Event) -> RunEnded:
    means = Means(sides, opened.journal, teller.world.clock, teller.tell, stop)
    sent = opened.past.sent if opened.past else {}
    try:
        result = await carry_out(STEPS, job, means, sent=sent, outage=opened.outage)
    except asyncio.CancelledError:
        _record_end(opened.journal, Result("interrupted", Known()))
        teller.ended("interrupted", f"Stopped. {teller.how_to_go_on()}")
        raise
    except Exception as fault:
        # A fault of our own. Whoever waits for a result gets one, and the run can go on; the fault is still heard.
        problem = _unforeseen(fault)
        _record_end(opened.journal, Result("interrupted", Known(), problem=problem))
        teller.result(Result("failed", Known(), problem=problem), None)
        raise
    unrecorded = _record_end(opened.journal, result)
    return teller.result(result, unrecorded)


def _unforeseen(fault: Exception) -> Failed:
    return Failed(
        "unforeseen",
        "This program has met a fault of its own.",
        cause=f"It is a {type(fault).__name__}; what was changed until then is in the journal.",
        remedy="Run the same plan again to go on; report it if it happens again.",
    )


def _record_end(journal: Journal, result: Result) -> Problem | None:
    """The journal's last lines. That they could not be written changes nothing of what stands."""
    step = result.step.id if result.step else ""
    try:
        if result.status == "done":
            journal.reachable(result.downtime or 0.0)
        journal.ended(result.status, step, str(result.problem or ""))
    except Problem as problem:
        return problem
    return None


# ---------------------------------------------------------------------------------------------- telling


class _Teller:
    """Tells events, and makes the last one from what is known by then."""

    def __init__(self, world: World, tell: Tell) -> None:
        self.world = world
        self.tell = tell
        self._situation: Situation | None = None
        self._run = RunId("")
        self._plan = ""

    def knows(self, situation: Situation) -> None:
        self._situation = situation

    def begun(self, opened: _Opened, situation: Situation) -> None:
        self._run, self._plan = opened.journal.run, str(opened.journal.plan)
        now, name = self.world.clock.now(), situation.service.name
        resumed = opened.past is not None
        self.tell(RunStarted(now, self._run, self._plan, str(opened.journal.path), name, resumed))

    def findings(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            self.tell(CheckMade(self.world.clock.now(), finding))

    def error(self, problem: Problem) -> None:
        now = self.world.clock.now()
        self.tell(ErrorTold(now, problem.code, problem.what, problem.cause, problem.remedy, problem.request_id))

    def problem(self, problem: Problem) -> RunEnded:
        """The end of a run that changed nothing yet."""
        self.error(problem)
        statuses: dict[int, Status] = {3: "blocked", 5: "waiting"}
        status = statuses.get(problem.exit_code, "failed")
        return self.ended(status, f"{problem.what} Nothing was changed.", exit_code=problem.exit_code)

    def blocked(self, findings: Sequence[Finding]) -> RunEnded:
        titles = [finding.title for finding in findings if finding.level == "blocker"]
        problem = Blocked(
            "blocked",
            "The checks found what would not work.",
            cause=" ".join(titles),
            remedy="Put that right, then run again. Nothing was changed.",
        )
        return self.problem(problem)

    def stopped(self) -> RunEnded:
        """The end of a run that was stopped before it began."""
        return self.ended("interrupted", "Stopped. Nothing was changed.")

    def result(self, result: Result, unrecorded: Problem | None) -> RunEnded:
        if result.problem is not None:
            self.error(result.problem)
        detail = _detail(result, self.how_to_go_on())
        if unrecorded is not None:
            detail = f"{detail} {unrecorded.what}"
        exit_code = result.problem.exit_code if result.problem else EXIT_CODES[result.status]
        return self.ended(result.status, detail, known=result.known, downtime=result.downtime, exit_code=exit_code)

    def how_to_go_on(self) -> str:
        return f"Go on with: {_again(self._plan)}"

    def ended(
        self,
        status: Status,
        detail: str,
        *,
        known: Known | None = None,
        downtime: float | None = None,
        exit_code: int | None = None,
    ) -> RunEnded:
        known = known or Known()
        service = self._situation.service if self._situation else None
        ended = RunEnded(
            at=self.world.clock.now(),
            status=status,
            run=self._run,
            service_id=service.id if service else "",
            endpoint_service=known.endpoint_service or "",
            vpc_endpoint_id=known.endpoint or "",
            security_group_id=known.group_ids[0] if known.group_ids else "",
            security_group_ids=known.group_ids,
            dns_names=known.dns_names,
            host=known.host if known.endpoint else "",
            ports=tuple((port.purpose, port.number) for port in known.ports),
            downtime_seconds=downtime,
            detail=detail,
            exit_code=EXIT_CODES[status] if exit_code is None else exit_code,
        )
        self.tell(ended)
        return ended


def _detail(result: Result, how_to_go_on: str) -> str:
    if result.status == "done":
        return f"Clients connect to {result.known.host}."
    at = f" at “{result.step.title}”" if result.step else ""
    said = {"interrupted": "Stopped", "waiting": "Waiting"}.get(result.status, "Failed")
    cut = " The service cannot be reached until the link is done." if result.unreachable else ""
    return f"{said}{at}. {_standing(result.known)}{cut} {how_to_go_on}".replace("  ", " ")


def _standing(known: Known) -> str:
    """What stands on both sides by now, as far as the run got."""
    stands = [
        *(f"security group {group}" for group in known.group_ids),
        *([f"endpoint service {known.endpoint_service}"] if known.endpoint_service else []),
        *([f"VPC endpoint {known.endpoint}"] if known.endpoint else []),
    ]
    return f"Standing: {listed(stands)}." if stands else ""
