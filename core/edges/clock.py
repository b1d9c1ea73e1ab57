"""Time as it passes on this machine."""

import asyncio
import time
from datetime import UTC, datetime


class SystemClock:
    """The Clock that people live by."""

    def monotonic(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
