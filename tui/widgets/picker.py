"""One of many, found by typing: a list with a filter, in front of the page."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.text import count
from tui.widgets.field import Field
from tui.widgets.rows import Column, Row, Rows


class Pick(ModalScreen[str | None]):
    """The key of the chosen row; None when cancelled. `why_not`: reasons of rows that cannot be chosen, by key."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "rows('move', 1)", "Down", show=False),
        Binding("up", "rows('move', -1)", "Up", show=False),
        Binding("pagedown", "rows('page', 1)", "Page down", show=False),
        Binding("pageup", "rows('page', -1)", "Page up", show=False),
    ]

    def __init__(
        self,
        title: str,
        columns: Sequence[Column],
        rows: Sequence[Row],
        *,
        current: str = "",
        why_not: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self._title, self._columns, self._rows = title, columns, rows
        self._current, self._why_not = current, why_not or {}

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield Field(id="pick-filter", placeholder="type to narrow the list")
            rows = Rows(*self._columns, id="pick-rows")
            rows.add_class("-led")
            rows.can_focus = False  # the arrow keys move in it while the filter has the focus
            yield rows
            yield Static("", id="pick-says", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        rows = self.query_one(Rows)
        rows.styles.height = len(self._rows) + 1  # also when fewer match: the window must not jump as one types
        rows.fill(self._rows, keep=self._current)
        self._tell()

    @on(Field.Changed)
    def _filter(self) -> None:
        typed = self.query_one(Field).value
        self.query_one(Rows).fill(
            matching(self._rows, typed), keep="" if typed.strip() else self._current, alike=self._rows
        )
        self._tell()

    @on(Rows.Highlighted)
    def _tell(self) -> None:
        rows = self.query_one(Rows)
        why = self._why_not.get(rows.current or "")
        if not rows.count:
            text = f"None of {count(len(self._rows), 'row')} holds what is typed."
        elif why:
            text = f"✗ {why}"
        else:
            text = f"{rows.count:,} of {len(self._rows):,} shown. Enter chooses, Escape cancels."
        self.query_one("#pick-says", Static).update(Content(text))

    @on(Field.Submitted)
    @on(Rows.Chosen)
    def _choose(self) -> None:
        current = self.query_one(Rows).current
        if current is not None and current not in self._why_not:
            self.dismiss(current)

    def action_rows(self, action: str, by: int) -> None:
        rows = self.query_one(Rows)
        if action == "move":
            rows.action_move(by)
        else:
            rows.action_page(by)

    def action_cancel(self) -> None:
        self.dismiss(None)


def matching(rows: Sequence[Row], typed: str) -> tuple[Row, ...]:
    """The rows that hold every word typed."""
    words = typed.casefold().split()
    return tuple(row for row in rows if all(word in " ".join(row.cells).casefold() for word in words))
