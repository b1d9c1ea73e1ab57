"""Questions that interrupt: yes or no, a line of text, a page of help. Each is a typed question: `dismiss(answer)`."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from tui.widgets.field import Field


class Confirm(ModalScreen[bool]):
    """Yes or no, No in focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", "No"),
        Binding("left,right,up,down", "other", "Other", show=False),
        Binding("y", "yes", "Yes", show=False),
        Binding("n", "no", "No", show=False),
    ]

    def __init__(self, title: str, text: str, *, yes: str, no: str) -> None:
        super().__init__()
        self._title, self._text, self._yes, self._no = title, text, yes, no

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield Static(Content(self._text), classes="dialog-text")
            with Horizontal(classes="dialog-moves"):
                yield Button(Content(self._no), id="no", compact=True)
                yield Button(Content(self._yes), id="yes", compact=True, variant="warning")

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    @on(Button.Pressed, "#yes")
    def action_yes(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#no")
    def action_no(self) -> None:
        self.dismiss(False)

    def action_other(self) -> None:
        self.focus_next()


class Ask(ModalScreen[str | None]):
    """One line of text; None when cancelled. `expected`: only this text is taken (a name typed to agree)."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(
        self, title: str, text: str, *, ok: str = "OK", expected: str = "", hidden: bool = False, value: str = ""
    ) -> None:
        super().__init__()
        self._title, self._text, self._ok = title, text, ok
        self._expected, self._hidden, self._value = expected, hidden, value

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content(self._title), classes="dialog-title")
            yield Static(Content(self._text), classes="dialog-text")
            yield Field(
                self._value, id="answer", password=self._hidden, placeholder="type it here", select_on_focus=True
            )
            yield Static("", id="refused", markup=False)
            with Horizontal(classes="dialog-moves"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(Content(self._ok), id="ok", compact=True, variant="warning")

    @on(Field.Submitted)
    @on(Button.Pressed, "#ok")
    def _take(self) -> None:
        typed = self.query_one("#answer", Field).value.strip()
        if not typed or (self._expected and typed != self._expected):
            wanted = f"Type {self._expected} exactly, or cancel." if self._expected else "Type something, or cancel."
            self.query_one("#refused", Static).update(Content(wanted))
            return
        self.dismiss(typed)

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(None)


class Reading(ModalScreen[None]):
    """Text to read: help, or something cut short elsewhere, whole."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q", "dismiss", "Close")]

    def __init__(self, title: str, text: str, *, wide: bool = False) -> None:
        """`wide`: text that is no prose, such as a log, has all the width there is."""
        super().__init__()
        self._title, self._text, self._wide = title, text, wide

    def compose(self) -> ComposeResult:
        with Vertical(classes=f"dialog -tall{' -wide' if self._wide else ''}"):
            yield Static(Content(self._title), classes="dialog-title")
            with VerticalScroll(classes="dialog-scroll"):
                yield Static(Content(self._text))
            yield Static(Content("Up and Down scroll, Escape closes"), classes="dialog-hint")
