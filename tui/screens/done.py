"""Page 9: host names, ports and lines ready to paste."""

from typing import ClassVar

from tui.page import Page


class DonePage(Page):
    """Host names, ports and lines ready to paste."""

    page = "done"
    rail = "Done"
    question = "The link works"
    CSS_PATH: ClassVar[str] = "done.tcss"
    help = """
"""
