"""The company after twenty years: the usual one first, then a thousand services and three hundred VPCs around it.

Everything follows from its number, by tables of different lengths that are gone through again and again: so most
combinations occur, and two worlds agree.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from typing import TYPE_CHECKING, Any

from core.sandbox.aws.backend import Backend
from core.sandbox.aws.services import Offer
from core.sandbox.aws.zones import zone_ids
from core.sandbox.clock import Clock
from core.sandbox.environment import CONSUMER, HOME_REGION
from core.sandbox.seed import Subnet, Vpc, build, connect, rule, run
from core.sandbox.skysql.organizations import ACME
from core.sandbox.skysql.provider import Provider
from core.sandbox.skysql.service import PRIVATE, PUBLIC, Service

if TYPE_CHECKING:
    from core.sandbox.world import World

SERVICES = 1_000
VPCS = 300
SUBNETS = 6_000
GROUPS = 3_000
"""In the organization and in the home region, the usual company's own among them."""

HUB, HUB_SUBNETS, HUB_GROUPS, HUB_INSTANCES = "hub-prod", 200, 500, 60  # as many subnets as AWS lets a VPC have
NO_ENDPOINTS_LEFT, ENDPOINTS = "endpoints-full", 50
NO_ADDRESSES_LEFT, ZONES_LEFT = "addresses-full", (2,)  # the zones where there are some

_TEAMS = (
    *("audit", "billing", "cards", "claims", "clearing", "credit", "crm", "custody", "deposits", "fraud", "fx"),
    *("identity", "invoices", "ledger", "leasing", "loans", "loyalty", "mobile", "mortgage", "onboarding", "orders"),
    *("partner", "payments", "payroll", "pricing", "quotes", "reports", "risk", "savings", "tax", "treasury", "web"),
)
_PARTS = ("api", "archive", "batch", "core", "events", "jobs", "main", "search")
_STAGES = ("prod", "test", "dev", "stage")


def arrange(world: World) -> None:
    """Let the usual company grow: what `Fate.arrange` asks for."""
    _add_services(world.provider)
    home = world.cloud.backend(CONSUMER, HOME_REGION)
    home.group_quota = GROUPS + 1_000  # AWS raises it where one asks
    offers = [offer for offer in world.cloud.market.offers(CONSUMER, HOME_REGION) if offer.kind == "Interface"]
    for site in _sites(home):
        _settle(home, site, offers, world.cloud.clock)


def _names() -> Iterator[str]:
    """1,024 of them."""
    return (f"{team}-{part}-{stage}" for part, stage, team in itertools.product(_PARTS, _STAGES, _TEAMS))


# -- SkySQL

_STATUSES = (*("ready",) * 14, "stopped", "pending_modifying", "failed")
_PLACES = (
    *(("aws", HOME_REGION),) * 8,
    *(("aws", "us-east-1"), ("aws", "eu-west-1"), ("gcp", "us-central1"), ("aws", "us-west-2"), ("azure", "eastus")),
)
_SHAPES = (  # topology, nodes, maxscale_nodes, ports
    ("es-single", 1, 0, (("readwrite", 3306),)),
    ("es-replica", 2, 1, (("readwrite", 3306), ("readonly", 3307))),
    ("galera", 3, 2, (("readwrite", 3306), ("readonly", 3307))),
)
_ALLOWED = (0, 2, 1, 40, 3)  # addresses on the list
_PRIVATE = (False, False, True, False, False, False, False)


def _add_services(provider: Provider) -> None:
    numbers = range(len(provider.services(ACME)) + 1, SERVICES + 1)
    for number, name in zip(numbers, _names(), strict=False):
        cloud, region = _at(_PLACES, number)
        topology, nodes, maxscale_nodes, ports = _at(_SHAPES, number)
        private = _at(_PRIVATE, number) and cloud == "aws"
        service = Service(
            id=f"dbpgf{number:08d}",
            name=name,
            region=region,
            line=provider.clock.line(_at(_STATUSES, number)),
            ports=ports,
            zone_ids=zone_ids(region)[:3],
            provider=cloud,
            topology=topology,
            nodes=nodes,
            maxscale_nodes=maxscale_nodes,
            mechanism=PRIVATE if private else PUBLIC,
            accounts=[CONSUMER] if private else None,
            allow_list=[] if private else _allow_list(_at(_ALLOWED, number)),
        )
        provider.add(service)
        if private:
            provider.establish(service)


def _allow_list(length: int) -> list[dict[str, str]]:
    return [{"ip": f"203.0.113.{place}/32", "comment": f"office {place}"} for place in range(1, length + 1)]


# -- AWS

_KINDS = (  # of security groups: what they are for, the port they open
    ("app", "Application servers", 443),
    ("db", "Reach databases", 3306),
    ("batch", "Background jobs", None),
    ("lb", "Load balancers", 443),
    ("old", "Nobody knows any more", None),
)


@dataclass(frozen=True)
class _Site:
    """A VPC and what is in it, beside the default group that each has."""

    vpc: Vpc
    groups: int
    instances: int
    endpoints: int


def _sites(home: Backend) -> Iterator[_Site]:
    number = VPCS - len(home.vpcs)
    subnets = _shares(SUBNETS - len(home.describe_subnets()), HUB_SUBNETS, number)
    groups = _shares(GROUPS - number - len(home.describe_security_groups()), HUB_GROUPS, number)
    instances, endpoints = {HUB: HUB_INSTANCES, NO_ADDRESSES_LEFT: 0}, {NO_ENDPOINTS_LEFT: ENDPOINTS}
    names = itertools.chain((HUB, NO_ENDPOINTS_LEFT, NO_ADDRESSES_LEFT), _names())
    for place, (name, block, some, more) in enumerate(zip(names, _blocks(home), subnets, groups, strict=False)):
        vpc = Vpc(name, str(block), tuple(_subnets(name, block, some)), dns_hostnames=place % 6 != 5)
        yield _Site(vpc, more, instances.get(name, 1), endpoints.get(name, 2 if place % 5 == 4 else 0))


def _shares(total: int, first: int, number: int) -> list[int]:
    """`total` in so many parts: `first`, then others that differ by one at most."""
    each, over = divmod(total - first, number - 1)
    return [first, *(each + 1 if place < over else each for place in range(number - 1))]


def _blocks(home: Backend) -> Iterator[IPv4Network]:
    """Address ranges for VPCs, none twice."""
    taken = {vpc.cidr_block for vpc in home.vpcs.values()}
    wide = (IPv4Network("10.0.0.0/8"), IPv4Network("100.64.0.0/10"))
    return (block for one in wide for block in one.subnets(new_prefix=16) if str(block) not in taken)


def _subnets(vpc: str, block: IPv4Network, number: int) -> Iterator[Subnet]:
    full = vpc == NO_ADDRESSES_LEFT
    for place, cidr in zip(range(number), block.subnets(new_prefix=28 if full else 24), strict=False):
        zone, public = place % 3, place % 4 == 0 and not full
        name = f"{vpc}-{'public' if public else 'private'}-{'abc'[zone]}{place // 3 + 1}"
        yield Subnet(name, zone, str(cidr), public, free=0 if full and zone not in ZONES_LEFT else None)


def _settle(home: Backend, site: _Site, offers: Sequence[Offer], clock: Clock) -> None:
    subnets = list(build(home, site.vpc).values())
    groups = _add_groups(home, site, subnets[0].vpc_id)
    for number in range(site.instances):
        run(home, f"{site.vpc.name}-{number + 1}", _at(subnets, number + 1).id, _at(groups, number))
    for number in range(site.endpoints):
        offer = _at(offers, number)
        tags = {"Name": offer.name.rsplit(".", 1)[1]}
        connect(home, offer, [_at(subnets, number)], groups[0], clock, tags=tags)


def _add_groups(home: Backend, site: _Site, vpc_id: str) -> list[str]:
    """Returns their ids."""
    ids: list[str] = []
    for number in range(site.groups):
        kind, description, port = _at(_KINDS, number)
        name = f"{site.vpc.name}-{kind}-{number + 1:03}"
        group = home.create_security_group(name, description, vpc_id=vpc_id, tags={"Name": name})
        if port == 443:
            home.authorize([rule(group.id, port, ip_ranges=[{"CidrIp": site.vpc.cidr}])])
        elif port:
            home.authorize([rule(group.id, port, source_groups=[{"GroupId": ids[-1]}])])
        ids.append(group.id)
    return ids


def _at(table: Sequence[Any], number: int) -> Any:
    """The table begins anew at its end."""
    return table[number % len(table)]
