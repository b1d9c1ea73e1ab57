"""A list of rows in columns that draws only what is in view: thousands fill at once, and a key repaints two lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

_GAP = "  "
_POINTER, _NO_POINTER = "▸ ", "  "
_LEAST = 6
"""Cells that a cut column keeps."""


@dataclass(frozen=True, slots=True)
class Column:
    """`flexible` ones are cut when there is too little room, `optional` ones are not shown then."""

    label: str
    right: bool = False  # numbers
    flexible: bool = False
    optional: bool = False
    first: bool = False  # a flexible one that is cut before the others
    names: bool = False  # cut in the middle: names that begin alike are told apart by their ends


@dataclass(frozen=True, slots=True)
class Row:
    """A line. With fewer cells than there are columns, the last one runs on to the end. `dim`: not to be chosen."""

    key: str
    cells: tuple[str, ...]
    dim: bool = False


class Rows(ScrollView, can_focus=True):
    """Rows under a heading, one of them under the cursor. Texts are plain.

    `-quiet`: the cursor is shown only while the list has the focus, for lists in which it chooses nothing by itself.
    """

    DEFAULT_CSS = """
    Rows {
        height: 1fr; overflow-x: hidden; background: $background; scrollbar-size-vertical: 1; scrollbar-gutter: stable;
        & > .rows--heading { color: $foreground 70%; text-style: bold; }
        & > .rows--cursor { text-style: bold; }
        & > .rows--dim { color: $foreground 60%; }
        &:focus > .rows--cursor, &.-led > .rows--cursor { text-style: reverse; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--heading", "rows--cursor", "rows--dim"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "end(-1)", "First", show=False),
        Binding("end", "end(1)", "Last", show=False),
        Binding("enter", "choose", "Choose", show=False),
    ]

    @dataclass
    class Highlighted(Message):
        """The person moved the cursor to this row."""

        rows: Rows
        key: str

        @property
        def control(self) -> Rows:
            return self.rows

    @dataclass
    class Chosen(Message):
        """Enter, or a click on the row under the cursor."""

        rows: Rows
        key: str

        @property
        def control(self) -> Rows:
            return self.rows

    def __init__(
        self,
        *columns: Column,
        id: str | None = None,  # noqa: A002  # Textual's own word
        heading: bool = True,
    ) -> None:
        super().__init__(id=id)
        self._columns = columns
        self._head = int(heading)
        self._rows: Sequence[Row] = ()
        self._widths: tuple[int, ...] = ()  # as the texts want them
        self._cursor = 0

    # ------------------------------------------------------------------------------ what it shows

    def fill(self, rows: Sequence[Row], keep: str = "", alike: Sequence[Row] = ()) -> None:
        """Show `rows`, the cursor on the one with key `keep`; where it was when that one is gone; else on the first.

        Columns are as wide as `alike` needs, too.
        """
        self._rows = rows
        before = min(self._cursor, max(0, len(rows) - 1)) if keep else 0
        self._cursor = next((index for index, row in enumerate(rows) if row.key == keep), before)
        self._widths = _natural(self._columns, (*rows, *alike))
        self.virtual_size = Size(0, len(rows) + self._head)
        self._keep_in_view()
        self.refresh()

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor."""
        return self._rows[self._cursor].key if self._rows else None

    @property
    def count(self) -> int:
        return len(self._rows)

    # ------------------------------------------------------------------------------ moving

    def action_move(self, by: int) -> None:
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        self._go(self._cursor + by * self._shown)

    def action_end(self, by: int) -> None:
        self._go(len(self._rows) if by > 0 else 0)

    def action_choose(self) -> None:
        if self.current is not None:
            self.post_message(self.Chosen(self, self.current))

    def on_click(self, event: events.Click) -> None:
        index = event.y - self._head + self.scroll_offset.y
        if event.y < self._head or not 0 <= index < len(self._rows):
            return
        if index == self._cursor:
            self.action_choose()
        else:
            self._go(index)

    def on_resize(self) -> None:
        self._keep_in_view()

    def _go(self, to: int) -> None:
        to = max(0, min(to, len(self._rows) - 1))
        if to == self._cursor or not self._rows:
            return
        before, self._cursor = self._cursor, to
        self.refresh_line(before + self._head)
        self.refresh_line(to + self._head)
        self._keep_in_view()
        self.post_message(self.Highlighted(self, self._rows[to].key))

    @property
    def _shown(self) -> int:
        return max(1, self.size.height - self._head)

    def _keep_in_view(self) -> None:
        top = self.scroll_offset.y
        wanted = max(min(top, self._cursor), self._cursor - self._shown + 1)
        if wanted != top:
            self.scroll_to(y=wanted, animate=False)

    # ------------------------------------------------------------------------------ drawing

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        if y < self._head:
            return self._heading(width)
        index = y - self._head + self.scroll_offset.y
        if index >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        return self._line(self._rows[index], index == self._cursor, width)

    def _heading(self, width: int) -> Strip:
        style = self.get_component_rich_style("rows--heading")
        return _strip(self._laid(tuple(column.label for column in self._columns), width), style, width)

    def _line(self, row: Row, under_cursor: bool, width: int) -> Strip:
        style = self.get_component_rich_style("rows--dim") if row.dim else self.rich_style
        under_cursor = under_cursor and (self.has_focus or not self.has_class("-quiet"))
        if under_cursor:
            style += self.get_component_rich_style("rows--cursor", partial=True)
        return _strip(self._laid(row.cells, width, _POINTER if under_cursor else _NO_POINTER), style, width)

    def _laid(self, cells: Sequence[str], width: int, pointer: str = _NO_POINTER) -> str:
        """The cells on one line, as this width lets the columns be."""
        room = width - len(pointer)
        runs_on = len(cells) < len(self._columns)
        parts: list[str] = []
        for index, (cell, column, wide) in enumerate(zip(cells, self._columns, self._fitted(room), strict=False)):
            if runs_on and index == len(cells) - 1:
                parts.append(cell)
            elif wide:
                parts.append(_cut_name(cell, wide) if column.names else _cut(cell, wide, column.right))
        return _cut(pointer + _GAP.join(parts), width)

    def _fitted(self, room: int) -> tuple[int, ...]:
        return _fit(self._columns, self._widths or tuple(cell_len(column.label) for column in self._columns), room)


def _strip(text: str, style: Style, width: int) -> Strip:
    # Spaces before a word by themselves: programs that draw a screenshot drop those that a segment begins with.
    pointer, rest = text[: len(_POINTER)], text[len(_POINTER) :]
    words = rest.lstrip(" ")
    parts = (pointer, rest[: len(rest) - len(words)], words)
    return Strip([Segment(part, style) for part in parts if part], width)


def _cut(text: str, width: int, right: bool = False) -> str:
    """`text` in exactly `width` cells."""
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + "…" if width > 0 else ""
    space = " " * (width - length)
    return space + text if right else text + space


def _cut_name(text: str, width: int) -> str:
    """As `_cut`, with the ends kept."""
    if cell_len(text) <= width or width < _LEAST:
        return _cut(text, width)
    end = text[-((width - 1) // 2) :]
    while cell_len(end) > (width - 1) // 2:
        end = end[1:]
    return set_cell_size(text, width - 1 - cell_len(end)) + "…" + end


def _natural(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[int, ...]:
    widths = [cell_len(column.label) for column in columns]
    for row in rows:
        own = row.cells if len(row.cells) == len(columns) else row.cells[:-1]
        for index, cell in enumerate(own):
            widths[index] = max(widths[index], cell_len(cell))
    return tuple(widths)


def _fit(columns: Sequence[Column], natural: Sequence[int], room: int) -> tuple[int, ...]:
    """Widths that fit in `room`; 0 for a column that is not shown."""
    widths = list(natural)

    def over() -> int:
        shown = [width for width in widths if width]
        return sum(shown) + len(_GAP) * (len(shown) - 1) - room

    for index, column in enumerate(columns):
        if column.optional and over() > 0:
            widths[index] = 0
    while (excess := over()) > 0:
        flexible = [index for index, column in enumerate(columns) if column.flexible and widths[index] > _LEAST]
        if not flexible:
            break
        flexible = [index for index in flexible if columns[index].first] or flexible
        widest = max(flexible, key=lambda index: widths[index])
        others = [widths[index] for index in flexible if index != widest]
        floor = max(_LEAST, min(max(others, default=0), widths[widest] - 1))
        widths[widest] = max(floor, widths[widest] - excess)
    return tuple(widths)
