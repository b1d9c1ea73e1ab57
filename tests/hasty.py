"""The command line with a clock that runs fast: `python -m tests.hasty 200 apply plan.toml` waits an hour in 18 s.

For real processes whose patience is being tried. Nothing else of the program differs.
"""

import asyncio
import sys
import time

from core.edges.clock import SystemClock


def hasten(times: float) -> None:
    """From here on, all that is waited for lasts so many times less; durations read as if it had not."""
    SystemClock.monotonic = lambda _clock: time.monotonic() * times  # type: ignore[method-assign]  # the whole purpose

    async def sleep(_clock: SystemClock, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / times)

    SystemClock.sleep = sleep  # type: ignore[method-assign]  # as above


if __name__ == "__main__":
    from tui.commands import run

    hasten(float(sys.argv[1]))
    sys.exit(run(sys.argv[2:]))
