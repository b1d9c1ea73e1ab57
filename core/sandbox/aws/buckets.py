"""Token buckets: how many requests may come at once, and how fast the right to more grows back. Arithmetic alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """What was in a bucket at a moment (seconds of any clock)."""

    tokens: float
    moment: float


@dataclass(frozen=True)
class Bucket:
    """A bucket that holds `capacity` tokens and gains `refill` a second until it is full. A request takes one."""

    capacity: float
    refill: float

    def full(self, now: float) -> Level:
        return Level(self.capacity, now)

    def level(self, before: Level, now: float) -> Level:
        """What is in it by now."""
        gained = max(0.0, now - before.moment) * self.refill
        return Level(min(self.capacity, before.tokens + gained), max(now, before.moment))

    def take(self, before: Level, now: float) -> Level | None:
        """What is left after one request; None when it must be refused, which takes nothing."""
        found = self.level(before, now)
        return Level(found.tokens - 1, found.moment) if found.tokens >= 1 else None
