"""Who reaches the database port: one line for each port, and every instance and interface in a list of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from core.checks.ends import Target, lists_named
from core.checks.reach import Reached, reach, summary
from core.facts import Network, PrefixList
from core.problems import Problem
from core.text import holds
from tui.widgets.access_rows import Under
from tui.widgets.field import Field
from tui.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from tui.app import Wizard

REACH = Binding(
    "f2", "reach", "Reach", tooltip="Which instances and interfaces reach the port, and the rule that decides for each"
)
MARKS = {"yes": "✓ yes", "partly": "~ partly", "no": "✗ no", "unknown": "? unknown"}

Found = Mapping[int, Sequence[Reached]]
"""By port."""


async def judged(wizard: Wizard, network: Network, target: Target, ports: Sequence[int]) -> Found:
    """Who reaches each of `ports`, off the event loop: thousands of clients take a while."""
    named = lists_named(target)
    lists: list[PrefixList] = []
    if named:
        try:
            entries = await wizard.readings.prefix_list_entries(wizard.region, named)
            lists = [PrefixList(one, "", entries=entries.get(one)) for one in named]
        except Problem:  # then they are not known, which is told of each client
            pass
    return await asyncio.to_thread(lambda: {port: reach(network, target, port, lists) for port in sorted({*ports})})


class ReachLine(Static):
    """A sentence for each port. Keeps what it counted, to be listed."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002  # Textual's own word
        super().__init__("", id=id, markup=False)
        self._asked: tuple[Network, Target, tuple[int, ...]] | None = None
        self._given = ""
        self._found: Found = {}

    def judge(self, network: Network, target: Target, ports: Sequence[int], given: str = "") -> None:
        """`given`: said before the sentences."""
        asked, self._given = (network, target, tuple(ports)), given
        if asked == self._asked:
            self._show()
        else:
            self._asked = asked
            self._judge(*asked)

    @work(group="reach", exclusive=True)
    async def _judge(self, network: Network, target: Target, ports: Sequence[int]) -> None:
        known = target.places and target.groups
        self._found = await judged(cast("Wizard", self.app), network, target, ports) if known else {}
        self._show()

    def _show(self) -> None:
        told = [summary(found, port) for port, found in self._found.items()]
        if self._given:
            told = [f"{self._given}: {sentence[:1].lower()}{sentence[1:]}" for sentence in told]
        self.update(Content("\n".join(told)))

    def show_all(self) -> None:
        """The list."""
        self.app.push_screen(ReachList(self._found))


class ReachList(ModalScreen[None]):
    """Every client, with the one rule that decides."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f2", "dismiss", "Close"),
        Binding("down", "app.focus_next", "Down", show=False),
    ]

    def __init__(self, found: Found) -> None:
        super().__init__()
        self._found = found
        self._by_key = {f"{port} {one.client.id}": one for port, all_ in found.items() for one in all_}

    def compose(self) -> ComposeResult:
        ports = [Column("Port", right=True)] if len(self._found) > 1 else []
        with Vertical(classes="dialog -tall -wide"):
            yield Static(Content(self._title()), classes="dialog-title")
            yield Field(id="reach-filter", placeholder="a part of a name, a subnet, a zone, a rule; yes, no, partly")
            yield ClientRows(*ports, id="clients")
            yield Static("", id="reach-why", markup=False)
            yield Static(Content("Type to filter, Up and Down move, Escape closes"), classes="dialog-hint")

    def _title(self) -> str:
        ports = " or ".join(str(port) for port in self._found)
        return f"Who reaches port {ports}" if ports else "No port is chosen"

    def on_mount(self) -> None:
        self._fill()

    @on(Field.Changed, "#reach-filter")
    def _fill(self) -> None:
        words = self.query_one("#reach-filter", Field).value.casefold().split()
        rows = [
            self._row(key, one)
            for key, one in self._by_key.items()
            if holds(words, one.client.name, one.where, one.verdict, one.why, one.client.id, *one.client.addresses)
        ]
        nothing = "Nothing in the list holds this." if words else "Nothing that could connect runs in this VPC."
        self.query_one("#clients", Rows).fill(rows or [Row("", (nothing,), dim=True)])
        self._tell()

    def _row(self, key: str, one: Reached) -> Row:
        port = (key.partition(" ")[0],) if len(self._found) > 1 else ()
        return Row(key, (*port, one.client.name, MARKS[one.verdict], one.where, one.why))

    @on(Rows.Highlighted, "#clients")
    def _tell(self) -> None:
        """The row under the cursor, whole."""
        one = self._by_key.get(self.query_one("#clients", Rows).current or "")
        told = [one.client.id, *one.client.addresses[:1], one.where] if one else []
        text = f"{one.client.name} ({', '.join(told)})\n{MARKS[one.verdict]}: {one.why}" if one else ""
        self.query_one("#reach-why", Static).update(Content(text))


class ClientRows(Under):
    """What runs in the VPC."""

    def __init__(self, *first: Column, id: str) -> None:  # noqa: A002
        more = (
            Column("Client", flexible=True),
            Column("Reaches"),
            Column("Where", flexible=True),
            Column("Decided by", flexible=True),
        )
        super().__init__(*first, *more, id=id)
