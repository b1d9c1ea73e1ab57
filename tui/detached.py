"""Runs without a terminal, as the command line starts them and looks at them."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing
from typing import TYPE_CHECKING

from core.edges.clock import SystemClock
from core.edges.handover import Errand, hand_over
from core.work.events import Event, RunEnded
from core.work.following import Background, follow
from core.work.journal import stamp
from tui.outlet import Outlet, complain

if TYPE_CHECKING:
    from core.world import Clock

INTERRUPTED = 130


def detach(errand: Errand, tell: Callable[[Event], None], *, as_json: bool) -> int:
    """Hand the work to a background process and say how to look at it; the exit code.

    A run that ends before it begins is told like any other.
    """
    handed = hand_over(errand)
    for event in handed.told:
        if handed.begun is None or as_json:
            tell(event)
    if handed.begun is None:
        return handed.result.exit_code if handed.result else 1
    _say_where(handed.begun.run, handed.pid, as_json=as_json)
    return 0


def say_again(background: Background, *, as_json: bool) -> int:
    """For who detaches what is in the background already; the exit code."""
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


def attach(background: Background, tell: Callable[[Event], None]) -> int:
    """Tell what the run has told so far, and what it tells to its end; its exit code. Ctrl-c leaves it running."""
    run, pid = background.past.run, background.pid
    complain(f"Run {run} is in the background: process {pid}. Ctrl+C leaves it running.")
    try:
        return asyncio.run(_followed(background, tell, SystemClock()))
    except KeyboardInterrupt:
        complain(*left_running(run, pid))
        return INTERRUPTED


async def _followed(background: Background, tell: Callable[[Event], None], clock: "Clock") -> int:
    code = 1
    async with aclosing(follow(background.past, clock)) as events:
        async for event in events:
            tell(event)
            if isinstance(event, RunEnded):
                code = event.exit_code
    return code
