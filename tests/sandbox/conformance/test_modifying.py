"""ModifyVpcEndpoint: what it refuses, and what it changes."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import Scene
from tests.sandbox.conformance.test_creating import NO_GROUP, NO_SUBNET, POLICY

MODIFY = at.api("ModifyVpcEndpoint")
NO_ENDPOINT = "vpce-0123456789abcdef0"


def changing(says: str, source: str, changes: dict[str, Any], code: str, words: str = "") -> Refuses:
    """A change of an endpoint that stands in one zone is refused."""
    request = lambda s: {"VpcEndpointId": s.ready(), **s.settled(changes)}  # noqa: E731  a table's cell
    return Refuses(says, source, "modify_vpc_endpoint", request, code, words=words)


REFUSED = [
    changing("no such endpoint", at.ERRORS, {"VpcEndpointId": NO_ENDPOINT}, "InvalidVpcEndpointId.NotFound",
             NO_ENDPOINT),
    changing("an endpoint id that is none", at.ERRORS, {"VpcEndpointId": "vpce-xyz"}, "InvalidVpcEndpointId.Malformed"),
    changing("a subnet in a zone that is taken", at.ERRORS, {"AddSubnetIds": lambda s: s.twins[1:]},
             "DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of "),
    changing("a subnet in a zone the service lacks", at.ERRORS, {"AddSubnetIds": lambda s: [s.unfitting]},
             "InvalidParameter", "does not support the availability zone of the subnet: subnet-"),
    changing("no such subnet", at.ERRORS, {"AddSubnetIds": [NO_SUBNET]},
             "InvalidSubnetId.NotFound|InvalidSubnetID.NotFound"),
    changing("a subnet of another vpc", at.ERRORS, {"AddSubnetIds": lambda s: s.offered(s.there)[1:]},
             "InvalidParameter"),
    changing("no such group", at.ERRORS, {"AddSecurityGroupIds": [NO_GROUP]},
             "InvalidGroup.NotFound|InvalidSecurityGroupID.NotFound"),
    changing("a group of another vpc", at.ERRORS, {"AddSecurityGroupIds": lambda s: [s.there.group]},
             "InvalidParameter|InvalidGroup.NotFound"),
    changing("a sixth group", at.VPC_QUOTAS, {"AddSecurityGroupIds": lambda s: s.six_groups[:5]},
             "SecurityGroupsPerInterfaceLimitExceeded"),
    changing("the last group taken away", at.api("CreateVpcEndpoint"),
             {"RemoveSecurityGroupIds": lambda s: [s.here.group]}, "InvalidParameter"),
    changing("an address type the service lacks", at.ERRORS, {"IpAddressType": "dualstack"}, "InvalidParameter"),
    changing("a policy, where the service takes none", at.issue("pulumi/pulumi-aws-native", 1711),
             {"PolicyDocument": POLICY}, "InvalidParameter", "only supports the full-access endpoint policy"),
    changing("route tables for an interface", MODIFY, {"AddRouteTableIds": ["rtb-0123456789abcdef0"]},
             "InvalidParameter"),
]  # fmt: skip


@cases(REFUSED)
def test_refused(case: Case, scene: Scene) -> None:
    show(case, scene)


def moved(s: Scene) -> list[Any]:
    """Where an endpoint is after it has moved from its first zone to the others."""
    endpoint, group = s.ready(), s.group()
    after = s.modified(
        endpoint,
        AddSubnetIds=s.fitting[1:],
        RemoveSubnetIds=s.fitting[:1],
        AddSecurityGroupIds=[group],
        RemoveSecurityGroupIds=[s.here.group],
    )
    worn = {one["GroupId"] for interface in s.interfaces(endpoint) for one in interface["Groups"]}
    places = {interface["SubnetId"] for interface in s.interfaces(endpoint)}
    return [set(after["SubnetIds"]) == places == set(s.fitting[1:]), worn == {group}]


def swapped(s: Scene) -> list[str]:
    """A zone's one subnet for another of that zone: away with the first, then the second."""
    here, twin = s.twins
    endpoint = s.ready(SubnetIds=[here])
    s.modified(endpoint, RemoveSubnetIds=[here])
    return list(s.modified(endpoint, AddSubnetIds=[twin])["SubnetIds"])


def readdressed(s: Scene) -> bool:
    endpoint = s.ready()
    before, address = s.interfaces(endpoint)[0], str(s.block(s.fitting[0])[99])
    s.modified(endpoint, SubnetConfigurations=[{"SubnetId": s.fitting[0], "Ipv4": address}])
    after = s.interfaces(endpoint)[0]
    return bool(before["PrivateIpAddress"] != after["PrivateIpAddress"] == address)


def answered(s: Scene) -> bool:
    return bool(s.ec2.modify_vpc_endpoint(VpcEndpointId=s.ready(), PrivateDnsEnabled=False)["Return"])


def zonal(s: Scene) -> int:
    """How many names an endpoint has gained with a second zone."""
    endpoint = s.ready()
    before = len(s.names(endpoint))
    s.modified(endpoint, AddSubnetIds=s.fitting[1:2])
    return len(s.names(endpoint)) - before


CHANGED = [
    Shows("true, and nothing else", MODIFY, answered, True),
    Shows("subnets and groups, and the interfaces with them", MODIFY, moved, [True, True]),
    Shows("a zone's subnet, in two steps", at.OPERATOR, swapped,
          lambda s: s.twins[1:]),
    Shows("an address, by another interface", at.api("SubnetConfiguration"), readdressed, True),
    Shows("a name more for a zone more", at.DNS_NAMES, zonal, 1),
]  # fmt: skip


@cases(CHANGED)
def test_changed(case: Case, scene: Scene) -> None:
    show(case, scene)


def in_flight(s: Scene) -> dict[str, Any]:
    """A second change, right after the first."""
    endpoint = s.ready()
    s.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=s.fitting[1:])
    return {"VpcEndpointId": endpoint, "RemoveSubnetIds": s.fitting[:1]}


def deleting(s: Scene) -> dict[str, Any]:
    endpoint = s.ready()
    s.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    return {"VpcEndpointId": endpoint, "PrivateDnsEnabled": True}


IN_TIME = [
    Refuses("a second change while the first is in flight", at.issue("hashicorp/terraform-provider-aws", 42875),
            "modify_vpc_endpoint", in_flight, "OperationInProgress",
            words="VpcEndpoint modify operation in progress"),
    Refuses("an endpoint that is being deleted", at.ERRORS, "modify_vpc_endpoint", deleting,
            "IncorrectState|InvalidVpcEndpointId.NotFound|InvalidParameter"),
]  # fmt: skip


@cases(IN_TIME)
def test_in_time(case: Case, slow: Scene) -> None:
    show(case, slow)
