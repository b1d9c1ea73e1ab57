"""A field that takes a paste whole: Textual's own keeps the first line and drops the rest without a word."""

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from core.text import clean
from core.values import Invalid
from tui.widgets.field import Field


class PasteField(Field):
    """One row; line ends in what is pasted become `between`. What does not fit is refused and told, never cut."""

    between: ClassVar[str] = " "

    class TooLong(Message):
        """`length` characters would stand in the field, which takes `most`."""

        def __init__(self, length: int, most: int) -> None:
            super().__init__()
            self.why = Invalid(
                f"That would be {length:,} characters, and the field takes {most:,}: nothing was pasted.",
                "Paste it in parts.",
            )

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        start, end = sorted(self.selection)
        pasted = _on_one_line(event.text, self.between)
        length = len(self.value) - (end - start) + len(pasted)
        if self.max_length and length > self.max_length:
            self.post_message(self.TooLong(length, self.max_length))
            return
        self.replace(pasted, start, end)


class AddField(PasteField):
    """One whose text is added to a list by Enter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Add", tooltip="Add what is typed; when nothing is, go on to the next page"),
    ]


class TagField(PasteField):
    """For key=value pairs: each pasted line is one."""

    between = ", "


def _on_one_line(text: str, between: str) -> str:
    lines = (clean(line, len(line) + 1) for line in text.splitlines())
    # A line end at the end stays, as a space: the next paste must not grow onto the last word of this one.
    return between.join(line for line in lines if line) + (" " if text[-1:].isspace() else "")
