"""The log of a run: grows at its end, scrolls, and stays where a person has scrolled to."""

from collections.abc import Sequence

from rich.table import Table as Grid
from rich.text import Text
from textual import events
from textual.widgets import RichLog

from core.work.progress import Line, Weight
from tui.widgets.times import local, zone

STYLES: dict[Weight, str] = {"plain": "", "good": "", "warning": "bold", "bad": "bold reverse"}
SHOWN = 200
"""Lines drawn: wrapping more of them at once would be felt. `log_lines` has them all."""


class EventLog(RichLog):
    """What happened, oldest first, in local time."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002  # Textual's own word
        super().__init__(id=id, wrap=True, markup=False, highlight=False, min_width=20, max_lines=2000)
        self._shown: tuple[Line, ...] = ()
        self._width = 0

    def show(self, lines: Sequence[Line]) -> None:
        """`lines` is the log so far, which has only grown since the last call; else it is drawn anew."""
        fresh = _after(lines, self._shown[-1]) if self._shown else None
        if fresh is None:
            self.clear()
            fresh = tuple(lines[-SHOWN:])
        self._shown = tuple(lines)
        following = self.is_vertical_scroll_end
        for line in fresh:
            self.write(_drawn(line), expand=True, scroll_end=following)
        if lines:
            self.border_title = f"Log, in {zone(lines[-1].at)}"

    def on_resize(self, event: events.Resize) -> None:
        if event.size.width not in (0, self._width):
            self._width = event.size.width
            lines, self._shown = self._shown, ()
            self.show(lines)


def _after(lines: Sequence[Line], last: Line) -> tuple[Line, ...] | None:
    """The lines behind `last`; None when it is not among them."""
    for index in range(len(lines) - 1, -1, -1):
        if lines[index] is last:
            return tuple(lines[index + 1 :])
    return None


def _drawn(line: Line) -> Grid:
    grid = Grid.grid(padding=(0, 2, 0, 0), expand=True)
    grid.add_column(width=8)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(Text(local(line.at), style="dim"), Text(line.text, style=STYLES[line.weight]))
    return grid


def log_lines(lines: Sequence[Line]) -> list[str]:
    """The whole log as text."""
    return [f"{local(line.at)}  {line.text}" for line in lines]
