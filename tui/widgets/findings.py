"""What the checks found that needs a person: blockers first. Enter on one goes to where it is put right."""

from collections.abc import Sequence
from typing import ClassVar

from rich.console import RenderableType
from rich.table import Table as Grid
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from core.checks.findings import Finding

MARKS = {"blocker": "✗", "warning": "▲", "ok": "✓"}


class FindingList(OptionList):
    """Findings one can walk through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Put right", tooltip="To the page where the finding under the cursor is put right"),
    ]

    def __init__(self, id: str | None = None) -> None:  # noqa: A002  # Textual's own word
        super().__init__(id=id, compact=True)
        self._findings: tuple[Finding, ...] = ()

    def show(self, findings: Sequence[Finding], places: dict[str, str]) -> None:
        """`places`: what the rail calls each page."""
        self._findings = tuple(findings)
        self.clear_options()
        self.add_options(Option(_prompt(finding, places.get(finding.page, ""))) for finding in findings)
        self.highlighted = 0 if findings else None
        self.display = bool(findings)

    def finding(self, index: int) -> Finding:
        return self._findings[index]


def _prompt(finding: Finding, place: str) -> RenderableType:
    text = Text(finding.title, style="bold")
    for more in (finding.detail, finding.remedy, finding.paste):
        if more:
            text.append(f"\n{more}", style="not bold")
    if place:
        text.append(f"\n→ {place}", style="not bold")
    grid = Grid.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=1)
    grid.add_column(ratio=1, overflow="fold")
    grid.add_row(Text(MARKS[finding.level]), text)
    return grid
