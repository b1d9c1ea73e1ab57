"""What stands around every page: the title, the rail of pages, and the line that says what is wrong or under way."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

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
