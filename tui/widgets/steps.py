"""A line a step: a mark, its name, how long it took, what was seen last."""

from collections.abc import Sequence
from datetime import datetime

from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from core.text import duration
from core.work.progress import Row

MARKS = {"waiting": "·", "running": "▸", "done": "✓", "skipped": "-", "failed": "✗"}
TITLE = 37
ELAPSED = 11


class Steps(Vertical):
    """The steps of a run. A line is drawn anew only when it says something else."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[Content] = []

    def show(self, rows: Sequence[Row], now: datetime) -> None:
        lines = list(self.query(Static))
        for index, row in enumerate(rows):
            told = step_line(row, now)
            if index == len(lines):
                lines.append(Static(told, classes="step"))
                self._told.append(told)
                self.mount(lines[index])
            elif told != self._told[index]:
                self._told[index] = told
                lines[index].update(told)
            lines[index].set_classes(f"step -{row.state}")


def step_line(row: Row, now: datetime) -> Content:
    elapsed = row.elapsed if row.began is None else (now - row.began).total_seconds()
    timed = duration(elapsed) if row.state in ("running", "done", "failed") else ""
    seen = f"{row.seen}: {row.detail}" if row.state == "running" and row.seen else row.detail
    return Content(f"{MARKS[row.state]} {row.title:<{TITLE}}{timed:>{ELAPSED}}  {seen}")
