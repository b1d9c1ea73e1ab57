"""A text that is drawn, and sent over the wire, only when it says something else."""

from textual.content import Content
from textual.widgets import Static


class Told(Static):
    def __init__(self, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002  # Textual's own word
        super().__init__(Content(""), id=id, classes=classes)
        self._told = Content("")

    def tell(self, text: Content) -> None:
        if not text.is_same(self._told):
            self._told = text
            self.update(text)
