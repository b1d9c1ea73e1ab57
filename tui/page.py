"""What every page of the walk has in common: its frame, Back and Next, help, and one place that says what is wrong.

A page is one file in `tui/screens` and one line in `PAGES`, or in `BESIDE` when the walk does not lead over it: such a
page is turned aside to, and Back leads where one came from. It brings its words, its body, `collect` (what stands on
it, right or wrong, into the draft) and `answer` (the draft to go on with, or what is wrong). It holds no rules: it
asks `core.choices`.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, ClassVar, cast

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Static

from core.draft import Draft, Unanswered
from core.problems import Problem
from core.values import Invalid
from tui.widgets.dialogs import Reading
from tui.widgets.frame import NO_WAY_OUT, PUT_RIGHT, Keys, Rail, Says, Title, WayOut

if TYPE_CHECKING:
    from tui.app import Wizard

SMALLEST = (76, 22)
"""Columns and rows below which a page cannot show what matters."""


SIGN_IN_PAGE = "sign_in"
SIGN_IN = Binding("ctrl+l", "sign_in", "Sign in", tooltip="Sign in again, or as somebody else, and come back here")
UNDO = Binding("ctrl+u", "undo", "Undo", tooltip="See what taking the link away again would do, and decide then")

DOCTOR = Binding("f3", "doctor", "Doctor", tooltip="Why can my application not connect? Go through all that is needed")

QUIET_DOCTOR = replace(DOCTOR, show=False)
"""Where the line of keys has no room left."""

MOVING = "From one field, list or button to the next"


class Page(Screen[None]):
    """One question of the walk."""

    page: ClassVar[str]  # as findings name it: the file's name
    rail: ClassVar[str]  # its word in the rail
    question: ClassVar[str]
    lead: ClassVar[str] = ""  # one or two lines under the question
    help: ClassVar[str]  # F1, for someone who has never heard of PrivateLink
    next_label: ClassVar[str] = "Next"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="To the page before; nothing typed is lost"),
        Binding("ctrl+n", "next", "Next", tooltip="To the next page"),
        Binding("ctrl+r", "reload", "Read again", tooltip="Ask SkySQL and AWS again"),
        Binding("f1", "help", "Help", tooltip="What this page is about"),
        Binding(PUT_RIGHT, "put_right", "Put right", tooltip="To the page where what is wrong is put right"),
        Binding("c", "copy_policy", "Copy policy", tooltip="Copy the policy that is missing, for who may give it"),
        # Lists, and what scrolls, keep these two for themselves.
        Binding("down", "app.focus_next", "Down", show=False),
        Binding("up", "app.focus_previous", "Up", show=False),
    ]

    # ------------------------------------------------------------------------------ what a page brings

    def body(self) -> ComposeResult:
        """The page's own widgets."""
        yield from ()

    async def load(self) -> None:
        """Read what the page shows, after the first frame. May raise Invalid or Problem, which is told on the page."""

    def collect(self, draft: Draft) -> Draft:
        """`draft` with what stands on this page, right or wrong."""
        return draft

    async def answer(self, draft: Draft) -> Draft:
        """The draft to go on with; raises Invalid or Problem with what is wrong. May ask the person or the network."""
        return draft

    @property
    def can_go_back(self) -> bool:
        """Whether there is a Back at all."""
        return True

    # ------------------------------------------------------------------------------ the frame

    @property
    def wizard(self) -> Wizard:
        return cast("Wizard", self.app)

    @property
    def draft(self) -> Draft:
        return self.wizard.draft

    @property
    def says(self) -> Says:
        return self.query_one(Says)

    def compose(self) -> ComposeResult:
        yield Static(Content(""), id="too-small")
        with Vertical(id="frame"):
            yield Title(self.wizard.mark, self.wizard.subject)
            yield Rail(*self.wizard.rail_of(type(self)))
            yield Static(Content(self.question), id="question")
            if self.lead:
                yield Static(Content(self.lead), id="lead")
            with Vertical(id="body"):
                yield from self.body()
            yield Says()
            with Horizontal(id="moves"):
                if self.can_go_back:
                    yield Button("Back", id="back", compact=True)
                yield Static("", id="moves-space")
                if self.next_label:
                    yield Button(Content(self.next_label), id="next", variant="primary", compact=True)
            yield Keys()

    def on_mount(self) -> None:
        self.reload()

    def reload(self) -> None:
        """Read again, off the event loop's back; what goes wrong is told on the page."""
        self.run_worker(self._load(), group="load", exclusive=True)

    async def _load(self) -> None:
        try:
            await self.load()
        except (Invalid, Problem) as why:
            self.trouble(why)

    def trouble(self, why: Invalid | Problem) -> None:
        """Tell what is wrong, in the one place for it."""
        self.says.wrong(why, self._way_out_of(why))

    @property
    def way_out(self) -> WayOut:
        """What keys put right of what is told to be wrong."""
        says = self.query(Says)  # keys are asked about before a page is composed
        return says.first().way_out if says else NO_WAY_OUT

    def _way_out_of(self, why: Invalid | Problem) -> WayOut:
        page = why.page if isinstance(why, Unanswered | Problem) else ""
        return self.way_to(page, why.paste if isinstance(why, Problem) else "")

    def way_to(self, page: str, paste: str) -> WayOut:
        """To the page of that name when it lies behind this one: those ahead hang on answers still to be given."""
        place = self.wizard.pages.index(type(self)) if type(self) in self.wizard.pages else 0
        found = next((each for each in self.wizard.pages[:place] if each.page == page), None)
        return WayOut(found.page, found.rail, paste) if found else WayOut(paste=paste)

    def on_resize(self, event: events.Resize) -> None:
        columns, rows = event.size
        small = columns < SMALLEST[0] or rows < SMALLEST[1]
        self.set_class(small, "-too-small")
        if small:
            self.query_one("#too-small", Static).update(
                Content(
                    f"This terminal is {columns}x{rows}. The wizard needs {SMALLEST[0]}x{SMALLEST[1]} or more. "
                    "Make the window larger: nothing is lost, and running work goes on."
                )
            )

    # ------------------------------------------------------------------------------ keys

    @on(Button.Pressed, "#next")
    def action_next(self) -> None:
        self._go_on()

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        if self.can_go_back and self.wizard.before:
            self.wizard.draft = self.collect(self.wizard.draft)
            self.wizard.go_back()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what leads somewhere is offered."""
        if action == "back":
            return self.can_go_back and bool(self.wizard.before)
        if action == "put_right":
            return bool(self.way_out.page)
        if action == "copy_policy":
            return bool(self.way_out.paste)
        return super().check_action(action, parameters)

    def action_reload(self) -> None:
        self.wizard.draft = self.collect(self.wizard.draft)
        self.wizard.forget_readings()
        self.says.quiet()  # what was wrong before may be right by now
        self.reload()

    def action_put_right(self) -> None:
        self.wizard.draft = self.collect(self.wizard.draft)
        if self.way_out.page == SIGN_IN_PAGE:
            self.action_sign_in()
        else:
            self.wizard.go_to(self.way_out.page)

    def action_copy_policy(self) -> None:
        self.copy_policy(self.way_out.paste)

    def copy_policy(self, policy: str) -> None:
        self.app.copy_to_clipboard(policy)
        self.app.notify(
            "Copied: the policy. If nothing arrives: tmux may need `set -g set-clipboard on`.", markup=False
        )

    def action_sign_in(self, then: str = "") -> None:
        """Over the Sign in page and back here; the answers given so far are kept."""
        self.wizard.turn_aside("sign_in", then)

    def action_help(self) -> None:
        self.app.push_screen(Reading(self.question, self.help_text()))

    def help_text(self) -> str:
        """The page's help and its keys, from the bindings themselves."""
        keys = {MOVING: ["tab", "↑", "↓"], **self._told_keys()}
        lines = [f"  {', '.join(dict.fromkeys(names)):<13} {tooltip}" for tooltip, names in keys.items()]
        return "\n".join([flowed(self.help), "", "Keys on this page", *lines])

    def _told_keys(self) -> dict[str, list[str]]:
        """What keys do here, whichever part of the page has the focus, and which keys: what is told has a tooltip."""
        told: dict[str, list[str]] = {}
        parts = dict.fromkeys(node for widget in self.focus_chain for node in widget.ancestors_with_self)
        for node in sorted(parts, key=lambda node: (node is self.app, node is self)):
            for binding in chain.from_iterable(node._bindings.key_to_bindings.values()):
                action = binding.action.removeprefix("screen.").partition("(")[0]
                if binding.tooltip and self.check_action(action, ()) is not False:
                    told.setdefault(binding.tooltip, []).append(self.app.get_key_display(binding))
        return told

    @work(group="move", exclusive=True)
    async def _go_on(self) -> None:
        self.wizard.draft = self.collect(self.wizard.draft)
        self.says.quiet()
        try:
            answered = await self.answer(self.wizard.draft)
        except (Invalid, Problem) as why:
            self.trouble(why)
            return
        self.wizard.draft = answered
        self.go_on()

    def go_on(self) -> None:
        """Where Next leads."""
        self.wizard.go(+1)


def flowed(text: str) -> str:
    """Paragraphs in one line each, to be wrapped where they are shown. Indented lines stay as they are."""
    return re.sub(r"(?<=\S)\n(?=\S)", " ", text.strip())
