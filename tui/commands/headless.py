"""Work without questions: apply, check, resume, undo."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from core.edges.signals import stopped_by_signals
from core.problems import Usage
from core.values import Region
from tui.commands.agreeing import agree_to_link, agree_to_undo
from tui.commands.resuming import unfinished_run
from tui.commands.surroundings import (
    SANDBOX_ENDS,
    as_json,
    json_lines,
    place_of_work,
    read_plan,
    settings,
    terminal_kept,
    text_lines,
)

if TYPE_CHECKING:
    from core.edges.handover import TakeBack
    from core.plan import Plan
    from core.work.engine import Tell
    from core.work.events import Event, RunEnded
    from core.work.following import Background
    from core.work.history import Past
    from core.work.remains import Found
    from core.world import World

    Agree = Callable[["World", asyncio.Event], Awaitable[None]]
    Here = Callable[["World", Tell, asyncio.Event], Awaitable[RunEnded]]


@dataclass(frozen=True, slots=True)
class Job:
    """What a command is to do, in a world that is open."""

    region: Region | None  # to sign in to
    here: "Here"
    agree: "Agree | None" = None
    elsewhere: "Callable[[], Plan | TakeBack] | None" = None  # the same, for another process; may raise Problem
    under_way: "Background | None" = None  # the process that does it already


def apply(options: argparse.Namespace) -> int:
    """Carry a plan out."""
    plan = read_plan(options.plan_file)

    def job(folder: Path) -> Job:
        from core.work import operation
        from core.work.following import carrying_out

        return Job(
            plan.region,
            lambda world, tell, stop: operation.apply(world, plan, folder, tell, stop),
            lambda world, stop: agree_to_link(options, world, plan, stop),
            lambda: plan,
            carrying_out(plan, folder),
        )

    return _conducted(options, job)


def check(options: argparse.Namespace) -> int:
    """Every preflight check; changes nothing."""
    plan = read_plan(options.plan_file)

    def job(folder: Path) -> Job:
        from core.work import operation

        return Job(plan.region, lambda world, tell, stop: operation.check(world, plan, folder, tell, stop))

    return _conducted(options, job)


def undo(options: argparse.Namespace) -> int:
    """Take a link away and put back what was before it."""
    region = Region(options.region) if getattr(options, "region", "") else None
    wanted, allow = options.wanted, options.allow

    def job(folder: Path) -> Job:
        from core.edges.handover import TakeBack
        from core.work import operation
        from core.work.remains import look_back

        def looking(world: "World") -> "Coroutine[Any, Any, Found]":
            return look_back(world, wanted, folder, region, to_be_public=bool(allow))

        return Job(
            region,
            lambda world, tell, stop: operation.undo(world, wanted, folder, tell, stop, allow=allow, region=region),
            lambda world, stop: agree_to_undo(options, world, lambda: looking(world), stop),
            lambda: TakeBack(wanted, tuple(allow), region),
        )

    return _conducted(options, job)


def resume(options: argparse.Namespace) -> int:
    """Go on with a run or an undo that has not got to its end, or show the one that goes on in the background."""

    def job(folder: Path) -> Job:
        from core.edges.handover import going_on_with
        from core.work import operation
        from core.work.following import in_background

        past = unfinished_run(options.run, folder)
        if past is None:
            return Job(None, lambda world, _tell, _stop: _nowhere(world, options.run, folder))
        return Job(
            past.region,
            lambda world, tell, stop: operation.resume(world, past, folder, tell, stop),
            lambda world, stop: _agree_to_go_on(options, world, past, folder, stop),
            lambda: going_on_with(past),
            in_background(past),
        )

    return _conducted(options, job)


async def _nowhere(world: "World", wanted: str, folder: Path) -> NoReturn:
    from core.work.remains import no_journal

    raise await no_journal(world, wanted, folder)


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


def _conducted(options: argparse.Namespace, find_job: Callable[[Path], Job]) -> int:
    """Open a world, do it there, close it; the exit code. What is under way in the background is shown instead."""
    tell = json_lines() if as_json(options) else text_lines()
    detached = getattr(options, "detach", False)
    if detached and getattr(options, "sandbox", False):
        raise Usage("detached-sandbox", SANDBOX_ENDS)
    with place_of_work(options) as folder, terminal_kept():
        job = find_job(folder)
        if job.under_way is not None:
            from tui.commands.detached import shown

            return shown(job.under_way, tell, detached=detached, as_json=as_json(options))
        results: list[RunEnded] = []
        doing = _detached(options, job, folder, tell) if detached else _in_world(options, job, _heard(tell, results))
        try:
            return asyncio.run(doing)
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


async def _in_world(options: argparse.Namespace, job: Job, tell: "Tell") -> int:
    from core.edges.world import open_world

    stop = asyncio.Event()
    with stopped_by_signals(stop):
        world = await open_world(settings(options, job.region))
        try:
            if job.agree is not None:
                await job.agree(world, stop)
            return (await job.here(world, tell, stop)).exit_code
        finally:
            await world.close()


async def _detached(options: argparse.Namespace, job: Job, folder: Path, tell: "Tell") -> int:
    """Have it agreed to and both sides signed in, then hand it over."""
    from core.edges.world import open_world
    from core.work.stopping import Stopped, unless_stopped
    from tui.commands.detached import hand_over

    stop = asyncio.Event()
    with stopped_by_signals(stop):
        given = settings(options, job.region)
        world = await open_world(given)
        try:
            await unless_stopped(_signed_in(world), stop)
            if job.agree is not None:
                await job.agree(world, stop)
            if job.elsewhere is None:
                return (await job.here(world, tell, stop)).exit_code
            keys = await unless_stopped(world.aws_keys(), stop)
            if stop.is_set():
                raise Stopped
        except Stopped:
            raise KeyboardInterrupt from None
        finally:
            await world.close()
        given = replace(given, ask_code=None, aws_keys=keys)
        from core.edges.handover import Errand, whole_environment

        errand = Errand(job.elsewhere(), given, folder, whole_environment(os.environ), getattr(options, "debug", False))
        return await hand_over(errand, tell, stop, as_json=as_json(options))


async def _signed_in(world: "World") -> None:
    await world.identity()
    await world.skysql.probe()
