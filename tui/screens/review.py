"""Page 7: what will be created, changed and interrupted; the point of no return."""

from typing import ClassVar

from tui.page import Page


class ReviewPage(Page):
    """What will be created, changed and interrupted; the point of no return."""

    page = "review"
    rail = "Review"
    question = "This is what will be done"
    CSS_PATH: ClassVar[str] = "review.tcss"
    help = """
"""
