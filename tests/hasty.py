"""The command line with a clock that runs fast: `python -m tests.hasty 200 apply plan.toml` waits an hour in 18 s.

For real processes whose patience is tried. Nothing else of the program differs.
"""

import asyncio
import sys
import time
from unittest.mock import patch

from core.edges.clock import SystemClock
from tui.commands import run


def hasty(times: float) -> type[SystemClock]:
    """A clock on which so many times more time passes."""

    class HastyClock(SystemClock):
        def monotonic(self) -> float:
            return time.monotonic() * times

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(max(0.0, seconds) / times)

    return HastyClock


def main(times: str, *arguments: str) -> int:
    with patch("core.edges.world.SystemClock", hasty(float(times))):
        return run(arguments)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
