"""Check boxes and radio buttons that tell on from off by a mark, not by its colour alone. Labels are plain text."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Checkbox, RadioButton, RadioSet

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
    """One of an `Either`: marked when it is the one."""

    def __init__(self, label: str, value: bool = False, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(Content(label), value, id=id)
        self._mark()

    def watch_value(self) -> None:
        self._mark()
        super().watch_value()

    def _mark(self) -> None:
        self.BUTTON_INNER = RadioButton.BUTTON_INNER if self.value else _OFF


class Either(RadioSet):
    """Dots side by side in one row; left and right choose."""

    DEFAULT_CSS = """
    Either {
        layout: horizontal; height: 1; width: 1fr; background: transparent;
        &:focus { background-tint: $foreground 0%; }
        &:blur > Dot.-selected > .toggle--label { background: transparent; }
        Dot { width: auto; margin-right: 3; }
    }
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        # Side by side: up and down lead to the fields above and below, and choose nothing.
        Binding("down", "app.focus_next", "Down", show=False),
        Binding("up", "app.focus_previous", "Up", show=False),
    ]

    def __init__(self, *dots: Dot, id: str | None = None) -> None:  # noqa: A002
        super().__init__(*dots, id=id, compact=True)

    def on_focus(self) -> None:
        self._selected = max(0, self.pressed_index)

    def action_next_button(self) -> None:
        super().action_next_button()
        self._choose()

    def action_previous_button(self) -> None:
        super().action_previous_button()
        self._choose()

    def _choose(self) -> None:
        if self.pressed_button is not None:  # None while it is being mounted
            self.action_toggle_button()
