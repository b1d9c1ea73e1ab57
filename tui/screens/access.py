"""Page 5: the security group and its rules."""

from typing import ClassVar

from tui.page import Page


class AccessPage(Page):
    """The security group and its rules."""

    page = "access"
    rail = "Access"
    question = "Who may reach the database port?"
    CSS_PATH: ClassVar[str] = "access.tcss"
    help = """
"""
