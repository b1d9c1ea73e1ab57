"""Page 4: VPC, and one subnet in each availability zone."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from core.choices import network as choices
from core.draft import Draft, with_network, with_vpc
from core.facts import EndpointService, Network, Zone
from core.problems import Problem
from core.text import count, listed
from core.values import Invalid, SubnetId, VpcId, ZoneId
from tui.page import Page
from tui.widgets.field import Field
from tui.widgets.picker import Pick, matching
from tui.widgets.rows import Column, Row, Rows
from tui.widgets.zones import COLUMNS, SubnetPane, ZoneRows

MOST_NAMED = 12
"""Instances named; the others are counted."""
LEAVE_OUT = "-"
"""Key of the row that leaves the zone out."""


class NetworkPage(Page):
    """VPC, and one subnet in each availability zone."""

    page = "network"
    rail = "Network"
    question = "Where in your network shall the endpoint stand?"
    lead = "In the VPC of your clients: one address in each zone, from the subnet shown."
    VERTICAL_BREAKPOINTS = [(0, "-short"), (34, "-tall")]  # noqa: RUF012  # as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "vpc", "VPC", tooltip="Choose another VPC", show=False),
    ]
    help = """
A VPC is your private network at AWS. A region such as us-east-2 consists of several availability zones: separate data
centres. A subnet is a range of a VPC's addresses within one zone.

The endpoint you are about to make is, in each zone, one network interface with one address taken from a subnet there.
Clients in the VPC connect to these addresses. So choose the VPC in which your clients run, and one subnet in each zone.

Private and public (column Route): a public subnet's route table sends traffic to the internet through an internet
gateway, a private one's does not. The endpoint works in both; private is where it belongs. Free: addresses left.
Running: EC2 instances in the subnet. The best one is chosen already in every zone: private, where your instances run.

Leave a zone out with Delete. Its clients can still connect, but their traffic crosses to another zone: a little
slower, billed by AWS as traffic between zones, and cut off when that other zone fails. With one zone only, the link
fails when that zone does. Each zone costs about 7 dollars a month at list price.

A zone that SkySQL's side does not have cannot be chosen. Zones are compared by their id (use2-az1), because the name
us-east-2a means another zone in another account.

A VPC that another account shares with yours is shown, but AWS lets only its owner make endpoints in it.
"""

    def __init__(self) -> None:
        super().__init__()
        self._offers: tuple[choices.VpcOffer, ...] = ()
        self._region_zones: tuple[Zone, ...] = ()
        self._vpc: VpcId | None = None
        self._network: Network | None = None
        self._choices: tuple[choices.ZoneChoice, ...] = ()
        self._chosen: choices.Chosen = ()
        self._measured: tuple[Row, ...] = ()  # every row of both lists, for columns that stand under each other
        self._answered: dict[VpcId, choices.Chosen] = {}  # of VPCs chosen on this page before

    def body(self) -> ComposeResult:
        with Horizontal(classes="row"):
            yield Static(Content("VPC (key v)"), classes="label")
            yield Button(Content("reading the VPCs"), id="vpc", compact=True, disabled=True)
        yield ZoneRows(*COLUMNS, id="zones")
        yield SubnetPane(id="pane")
        yield Static("", id="about", classes="hint", markup=False)
        yield Static("", id="running", classes="hint", markup=False)
        yield Static("", id="summary", markup=False)

    # ------------------------------------------------------------------------------ reading

    async def load(self) -> None:
        region, readings = self.wizard.region, self.wizard.readings
        self.says.busy(f"Reading the VPCs of {region}")
        vpcs, self._region_zones = await asyncio.gather(readings.vpcs(region), readings.zones(region))
        self._offers = choices.vpc_offers(vpcs, self.wizard.signed_in.identity.account)
        vpc = choices.preferred_vpc(self._offers, self.draft.service_name, self.draft.vpc)
        self.query_one("#vpc", Button).disabled = not self._offers
        self.says.quiet()
        if vpc is None:
            self._no_vpc()
            return
        if self.focused is None or self._vpc is None:
            self.query_one("#zones" if self.draft.vpc else "#vpc").focus()
        self._take_vpc(vpc)

    def _no_vpc(self) -> None:
        if self._offers:
            self._name_vpc("none that can be used")
            reason = self._offers[0].why_not
        else:
            self._name_vpc("none")
            reason = "AWS shows none to this account."
        self.trouble(
            Invalid(
                f"There is no VPC in {self.wizard.region} that the endpoint can be made in. {reason}",
                "Make one there and press ctrl+r, or go back and sign in to the account that owns the clients' VPC.",
            )
        )

    def _name_vpc(self, name: str) -> None:
        self.query_one("#vpc", Button).label = Content(f"▾ {name}")

    def _take_vpc(self, vpc: VpcId) -> None:
        """Show this VPC, and read its parts. The page stays usable meanwhile."""
        self._vpc, self._network, self._choices, self._chosen = vpc, None, (), ()
        offer = next(offer for offer in self._offers if offer.vpc.id == vpc)
        self._name_vpc(offer.label)
        self._show()
        self.says.busy(f"Reading the subnets, routes and instances of {offer.vpc.name or vpc}")
        self.run_worker(self._read(vpc), group="network", exclusive=True)

    async def _read(self, vpc: VpcId) -> None:
        try:
            network, endpoint_service = await asyncio.gather(
                self.wizard.readings.network(self.wizard.region, vpc), self._endpoint_service()
            )
        except Problem as problem:
            if vpc == self._vpc:
                self.trouble(problem)
            return
        if vpc != self._vpc:  # another one was chosen meanwhile
            return
        self.says.quiet()
        self._network = network
        self._choices = choices.zone_choices(network, self._region_zones, endpoint_service)
        self._measured = tuple(row for choice in self._choices for row in self._subnet_rows(choice))
        before = self._before(network)
        self._chosen = choices.settled(before, self._choices)
        self._show()
        self._tell_lost(choices.lost(before, self._choices))

    async def _endpoint_service(self) -> EndpointService | None:
        """SkySQL's side, where there is one already: only its zones can be chosen."""
        private = self.wizard.chosen_service.private
        if private is None or private.endpoint_service is None:
            return None
        try:
            return await self.wizard.readings.endpoint_service(self.wizard.region, private.endpoint_service)
        except Problem:  # the preflight checks tell it; the zones can be chosen without
            return None

    def _before(self, network: Network) -> choices.Chosen | None:
        """What was chosen in this VPC before, here or in a plan file."""
        if network.vpc.id in self._answered:
            return self._answered.pop(network.vpc.id)  # from now on the draft knows better
        draft = with_network(self.draft, network)
        return draft.subnets if draft.vpc == network.vpc.id else None

    def _tell_lost(self, zones: Sequence[Zone]) -> None:
        if zones:
            self.trouble(
                Invalid(
                    f"The subnet chosen before in {listed([zone.name for zone in zones])} cannot be used any more.",
                    "Choose another one there.",
                )
            )

    # ------------------------------------------------------------------------------ showing

    def _show(self) -> None:
        zones = self.query_one("#zones", Rows)
        zones.fill(self._zone_rows(), keep=zones.current or "", alike=self._measured)
        self.query_one("#summary", Static).update(Content(" ".join(choices.summary(self._chosen, self._choices))))
        self._show_subnets()

    def _zone_rows(self) -> list[Row]:
        return [self._zone_row(choice) for choice in self._choices]

    def _zone_row(self, choice: choices.ZoneChoice) -> Row:
        zone = choice.zone
        label = f"{zone.name} {zone.id}"
        if choice.why_not:
            return Row(zone.id, (label, f"✗ {choice.why_not}"), dim=True)
        offer = self._offer_chosen(choice)
        if offer is None:
            return Row(zone.id, (label, f"○ left out: {_crossing(choice)}"))
        return Row(zone.id, (label, *_facts(offer)))

    def _show_subnets(self) -> None:
        """The subnets of the zone under the cursor."""
        choice = self._current()
        pane = self.query_one("#pane", SubnetPane)
        pane.display = choice is not None and bool(choice.subnets)
        if choice is None:
            return
        typed = self.query_one("#subnets-filter", Field).value if len(choice.subnets) > SubnetPane.MANY else ""
        rows = self._subnet_rows(choice)
        if not choice.why_not:
            rows = (*rows, self._leave_out_row(choice))
        keep = "" if typed.strip() else self._answer(choice) or LEAVE_OUT
        self.query_one("#subnets", Rows).fill(
            matching(rows, typed), keep=keep, alike=(*self._measured, *self._zone_rows())
        )
        self._tell_subnet()

    def _subnet_rows(self, choice: choices.ZoneChoice) -> tuple[Row, ...]:
        chosen = self._answer(choice)
        return tuple(
            Row(
                offer.subnet.id,
                (_mark(offer, choice, chosen), *_facts(offer)),
                dim=bool(offer.why_not or choice.why_not),
            )
            for offer in choice.subnets
        )

    def _leave_out_row(self, choice: choices.ZoneChoice) -> Row:
        mark = "○" if self._answer(choice) else "● left out"
        return Row(LEAVE_OUT, (mark, f"leave out: {_crossing(choice)}"))

    @on(Rows.Highlighted, "#subnets")
    def _tell_subnet(self) -> None:
        """The id of the subnet under the cursor, and what is unusual about it."""
        choice = self._current()
        if choice is None:
            return
        rows = self.query_one("#subnets", Rows)
        offer = next((offer for offer in choice.subnets if offer.subnet.id == rows.current), None)
        head = f"Subnets in {choice.zone.name}"
        self.query_one(SubnetPane).head(head, offer.subnet.id if offer else "", len(choice.subnets))
        why = choice.why_not or (offer.why_not if offer else "")
        about = self.query_one("#about", Static)
        told = f"✗ {why}" if why else choice.note if rows.count else "No subnet here holds what is typed."
        about.update(Content(told))
        about.display = bool(told)
        self.query_one("#running", Static).update(Content(self._users(offer) if offer else ""))

    def _users(self, offer: choices.SubnetOffer) -> str:
        """Who uses the subnet, for terminals with room for it."""
        instances = self._network.instances if self._network else ()
        named = sorted(
            f"{instance.name or instance.id} {instance.address}".strip()
            for instance in instances
            if instance.subnet == offer.subnet.id
        )
        if not named:
            return "No instance runs in it."
        more = len(named) - MOST_NAMED
        return f"Running in it: {listed([*named[:MOST_NAMED], *([f'{more:,} more'] if more > 0 else [])])}."

    # ------------------------------------------------------------------------------ choosing the VPC

    @on(Button.Pressed, "#vpc")
    def action_vpc(self) -> None:
        if self._offers:
            self.run_worker(self._pick_vpc(), group="pick", exclusive=True)

    async def _pick_vpc(self) -> None:
        columns = (
            Column("Name", flexible=True, names=True),
            Column("VPC id"),
            Column("CIDR", flexible=True),
            Column("Note", flexible=True, first=True),
        )
        picked = await self.wizard.push_screen_wait(
            Pick(
                f"VPCs in {self.wizard.region}",
                columns,
                [_vpc_row(offer) for offer in self._offers],
                current=self._vpc or "",
                why_not={offer.vpc.id: offer.why_not for offer in self._offers if offer.why_not},
            )
        )
        if picked is None:
            return
        self.query_one("#zones").focus()
        if picked != self._vpc:
            self._keep_answer()
            self._take_vpc(VpcId(picked))

    def _keep_answer(self) -> None:
        if self._vpc is not None and self._network is not None:
            self._answered[self._vpc] = self._given()

    # ------------------------------------------------------------------------------ choosing the subnets

    @on(Rows.Highlighted, "#zones")
    def _zone_changed(self) -> None:
        filtered = self.query_one("#subnets-filter", Field)
        with self.prevent(Field.Changed):
            filtered.value = ""
        self._show_subnets()

    @on(Field.Changed, "#subnets-filter")
    def _filtered(self) -> None:
        self._show_subnets()

    @on(Field.Submitted, "#subnets-filter")
    @on(Rows.Chosen, "#zones")
    def _to_subnets(self) -> None:
        choice = self._current()
        if choice is None:
            return
        self.says.quiet()
        if choice.why_not:
            self.trouble(Invalid(f"{choice.zone.name}: {choice.why_not}", "Choose a subnet in another zone."))
        else:
            self.query_one("#subnets").focus()

    @on(Rows.Chosen, "#subnets")
    def _subnet_chosen(self, event: Rows.Chosen) -> None:
        choice = self._current()
        if choice is None:
            return
        self.says.quiet()
        subnet = None if event.key == LEAVE_OUT else SubnetId(event.key)
        if subnet is not None and subnet not in _usable(choice):
            offer = next(offer for offer in choice.subnets if offer.subnet.id == subnet)
            why = choice.why_not or offer.why_not
            self.trouble(Invalid(f"{offer.subnet.name or subnet}: {why}", "Choose another subnet."))
            return
        self._put(choice.zone.id, subnet)
        self.action_zones()

    def action_zones(self) -> None:
        """Back to the zones."""
        self.query_one("#zones").focus()
        self._show_subnets()

    def action_step(self, by: int) -> None:
        """The next of this zone's subnets; leaving it out is one of the places."""
        choice = self._current()
        if choice is None or choice.why_not:
            return
        places: list[SubnetId | None] = [*_usable(choice), None]
        self._put(choice.zone.id, places[(places.index(self._answer(choice)) + by) % len(places)])

    def action_leave_out(self) -> None:
        choice = self._current()
        if choice is None or choice.why_not:
            return
        self._put(choice.zone.id, None if self._answer(choice) else choice.preferred)

    def _put(self, zone: ZoneId, subnet: SubnetId | None) -> None:
        self._chosen = tuple((each, subnet if each == zone else other) for each, other in self._chosen)
        self._show()

    def _current(self) -> choices.ZoneChoice | None:
        zone = self.query_one("#zones", Rows).current
        return next((choice for choice in self._choices if choice.zone.id == zone), None)

    def _answer(self, choice: choices.ZoneChoice) -> SubnetId | None:
        return dict(self._chosen).get(choice.zone.id)

    def _offer_chosen(self, choice: choices.ZoneChoice) -> choices.SubnetOffer | None:
        subnet = self._answer(choice)
        return next((offer for offer in choice.subnets if offer.subnet.id == subnet), None)

    # ------------------------------------------------------------------------------ answering

    def collect(self, draft: Draft) -> Draft:
        if self._vpc is None:
            return draft
        draft = with_vpc(draft, self._vpc)
        return draft if self._network is None else replace(draft, subnets=self._given(), subnets_wanted=())

    def _given(self) -> choices.Chosen:
        """Without the zones where there is no choice: should there be one later, it has not been answered."""
        impossible = {choice.zone.id for choice in self._choices if choice.why_not}
        return tuple((zone, subnet) for zone, subnet in self._chosen if zone not in impossible)

    async def answer(self, draft: Draft) -> Draft:
        if self._vpc is None:
            raise Invalid("No VPC is chosen.", "Choose the one your clients are in.")
        if self._network is None:
            raise Invalid("The VPC's subnets are not read yet.", "Wait a moment, or press ctrl+r to read again.")
        if why := choices.refusal(self._chosen, self._choices):
            usable = any(not choice.why_not for choice in self._choices)
            self.query_one("#zones" if usable else "#vpc").focus()
            raise why
        return self.collect(draft)


def _facts(offer: choices.SubnetOffer) -> tuple[str, ...]:
    subnet = offer.subnet
    return (
        subnet.name or subnet.id,
        subnet.id,
        subnet.cidr,
        "private" if offer.is_private else "public",
        f"{subnet.free:,}",
        f"{offer.instances:,}",
    )


def _mark(offer: choices.SubnetOffer, choice: choices.ZoneChoice, chosen: SubnetId | None) -> str:
    if offer.why_not or choice.why_not:
        return "✗ cannot be used"
    return "● chosen" if offer.subnet.id == chosen else "○"


def _usable(choice: choices.ZoneChoice) -> tuple[SubnetId, ...]:
    return tuple(offer.subnet.id for offer in choice.subnets if not offer.why_not and not choice.why_not)


def _crossing(choice: choices.ZoneChoice) -> str:
    """What leaving the zone out means."""
    if not choice.instances:
        return "no instance runs there"
    return f"traffic of its {count(choice.instances, 'instance')} crosses zones"


def _vpc_row(offer: choices.VpcOffer) -> Row:
    vpc = offer.vpc
    mark = "✗ " if offer.why_not else ""
    cells = (vpc.name or "(no name)", vpc.id, ", ".join(vpc.cidrs), f"{mark}{', '.join(offer.marks)}")
    return Row(vpc.id, cells, dim=bool(offer.why_not))
