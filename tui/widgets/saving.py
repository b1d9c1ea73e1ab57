"""Saving a text to a file of the person's choice. Nothing is ever replaced without asking."""

import asyncio
from pathlib import Path

from core.problems import Conflict
from tui.page import Page
from tui.widgets.dialogs import Ask, Confirm


async def save(page: Page, title: str, text: str, proposed: str) -> Path | None:
    """Ask for a name and write `text`; the file, or None when it was called off. Raises Problem. Runs in a worker."""
    from core.edges.files import write_text

    where = f"A name or a path. Names without a folder go to {Path.cwd()}."
    typed = await page.app.push_screen_wait(Ask(title, where, ok="Save", value=proposed))
    if typed is None:
        return None
    path = Path(typed).expanduser().absolute()
    try:
        await asyncio.to_thread(write_text, path, text)
    except Conflict:
        there = f"{path} is there already. Its content would be lost."
        if not await page.app.push_screen_wait(Confirm("Replace the file?", there, yes="Replace", no="Keep it")):
            return None
        await asyncio.to_thread(write_text, path, text, replace=True)
    return path


def file_name(text: str) -> str:
    """A file's name made of `text`: nothing in it that a shell or a file system minds."""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "-_.") else "-" for c in text[:60])
    return plain.strip("-.") or "link"
