"""Blocking calls (boto3, the system's key store) off the event loop, in threads that never keep the program alive.

Not `asyncio.to_thread`: its pool is small, and the interpreter waits for its threads at exit. A call that hangs
(a key store waiting for a prompt nobody sees, a dead network) must not hold up quitting.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def in_thread(call: Callable[[], T], limit: float | None = None) -> T:
    """`call()` in a thread of its own. TimeoutError after `limit` seconds; the thread then ends when it ends.

    Cancelling the caller does not stop the thread: its result is dropped.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        if answer.done():  # given up before it began
            return
        try:
            result = call()
        except BaseException as error:  # noqa: BLE001 - handed to the caller, whatever it is
            _settle(loop, answer, lambda error=error: answer.set_exception(error))  # type: ignore[misc]
        else:
            _settle(loop, answer, lambda: answer.set_result(result))

    threading.Thread(target=run, name="edge", daemon=True).start()
    async with asyncio.timeout(limit):
        return await answer


def _settle(loop: asyncio.AbstractEventLoop, answer: "asyncio.Future[T]", settle: Callable[[], None]) -> None:
    with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits any more
        loop.call_soon_threadsafe(lambda: None if answer.done() else settle())
