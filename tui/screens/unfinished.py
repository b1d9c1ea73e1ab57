"""Before the walk, when a run or an undo has not got to its end: what it was, where it stopped, what stands now."""

import asyncio
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from core.choices.review import typed_to_agree, usual_interruption
from core.choices.services import interrupts
from core.choices.undo import stands_now
from core.draft import Draft, from_plan
from core.facts import Service
from core.problems import Blocked, Problem
from core.text import clean, duration
from core.values import Invalid
from core.work.following import Background, in_background
from core.work.history import Past
from core.work.left_open import left_open
from core.work.lock import Holder, working
from core.work.remains import look_back
from core.work.titles import title_of
from tui.page import QUIET_DOCTOR, SIGN_IN, Page
from tui.session import known_session
from tui.widgets.access_rows import Under
from tui.widgets.dialogs import Ask
from tui.widgets.labelled import labelled
from tui.widgets.rows import Column, Row
from tui.widgets.times import moment

ENDS = {
    None: "it ended without writing down why",
    "interrupted": "stopped",
    "waiting": "waiting",
    "failed": "failed",
}


class Runs(Under):
    """A row a run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", tooltip="Go on to what can be done with the run under the cursor"),
    ]


class UnfinishedPage(Page):
    """What was left open: Resume, Undo, Leave."""

    page = "unfinished"
    rail = "Unfinished"
    question = "A run has not got to its end"
    lead = "Resume goes on with it, Undo takes it back, Leave changes nothing. F3: doctor"
    next_label = "Resume"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  # declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "pass_by", "Leave", tooltip="Leave it as it is and start the usual wizard"),
        Binding("ctrl+n", "next", "Resume", tooltip="Go on with it where it stopped"),
        Binding("ctrl+u", "undo", "Undo", tooltip="See what taking it back would do, and decide then"),
        QUIET_DOCTOR,
        SIGN_IN,
        Binding("up", "scroll_about(-1)", "Up", show=False),
        Binding("down", "scroll_about(1)", "Down", show=False),
    ]
    help = """
Every run writes down what it does before it does it. From that journal this page knows of a run, or of the undo of one,
that has not got to its end: it was stopped, the connection or the machine went away, a login ended, or a side refused.

Resume looks at both sides again and goes on from there; what stands already is not made twice. It needs no answers: the
plan was kept. Where the switch to PrivateLink has not been made yet, it asks for the service's name first, as the
Review page does.

A run that goes on in the background is only shown: Resume attaches to it, and nothing has to be signed in for that.

Undo takes away what was made and puts back what stood before. It first shows what it would do.

Doctor (F3) goes through all that a connection to the service needs, and says where it ends now.

Leave changes nothing and starts the usual wizard. While a service cannot be reached, that stays so: the line
"Outage" says since when.

"Now" is what both sides say at this moment. To read it, the wizard signs in with the key and the AWS profile that this
machine offers. Where something has to be typed for that, Resume and Undo lead over the Sign in page.
"""

    def __init__(self) -> None:
        super().__init__()
        self._signing: asyncio.Task[str] | None = None

    @property
    def can_go_back(self) -> bool:
        """Leave is the way out."""
        return False

    @property
    def _past(self) -> Past:
        if self.wizard.past is None:
            raise LookupError("no run is chosen")
        return self.wizard.past

    def body(self) -> ComposeResult:
        yield Runs(Column("Service", flexible=True, names=True), Column("What"), Column("Stopped"), id="runs")
        with VerticalScroll(id="about", can_focus=False):
            yield Static("", id="about-text", markup=False)
            yield Static("", id="now-text", markup=False)

    def on_mount(self) -> None:
        moves = self.query_one("#moves", Horizontal)
        moves.mount(Button("Leave", id="leave", compact=True), before="#moves-space")
        moves.mount(Button("Undo", id="undo", compact=True), before="#next")
        self._show()
        self.query_one("#next" if len(self.wizard.left_open) == 1 else "#runs").focus()

    # ------------------------------------------------------------------------------ showing

    def _show(self) -> None:
        """What the journals tell; that needs no sign-in."""
        found = self.wizard.left_open
        chosen = self.wizard.past.run if self.wizard.past else ""
        self.wizard.past = next((past for past in found if past.run == chosen), found[0] if found else None)
        rows = self.query_one("#runs", Runs)
        rows.display = len(found) > 1
        if rows.has_focus and not rows.display:
            self.query_one("#next").focus()
        rows.fill([_row(past) for past in found], keep=chosen)
        if len(found) > 1:
            self.query_one("#question", Static).update(Content(f"{len(found)} runs have not got to their end"))
        self._about()

    def _about(self) -> None:
        past = self.wizard.past
        if past is None:
            return
        worker = in_background(past) or working(self.wizard.entry.runs_folder, past.service)
        age = (self.wizard.entry.clock.now() - past.started).total_seconds()
        self.query_one("#about-text", Static).update(labelled(_facts(past, worker, age)))
        for button in self.query("#undo").results(Button):
            button.display = past.undo is None
        self.refresh_bindings()

    def _now(self, *lines: tuple[str, str]) -> None:
        self.query_one("#now-text", Static).update(labelled((("Now", ""), *lines)))

    @on(Runs.Highlighted)
    def _highlighted(self, moved: Runs.Highlighted) -> None:
        self.wizard.past = next(past for past in self.wizard.left_open if past.run == moved.key)
        self._about()
        self.run_worker(self._look(), group="look", exclusive=True)

    @on(Runs.Chosen)
    def _chosen(self) -> None:
        self.query_one("#next", Button).focus()

    # ------------------------------------------------------------------------------ reading

    async def load(self) -> None:
        then = self.wizard.take_up()
        self.wizard.left_open = await asyncio.to_thread(left_open, self.wizard.entry.runs_folder)
        if not self.wizard.left_open:  # gone on with elsewhere meanwhile
            self.action_pass_by()
            return
        self._show()
        if then == "resume":
            self.action_next()
        elif then == "undo":
            self.action_undo()
        elif then == "doctor":
            self.action_doctor()
        else:
            self.run_worker(self._look(), group="look", exclusive=True)

    async def _look(self) -> None:
        """What stands on both sides, as it arrives."""
        past = self._past
        if self.wizard.session is None:
            self._now(("", "signing in with what this machine offers"))
            why = await self._signed_in()
            if self.wizard.session is None:
                self._now(("", f"not known: {why} Resume and Undo lead to the Sign in page first."))
                return
        self._now(("", "reading both sides"))
        try:
            found = await look_back(self.wizard.signed_in.world, past.run, self.wizard.entry.runs_folder)
        except Problem as problem:
            self._now(("✗", problem.what), ("Why", problem.cause), ("Do", problem.remedy))
        else:
            self._now(*stands_now(found.undo, found.remains))

    async def _signed_in(self) -> str:
        """Sign in with what is there, once for all who ask; why that did not work, else nothing."""
        if self._signing is None:
            self._signing = asyncio.ensure_future(self._sign_in_quietly())
        return await asyncio.shield(self._signing)

    async def _sign_in_quietly(self) -> str:
        try:
            await self.wizard.prepare()
            session = await known_session(self.wizard.entry, self.wizard.environ)
        except Problem as problem:
            return problem.what
        await self.wizard.sign_in(session)
        return ""

    # ------------------------------------------------------------------------------ keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An undo is gone on with: there is no taking it back."""
        if action == "undo":
            return self.wizard.past is not None and self.wizard.past.undo is None
        return super().check_action(action, parameters)

    def action_scroll_about(self, lines: int) -> None:
        self.query_one("#about").scroll_relative(y=lines, animate=False)

    @on(Button.Pressed, "#leave")
    def action_pass_by(self) -> None:
        self.wizard.past = None
        self.wizard.go_to(self.wizard.pages[0].page)

    @on(Button.Pressed, "#undo")
    @work(group="move", exclusive=True)
    async def action_undo(self) -> None:
        if not await self._may_begin("undo"):
            return
        try:
            self._check_account()
        except Problem as why:
            self.trouble(why)
        else:
            self.wizard.turn_to_undo(self._past.run)

    @work(group="move", exclusive=True)
    async def action_doctor(self) -> None:
        if await self._may_begin("doctor"):
            self.wizard.turn_to_doctor(self._past.service)

    async def _may_begin(self, then: str) -> bool:
        """Whether both sides are signed in; else that comes first, and `then` goes on."""
        if self.wizard.session is None:
            self.says.busy("Signing in")
            await self._signed_in()
            self.says.quiet()
        if self.wizard.session is None:
            self.action_sign_in(then)
            return False
        return True

    def _check_account(self) -> None:
        here, there = self.wizard.signed_in.identity.account, self._past.account
        if there and here != there:
            raise Blocked(
                "other-account",
                f"This run worked in AWS account {there}; you are signed in to {here}.",
                cause="From here what it made there can be neither seen nor gone on with.",
                remedy="Sign in with a profile of that account (ctrl+l); it comes back here.",
            )

    # ------------------------------------------------------------------------------ answering

    async def answer(self, draft: Draft) -> Draft:
        past = self._past
        background = await asyncio.to_thread(in_background, past)
        if background is not None:
            self.wizard.attach(background)
            self.wizard.go_to("run")
            return draft
        if not await self._may_begin("resume"):
            return draft
        self._check_account()
        if past.undo is not None:  # agreed to on its own page, as before
            self.wizard.turn_to_undo(past.run)
            return draft
        self.says.busy("Reading the service")
        plan, service = await self.wizard.kept(past)
        self.says.quiet()
        if not await self._agreed(past, service):
            raise Invalid("Nothing was started, and nothing has been changed.", "Resume again when you are ready.")
        self.wizard.service = service
        self.wizard.resume(past)
        self.wizard.go_to("run")
        return from_plan(plan, service)

    async def _agreed(self, past: Past, service: Service) -> bool:
        """As on the Review page where the switch is still to come; what is cut off already loses no time."""
        if past.outage is not None or not interrupts(service):
            return True
        name, wanted = clean(service.name, 100), typed_to_agree(service)
        text = (
            f"The switch has not been made yet. Every connection to {name} drops then, and nobody can connect until "
            f"the link is up. {usual_interruption()}\n\nType {wanted} to go on."
        )
        ask = Ask(f"Interrupt {name} and go on?", text, ok="Resume", expected=wanted)
        return await self.app.push_screen_wait(ask) is not None

    def go_on(self) -> None:
        """`answer` has led on by itself: over the Sign in page, to the Undo page, or to the run."""


def _row(past: Past) -> Row:
    at = past.last or past.started
    return Row(past.run, (past.service_name, "undo" if past.undo else "link", moment(at)))


def _facts(past: Past, worker: Background | Holder | None, age: float) -> tuple[tuple[str, str], ...]:
    """What the journal tells, labels and texts."""
    what = "Undo of the link to" if past.undo else "Link of"
    where = f"in {past.vpc}" if past.vpc else "in every VPC"
    plan = () if past.undo else (("Plan", str(past.plan)),)
    lines = (
        ("What", f"{what} {past.service_name} ({past.service}) {where}, {past.region}, account {past.account}"),
        ("Began", f"{moment(past.started)}, {duration(age)} ago: run {past.run}"),
        ("Stopped", "" if worker else _stopped(past)),
        ("Busy", _busy(worker) if worker else ""),
        ("Outage", _outage(past)),
        *plan,
        ("Journal", str(past.journal)),
    )
    return tuple((label, text) for label, text in lines if text)


def _busy(worker: Background | Holder) -> str:
    if isinstance(worker, Background):
        return f"It goes on in the background, process {worker.pid}. Resume shows it live."
    return f"{worker}: wait for it to end, or stop it there."


def _stopped(past: Past) -> str:
    at = f" at “{title_of(past.step)}”" if past.step else ""
    told = f" {past.detail}" if past.detail else ""
    made = "" if past.changed_something else " It has changed nothing."
    return f"{moment(past.last or past.started)}{at}: {ENDS.get(past.status, past.status or '')}.{told}{made}"


def _outage(past: Past) -> str:
    if past.outage is None:
        return ""
    since = moment(past.outage.at)
    return f"since {since}: nobody can connect" if past.outage.certain else f"perhaps since {since}: that is not known"
