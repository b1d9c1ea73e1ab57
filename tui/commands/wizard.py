"""The wizard, from the command line."""

import argparse
import asyncio
import contextlib
import gc
import os
import sys
from collections.abc import Callable, Mapping

from core.problems import Usage
from tui.commands.grammar import PROGRAM
from tui.commands.surroundings import SANDBOX_ENDS, in_sandbox, passing_folder, read_plan, runs_folder, text_lines
from tui.outlet import Outlet, at_terminal, flush


def wizard(options: argparse.Namespace) -> int:
    """Full screen, from the first question to Done."""
    if not at_terminal(sys.stdin, sys.stdout):
        raise Usage(
            "no-terminal",
            "The wizard needs a terminal, and this is none.",
            cause="Standard input or output is a file or a pipe.",
            remedy=f"Run it at a terminal, or carry out a plan file without questions: {PROGRAM} apply PLAN",
        )
    plan = read_plan(options.plan) if options.plan else None
    over_ssh = "SSH_CONNECTION" in os.environ
    if over_ssh:
        os.environ.setdefault("ESCDELAY", "400")  # a slow line splits the arrow keys' sequences

    from core.edges.clock import SystemClock
    from core.edges.world import open_world
    from tui.app import Wizard
    from tui.session import Entry

    sandboxed = getattr(options, "sandbox", False)
    with contextlib.ExitStack() as ends:
        entry = Entry(
            environ=os.environ,
            open_world=open_world,
            runs_folder=ends.enter_context(passing_folder()) if sandboxed else runs_folder(),
            clock=SystemClock(),
            profile=getattr(options, "profile", ""),
            region=getattr(options, "region", ""),
            organization=getattr(options, "org", ""),
            plan=plan,
            mark="SANDBOX" if sandboxed else "",
            ends_with_us=SANDBOX_ENDS if sandboxed else "",
            prepare=_sandbox_starter(options, ends) if sandboxed else None,
            # What stays as long as the program would be looked at in every full collection of garbage, and freeze the
            # screen for over a tenth of a second each time.
            after_loading=gc.freeze,
        )
        app = Wizard(entry)
        app.run(mouse=not over_ssh)
    if app.result is not None:
        text_lines()(app.result)  # what is needed next, where the shell still shows it
    if (background := app.left_running) is not None:
        from tui.commands.detached import left_running

        for line in left_running(background.past.run, background.pid):
            Outlet()(line)
    flush()  # the line may have been dropped
    return app.return_code or 0


def _sandbox_starter(
    options: argparse.Namespace, ends: contextlib.ExitStack
) -> "Callable[[], asyncio.Future[Mapping[str, str]]]":
    """Starts the sandbox off the event loop and lays its addresses over the environment."""

    def start() -> Mapping[str, str]:
        ends.enter_context(in_sandbox(options))
        return os.environ

    def prepare() -> "asyncio.Future[Mapping[str, str]]":
        return asyncio.ensure_future(asyncio.to_thread(start))

    return prepare
