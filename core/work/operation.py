"""Whole runs: survey, checks, lock, journal, steps; and what people and programs are told of their end."""

import asyncio
from collections.abc import Collection
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from core.checks.findings import blocks
from core.checks.undo import undo_findings
from core.facts import AllowedAddress
from core.plan import Plan
from core.problems import Problem
from core.values import Region
from core.work.conduct import conduct
from core.work.decisions import Known
from core.work.engine import Tell
from core.work.events import RunEnded
from core.work.history import Past
from core.work.judging import judged
from core.work.kept import kept_plan
from core.work.links import taken_away, unsettled
from core.work.lock import locked
from core.work.opening import open_run, open_undo
from core.work.patience import patiently
from core.work.remains import look_back
from core.work.steps import STEPS
from core.work.steps.step import Job, Sides
from core.work.steps.undo import UNDO_STEPS
from core.work.steps.undo.step import Undoing
from core.work.stopping import Stopped
from core.work.survey import survey
from core.work.telling import Teller
from core.world import World


async def check(world: World, plan: Plan, folder: Path, tell: Tell, stop: asyncio.Event) -> RunEnded:
    """Every preflight check; changes and writes nothing. `folder` is where the journals lie.

    Ends done, blocked, or failed with the problem told; interrupted as soon as `stop` is set.
    """
    teller = Teller(world, tell)
    try:
        situation = await patiently(lambda: survey(world, plan), world.clock, stop)
    except Stopped:
        return teller.stopped()
    except Problem as problem:
        return teller.problem(problem)
    teller.knows(situation.service)
    findings = await judged(plan, situation, folder)
    teller.not_begun()
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
    teller = Teller(world, tell)
    try:
        situation = await patiently(lambda: survey(world, plan), world.clock, stop)
        sides = Sides(world.skysql, await world.aws(plan.region))
    except Stopped:
        return teller.stopped()
    except Problem as problem:
        return teller.problem(problem)
    teller.knows(situation.service)
    findings = await judged(plan, situation, folder)
    if blocks(findings):
        teller.not_begun()
        teller.findings(findings)
        return teller.blocked(findings)
    plan = replace(plan, service=situation.service.id)  # a name may move to another service, an id does not
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder, situation.service.id, world.clock))
            opened = await asyncio.to_thread(open_run, world, plan, folder, situation)
        except Problem as problem:
            teller.not_begun()
            teller.findings(findings)
            return teller.problem(problem)
        teller.begun(opened.journal, resumed=opened.resumed)
        teller.findings(findings)
        job = Job(opened.journal.run, plan, situation)
        return await conduct(STEPS, job, opened, sides=sides, teller=teller, stop=stop)


async def undo(
    world: World,
    wanted: str,
    folder: Path,
    tell: Tell,
    stop: asyncio.Event,
    *,
    allow: Collection[AllowedAddress] = (),
    region: Region | None = None,
) -> RunEnded:
    """Take a link away and put back what was before it, or go on with the undo of it that is unfinished.

    `wanted`: a run, whose link is undone in its VPC; a service (id or name), whose links are undone in all; or empty
    for the newest run that changed something. `allow` stands in for an IP allowlist that nobody knows; `region` is
    asked where neither a journal nor SkySQL names one. Otherwise as `apply`.
    """
    teller = Teller(world, tell, "undo")
    try:
        found = await patiently(
            lambda: look_back(world, wanted, folder, region, to_be_public=bool(allow)), world.clock, stop
        )
        teller.knows_of(found.undo.service, found.undo.service_name)
        sides = Sides(world.skysql, await world.aws(found.undo.region))
    except Stopped:
        return teller.stopped()
    except Problem as problem:
        return teller.problem(problem)
    if found.nothing_to_do:
        teller.not_begun()
        return teller.ended("done", found.nothing_to_do)
    with ExitStack() as held:
        try:
            held.enter_context(locked(folder, found.undo.service, world.clock))
            opened, taken = await asyncio.to_thread(open_undo, world, found, folder, allow)
        except Problem as problem:
            teller.not_begun()
            return teller.problem(problem)
        teller.begun(opened.journal, resumed=opened.resumed)
        teller.findings(undo_findings(taken, found.remains))
        job = Undoing(
            opened.journal.run,
            taken,
            unsettled(found.link.pasts, world.clock.now()),
            Known(removed=taken_away(opened.before.sent)),
        )
        return await conduct(UNDO_STEPS, job, opened, sides=sides, teller=teller, stop=stop)


async def resume(world: World, past: Past, folder: Path, tell: Tell, stop: asyncio.Event) -> RunEnded:
    """Go on with a run or an undo that has not got to its end."""
    if past.undo is not None:
        return await undo(world, past.run, folder, tell, stop)
    try:
        plan = await asyncio.to_thread(kept_plan, past)
    except Problem as problem:
        return Teller(world, tell).problem(problem)
    return await apply(world, plan, folder, tell, stop)
