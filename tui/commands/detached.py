"""Runs without a terminal, as the command line starts them and looks at them."""

import asyncio
import json
import os
import signal
from contextlib import aclosing
from pathlib import Path

from core.edges.clock import SystemClock
from core.edges.handover import Errand
from core.edges.handover import hand_over as start
from core.edges.threads import in_thread
from core.work.engine import Tell
from core.work.events import RunEnded
from core.work.following import Background, follow
from core.work.history import Past, read_run
from core.work.journal import stamp
from core.world import Clock
from tui.outlet import Outlet, complain

INTERRUPTED = 130


async def hand_over(errand: Errand, tell: Tell, stop: asyncio.Event, *, as_json: bool) -> int:
    """Hand the work to a background process and say how to look at it; the exit code.

    A run that ends before it begins is told like any other; one that was to stop meanwhile is stopped, and seen to
    its end.
    """
    handed = await in_thread(lambda: start(errand))
    begun = handed.begun
    for event in handed.told:
        if begun is None or as_json:
            tell(event)
    if begun is None:
        return handed.result.exit_code if handed.result else 1
    if stop.is_set():
        past = await asyncio.to_thread(read_run, Path(begun.journal))
        os.kill(handed.pid, signal.SIGTERM)
        return await _followed(past, tell, SystemClock()) if past else INTERRUPTED
    _say_where(begun.run, handed.pid, as_json=as_json)
    return 0


def shown(background: Background, tell: Tell, *, detached: bool, as_json: bool) -> int:
    """What is in the background already: shown to its end, or said for who would detach it; the exit code."""
    if not detached:
        return _attached(background, tell)
    _say_where(background.past.run, background.pid, as_json=as_json)
    return 0


def _say_where(run: str, pid: int, *, as_json: bool) -> None:
    write = Outlet()
    if as_json:
        write(json.dumps({"event": "detached", "at": stamp(SystemClock().now()), "run": run, "pid": pid}))
        return
    for line in left_running(run, pid):
        write(line)


def left_running(run: str, pid: int) -> tuple[str, ...]:
    """That a run goes on, and what can be done about it."""
    return (
        f"Run {run} goes on in the background: process {pid}.",
        f"Look at it: skysql-privatelink resume {run}",
        f"Stop it, the change in flight finished first: kill {pid}",
    )


def _attached(background: Background, tell: Tell) -> int:
    """Tell what the run has told so far, and what it tells to its end; its exit code. Ctrl-c leaves it running."""
    run, pid = background.past.run, background.pid
    complain(f"Run {run} is in the background: process {pid}. Ctrl+C leaves it running.")
    try:
        return asyncio.run(_followed(background.past, tell, SystemClock()))
    except KeyboardInterrupt:
        complain(*left_running(run, pid))
        return INTERRUPTED


async def _followed(past: Past, tell: Tell, clock: Clock) -> int:
    code = 1
    async with aclosing(follow(past, clock)) as events:
        async for event in events:
            tell(event)
            if isinstance(event, RunEnded):
                code = event.exit_code
    return code
