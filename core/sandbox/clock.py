"""Time in the sandbox: every state is worked out from the clock when it is asked for.

Nothing runs in the background. A change writes down what it will look like later (a `TimeLine`), and whoever looks
sees what is true by then. That makes a test with its own clock exact, and a speed of nought mean no waiting at all.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Delays:
    """How long things take at speed 1, in seconds: shorter than in life, in the same order."""

    switch: float = 12  # SkySQL's switch: the service is ready and names its endpoint service
    accounts: float = 4  # a change of the allowed accounts alone
    launch: float = 15
    power: float = 5
    sight: float = 3  # after the switch: the consumer's account still gets InvalidServiceName
    creation: float = 3  # and then: CreateVpcEndpoint still answers Unavailable
    verification: float = 14  # after the switch: longer than an endpoint needs to come up, so that it is waited for
    pending: float = 6
    modify: float = 3
    delete: float = 4
    linger: float = 3  # a deleted endpoint is still listed, and its private zone still attached


class Clock:
    """Seconds that only go forward; `scale` multiplies every delay, nought leaves none.

    `with clock:` is one request: only one at a time, and time stands still in it. So every answer is true of one
    moment, and a change always answers with its first state, even when its last one is due at once.
    """

    def __init__(self, scale: float = 1.0, source: Callable[[], float] = time.monotonic) -> None:
        self._scale = scale
        self._source = source
        self._turn = threading.Lock()
        self._moment: float | None = None

    def __enter__(self) -> Self:
        self._turn.acquire()
        self._moment = self._source()
        return self

    def __exit__(self, *_: object) -> None:
        self._moment = None
        self._turn.release()

    def now(self) -> float:
        return self._source() if self._moment is None else self._moment

    def after(self, seconds: float) -> float:
        """The moment that lies so many scaled seconds ahead; an infinite wait has no end at any scale."""
        return math.inf if seconds == math.inf else self.now() + seconds * self._scale

    def passed(self, moment: float) -> bool:
        return self.now() > moment

    def line(self, first: str, *later: tuple[float, str]) -> TimeLine:
        """`first` from now on, then each further state so many scaled seconds from now."""
        return TimeLine(self, first, tuple((self.after(wait), state) for wait, state in later))


@dataclass(frozen=True)
class TimeLine:
    """A first state, and those that follow with the moments they begin after, in order."""

    clock: Clock
    first: str
    later: tuple[tuple[float, str], ...]

    @property
    def last(self) -> str:
        """The state it ends in."""
        return self.later[-1][1] if self.later else self.first

    @property
    def state(self) -> str:
        return next((state for begin, state in reversed(self.later) if self.clock.passed(begin)), self.first)
