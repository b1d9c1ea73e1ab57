"""How long and how often something is asked again. Seconds throughout."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from core.problems import Problem
from core.work.stopping import unless_stopped
from core.world import Clock

SURVEY: Final = 60.0  # nothing has begun yet, and somebody watches
T = TypeVar("T")


def pause(elapsed: float) -> float:
    """Seconds until the next look, `elapsed` seconds after the first: 1, 2, 3, then 5 for two minutes, then 10."""
    for until, seconds in ((1, 1.0), (3, 2.0), (6, 3.0), (126, 5.0)):
        if elapsed < until:
            return seconds
    return 10.0


def back_off(failures: int) -> float:
    """Seconds after so many failures in a row: 1, 2, 4, 8, 16, then 30."""
    return min(30.0, 2.0 ** min(failures - 1, 5))


async def patiently(read: Callable[[], Coroutine[Any, Any, T]], clock: Clock, stop: asyncio.Event) -> T:
    """What `read` answers, asked again for as long as SURVEY while what stands in the way is passing.

    Raises Stopped as soon as `stop` is set, and the Problem that does not pass, or has lasted.
    """
    began, failures = clock.monotonic(), 0
    while True:
        try:
            return await unless_stopped(read(), stop)
        except Problem as problem:
            failures += 1
            rest = max(problem.wait, back_off(failures))
            if not problem.retryable or clock.monotonic() - began + rest > SURVEY:
                raise
        await unless_stopped(clock.sleep(rest), stop)
