"""Facts for tests of what is pure: one ordinary company, changed by `replace` where a test wants something else."""

from dataclasses import replace
from typing import Any

from core.facts import (
    AllowedAddress,
    EndpointService,
    Identity,
    Instance,
    Network,
    Port,
    PrefixList,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Service,
    ServiceEndpoint,
    Situation,
    Subnet,
    Vpc,
    VpcDns,
    VpcEndpoint,
    Zone,
)
from core.plan import NewGroup, Plan
from core.values import (
    AccountId,
    EndpointId,
    EndpointServiceName,
    GroupId,
    Region,
    ServiceId,
    Source,
    SubnetId,
    VpcId,
    ZoneId,
)

OWN = AccountId("123456789012")
OTHER = AccountId("210987654321")
REGION = Region("us-east-2")
VPC = VpcId("vpc-0123456789abcdef0")
ENDPOINT_SERVICE = EndpointServiceName("com.amazonaws.vpce.us-east-2.vpce-svc-0123456789abcdef0")
PORTS = (Port("readwrite", 3306), Port("readonly", 3307))

ZONE_A, ZONE_B, ZONE_C = (
    Zone(f"us-east-2{letter}", ZoneId(f"use2-az{n}")) for letter, n in zip("abc", "123", strict=True)
)


OURS = (("managed-by", "skysql-privatelink"), ("skysql:service-id", "dbpgf00000001"))
"""Tags of what this program made for `service()`."""


def public_endpoint(**changed: Any) -> ServiceEndpoint:
    office = AllowedAddress("203.0.113.7/32", "office")
    return replace(ServiceEndpoint("primary", "nlb", "public", ports=PORTS, allow_list=(office,)), **changed)


def private_endpoint(*accounts: AccountId, **changed: Any) -> ServiceEndpoint:
    endpoint = ServiceEndpoint(
        "primary",
        "privateconnect",
        "private",
        ports=PORTS,
        accounts=accounts or (OWN,),
        endpoint_service=ENDPOINT_SERVICE,
    )
    return replace(endpoint, **changed)


def service(**changed: Any) -> Service:
    """Public, ready, with a read-write and a read-only port."""
    plain = Service(
        id=ServiceId("dbpgf00000001"),
        name="orders-prod",
        provider="aws",
        region=REGION,
        topology="es-replica",
        status="ready",
        fqdn="dbpgf00000001.sysp0000.db1.skysql.com",
        endpoints=(public_endpoint(),),
    )
    return replace(plain, **changed)


def subnet(name: str, zone: Zone, free: int = 200, **changed: Any) -> Subnet:
    return replace(Subnet(SubnetId(f"subnet-{name}"), name, VPC, zone, "10.0.1.0/24", free), **changed)


def group(identifier: str, name: str, *rules: Rule, **changed: Any) -> SecurityGroup:
    return replace(SecurityGroup(GroupId(identifier), name, "", VPC, rules), **changed)


def rule(source: str, first: int = 3306, last: int | None = None, protocol: str = "tcp") -> Rule:
    return Rule(protocol, first, first if last is None else last, Source(source))


def instance(where: str, *groups: str) -> Instance:
    return Instance(f"i-{where}", "", SubnetId(f"subnet-{where}"), frozenset(GroupId(one) for one in groups))


TO_INTERNET = Route("0.0.0.0/0", "igw-1")
LOCAL = Route("10.0.0.0/16", "local")


def table(identifier: str, *routes: Route, subnets: tuple[str, ...] = (), main: bool = False) -> RouteTable:
    return RouteTable(
        identifier, VPC, main, frozenset(SubnetId(f"subnet-{name}") for name in subnets), (LOCAL, *routes)
    )


def vpc(**changed: Any) -> Vpc:
    return replace(Vpc(VPC, "prod-core", ("10.0.0.0/16",), False, OWN), **changed)


def network(**changed: Any) -> Network:
    """Three zones; a private and a public subnet in the first, a private one in the others."""
    plain = Network(
        vpc=vpc(),
        dns=VpcDns(support=True, hostnames=True),
        subnets=(subnet("a", ZONE_A), subnet("a-public", ZONE_A, 250), subnet("b", ZONE_B), subnet("c", ZONE_C)),
        route_tables=(table("rtb-main", main=True), table("rtb-public", TO_INTERNET, subnets=("a-public",))),
        instances=(instance("a", "sg-0aaa"), instance("b", "sg-0aaa"), instance("b", "sg-0bbb")),
        groups=(
            group("sg-0def", "default"),
            group("sg-0aaa", "web", rule("0.0.0.0/0", 443)),
            group("sg-0bbb", "app", rule("10.0.0.0/16")),
        ),
    )
    return replace(plain, **changed)


def endpoint_service(*zones: Zone, **changed: Any) -> EndpointService:
    known = zones or (ZONE_A, ZONE_B, ZONE_C)
    return replace(EndpointService(ENDPOINT_SERVICE, frozenset(zone.id for zone in known), frozenset()), **changed)


def vpc_endpoint(**changed: Any) -> VpcEndpoint:
    plain = VpcEndpoint(
        EndpointId("vpce-0aaa"),
        VPC,
        ENDPOINT_SERVICE,
        "available",
        subnets=frozenset((SubnetId("subnet-a"), SubnetId("subnet-b"))),
        groups=frozenset((GroupId("sg-0ours"),)),
        tags=OURS,
    )
    return replace(plain, **changed)


PREFIX_LISTS = (PrefixList("pl-0111", "com.amazonaws.us-east-2.s3"), PrefixList("pl-0222", "offices"))


def situation(**changed: Any) -> Situation:
    plain = Situation(
        service=service(),
        identity=Identity(OWN, f"arn:aws:iam::{OWN}:user/ann"),
        regions=frozenset((REGION,)),
        zones=(ZONE_A, ZONE_B, ZONE_C),
        network=network(),
        endpoint_service=None,
        prefix_lists=PREFIX_LISTS,
    )
    return replace(plain, **changed)


def new_group(**changed: Any) -> NewGroup:
    plain = NewGroup("orders-prod-privatelink", "Clients of orders-prod", ("readwrite",), (Source("10.0.0.0/16"),))
    return replace(plain, **changed)


def plan(**changed: Any) -> Plan:
    plain = Plan(
        service="dbpgf00000001",
        accounts=(OWN,),
        region=REGION,
        vpc=VPC,
        subnets=(SubnetId("subnet-a"), SubnetId("subnet-b")),
        group=new_group(),
        endpoint_name="orders-prod",
    )
    return replace(plain, **changed)


OUR_GROUP = group("sg-0ours", "orders-prod-privatelink", rule("10.0.0.0/16"), tags=OURS)

LINKED = situation(
    service=service(endpoints=(private_endpoint(OWN),)),
    endpoint_service=endpoint_service(),
    network=network(groups=(OUR_GROUP,), endpoints=(vpc_endpoint(private_dns=True),)),
)
"""`plan()` carried out: the group, the switch, the endpoint and private DNS."""
