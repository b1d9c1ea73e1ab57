"""Work without questions: apply, check, resume, undo."""

import argparse
import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from core.values import Region
from tui.commands.agreeing import agree_to_link, agree_to_undo
from tui.commands.resuming import unfinished_run
from tui.commands.surroundings import (
    as_json,
    json_lines,
    place_of_work,
    read_plan,
    settings,
    terminal_kept,
    text_lines,
)

if TYPE_CHECKING:
    from core.work.engine import Tell
    from core.work.events import Event, RunEnded
    from core.work.history import Past
    from core.world import World

    Doing = Callable[["World", Tell, asyncio.Event], Awaitable[RunEnded]]

Work = Callable[[Path], "tuple[Region | None, Doing]"]
"""Given where the runs are kept: the region to sign in to, and what to do in a world, telling, until asked to stop."""


def apply(options: argparse.Namespace) -> int:
    """Carry a plan out."""
    plan = read_plan(options.plan_file)

    def work(folder: Path) -> "tuple[Region | None, Doing]":
        async def doing(world: "World", tell: "Tell", stop: asyncio.Event) -> "RunEnded":
            from core.work import operation

            await agree_to_link(options, world, plan, stop)
            return await operation.apply(world, plan, folder, tell, stop)

        return plan.region, doing

    return _conducted(options, work)


def check(options: argparse.Namespace) -> int:
    """Every preflight check; changes nothing."""
    plan = read_plan(options.plan_file)

    def work(_folder: Path) -> "tuple[Region | None, Doing]":
        async def doing(world: "World", tell: "Tell", stop: asyncio.Event) -> "RunEnded":
            from core.work import operation

            return await operation.check(world, plan, tell, stop)

        return plan.region, doing

    return _conducted(options, work)


def undo(options: argparse.Namespace) -> int:
    """Take a link away and put back what was before it."""
    region = Region(options.region) if getattr(options, "region", "") else None

    def work(folder: Path) -> "tuple[Region | None, Doing]":
        async def doing(world: "World", tell: "Tell", stop: asyncio.Event) -> "RunEnded":
            from core.work import operation
            from core.work.remains import look_back

            public = bool(options.allow)
            await agree_to_undo(
                options, world, lambda: look_back(world, options.wanted, folder, region, to_be_public=public), stop
            )
            return await operation.undo(world, options.wanted, folder, tell, stop, allow=options.allow, region=region)

        return region, doing

    return _conducted(options, work)


def resume(options: argparse.Namespace) -> int:
    """Go on with a run or an undo that has not got to its end."""

    def work(folder: Path) -> "tuple[Region | None, Doing]":
        past = unfinished_run(options.run, folder)

        async def doing(world: "World", tell: "Tell", stop: asyncio.Event) -> "RunEnded":
            from core.work import operation
            from core.work.remains import no_journal

            if past is None:
                raise await no_journal(world, options.run, folder)
            await _agree_to_go_on(options, world, past, folder, stop)
            return await operation.resume(world, past, folder, tell, stop)

        return past.region if past else None, doing

    return _conducted(options, work)


async def _agree_to_go_on(
    options: argparse.Namespace, world: "World", past: "Past", folder: Path, stop: asyncio.Event
) -> None:
    from core.work.kept import plan_of
    from core.work.remains import look_back

    if past.undo is not None:
        await agree_to_undo(options, world, lambda: look_back(world, past.run, folder), stop)
    elif (plan := plan_of(past)) is not None:
        await agree_to_link(options, world, plan, stop)


# ---------------------------------------------------------------------------------------------- a world, and signals


def _conducted(options: argparse.Namespace, work: Work) -> int:
    """Open a world, do it there, close it; the exit code."""
    tell = json_lines() if as_json(options) else text_lines()
    with place_of_work(options) as folder, terminal_kept():
        region, doing = work(folder)
        results: list[RunEnded] = []
        try:
            return asyncio.run(_in_world(options, region, doing, _heard(tell, results))).exit_code
        except asyncio.CancelledError:
            if results:
                return results[-1].exit_code
            raise KeyboardInterrupt from None


def _heard(tell: "Callable[[Event], None]", results: "list[RunEnded]") -> "Callable[[Event], None]":
    """`tell`, and keep the result: a run that has to be cut off tells it and returns nothing."""
    from core.work.events import RunEnded

    def hear(event: "Event") -> None:
        if isinstance(event, RunEnded):
            results.append(event)
        tell(event)

    return hear


async def _in_world(
    options: argparse.Namespace, region: Region | None, doing: "Doing", tell: "Callable[[Event], None]"
) -> "RunEnded":
    from core.edges.world import open_world

    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        world = await open_world(settings(options, region))
        try:
            return await doing(world, tell, stop)
        finally:
            await world.close()


@contextlib.contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """The first signal asks to stop; where that takes too long, or with the second, what is in flight is cut off."""
    from core.work.engine import LAST_MOMENTS

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101
    late: list[asyncio.TimerHandle] = []

    def on_signal() -> None:
        late.append(loop.call_later(0 if stop.is_set() else LAST_MOMENTS, task.cancel))
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup: the run is to outlive the terminal
            loop.add_signal_handler(number, on_signal)
    try:
        yield
    finally:
        for timer in late:
            timer.cancel()
