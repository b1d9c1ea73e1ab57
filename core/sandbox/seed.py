"""The company in the sandbox: Acme's services at SkySQL and its network at AWS. Data first, then how it is built."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from core.sandbox.aws.backend import Backend
from core.sandbox.aws.cloud import Cloud
from core.sandbox.environment import (
    ACCESS_KEY_ID,
    CONSUMER,
    HOME_REGION,
    MFA_ROLE,
    NETWORK_OWNER,
    OPERATOR,
    ROLE,
    SECRET_ACCESS_KEY,
)
from core.sandbox.skysql.provider import Provider
from core.sandbox.skysql.service import PRIVATE, Service

# -- SkySQL

_READWRITE = (("readwrite", 3306),)
_REPLICATED = (("readwrite", 3306), ("readonly", 3307))
_ZONES = ("use2-az1", "use2-az2", "use2-az3")
_OFFICES = (("203.0.113.7/32", "Berlin office"), ("198.51.100.0/24", "Toronto office"))


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


def seed_skysql(provider: Provider) -> None:
    for number, sample in enumerate(_SERVICES, start=1):
        service = Service(
            id=f"dbpgf{number:08d}",
            name=sample.name,
            region=sample.region,
            line=provider.clock.line(sample.status),
            zone_ids=sample.zone_ids,
            allow_list=[{"ip": ip, "comment": comment} for ip, comment in sample.offices],
            **{"ports": _READWRITE, **sample.more},
        )
        provider.add(service)
        if service.private:
            provider.establish(service)


# -- AWS


@dataclass(frozen=True)
class _Subnet:
    name: str
    zone: int  # counts the account's zones by name: 0 is …a
    cidr: str
    public: bool = False
    free: int | None = None  # addresses left, where nearly all are taken


@dataclass(frozen=True)
class _Vpc:
    name: str
    cidr: str
    subnets: tuple[_Subnet, ...] = ()
    dns_hostnames: bool = True
    owner: str = CONSUMER


_PROD = _Vpc(
    "prod-core",
    "10.20.0.0/16",
    (
        _Subnet("prod-public-a", 0, "10.20.0.0/24", public=True),
        _Subnet("prod-public-b", 1, "10.20.1.0/24", public=True),
        _Subnet("prod-public-c", 2, "10.20.2.0/24", public=True),
        _Subnet("prod-private-a", 0, "10.20.16.0/20"),
        _Subnet("prod-private-b", 1, "10.20.32.0/20"),
        _Subnet("prod-private-c", 2, "10.20.48.0/20"),
        _Subnet("prod-edge-a", 0, "10.20.3.0/28", free=1),
    ),
)
_HOME_VPCS = (
    _PROD,
    _Vpc(
        "legacy",
        "10.30.0.0/16",
        (_Subnet("legacy-a", 0, "10.30.0.0/24"), _Subnet("legacy-b", 1, "10.30.1.0/24")),
        dns_hostnames=False,
    ),
    _Vpc(
        "shared-network",
        "10.40.0.0/16",
        (_Subnet("shared-a", 0, "10.40.0.0/22"), _Subnet("shared-b", 1, "10.40.4.0/22")),
        owner=NETWORK_OWNER,
    ),
    _Vpc("sandbox-empty", "10.99.0.0/16"),
)
_EU_VPCS = (
    _Vpc(
        "eu-core",
        "10.50.0.0/16",
        (
            _Subnet("eu-public-a", 0, "10.50.0.0/24", public=True),
            _Subnet("eu-private-a", 0, "10.50.16.0/20"),
            _Subnet("eu-private-b", 1, "10.50.32.0/20"),
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
    subnets = {name: subnet for vpc in _HOME_VPCS for name, subnet in _build(home, vpc).items()}
    _populate(home, subnets)
    europe = cloud.backend(CONSUMER, "eu-west-1")
    for vpc in _EU_VPCS:
        _build(europe, vpc)
    _populate_legacy(home, subnets)


def _build(backend: Backend, plan: _Vpc) -> dict[str, Any]:
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
    if plan.owner != CONSUMER:
        backend.share(vpc.id, plan.owner)
    return subnets


def _subnet(backend: Backend, vpc_id: str, plan: _Subnet) -> Any:
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
    backend.authorize([_rule(groups["db-clients"].id, 3306, source_groups=[{"GroupId": groups["app-servers"].id}])])
    backend.authorize([_rule(groups["app-servers"].id, 443, ip_ranges=[{"CidrIp": _PROD.cidr}])])
    backend.authorize([_rule(groups["bastion"].id, 22, ip_ranges=[{"CidrIp": _OFFICES[0][0]}])])
    for name, subnet, group in _INSTANCES:
        _run(backend, name, subnets[subnet].id, groups[group].id)
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
        _run(backend, name, subnets[subnet].id, default)
    acl = backend.create_network_acl(blocked.vpc_id, tags=_name("no-databases"))
    for number, action, outbound, ports in _NO_DATABASES:
        backend.enter(acl.id, number, action, outbound=outbound, ports=ports)
    before = backend.describe_network_acls(filters={"association.subnet-id": [blocked.id]})[0]
    association = next(one.id for one in before.associations if one.subnet_id == blocked.id)
    backend.replace_network_acl_association(association, acl.id)


def _run(backend: Backend, name: str, subnet: str, group: str) -> None:
    backend.run_instances(
        "ami-0a1b2c3d4e5f60718",
        1,
        None,
        [],
        region_name=backend.region_name,
        subnet_id=subnet,
        security_group_ids=[group],
        instance_type="m6i.large",
        is_instance_type_default=False,
        tags={"instance": {"Name": name}},
    )


def _rule(group_id: str, port: int, **sources: list[dict[str, str]]) -> dict[str, Any]:
    nobody: dict[str, list[dict[str, str]]] = {"ip_ranges": [], "source_groups": [], "prefix_list_ids": []}
    return {"group_name_or_id": group_id, "ip_protocol": "tcp", "from_port": port, "to_port": port, **nobody, **sources}


def _name(name: str) -> list[dict[str, str]]:
    return [{"Key": "Name", "Value": name}]
