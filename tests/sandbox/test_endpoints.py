"""VPC endpoints and endpoint services as AWS has them, one statement a line."""

from __future__ import annotations

import ipaddress
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.sandbox.stage import US, Network, Stage, refused, wanted


@dataclass(frozen=True)
class Scene:
    """An endpoint service in two zones, a network of three, another network beside it, and one without DNS."""

    stage: Stage
    service: str
    private_name: str
    here: Network
    there: Network
    deaf: Network

    @property
    def fitting(self) -> list[str]:
        """The subnets of `here` whose zones the service offers."""
        offered = self.details()["AvailabilityZoneIds"]
        return [subnet for subnet, zone in zip(self.here.subnets, self.here.zone_ids, strict=True) if zone in offered]

    @property
    def unfitting(self) -> str:
        return next(subnet for subnet in self.here.subnets if subnet not in self.fitting)

    def details(self) -> Any:
        found = self.stage.ec2.describe_vpc_endpoint_services(ServiceNames=[self.service])
        return found["ServiceDetails"][0]

    def request(self, **changes: Any) -> dict[str, Any]:
        return wanted(self.here, self.service, **{"SubnetIds": self.fitting[:1], **changes})

    def create(self, **changes: Any) -> Any:
        return self.stage.loose.create_vpc_endpoint(**self.request(**changes))["VpcEndpoint"]

    def described(self, endpoint_id: str) -> Any:
        return self.stage.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"][0]


@pytest.fixture(scope="module")
def scene(stage: Stage) -> Scene:
    ledger = stage.service("dbpgf00000003")  # two zones
    service = str(ledger["endpoints"][0]["endpoint_service"])
    networks = stage.network(), stage.network(), stage.network(dns=False)
    return Scene(stage, service, str(ledger["fqdn"]), *networks)


Change = dict[str, Any]  # of a good request; a callable value is asked with the scene

NO_VPC, NO_SUBNET, NO_GROUP = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
NO_SERVICE = "com.amazonaws.vpce.us-east-2.vpce-svc-0123456789abcdef0"
DEAF: Change = {
    "VpcId": lambda s: s.deaf.vpc,
    "SubnetIds": [],
    "SecurityGroupIds": lambda s: [s.deaf.group],
    "PrivateDnsEnabled": True,
}

# what CreateVpcEndpoint refuses: why, the change, code, words
CREATE: list[tuple[str, Change, str, str]] = [
    ("no such vpc", {"VpcId": NO_VPC}, "InvalidVpcID.NotFound", f"'{NO_VPC}' does not exist"),
    ("a vpc that its owner shares", {"VpcId": lambda s: s.stage.vpc("shared-network")}, "UnauthorizedOperation",
     "This operation does not support shared VPCs."),
    ("no such service", {"ServiceName": NO_SERVICE}, "InvalidServiceName",
     f"The Vpc Endpoint Service '{NO_SERVICE}' does not exist"),
    ("a service that admits others", {"ServiceName": lambda s: s.stage.private_service("210987654321")},
     "InvalidServiceName", "does not exist"),
    ("a service of another region", {"ServiceName": lambda s: s.service.replace("us-east-2", "us-west-2")},
     "InvalidServiceName", "does not exist"),
    ("type left out means Gateway", {"VpcEndpointType": None}, "InvalidParameter", "Gateway"),
    ("no such subnet", {"SubnetIds": [NO_SUBNET]}, "InvalidSubnetId.NotFound",
     f"The subnet ID '{NO_SUBNET}' does not exist"),
    ("a subnet of another vpc", {"SubnetIds": lambda s: s.there.subnets[:1]}, "InvalidParameter",
     "does not belong to the VPC"),
    ("a zone the service lacks", {"SubnetIds": lambda s: [s.unfitting]}, "InvalidParameter",
     "does not support the availability zone of the subnet: subnet-"),
    ("two subnets in one zone", {"SubnetIds": lambda s: [s.here.subnets[0], s.here.twin]},
     "DuplicateSubnetsInSameZone", "Found another VPC endpoint subnet in the availability zone of subnet-"),
    ("no such group", {"SecurityGroupIds": [NO_GROUP]}, "InvalidGroup.NotFound",
     f"The security group '{NO_GROUP}' does not exist"),
    ("a group of another vpc", {"SecurityGroupIds": lambda s: [s.there.group]}, "InvalidParameter",
     "different networks"),
    ("private dns without the vpc's attributes", DEAF, "InvalidParameter",
     "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for vpc-"),
    ("ipv6", {"IpAddressType": "ipv6"}, "InvalidParameter", "ipv6"),
    ("a dry run", {"DryRun": True}, "DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
    ("a token that is too long", {"ClientToken": "x" * 65}, "InvalidParameterValue", "64"),
]  # fmt: skip


def settled(scene: Scene, change: Change) -> Change:
    return {name: value(scene) if callable(value) else value for name, value in change.items()}


@pytest.mark.parametrize(("change", "code", "words"), [row[1:] for row in CREATE], ids=[row[0] for row in CREATE])
def test_create_refuses(scene: Scene, change: Change, code: str, words: str) -> None:
    request = scene.request(**settled(scene, change))
    before = scene.stage.ec2.describe_vpc_endpoints()["VpcEndpoints"]
    error = refused(lambda: scene.stage.loose.create_vpc_endpoint(**request))
    assert error.code == code
    assert words in error.message
    assert error.status == {"DryRunOperation": 412, "UnauthorizedOperation": 403}.get(code, 400)
    assert scene.stage.ec2.describe_vpc_endpoints()["VpcEndpoints"] == before


def test_six_groups_are_too_many(scene: Scene) -> None:
    def group(number: int) -> str:
        made = scene.stage.ec2.create_security_group(GroupName=f"many-{number}", Description="x", VpcId=scene.here.vpc)
        return made["GroupId"]

    groups = [group(number) for number in range(6)]
    assert refused(lambda: scene.create(SecurityGroupIds=groups)).code == "SecurityGroupsPerInterfaceLimitExceeded"


def test_a_full_subnet_is_refused(stage: Stage) -> None:
    network, service = stage.network(), stage.private_service()
    vpc = stage.ec2.describe_vpcs(VpcIds=[network.vpc])["Vpcs"][0]["CidrBlock"].rsplit(".", 2)[0]
    zone = stage.ec2.describe_availability_zones()["AvailabilityZones"][0]["ZoneName"]
    small = stage.ec2.create_subnet(VpcId=network.vpc, CidrBlock=f"{vpc}.20.0/28", AvailabilityZone=zone)
    subnet = small["Subnet"]["SubnetId"]
    for _ in range(11):
        stage.ec2.create_network_interface(SubnetId=subnet)
    error = refused(lambda: stage.create(network, service, SubnetIds=[subnet]))
    assert error.code == "InsufficientFreeAddressesInSubnet"


def test_fifty_endpoints_fill_a_vpc(stage: Stage) -> None:
    network, service = stage.network(), stage.private_service()
    for _ in range(50):
        stage.create(network, service, SubnetIds=[])
    assert refused(lambda: stage.create(network, service, SubnetIds=[])).code == "VpcEndpointLimitExceeded"


def test_a_client_token_makes_one_endpoint(scene: Scene) -> None:
    first = scene.stage.loose.create_vpc_endpoint(**scene.request(ClientToken="once"))
    again = scene.stage.loose.create_vpc_endpoint(**scene.request(ClientToken="once"))
    assert first["ClientToken"] == again["ClientToken"] == "once"
    assert first["VpcEndpoint"]["VpcEndpointId"] == again["VpcEndpoint"]["VpcEndpointId"]
    error = refused(lambda: scene.create(ClientToken="once", SecurityGroupIds=None))
    assert error.code == "IdempotentParameterMismatch"


def test_many_at_once_with_one_token_make_one_endpoint(scene: Scene) -> None:
    request = scene.request(ClientToken="at once")
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: scene.stage.loose.create_vpc_endpoint(**request), range(16))
        assert len({answer["VpcEndpoint"]["VpcEndpointId"] for answer in answers}) == 1


def test_endpoints_of_amazons_own_services_can_be_made_beside(stage: Stage) -> None:
    network = stage.network()
    own = stage.create(network, "com.amazonaws.us-east-2.ssm", PrivateDnsEnabled=None)
    assert own["PrivateDnsEnabled"]
    request: Any = {"VpcId": network.vpc, "ServiceName": "com.amazonaws.us-east-2.s3"}
    gateway = stage.ec2.create_vpc_endpoint(**request)["VpcEndpoint"]
    assert (gateway["VpcEndpointType"], gateway["State"]) == ("Gateway", "available")
    stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[gateway["VpcEndpointId"], own["VpcEndpointId"]])
    filters: Any = [{"Name": "vpc-id", "Values": [network.vpc]}]
    assert stage.ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"] == []


def test_the_answer_to_create_is_pending_and_complete(scene: Scene) -> None:
    tags = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "Name", "Value": "orders"}]}]
    made = scene.create(SubnetIds=scene.fitting, TagSpecifications=tags)
    assert made["State"] == "pending"
    assert re.fullmatch(r"vpce-[0-9a-f]{17}", made["VpcEndpointId"])
    assert (made["VpcEndpointType"], made["IpAddressType"]) == ("Interface", "ipv4")
    assert made["OwnerId"] == US
    assert made["Tags"] == [{"Key": "Name", "Value": "orders"}]
    assert [group["GroupId"] for group in made["Groups"]] == [scene.here.group]
    assert made["SubnetIds"] == scene.fitting
    assert len(made["NetworkInterfaceIds"]) == 2
    assert not made["PrivateDnsEnabled"]
    assert scene.described(made["VpcEndpointId"])["State"] == "available"


def test_without_groups_the_default_group_is_worn(scene: Scene) -> None:
    made = scene.create(SecurityGroupIds=None)
    assert [group["GroupName"] for group in made["Groups"]] == ["default"]


def test_names_are_regional_zonal_and_private(scene: Scene) -> None:
    network = scene.stage.network()
    offered = scene.details()["AvailabilityZoneIds"]
    subnets = [s for s, zone in zip(network.subnets, network.zone_ids, strict=True) if zone in offered]
    made = scene.stage.create(network, scene.service, SubnetIds=subnets)
    scene.stage.ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], PrivateDnsEnabled=True)
    names = [entry["DnsName"] for entry in scene.described(made["VpcEndpointId"])["DnsEntries"]]
    stem = rf"{made['VpcEndpointId']}-[a-z0-9]{{8}}"
    tail = re.escape(scene.service.rsplit(".", 1)[1]) + r"\.us-east-2\.vpce\.amazonaws\.com"
    assert re.fullmatch(rf"{stem}\.{tail}", names[0])
    assert all(re.fullmatch(rf"{stem}-us-east-2[abc]\.{tail}", name) for name in names[1:-1])
    assert len(names[1:-1]) == 2
    assert names[-1] == scene.private_name


def test_interfaces_lie_in_their_subnets_and_wear_the_groups(scene: Scene) -> None:
    made = scene.create(SubnetIds=scene.fitting)
    found = scene.stage.ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])
    subnets = scene.stage.ec2.describe_subnets(SubnetIds=scene.fitting)["Subnets"]
    blocks = {subnet["SubnetId"]: ipaddress.ip_network(subnet["CidrBlock"]) for subnet in subnets}
    for interface in found["NetworkInterfaces"]:
        assert ipaddress.ip_address(interface["PrivateIpAddress"]) in blocks[interface["SubnetId"]]
        assert [group["GroupId"] for group in interface["Groups"]] == [scene.here.group]
        assert (interface["InterfaceType"], interface["RequesterManaged"]) == ("vpc_endpoint", True)
        assert interface["Status"] == "in-use"
        assert made["VpcEndpointId"] in interface["Description"]
        assert interface["AvailabilityZoneId"] in scene.details()["AvailabilityZoneIds"]


def test_a_fixed_address_is_honoured(scene: Scene) -> None:
    subnet = scene.stage.ec2.describe_subnets(SubnetIds=scene.fitting[:1])["Subnets"][0]
    address = str(ipaddress.ip_network(subnet["CidrBlock"])[77])
    made = scene.create(SubnetConfigurations=[{"SubnetId": scene.fitting[0], "Ipv4": address}])
    found = scene.stage.ec2.describe_network_interfaces(NetworkInterfaceIds=made["NetworkInterfaceIds"])
    assert [one["PrivateIpAddress"] for one in found["NetworkInterfaces"]] == [address]


def test_a_second_private_name_in_one_vpc_conflicts(stage: Stage) -> None:
    network, service = stage.network(), stage.private_service()
    stage.create(network, service, PrivateDnsEnabled=True)
    error = refused(lambda: stage.create(network, service, PrivateDnsEnabled=True))
    assert error.code == "InvalidParameter"
    assert "there is already a conflicting DNS domain for dbpgf" in error.message
    assert error.message.endswith(f"in the VPC {network.vpc}")


# -- modify


def test_modify_moves_subnets_and_groups_with_their_interfaces(scene: Scene) -> None:
    endpoint = scene.create()["VpcEndpointId"]
    other = scene.stage.ec2.create_security_group(GroupName="other", Description="other", VpcId=scene.here.vpc)[
        "GroupId"
    ]
    scene.stage.ec2.modify_vpc_endpoint(
        VpcEndpointId=endpoint,
        AddSubnetIds=scene.fitting[1:],
        RemoveSubnetIds=scene.fitting[:1],
        AddSecurityGroupIds=[other],
        RemoveSecurityGroupIds=[scene.here.group],
    )
    after = scene.described(endpoint)
    found = scene.stage.ec2.describe_network_interfaces(NetworkInterfaceIds=after["NetworkInterfaceIds"])
    assert after["SubnetIds"] == scene.fitting[1:]
    assert [one["SubnetId"] for one in found["NetworkInterfaces"]] == scene.fitting[1:]
    assert [[group["GroupId"] for group in one["Groups"]] for one in found["NetworkInterfaces"]] == [[other]]


MODIFY: list[tuple[str, Change, str]] = [
    ("no such endpoint", {"VpcEndpointId": "vpce-0123456789abcdef0"}, "InvalidVpcEndpointId.NotFound"),
    ("a zone that is taken", {"AddSubnetIds": lambda s: [s.here.twin]}, "DuplicateSubnetsInSameZone"),
    ("a zone the service lacks", {"AddSubnetIds": lambda s: [s.unfitting]}, "InvalidParameter"),
    ("no such subnet", {"AddSubnetIds": [NO_SUBNET]}, "InvalidSubnetId.NotFound"),
    ("no such group", {"AddSecurityGroupIds": [NO_GROUP]}, "InvalidGroup.NotFound"),
    ("the last group", {"RemoveSecurityGroupIds": lambda s: [s.here.group]}, "InvalidParameter"),
    ("ipv6", {"IpAddressType": "dualstack"}, "InvalidParameter"),
    ("a dry run", {"DryRun": True, "PrivateDnsEnabled": True}, "DryRunOperation"),
]


@pytest.mark.parametrize(("change", "code"), [row[1:] for row in MODIFY], ids=[row[0] for row in MODIFY])
def test_modify_refuses_and_changes_nothing(scene: Scene, change: Change, code: str) -> None:
    first = next(s for s in scene.fitting if s == scene.here.subnets[0])  # the zone that has a twin subnet
    endpoint = scene.create(SubnetIds=[first])["VpcEndpointId"]
    before = scene.described(endpoint)
    request = {"VpcEndpointId": endpoint, **settled(scene, change)}
    assert refused(lambda: scene.stage.loose.modify_vpc_endpoint(**request)).code == code
    assert scene.described(endpoint) == before


# -- describe, delete


def test_delete_reports_what_it_could_not_delete(scene: Scene) -> None:
    endpoint = scene.create()["VpcEndpointId"]
    unknown = "vpce-0123456789abcdef0"
    answer = scene.stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint, unknown])
    assert [(one["ResourceId"], one["Error"]["Code"]) for one in answer["Unsuccessful"]] == [
        (unknown, "InvalidVpcEndpoint.NotFound")
    ]
    assert scene.stage.state(endpoint) == "InvalidVpcEndpointId.NotFound"


def test_a_dry_run_deletes_nothing(scene: Scene) -> None:
    endpoint = scene.create()["VpcEndpointId"]
    error = refused(lambda: scene.stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint], DryRun=True))
    assert (error.code, error.status) == ("DryRunOperation", 412)
    assert scene.stage.state(endpoint) == "available"


FILTERS = [  # name, and the value or the field that holds it
    ("vpc-endpoint-id", "VpcEndpointId"),
    ("vpc-id", "VpcId"),
    ("service-name", "ServiceName"),
    ("vpc-endpoint-state", "available"),
    ("vpc-endpoint-type", "VpcEndpointType"),
    ("ip-address-type", "IpAddressType"),
    ("service-region", "ServiceRegion"),
    ("tag:skysql:service-id", "found"),
    ("tag-key", "skysql:service-id"),
]


@pytest.mark.parametrize(("name", "value"), FILTERS, ids=[row[0] for row in FILTERS])
def test_describe_filters(scene: Scene, name: str, value: str) -> None:
    tags = [{"ResourceType": "vpc-endpoint", "Tags": [{"Key": "skysql:service-id", "Value": "found"}]}]
    endpoint = scene.create(TagSpecifications=tags)

    def found(wanted_value: str) -> list[str]:
        filters: Any = [{"Name": name, "Values": [wanted_value]}]
        pages = scene.stage.ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=filters)
        return [one["VpcEndpointId"] for page in pages for one in page["VpcEndpoints"]]

    assert endpoint["VpcEndpointId"] in found(endpoint.get(value, value))
    assert found("nothing-like-it") == []


def test_an_unknown_filter_is_refused(scene: Scene) -> None:
    scene.create()
    filters: Any = [{"Name": "colour", "Values": ["red"]}]
    assert refused(lambda: scene.stage.ec2.describe_vpc_endpoints(Filters=filters)).code == "InvalidFilter"


def test_an_endpoint_can_be_tagged_later_and_an_unknown_one_cannot(scene: Scene) -> None:
    endpoint = scene.create()["VpcEndpointId"]
    scene.stage.ec2.create_tags(Resources=[endpoint], Tags=[{"Key": "team", "Value": "payments"}])
    assert scene.described(endpoint)["Tags"] == [{"Key": "team", "Value": "payments"}]
    for resource, key, code in (
        ("vpce-0123456789abcdef0", "team", "InvalidVpcEndpointId.NotFound"),
        (endpoint, "aws:team", "InvalidParameterValue"),
        (endpoint, "k" * 128, "InvalidParameterValue"),
    ):
        tag: Any = {"Key": key, "Value": "x"}
        assert refused(lambda r=resource, t=tag: scene.stage.ec2.create_tags(Resources=[r], Tags=[t])).code == code  # type: ignore[misc]  # mypy cannot infer a lambda's defaults


# -- endpoint services


def test_a_service_is_described_as_a_consumer_sees_it(scene: Scene) -> None:
    details = scene.details()
    zones = scene.stage.ec2.describe_availability_zones()["AvailabilityZones"]
    names = {zone["ZoneId"]: zone["ZoneName"] for zone in zones}
    assert details["ServiceType"] == [{"ServiceType": "Interface"}]
    assert sorted(details["AvailabilityZoneIds"]) == ["use2-az1", "use2-az2"]
    assert details["AvailabilityZones"] == sorted(names[zone] for zone in details["AvailabilityZoneIds"])
    assert details["Owner"] != US
    assert details["PrivateDnsName"] == scene.private_name
    assert details["PrivateDnsNameVerificationState"] == "verified"
    assert details["AcceptanceRequired"] is False
    assert details["SupportedIpAddressTypes"] == ["ipv4"]


SERVICE_FILTERS = [
    ("service-name", "SERVICE", True),
    ("service-type", "Interface", True),
    ("service-type", "Gateway", False),
    ("owner", "801234567891", True),
    ("owner", "amazon", False),
    ("service-region", "us-east-2", True),
    ("supported-ip-address-types", "ipv6", False),
]


@pytest.mark.parametrize(("name", "value", "included"), SERVICE_FILTERS)
def test_services_are_filtered(scene: Scene, name: str, value: str, *, included: bool) -> None:
    filters: Any = [{"Name": name, "Values": [value.replace("SERVICE", scene.service)]}]
    found = scene.stage.ec2.describe_vpc_endpoint_services(Filters=filters)["ServiceNames"]
    assert (scene.service in found) is included


def test_services_come_in_pages(scene: Scene) -> None:
    everything = scene.stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    first = scene.stage.ec2.describe_vpc_endpoint_services(MaxResults=5)
    second = scene.stage.ec2.describe_vpc_endpoint_services(MaxResults=5, NextToken=first["NextToken"])
    assert [*first["ServiceNames"], *second["ServiceNames"]] == everything[:10]
