"""Page 2: which service is to be linked."""

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from core.choices.services import Offer, offers, offers_holding, why_not
from core.draft import Draft, from_plan, with_service
from core.text import clean, count
from core.values import Invalid
from tui.page import DOCTOR, Page
from tui.widgets.access_rows import Under
from tui.widgets.field import Field
from tui.widgets.rows import Column, Row

COLUMNS = (
    Column("Name", flexible=True),
    Column("Id", optional=True),
    Column("Region"),
    Column("Topology", optional=True),
    Column("Status"),
    Column("Reached today", flexible=True),
)


class Filter(Field):
    """Narrows the list under it; Enter takes the row marked there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Choose", tooltip="Go on with the marked service"),
    ]


class Services(Under):
    """A row a service."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "choose", "Choose", tooltip="Go on with the marked service"),
    ]


class ServicePage(Page):
    """The organization's services, filtered as one types."""

    page = "service"
    rail = "Service"
    question = "Which service shall be linked?"
    BINDINGS: ClassVar[list[BindingType]] = [DOCTOR]
    help = """
These are the database services of your SkySQL organization. Type to narrow the list; several words must all match.

Only a service that runs on AWS can have AWS PrivateLink, and only one that is up and not being changed right now. The
others are listed with the reason.

"Reached today" matters: a service with a public address is switched to PrivateLink, which drops every
connection and clears its list of allowed IP addresses. That happens on the Run page, after you have agreed to it, not
here. A service that is private already is fine too: then only what differs is changed.

A service that is private already and that an application cannot reach: F3 goes through all that a connection needs, and
says where it ends.

SkySQL and your VPC must be in the same AWS region: the service's region decides.
"""

    def __init__(self) -> None:
        super().__init__()
        self._offers: tuple[Offer, ...] = ()
        self._rows: list[Row] = []  # all of them, for columns that keep their places whatever is typed

    def body(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Static(Content("Filter"), classes="label")
            yield Filter(id="filter", placeholder="type a part of name, id, region, topology or status")
        yield Services(*COLUMNS, id="services")
        yield Static("", id="shown", classes="hint", markup=False)
        with VerticalScroll(id="about", can_focus=False):
            yield Static("", id="about-text", markup=False)

    async def load(self) -> None:
        self.query_one("#filter", Field).focus()
        self.says.busy("Reading the services of the organization")
        self._offers = offers(await self.wizard.readings.services())
        self._rows = [_row(offer) for offer in self._offers]
        self.says.quiet()
        if not self._offers:
            raise Invalid(
                "This organization has no services.",
                "Launch one at app.skysql.com and press ctrl+r, or go back and choose another organization.",
            )
        self._show()

    def _show(self) -> None:
        typed = self.query_one("#filter", Field).value
        found = offers_holding(self._offers, typed)
        rows = self.query_one("#services", Services)
        rows.fill([_row(offer) for offer in found], keep=self._wanted(found), alike=self._rows)
        self.query_one("#shown", Static).update(Content(self._shown(len(found), typed)))
        self._about()

    def _shown(self, number: int, typed: str) -> str:
        total = count(len(self._offers), "service")
        if not number:
            return f"None of the {total} matches “{clean(typed, 40)}”."
        return f"{total}." if number == len(self._offers) else f"{number:,} of {total} shown."

    def _wanted(self, found: Sequence[Offer]) -> str:
        """The one chosen or examined before, or a plan file's; empty when it is not among these."""
        plan = self.wizard.entry.plan
        chosen = self.draft.service or self.wizard.to_examine
        names = (chosen,) if chosen else (plan.service,) if plan else ()
        services = (offer.service for offer in found)
        return next((one.id for one in services if one.id in names or one.name in names), "")

    @on(Field.Changed, "#filter")
    def _filtered(self) -> None:
        if self._offers:
            self._show()

    @on(Services.Highlighted)
    def _about(self) -> None:
        offer = self._current()
        self.query_one("#about-text", Static).update(_about(offer) if offer else Content(""))
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The doctor is for what is private."""
        if action == "doctor":
            offer = self._current()
            return offer is not None and offer.service.private is not None
        return super().check_action(action, parameters)

    def action_doctor(self) -> None:
        offer = self._current()
        if offer is not None:
            self.wizard.turn_to_doctor(offer.service.id)

    def _current(self) -> Offer | None:
        current = self.query_one("#services", Services).current
        return next((offer for offer in self._offers if offer.service.id == current), None)

    @on(Field.Submitted, "#filter")
    @on(Services.Chosen)
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


def _row(offer: Offer) -> Row:
    service = offer.service
    begun = (service.name, service.id, service.region or service.provider)
    if offer.why_not:
        return Row(service.id, (*begun, f"✗ {offer.why_not}"), dim=True)
    return Row(service.id, (*begun, service.topology, service.status, offer.reached))


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
    return Content.assemble((service.name, "bold"), (f"  {service.id}\n", "dim"), *parts)
