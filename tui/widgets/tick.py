"""Check boxes and radio buttons that tell on from off by a mark, not by its colour alone. Labels are plain text."""

from textual.content import Content
from textual.widgets import Checkbox, RadioButton

_OFF = " "


class Tick(Checkbox):
    """A check box: marked when on, empty when off."""

    def __init__(self, label: str, value: bool = False, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(Content(label), value, id=id)
        self._mark()

    def watch_value(self) -> None:
        self._mark()
        super().watch_value()

    def _mark(self) -> None:
        self.BUTTON_INNER = Checkbox.BUTTON_INNER if self.value else _OFF


class Dot(RadioButton):
    """One of several in a `RadioSet`: marked when it is the one."""

    def __init__(self, label: str, value: bool = False, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(Content(label), value, id=id)
        self._mark()

    def watch_value(self) -> None:
        self._mark()
        super().watch_value()

    def _mark(self) -> None:
        self.BUTTON_INNER = RadioButton.BUTTON_INNER if self.value else _OFF
