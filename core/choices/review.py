"""What a run of the plan will do, in the order it happens, for the page where people say yes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.choices.access import rules
from core.choices.services import interrupts
from core.facts import AllowedAddress, Service, Situation, Subnet, VpcEndpoint
from core.plan import NewGroup, Plan
from core.standing import chosen_subnets, is_lost, lack, offered, standing_endpoint, standing_group, wanted_groups
from core.text import clean, count, listed
from core.values import SubnetId

Mark = Literal["+", "~", "!", "=", "-"]
"""New, changed, interrupts connections, stands already, taken away."""

HOURLY = 0.01  # US dollars per zone, us-east-1
PER_GB = 0.01
HOURS = 730  # a month, as AWS reckons
USUAL_INTERRUPTION = "5 to 15 minutes"
PRICES = "aws.amazon.com/privatelink/pricing"
_MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that will be made, changed or interrupted, or that stands already."""

    mark: Mark
    what: str
    detail: tuple[str, ...] = ()


def changes(plan: Plan, situation: Situation) -> tuple[Change, ...]:
    """Everything the run will do, in its order. A plan that stands already says so first."""
    endpoint = standing_endpoint(situation)
    found = [
        *_vpc_dns(plan, situation),
        *_groups(plan, situation),
        *_service(plan, situation.service),
        _endpoint(plan, situation, endpoint),
        *_private_dns(plan, situation.service, endpoint),
    ]
    if all(change.mark == "=" for change in found) and not _unfit(plan, situation, endpoint):
        return (Change("=", "Everything stands already: nothing will be changed."), *found)
    return tuple(found)


def _vpc_dns(plan: Plan, situation: Situation) -> Iterable[Change]:
    network = situation.network
    if network is None or not plan.enable_vpc_dns:
        return ()
    if network.dns.ready:
        return (Change("=", f"DNS support and DNS hostnames of {plan.vpc} are on"),)
    return (Change("~", f"Switch on {listed(network.dns.off)} in {plan.vpc}", ("It changes the whole VPC.",)),)


# ---------------------------------------------------------------------------------------------- security group


def _groups(plan: Plan, situation: Situation) -> tuple[Change, ...]:
    network = situation.network
    if isinstance(plan.group, NewGroup):
        return _new_group(plan.group, situation)
    names = {group.id: group.name for group in network.groups} if network else {}
    return tuple(
        Change("=", f"Security group {_named(names.get(group, ''), group)} is used as it is")
        for group in plan.group.ids
    )


def _new_group(group: NewGroup, situation: Situation) -> tuple[Change, ...]:
    rows = rules(group, situation.service, situation.network, situation.prefix_lists)
    ours = standing_group(group, situation)
    if ours is None:
        made = tuple(f"+ {row.label}" for row in rows)
        return (Change("+", f"Security group “{clean(group.name, 100)}”", (clean(group.description, 255), *made)),)
    missing = tuple(f"+ {row.label}" for row in rows if not row.stands(ours.rules))
    title = f"Security group {_named(ours.name, ours.id)}"
    return (Change("~", f"{title}: {count(len(missing), 'rule')} added", missing) if missing else Change("=", title),)


def _named(name: str, identifier: str) -> str:
    return f"“{clean(name, 100)}” ({identifier})" if name else identifier


# ---------------------------------------------------------------------------------------------- SkySQL


def _service(plan: Plan, service: Service) -> tuple[Change, ...]:
    name, private = clean(service.name, 100), service.private
    if private is None:
        return (Change("!", f"Switch {name} to PrivateLink: every connection drops", _switch(plan, service)),)
    added = [account for account in plan.accounts if account not in private.accounts]
    removed = [account for account in private.accounts if account not in plan.accounts]
    if not added and not removed:
        return (Change("=", f"{name} uses PrivateLink, for {count(len(plan.accounts), 'account')}"),)
    detail = [*(f"+{account}" for account in added), *(f"-{account} (links that exist stay up)" for account in removed)]
    return (Change("~", f"Accounts that may connect to {name}: +{len(added)} -{len(removed)}", tuple(detail)),)


def _switch(plan: Plan, service: Service) -> tuple[str, ...]:
    return (
        f"Nobody can connect until the link is up. {usual_interruption()}",
        f"Accounts that may connect: {listed(plan.accounts)}.",
        *_allow_list(service),
        "The Query Editor in the SkySQL portal stops working for this service.",
        "Backups and monitoring go on.",
    )


def _allow_list(service: Service) -> tuple[str, ...]:
    entries = [entry for endpoint in service.endpoints for entry in endpoint.allow_list]
    if not entries:
        return ("The IP allowlist is empty and is not used any more.",)
    title = f"The IP allowlist is cleared ({count(len(entries), 'entry', 'entries')}; the journal keeps a copy):"
    return (title, *address_lines(entries))


def address_lines(entries: Sequence[AllowedAddress]) -> tuple[str, ...]:
    """An IP allowlist to be shown under a title; of a long one the beginning."""
    shown = [f"  {clean(entry.ip, 60)} {clean(entry.comment, 60)}".rstrip() for entry in entries[:_MOST_LISTED]]
    more = len(entries) - len(shown)
    return (*shown, *([f"  and {more} more"] if more else []))


# ---------------------------------------------------------------------------------------------- endpoint


def _endpoint(plan: Plan, situation: Situation, standing: VpcEndpoint | None) -> Change:
    network = situation.network
    if standing is not None:
        title = f"VPC endpoint {standing.id} ({clean(standing.state, 40)})"
        return Change("=", title, _unfit(plan, situation, standing))
    subnets = {subnet.id: subnet for subnet in network.subnets} if network else {}
    left_out = _left_out(plan, situation)
    lines = [_new_subnet(subnet, subnets.get(subnet), subnet in left_out) for subnet in plan.subnets]
    tags = [f"tags: {', '.join(f'{key}={value}' for key, value in plan.tags)}"] if plan.tags else []
    where = _named(network.vpc.name, plan.vpc) if network else plan.vpc
    return Change("+", f"VPC endpoint “{clean(plan.endpoint_name, 100)}” in {where}", (*lines, *tags))


def _new_subnet(identifier: SubnetId, subnet: Subnet | None, left_out: bool) -> str:
    where = _where(identifier, subnet)
    return f"{where}: left out, the endpoint service is not in this zone" if left_out else f"+ {where}"


def _left_out(plan: Plan, situation: Situation) -> frozenset[SubnetId]:
    _, left_out = offered(chosen_subnets(plan, situation.network), situation.endpoint_service)
    return frozenset(subnet.id for subnet in left_out)


def _unfit(plan: Plan, situation: Situation, standing: VpcEndpoint | None) -> tuple[str, ...]:
    """What stands in the way of using an endpoint that is there. A run does not change or delete it."""
    if standing is None:
        return ()
    if is_lost(standing):
        return ("It cannot be used any more. Delete it in the AWS console first.",)
    left_out = _left_out(plan, situation)
    wanted = [subnet for subnet in plan.subnets if subnet not in left_out]
    short = lack(standing, wanted_groups(plan, situation), wanted)
    told = [f"It is not in {listed(short.subnets)}: this run does not move it."] if short.subnets else []
    told += [f"It does not carry {listed(short.groups)}: this run does not change that."] if short.groups else []
    return tuple(told)


def _where(identifier: str, subnet: Subnet | None) -> str:
    if subnet is None:
        return identifier
    return f"{subnet.zone.name} ({subnet.zone.id}): {_named(subnet.name, identifier)} {subnet.cidr}"


def _private_dns(plan: Plan, service: Service, standing: VpcEndpoint | None) -> tuple[Change, ...]:
    name = clean(service.fqdn, 255) or "the service's own name"
    if not plan.private_dns:
        return ()
    if standing is not None and standing.private_dns and not is_lost(standing):
        return (Change("=", f"Private DNS is on: {name} resolves to the endpoint inside the VPC"),)
    detail = ("It is switched on when AWS has verified the name.",)
    return (Change("~", f"Private DNS: {name} resolves to the endpoint inside the VPC", detail),)


# ---------------------------------------------------------------------------------------------- the price and the yes


def cost(plan: Plan) -> str:
    """List price of the endpoint by its zones: an hour, a month, a gigabyte."""
    zones = len(plan.subnets)
    hour, month = zones * HOURLY, zones * HOURLY * HOURS
    return (
        f"{count(zones, 'zone')}: ${hour:.2f} an hour, ${month:,.2f} a month of {HOURS} h, plus ${PER_GB:.2f} per GB. "
        f"List price of us-east-1, other regions differ: see {PRICES}."
    )


def usual_interruption() -> str:
    """How long a switch usually cuts clients off. SkySQL's own documentation says minutes; nothing here measured it."""
    return f"Expect {USUAL_INTERRUPTION}; it can take longer."


def agreement(situation: Situation) -> Literal["type-name", "yes"]:
    """How the start is agreed to: the service's name is typed when a switch interrupts a live service."""
    return "type-name" if interrupts(situation.service) else "yes"


def typed_to_agree(service: Service) -> str:
    """What "type-name" asks for: the name, or the id where not every keyboard has the name's characters."""
    name = clean(service.name, 100)
    return name if name.isascii() and 0 < len(name) <= 40 else service.id


def marks(found: Sequence[Change]) -> str:
    """`2 new, 1 changed, 1 interruption`, for a title."""
    words = {
        "+": ("new", "new"),
        "-": ("taken away", "taken away"),
        "~": ("changed", "changed"),
        "!": ("interruption", "interruptions"),
    }
    told = []
    for mark, (one, many) in words.items():
        number = sum(1 for change in found if change.mark == mark)
        if number:
            told.append(f"{number} {one if number == 1 else many}")
    return ", ".join(told) or "nothing to do"
