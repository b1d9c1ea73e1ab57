"""A run without a terminal: `python -m core.background`, started by `core.edges.handover` and told by it what to do."""

import asyncio
import contextlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

from core.edges.handover import Errand
from core.edges.signals import stopped_by_signals
from core.problems import Problem
from core.redaction import know, redact, secrets_in
from core.values import RunId
from core.work.event_file import EventFile, events_of
from core.work.events import EXIT_CODES, Event, RunEnded, RunStarted
from core.work.jsonlines import as_json

LOGS = "logs"


class Telling:
    """Tells events to whoever handed the work over, and from the run's beginning on to the run's file."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._file: EventFile | None = None

    def __call__(self, event: Event) -> None:
        if self._file is not None:
            self._file(event)
            return
        if isinstance(event, RunStarted) and event.run:
            self._file = EventFile(events_of(self._runs, RunId(event.run)))
            self._file(event)
        say(as_json(event))
        if self._file is not None:
            _leave((1, 2))


def say(line: object) -> None:
    """To whoever handed the work over, and may be gone."""
    with contextlib.suppress(OSError):
        print(json.dumps(line), flush=True)


def _leave(streams: tuple[int, ...]) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in streams:
        os.dup2(nowhere, stream)
    os.close(nowhere)


def main() -> int:
    """The run's exit code, though nobody waits for it: its last event tells it."""
    if os.fork():
        os._exit(0)  # whoever started it has no child to wait for, and what goes on can get no terminal
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sys.excepthook = lambda *fault: print(redact("".join(traceback.format_exception(*fault))), file=sys.stderr)
    say({"pid": os.getpid()})
    errand = Errand.load(sys.stdin.read())
    _leave((0,))
    os.environ.clear()
    os.environ.update(errand.environ)
    know(*secrets_in(os.environ))
    with _logged(errand):
        return _carried_out(errand)


@contextlib.contextmanager
def _logged(errand: Errand) -> Iterator[None]:
    from core.edges.about import about
    from core.edges.debug_log import debug_log

    with contextlib.ExitStack() as ends:
        if errand.debug:
            with contextlib.suppress(Problem):  # the run is worth more than its log
                ends.enter_context(debug_log(errand.runs.parent / LOGS, about(os.environ)))
        yield


def _carried_out(errand: Errand) -> int:
    try:
        return asyncio.run(_carry_out(errand)).exit_code
    except asyncio.CancelledError:  # cut off; that was told
        return EXIT_CODES["interrupted"]


async def _carry_out(errand: Errand) -> RunEnded:
    from core.edges.world import open_world
    from core.plan import Plan
    from core.work import operation

    tell, stop = Telling(errand.runs), asyncio.Event()
    with stopped_by_signals(stop):
        world = await open_world(errand.settings)
        try:
            work = errand.work
            if isinstance(work, Plan):
                return await operation.apply(world, work, errand.runs, tell, stop)
            return await operation.undo(
                world, work.wanted, errand.runs, tell, stop, allow=work.allow, region=work.region
            )
        finally:
            await world.close()


if __name__ == "__main__":
    sys.exit(main())
