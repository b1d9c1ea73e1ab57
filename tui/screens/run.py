"""Page 8: the live status of both sides. It looks only: the work is the app's, and leaving the page stops nothing."""

from datetime import datetime
from typing import ClassVar, Literal

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Button, Static

from core.choices.review import USUAL_INTERRUPTION
from core.draft import Draft, from_plan
from core.text import duration, listed
from core.values import Invalid
from core.work.events import RunEnded
from core.work.following import Background
from core.work.history import Past
from core.work.progress import Progress
from tui.left_out import told_left_out
from tui.page import QUIET_DOCTOR, SIGN_IN, SIGN_IN_PAGE, UNDO, Page
from tui.widgets.dialogs import Confirm, Reading
from tui.widgets.event_log import EventLog, log_lines
from tui.widgets.frame import NO_WAY_OUT, WayOut
from tui.widgets.labelled import labelled
from tui.widgets.sides import Sides
from tui.widgets.steps import Steps
from tui.widgets.times import local, zone
from tui.widgets.told import Told

Standing = Literal["idle", "running", "done", "stopped"]

STOPPING = "Stopping: the change in flight is finished first."
HANDING_OVER = "Going to the background: the change in flight is finished first."
QUESTIONS = {
    "done": "The link works",
    "failed": "The run failed",
    "blocked": "Nothing was changed: a check says no",
    "waiting": "Not finished yet: the run waits",
    "interrupted": "The run was stopped",
}
UNDOING = {
    "done": "The link is undone",
    "failed": "The undo failed",
    "blocked": "Nothing was changed: something forbids the undo",
    "waiting": "Not finished yet: the undo waits",
    "interrupted": "The undo was stopped",
}
NO_RIGHT = 4
"""Exit code of what ended for want of a login or of a right."""


class RunPage(Page):
    """The live status of both sides."""

    page = "run"
    rail = "Run"
    question = "Setting up the link"
    VERTICAL_BREAKPOINTS = [(0, "-short"), (32, "-tall")]  # noqa: RUF012  # declared so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="To Review, when the run has failed or has changed nothing"),
        Binding("ctrl+n", "next", "Next", tooltip="To the host names, once the link works"),
        Binding("ctrl+n", "finish", "Finish", tooltip="Leave the wizard"),
        Binding("ctrl+x", "stop", "Cancel", tooltip="Let the change in flight finish, then stop"),
        Binding("ctrl+d", "detach", "Detach", tooltip="Go on without this terminal: the run outlives it"),
        Binding("ctrl+r", "again", "Run again", tooltip="Run the same again; it goes on where it stopped"),
        UNDO,
        QUIET_DOCTOR,
        SIGN_IN,
        Binding("l", "log", "Whole log", tooltip="Read the log and the result over the whole screen"),
        Binding("up", "scroll_outcome(-1)", "Up", show=False),
        Binding("down", "scroll_outcome(1)", "Down", show=False),
    ]
    help = """
The run works through the steps from top to bottom. Before each change it looks, and it changes only what is not yet as
the plan says; so it can be stopped and run again at any time.

  ·  still to come      ▸  under way      ✓  done      -  not needed      ✗  failed

Below the steps stands what each side said last. SkySQL's word is the service's status: pending_modifying while it
changes, ready when it has finished. AWS's word is the state of the VPC endpoint: pending, then available.

From the switch on the service cannot be reached, by anybody, until the last step is done. The clock counts that time.
Most of it is waiting: SkySQL makes a new endpoint, and AWS needs some minutes until it can be seen from your account.
When a step takes longer than usual there is nothing to do: it is looked at again and again, and a failed look is no
failed run. When patience with a side ends, the run stops by itself and says what to do.

When a run has failed and another answer puts that right, ctrl+g leads to its page. When a right is missing, c copies
the policy that gives it, for whoever manages the AWS account.

Cancel (ctrl+x) lets the change in flight finish and be recorded, then stops. What stands stays. The same plan run again
goes on from there.

Detach (ctrl+d) lets the run go on without this terminal: it stops at a safe point and a process in the background goes
on with it. This page goes on showing it. Quitting leaves it running then, as does a connection that drops; the next
start, or skysql-privatelink resume, shows it again. Cancel stops it as before.

When a login ends in the middle (AWS, or the SkySQL key), the run stops at a safe point and says what to do. Sign in
(ctrl+l) leads to the Sign in page and back here, and the run goes on.

Undo (ctrl+u), once a run has ended, shows what taking the link away again would do; nothing happens before you have
agreed to it. The undo is then seen here, step by step, in the same way.

Doctor (F3), when a run has ended without a link that works, goes through all that a connection needs, says where it
ends and what to do.

This page only looks. The run goes on whatever you do here; quitting the program asks first.
"""

    def __init__(self) -> None:
        super().__init__()
        self._clock: Timer | None = None
        self._stood: tuple[Standing, bool, bool] | None = None

    def body(self) -> ComposeResult:
        yield Steps()
        yield Sides()
        yield Told(id="unreachable")
        yield Told(id="usual")
        with VerticalScroll(id="outcome", can_focus=False):
            yield Static("", id="outcome-text", markup=False)
        yield EventLog(id="log")

    def on_mount(self) -> None:
        self.query_one("#moves", Horizontal).mount(Button("Run again", id="again", compact=True), before="#next")
        self._clock = self.set_interval(1, self._tick, pause=True)
        self.watch(self.wizard, "progress", self._show)
        self.watch(self.wizard, "background", self._show_background)
        if self.wizard.take_up() == "again":  # agreed to before the login ended
            self.wizard.run_again()

    # ------------------------------------------------------------------------------ showing

    @property
    def standing(self) -> Standing:
        return standing(self.wizard.progress)

    def _show(self, progress: Progress | None) -> None:
        if progress is None:
            self.says.note("Nothing has been started. Go back to Review to start.")
        else:
            self.query_one(Sides).show(progress.skysql, progress.aws)
            self.query_one(EventLog).show(progress.log)
            self._tick()
        stands = (self.standing, self._may_go_back, self.wizard.can_hand_over)
        if stands != self._stood:  # events come often, and each redrawn line is sent over the wire
            self._stood = stands
            self._show_standing(progress)

    def _show_background(self, background: Background | None) -> None:
        if background is not None and not self.wizard.stopping:
            self.says.note(f"In the background, process {background.pid}: quitting leaves it running.")
        self.refresh_bindings()

    def _tick(self) -> None:
        """What changes with time alone. Nothing is drawn, and nothing sent, once the run has ended."""
        progress = self.wizard.progress
        if progress is None:
            return
        now = self.wizard.entry.clock.now()
        self.query_one(Steps).show(progress.rows, now)
        unreachable = self.query_one("#unreachable", Told)
        unreachable.tell(Content(_unreachable(progress, now)))
        unreachable.set_class(progress.interrupted_at is not None, "-cut")
        self.query_one("#usual", Told).tell(Content(_usual(progress)))

    def _show_standing(self, progress: Progress | None) -> None:
        """Title, result, buttons, keys, clock and focus follow how the run stands."""
        standing, may_go_back = self.standing, self._may_go_back
        result = progress.result if progress else None
        if result is not None:
            self.says.quiet()
            if result.status in ("failed", "waiting") and self.check_action("doctor", ()):
                self.says.note("F3 goes through all that a connection needs, and says where it ends now.")
            if result.status == "done":
                self.run_worker(self._tell_left_out(result), group="left-out", exclusive=True)
        elif self.wizard.stopping:
            self.says.busy(HANDING_OVER if self.wizard.handing_over else STOPPING)
        self.query_one("#question", Static).update(Content(_question(progress) or self.question))
        self.query_one("#outcome-text", Static).update(labelled(self._outcome()))
        self.set_class(standing == "stopped", "-stopped")
        self.set_class(standing == "done" and self._undoing, "-undone")
        self.query_one("#next", Button).disabled = standing != "done"
        self.query_one("#next", Button).label = "Finish" if self._ends_here else self.next_label
        self.query_one("#back", Button).disabled = not may_go_back
        if self._clock is not None:
            (self._clock.resume if standing == "running" else self._clock.pause)()
        self.refresh_bindings()
        self.call_after_refresh(self._focus)

    async def _tell_left_out(self, result: RunEnded) -> None:
        if told := await told_left_out(self.wizard, result):
            self.says.note(f"! {told}")

    def _focus(self) -> None:
        """Where the next key belongs."""
        progress = self.wizard.progress
        blocked = progress is not None and progress.result is not None and progress.result.status == "blocked"
        wanted = {"idle": "#back", "running": "#log", "done": "#next", "stopped": "#back" if blocked else "#again"}
        self.query_one(wanted[self.standing]).focus(scroll_visible=False)

    def _outcome(self) -> tuple[tuple[str, str], ...]:
        return _outcome(self.wizard.progress, self.way_out) if self.wizard.progress else ()

    @property
    def _undoing(self) -> bool:
        return self.wizard.progress is not None and self.wizard.progress.kind == "undo"

    # ------------------------------------------------------------------------------ keys

    @property
    def way_out(self) -> WayOut:
        """Of what the run ended with. A login has its own key here, which comes back and goes on."""
        progress = self.wizard.progress
        if progress is None or progress.result is None or not progress.errors:
            return NO_WAY_OUT
        error = progress.errors[-1]
        answers_count = self._may_go_back and self.wizard.service is not None and error.page != SIGN_IN_PAGE
        return self.way_to(error.page if answers_count else "", error.paste)

    @property
    def _may_go_back(self) -> bool:
        """While nothing was changed; and after a failure, whose remedy may be another answer."""
        progress = self.wizard.progress
        if progress is None or progress.result is None:
            return progress is None
        if self._undoing:  # its page was agreed to; Run again goes on with it
            return False
        return progress.result.status == "failed" or (self.standing == "stopped" and not progress.changed)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Greyed (None): not yet. Hidden (False): not now."""
        standing, wants_login = self.standing, _wants_login(self.wizard.progress)
        through = True if standing == "done" else None
        now: dict[str, bool | None] = {
            "back": True if self._may_go_back else None,
            "next": through if not self._ends_here else False,
            "finish": through if self._ends_here else False,
            "stop": standing == "running",
            "detach": self.wizard.can_hand_over,
            "again": standing == "stopped",
            "undo": bool(self.wizard.undoable),
            "doctor": standing == "stopped" and bool(self._service) and not wants_login,
            "sign_in": wants_login,
            "reload": False,
        }
        return now[action] if action in now else super().check_action(action, parameters)

    def action_finish(self) -> None:
        self.action_next()

    @work(group="stop", exclusive=True)
    async def action_stop(self) -> None:
        it = "undo" if self._undoing else "run"
        text = "The change in flight is finished and recorded first. " + (
            "What is gone by then is gone; run again, the undo goes on from there."
            if self._undoing
            else "What stands by then stays; the same plan run again goes on from there."
        )
        progress = self.wizard.progress
        if progress is not None and progress.interrupted_at is not None:
            text += f"\n\nThe service cannot be reached now, and stays so until the {it} has been finished."
        if not await self.app.push_screen_wait(Confirm(f"Stop the {it}?", text, yes="Stop", no="Go on")):
            return
        if self.standing == "running":
            self.wizard.stop_run()
            self.says.busy(STOPPING)

    def action_detach(self) -> None:
        if self.wizard.entry.ends_with_us:
            self.says.note(self.wizard.entry.ends_with_us)
            return
        self.says.busy(HANDING_OVER)
        self.wizard.hand_over()
        self.refresh_bindings()

    @on(Button.Pressed, "#again")
    @work(group="again", exclusive=True)
    async def action_again(self) -> None:
        progress = self.wizard.progress
        if progress is not None and progress.interrupted_at is None:
            text = (
                "It looks at everything again and goes on where it stopped. What you agreed to before still holds: a "
                f"{'switch back' if self._undoing else 'switch'} that has not been made yet drops every connection."
            )
            if not await self.app.push_screen_wait(Confirm("Run the same again?", text, yes="Run", no="Not yet")):
                return
        if self.wizard.session is None:  # a run that was attached to
            self.action_sign_in()
        elif self.standing != "running":
            self.wizard.run_again()

    def action_undo(self) -> None:
        self.wizard.turn_to_undo(self.wizard.undoable)

    @property
    def _service(self) -> str:
        """Of the run; of one that was only attached to, too."""
        return self.wizard.draft.service or (self.wizard.past.service if self.wizard.past else "")

    def action_doctor(self) -> None:
        self.wizard.turn_to_doctor(self._service)

    def action_sign_in(self, then: str = "again") -> None:
        super().action_sign_in(then)

    def action_log(self) -> None:
        progress = self.wizard.progress
        if progress is not None:
            told = [f"{label}: {text}" if label.isalpha() else f"{label} {text}" for label, text in self._outcome()]
            text = "\n".join([*told, "", *log_lines(progress.log)]).strip()
            self.app.push_screen(Reading("Log of the run", text, wide=True))

    def action_scroll_outcome(self, lines: int) -> None:
        self.query_one("#outcome").scroll_relative(y=lines, animate=False)

    # ------------------------------------------------------------------------------ answering

    @property
    def _ends_here(self) -> bool:
        """An undo leaves no host names to show; and those of a run in another account cannot be read here."""
        return self._undoing or (self.wizard.service is None and self._attached_to is None)

    @property
    def _attached_to(self) -> Past | None:
        """The run that was attached to, when who is signed in can read what it was about."""
        past, session = self.wizard.past, self.wizard.session
        if past is None or session is None:
            return None
        return past if past.account in ("", session.identity.account) else None

    async def answer(self, draft: Draft) -> Draft:
        if self.standing != "done":
            raise Invalid("The link does not work yet.", "Wait for the run, or run it again.")
        past = self._attached_to
        if past is None or self._ends_here or self.wizard.service is not None:
            return draft
        self.says.busy("Reading the service")
        plan, self.wizard.service = await self.wizard.kept(past)
        return from_plan(plan, self.wizard.service)

    def go_on(self) -> None:
        if self._ends_here:
            self.wizard.finish()
        else:
            super().go_on()


def standing(progress: Progress | None) -> Standing:
    if progress is None:
        return "idle"
    if progress.result is None:
        return "running"
    return "done" if progress.result.status == "done" else "stopped"


def _question(progress: Progress | None) -> str:
    if progress is None:
        return ""
    undoing = progress.kind == "undo"
    if progress.result is None:
        return "Undoing the link" if undoing else ""
    return (UNDOING if undoing else QUESTIONS)[progress.result.status]


def _wants_login(progress: Progress | None) -> bool:
    return progress is not None and progress.result is not None and progress.result.exit_code == NO_RIGHT


def _unreachable(progress: Progress, now: datetime) -> str:
    """How long clients have been cut off."""
    since = progress.interrupted_at
    if since is not None:
        ended = progress.result
        lasted = duration(progress.unreachable_for(ended.at if ended else now) or 0)
        when = " when the run ended" if ended else ""
        usual = "" if ended else f" (usually {USUAL_INTERRUPTION})"
        return f"! Unreachable for {lasted}{when}, since {local(since)} {zone(since)}{usual}"
    if progress.downtime is not None:
        how = "again" if progress.kind == "undo" else "through the link"
        return f"✓ Reachable {how}. It was unreachable for {duration(progress.downtime)}."
    return "Nothing has been interrupted."


def _usual(progress: Progress) -> str:
    row = progress.running
    if row is not None:
        return f"{row.title}: usually {row.usual}." if row.usual else f"{row.title} is under way."
    if progress.result is None:
        return "Looking at both sides."
    return "" if progress.kind == "undo" else "Next: host names, ports and lines to paste."


def _outcome(progress: Progress, way_out: WayOut) -> tuple[tuple[str, str], ...]:
    """What, why, what to do now, and where the papers lie, of a run that has not got there; labels and texts."""
    result = progress.result
    if result is None:
        return ()
    if result.status == "done":
        return _undone(progress, result) if progress.kind == "undo" else ()
    told = progress.errors[-1] if progress.errors else None
    lines = (
        ("✗", told.message if told else _question(progress)),
        ("Why", told.cause if told else ""),
        ("Now", told.remedy if told else "Run again (ctrl+r) goes on where it stopped."),
        *(("", way) for way in way_out.told()),
        ("", "Or sign in here (ctrl+l): it leads back and the run goes on." if _wants_login(progress) else ""),
        ("Result", result.detail),
        ("Journal", progress.started.journal if progress.started else ""),
        ("Plan", progress.started.plan if progress.started else ""),
        ("Request", told.request_id if told else ""),
    )
    return tuple((label, text) for label, text in lines if text)


def _undone(progress: Progress, result: RunEnded) -> tuple[tuple[str, str], ...]:
    """What is gone, what is back and what is left."""
    lines = (
        ("Undone", result.detail),
        ("Gone", listed(result.removed)),
        ("Journal", progress.started.journal if progress.started else ""),
    )
    return tuple((label, text) for label, text in lines if text)
