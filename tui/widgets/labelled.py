"""Labels and texts in two columns: long texts wrap beside their label."""

from collections.abc import Iterable

from rich.table import Table as Grid
from rich.text import Text


def labelled(lines: Iterable[tuple[str, str]]) -> Grid:
    """For a Static. The first line stands out."""
    grid = Grid.grid(padding=(0, 1, 0, 0), expand=True)
    grid.add_column(width=7)
    grid.add_column(ratio=1, overflow="fold")
    for index, (label, text) in enumerate(lines):
        style = "dim" if index else "bold"
        grid.add_row(Text(label, style=style), Text(text, style="" if index else "bold"))
    return grid
