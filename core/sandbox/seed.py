"""The company in the sandbox: Acme's services at SkySQL and its network at AWS. Data first, then how it is built."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from core.sandbox.aws.backend import Backend
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.endpoint import InterfaceEndpoint
from core.sandbox.aws.ids import own_ids
from core.sandbox.aws.services import Offer
from core.sandbox.clock import Clock
from core.sandbox.environment import (
    ACCESS_KEY_ID,
    CONSUMER,
    HOME_REGION,
    MFA_ROLE,
    NETWORK_OWNER,
    OPERATOR,
    PAYMENTS,
    ROLE,
    SECRET_ACCESS_KEY,
)
from core.sandbox.people import seed_people
from core.sandbox.skysql.organizations import ACME, ACME_EUROPE, Organization
from core.sandbox.skysql.provider import Provider
from core.sandbox.skysql.service import PRIVATE, AllowList, Service

if TYPE_CHECKING:
    from core.sandbox.world import World

# -- SkySQL

_READWRITE = (("readwrite", 3306),)
_REPLICATED = (("readwrite", 3306), ("readonly", 3307))
_ZONES = ("use2-az1", "use2-az2", "use2-az3")
_OFFICES = (("203.0.113.7/32", "Berlin office"), ("198.51.100.0/24", "Toronto office"))


def _listed(offices: tuple[tuple[str, str], ...]) -> AllowList:
    return [{"ip": ip, "comment": comment} for ip, comment in offices]


@dataclass(frozen=True)
class _Sample:
    name: str
    status: str = "ready"
    region: str = HOME_REGION
    zone_ids: tuple[str, ...] = _ZONES
    offices: tuple[tuple[str, str], ...] = ()
    more: dict[str, Any] = field(default_factory=dict)


_SERVICES = (
    _Sample(
        "orders-prod",
        offices=_OFFICES,
        more={"ports": _REPLICATED, "topology": "es-replica", "nodes": 2, "maxscale_nodes": 1},
    ),
    _Sample("billing", zone_ids=_ZONES[:2], offices=_OFFICES[:1]),
    _Sample("ledger-prod", zone_ids=_ZONES[:2], more={"mechanism": PRIVATE, "accounts": [CONSUMER]}),
    _Sample("analytics", region="us-central1", zone_ids=(), more={"provider": "gcp"}),
    _Sample("reports-archive", status="stopped"),
    _Sample(
        "crm-eu",
        region="eu-west-1",
        zone_ids=("euw1-az1", "euw1-az2", "euw1-az3"),
        offices=_OFFICES[:1],
        more={"ports": _REPLICATED, "topology": "es-replica", "nodes": 3, "maxscale_nodes": 2},
    ),
    _Sample("staging", status="pending_modifying"),
    _Sample("import-test", status="failed"),
)


_EU_ZONES = ("euw1-az1", "euw1-az2", "euw1-az3")
_LINKED: dict[str, Any] = {"mechanism": PRIVATE, "accounts": [CONSUMER]}
_NEVER = float("inf")


def _in_europe(name: str, status: str = "ready", **more: Any) -> _Sample:
    offices = more.pop("offices", ())
    return _Sample(name, status, "eu-west-1", _EU_ZONES, offices, {"project_id": "project-europe", **more})


_EUROPE_SERVICES = (  # whatever the API may say that the first organization never hears
    _in_europe("shop-eu", offices=_OFFICES),
    _in_europe("ledger-eu", **_LINKED, public_list=_listed(_OFFICES[:1]), public_first=True),
    _in_europe("reports-eu", **_LINKED, public_list=[], ports=_REPLICATED, topology="es-replica", nodes=2),
    _in_europe("vault-eu", mechanism=PRIVATE, read_back="privatelink"),
    _in_europe("stock-eu", "pending_scaling", **_LINKED),
    _in_europe("archive-eu", "retired", **_LINKED),
    _in_europe("mail-eu", "degraded", **_LINKED),
    _in_europe("fresh-eu", "pending_create", offices=_OFFICES[:1], fqdn_from=_NEVER),
)


def seed_skysql(provider: Provider) -> None:
    _seed(provider, ACME, _SERVICES, first=1)
    _seed(provider, ACME_EUROPE, _EUROPE_SERVICES, first=101)


def _seed(provider: Provider, organization: Organization, samples: tuple[_Sample, ...], first: int) -> None:
    for number, sample in enumerate(samples, start=first):
        service = Service(
            id=f"dbpgf{number:08d}",
            name=sample.name,
            region=sample.region,
            organization=organization,
            line=provider.clock.line(sample.status),
            zone_ids=sample.zone_ids,
            allow_list=_listed(sample.offices),
            **{"ports": _READWRITE, **sample.more},
        )
        provider.add(service)
        if service.private:
            provider.establish(service)


# -- AWS


@dataclass(frozen=True)
class Subnet:
    name: str
    zone: int  # counts the account's zones by name: 0 is …a
    cidr: str
    public: bool = False
    free: int | None = None  # addresses left, where nearly all are taken


@dataclass(frozen=True)
class Vpc:
    name: str
    cidr: str
    subnets: tuple[Subnet, ...] = ()
    dns_hostnames: bool = True
    owner: str = ""  # another account that shares it with this one


_PROD = Vpc(
    "prod-core",
    "10.20.0.0/16",
    (
        Subnet("prod-public-a", 0, "10.20.0.0/24", public=True),
        Subnet("prod-public-b", 1, "10.20.1.0/24", public=True),
        Subnet("prod-public-c", 2, "10.20.2.0/24", public=True),
        Subnet("prod-private-a", 0, "10.20.16.0/20"),
        Subnet("prod-private-b", 1, "10.20.32.0/20"),
        Subnet("prod-private-c", 2, "10.20.48.0/20"),
        Subnet("prod-edge-a", 0, "10.20.3.0/28", free=1),
    ),
)
_HOME_VPCS = (
    _PROD,
    Vpc(
        "legacy",
        "10.30.0.0/16",
        (Subnet("legacy-a", 0, "10.30.0.0/24"), Subnet("legacy-b", 1, "10.30.1.0/24")),
        dns_hostnames=False,
    ),
    Vpc(
        "shared-network",
        "10.40.0.0/16",
        (Subnet("shared-a", 0, "10.40.0.0/22"), Subnet("shared-b", 1, "10.40.4.0/22")),
        owner=NETWORK_OWNER,
    ),
    Vpc("sandbox-empty", "10.99.0.0/16"),
)
_EU_VPCS = (
    Vpc(
        "eu-core",
        "10.50.0.0/16",
        (
            Subnet("eu-public-a", 0, "10.50.0.0/24", public=True),
            Subnet("eu-private-a", 0, "10.50.16.0/20"),
            Subnet("eu-private-b", 1, "10.50.32.0/20"),
        ),
    ),
)
_PAYMENTS_VPCS = (
    Vpc(
        "payments-core",
        "10.60.0.0/16",
        (
            Subnet("payments-public-a", 0, "10.60.0.0/24", public=True),
            Subnet("payments-private-a", 0, "10.60.16.0/20"),
            Subnet("payments-private-b", 1, "10.60.32.0/20"),
            Subnet("payments-private-c", 2, "10.60.48.0/20"),
        ),
    ),
)
_GROUPS = (
    ("app-servers", "Application servers"),
    ("bastion", "Jump hosts"),
    ("db-clients", "Reach databases"),
)
_INSTANCES = (  # name, subnet, group
    ("app-1", "prod-private-a", "app-servers"),
    ("app-2", "prod-private-b", "app-servers"),
    ("batch", "prod-private-c", "app-servers"),
    ("jump", "prod-public-a", "bastion"),
)
_LEFT_OVER = (("old-crm", "legacy-a"), ("old-batch", "legacy-b"))  # carry the VPC's default group
_NO_DATABASES = (  # a network ACL from before: number, action, outbound, ports (None: everything)
    (90, "deny", False, (3306, 3306)),
    (100, "allow", False, None),
    (100, "allow", True, None),
)
_OFFICE_LIST = "office-networks"


def seed_aws(cloud: Cloud) -> None:
    cloud.identity.add_user(CONSUMER, OPERATOR, ACCESS_KEY_ID, SECRET_ACCESS_KEY)
    cloud.identity.add_role(CONSUMER, ROLE)
    cloud.identity.add_role(CONSUMER, MFA_ROLE, needs_mfa=True)
    home = cloud.backend(CONSUMER, HOME_REGION)
    subnets = {name: subnet for vpc in _HOME_VPCS for name, subnet in build(home, vpc).items()}
    _populate(home, subnets)
    europe = cloud.backend(CONSUMER, "eu-west-1")
    for vpc in _EU_VPCS:
        build(europe, vpc)
    _populate_legacy(home, subnets)
    with own_ids("people"):  # whoever comes here changes no id of the others
        seed_people(cloud.identity, cloud.fate.forbidden)
    cloud.sow_later(PAYMENTS, HOME_REGION, _build_payments)


def _build_payments(backend: Backend) -> None:
    with own_ids("payments"):  # whenever that is
        for vpc in _PAYMENTS_VPCS:
            build(backend, vpc)


def build(backend: Backend, plan: Vpc) -> dict[str, Any]:
    """Make a VPC with its subnets, gateway and routes. Returns the subnets by name."""
    vpc = backend.create_vpc(plan.cidr, tags=_name(plan.name))
    vpc.enable_dns_hostnames = plan.dns_hostnames
    subnets = {subnet.name: _subnet(backend, vpc.id, subnet) for subnet in plan.subnets}
    public = [subnets[subnet.name] for subnet in plan.subnets if subnet.public]
    private = [subnets[subnet.name] for subnet in plan.subnets if not subnet.public]
    if public:
        gateway = backend.create_internet_gateway(tags=_name(f"{plan.name}-igw"))
        backend.attach_internet_gateway(gateway.id, vpc.id)
        outward = backend.create_route_table(vpc.id, tags=_name(f"{plan.name}-public"))
        backend.create_route(outward.id, "0.0.0.0/0", gateway_id=gateway.id)
        for subnet in public:
            subnet.map_public_ip_on_launch = True
            backend.associate_route_table(outward.id, subnet_id=subnet.id)
        inward = backend.create_route_table(vpc.id, tags=_name(f"{plan.name}-private"))
        for subnet in private[1:]:  # the first private subnet is left to the main table, as happens
            backend.associate_route_table(inward.id, subnet_id=subnet.id)
    if plan.owner:
        backend.share(vpc.id, plan.owner)
    return subnets


def _subnet(backend: Backend, vpc_id: str, plan: Subnet) -> Any:
    zone = backend.describe_availability_zones()[plan.zone]
    subnet = backend.create_subnet(vpc_id, plan.cidr, availability_zone=zone.name)
    subnet.add_tag("Name", plan.name)
    if plan.free is not None:
        hosts = [str(host) for host in ipaddress.ip_network(plan.cidr).hosts()][3:]
        for address in hosts[: len(hosts) - plan.free]:
            backend.create_network_interface(subnet.id, address, description="edge appliance")
    return subnet


def _populate(backend: Backend, subnets: dict[str, Any]) -> None:
    vpc_id = subnets["prod-private-a"].vpc_id
    groups = {
        name: backend.create_security_group(name, description, vpc_id=vpc_id, tags={"Name": name})
        for name, description in _GROUPS
    }
    backend.authorize([rule(groups["db-clients"].id, 3306, source_groups=[{"GroupId": groups["app-servers"].id}])])
    backend.authorize([rule(groups["app-servers"].id, 443, ip_ranges=[{"CidrIp": _PROD.cidr}])])
    backend.authorize([rule(groups["bastion"].id, 22, ip_ranges=[{"CidrIp": _OFFICES[0][0]}])])
    for name, subnet, group in _INSTANCES:
        run(backend, name, subnets[subnet].id, groups[group].id)
    backend.create_managed_prefix_list(
        address_family="IPv4",
        entry=[{"Cidr": cidr, "Description": comment} for cidr, comment in _OFFICES],
        max_entries="10",
        prefix_list_name=_OFFICE_LIST,
        tags={"Name": _OFFICE_LIST},
    )


def _populate_legacy(backend: Backend, subnets: dict[str, Any]) -> None:
    """Two machines nobody dares to switch off, one behind a network ACL that keeps databases out."""
    blocked = subnets["legacy-b"]
    default = next(group.id for group in backend.groups[blocked.vpc_id].values() if group.is_default)
    for name, subnet in _LEFT_OVER:
        run(backend, name, subnets[subnet].id, default)
    deny_databases(backend, [blocked])


def deny_databases(backend: Backend, subnets: Sequence[Any]) -> None:
    """Give these subnets of one VPC a network ACL that keeps databases out."""
    acl = backend.create_network_acl(subnets[0].vpc_id, tags=_name("no-databases"))
    for number, action, outbound, ports in _NO_DATABASES:
        backend.enter(acl.id, number, action, outbound=outbound, ports=ports)
    for subnet in subnets:
        before = backend.describe_network_acls(filters={"association.subnet-id": [subnet.id]})[0]
        association = next(one.id for one in before.associations if one.subnet_id == subnet.id)
        backend.replace_network_acl_association(association, acl.id)


def run(backend: Backend, name: str, subnet_id: str, group_id: str) -> None:
    """Start an instance."""
    backend.run_instances(
        "ami-0a1b2c3d4e5f60718",
        1,
        None,
        [],
        region_name=backend.region_name,
        subnet_id=subnet_id,
        security_group_ids=[group_id],
        instance_type="m6i.large",
        is_instance_type_default=True,  # or moto looks for it among all there are
        tags={"instance": {"Name": name}},
    )


def rule(group_id: str, port: int, **sources: list[dict[str, str]]) -> dict[str, Any]:
    """A permission of `Backend.authorize`."""
    nobody: dict[str, list[dict[str, str]]] = {"ip_ranges": [], "source_groups": [], "prefix_list_ids": []}
    return {"group_name_or_id": group_id, "ip_protocol": "tcp", "from_port": port, "to_port": port, **nobody, **sources}


def _name(name: str) -> list[dict[str, str]]:
    return [{"Key": "Name", "Value": name}]


def link(
    world: World, service: Service, vpc_name: str, *, group_id: str = "", tags: dict[str, str] | None = None
) -> InterfaceEndpoint:
    """Make the service private, with a link in that VPC's private subnets that stands and answers for its name.

    The endpoint carries the VPC's default group unless given another. Returns the endpoint.
    """
    service.mechanism, service.accounts = PRIVATE, [CONSUMER]
    world.provider.establish(service)
    backend = world.cloud.backend(CONSUMER, service.region)
    (vpc,) = backend.describe_vpcs(filters={"tag:Name": [vpc_name]})
    offer = world.cloud.market.offer(CONSUMER, service.region, service.endpoints()[0]["endpoint_service"])
    group = backend.get_default_security_group(vpc.id)
    assert group is not None  # noqa: S101  every VPC has one
    private = backend.describe_subnets(filters={"vpc-id": [vpc.id], "tag:Name": ["*-private-*"]})
    subnets = [subnet for subnet in private if subnet.availability_zone_id in offer.zone_names]
    wanted = tags or {"Name": f"{service.name}-old"}
    return connect(backend, offer, subnets, group_id or group.id, world.cloud.clock, tags=wanted, private_dns=True)


def connect(
    backend: Backend,
    offer: Offer,
    subnets: Sequence[Any],
    group_id: str,
    clock: Clock,
    *,
    tags: dict[str, str],
    private_dns: bool = False,
) -> InterfaceEndpoint:
    """Make an endpoint that has stood for long in these subnets of one VPC. Returns it."""
    endpoint = InterfaceEndpoint(  # type: ignore[abstract]  # as abstract as moto's own, which it instantiates
        backend,
        subnets[0].vpc_id,
        offer,
        clock.line("available"),
        group_ids=[group_id],
        private_dns=private_dns,
        policy=None,
        tags=tags,
    )
    backend.vpc_end_points[endpoint.id] = endpoint
    for subnet in subnets:
        endpoint.enter(subnet.id)
    return endpoint
