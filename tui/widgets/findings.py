"""What the checks found that needs a person: blockers first. Enter on one goes to where it is put right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from core.checks.findings import Finding
from core.checks.remedies import Remedy

MARKS = {"blocker": "✗", "warning": "▲", "ok": "✓"}


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as a row: `place` is what the rail calls the page that puts it right, `remedy` what does so here."""

    finding: Finding
    place: str = ""
    remedy: Remedy | None = None


class FindingList(OptionList):
    """Findings one can walk through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Go to", tooltip="To the page where the finding under the cursor is put right"),
    ]

    def __init__(self, id: str | None = None) -> None:  # noqa: A002  # Textual's own word
        super().__init__(id=id, compact=True)
        self.rows: tuple[Told, ...] = ()

    def show(self, rows: Sequence[Told]) -> None:
        self.rows = tuple(rows)
        self.clear_options()
        self.add_options(Option(_prompt(row)) for row in rows)
        self.highlighted = 0 if rows else None
        self.display = bool(rows)

    @property
    def current(self) -> Told | None:
        """The row under the cursor, which is to be seen only while the list has the focus."""
        return None if self.highlighted is None or not self.rows else self.rows[self.highlighted]


def _prompt(row: Told) -> RenderableType:
    text = Text(row.finding.title, style="bold")
    for more in _more(row):
        text.append(f"\n{more}", style="not bold")
    grid = Grid.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=1)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(Text(MARKS[row.finding.level]), text)
    return grid


def _more(row: Told) -> Iterator[str]:
    yield from (text for text in (row.finding.detail, row.finding.remedy) if text)
    if row.remedy is not None:
        yield f"a: {row.remedy.label}"
    if row.finding.paste:
        yield f"c: copy the policy {row.finding.paste}"
    if row.place:
        yield f"→ {row.place}"
