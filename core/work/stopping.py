"""Reads and sleeps that end as soon as somebody asks to stop."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Stopped(Exception):
    """The user asked to stop."""


async def unless_stopped(doing: Coroutine[Any, Any, T], stop: asyncio.Event) -> T:
    """What `doing` answers; Stopped once `stop` is set, `doing` given up. Never for a change."""
    if stop.is_set():
        doing.close()
        raise Stopped
    task, stopping = asyncio.ensure_future(doing), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Stopped
        return task.result()
    finally:
        for left in (task, stopping):
            left.cancel()
        await asyncio.gather(task, stopping, return_exceptions=True)
