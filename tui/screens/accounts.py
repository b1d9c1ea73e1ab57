"""Page 3: the allowlist of AWS accounts."""

from typing import ClassVar

from tui.page import Page


class AccountsPage(Page):
    """The allowlist of AWS accounts."""

    page = "accounts"
    rail = "Accounts"
    question = "Which AWS accounts may connect?"
    CSS_PATH: ClassVar[str] = "accounts.tcss"
    help = """
"""
