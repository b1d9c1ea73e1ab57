"""What stands around every page: the title, the rail of pages, and the line that says what is wrong or under way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from core.problems import Problem
from core.values import Invalid

PUT_RIGHT: Final = "ctrl+g"
"""The key that leads to the page where what is wrong is put right."""


class Title(Horizontal):
    """Program, sandbox mark and what is being linked."""

    def __init__(self, mark: str, subject: str) -> None:
        super().__init__(id="title")
        self._mark = mark
        self._subject = subject

    def compose(self) -> ComposeResult:
        yield Static(Content("SkySQL PrivateLink"), id="title-name")
        yield Static(Content(self._subject), id="title-subject")
        yield Static(Content(f" {self._mark} ") if self._mark else Content(""), id="title-mark")


class Rail(Static):
    """Where you are: pages behind you ticked, the current one marked, without relying on colour."""

    def __init__(self, labels: Sequence[str], current: int) -> None:
        super().__init__(rail(labels, current), id="rail")


def rail(labels: Sequence[str], current: int) -> Content:
    parts: list[Content | tuple[str, str]] = []
    for index, label in enumerate(labels):
        if index < current:
            parts.append((f"✓{label} ", "dim"))
        elif index == current:
            parts.append((f"▸{label} ", "bold reverse"))
        else:
            parts.append((f" {label} ", "dim"))
    return Content.assemble(*parts)


class Keys(Footer):
    """The keys that do something now. Textual makes them anew at every move of the focus; here when they are others.

    Where the terminal is too narrow for all of them they stand closer, and those that do nothing yet are left out.
    """

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._shown: list[tuple[Binding, bool, str]] | None = None

    def bindings_changed(self, screen: Screen[object]) -> None:
        if not (screen.app.app_focus and self.is_attached and screen is self.screen):
            super().bindings_changed(screen)
            return
        now = [
            (binding, enabled, tooltip)
            for _, binding, enabled, tooltip in screen.active_bindings.values()
            if binding.show
        ]
        if now != self._shown:
            self._shown = now
            self._fit()
            super().bindings_changed(screen)

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        """Before it is drawn, and so by counting as Textual lays it out: a line drawn twice is sent twice."""
        once = {binding.action: binding for binding, _, _ in reversed(self._shown or ())}.values()  # by its first key
        groups = {binding.group for binding in once if binding.group is not None}
        keys = sum(len(self.app.get_key_display(binding)) for binding in once)
        words = sum(len(binding.description) + 3 for binding in once if binding.group is None)
        grouped = sum(len(group.description) + 3 for group in groups)
        self.compact = keys + words + grouped > self.app.size.width


@dataclass(frozen=True, slots=True)
class WayOut:
    """What keys put right of what is wrong: by going to a page of the walk, or by a text to paste elsewhere."""

    page: str = ""  # its name
    rail: str = ""  # its word in the rail
    paste: str = ""  # a policy

    def told(self) -> tuple[str, ...]:
        """A line for each, with its key."""
        to_page = f"→ {self.rail} ({PUT_RIGHT})" if self.page else ""
        copied = f"→ c copies the policy: {self.paste}" if self.paste else ""
        return tuple(filter(None, (to_page, copied)))


NO_WAY_OUT: Final = WayOut()


class Says(Static):
    """The one place where a page says what is under way, what is wrong, and what to do now."""

    def __init__(self) -> None:
        super().__init__("", id="says", markup=False)
        self.way_out = NO_WAY_OUT

    def quiet(self) -> None:
        self._offer(NO_WAY_OUT)
        self.set_classes("")
        self.update(Content(""))

    def busy(self, what: str) -> None:
        """What is under way. Still: a moving sign would send bytes to an idle terminal."""
        self._show("-busy", (f"… {what}", ""))

    def note(self, text: str) -> None:
        self._show("-note", (text, ""))

    def wrong(self, why: Invalid | Problem, way_out: WayOut = NO_WAY_OUT) -> None:
        """What happened, why, what to do now, and which keys help with that."""
        keys = " ".join(way_out.told())
        if isinstance(why, Invalid):
            self._show("-wrong", (f"✗ {why.what}", "bold"), (why.remedy, ""), (keys, ""), way_out=way_out)
            return
        support = f"(request {why.request_id})" if why.request_id else ""
        self._show(
            "-wrong",
            (f"✗ {why.what}", "bold"),
            (why.cause, ""),
            (f"→ {why.remedy}" if why.remedy else "", ""),
            (keys, ""),
            (support, "dim"),
            way_out=way_out,
        )

    def _offer(self, way_out: WayOut) -> None:
        if way_out != self.way_out:
            self.way_out = way_out
            self.screen.refresh_bindings()

    def _show(self, state: str, *parts: tuple[str, str], way_out: WayOut = NO_WAY_OUT) -> None:
        self._offer(way_out)
        shown = [part for part in parts if part[0]]
        spaced: list[Content | tuple[str, str]] = []
        for index, part in enumerate(shown):
            spaced.extend(([(" ", "")] if index else []) + [part])
        self.set_classes(f"-shown {state}")
        self.update(Content.assemble(*spaced))
