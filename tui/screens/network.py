"""Page 4: VPC, and one subnet in each availability zone."""

from typing import ClassVar

from tui.page import Page


class NetworkPage(Page):
    """VPC, and one subnet in each availability zone."""

    page = "network"
    rail = "Network"
    question = "Where shall the endpoint's addresses be?"
    CSS_PATH: ClassVar[str] = "network.tcss"
    help = """
"""
