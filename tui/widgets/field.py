"""Input, select and table as every page uses them: one row high, still, and showing text as text."""

from collections.abc import Iterable, Sequence

from rich.text import Text
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
        classes: str | None = None,
    ) -> None:
        super().__init__(
            value,
            placeholder=placeholder,
            id=id,
            password=password,
            max_length=max_length,
            classes=classes,
            compact=True,
        )
        self.cursor_blink = False


class Choice(Select[str]):
    """A one-row select whose option texts are plain."""

    def __init__(
        self,
        options: Iterable[tuple[str, str]],
        *,
        value: str | None = None,
        prompt: str = "Choose",
        id: str | None = None,  # noqa: A002
        disabled: bool = False,
    ) -> None:
        """`options`: (what is shown, value)."""
        shown = [(Text(label, no_wrap=True, overflow="ellipsis"), key) for label, key in options]
        known = value is not None and any(key == value for _, key in shown)
        super().__init__(
            shown, prompt=prompt, value=value if known and value is not None else Select.NULL, id=id, compact=True,
            disabled=disabled, allow_blank=not known,
        )  # fmt: skip

    def offer(self, options: Iterable[tuple[str, str]], value: str | None) -> None:
        """Put other options in, `value` chosen when it is among them, else the first."""
        pairs = list(options)
        self.set_options([(Text(label, no_wrap=True, overflow="ellipsis"), key) for label, key in pairs])
        keys = [key for _, key in pairs]
        if keys:
            self.value = value if value is not None and value in keys else keys[0]

    @property
    def chosen(self) -> str | None:
        return self.value if isinstance(self.value, str) else None


class Table(DataTable[Text]):
    """A table of rows with plain text; the cursor is a whole row. At most `SHOWN` rows: filling more would freeze."""

    SHOWN = 200

    def __init__(self, *columns: str, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self._headers = columns
        self.cursor_foreground_priority = "renderable"

    def on_mount(self) -> None:
        self.add_columns(*self._headers)

    def fill(self, rows: Sequence[tuple[str, Sequence[str | tuple[str, str]]]], keep: str = "") -> int:
        """Show `rows` as (key, cells); a cell is text or (text, style). The cursor stays on key `keep`.

        Returns how many rows there was no room for.
        """
        self.clear()
        for key, cells in rows[: self.SHOWN]:
            self.add_row(*(cell_text(cell) for cell in cells), key=key)
        keys = [key for key, _ in rows[: self.SHOWN]]
        if keep in keys:
            self.move_cursor(row=keys.index(keep), animate=False)
        return max(0, len(rows) - self.SHOWN)

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor."""
        if not self.row_count:
            return None
        return self.coordinate_to_cell_key(self.cursor_coordinate).row_key.value


def cell_text(cell: str | tuple[str, str]) -> Text:
    text, style = cell if isinstance(cell, tuple) else (cell, "")
    return Text(text, style=style, no_wrap=True, overflow="ellipsis", end="")
