"""Page 5: the security group and its rules."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from core.checks.ends import planned
from core.choices import access as choices
from core.choices.groups import GroupOffer, group_offers, groups_holding, shut_out, toggled
from core.choices.sources import SourceOffer, add_sources, anywhere, in_words, names_of, narrowed, remarks, suggestions
from core.draft import Draft, GroupDraft, chosen_subnets
from core.facts import Network, Port, PrefixList
from core.plan import MAX_GROUPS, ExistingGroups, NewGroup
from core.problems import NotAllowed, Problem
from core.standing import coming_groups, lost_sources
from core.text import clean, count, listed
from core.values import GroupId, Invalid, Source, parse_group_description, parse_group_name, parse_source
from tui.page import Page
from tui.widgets.access_rows import GroupRows, RuleRows, SuggestionRows
from tui.widgets.dialogs import Confirm
from tui.widgets.field import Field
from tui.widgets.form import is_wrong, labelled, turn_to
from tui.widgets.paste import AddField, PasteField
from tui.widgets.reach import REACH, ReachLine
from tui.widgets.rows import Row, Rows
from tui.widgets.tick import Dot, Either, Tick

ANYWHERE = (
    "It admits every address that can reach the endpoint: everything in the VPC, and everything in networks joined to "
    "it by peering, VPN or a transit gateway. The internet cannot reach the endpoint's private addresses, but nothing "
    "else is kept out: the database password is then the only lock."
)
_MOST_REMARKS = 2
_NAME = 40
"""Characters of a group's name in a sentence."""


class AccessPage(Page):
    """The security group and its rules."""

    page = "access"
    rail = "Access"
    question = "Who may reach the database port?"
    lead = "A security group guards the endpoint: whom it does not admit gets no answer."
    VERTICAL_BREAKPOINTS = [(0, "-short"), (30, "-tall")]  # noqa: RUF012  # as Textual declares it
    BINDINGS: ClassVar[list[BindingType]] = [REACH]
    help = """
A security group is a list of rules in your VPC that says who may open connections to what carries it. The endpoint
carries at least one: without a rule for the database's port, clients wait and then time out.

A new group is what most want: nothing that exists is touched. Each rule admits one source on one port.

Ports: SkySQL tells them. readwrite is for everything; readonly, where there is one, leads to the replicas and only
reads.

Let in: who may connect. Usually the security group that your application servers carry: then new servers are admitted
by themselves. Also an address (10.0.1.5), a range in CIDR notation (10.0.0.0/16 is every address that begins with
10.0.) or a prefix list (a named list of ranges that your organization keeps). Type it and press Enter, several at once
if you like; or type a part of a name, press Down and choose from the list. What AWS writes differently from what you
typed is told.

Delete on a rule takes its source out again, for every port. To take a port out, untick it.

Existing groups: for each it is said whether it admits the ports, and from whom. Their rules stay as they are. The
endpoint takes up to five; who is admitted by one of them is in.

Who reaches the port: the last line counts what runs in the VPC now and would get through, with the rules as they stand
on this page and what is being typed. It takes more than these rules: the clients' own groups must let the connection
out, and network ACLs between subnets must let it pass, there and back. F2 lists every instance and interface with the
one rule that decides. Networks joined to the VPC are not looked into.

Nothing is made now, only on the Run page.
"""

    def __init__(self) -> None:
        super().__init__()
        self._network: Network | None = None
        self._lists: tuple[PrefixList, ...] | None = None  # None: not read, or not to be read
        self._suggestions: tuple[SourceOffer, ...] = ()
        self._offers: dict[str, GroupOffer] = {}
        self._measured: list[Row] = []  # all groups, for columns that keep their places whatever is typed
        self._sources: tuple[Source, ...] = ()
        self._ids: tuple[GroupId, ...] = ()
        self._agreed = False

    def body(self) -> ComposeResult:
        group = self.draft.group
        self._sources, self._ids, self._agreed = group.sources, group.ids, group.anywhere_agreed
        new, used = Dot("A new one", not group.existing), Dot("Existing ones", group.existing, id="use")
        yield from labelled("Group", Either(new, used, id="kind"))
        yield from labelled("Ports", Container(*self._ticks(group), id="ports"))
        with Vertical(id="new"):
            yield from labelled("Name", Field(group.name, id="name", max_length=400))
            yield from labelled("Description", Field(group.description, id="description", max_length=400))
            yield from labelled(
                "Let in", AddField(group.typed, id="source", placeholder="address, CIDR range, or a part of a name")
            )
            yield SuggestionRows(id="suggestions")
            yield RuleRows(id="rules")
            yield Static("", id="remarks", markup=False)
        with Vertical(id="existing"):
            yield from labelled("Filter", Field(id="filter", placeholder="a part of a name, an id, a port or a source"))
            yield GroupRows(id="groups")
            with VerticalScroll(id="about", can_focus=False):
                yield Static("", id="about-text", markup=False)
            yield Static("", id="chosen", markup=False)
        yield ReachLine(id="reach")

    def _ticks(self, group: GroupDraft) -> Iterable[Widget]:
        ticked = choices.ticked(group, self.wizard.chosen_service)
        offered = choices.port_choices(self.wizard.chosen_service)
        if not offered:
            yield Static(Content("SkySQL names none yet. Come back when the service is ready."), id="no-ports")
        for index, choice in enumerate(offered):
            yield Tick(choice.label, choice.port.purpose in ticked, id=f"port-{index}")

    # ------------------------------------------------------------------------------ reading

    async def load(self) -> None:
        self._show()
        self.query_one("#filter" if self._existing else "#source", Field).focus()
        vpc = self.draft.vpc
        if vpc is None:
            raise Invalid("No VPC is chosen.", "Go back to the Network page and choose one.")
        self.says.busy("Reading the VPC's security groups")
        network, (self._lists, why) = await asyncio.gather(
            self.wizard.readings.network(self.wizard.region, vpc), self._read_lists()
        )
        self._network = network
        self.says.quiet()
        if why:
            self.says.note(f"Prefix lists are not suggested: {why} An id (pl-…) can be typed.")
        self._suggestions = suggestions(network, self._lists or ())
        self._propose(network)
        self._show()

    async def _read_lists(self) -> tuple[tuple[PrefixList, ...] | None, str]:
        """The prefix lists, or why there are none: the page does without."""
        try:
            return await self.wizard.readings.prefix_lists(self.wizard.region), ""
        except NotAllowed as problem:
            return None, problem.what

    def _propose(self, network: Network) -> None:
        """A name and a description where none was answered."""
        proposed = choices.propose_group(self.wizard.chosen_service, network)
        for field, text in (("#name", proposed.name), ("#description", proposed.description)):
            if not self.query_one(field, Field).value:
                self.query_one(field, Field).value = text

    # ------------------------------------------------------------------------------ what stands on the page

    @property
    def _existing(self) -> bool:
        return self.query_one("#use", Dot).value

    @property
    def _ports(self) -> tuple[Port, ...]:
        """The ticked ones."""
        offered = choices.port_choices(self.wizard.chosen_service)
        ticks = self.query("#ports Tick").results(Tick)
        return tuple(choice.port for choice, tick in zip(offered, ticks, strict=True) if tick.value)

    def _group(self) -> GroupDraft:
        return GroupDraft(
            existing=self._existing,
            ids=self._ids,
            name=self.query_one("#name", Field).value,
            description=self.query_one("#description", Field).value,
            ports=tuple(port.purpose for port in self._ports),
            sources=self._sources,
            typed=self.query_one("#source", Field).value,
            anywhere_agreed=self._agreed,
        )

    # ------------------------------------------------------------------------------ showing

    @on(Either.Changed)
    @on(Tick.Changed)
    def _show(self) -> None:
        self.set_class(self._existing, "-existing")
        if self._network is None:
            return
        if self._existing:
            self._offers = {offer.group.id: offer for offer in group_offers(self._network, self._ports)}
            self._measured = [_group_row(offer, chosen=False) for offer in self._offers.values()]
            self._show_groups()
        else:
            self._show_suggestions()
            self._show_rules()
        self._judge()

    @on(Field.Changed, "#source")
    def _show_suggestions(self) -> None:
        if self._network is None:
            return
        self._judge()
        typed = self.query_one("#source", Field).value
        found = narrowed(self._suggestions, typed)
        rows = [_suggestion_row(offer, offer.source in self._sources) for offer in found]
        none = Row("", ("No suggestion holds this. Enter adds it as an address or range.",), dim=True)
        self.query_one("#suggestions", Rows).fill(rows or [none])

    def _show_rules(self, keep: str = "") -> None:
        rules = choices.rules(self._group(), self.wizard.chosen_service, self._network, self._lists or ())
        rows = [Row(f"{rule.port} {rule.source}", (f"{rule.port} {rule.purpose}", rule.who)) for rule in rules]
        told = choices.without_sources(self._group().name, self.wizard.chosen_service, self._network)
        none = Row("", ("none yet", told), dim=True)
        self.query_one("#rules", Rows).fill(rows or [none], keep=keep)
        self.query_one("#remarks", Static).update(_remarks(remarks(self._sources)))

    @on(Field.Changed, "#filter")
    def _show_groups(self) -> None:
        found = groups_holding(tuple(self._offers.values()), self.query_one("#filter", Field).value)
        rows = self.query_one("#groups", Rows)
        shown = [_group_row(offer, offer.group.id in self._ids) for offer in found]
        rows.fill(shown, keep=rows.current or "", alike=self._measured)
        self._about()

    @on(GroupRows.Highlighted, "#groups")
    def _about(self) -> None:
        offer = self._offers.get(self.query_one("#groups", Rows).current or "")
        self.query_one("#about-text", Static).update(_about(offer) if offer else Content("No group holds this."))
        self.query_one("#chosen", Static).update(self._chosen_told())

    def _chosen_told(self) -> Content:
        names = [clean(self._offers[key].group.name, _NAME) if key in self._offers else key for key in self._ids]
        told = f"{len(names)} of at most {MAX_GROUPS} chosen" + (f": {listed(names)}" if names else "")
        shut = shut_out(self._ids, tuple(self._offers.values()), self._ports)
        return Content("\n".join([told, f"! {shut}"] if shut else [told]))

    def _judge(self) -> None:
        """Whom the rules reach as they stand here, with what is typed."""
        if (network := self._network) is None:
            return
        typed, group = self._typed_source(network), self._group()
        sources = (*group.sources, typed) if typed else group.sources
        new = NewGroup(group.name, group.description, group.ports, sources)
        answer = ExistingGroups(group.ids) if group.existing else new
        chosen = chosen_subnets(self.draft)
        groups = coming_groups(answer, network, self.wizard.chosen_service)
        target = planned((subnet for subnet in network.subnets if subnet.id in chosen), groups)
        ports = [port.number for port in self._ports]
        self.query_one(ReachLine).judge(network, target, ports, f"With {typed}" if typed else "")

    def _typed_source(self, network: Network) -> Source | None:
        """What stands in the field, as far as it can be added."""
        try:
            source = parse_source(self.query_one("#source", Field).value)
        except Invalid:
            return None
        known = source in self._sources or lost_sources([source], network, self._lists)
        return None if known or self._existing else source

    def action_reach(self) -> None:
        self.query_one(ReachLine).show_all()

    # ------------------------------------------------------------------------------ adding and taking out

    @on(PasteField.Submitted, "#source")
    def _typed(self) -> None:
        typed = self.query_one("#source", Field).value
        if typed.strip():
            self._add_told(typed)
        else:
            self.action_next()

    @on(SuggestionRows.Chosen, "#suggestions")
    def _suggested(self, event: Rows.Chosen) -> None:
        if event.key:
            self._add_told(event.key)

    def _add_told(self, text: str) -> None:
        self.run_worker(self._add_and_tell(text), group="add")

    async def _add_and_tell(self, text: str) -> None:
        self.says.quiet()
        self.query_one("#source").focus()
        try:
            await self._add(text)
        except (Invalid, Problem) as why:
            self.trouble(why)

    async def _add(self, text: str) -> None:
        """Add what was typed or chosen; raises Invalid, and then it stays in the field."""
        added = add_sources(self._sources, text, self._read_network(), self._lists)
        await self._agree(added.sources)
        self._sources = added.sources
        self.query_one("#source", Field).value = ""
        self._show_suggestions()
        self._show_rules(keep=f"{min((port.number for port in self._ports), default=0)} {added.source}")
        if added.note:
            self.says.note(added.note)

    def _read_network(self) -> Network:
        if self._network is None:
            raise Invalid("The VPC has not been read yet.", "Wait a moment, or press ctrl+r to read it again.")
        return self._network

    async def _agree(self, sources: tuple[Source, ...]) -> None:
        """The second yes that sources which admit everybody need; raises Invalid without it."""
        if self._agreed or not anywhere(sources):
            return
        wide = listed([source for source in sources if anywhere([source])])
        question = Confirm(f"Let every address in ({wide})?", ANYWHERE, yes="Let every address in", no="No")
        self._agreed = await self.app.push_screen_wait(question)
        if not self._agreed:
            raise Invalid(f"{wide} was not agreed to.", "Name narrower sources: the VPC's own range, or a group.")

    @on(PasteField.TooLong)
    def _too_long(self, event: PasteField.TooLong) -> None:
        self.trouble(event.why)

    def action_remove_source(self) -> None:
        current = self.query_one("#rules", Rows).current
        if not current:
            return
        source = current.partition(" ")[2]
        self._sources = tuple(other for other in self._sources if other != source)
        self._agreed = self._agreed and anywhere(self._sources)
        self._show_suggestions()
        self._show_rules(keep=current)
        named = in_words(source, names_of(self._network, self._lists or ()))
        self.says.note(f"{named} is not admitted any more.")

    @on(GroupRows.Chosen, "#groups")
    def _toggle(self, event: Rows.Chosen) -> None:
        self.says.quiet()
        try:
            self._ids = toggled(self._ids, GroupId(event.key))
        except Invalid as why:
            self.trouble(why)
        self._show_groups()
        self._judge()

    @on(Field.Submitted, "#filter")
    def _into_groups(self) -> None:
        self.query_one("#groups").focus()

    # ------------------------------------------------------------------------------ answering

    def collect(self, draft: Draft) -> Draft:
        return replace(draft, group=self._group())

    async def answer(self, draft: Draft) -> Draft:
        network = self._read_network()
        if not self._existing:
            if typed := self.query_one("#source", Field).value.strip():
                await self._add(typed)
            await self._agree(self._sources)
        group = self._group()
        wrong = choices.refusal(group, network, self.wizard.chosen_service, self._lists)
        if wrong is not None:
            self._turn_to_wrong(group)
            raise wrong
        return replace(draft, group=group)

    def _turn_to_wrong(self, group: GroupDraft) -> None:
        """To where the answer is put right, as far as one field alone can tell."""
        if group.existing:
            turn_to(self.query_one("#groups"))
        elif is_wrong(parse_group_name, group.name):
            turn_to(self.query_one("#name"))
        elif is_wrong(parse_group_description, group.description):
            turn_to(self.query_one("#description"))
        elif not group.ports and (ticks := self.query("#ports Tick")):
            turn_to(ticks.first())
        elif not group.sources:
            turn_to(self.query_one("#source"))


def _suggestion_row(offer: SourceOffer, added: bool) -> Row:
    return Row(offer.source, (offer.label, "let in already" if added else offer.note), dim=added)


def _group_row(offer: GroupOffer, chosen: bool) -> Row:
    mark = "[x]" if chosen else "[ ]"
    sign = {"all": "✓", "some": "~", "none": "✗"}[offer.covers]
    from_whom = "; ".join(offer.admits)
    told = {"all": from_whom, "some": f"{offer.verdict}: {from_whom}", "none": offer.verdict}[offer.covers]
    return Row(offer.group.id, (f"{mark} {offer.group.name}", f"{sign} {told}"))


def _about(offer: GroupOffer) -> Content:
    group = offer.group
    lines = [" · ".join(part for part in (group.id, group.description) if part), f"It {offer.verdict}.", *offer.admits]
    return Content.assemble((f"{group.name} ", "bold"), "\n".join(lines))


def _remarks(found: tuple[str, ...]) -> Content:
    lines = [f"! {remark}" for remark in found[:_MOST_REMARKS]]
    if more := len(found) - _MOST_REMARKS:
        lines += [f"! {count(more, 'more remark')}"] if more > 0 else []
    return Content("\n".join(lines))
