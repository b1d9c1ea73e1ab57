"""EC2's answers as facts: names cleaned, states in lower case (AWS varies theirs), nothing assumed to be there."""

from typing import TYPE_CHECKING, Any

from core.facts import (
    AclEntry,
    EndpointService,
    Instance,
    Interface,
    NetworkAcl,
    PrefixList,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcEndpoint,
    Zone,
)
from core.text import clean
from core.values import AccountId, EndpointId, EndpointServiceName, GroupId, Source, SubnetId, VpcId, ZoneId

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_ec2.type_defs import (
        AvailabilityZoneTypeDef,
        InstanceTypeDef,
        IpPermissionOutputTypeDef,
        ManagedPrefixListTypeDef,
        NetworkAclEntryTypeDef,
        NetworkAclTypeDef,
        NetworkInterfaceTypeDef,
        RouteTableTypeDef,
        RouteTypeDef,
        SecurityGroupTypeDef,
        ServiceDetailTypeDef,
        SubnetTypeDef,
        TagTypeDef,
        VpcEndpointTypeDef,
        VpcTypeDef,
    )

_TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "TransitGatewayId",
    "VpcPeeringConnectionId",
    "EgressOnlyInternetGatewayId",
    "LocalGatewayId",
    "CarrierGatewayId",
    "CoreNetworkArn",
    "InstanceId",
    "NetworkInterfaceId",
)
"""Where a route may lead. An instance's interface comes with the instance's id: the instance says more."""

_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")

_SOURCES = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("UserIdGroupPairs", "GroupId"),
    ("PrefixListIds", "PrefixListId"),
)
"""The four kinds of source a permission lists, and the key each is told by."""


def tags(found: "Sequence[TagTypeDef] | None") -> tuple[tuple[str, str], ...]:
    return tuple((clean(tag.get("Key", "")), clean(tag.get("Value", ""))) for tag in found or ())


def name_of(found: "Sequence[TagTypeDef] | None") -> str:
    """The Name tag, or nothing."""
    return dict(tags(found)).get("Name", "")


def zone(found: "AvailabilityZoneTypeDef") -> Zone:
    return Zone(clean(found.get("ZoneName", "")), ZoneId(clean(found.get("ZoneId", ""))))


def vpc(found: "VpcTypeDef") -> Vpc:
    more = (block.get("CidrBlock", "") for block in found.get("CidrBlockAssociationSet", ()) if _associated(block))
    cidrs = dict.fromkeys(clean(cidr) for cidr in (found.get("CidrBlock", ""), *more) if cidr)
    return Vpc(
        VpcId(found.get("VpcId", "")),
        name_of(found.get("Tags")),
        tuple(cidrs),
        found.get("IsDefault", False),
        AccountId(found.get("OwnerId", "")),
    )


def _associated(block: Any) -> bool:
    return bool(block.get("CidrBlockState", {}).get("State", "associated") == "associated")


def subnet(found: "SubnetTypeDef") -> Subnet:
    sixes = [str(block.get("Ipv6CidrBlock", "")) for block in found.get("Ipv6CidrBlockAssociationSet", ())]
    return Subnet(
        SubnetId(found.get("SubnetId", "")),
        name_of(found.get("Tags")),
        VpcId(found.get("VpcId", "")),
        Zone(found.get("AvailabilityZone", ""), ZoneId(found.get("AvailabilityZoneId", ""))),
        found.get("CidrBlock", "") or next(iter(sixes), ""),
        found.get("AvailableIpAddressCount", 0),
        found.get("Ipv6Native", False),
    )


def route_table(found: "RouteTableTypeDef") -> RouteTable:
    associations = found.get("Associations", [])
    return RouteTable(
        found.get("RouteTableId", ""),
        VpcId(found.get("VpcId", "")),
        any(association.get("Main", False) for association in associations),
        frozenset(SubnetId(each["SubnetId"]) for each in associations if each.get("SubnetId")),
        tuple(_route(each) for each in found.get("Routes", [])),
    )


def _route(found: "RouteTypeDef") -> Route:
    answer: dict[str, Any] = dict(found)
    return Route(_first(answer, _DESTINATIONS), _first(answer, _TARGETS), found.get("State", "active") == "active")


def _first(found: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((clean(str(found[key])) for key in keys if found.get(key)), "")


def instance(found: "InstanceTypeDef") -> Instance:
    attached = [*found.get("SecurityGroups", [])]
    for interface in found.get("NetworkInterfaces", []):
        attached.extend(interface.get("Groups", []))
    return Instance(
        found.get("InstanceId", ""),
        name_of(found.get("Tags")),
        SubnetId(found.get("SubnetId", "")),
        frozenset(GroupId(group["GroupId"]) for group in attached if group.get("GroupId")),
        found.get("PrivateIpAddress", ""),
    )


def group(found: "SecurityGroupTypeDef") -> SecurityGroup:
    return SecurityGroup(
        GroupId(found.get("GroupId", "")),
        clean(found.get("GroupName", "")),
        clean(found.get("Description", "")),
        VpcId(found.get("VpcId", "")),
        tuple(rule for permission in found.get("IpPermissions", []) for rule in _rules(permission)),
        tags(found.get("Tags")),
        tuple(rule for permission in found.get("IpPermissionsEgress", []) for rule in _rules(permission)),
    )


def _rules(permission: "IpPermissionOutputTypeDef") -> "Iterator[Rule]":
    """EC2 folds rules of the same ports into one permission with many sources; unfolded here, one source each."""
    answer: dict[str, Any] = dict(permission)
    protocol = str(answer.get("IpProtocol", "-1")).lower()
    first, last = int(answer.get("FromPort", -1)), int(answer.get("ToPort", -1))
    for kind, key in _SOURCES:
        for source in answer.get(kind, ()):
            told = source.get(key) or source.get("GroupName") or ""
            yield Rule(protocol, first, last, Source(clean(told)), clean(source.get("Description", "")))


def prefix_list(found: "ManagedPrefixListTypeDef") -> PrefixList:
    name = clean(found.get("PrefixListName", ""))
    return PrefixList(found.get("PrefixListId", ""), name, found.get("MaxEntries", 1))


def acl(found: "NetworkAclTypeDef") -> NetworkAcl:
    return NetworkAcl(
        found.get("NetworkAclId", ""),
        name_of(found.get("Tags")),
        VpcId(found.get("VpcId", "")),
        found.get("IsDefault", False),
        frozenset(SubnetId(each["SubnetId"]) for each in found.get("Associations", []) if each.get("SubnetId")),
        tuple(_acl_entry(each) for each in found.get("Entries", [])),
    )


def _acl_entry(found: "NetworkAclEntryTypeDef") -> AclEntry:
    ports = found.get("PortRange", {})
    return AclEntry(
        found.get("RuleNumber", 0),
        found.get("RuleAction", "") == "allow",
        found.get("Egress", False),
        str(found.get("Protocol", "-1")),
        clean(found.get("CidrBlock", "") or found.get("Ipv6CidrBlock", "")),
        ports.get("From", -1),
        ports.get("To", -1),
    )


def interface(found: "NetworkInterfaceTypeDef") -> Interface:
    fours = [
        found.get("PrivateIpAddress", ""),
        *(each.get("PrivateIpAddress", "") for each in found.get("PrivateIpAddresses", [])),
    ]
    sixes = [each.get("Ipv6Address", "") for each in found.get("Ipv6Addresses", [])]
    return Interface(
        found.get("NetworkInterfaceId", ""),
        clean(str(found.get("InterfaceType", ""))),
        clean(found.get("Description", "")),
        str(found.get("Status", "")),
        SubnetId(found.get("SubnetId", "")),
        frozenset(GroupId(each["GroupId"]) for each in found.get("Groups", []) if each.get("GroupId")),
        tuple(dict.fromkeys(clean(address) for address in (*fours, *sixes) if address)),
        found.get("RequesterManaged", False),
        found.get("Attachment", {}).get("InstanceId", ""),
    )


def endpoint_service(found: "ServiceDetailTypeDef") -> EndpointService:
    private = [clean(str(each.get("PrivateDnsName", ""))) for each in found.get("PrivateDnsNames", [])]
    answer: dict[str, Any] = dict(found)  # AvailabilityZoneIds is newer than some descriptions of the answer
    return EndpointService(
        EndpointServiceName(clean(found.get("ServiceName", ""))),
        frozenset(ZoneId(each) for each in answer.get("AvailabilityZoneIds") or ()),
        frozenset(answer.get("AvailabilityZones") or ()),
        clean(found.get("PrivateDnsName", "")) or next(iter(private), ""),
        clean(found.get("PrivateDnsNameVerificationState", "")),
        found.get("AcceptanceRequired", False),
    )


def endpoint(found: "VpcEndpointTypeDef") -> VpcEndpoint:
    return VpcEndpoint(
        EndpointId(found.get("VpcEndpointId", "")),
        VpcId(found.get("VpcId", "")),
        EndpointServiceName(clean(found.get("ServiceName", ""))),
        clean(str(found.get("State", ""))).lower(),
        frozenset(SubnetId(each) for each in found.get("SubnetIds") or ()),
        frozenset(GroupId(each["GroupId"]) for each in found.get("Groups") or () if each.get("GroupId")),
        tuple(clean(each["DnsName"]) for each in found.get("DnsEntries") or () if each.get("DnsName")),
        found.get("PrivateDnsEnabled", False),
        _last_error(found),
        tags(found.get("Tags")),
        frozenset(found.get("NetworkInterfaceIds") or ()),
        found.get("CreationTimestamp"),
    )


def _last_error(found: "VpcEndpointTypeDef") -> str:
    error = found.get("LastError") or {}
    told = ": ".join(filter(None, (error.get("Code", ""), error.get("Message", ""))))
    return clean(told or found.get("FailureReason", "") or "", 500)
