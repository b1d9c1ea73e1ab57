"""A run in the background, looked at from elsewhere: which there are, what they tell, and how they are stopped."""

import contextlib
import os
import signal
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from core.plan import Plan
from core.work.event_file import Tail, events_of
from core.work.events import EXIT_CODES, ErrorTold, Event, Kind, RunEnded, RunStarted
from core.work.history import Past, read_run, runs
from core.work.journal import reading
from core.work.kept import plan_of
from core.work.lock import held, holder
from core.world import Clock

PACE: Final = 0.5
"""Seconds between two looks at a file in which nothing happens."""


@dataclass(frozen=True, slots=True)
class Background:
    """A run that a live process on this machine carries on without a terminal."""

    past: Past
    pid: int


def in_background(past: Past) -> Background | None:
    """None when no process tells of the run; then it has ended, or goes on like any other."""
    folder = past.journal.parent
    if not held(events_of(folder, past.run)):
        return None
    worker = holder(folder, past.service)
    return Background(past, int(worker.pid) if worker and worker.pid.isdecimal() else 0)


def all_in_background(folder: Path) -> tuple[Background, ...]:
    """Newest first. Raises Failed."""
    return tuple(found for past in runs(folder) if (found := in_background(past)) is not None)


def carrying_out(plan: Plan, folder: Path) -> Background | None:
    """The run in the background whose plan is the same. Raises Failed."""
    for found in all_in_background(folder):
        past = found.past
        if plan.service in (past.service, past.service_name) and plan_of(past) == replace(plan, service=past.service):
            return found
    return None


async def follow(past: Past, clock: Clock) -> AsyncGenerator[Event, None]:
    """The run's events since its process began, then each as it comes; the last is RunEnded, always.

    A process that has died without one has it told for it. Giving up stops nothing. Raises Failed when the file cannot
    be read.
    """
    path = events_of(past.journal.parent, past.run)
    with reading(path), contextlib.closing(Tail(path)) as tail:
        told = list(tail.events())
        while told and isinstance(told[-1], RunEnded) and held(path):  # that of the process before, or the end
            await clock.sleep(PACE)
            told += tail.events()
        for event in _since_it_began(told):
            yield event
            if isinstance(event, RunEnded):
                return
        gone = False
        while not gone:
            gone = not held(path)  # before the look: what it had written by then is read yet
            for event in tail.events():
                yield event
                if isinstance(event, RunEnded):
                    return
            if not gone:
                await clock.sleep(PACE)
    for event in _unsaid(past, clock):
        yield event


def stop(background: Background) -> None:
    """Have it finish the change in flight and end, as a run in the foreground does."""
    now = in_background(background.past)
    if now is not None and now.pid == background.pid > 0:
        with contextlib.suppress(OSError):
            os.kill(now.pid, signal.SIGTERM)


def _since_it_began(told: list[Event]) -> list[Event]:
    begins = [place for place, event in enumerate(told) if isinstance(event, RunStarted)]
    return told[begins[-1] :] if begins else told


def _unsaid(past: Past, clock: Clock) -> tuple[Event, ...]:
    """What a process that has gone did not say: how the run ended by its journal, or that it has not."""
    now, past = clock.now(), read_run(past.journal) or past
    kind: Kind = "link" if past.undo is None else "undo"
    if past.status is not None:
        code = EXIT_CODES[past.status]
        return (RunEnded(now, past.status, past.run, past.service, detail=past.detail, exit_code=code, kind=kind),)
    how = f"Go on with: skysql-privatelink resume {past.run}"
    gone = "The background process has gone without a word of how it ended."
    return (
        ErrorTold(now, "background-gone", gone, "It was killed, or the machine was started anew.", how, ""),
        RunEnded(
            now,
            "interrupted",
            past.run,
            past.service,
            detail=f"{gone} {how}",
            exit_code=EXIT_CODES["interrupted"],
            kind=kind,
        ),
    )
