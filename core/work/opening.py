"""The journal a run writes to: that of the unfinished run it goes on with, or a new one."""

import shlex
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from core.facts import AllowedAddress, Service, Situation
from core.plan import Plan, dump_plan
from core.problems import Blocked, Usage
from core.undo import Undo
from core.values import ServiceId
from core.work.engine import Before
from core.work.history import Outage, Past, latest, newer_format
from core.work.journal import Journal, begin, begin_undo
from core.work.kept import plan_of
from core.work.remains import Found
from core.work.titles import title_of
from core.world import World


@dataclass(frozen=True, slots=True)
class Opened:
    journal: Journal
    before: Before  # what was done before, and since when the service is out
    resumed: bool


def open_run(world: World, plan: Plan, folder: Path, situation: Situation) -> Opened:
    """The journal of a new run, or of the unfinished one with the same plan. Raises Problem."""
    past = _latest(folder, situation.service.id)
    outage = _still_out(past, situation)
    if past is not None and past.unfinished:
        if past.undo is None and plan_of(past) == plan:
            return _resumed(past, folder, world, outage)
        if past.changed_something:
            raise _other_plan(past) if past.undo is None else _unfinished_undo(past)
    journal = begin(folder, plan, dump_plan(plan), situation, world.clock)
    if past is not None and past.former and outage is not None:
        journal.former(past.former)
    return _begun(journal, past, outage)


def open_undo(world: World, found: Found, folder: Path, given: Collection[AllowedAddress]) -> tuple[Opened, Undo]:
    """The journal of a new undo, or of the unfinished one, and what it takes back. Raises Problem."""
    undo = replace(found.undo, allow=_allowed(found.undo, given))
    past = _latest(folder, undo.service)  # as it is now that the lock is held
    if past is not None and past.undo is not None and past.unfinished and found.before is not None:
        opened = _resumed(past, folder, world, past.outage)
        if undo.allow != past.undo.allow:
            opened.journal.allow(undo.allow)
        return opened, undo
    journal = begin_undo(folder, undo, world.clock)
    if undo.former:
        journal.former(undo.former)
    return _begun(journal, past, _out_before(past, found.remains.service)), undo


def _latest(folder: Path, service: ServiceId) -> Past | None:
    past = latest(folder, service)
    if past is not None and past.newer:
        raise newer_format(past)
    return past


def _out_before(past: Past | None, service: Service | None) -> Outage | None:
    """Whether the service is out already: after half a link, or half an undo."""
    if past is None or past.outage is None:
        return None
    private = service is not None and service.private is not None
    if past.undo is None and not private and service is not None and service.status == "ready":
        return None  # the switch never took, or was taken back
    took = private if past.undo is None else not private
    return Outage(past.outage.at, past.outage.certain or took)


def _resumed(past: Past, folder: Path, world: World, outage: Outage | None) -> Opened:
    journal = Journal(past.run, folder, world.clock)
    journal.resumed()
    return Opened(journal, Before(past.sent, past.stood, outage), resumed=True)


def _begun(journal: Journal, past: Past | None, outage: Outage | None) -> Opened:
    """What another run left open goes on in this one."""
    if past is not None and outage is not None:
        journal.inherits(past.run, outage.at, outage.certain)
    return Opened(journal, Before(outage=outage), resumed=False)


def _still_out(past: Past | None, situation: Situation) -> Outage | None:
    """Whether the interruption that a run left open still lasts."""
    if past is None or past.outage is None:
        return None
    service = situation.service
    if service.status == "ready" and service.private is None:
        return None  # it never took, or was switched back
    return Outage(past.outage.at, past.outage.certain or service.private is not None)


def _other_plan(past: Past) -> Blocked:
    where = f" at “{title_of(past.step)}”" if past.step else ""
    return Blocked(
        "unfinished-run",
        f"Run {past.run} for {past.service_name} is unfinished{where}, and its plan is another.",
        cause="Two plans for one service at once would fight.",
        remedy=f"Go on with it: skysql-privatelink resume {past.run}, or take it back: skysql-privatelink undo "
        f"{past.run}. Afterwards run this plan. Its own plan is {shlex.quote(str(past.plan))}. To give that run up for "
        f"good instead, move {past.journal} to another folder.",
    )


def _unfinished_undo(past: Past) -> Blocked:
    where = f" at “{title_of(past.step)}”" if past.step else ""
    return Blocked(
        "unfinished-undo",
        f"Undo {past.run} for {past.service_name} is unfinished{where}.",
        cause="A run that links and an undo at once would fight.",
        remedy=f"Go on with it: skysql-privatelink resume {past.run}. Afterwards run this plan.",
    )


def _allowed(undo: Undo, given: Collection[AllowedAddress]) -> tuple[AllowedAddress, ...]:
    """`--allow` stands in for a list that is not known, or that was empty; it changes none that is known."""
    if not given:
        return undo.allow
    known = replace(undo, allow=()).allow_list
    if undo.back != "public" or known:
        raise Usage(
            "allow-not-wanted",
            "--allow has no place in this undo.",
            cause="The former IP allowlist is known and is put back." if known else "The service is not made public.",
            remedy="Run it without --allow; change the list in the SkySQL portal afterwards.",
        )
    return tuple(given)
