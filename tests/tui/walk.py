"""Driving the wizard by its keys, and waiting for what is seen."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Static

from core.plan import Plan
from core.world import Clock
from tui.app import Wizard
from tui.page import Page
from tui.widgets.frame import Says


class Wizards(Protocol):
    """Makes a wizard; see `Entry`."""

    def __call__(self, clock: Clock | None = None, plan: Plan | None = None) -> Wizard: ...


async def until(pilot: Pilot[int], condition: Callable[[], bool], what: str = "", seconds: float = 60) -> None:
    """Wait until `condition` holds, letting the wizard work meanwhile; fail with the screen's text when it does not."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"never came: {what or condition}\n{screen_text(pilot)}")
        await pilot.pause(0.02)
    await pilot.pause()


def screen_text(pilot: Pilot[int]) -> str:
    """What a person reads on the screen."""
    width, height = pilot.app.size
    lines = []
    for y, strip in enumerate(pilot.app.screen._compositor.render_strips()):
        if y < height:
            lines.append(strip.crop(0, width).text.rstrip())
    return "\n".join(lines)


def page(pilot: Pilot[int]) -> str:
    """The name of the page on top."""
    screen = pilot.app.screen
    return screen.page if isinstance(screen, Page) else type(screen).__name__


def said(pilot: Pilot[int]) -> str:
    """What the page says is wrong or under way."""
    return text_of(pilot.app.screen.query_one(Says))


def text_of(widget: Widget) -> str:
    return str(widget.render()) if isinstance(widget, Static) else ""


def settled(pilot: Pilot[int]) -> bool:
    """Nothing is being read and nothing is on its way; a run may be going."""
    screen = pilot.app.screen
    busy = isinstance(screen, Page) and "-busy" in screen.query_one(Says).classes
    return not busy and all(worker.is_finished for worker in pilot.app.workers if worker.group != "run")


async def at(pilot: Pilot[int], name: str) -> None:
    """Wait until the page `name` is there and has read what it shows."""
    await until(pilot, lambda: page(pilot) == name, f"the page {name}")
    await until(pilot, lambda: settled(pilot), f"{name} has read what it shows")


async def to(pilot: Pilot[int], name: str, service: str = "orders-prod", source: str = "10.20.0.0/16") -> None:
    """Walk from the first page to `name` by keys, with the answers offered and `source` admitted."""
    await at(pilot, "sign_in")
    steps = {
        "service": [],
        "accounts": list(service),
        "network": [],
        "access": [],
        "endpoint": [*source, "enter"],
        "review": [],
    }
    for reached, keys in steps.items():
        if page(pilot) == name:
            return
        await pilot.press(*keys)
        await until(pilot, lambda: settled(pilot), "settled")
        await pilot.press("ctrl+n")
        await at(pilot, reached)
