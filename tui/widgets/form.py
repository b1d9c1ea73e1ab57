"""What pages with fields have in common: a label before each, and which of them is wrong."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from core.values import Invalid


def labelled(label: str, *widgets: Widget) -> ComposeResult:
    """One row: the label, then what it labels."""
    with Horizontal(classes="row"):
        yield Static(Content(label), classes="label")
        yield from widgets


def is_wrong(parse: Callable[[str], object], typed: str) -> bool:
    """Whether `parse` refuses what stands in a field."""
    try:
        parse(typed)
    except Invalid:
        return True
    return False


def turn_to(widget: Widget) -> None:
    """Focus it and bring it into view, once what is shown or told besides it has taken its rows."""
    widget.call_after_refresh(widget.focus)
    widget.call_after_refresh(widget.scroll_visible, animate=False)
