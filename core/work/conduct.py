"""Carries a run's steps out and sees to its last lines, in the journal and to whoever listens, however it ends."""

import asyncio
from collections.abc import Sequence
from typing import Any

from core.problems import Failed, Problem
from core.work.decisions import Known
from core.work.engine import Means, Result, carry_out
from core.work.events import RunEnded
from core.work.journal import Journal
from core.work.opening import Opened
from core.work.steps.step import Assignment, Operation, Sides
from core.work.telling import Teller


async def conduct(
    steps: Sequence[Operation[Any, Any]],
    job: Assignment,
    opened: Opened,
    *,
    sides: Sides,
    teller: Teller,
    stop: asyncio.Event,
) -> RunEnded:
    """A cancelled run, and one with a fault of ours, is told and recorded; then what ended it goes on."""
    journal = opened.journal
    means = Means(sides, journal, teller.world.clock, teller.tell, stop)
    try:
        result = await carry_out(steps, job, means, opened.before)
    except asyncio.CancelledError:
        _record_end(journal, Result("interrupted", Known()))
        teller.ended("interrupted", f"Stopped. {teller.how_to_go_on()}")
        raise
    except Exception as fault:
        # A fault of our own. Whoever waits for a result gets one, and the run can go on; the fault is still heard.
        problem = _unforeseen(fault)
        _record_end(journal, Result("interrupted", Known(), problem=problem))
        teller.result(Result("failed", Known(), problem=problem), None)
        raise
    unrecorded = _record_end(journal, result)
    return teller.result(result, unrecorded)


def _unforeseen(fault: Exception) -> Failed:
    return Failed(
        "unforeseen",
        "This program has met a fault of its own.",
        cause=f"It is a {type(fault).__name__}; what was changed until then is in the journal.",
        remedy="Run again to go on; report it if it happens again.",
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
