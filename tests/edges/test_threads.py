"""Blocking calls in threads that nothing waits for in the end."""

import asyncio
import threading

import pytest

from core.edges.clock import SystemClock
from core.edges.threads import in_thread


async def test_what_is_answered_or_raised_comes_back() -> None:
    assert await in_thread(lambda: threading.current_thread() is not threading.main_thread())
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0)


async def test_a_call_that_hangs_is_left_behind() -> None:
    released = threading.Event()
    with pytest.raises(TimeoutError):
        await in_thread(released.wait, limit=0.05)
    assert any(thread.daemon for thread in threading.enumerate() if thread.name == "edge")
    released.set()


async def test_an_answer_nobody_waits_for_is_dropped() -> None:
    released, ended = threading.Event(), threading.Event()

    def call() -> None:
        released.wait(5)
        ended.set()

    task = asyncio.create_task(in_thread(call))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    released.set()
    assert await asyncio.to_thread(ended.wait, 5)


async def test_the_clock_goes_forward_and_knows_its_zone() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(-1)
    await clock.sleep(0.001)
    assert clock.monotonic() > before
    assert clock.now().tzinfo is not None
