"""A chain of links as people read it: a line a link; of the broken one why, and what to do now."""

from collections.abc import Sequence

from rich.table import Table as Grid
from rich.text import Text
from textual.widgets import Static

from core.checks.chain import ChainLink

MARKS = {"ok": "✓", "failed": "✗", "skipped": "-"}
_UNDER_WAY, _TO_COME = "▸", "·"
_STYLES = {"failed": "bold", "skipped": "dim"}
_LABEL = 14


class Chain(Static):
    """Shows links as they are judged."""

    def __init__(self, titles: Sequence[str]) -> None:
        """`titles`: of all links that there will be."""
        super().__init__("", markup=False)
        self._titles = tuple(titles)

    def show(self, links: Sequence[ChainLink]) -> None:
        """`links`: those judged so far; the next is under way."""
        grid = Grid.grid(padding=(0, 1, 0, 0), expand=True)
        grid.add_column(width=_LABEL)
        grid.add_column(ratio=1, overflow="fold")
        for label, text, state in _lines(links):
            style = _STYLES.get(state, "")
            grid.add_row(Text(label, style=style or ("" if state else "dim")), Text(text, style=style))
        for index, title in enumerate(self._titles[len(links) :]):
            grid.add_row(Text(f"{_TO_COME if index else _UNDER_WAY} {title}", style="dim"), Text(""))
        self.update(grid)


def chain_text(links: Sequence[ChainLink]) -> str:
    """The same as plain lines, for the clipboard, a file or a plain terminal."""
    return "\n".join(f"{label:<{_LABEL}} {text}" for label, text, _ in _lines(links))


def _lines(links: Sequence[ChainLink]) -> list[tuple[str, str, str]]:
    """Label, text and state; the advice on a broken link has no state. Links not tried share a line."""
    lines, not_tried = [], []
    for link in links:
        verdict = link.verdict
        if verdict.state == "skipped" and not verdict.seen:
            not_tried.append(link.title)
            continue
        lines.append((f"{MARKS[verdict.state]} {link.title}", verdict.seen, str(verdict.state)))
        lines += [(f"  {label}", text, "") for label, text in (("Why", verdict.why), ("Now", verdict.remedy)) if text]
    return [*lines, (f"{MARKS['skipped']} Not tried", ", ".join(not_tried), "skipped")] if not_tried else lines
