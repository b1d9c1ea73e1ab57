"""What taking a link away will do, and the point of no return for that. Beside the walk."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from core.choices.review import marks, typed_to_agree
from core.choices.undo import undo_agreement, undo_changes, undo_question, wants_allow_list
from core.draft import Draft
from core.facts import AllowedAddress
from core.text import clean
from core.values import Invalid, parse_cidr
from core.work.remains import Found, look_back
from tui.page import SIGN_IN, Page
from tui.widgets.changes import Changes
from tui.widgets.dialogs import Ask, Confirm
from tui.widgets.field import Field


class UndoPage(Page):
    """What will be taken away, put back and left."""

    page = "undo"
    rail = "Undo"
    question = "This is what the undo will do"
    lead = "Nothing is changed yet.  - taken away  ~ changed  ! cuts connections  = stays"
    next_label = "Undo"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  # declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next", "Undo", tooltip="Agree to it and carry it out; asks once more"),
        SIGN_IN,
        Binding("up", "scroll_changes(-1)", "Up", show=False),
        Binding("down", "scroll_changes(1)", "Down", show=False),
        Binding("pageup", "scroll_changes(-8)", "Page up", show=False),
        Binding("pagedown", "scroll_changes(8)", "Page down", show=False),
    ]
    help = """
An undo takes away what this program has made for the link, and puts back what stood before it. Both sides and the
journals have just been read; what is listed is what it would do.

The order is: the VPC endpoint, then its network interfaces, then the security group, and at last SkySQL's side, with
the former IP allowlist from the journal. Only what is this program's goes, known by its tags and by the journal. What
others made or use stays, and is told.

The line to think about is "!". Switching the service back to its public address interrupts it again: from the first
deletion until its IP allowlist is filled nobody can connect, neither over PrivateLink nor by the public address.

Where no journal here knows the former IP allowlist, say who may connect: without that nobody can. It can be changed in
the SkySQL portal later.

An undo can be stopped and gone on with like every run. Back leaves everything as it is.
"""

    def __init__(self) -> None:
        super().__init__()
        self._found: Found | None = None

    def body(self) -> ComposeResult:
        yield Changes(can_focus=False)
        with Horizontal(classes="row", id="allow-row"):
            yield Static(Content("Who may connect"), classes="label")
            yield Field(id="allow", placeholder="addresses or CIDR ranges, with a space between")

    # ------------------------------------------------------------------------------ reading

    async def load(self) -> None:
        self._found = None
        self.query_one("#allow-row").display = False
        self.query_one("#back", Button).focus()
        if self.wizard.session is None:
            self.action_sign_in()
            return
        self.says.busy("Reading both sides and the journals")
        found = await look_back(self.wizard.signed_in.world, self.wizard.to_undo, self.wizard.entry.runs_folder)
        self.says.quiet()
        await self._show(found)

    async def _show(self, found: Found) -> None:
        listed = undo_changes(found.undo, found.remains, "in the field below")
        self.query_one("#question", Static).update(Content(f"{self.question}: {marks(listed)}"))
        await self.query_one(Changes).show(listed)
        if found.nothing_to_do:
            self.query_one("#next", Button).disabled = True
            self.says.note(found.nothing_to_do)
            return
        self._found = found
        self.query_one("#allow-row").display = wants_allow_list(found.undo, found.remains)
        if found.before is not None:
            self.says.note(f"Undo {found.before.run} of this link is not finished: it goes on.")

    def action_scroll_changes(self, lines: int) -> None:
        self.query_one(Changes).scroll_relative(y=lines, animate=False)

    # ------------------------------------------------------------------------------ answering

    async def answer(self, draft: Draft) -> Draft:
        found = self._found
        if found is None:
            raise Invalid("There is nothing to start.", "Wait until both sides are read, or read again: ctrl+r.")
        allow = _addresses(self.query_one("#allow", Field).value) if self.query_one("#allow-row").display else ()
        if not await self._agreed(found):
            raise Invalid("Nothing was started, and nothing has been changed.", "Everything stays as it is.")
        self.wizard.start_undo(self.wizard.to_undo, allow)
        return draft

    async def _agreed(self, found: Found) -> bool:
        """No has the focus, or a name has to be typed."""
        undo, service = found.undo, found.remains.service
        title = f"Undo the link to {clean(undo.service_name, 100)}?"
        if service is not None and undo_agreement(undo, found.remains) == "type-name":
            wanted = typed_to_agree(service)
            text = undo_question(undo, found.remains, wanted)
            return await self.app.push_screen_wait(Ask(title, text, ok="Undo", expected=wanted)) is not None
        told = marks(undo_changes(undo, found.remains))
        text = f"{told[:1].upper()}{told[1:]}. No connection over PrivateLink is left to drop."
        return await self.app.push_screen_wait(Confirm(title, text, yes="Undo", no="Not yet"))

    def go_on(self) -> None:
        self.wizard.go_to("run")


def _addresses(typed: str) -> tuple[AllowedAddress, ...]:
    """An IP allowlist as typed; none is an answer, too. Raises Invalid."""
    return tuple(AllowedAddress(parse_cidr(word)) for word in typed.replace(",", " ").split())
