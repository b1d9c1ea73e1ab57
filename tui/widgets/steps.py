"""A line a step: a mark, its name, how long it took, what was seen last."""

from collections.abc import Sequence
from datetime import datetime

from textual.containers import Vertical
from textual.content import Content

from core.text import duration
from core.work.progress import Row
from tui.widgets.told import Told

MARKS = {"waiting": "·", "running": "▸", "done": "✓", "skipped": "-", "failed": "✗"}
TITLE = 37
ELAPSED = 11


class Steps(Vertical):
    """The steps of a run, in their order."""

    def show(self, rows: Sequence[Row], now: datetime) -> None:
        lines = list(self.query(Told))
        new = [Told() for _ in rows[len(lines) :]]
        if new:
            self.mount_all(new)
        for line, row in zip([*lines, *new], rows, strict=True):
            line.tell(step_line(row, now))
            line.set_classes(f"step -{row.state}")


def step_line(row: Row, now: datetime) -> Content:
    elapsed = row.elapsed if row.began is None else (now - row.began).total_seconds()
    timed = duration(elapsed) if row.state in ("running", "done", "failed") else ""
    seen = f"{row.seen}: {row.detail}" if row.state == "running" and row.seen else row.detail
    return Content(f"{MARKS[row.state]} {row.title:<{TITLE}}{timed:>{ELAPSED}}  {seen}")
