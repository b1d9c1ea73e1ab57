"""Page 6: name, tags and private DNS."""

from typing import ClassVar

from tui.page import Page


class EndpointPage(Page):
    """Name, tags and private DNS."""

    page = "endpoint"
    rail = "Endpoint"
    question = "How shall the endpoint be named and resolved?"
    CSS_PATH: ClassVar[str] = "endpoint.tcss"
    help = """
"""
