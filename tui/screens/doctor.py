"""Why an application cannot connect: the chain as it is walked, and what to do now. Beside the walk."""

import asyncio
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from core.checks.chain import first_broken
from core.checks.doctor import TITLES, page_that_helps
from core.checks.reach import summary
from core.draft import Draft, from_plan, with_service
from core.problems import NotAllowed, NotSignedIn, Problem
from core.text import clean
from core.values import Invalid
from core.work.doctor import Diagnosis, examine
from core.work.kept import plan_at
from core.world import Credentials
from tui.chain_lines import chain_text, lines
from tui.page import SIGN_IN, Page
from tui.widgets.chain import Chain
from tui.widgets.frame import NO_WAY_OUT, WayOut
from tui.widgets.proof import AskLogin
from tui.widgets.reach import REACH, ReachList
from tui.widgets.told import Told


class DoctorPage(Page):
    """The chain from the service to an answer of the database."""

    page = "doctor"
    rail = "Doctor"
    question = "Why can my application not connect?"
    lead = "Nothing is changed.  ✓ holds  ✗ broken  - not judged  ▸ under way  · to come"
    next_label = "Put it right"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "next", "Put right", show=False),
        Binding("ctrl+r", "reload", "Again", tooltip="Look at both sides again, and try the connection again"),
        REACH,
        Binding("c", "copy", "Copy", tooltip="Copy the chain; or the line for another machine, where one is shown"),
        SIGN_IN,
        Binding("up", "scroll_chain(-1)", "Up", show=False),
        Binding("down", "scroll_chain(1)", "Down", show=False),
        Binding("pageup", "scroll_chain(-8)", "Page up", show=False),
        Binding("pagedown", "scroll_chain(8)", "Page down", show=False),
    ]
    help = """
Between an application in your VPC and its database at SkySQL stand many things, and one that is missing is enough: a
connection that nobody answers looks the same for nearly all of them. This page goes through them in order, stops at
the first that is broken, and says why and what to do now. It only looks.

First what both sides say. SkySQL: is the service up, is PrivateLink on, is your AWS account allowed. AWS: is there a
VPC endpoint to the service, is it available, in which zones, with which addresses; do its security groups, the
network ACLs and the routes let anybody in your VPC through; does the service's own name lead to it (private DNS).

Then the connection itself, from this machine: the name, TCP, MariaDB's greeting, TLS with the certificate checked, a
login as the default user, SELECT 1. On a machine outside the VPC that ends early, and says nothing of the link: paste
the line that is shown on a machine inside, or run this program there: skysql-privatelink doctor SERVICE.

Who reaches it. F2 lists every instance and interface that runs in the VPC: whether it gets through to the database
port, and the one rule that decides. A link is broken when nobody gets through; when some do not, that is told beside
it.

Where a page of this wizard puts the broken link right, the button below leads there. What is missing may also have to
be done at SkySQL or in the AWS console: then the line "Now" says what.
"""

    def __init__(self) -> None:
        super().__init__()
        self._seen: Diagnosis | None = None
        self._refused = False  # by one of the sides

    def body(self) -> ComposeResult:
        with VerticalScroll(id="chain", can_focus=False):
            yield Chain(TITLES)
            yield Static("", id="elsewhere", markup=False)
        yield Told(id="reach")

    # ------------------------------------------------------------------------------ looking

    async def load(self) -> None:
        self._seen, self._refused = None, False
        self._offer(NO_WAY_OUT)
        self.query_one("#back", Button).focus()
        if self.wizard.session is None:
            self.action_sign_in()
            return
        self.says.busy("Going through both sides, then trying the connection")
        folder = self.wizard.entry.runs_folder
        self._end(await examine(self.wizard.signed_in.world, self.wizard.to_examine, folder, self._show, self._ask))

    def trouble(self, why: Invalid | Problem) -> None:
        """What SkySQL said before AWS refused stays in view."""
        super().trouble(why)
        self._refused = isinstance(why, NotSignedIn | NotAllowed)
        self.refresh_bindings()

    async def _ask(self, why: str) -> Credentials | None:
        return await self.app.push_screen_wait(AskLogin(why))

    def _show(self, diagnosis: Diagnosis) -> None:
        """What is known so far; the link under way stays in view."""
        self._seen = diagnosis
        links, scroll = diagnosis.links, self.query_one("#chain")
        self.query_one(Chain).show(links)
        elsewhere = self.query_one("#elsewhere", Static)
        elsewhere.display = bool(text := _elsewhere(diagnosis))
        elsewhere.update(Content(text))
        scroll.scroll_to(y=max(0, len(lines(links)) + 2 - scroll.size.height), animate=False)
        self.refresh_bindings()

    def _end(self, diagnosis: Diagnosis) -> None:
        self._show(diagnosis)
        case = diagnosis.case
        found = [(case.reaching(port), port) for port in case.ports]
        self.query_one("#reach", Told).tell(Content("\n".join(summary(*each) for each in found if each[0])))
        self.says.note(diagnosis.told)
        self._offer(self.way_out)
        self.call_after_refresh(self.query_one("#chain").scroll_end, animate=False)

    def _offer(self, way_out: WayOut) -> None:
        """The button to the page that helps, when one does."""
        button = self.query_one("#next", Button)
        button.display = bool(way_out.page)
        if way_out.page:
            button.label = f"To {way_out.rail}"
            button.focus()
        self.refresh_bindings()

    # ------------------------------------------------------------------------------ keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What there is nothing for is not offered."""
        if action == "next":
            return bool(self.way_out.page)
        if action == "reach":
            return self._seen is not None and bool(self._seen.case.reached)
        if action == "sign_in":
            return self._refused
        if action == "copy":
            return self._seen is not None
        return super().check_action(action, parameters)

    def action_scroll_chain(self, lines: int) -> None:
        self.query_one("#chain").scroll_relative(y=lines, animate=False)

    def action_reach(self) -> None:
        if self._seen is not None:
            case = self._seen.case
            self.app.push_screen(ReachList({port: case.reaching(port) for port in case.ports}))

    def action_copy(self) -> None:
        if self._seen is None:
            return
        trials = self._seen.trials
        self.app.copy_to_clipboard(trials[0].text if trials else chain_text(self._seen.links))
        self.says.note(f"Copied: {'the first line to paste' if trials else 'the chain'}.")

    # ------------------------------------------------------------------------------ going on

    @property
    def way_out(self) -> WayOut:
        """To the page that puts the broken link right; else of what one of the sides refused."""
        page = self._page_that_helps(self._seen) if self._seen is not None else ""
        return WayOut(page, self.wizard.rail_word(page)) if page else super().way_out

    def _page_that_helps(self, seen: Diagnosis) -> str:
        """What asks about a VPC comes after the page that chooses one, where neither the draft nor a plan has."""
        page = page_that_helps(seen.case, first_broken(seen.links))
        chosen = seen.case.known.plan or (self.draft.service == seen.case.service.id and self.draft.vpc)
        return "network" if page in ("access", "endpoint") and not chosen else page

    def action_put_right(self) -> None:
        self.action_next()

    async def answer(self, draft: Draft) -> Draft:
        """The answers of the newest run for the service, where its plan is kept; else the service alone."""
        if self._seen is None:
            return draft
        service, known = self._seen.case.service, self._seen.case.known
        self.wizard.service = service
        if draft.service == service.id:
            return draft
        plan = await asyncio.to_thread(plan_at, Path(known.plan)) if known.plan else None
        return from_plan(plan, service) if plan is not None else with_service(Draft(), service)

    def go_on(self) -> None:
        self.wizard.go_to(self.way_out.page)


def _elsewhere(diagnosis: Diagnosis) -> str:
    """Lines to paste on a machine in the VPC, when it has to be tried there."""
    told = [f"{trial.title}:\n{trial.text}" for trial in diagnosis.trials]
    return "\n\n".join(["", f"To paste on a machine in {clean(diagnosis.target.vpc, 60)}", *told]) if told else ""
