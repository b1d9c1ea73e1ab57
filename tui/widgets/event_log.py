"""The log of a run: grows at its end, scrolls, and stays where a person has scrolled to."""

import textwrap
from collections.abc import Sequence

from rich.text import Text
from textual import events
from textual.widgets import RichLog

from core.work.progress import Line, Weight
from tui.widgets.times import local, zone

STYLES: dict[Weight, str] = {"plain": "", "good": "", "warning": "bold", "bad": "bold reverse"}
INDENT = 10  # as wide as a time and two spaces
SHOWN = 100
"""Lines drawn: wrapping more of them at once would be felt. `log_lines` has them all."""


class EventLog(RichLog):
    """What happened, oldest first, in local time."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002  # Textual's own word
        super().__init__(id=id, wrap=False, markup=False, highlight=False, min_width=20, max_lines=2000)
        self._shown: tuple[Line, ...] = ()
        self._width = 0
        self._follows = True

    def show(self, lines: Sequence[Line]) -> None:
        """`lines` is the log so far, which has only grown since the last call; else it is drawn anew."""
        fresh = _after(lines, self._shown[-1]) if self._shown else None
        self._shown = tuple(lines)
        if not self._width:
            return  # `on_resize` draws it
        if fresh is None:
            self.clear()
            fresh = self._shown[-SHOWN:]
        if fresh:
            width = self.scrollable_content_region.width
            told = Text("\n").join(_drawn(line, width) for line in fresh)  # in one go: a write costs more than a line
            self.write(told, scroll_end=self._follows)
        if lines:
            self.border_title = f"Log, in {zone(lines[-1].at)}"

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls up stays there; whoever scrolls to the end follows it again."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = self.is_vertical_scroll_end

    def on_resize(self, event: events.Resize) -> None:
        follows = self._follows
        if event.size.width not in (0, self._width):
            self._width = event.size.width
            lines, self._shown = self._shown, ()
            self.show(lines)
        if follows:
            self.scroll_end(animate=False)


def _after(lines: Sequence[Line], last: Line) -> tuple[Line, ...] | None:
    """The lines behind `last`; None when it is not among them."""
    for index in range(len(lines) - 1, -1, -1):
        if lines[index] is last:
            return tuple(lines[index + 1 :])
    return None


def _drawn(line: Line, width: int) -> Text:
    """Wrapped beside its time; rich's own ways to do that cost too much for a hundred lines at once."""
    beside = max(20, width - INDENT)
    rest = ("\n" + " " * INDENT).join(textwrap.wrap(line.text, beside, break_on_hyphens=False))
    return Text.assemble((f"{local(line.at)}  ", "dim"), (rest, STYLES[line.weight]))


def log_lines(lines: Sequence[Line]) -> list[str]:
    """The whole log as text."""
    return [f"{local(line.at)}  {line.text}" for line in lines]
