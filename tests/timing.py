"""Measuring time where others use the machine too."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable

TRIES = 3


class Stalls:
    """How long the event loop was at work without a pause, in seconds of its thread's own time."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._loop = asyncio.get_running_loop()
        self._before = time.thread_time()
        self._look()

    def longest(self) -> float:
        now = time.thread_time()
        self._longest = max(self._longest, now - self._before)
        self._before = now
        return self._longest

    def _look(self) -> None:
        self.longest()
        self._loop.call_later(0.001, self._look)


def crowd() -> float:
    """How many share one core just now; 1 where there are cores enough."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def within(limit: float, measure: Callable[[], float]) -> bool:
    """Whether one of a few tries takes less than `limit` seconds, on a machine that has a core to spare for it."""
    return any(measure() < limit * crowd() for _ in range(TRIES))
