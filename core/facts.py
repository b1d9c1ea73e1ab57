"""What the two sides say, as frozen facts. Edges make them (cleaned of control characters); decisions read them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from core.values import (
    AccountId,
    Cidr,
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

PRIVATE_MECHANISMS = ("privateconnect", "privatelink")
"""Both are AWS PrivateLink: the first is what SkySQL is told, either may be read back."""

# ---------------------------------------------------------------------------------------------- SkySQL


@dataclass(frozen=True, slots=True)
class Port:
    purpose: str  # readwrite, readonly, …
    number: int


@dataclass(frozen=True, slots=True)
class AllowedAddress:
    """An entry of the public IP allowlist."""

    ip: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class ServiceEndpoint:
    """One of a SkySQL service's endpoints."""

    name: str
    mechanism: str  # nlb, privateconnect, privatelink; anything else may appear
    visibility: str  # public, private
    ports: tuple[Port, ...] = ()
    accounts: tuple[AccountId, ...] = ()
    endpoint_service: EndpointServiceName | None = None
    allow_list: tuple[AllowedAddress, ...] = ()

    @property
    def is_private(self) -> bool:
        return self.mechanism in PRIVATE_MECHANISMS


@dataclass(frozen=True, slots=True)
class Service:
    """A SkySQL database service."""

    id: ServiceId
    name: str
    provider: str  # aws, gcp, azure
    region: Region
    topology: str
    status: str  # ready, stopped, failed, pending_…, or a word we do not know
    fqdn: str = ""  # empty until first ready
    version: str = ""
    size: str = ""
    nodes: int = 1
    is_active: bool = True
    endpoints: tuple[ServiceEndpoint, ...] = ()

    @property
    def private(self) -> ServiceEndpoint | None:
        """The PrivateLink endpoint, wherever it stands in the list."""
        return next((endpoint for endpoint in self.endpoints if endpoint.is_private), None)

    @property
    def public(self) -> ServiceEndpoint | None:
        return next((endpoint for endpoint in self.endpoints if not endpoint.is_private), None)

    @property
    def ports(self) -> tuple[Port, ...]:
        """Ports of the private endpoint when there are any, else of the first that has some."""
        ordered = sorted(self.endpoints, key=lambda endpoint: not endpoint.is_private)
        return next((endpoint.ports for endpoint in ordered if endpoint.ports), ())


# ---------------------------------------------------------------------------------------------- AWS


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of the AWS configuration and how it signs in: keys, role, SSO, …"""

    name: str
    kind: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """STS GetCallerIdentity."""

    account: AccountId
    arn: str


@dataclass(frozen=True, slots=True)
class Right:
    """Whether the signed-in identity may do something, as far as AWS told beforehand."""

    action: str  # as policies name it: ec2:CreateVpcEndpoint
    state: Literal["allowed", "denied", "unknown"]
    why: str = ""  # who lacks it and what says so; of unknown: why it could not be told
    forbidden: bool = False  # denied by what no further policy outdoes: an explicit deny, a boundary, the organization


@dataclass(frozen=True, slots=True)
class PrivateZone:
    """A private hosted zone of Route 53 that is associated with the VPC."""

    id: str
    name: str  # without the last dot
    owner: str = ""  # the account, or the AWS service that keeps it


@dataclass(frozen=True, slots=True)
class Zone:
    name: str  # us-east-2a: this account's name for it
    id: ZoneId


@dataclass(frozen=True, slots=True)
class Vpc:
    id: VpcId
    name: str  # Name tag, may be empty
    cidrs: tuple[str, ...]
    is_default: bool
    owner: AccountId


@dataclass(frozen=True, slots=True)
class VpcDns:
    """The VPC's enableDnsSupport and enableDnsHostnames."""

    support: bool
    hostnames: bool

    @property
    def off(self) -> tuple[str, ...]:
        """The attributes that are off, in the order they can be switched on."""
        pairs = (("enableDnsSupport", self.support), ("enableDnsHostnames", self.hostnames))
        return tuple(name for name, on in pairs if not on)

    @property
    def ready(self) -> bool:
        return not self.off


@dataclass(frozen=True, slots=True)
class Subnet:
    id: SubnetId
    name: str
    vpc: VpcId
    zone: Zone
    cidr: str
    free: int  # available addresses
    ipv6_only: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    destination: str  # CIDR or prefix list id
    target: str  # igw-…, nat-…, local, …
    active: bool = True


@dataclass(frozen=True, slots=True)
class RouteTable:
    id: str
    vpc: VpcId
    main: bool
    subnets: frozenset[SubnetId]
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class AclEntry:
    """One numbered entry of a network ACL. Ports are -1 when the protocol has none or all are meant."""

    number: int  # 32767 is the last one, which AWS shows as *
    allows: bool
    outbound: bool
    protocol: str  # 6 = TCP, -1 = all
    cidr: str  # IPv4 or IPv6
    first: int = -1
    last: int = -1


@dataclass(frozen=True, slots=True)
class NetworkAcl:
    """What may cross the borders of its subnets, answers included: it remembers no connection."""

    id: str
    name: str  # Name tag, may be empty
    vpc: VpcId
    is_default: bool
    subnets: frozenset[SubnetId]
    entries: tuple[AclEntry, ...]


_UNTOLD = SubnetId("")


@dataclass(frozen=True, slots=True)
class Interface:
    """A network interface: an instance's, a function's, an endpoint's, …; AWS describes what it made one for."""

    id: str
    kind: str  # interface, lambda, vpc_endpoint, nat_gateway, …
    description: str = ""
    status: str = ""  # in-use, available = attached to nothing, …
    subnet: SubnetId = _UNTOLD
    groups: frozenset[GroupId] = frozenset()
    addresses: tuple[str, ...] = ()  # the primary IPv4 one first, IPv6 ones last
    requester_managed: bool = False  # made and kept by an AWS service
    instance: str = ""  # the id of the one it is attached to


@dataclass(frozen=True, slots=True)
class Instance:
    """A running or pending EC2 instance."""

    id: str
    name: str
    subnet: SubnetId
    groups: frozenset[GroupId]
    address: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One security group rule with one source. Ports are -1 when the protocol has none or all are meant."""

    protocol: str  # tcp, udp, icmp, -1 = all
    first: int
    last: int
    source: Source  # of an outbound rule: the destination
    description: str = ""

    def admits(self, port: int) -> bool:
        """Whether it lets TCP through on `port`, from its source."""
        if self.protocol == "-1":
            return True
        return self.protocol in ("tcp", "6") and (self.first == -1 or self.first <= port <= self.last)


@dataclass(frozen=True, slots=True)
class SecurityGroup:
    id: GroupId
    name: str
    description: str
    vpc: VpcId
    rules: tuple[Rule, ...] = ()  # inbound
    tags: tuple[tuple[str, str], ...] = ()
    outbound: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class PrefixList:
    id: str
    name: str
    weight: int = 1  # as many rules as it may hold entries: what one rule with it counts for
    entries: tuple[Cidr, ...] | None = None  # None: not read


@dataclass(frozen=True, slots=True)
class EndpointService:
    """DescribeVpcEndpointServices, as far as this account may see it: zones are those both sides have."""

    name: EndpointServiceName
    zone_ids: frozenset[ZoneId]  # may be empty while only names are known
    zone_names: frozenset[str]
    private_dns_name: str = ""
    private_dns_state: str = ""  # pendingVerification, verified, failed; empty when not told
    acceptance_required: bool = False

    def covers(self, zone: Zone) -> bool:
        return zone.id in self.zone_ids or (not self.zone_ids and zone.name in self.zone_names)

    def lacks(self, zone: Zone) -> bool:
        """Whether it is known not to be in the zone: one that lists no zones is believed to be in all."""
        return bool(self.zone_ids or self.zone_names) and not self.covers(zone)


@dataclass(frozen=True, slots=True)
class VpcEndpoint:
    """An interface VPC endpoint."""

    id: EndpointId
    vpc: VpcId
    service: EndpointServiceName
    state: str  # lower case: pendingacceptance, pending, available, …
    subnets: frozenset[SubnetId] = frozenset()
    groups: frozenset[GroupId] = frozenset()
    dns_names: tuple[str, ...] = ()  # in AWS's order, the private name included when on
    private_dns: bool = False
    last_error: str = ""  # "Code: message", or the failure reason
    tags: tuple[tuple[str, str], ...] = ()
    interfaces: frozenset[str] = frozenset()  # eni-…, one in each subnet
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class GroupUse:
    """What keeps a security group from being deleted."""

    interfaces: tuple[Interface, ...] = ()
    groups: tuple[GroupId, ...] = ()  # others with a rule that names it

    def __bool__(self) -> bool:
        return bool(self.interfaces or self.groups)


@dataclass(frozen=True, slots=True)
class Network:
    """Everything of one VPC that the pages and checks ask about."""

    vpc: Vpc
    dns: VpcDns
    subnets: tuple[Subnet, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    instances: tuple[Instance, ...] = ()
    groups: tuple[SecurityGroup, ...] = ()
    endpoints: tuple[VpcEndpoint, ...] = ()  # of every service
    acls: tuple[NetworkAcl, ...] | None = None  # None: this account may not read them
    interfaces: tuple[Interface, ...] | None = None  # None: the same


@dataclass(frozen=True, slots=True)
class Situation:
    """Both sides as they are before a run: what the review page and the preflight checks judge."""

    service: Service
    identity: Identity
    regions: frozenset[Region]  # enabled for the account
    zones: tuple[Zone, ...]
    network: Network | None  # None: no such VPC in that region
    endpoint_service: EndpointService | None  # None: not made yet, or not to be seen by this account
    prefix_lists: tuple[PrefixList, ...] = ()
    rights: tuple[Right, ...] = ()  # to every change that the plan would make
    private_zones: tuple[PrivateZone, ...] | None = None  # None: this account may not read them
    groups_in_region: int | None = None  # security groups of all VPCs; None: not counted
