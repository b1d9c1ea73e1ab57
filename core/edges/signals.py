"""What asks a run without a screen to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """The first signal asks to stop; where that takes too long, or with the second, what is in flight is cut off."""
    from core.work.engine import LAST_MOMENTS

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101 - it is called in one
    late: list[asyncio.TimerHandle] = []

    def on_signal() -> None:
        late.append(loop.call_later(0 if stop.is_set() else LAST_MOMENTS, task.cancel))
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup: the run is to outlive the terminal
            loop.add_signal_handler(number, on_signal)
    try:
        yield
    finally:
        for timer in late:
            timer.cancel()
