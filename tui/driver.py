"""Textual's terminal driver, for terminals that go away, stall or send rubbish while a run is going.

Textual's own waits for the terminal once thirty writes are queued, and for ever when writing has failed: a dropped or
sleeping SSH line then stops the event loop, and with it the run, in whatever it is in the middle of. And one byte that
is no UTF-8 ends its input, and with that the program.
"""

import os
import queue
import threading

from textual.drivers.linux_driver import LinuxDriver

LAST_WORDS = 1.0
"""Seconds that a terminal is given to take what was written last."""


class Writer:
    """Writes to a file descriptor in a thread of its own; whoever writes never waits, and what fails is dropped."""

    def __init__(self, handle: int, encoding: str) -> None:
        self._handle = handle
        self._encoding = encoding
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="terminal", daemon=True)
        self._thread.start()

    def write(self, text: str) -> None:
        self._queue.put(text)

    def end(self) -> None:
        self._queue.put(None)
        self._thread.join(LAST_WORDS)

    def _work(self) -> None:
        while (text := self._queue.get()) is not None:
            # Past the file object: its lock, held by a write that stalls, would keep the interpreter from ending.
            content = text.encode(self._encoding, "replace")
            try:
                while content:
                    content = content[os.write(self._handle, content) :]
            except OSError:  # gone; there may be more to come that nobody sees
                continue


class LastingDriver(LinuxDriver):
    """Drives the terminal through a `Writer`, and goes on reading whatever comes."""

    _writer: Writer | None = None

    def run_input_thread(self) -> None:
        """What was read together with a byte that is no UTF-8 (a noisy line, a terminal set to Latin-1) is dropped."""
        while not self.exit_event.is_set():
            try:
                super().run_input_thread()
            except UnicodeDecodeError:
                continue
            return  # the program ends, or the terminal is gone

    def write(self, data: str) -> None:
        if self._writer is None and self._file is not None:
            self._writer = Writer(self._file.fileno(), self._file.encoding)
        if self._writer is not None:
            self._writer.write(data)

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.end()
        super().close()
