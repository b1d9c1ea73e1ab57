"""Somebody who runs whole operations over the small world, from one state folder."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from core.facts import AllowedAddress
from core.plan import Plan
from core.values import Region
from core.work.events import ErrorTold, Event, RunEnded
from core.work.history import latest
from core.work.jsonlines import as_json
from core.work.operation import apply, check, resume, undo
from tests.work.fake import PLAN, SERVICE, FakeWorld


class Office:
    """Somebody who applies plans from one state folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = FakeWorld()
        self.events: list[Event] = []
        self.on_event: Callable[[Event], None] = lambda _: None
        self.stop = asyncio.Event()

    def tell(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)

    async def apply(self, plan: Plan = PLAN) -> RunEnded:
        return await self._ended(lambda: apply(self.world, plan, self.folder, self.tell, self.stop))

    async def check(self, plan: Plan = PLAN) -> RunEnded:
        return await self._ended(lambda: check(self.world, plan, self.folder, self.tell, self.stop))

    async def undo(self, wanted: str = "", *allow: AllowedAddress, region: Region | None = None) -> RunEnded:
        return await self._ended(
            lambda: undo(self.world, wanted, self.folder, self.tell, self.stop, allow=allow, region=region)
        )

    async def resume(self) -> RunEnded:
        """The service's newest run."""
        past = latest(self.folder, SERVICE)
        assert past is not None
        return await self._ended(lambda: resume(self.world, past, self.folder, self.tell, self.stop))

    async def _ended(self, operation: Callable[[], Coroutine[Any, Any, RunEnded]]) -> RunEnded:
        self.events.clear()
        self.stop.clear()
        ended = await operation()
        self.sound(ended)
        return ended

    def sound(self, ended: RunEnded) -> None:
        """What holds of every run: one result, last; an error before it unless it is done or interrupted."""
        assert self.events[-1] is ended
        assert len(self.told(RunEnded)) == 1
        assert bool(self.told(ErrorTold)) == (ended.status not in ("done", "interrupted"))
        for event in self.events:
            line = as_json(event)
            assert json.loads(json.dumps(line)) == line
            assert list(line)[:2] == ["event", "at"]

    def told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]
