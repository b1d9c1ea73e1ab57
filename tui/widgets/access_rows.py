"""The lists of the access page: sources to choose from, rules as they will be made, groups that are there."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from tui.widgets.dialogs import Reading
from tui.widgets.rows import Column, Rows


class Under(Rows):
    """A list under a field: Up on its first row goes back to the field. What is cut in a row can be read whole."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "whole", "Show whole", show=False, tooltip="The row under the cursor in full, where it is cut")
    ]

    def action_whole(self) -> None:
        if self.current:
            cells = self._rows[self._cursor].cells
            self.app.push_screen(Reading(cells[0], "\n\n".join(cells)))

    def action_move(self, by: int) -> None:
        before = self.current
        super().action_move(by)
        if by < 0 and self.current == before:
            self.screen.focus_previous()


class SuggestionRows(Under):
    """Sources to choose from."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "choose", "Let it in", tooltip="Add the source under the cursor to the rules")
    ]

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(Column("Source", flexible=True), Column("Note", flexible=True), id=id, heading=False)
        self.add_class("-quiet")


class RuleRows(Under):
    """Rules as they will be made."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "delete,backspace",
            "screen.remove_source",
            "Take out",
            tooltip="Take the source of the rule under the cursor out again, for every port",
        )
    ]

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(Column("Rule: port"), Column("admits", flexible=True), id=id)
        self.add_class("-quiet")


class GroupRows(Under):
    """The VPC's groups."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "choose", "Choose or not", tooltip="Put the group under the cursor in, or take it out")
    ]

    def __init__(self, id: str) -> None:  # noqa: A002
        super().__init__(Column("    Group", flexible=True, names=True), Column("Whom it admits", flexible=True), id=id)
