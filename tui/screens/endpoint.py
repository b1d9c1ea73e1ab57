"""Page 6: what the endpoint is called, and by which name clients find it."""

from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from core.choices.endpoint import (
    PRIVATE_DNS_REASON,
    DnsNeed,
    dns_needs,
    private_dns_question,
    propose_endpoint,
    refusal,
)
from core.choices.network import is_shared
from core.draft import Draft, EndpointDraft
from core.facts import Network
from core.text import count, listed
from core.values import Invalid, parse_resource_name, parse_tags
from tui.page import Page
from tui.widgets.field import Field
from tui.widgets.form import is_wrong, labelled, turn_to
from tui.widgets.paste import PasteField, TagField
from tui.widgets.tick import Tick


class Answers(VerticalScroll, inherit_bindings=False):
    """Scrolls to what has the focus; the arrow keys move that, and scroll nothing."""


class EndpointPage(Page):
    """Name, tags and private DNS."""

    page = "endpoint"
    rail = "Endpoint"
    question = "How shall the endpoint be named and resolved?"
    lead = "The endpoint is the database's address inside your VPC."
    help = """
The VPC endpoint is what this program makes in your AWS account: one private address in each zone you chose, all leading
to the database at SkySQL.

Name: what the AWS console shows for the endpoint (its Name tag). It changes nothing about how clients connect.

Own tags: what your organization wants on everything in AWS, a cost centre for instance. Write key=value, separated by
commas. They go on the endpoint, and on the security group and its rules where those are made.

Private DNS: how clients find the endpoint. With it on, the database keeps the host name it has now, and inside the VPC
that name leads to the endpoint's private addresses. Clients need no other setting than today. Outside the VPC nothing
changes. Off, clients must use names that AWS makes up for the endpoint, which end in amazonaws.com. The database's TLS
certificate is not made for those: a client that checks it, as it should, refuses to connect.

For private DNS the VPC needs two attributes: enableDnsSupport (the VPC has a resolver of its own) and
enableDnsHostnames (that resolver gives names to what is in the VPC). VPCs made by hand often lack the second. The
program can switch them on. That is usually harmless, but it concerns everything in the VPC: if others share it, ask
them first. Clients must also use the VPC's resolver, as they do unless somebody has changed it.

Nothing is changed now, only on the Run page.
"""

    def __init__(self) -> None:
        super().__init__()
        self._network: Network | None = None

    def body(self) -> ComposeResult:
        endpoint = self.draft.endpoint
        service = self.wizard.chosen_service
        name = endpoint.name or propose_endpoint(service).name
        with Answers(id="answers", can_focus=False):
            yield from labelled("Name", Field(name, id="name", max_length=400))
            yield from labelled(
                "Own tags", TagField(endpoint.tags, id="tags", placeholder="optional: team=payments, env=prod")
            )
            yield from labelled("", Static("", id="tags-told", classes="hint", markup=False))
            with Horizontal(classes="row gap"):
                yield Static(Content("Private DNS"), classes="label")
                with Vertical(classes="column"):
                    yield Tick(private_dns_question(service), endpoint.private_dns, id="private-dns")
                    yield Static(Content(PRIVATE_DNS_REASON), classes="hint")
                    yield Static(Content("… reading whether the VPC is ready for it"), id="need")
                    yield Static("", id="offer", classes="hint", markup=False)
                    yield Tick("Yes, for the whole VPC", endpoint.enable_vpc_dns, id="enable")

    # ------------------------------------------------------------------------------ reading

    async def load(self) -> None:
        self._show()
        self.query_one("#name", Field).focus()
        vpc = self.draft.vpc
        if vpc is None:
            raise Invalid("No VPC is chosen.", "Go back to the Network page and choose one.")
        self._network = await self.wizard.readings.network(self.wizard.region, vpc)
        self._show()
        if self._needs_a_yes():
            turn_to(self.query_one("#enable"))

    @property
    def _shared(self) -> bool:
        return self._network is not None and is_shared(self._network.vpc, self.wizard.signed_in.identity.account)

    def _need(self) -> DnsNeed | None:
        """What private DNS, as answered on the page, needs of the VPC; None until the VPC has been read."""
        if self._network is None:
            return None
        return dns_needs(self._network.dns, self._answers(), self._shared)

    def _needs_a_yes(self) -> bool:
        need = self._need()
        return need is not None and bool(need.offer) and not need.ok

    # ------------------------------------------------------------------------------ showing

    @on(Field.Changed)
    @on(Tick.Changed)
    def _show(self) -> None:
        self.query_one("#tags-told", Static).update(_tags_told(self.query_one("#tags", Field).value))
        need = self._need()
        if need is not None:
            self._show_need(need)
        self.query_one("#enable").display = bool(need and need.offer)

    def _show_need(self, need: DnsNeed) -> None:
        agreed = self.query_one("#enable", Tick).value
        self.query_one("#need", Static).update(Content(f"{self._sign(need)} {need.says}"))
        offer = self.query_one("#offer", Static)
        offer.update(Content(need.offer))
        offer.display = bool(need.offer) and not agreed

    def _sign(self, need: DnsNeed) -> str:
        if not self._answers().private_dns:
            return "!"
        return "✓" if need.ok else "✗"

    # ------------------------------------------------------------------------------ answering

    @on(PasteField.TooLong)
    def _too_long(self, event: PasteField.TooLong) -> None:
        self.trouble(event.why)

    @on(Field.Submitted)
    def _entered(self) -> None:
        self.action_next()

    def _answers(self) -> EndpointDraft:
        return EndpointDraft(
            name=self.query_one("#name", Field).value,
            tags=self.query_one("#tags", Field).value,
            private_dns=self.query_one("#private-dns", Tick).value,
            enable_vpc_dns=self.query_one("#enable", Tick).value,
        )

    def collect(self, draft: Draft) -> Draft:
        return replace(draft, endpoint=self._answers())

    async def answer(self, draft: Draft) -> Draft:
        if self._network is None:
            raise Invalid("The VPC has not been read yet.", "Wait a moment, or press ctrl+r to read it again.")
        wrong = refusal(draft.endpoint, self._network.dns, self._shared)
        if wrong is not None:
            turn_to(self._to_change(draft.endpoint))
            raise wrong
        return draft

    def _to_change(self, endpoint: EndpointDraft) -> Widget:
        """Where a refused answer is put right."""
        if is_wrong(parse_resource_name, endpoint.name):
            return self.query_one("#name")
        if is_wrong(parse_tags, endpoint.tags):
            return self.query_one("#tags")
        return self.query_one("#enable" if self._needs_a_yes() else "#private-dns")


def _tags_told(typed: str) -> Content:
    """The tags as they were understood, or why they were not, while they are typed."""
    try:
        tags = parse_tags(typed)
    except Invalid as why:
        return Content(f"✗ {why.what} {why.remedy}")
    if not tags:
        return Content("They go on everything this program makes.")
    return Content(f"{count(len(tags), 'tag')}: {listed([f'{key} = {value}' for key, value in tags])}")
