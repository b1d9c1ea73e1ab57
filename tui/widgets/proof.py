"""The connection proof over a page: the chain as it goes, then what to do; and the question for user and password."""

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from core.checks.chain import ChainLink, first_broken, walk
from core.checks.proof import PROOF, from_elsewhere, proven
from core.connection import Proof
from core.export.clients import Snippet
from core.work.proving import Ask
from core.world import Credentials, Secret
from tui.chain_lines import chain_text
from tui.page import flowed
from tui.widgets.chain import Chain
from tui.widgets.dialogs import Reading
from tui.widgets.field import Field

HELP = """
This machine goes the way that a client goes, and shows how far it gets: whether it is in the VPC at all; where the
service's name leads; a connection to each of those addresses; MariaDB's greeting; TLS, with the certificate checked
against the name; a login; and SELECT 1.

  ✓  holds      ✗  broken      -  not judged      ▸  under way      ·  still to come

Behind the first broken link nothing is tried. Below it stands why, and what to do now. On a machine outside the VPC the
name or the connection usually fails, and that says nothing of the link: paste the line that is shown on a machine
inside, or run this program there.

The login is made as the service's default user, whose password is read from SkySQL when it comes to that. When SkySQL
does not tell it, or it was changed, you are asked. No password is kept, written down or sent without TLS.
"""

Prove = Callable[[Callable[[Proof], None], Ask], Awaitable[Proof]]
"""Carries the proof out: told after every stage; asks for user and password where it must."""


class Proving(ModalScreen[Proof | None]):
    """Runs the proof at once; closing calls it off. Answers the proof when it came to its end."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close"),
        Binding("p", "again", "Try again"),
        Binding("c", "copy", "Copy"),
        Binding("f1", "help", "Help"),
    ]

    def __init__(self, place: str, prove: Prove, trials: Sequence[Snippet]) -> None:
        """`place`: what is tried, for the title. `trials`: lines for another machine."""
        super().__init__()
        self._place, self._prove, self._trials = place, prove, tuple(trials)
        self._seen: Proof | None = None
        self._ended: Proof | None = None

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall -wide"):
            yield Static(Content(f"From this machine to {self._place}"), classes="dialog-title")
            with VerticalScroll(classes="dialog-scroll"):
                yield Chain([row.title for row in PROOF])
                yield Static("", id="elsewhere", markup=False)
            yield Static("", classes="dialog-hint", markup=False)

    def on_mount(self) -> None:
        self.action_again()

    @work(exclusive=True)
    async def action_again(self) -> None:
        self._ended = None
        self._show(None)
        self._ended = await self._prove(self._show, self._ask)
        self._show(self._ended)

    @property
    def _links(self) -> tuple[ChainLink, ...]:
        return walk(PROOF, self._seen) if self._seen else ()

    def _show(self, proof: Proof | None) -> None:
        self._seen = proof
        running = self._ended is None
        self.query_one(Chain).show(self._links)
        elsewhere = self.query_one("#elsewhere", Static)
        elsewhere.display = bool(text := self._elsewhere())
        elsewhere.update(Content(text))
        self._hint("Escape calls it off" if running else "Escape closes, p tries again, c copies, F1 explains")

    def _elsewhere(self) -> str:
        if self._seen is None or not from_elsewhere(self._seen):
            return ""
        told = (f"{trial.title}:\n{trial.text}" for trial in self._trials)
        return "\n\n".join(["", f"To paste on a machine in {self._seen.target.vpc or 'the VPC'}", *told])

    def _hint(self, text: str) -> None:
        self.query_one(".dialog-hint", Static).update(Content(text))

    async def _ask(self, why: str) -> Credentials | None:
        return await self.app.push_screen_wait(AskLogin(why))

    # ------------------------------------------------------------------------------ keys

    def action_close(self) -> None:
        self.dismiss(self._ended)

    def action_copy(self) -> None:
        """The line for another machine where one is shown, else the chain."""
        line = self._trials[0].text if self._elsewhere() else ""
        self.app.copy_to_clipboard(line or chain_text(self._links))
        self._hint(f"Copied: {'the first line' if line else 'the chain'}. Escape closes")

    def action_help(self) -> None:
        self.app.push_screen(Reading("The connection proof", flowed(HELP)))


class AskLogin(ModalScreen[Credentials | None]):
    """A database user and its password; None when cancelled."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("down", "app.focus_next", "Down", show=False),
        Binding("up", "app.focus_previous", "Up", show=False),
    ]

    def __init__(self, why: str) -> None:
        super().__init__()
        self._why = why

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Static(Content("Sign in to the database"), classes="dialog-title")
            yield Static(Content(f"{self._why} What you type is used once and not kept."), classes="dialog-text")
            with Horizontal(classes="row"):
                yield Static("User", classes="label")
                yield Field(id="user", max_length=80)
            with Horizontal(classes="row"):
                yield Static("Password", classes="label")
                yield Field(id="password", password=True)
            yield Static("", id="refused", markup=False)
            with Horizontal(classes="dialog-moves"):
                yield Button("Without login", id="cancel", compact=True)
                yield Button("Sign in", id="ok", compact=True, variant="primary")

    @on(Field.Submitted, "#user")
    def _on(self) -> None:
        self.query_one("#password", Field).focus()

    @on(Field.Submitted, "#password")
    @on(Button.Pressed, "#ok")
    def _take(self) -> None:
        user, password = self.query_one("#user", Field).value.strip(), self.query_one("#password", Field).value
        if not (user and password):
            self.query_one("#refused", Static).update(Content("Type both, or go on without a login."))
            return
        self.dismiss(Credentials(user, Secret(password)))

    @on(Button.Pressed, "#cancel")
    def action_cancel(self) -> None:
        self.dismiss(None)


def told(proof: Proof) -> str:
    """One line for the page beneath."""
    links = walk(PROOF, proof)
    link = first_broken(links)
    if proven(proof):
        return f"✓ The connection works from this machine. {links[-1].verdict.seen}"
    if link is None:
        return f"✓ The path works from this machine. {next(each.verdict.seen for each in links if each.id == 'login')}"
    return f"! From this machine the connection ends at {link.title}. {link.verdict.seen}"
