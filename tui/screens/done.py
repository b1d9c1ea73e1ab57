"""Page 9: host names, ports and lines ready to paste."""

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static, Tab, Tabs

from core.checks.chain import first_broken, walk
from core.checks.ends import addresses, standing
from core.checks.proof import PROOF
from core.connection import Proof
from core.export.clients import Link, Snippet, names, notes, page_text, place, snippets, trials
from core.facts import Network, VpcEndpoint
from core.problems import Problem
from core.text import clean, count
from core.values import Invalid
from core.work.events import RunEnded
from core.work.proving import Ask, prove, target_of
from tui.left_out import told_left_out
from tui.page import QUIET_DOCTOR, UNDO, Page
from tui.widgets.field import Table
from tui.widgets.proof import Proving, told
from tui.widgets.reach import REACH, Found, ReachList, judged
from tui.widgets.saving import file_name, save

KEEP_IN_MIND = "keep-in-mind"
SHORT = {
    "mariadb": "mariadb", "option-file": "Option file", "python": "Python", "java": "Java", "nodejs": "Node",
    "mysql2": "Node mysql2", KEEP_IN_MIND: "Keep in mind",
}  # fmt: skip
"""Tabs are narrow: a snippet's own title stands over its text."""


class DonePage(Page):
    """Host names, ports and lines ready to paste."""

    page = "done"
    rail = "Done"
    question = "The link works"
    lead = " "
    next_label = "Finish"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  # declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next", "Finish", tooltip="Leave the wizard; the link stays"),
        Binding("c", "copy", "Copy", tooltip="Copy the host name in focus, else the lines shown, to the clipboard"),
        Binding("p", "prove", "Prove", tooltip="Try the connection from this machine: name, TCP, TLS, login, SELECT 1"),
        REACH,
        QUIET_DOCTOR,
        Binding("ctrl+s", "save", "Save page", tooltip="Write names, ports, all lines and notes to a file"),
        UNDO,
        Binding("left", "other_tab(-1)", "Tab before", show=False),
        Binding("right", "other_tab(1)", "Tab after", show=False),
    ]
    help = """
The database is now reachable by private addresses inside your VPC. Nothing else has to be done at SkySQL or at AWS;
what is left is to tell your applications.

Host names. With private DNS on, the service's own name leads to the private addresses, inside the VPC: applications
that used it before need no change, and its certificate is made for that name. The other names are AWS's own: the
regional one answers with an address in any of the zones, a zonal one with the address in that zone alone. The
certificate does not match them.

Ready lines. Left and Right walk through them; c copies what is shown, or the host name when the list of names is in
focus. Copying goes through the terminal (OSC 52), so it works over SSH too, where the terminal allows it; tmux wants:
set -g set-clipboard on. Where it does not work, save the page to a file (ctrl+s). No line holds a password.

Proof. p goes the way a client goes, from this machine to an answer of the database, and says how far it gets. On a
machine outside the VPC it ends early; it then shows a line to paste on one inside.

Who reaches it. F2 reads the VPC and lists every instance and interface that runs there: whether it gets through to the
endpoint's ports, judged from security groups, network ACLs and routes, and the one rule that decides.

Doctor. F3 goes through all that a connection needs, from the service at SkySQL to an answer of the database, whenever
an application cannot connect.

Idle connections. AWS drops a connection through the endpoint that has been idle for 350 seconds, without a word.
The lines set the client's keepalive below that.
"""

    def __init__(self) -> None:
        super().__init__()
        self._snippets: tuple[Snippet, ...] = ()
        self._left_out = ""

    def body(self) -> ComposeResult:
        self._snippets = self._ready(self._link())
        yield Table(("Leads to", 12), ("Host name", 20), id="names")
        yield Tabs(*(Tab(Content(_short(snippet)), id=snippet.id) for snippet in self._snippets))
        with VerticalScroll(id="lines"):
            yield Static("", id="lines-text", markup=False)

    async def load(self) -> None:
        link = self._link()
        self.query_one("#lead", Static).update(Content(_lead(link)))
        self.query_one("#names", Table).fill([(name, (leads, name)) for name, leads in _names(link)])
        self.query_one(Tabs).focus()
        self._left_out = await told_left_out(self.wizard, self._result)
        if self._left_out:
            self._snippets = self._ready(link)
            self.says.note(f"! {self._left_out}")

    def _ready(self, link: Link) -> tuple[Snippet, ...]:
        return *snippets(link), Snippet(KEEP_IN_MIND, "Keep in mind", "\n\n".join(self._notes()))

    # ------------------------------------------------------------------------------ what is shown

    @property
    def _result(self) -> RunEnded:
        if self.wizard.result is None:
            raise LookupError("no run has ended yet")
        return self.wizard.result

    def _link(self) -> Link:
        result, service = self._result, self.wizard.chosen_service
        return Link(
            service=service.name,
            host=result.host,
            fqdn=service.fqdn,
            dns_names=result.dns_names,
            ports=result.ports,
            private_dns=bool(service.fqdn) and result.host == service.fqdn,
        )

    def _notes(self) -> tuple[str, ...]:
        started = self.wizard.progress.started if self.wizard.progress else None
        told = notes(self._link(), started.plan if started else "", started.journal if started else "")
        return (self._left_out, *told) if self._left_out else told

    @property
    def _shown(self) -> Snippet:
        """What copying copies: the host name in focus, else the tab's lines."""
        table = self.query_one("#names", Table)
        if table.has_focus and table.current:
            return Snippet("name", "Host name", table.current)
        active = self.query_one(Tabs).active
        return next((snippet for snippet in self._snippets if snippet.id == active), self._snippets[0])

    @on(Tabs.TabActivated)
    @on(Table.RowHighlighted)
    def _show(self) -> None:
        snippet = self._shown
        self.query_one("#lines-text", Static).update(Content.assemble((f"{snippet.title}\n\n", "bold"), snippet.text))
        self.query_one("#lines").scroll_home(animate=False)

    def on_descendant_focus(self) -> None:
        self._show()

    # ------------------------------------------------------------------------------ keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is nothing to read again here."""
        if action == "undo":
            return bool(self.wizard.undoable)
        return False if action == "reload" else super().check_action(action, parameters)

    def action_undo(self) -> None:
        self.wizard.turn_to_undo(self.wizard.undoable)

    def action_doctor(self) -> None:
        self.wizard.turn_to_doctor(self.wizard.chosen_service.id)

    def action_other_tab(self, by: int) -> None:
        self.says.quiet()  # what was copied or saved before
        tabs = self.query_one(Tabs)
        tabs.focus()  # from the names, too: what is shown follows the focus
        (tabs.action_next_tab if by > 0 else tabs.action_previous_tab)()

    def action_copy(self) -> None:
        shown = self._shown
        self.app.copy_to_clipboard(shown.text)
        lines = count(len(shown.text.splitlines()), "line")
        self.says.note(
            f"Copied: {shown.title}, {lines}. If nothing arrives: tmux may need `set -g set-clipboard on`, "
            "and ctrl+s saves everything to a file."
        )

    @work(group="prove", exclusive=True)
    async def action_prove(self) -> None:
        link, world, service = self._link(), self.wizard.signed_in.world, self.wizard.chosen_service

        async def carry_out(tell: Callable[[Proof], None], ask: Ask) -> Proof:
            target = target_of(link, self.draft.vpc or "", *await self._known())
            return await prove(world, service.id, target, tell, ask)

        host, port = place(link)
        proof = await self.app.push_screen_wait(Proving(f"{host}, port {port}", carry_out, trials(link)))
        if proof is not None:
            more = " F3 goes through all that a connection needs." if first_broken(walk(PROOF, proof)) else ""
            self.says.note(f"{told(proof)}{more}")

    async def _known(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The VPC's address ranges, the endpoint's addresses; none when unreadable, which the proof can do without."""
        try:
            network, stands = await self._standing()
        except (Invalid, Problem):
            return (), ()
        return network.vpc.cidrs, addresses(network, stands) if stands else ()

    @work(group="reach", exclusive=True)
    async def action_reach(self) -> None:
        self.says.busy("Reading the VPC as it is now")
        try:
            found = await self._reaches()
        except (Invalid, Problem) as why:
            self.trouble(why)
            return
        self.says.quiet()
        self.app.push_screen(ReachList(found))

    async def _standing(self) -> tuple[Network, VpcEndpoint | None]:
        """The VPC as it is now, and the link's endpoint in it."""
        if self.draft.vpc is None:
            raise Invalid("No VPC is chosen.", "Go back to the network page.")
        self.wizard.forget_readings()  # of before the run
        network = await self.wizard.readings.network(self.wizard.region, self.draft.vpc)
        return network, next((one for one in network.endpoints if one.id == self._result.vpc_endpoint_id), None)

    async def _reaches(self) -> Found:
        network, stands = await self._standing()
        if stands is None:
            gone = f"VPC endpoint {self._result.vpc_endpoint_id} is not in the VPC any more."
            raise Invalid(gone, "Run the same plan again to make it.")
        ports = [number for _, number in self._result.ports]
        return await judged(self.wizard, network, standing(network, stands), ports)

    @work(group="save", exclusive=True)
    async def action_save(self) -> None:
        link = self._link()
        try:
            text = page_text(link, self._notes())
            path = await save(self, "Save this page", text, f"{file_name(link.service)}-link.txt")
        except Problem as why:
            self.trouble(why)
            return
        if path is not None:
            self.says.note(f"Saved to {path}.")

    @on(Table.RowSelected, "#names")
    def _copy_name(self) -> None:
        self.action_copy()

    def go_on(self) -> None:
        """There is no page after this one: leave, with the run's exit code."""
        self.wizard.finish()


def _names(link: Link) -> list[tuple[str, str]]:
    found = names(link.dns_names, link.fqdn, link.private_dns)
    own = [(found.own, "any zone: use this")] if found.own else []
    regional = [(found.regional, "any zone")] if found.regional else []
    return [*own, *regional, *((name, zone) for zone, name in found.zonal)] or [(clean(link.host, 300), "the link")]


def _lead(link: Link) -> str:
    """The ports by purpose; the names stand below."""
    ports = ", ".join(f"{clean(purpose, 60)} {number}" for purpose, number in link.ports)
    told = f"Ports: {ports}.  " if ports else ""
    return f"{told}Left and Right: other clients, c: copy"


def _short(snippet: Snippet) -> str:
    return SHORT.get(snippet.id, snippet.title)
