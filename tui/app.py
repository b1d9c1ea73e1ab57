"""The wizard: owns the draft, the walk through the pages and the running work. Screens only look."""

import asyncio
import contextlib
import logging
import signal
import traceback
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path, PurePath
from typing import ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.reactive import reactive
from textual.screen import Screen
from textual.worker import Worker, WorkerError

from core.draft import Draft
from core.edges.calls import NAME
from core.edges.threads import in_thread
from core.facts import AllowedAddress, Service
from core.plan import Plan
from core.problems import Failed, Problem
from core.redaction import redact
from core.values import Region
from core.work.engine import Tell
from core.work.events import ErrorTold, Event, RunEnded
from core.work.following import Background, follow, stop
from core.work.history import Past
from core.work.journal import journals
from core.work.progress import Progress, begin, fold
from tui.driver import LastingDriver
from tui.page import Page
from tui.readings import Readings
from tui.screens import BESIDE, PAGES
from tui.session import Entry, Session
from tui.theme import HIGH_CONTRAST
from tui.widgets.dialogs import Ask, Confirm

NOT_FINISHED = 130
"""Exit code of a wizard left before its end, as of an interrupted run."""

Work = Callable[[Path, Tell, asyncio.Event], Awaitable[RunEnded]]
"""A run or an undo: with the journals' folder, who is told, and what stops it."""


class Wizard(App[int]):
    """From the first question to a working private link."""

    TITLE = "SkySQL PrivateLink"
    # All at the start: Textual reads every rule anew when a screen brings its own, which freezes each first visit.
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "app.tcss",
        *(f"screens/{page.page}.tcss" for page in (*PAGES, *BESIDE)),
    ]
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "leave", "Quit", tooltip="Leave; asks when that would lose something"),
        Binding("ctrl+c", "leave", "Quit", show=False),
    ]

    progress: reactive[Progress | None] = reactive(None)
    background: reactive[Background | None] = reactive(None)
    """The process that carries the run out; None when this one does, or nothing runs."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(driver_class=LastingDriver)
        self.entry = entry
        self.environ = entry.environ
        self.prepared = False
        self.pages: tuple[type[Page], ...] = tuple(PAGES)
        self.draft = Draft()
        self.session: Session | None = None
        self.service: Service | None = None
        self.result: RunEnded | None = None
        self._readings: Readings | None = None
        self._stop = asyncio.Event()
        self._run: Worker[None] | None = None
        self._work: tuple[Progress, Work] | None = None
        self._handing: Worker[None] | None = None
        self._held_back: RunEnded | None = None
        self._ending = False
        self._at: type[Page] = self.pages[0]
        self._aside: list[tuple[str, str]] = []  # (page turned aside from, what to go on with there)
        self._go_on_with = ""
        self.left_open: tuple[Past, ...] = ()
        self.past: Past | None = None  # of these, the one that is looked at
        self.to_undo = ""  # the run that the Undo page is about
        self.to_examine = ""  # the service that the Doctor page is about
        self._questions: set[Future[str | None]] = set()
        self.register_theme(HIGH_CONTRAST)
        self.animation_level = "none"

    # ------------------------------------------------------------------------------ what pages look at

    @property
    def mark(self) -> str:
        return self.entry.mark

    @property
    def subject(self) -> str:
        """What is being linked, for the title."""
        if self.draft.service:
            return f"{self.draft.service_name} · {self.draft.region}"
        return f"{self.past.service_name} · {self.past.region}" if self.past else ""

    def rail_of(self, page: type[Page]) -> tuple[tuple[str, ...], int]:
        """The rail's words, and which of them is this page's; one beside the walk stands alone."""
        if page not in self.pages:
            return (page.rail,), 0
        return tuple(each.rail for each in self.pages), self.pages.index(page)

    def rail_word(self, page: str) -> str:
        """What the rail calls it."""
        return self._named(page).rail

    @property
    def signed_in(self) -> Session:
        """The session. Only the sign-in page comes before it."""
        if self.session is None:
            raise LookupError("nobody is signed in yet")
        return self.session

    @property
    def readings(self) -> Readings:
        if self._readings is None:
            raise LookupError("nobody is signed in yet")
        return self._readings

    def forget_readings(self) -> None:
        """What was read is asked again."""
        if self._readings is not None:
            self._readings.forget()

    @property
    def chosen_service(self) -> Service:
        if self.service is None:
            raise LookupError("no service is chosen yet")
        return self.service

    @property
    def region(self) -> Region:
        return self.chosen_service.region

    async def prepare(self) -> None:
        """What the entry has to see to before anything is read."""
        if self.entry.prepare is not None and not self.prepared:
            self.environ = await self.entry.prepare()
            self.prepared = True

    async def sign_in(self, session: Session) -> None:
        """Go on with this session; what was read with another is forgotten."""
        self.entry.after_loading()
        before = self.session
        self.session = session
        self._readings = Readings(session.world, self.entry.after_loading)
        if before is not None and before.world is not session.world:
            await before.world.close()

    def ask_from_thread(self, question: Ask) -> str | None:
        """Show `question` and block the calling thread until it is answered; None when cancelled or on leaving."""
        answered: Future[str | None] = Future()
        self._questions.add(answered)
        try:
            self.call_from_thread(self.push_screen, question, answered.set_result)
            return answered.result()
        finally:
            self._questions.discard(answered)

    # ------------------------------------------------------------------------------ the walk

    def on_mount(self) -> None:
        self._catch_signals()
        self._at = self.pages[0]
        before: Sequence[Path] = ()
        with contextlib.suppress(OSError):  # told by the run that wants to write there
            before = journals(self.entry.runs_folder)
        if before:
            self.run_worker(self._enter(), group="enter")
        else:
            self.push_screen(self._at())

    async def _enter(self) -> None:
        """What was left open comes before the walk. Journals that cannot be read are told by the run that wants to."""
        from core.work.left_open import left_open

        with contextlib.suppress(Failed):
            self.left_open = await asyncio.to_thread(left_open, self.entry.runs_folder)
        if self.left_open:
            self._at = self._named("unfinished")
        await self.push_screen(self._at())

    def go(self, by: int) -> None:
        """To the page `by` places on. A new page each time: it is built from the draft."""
        self.go_to(self.pages[self.pages.index(self._at) + by].page)

    def go_to(self, page: str) -> None:
        """To the page of that name; from there Back leads along the walk."""
        self._aside.clear()
        self.call_next(self._go_to, page)

    def turn_aside(self, page: str, then: str = "") -> None:
        """To the page of that name, and back to this one, which is told to go on with `then`."""
        self._aside.append((self._at.page, then))
        self.call_next(self._go_to, page)

    def come_back(self) -> bool:
        """To the page that was turned aside from, to go on there; False when there is none."""
        if not self._aside:
            return False
        page, self._go_on_with = self._aside.pop()
        self.call_next(self._go_to, page)
        return True

    def take_up(self) -> str:
        """What the page that was come back to is to go on with; told once."""
        then, self._go_on_with = self._go_on_with, ""
        return then

    @property
    def before(self) -> str:
        """The name of the page that Back leads to; empty when there is none."""
        if self._aside:
            return self._aside[-1][0]
        place = self.pages.index(self._at) if self._at in self.pages else 0
        if place:
            return self.pages[place - 1].page
        return "unfinished" if self.left_open and self._at in self.pages else ""

    def go_back(self) -> None:
        page = self.before
        if self._aside:
            self._aside.pop()
        self.call_next(self._go_to, page)

    async def _go_to(self, page: str) -> None:
        self._at = self._named(page)
        await self.switch_screen(self._at())

    def _named(self, page: str) -> type[Page]:
        return next(each for each in (*self.pages, *BESIDE) if each.page == page)

    # ------------------------------------------------------------------------------ the work

    @property
    def running(self) -> bool:
        return self.progress is not None and self.progress.result is None

    def start_run(self, plan: Plan) -> None:
        """Carry the plan out. The work is the app's own: leaving the page stops nothing."""
        from core.work.operation import apply
        from core.work.steps import STEPS

        self._start(begin(STEPS), lambda *means: apply(self.signed_in.world, plan, *means))

    def resume(self, past: Past) -> None:
        """Go on with a run or an undo that has not got to its end."""
        self._start(*self._rest_of(past))

    def _rest_of(self, past: Past) -> tuple[Progress, Work]:
        from core.work.operation import resume
        from core.work.steps import STEPS
        from core.work.steps.undo import UNDO_STEPS

        progress = begin(STEPS) if past.undo is None else begin(UNDO_STEPS, "undo")
        return progress, lambda *means: resume(self.signed_in.world, past, *means)

    def start_undo(self, run: str, allow: Collection[AllowedAddress] = ()) -> None:
        """Take a run's link away, or go on with that."""
        from core.work.operation import undo
        from core.work.steps.undo import UNDO_STEPS

        self._start(begin(UNDO_STEPS, "undo"), lambda *means: undo(self.signed_in.world, run, *means, allow=allow))

    def run_again(self) -> None:
        """The same once more: it goes on where it stopped."""
        if self._work is None:
            raise LookupError("nothing has been started yet")
        self._start(*self._work)

    def _start(self, progress: Progress, work: Work) -> None:
        self._work = (progress, work)
        self._stop = asyncio.Event()
        self.result = None
        self.progress = progress

        async def carry_out() -> None:
            self.result = await work(self.entry.runs_folder, self._hear, self._stop)

        self._run = self.run_worker(carry_out(), group="run", exclusive=True, exit_on_error=True)

    def attach(self, background: Background) -> None:
        """Show a run in the background, from its beginning. Nobody need be signed in."""
        self._work = self._rest_of(background.past)
        self._stop = asyncio.Event()
        self.result = None
        self.progress, _ = self._work
        self._follow(background)

    async def kept(self, past: Past) -> tuple[Plan, Service]:
        """The plan that a run keeps, and its service as it is now. Raises Problem."""
        from core.work.kept import kept_plan

        plan = await asyncio.to_thread(kept_plan, past)
        return plan, await self.signed_in.world.skysql.service(past.service)

    def _follow(self, background: Background) -> None:
        async def hear() -> None:
            try:
                async with contextlib.aclosing(follow(background.past, self.entry.clock)) as events:
                    async for event in events:
                        self._hear(event)
                        self.result = event if isinstance(event, RunEnded) else None
            except Problem as problem:
                self._cut_short(problem)
            self.background = None

        self.background = background
        self._run = self.run_worker(hear(), group="run", exclusive=True)

    @property
    def can_hand_over(self) -> bool:
        """Whether a run is going here that has begun, so that another process can go on with it."""
        started = self.progress.started if self.progress and self.running else None
        return started is not None and bool(started.run) and self.background is None and not self.handing_over

    @property
    def handing_over(self) -> bool:
        return self._handing is not None and not self._handing.is_finished

    def hand_over(self) -> None:
        """Stop at a safe point and have a process in the background go on, which outlives the terminal."""
        self._handing = self.run_worker(self._hand_over(), group="hand-over", exclusive=True)

    async def _hand_over(self) -> None:
        from core.edges.handover import hand_over
        from tui.errands import errand_for

        started = self.progress.started if self.progress else None
        if started is None or self._run is None:
            return
        try:
            past, errand = await errand_for(Path(started.journal), self.entry, self.signed_in, self.environ)
        except Problem as problem:
            self.notify(problem.what, severity="warning", markup=False)
            return
        self._stop.set()
        with contextlib.suppress(WorkerError):  # how it ended is told elsewhere
            await self._run.wait()
        if self._held_back is None:
            return  # it ended by itself
        try:
            handed = await in_thread(lambda: hand_over(errand))
        except Problem as problem:
            self._cut_short(problem)
            return
        self._held_back, self.result, self._stop = None, handed.result, asyncio.Event()
        if handed.begun is not None:
            self._follow(Background(past, handed.pid))
            return
        for event in handed.told:
            self._tell(event)

    def _cut_short(self, problem: Problem) -> None:
        """The run is not seen any further, for this reason."""
        now, held = self.entry.clock.now(), self._held_back
        self._held_back = None
        self._tell(ErrorTold.of(problem, now))
        self.result = held or RunEnded(now, "interrupted", "", "", exit_code=NOT_FINISHED)
        self._tell(self.result)

    @property
    def left_running(self) -> Background | None:
        """The process that goes on when this one ends."""
        return self.background if self.running else None

    @property
    def undoable(self) -> str:
        """The run that has ended and can be taken back; empty when there is none."""
        progress = self.progress
        if progress is None or progress.started is None or progress.result is None or progress.kind == "undo":
            return ""
        return progress.started.run if progress.changed or progress.result.status == "done" else ""

    def turn_to_undo(self, run: str) -> None:
        """To the page that shows what taking this run back would do."""
        self.to_undo = run
        self.turn_aside("undo")

    def turn_to_doctor(self, service: str) -> None:
        """To the page that says why an application cannot connect to this service."""
        self.to_examine = service
        self.turn_aside("doctor")

    def stop_run(self) -> None:
        """Let the change in flight finish, then stop."""
        self._stop.set()
        if self.background is not None:
            stop(self.background)

    @property
    def stopping(self) -> bool:
        """A stop was asked for and the run has not ended yet."""
        return self.running and self._stop.is_set()

    def _hear(self, event: Event) -> None:
        if self.handing_over and isinstance(event, RunEnded) and event.status == "interrupted":
            self._held_back = event  # to those who look it goes on
        else:
            self._tell(event)

    def _tell(self, event: Event) -> None:
        if self.progress is not None:
            self.progress = fold(self.progress, event)

    # ------------------------------------------------------------------------------ leaving

    async def action_quit(self) -> None:
        self.action_leave()

    def action_leave(self) -> None:
        self.run_worker(self._leave(), group="leave", exclusive=True)

    async def _leave(self) -> None:
        if self.running and self._handing is not None:
            await self._handed_over()
        if self.left_running:
            self._end()
            return
        if self.running:
            text = (
                "A run is going. The change in flight will be finished and recorded, then the program ends; "
                "what is not done yet stays undone. The next start of the wizard offers to go on with it."
            )
            if await self.push_screen_wait(Confirm("Stop and quit?", text, yes="Stop and quit", no="Stay")):
                await self._end_run()
                self._end()
            return
        if self.draft.service is not None and self.result is None:
            text = "Nothing has been changed. The answers given so far are not kept unless the plan was saved."
            if not await self.push_screen_wait(Confirm("Quit the wizard?", text, yes="Quit", no="Stay")):
                return
        self._end()

    async def _end_run(self, limit: float | None = None) -> None:
        """Stop it and wait for its end; what is in flight after `limit` seconds is cut off, and recorded so."""
        await self._handed_over(limit)
        if self.left_running:
            return
        self.stop_run()
        if self._run is not None:
            with contextlib.suppress(WorkerError, TimeoutError):  # how it ended is told elsewhere
                async with asyncio.timeout(limit):
                    await self._run.wait()

    async def _handed_over(self, limit: float | None = None) -> None:
        """Wait for the end of what was begun: then the run does not need this process."""
        if self._handing is not None:
            with contextlib.suppress(WorkerError, TimeoutError):
                async with asyncio.timeout(limit):
                    await self._handing.wait()

    def finish(self) -> None:
        """The end of the walk: leave with the run's exit code."""
        self._end()

    def _end(self, code: int | None = None) -> None:
        if code is None:
            code = self.result.exit_code if self.result else NOT_FINISHED
        self.exit(code, return_code=code)

    def _catch_signals(self) -> None:
        """They end the program as a key would: change in flight finished, terminal restored."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            try:
                loop.add_signal_handler(number, self._on_signal, number)
            except (RuntimeError, ValueError):  # not the main thread: tests
                return

    def _on_signal(self, number: int) -> None:
        from core.work.engine import LAST_MOMENTS

        async def end() -> None:
            await self._end_run(LAST_MOMENTS)
            self._end(128 + number)

        if self._ending:  # asked twice: a change that is cut off is recorded as one of which nothing was heard
            self._end(128 + number)
            return
        self._ending = True
        self.run_worker(end(), group="leave", exclusive=True)

    async def on_unmount(self) -> None:
        for question in tuple(self._questions):
            if not question.done():
                question.set_result(None)
        if self.session is not None:
            await self.session.world.close()

    def _fatal_error(self) -> None:
        """As Textual's, without local variables, and redacted: both may hold secrets."""
        from rich.text import Text

        self.bell()
        told = redact(traceback.format_exc())
        logging.getLogger(NAME).error("%s", told)
        self._exit_renderables.append(Text(told))
        self._close_messages_no_wait()

    # ------------------------------------------------------------------------------ palette

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The page's own keys, from the one place that declares them, and the theme."""
        seen = {"command_palette"}  # it is open
        for active in screen.active_bindings.values():
            binding = active.binding
            if not binding.description or not (binding.show or binding.tooltip) or binding.action in seen:
                continue
            seen.add(binding.action)

            def press(key: str = binding.key) -> None:
                self.simulate_key(key)

            yield SystemCommand(binding.description, binding.tooltip or binding.description, press)
        yield SystemCommand("Theme", "Colours, a high-contrast set among them", self.action_change_theme)
