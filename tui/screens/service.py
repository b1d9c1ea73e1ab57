"""Page 2: which service is to be linked."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.choices.services import Offer, offers, why_not
from core.draft import Draft, from_plan, with_service
from core.facts import Service
from core.text import count
from core.values import Invalid
from tui.page import Page
from tui.widgets.field import Field, Table


class Filter(Field):
    """Narrows the list under it; Enter takes the row marked there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Choose", tooltip="Go on with the marked service"),
    ]


class Services(Table):
    """A row a service."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "Choose", tooltip="Go on with the marked service"),
    ]


class ServicePage(Page):
    """The organization's services, filtered as one types."""

    page = "service"
    rail = "Service"
    question = "Which service shall be linked?"
    help = """
These are the database services of your SkySQL organization. Type to narrow the list; several words must all match.

Only a service that runs on AWS can have AWS PrivateLink, and only one that is up and not being changed right now. The
others are listed with the reason.

"How it is reached today" matters: a service with a public address is switched to PrivateLink, which drops every
connection and clears its list of allowed IP addresses. That happens on the Run page, after you have agreed to it, not
here. A service that is private already is fine too: then only what differs is changed.

SkySQL and your VPC must be in the same AWS region: the service's region decides.
"""

    def __init__(self) -> None:
        super().__init__()
        self._services: tuple[Service, ...] = ()
        self._offers: dict[str, Offer] = {}

    def body(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Static(Content("Filter"), classes="label")
            yield Filter(id="filter", placeholder="type a part of name, id, region, topology or status")
        yield Services("Name", ("Id", 13), "Region", "Topology", "Status", ("Reached today", 13), id="services")
        yield Static("", id="more", classes="hint", markup=False)
        with VerticalScroll(id="about", can_focus=False):
            yield Static("", id="about-text", markup=False)

    async def load(self) -> None:
        self.query_one("#filter", Field).focus()
        self.says.busy("Reading the services of the organization")
        self._services = await self.wizard.readings.services()
        self.says.quiet()
        if not self._services:
            raise Invalid(
                "This organization has no services.",
                "Launch one at app.skysql.com and press ctrl+r, or go back and choose another organization.",
            )
        self._show()

    def _show(self) -> None:
        typed = self.query_one("#filter", Field).value
        found = offers(self._services, typed)
        self._offers = {offer.service.id: offer for offer in found}
        rows = [(offer.service.id, _cells(offer)) for offer in found]
        plan = self.wizard.entry.plan
        wanted = self.draft.service or (
            next((o.service.id for o in found if plan and plan.service in (o.service.id, o.service.name)), "")
        )
        over = self.query_one("#services", Table).fill(rows, keep=wanted)
        more = f"{count(over, 'more service')}: type to narrow the list." if over else ""
        if not found and self._services:
            more = f"None of the {count(len(self._services), 'service')} matches “{typed}”."
        self.query_one("#more", Static).update(Content(more))
        self._about()

    @on(Field.Changed, "#filter")
    def _filtered(self) -> None:
        if self._services:
            self._show()

    @on(Table.RowHighlighted)
    def _about(self) -> None:
        offer = self._current()
        self.query_one("#about-text", Static).update(_about(offer) if offer else Content(""))

    def _current(self) -> Offer | None:
        return self._offers.get(self.query_one("#services", Table).current or "")

    @on(Field.Submitted, "#filter")
    @on(Table.RowSelected)
    def _chosen(self) -> None:
        self.action_next()

    async def answer(self, draft: Draft) -> Draft:
        offer = self._current()
        if offer is None:
            raise Invalid("No service is chosen.", "Move to one with the arrow keys and press Enter.")
        service = offer.service
        if offer.why_not:
            raise Invalid(f"{service.name} cannot be linked: {offer.why_not}", "Choose another one.")
        self.wizard.service = service
        plan = self.wizard.entry.plan
        if plan is not None and plan.service in (service.id, service.name) and draft.service != service.id:
            return from_plan(plan, service)
        return with_service(draft, service)


def _cells(offer: Offer) -> tuple[str | tuple[str, str], ...]:
    service = offer.service
    style = "dim" if offer.why_not else ""
    reached = f"✗ {offer.why_not}" if offer.why_not else offer.reached
    return tuple(
        (text, style)
        for text in (
            service.name,
            service.id,
            service.region or service.provider,
            service.topology,
            service.status,
            reached,
        )
    )


def _about(offer: Offer) -> Content:
    service = offer.service
    lines = [
        ("Host name", service.fqdn or "not known yet"),
        ("Ports", ", ".join(f"{port.purpose} {port.number}" for port in service.ports) or "not known yet"),
        ("Reached by", offer.reached),
    ]
    for endpoint in service.endpoints:
        if endpoint.allow_list:
            shown = ", ".join(f"{entry.ip} {entry.comment}".strip() for entry in endpoint.allow_list)
            lines.append(("IP allowlist", shown))
        if endpoint.accounts:
            lines.append(("AWS accounts", ", ".join(endpoint.accounts)))
    if reason := why_not(service):
        lines.append(("Not now", reason))
    parts: list[tuple[str, str]] = []
    for label, text in lines:
        parts += [(f"{label:<14}", "dim"), (f"{text}\n", "")]
    return Content.assemble((f"{service.name}\n", "bold"), *parts)
