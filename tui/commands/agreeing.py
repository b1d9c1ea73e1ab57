"""At a terminal, the agreement that the wizard asks for; a script is taken at its word.

A stop meanwhile is no refusal: the run then ends before it begins, and says so itself.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core.plan import Plan
from core.problems import Usage
from tui.commands.surroundings import as_json
from tui.outlet import at_terminal

if TYPE_CHECKING:
    from core.choices.review import Change
    from core.work.remains import Found
    from core.world import World


async def agree_to_link(options: argparse.Namespace, world: "World", plan: Plan, stop: asyncio.Event) -> None:
    """Show what the run will do; when it interrupts a service, have its name typed. Raises Usage when it is not."""
    from core.choices.review import agreement, changes, typed_to_agree
    from core.work.patience import patiently
    from core.work.stopping import Stopped
    from core.work.survey import survey

    if _is_taken_at_its_word(options):
        return
    try:
        situation = await patiently(lambda: survey(world, plan), world.clock, stop)
    except Stopped:
        return
    _show(changes(plan, situation), options)
    if agreement(situation) == "type-name":
        await _typed(typed_to_agree(situation.service), situation.service.name, options, stop)


async def agree_to_undo(
    options: argparse.Namespace,
    world: "World",
    looking: "Callable[[], Coroutine[Any, Any, Found]]",
    stop: asyncio.Event,
) -> None:
    """The same before an undo, which `looking` looks for: connections over the private link drop."""
    from core.choices.review import typed_to_agree
    from core.choices.undo import undo_agreement, undo_changes
    from core.work.patience import patiently
    from core.work.stopping import Stopped

    if _is_taken_at_its_word(options):
        return
    try:
        found = await patiently(looking, world.clock, stop)
    except Stopped:
        return
    if found.nothing_to_do:
        return
    given = tuple(getattr(options, "allow", ()))
    _show(undo_changes(replace(found.undo, allow=given or found.undo.allow), found.remains), options)
    service = found.remains.service
    if service is not None and undo_agreement(found.undo, found.remains) == "type-name":
        await _typed(typed_to_agree(service), service.name, options, stop)


def _is_taken_at_its_word(options: argparse.Namespace) -> bool:
    return options.yes or not at_terminal(sys.stdin, sys.stdout)


def _show(changes: "Iterable[Change]", options: argparse.Namespace) -> None:
    out = sys.stderr if as_json(options) else sys.stdout
    for change in changes:
        print(f"{change.mark} {change.what}", *(f"    {line}" for line in change.detail), sep="\n", file=out)


async def _typed(wanted: str, name: str, options: argparse.Namespace, stop: asyncio.Event) -> None:
    from core.edges.threads import in_thread
    from core.work.stopping import Stopped, unless_stopped

    out = sys.stderr if as_json(options) else sys.stdout
    print(f"This interrupts {name}. To go on, type {wanted}: ", end="", file=out, flush=True)
    try:
        # Not input(): its thread would hold standard input's lock when a stop ends the program meanwhile.
        typed = await unless_stopped(in_thread(lambda: os.read(0, 4096)), stop)
    except Stopped:
        return
    if typed.decode("utf-8", "replace").strip() != wanted:
        what = "Nothing was changed: the interruption was not agreed to."
        raise Usage("not-agreed", what, remedy="--yes skips the question.")
