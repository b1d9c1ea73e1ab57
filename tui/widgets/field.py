"""Input, select and table as every page uses them: one row high, still, and showing text as text."""

from collections.abc import Iterable, Sequence

from rich.text import Text
from textual import events
from textual.widgets import DataTable, Input, Select


class Field(Input):
    """A one-row input. Its cursor does not blink: an idle screen sends nothing."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        id: str | None = None,  # noqa: A002  # Textual's own word
        password: bool = False,
        max_length: int = 2000,
        select_on_focus: bool = False,
    ) -> None:
        """`select_on_focus`: the first key replaces what is there. Only for proposals: an answer must not be lost."""
        super().__init__(
            value,
            placeholder=placeholder,
            id=id,
            password=password,
            max_length=max_length,
            select_on_focus=select_on_focus,
            compact=True,
        )
        self.cursor_blink = False

    async def _on_key(self, event: events.Key) -> None:
        """Keys act in the order typed: Textual takes Backspace only after the letters that were typed behind it."""
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return


class Choice(Select[str]):
    """A one-row select whose option texts are plain."""

    def __init__(self, prompt: str, *, id: str) -> None:  # noqa: A002
        """Disabled and empty, with `prompt` in it, until it has something to offer."""
        super().__init__((), prompt=prompt, id=id, compact=True, disabled=True)

    def offer(self, options: Iterable[tuple[str, str]], value: str | None) -> None:
        """Put other options in, as (what is shown, value): `value` chosen when it is among them, else the first."""
        pairs = list(options)
        self.set_options([(Text(label, no_wrap=True, overflow="ellipsis"), key) for label, key in pairs])
        keys = [key for _, key in pairs]
        if keys:
            self.value = value if value is not None and value in keys else keys[0]

    @property
    def chosen(self) -> str | None:
        return self.value if isinstance(self.value, str) else None


Cell = str | tuple[str, str]
"""A cell's text, or (text, style)."""


class Table(DataTable[Text]):
    """A table of a few rows with plain text; the cursor is a whole row, and columns fit the width there is.

    Where there may be many, `Rows` draws them without freezing the screen.
    """

    def __init__(self, *columns: str | tuple[str, int], id: str | None = None) -> None:  # noqa: A002
        """`columns`: header, or (header, width below which it is not cut)."""
        super().__init__(id=id, cursor_type="row", zebra_stripes=False, cell_padding=0)
        self._headers = tuple(column if isinstance(column, str) else column[0] for column in columns)
        self._least = tuple(6 if isinstance(column, str) else column[1] for column in columns)
        self._rows: Sequence[tuple[str, Sequence[Cell]]] = ()
        self._keep = ""  # filled before it had a size: the cursor goes there then
        self.cursor_foreground_priority = "renderable"

    def fill(self, rows: Sequence[tuple[str, Sequence[Cell]]], keep: str = "") -> None:
        """Show `rows` as (key, cells). The cursor stays on key `keep`."""
        self._rows, self._keep = rows, keep
        self._lay_out(keep)

    def on_resize(self) -> None:
        self._lay_out(self.current or self._keep)

    def _lay_out(self, keep: str) -> None:
        if not self.size.width:
            return
        self.clear(columns=True)
        gap = 2 if self.size.width >= 100 else 1
        widths = self._widths(gap)
        for label, width in zip(self._headers, widths, strict=True):
            self.add_column(cell_text(label, width), width=width + gap)
        for key, cells in self._rows:
            self.add_row(*(cell_text(cell, width) for cell, width in zip(cells, widths, strict=True)), key=key)
        keys = [key for key, _ in self._rows]
        if keep in keys:
            self.move_cursor(row=keys.index(keep), animate=False)

    def _widths(self, gap: int) -> list[int]:
        """As wide as the widest cell, the widest columns cut first until all fit."""
        columns = zip(self._headers, *(cells for _, cells in self._rows), strict=True)
        widths = [max(cell_text(cell).cell_len for cell in column) for column in columns]
        # The scroll bar has its place whether it shows or not: rows that come or go must not move the columns.
        spare = self.content_region.width - self.styles.scrollbar_size_vertical - gap * len(widths)
        while sum(widths) > spare:
            over = [max(0, width - least) for width, least in zip(widths, self._least, strict=True)]
            if not any(over):
                break
            widest = max(range(len(widths)), key=lambda each: (over[each] > 0, widths[each]))
            widths[widest] -= 1
        return widths

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.row_count:
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value


def cell_text(cell: Cell, width: int | None = None) -> Text:
    """A cell as text, cut to `width` columns with an ellipsis."""
    text, style = cell if isinstance(cell, tuple) else (cell, "")
    shown = Text(text, style=style, no_wrap=True, overflow="ellipsis", end="")
    if width is not None:
        shown.truncate(width, overflow="ellipsis")
    return shown
