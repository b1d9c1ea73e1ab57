"""Page 8: the live status of both sides."""

from typing import ClassVar

from tui.page import Page


class RunPage(Page):
    """The live status of both sides."""

    page = "run"
    rail = "Run"
    question = "Setting up the link"
    CSS_PATH: ClassVar[str] = "run.tcss"
    help = """
"""
