"""Zones with what is chosen in each, and under them what else the zone has to offer."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from tui.widgets.field import Field
from tui.widgets.rows import Column, Rows

COLUMNS = (
    Column("Zone"),
    Column("Subnet", flexible=True, names=True),
    Column("Subnet id", optional=True),
    Column("CIDR"),
    Column("Route"),
    Column("Free", right=True),
    Column("Running", right=True),
)
"""Of both lists, so that what is chosen and what could be stand under each other."""

_CHANGE = Binding.Group("Subnet", compact=True)


class ZoneRows(Rows):
    """A row a zone, with keys that change the choice in it without leaving the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Subnets", tooltip="Go to the subnets of this zone", show=False),
        Binding("left", "screen.step(-1)", "Before", tooltip="The subnet before, in this zone", group=_CHANGE),
        Binding("right", "screen.step(1)", "After", tooltip="The next subnet in this zone", group=_CHANGE),
        Binding(
            "delete,backspace,space",
            "screen.leave_out",
            "Leave out",
            tooltip="Leave this zone out, or take it in again",
        ),
    ]


class SubnetRows(Rows):
    """What a zone has to offer."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "choose", "Choose", tooltip="Take this subnet in this zone"),
    ]


class SubnetPane(Vertical):
    """The subnets of one zone under their heading, with a filter where there are many."""

    MANY: ClassVar[int] = 8
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.zones", "Zones", tooltip="Back to the zones, with nothing changed"),
    ]

    def compose(self) -> ComposeResult:
        with Horizontal(id="subnets-head"):
            yield Static(Content("Enter:"), id="subnets-key")
            yield Static("", id="subnets-of", markup=False)
            yield Static("", id="subnet-id", markup=False)
            yield Field(id="subnets-filter", placeholder="filter")
        yield SubnetRows(*COLUMNS, id="subnets", heading=False)

    def on_descendant_focus(self) -> None:
        self.query_one("#subnets-key").display = False

    def on_descendant_blur(self) -> None:
        self.query_one("#subnets-key").display = True

    def head(self, text: str, current: str, subnets: int) -> None:
        """`current`: the id of the subnet under the cursor, which the columns may have no room for."""
        self.query_one("#subnets-of", Static).update(Content(text))
        self.query_one("#subnet-id", Static).update(Content(current))
        self.query_one("#subnets-filter").display = subnets > self.MANY
