"""What stands around every page: the title, the rail of pages, and the line that says what is wrong or under way."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Static

from core.problems import Problem
from core.values import Invalid


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
    """The keys that do something now. Textual makes them anew at every move of the focus; here when they are others."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)
        self._shown: list[tuple[str, str, bool, str]] | None = None

    def bindings_changed(self, screen: Screen[object]) -> None:
        if not (screen.app.app_focus and self.is_attached and screen is self.screen):
            super().bindings_changed(screen)
            return
        now = [
            (binding.key, binding.description, enabled, tooltip)
            for _, binding, enabled, tooltip in screen.active_bindings.values()
            if binding.show
        ]
        if now != self._shown:
            self._shown = now
            super().bindings_changed(screen)


class Says(Static):
    """The one place where a page says what is under way, what is wrong, and what to do now."""

    def __init__(self) -> None:
        super().__init__("", id="says", markup=False)

    def quiet(self) -> None:
        self.set_classes("")
        self.update(Content(""))

    def busy(self, what: str) -> None:
        """What is under way. Still: a moving sign would send bytes to an idle terminal."""
        self._show("-busy", (f"… {what}", ""))

    def note(self, text: str) -> None:
        self._show("-note", (text, ""))

    def wrong(self, why: Invalid | Problem) -> None:
        """What happened, why, and what to do now."""
        if isinstance(why, Invalid):
            self._show("-wrong", (f"✗ {why.what}", "bold"), (why.remedy, ""))
            return
        support = f"(request {why.request_id})" if why.request_id else ""
        self._show(
            "-wrong",
            (f"✗ {why.what}", "bold"),
            (why.cause, ""),
            (f"→ {why.remedy}" if why.remedy else "", ""),
            (support, "dim"),
        )

    def _show(self, state: str, *parts: tuple[str, str]) -> None:
        shown = [part for part in parts if part[0]]
        spaced: list[Content | tuple[str, str]] = []
        for index, part in enumerate(shown):
            spaced.extend(([(" ", "")] if index else []) + [part])
        self.set_classes(f"-shown {state}")
        self.update(Content.assemble(*spaced))
