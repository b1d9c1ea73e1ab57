"""Answers so far. Frozen: a page makes a new one. Changing an earlier answer clears what hung on it.

Text a person typed is kept as typed, right or wrong, so that Back and forth loses nothing; `finish` is where it has to
be right.
"""

from dataclasses import dataclass, replace
from typing import Literal

from core.facts import Network, Service
from core.plan import MAX_GROUPS, ExistingGroups, NewGroup, Plan
from core.text import clean, count
from core.values import (
    AccountId,
    GroupId,
    Invalid,
    Region,
    ServiceId,
    Source,
    SubnetId,
    VpcId,
    ZoneId,
    is_anywhere,
    parse_group_description,
    parse_group_name,
    parse_resource_name,
    parse_tags,
    show_tags,
)

Page = Literal["service", "accounts", "network", "access", "endpoint"]
"""The pages whose answers a draft holds, in their order."""


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """The security group page."""

    existing: bool = False
    ids: tuple[GroupId, ...] = ()  # when existing
    name: str = ""  # empty: not answered, propose one
    description: str = ""
    ports: tuple[str, ...] = ("readwrite",)
    sources: tuple[Source, ...] = ()
    typed: str = ""  # a source typed and not added yet
    anywhere_agreed: bool = False  # the second yes to 0.0.0.0/0


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """The endpoint page."""

    name: str = ""  # empty: not answered, propose the service's name
    tags: str = ""  # as typed: key=value, key=value
    private_dns: bool = True
    enable_vpc_dns: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    service: ServiceId | None = None
    service_name: str = ""
    region: Region | None = None  # the service's
    accounts: tuple[AccountId, ...] | None = None  # None: not answered, propose
    accounts_typed: str = ""  # typed or pasted and not added yet
    vpc: VpcId | None = None
    subnets: tuple[tuple[ZoneId, SubnetId | None], ...] | None = None  # by zone; None inside: this zone left out
    subnets_wanted: tuple[SubnetId, ...] = ()  # of a plan file, until `with_network` knows their zones
    group: GroupDraft = GroupDraft()
    endpoint: EndpointDraft = EndpointDraft()


class Unanswered(Invalid):
    """An answer is missing or wrong: `page` is where it is given."""

    def __init__(self, page: Page, why: Invalid) -> None:
        super().__init__(why.what, why.remedy)
        self.page = page


# ------------------------------------------------------------------------------------ answers that others hang on


def with_service(draft: Draft, service: Service) -> Draft:
    """Another service: its accounts, names and ports are asked anew; in another region its whole network too."""
    known = replace(draft, service=service.id, service_name=service.name, region=service.region)
    if draft.service == service.id and draft.region == service.region:
        return known
    kept = known if draft.region == service.region else _without_vpc(known)
    fresh = GroupDraft(existing=kept.group.existing, ids=kept.group.ids, sources=kept.group.sources)
    return replace(
        kept, accounts=None, accounts_typed="", group=fresh, endpoint=replace(kept.endpoint, name="", private_dns=True)
    )


def with_vpc(draft: Draft, vpc: VpcId) -> Draft:
    """Another VPC: its subnets, groups and sources are asked anew, and its DNS attributes need a yes of their own."""
    return draft if draft.vpc == vpc else replace(_without_vpc(draft), vpc=vpc)


def _without_vpc(draft: Draft) -> Draft:
    # Sources go too: a rule must not follow, unseen, into a network it was not meant for.
    group = replace(draft.group, ids=(), sources=(), typed="", anywhere_agreed=False)
    endpoint = replace(draft.endpoint, enable_vpc_dns=False)
    return replace(draft, vpc=None, subnets=None, subnets_wanted=(), group=group, endpoint=endpoint)


def with_network(draft: Draft, network: Network) -> Draft:
    """The subnets of a plan file, by zone, now that the VPC has been read. Those that are not there are dropped."""
    if not draft.subnets_wanted or network.vpc.id != draft.vpc:
        return draft
    wanted = {subnet.zone.id: subnet.id for subnet in network.subnets if subnet.id in draft.subnets_wanted}
    zones = dict.fromkeys(subnet.zone.id for subnet in network.subnets)
    return replace(draft, subnets=tuple((zone, wanted.get(zone)) for zone in zones), subnets_wanted=())


def from_plan(plan: Plan, service: Service) -> Draft:
    """A plan's answers, for going through the pages again. The subnets' zones come with `with_network`."""
    return Draft(
        service=service.id,
        service_name=service.name,
        region=service.region,
        accounts=plan.accounts,
        vpc=plan.vpc if plan.region == service.region else None,
        subnets_wanted=plan.subnets if plan.region == service.region else (),
        group=_group_of(plan.group),
        endpoint=EndpointDraft(
            name=plan.endpoint_name,
            tags=show_tags(plan.tags),
            private_dns=plan.private_dns,
            enable_vpc_dns=plan.enable_vpc_dns,
        ),
    )


def with_plan(draft: Draft, before: Plan, after: Plan, service: Service, network: Network | None) -> Draft:
    """`draft`, which made the plan `before`, with answers that make `after`. What both have stays as it was typed."""
    fresh = from_plan(after, service)
    fresh = with_network(fresh, network) if network else fresh
    endpoint = replace(
        draft.endpoint, private_dns=fresh.endpoint.private_dns, enable_vpc_dns=fresh.endpoint.enable_vpc_dns
    )
    same = after.subnets == before.subnets
    return replace(
        draft,
        accounts=fresh.accounts,
        subnets=draft.subnets if same else fresh.subnets,
        subnets_wanted=draft.subnets_wanted if same else fresh.subnets_wanted,
        group=draft.group if after.group == before.group else fresh.group,
        endpoint=endpoint,
    )


def _group_of(group: NewGroup | ExistingGroups) -> GroupDraft:
    if isinstance(group, ExistingGroups):
        return GroupDraft(existing=True, ids=group.ids)
    return GroupDraft(
        name=group.name,
        description=group.description,
        ports=group.ports,
        sources=group.sources,
        anywhere_agreed=any(is_anywhere(source) for source in group.sources),
    )


# ---------------------------------------------------------------------------------------------- the finished plan


def finish(draft: Draft) -> Plan:
    """The plan, or `Unanswered` for the first page whose answer is missing or wrong."""
    if draft.service is None or draft.region is None:
        raise Unanswered("service", Invalid("No service is chosen.", "Choose the service to link."))
    if not draft.accounts:
        raise Unanswered("accounts", Invalid("No AWS account is on the list.", "Add the account that holds the VPC."))
    if draft.vpc is None:
        raise Unanswered("network", Invalid("No VPC is chosen.", "Choose the VPC that your clients are in."))
    subnets = chosen_subnets(draft)
    if not subnets:
        raise Unanswered("network", Invalid("No availability zone is chosen.", "Choose a subnet in at least one zone."))
    try:
        group = finished_group(draft.group)
    except Invalid as why:
        raise Unanswered("access", why) from None
    try:
        name, tags = finished_endpoint(draft.endpoint, draft.service_name or draft.service)
    except Invalid as why:
        raise Unanswered("endpoint", why) from None
    return Plan(
        service=draft.service,
        accounts=draft.accounts,
        region=draft.region,
        vpc=draft.vpc,
        subnets=subnets,
        group=group,
        endpoint_name=name,
        private_dns=draft.endpoint.private_dns,
        enable_vpc_dns=draft.endpoint.enable_vpc_dns and draft.endpoint.private_dns,
        tags=tags,
    )


def chosen_subnets(draft: Draft) -> tuple[SubnetId, ...]:
    """One in each zone that is not left out."""
    if draft.subnets is None:
        return draft.subnets_wanted
    return tuple(subnet for _, subnet in draft.subnets if subnet is not None)


def finished_group(group: GroupDraft) -> NewGroup | ExistingGroups:
    """The security group answer by itself, or `Invalid`. What the VPC says to it is `choices.access.refusal`."""
    if group.existing:
        return _existing(group.ids)
    name, description = parse_group_name(group.name), parse_group_description(group.description)
    if not group.ports:
        raise Invalid("No port is chosen.", "Choose at least one: clients write through readwrite.")
    if group.typed.strip():
        raise Invalid(f"“{clean(group.typed, 60)}” is typed but not added.", "Add it with enter, or clear the field.")
    if not group.sources:
        raise Invalid("No source is named: nobody could connect.", "Add an address, a CIDR range or a security group.")
    if any(is_anywhere(source) for source in group.sources) and not group.anywhere_agreed:
        raise Invalid("A source admits every address.", "Agree to that, or name a narrower source.")
    return NewGroup(name, description, group.ports, group.sources)


def _existing(ids: tuple[GroupId, ...]) -> ExistingGroups:
    if not ids:
        raise Invalid("No security group is chosen.", "Choose one, or make a new one.")
    if len(ids) > MAX_GROUPS:
        raise Invalid(f"{count(len(ids), 'group')} are chosen.", f"An endpoint takes at most {MAX_GROUPS}.")
    return ExistingGroups(ids)


def finished_endpoint(endpoint: EndpointDraft, service: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Name tag and own tags, or `Invalid`. A name not answered is the service's."""
    name = endpoint.name if endpoint.name.strip() else clean(service, 255)
    return parse_resource_name(name), parse_tags(endpoint.tags)
