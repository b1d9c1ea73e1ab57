"""A chain of links on a page, as it is judged."""

from collections.abc import Sequence

from rich.table import Table as Grid
from rich.text import Text
from textual.widgets import Static

from core.checks.chain import ChainLink
from tui.chain_lines import LABEL, lines

_UNDER_WAY, _TO_COME = "▸", "·"
_STYLES = {"failed": "bold", "skipped": "dim"}


class Chain(Static):
    """Shows links as they are judged."""

    def __init__(self, titles: Sequence[str]) -> None:
        """`titles`: of all links that there will be."""
        super().__init__("", markup=False)
        self._titles = tuple(titles)

    def show(self, links: Sequence[ChainLink]) -> None:
        """`links`: those judged so far; the next is under way."""
        grid = Grid.grid(padding=(0, 1, 0, 0), expand=True)
        grid.add_column(width=LABEL)
        grid.add_column(ratio=1, overflow="fold")
        for label, text, state in lines(links):
            style = _STYLES.get(state, "")
            grid.add_row(Text(label, style=style or ("" if state else "dim")), Text(text, style=style))
        for index, title in enumerate(self._titles[len(links) :]):
            grid.add_row(Text(f"{_TO_COME if index else _UNDER_WAY} {title}", style="dim"), Text(""))
        self.update(grid)
