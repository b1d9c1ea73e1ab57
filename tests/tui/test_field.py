"""Typing into a field, faster than it can be shown."""

from textual import events
from textual.app import App, ComposeResult

from tests.tui.walk import until
from tui.widgets.field import Field


class Form(App[int]):
    def compose(self) -> ComposeResult:
        yield Field()


async def test_keys_typed_ahead_act_in_their_order() -> None:
    async with Form().run_test() as pilot:
        for key in (*"payments", *["backspace"] * 8, *"orders", "home", "x", "end", "z"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: pilot.app.query_one(Field).value == "xordersz")
