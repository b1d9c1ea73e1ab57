"""What a run will do, as lines with a mark: a mark is a sign first and a colour second."""

from collections.abc import Iterable, Sequence

from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from core.choices.review import Change

MARKS = {"+": "-new", "-": "-removed", "~": "-changed", "!": "-interrupts", "=": "-stands"}


class Changes(VerticalScroll):
    """The changes in their order, then notes. Long lines wrap beside their mark."""

    async def show(self, changes: Sequence[Change], notes: Iterable[tuple[str, str]] = ()) -> None:
        """`notes`: (mark, text)."""
        lines = [marked(change.mark, _told(change), MARKS[change.mark]) for change in changes]
        lines += [marked(mark, Content(text), "-note") for mark, text in notes]
        async with self.batch():
            await self.remove_children()
            await self.mount_all(lines)
        self.scroll_home(animate=False)


def marked(mark: str, text: Content, state: str) -> Widget:
    """A line of text that wraps beside its mark."""
    return Horizontal(Static(Content(mark), classes="mark"), Static(text, classes="marked"), classes=f"change {state}")


def _told(change: Change) -> Content:
    return Content("\n").join([Content.styled(change.what, "bold"), *map(Content, change.detail)])
