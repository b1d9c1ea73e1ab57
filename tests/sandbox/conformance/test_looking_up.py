"""What the Describe calls tell: endpoint services, endpoints, regions, zones, VPC attributes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Need, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import Scene
from tests.sandbox.conformance.test_creating import NO_GROUP, NO_SUBNET, NO_VPC, nobodys, of_another_region, of_others
from tests.sandbox.conformance.test_modifying import NO_ENDPOINT

SERVICES = at.api("DescribeVpcEndpointServices")
DETAIL = at.api("ServiceDetail")
ENDPOINTS = at.api("DescribeVpcEndpoints")
ZONES = at.api("DescribeAvailabilityZones")
REGIONS = at.api("DescribeRegions")
CHANGE_VPC = at.api("ModifyVpcAttribute")


def looking(says: str, source: str, action: str, request: Any, *error: str, needs: Need | None = None) -> Refuses:
    """A Describe call is refused. `error`: the code, and words of the message."""
    code, words = (*error, "")[:2]
    return Refuses(says, source, f"describe_{action}", request, code, words=words, needs=needs)


def where(name: str, *values: str) -> dict[str, Any]:
    return {"Filters": [{"Name": name, "Values": list(values)}]}


REFUSED = [
    looking("no such endpoint service", at.ERRORS, "vpc_endpoint_services", lambda s: {"ServiceNames": [nobodys(s)]},
            "InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.vpce."),
    looking("a service that admits others, in the same words", at.issue("cloud-custodian/cloud-custodian", 10741),
            "vpc_endpoint_services", lambda s: {"ServiceNames": [of_others(s)]}, "InvalidServiceName",
            "does not exist", needs=Need.PROVIDER),
    looking("a service of another region", SERVICES, "vpc_endpoint_services",
            lambda s: {"ServiceNames": [of_another_region(s)]}, "InvalidServiceName"),
    looking("services by a filter of another call", at.issue("mondoohq/mql", 4454), "vpc_endpoint_services",
            where("vpc-id", NO_VPC), "InvalidFilter", "The filter 'vpc-id' is invalid"),
    *(looking(f"{action.replace('_', ' ')} by a filter that is none", at.issue("boto/boto3", 1299), action,
              where("colour", "red"), "InvalidParameterValue", "The filter 'colour' is invalid")
      for action in ("availability_zones", "instances", "managed_prefix_lists", "network_acls", "network_interfaces",
                     "regions", "route_tables", "security_groups", "security_group_rules", "subnets", "tags", "vpcs")),
    looking("no such endpoint", at.ERRORS, "vpc_endpoints", {"VpcEndpointIds": [NO_ENDPOINT]},
            "InvalidVpcEndpointId.NotFound", NO_ENDPOINT),
    looking("an endpoint id that is none", at.ERRORS, "vpc_endpoints", {"VpcEndpointIds": ["vpce-xyz"]},
            "InvalidVpcEndpointId.Malformed"),
    looking("endpoints by a filter that is none", at.ERRORS, "vpc_endpoints", where("colour", "red"),
            "InvalidFilter|InvalidParameterValue"),
    looking("no such vpc", at.ERRORS, "vpcs", {"VpcIds": [NO_VPC]}, "InvalidVpcID.NotFound",
            f"The vpc ID '{NO_VPC}' does not exist"),
    looking("a vpc id that is none", at.ERRORS, "vpcs", {"VpcIds": ["vpc-xyz"]},
            "InvalidVpcID.Malformed|InvalidVpcId.Malformed"),
    looking("an attribute of no such vpc", at.ERRORS, "vpc_attribute",
            {"VpcId": NO_VPC, "Attribute": "enableDnsSupport"}, "InvalidVpcID.NotFound"),
    looking("no such subnet", at.ERRORS, "subnets", {"SubnetIds": [NO_SUBNET]},
            "InvalidSubnetID.NotFound|InvalidSubnetId.NotFound", f"The subnet ID '{NO_SUBNET}' does not exist"),
    looking("no such group", at.ERRORS, "security_groups", {"GroupIds": [NO_GROUP]}, "InvalidGroup.NotFound",
            f"The security group '{NO_GROUP}' does not exist"),
    looking("a group of another vpc than the default one, by name", at.issue("aws/aws-cli", 5348), "security_groups",
            {"GroupNames": ["link"]}, "InvalidGroup.NotFound|VPCIdNotSpecified"),
    looking("no such zone", at.ERRORS, "availability_zones", {"ZoneNames": ["xx-west-9a"]}, "InvalidParameterValue",
            "Invalid availability zone: [xx-west-9a]"),
    looking("no such zone id", at.ERRORS, "availability_zones", {"ZoneIds": ["xxw9-az1"]}, "InvalidParameterValue"),
    looking("a group id that is none", at.ERRORS, "security_groups", {"GroupIds": ["sg-xyz"]},
            "InvalidGroupId.Malformed"),
    looking("no such interface", at.ERRORS, "network_interfaces", {"NetworkInterfaceIds": ["eni-0123456789abcdef0"]},
            "InvalidNetworkInterfaceID.NotFound"),
    looking("rules by a filter of another call", at.api("DescribeSecurityGroupRules"), "security_group_rules",
            where("vpc-id", NO_VPC), "InvalidFilter|InvalidParameterValue"),
    looking("a region that is none", REGIONS, "regions", {"RegionNames": ["us-middle-1"]}, "InvalidParameterValue"),
]  # fmt: skip


@cases(REFUSED)
def test_refused(case: Case, scene: Scene) -> None:
    show(case, scene)


def zone_names(s: Scene) -> dict[str, str]:
    """The zones' names in this account, by id."""
    zones = s.ec2.describe_availability_zones(**where("zone-type", "availability-zone"))["AvailabilityZones"]
    return {zone["ZoneId"]: zone["ZoneName"] for zone in zones}


def field(name: str) -> Callable[[Scene], Any]:
    return lambda s: s.details[name]


SERVICE = [
    Shows("its name", DETAIL, field("ServiceName"), lambda s: s.service),
    Shows("its id", DETAIL, field("ServiceId"), re.compile(r"vpce-svc-[0-9a-f]{17}")),
    Shows("its type", DETAIL, lambda s: s.details["ServiceType"][0]["ServiceType"], "Interface"),
    Shows("its region", DETAIL, field("ServiceRegion"), lambda s: s.target.region),
    Shows("its owner", DETAIL, field("Owner"), re.compile(r"\d{12}")),
    Shows("an owner that is not the consumer", DETAIL, lambda s: s.details["Owner"] == s.target.account, False),
    Shows("zones by the consumer's names", SERVICES, lambda s: set(s.details["AvailabilityZones"]),
          lambda s: {zone_names(s)[zone] for zone in s.details["AvailabilityZoneIds"]}),
    Shows("a name for AWS's own records", DETAIL, lambda s: s.details["BaseEndpointDnsNames"][0],
          lambda s: f"{s.details['ServiceId']}.{s.target.region}.vpce.amazonaws.com"),
    Shows("whether connections wait to be accepted", DETAIL, field("AcceptanceRequired"), False),
    Shows("whether its private name is verified", DETAIL, field("PrivateDnsNameVerificationState"), "verified"),
    Shows("its private name, twice", DETAIL,
          lambda s: [one["PrivateDnsName"] for one in s.details["PrivateDnsNames"]], lambda s: [s.private_name]),
    Shows("what addresses it has", DETAIL, lambda s: "ipv4" in s.details["SupportedIpAddressTypes"], True),
    Shows("whether it takes policies", DETAIL, field("VpcEndpointPolicySupported"), False),
    Shows("whether it manages its endpoints", DETAIL, field("ManagesVpcEndpoints"), False),
]  # fmt: skip

BY = [  # filter, value, whether the service is among what it finds
    ("service-name", lambda s: s.service, True),
    ("service-name", nobodys, False),
    ("service-name", lambda s: f"{s.service[:-3]}*", True),
    ("service-type", lambda _: "Interface", True),
    ("service-type", lambda _: "Gateway", False),
    ("owner", lambda s: s.details["Owner"], True),
    ("owner", lambda _: "amazon", False),
    ("service-region", lambda s: s.target.region, True),
    ("supported-ip-address-types", lambda _: "ipv4", True),
    ("supported-ip-address-types", lambda _: "ipv6", False),
    ("tag-key", lambda _: "nobody-has-it", False),
    ("tag:nobody-has-it", lambda _: "x", False),
]


def listed(name: str, value: Callable[[Scene], str]) -> Callable[[Scene], bool]:
    def look(s: Scene) -> bool:
        pages = s.ec2.get_paginator("describe_vpc_endpoint_services").paginate(**where(name, value(s)))
        return any(s.service in page["ServiceNames"] for page in pages)

    return look


FILTERED = [
    Shows(f"the service by {name} {'as it is' if found else 'as it is not'}", SERVICES, listed(name, value), found)
    for name, value, found in BY
]


@cases([*SERVICE, *FILTERED])
def test_service(case: Case, scene: Scene) -> None:
    show(case, scene)


OWN = [  # filter, and the standing endpoint's value
    ("vpc-endpoint-id", lambda s: s.standing),
    ("vpc-id", lambda s: s.here.vpc),
    ("service-name", lambda s: s.service),
    ("service-region", lambda s: s.target.region),
    ("vpc-endpoint-state", lambda _: "available"),
    ("vpc-endpoint-type", lambda _: "Interface"),
    ("ip-address-type", lambda _: "ipv4"),
    ("tag:conformance", lambda _: "yes"),
    ("tag-key", lambda _: "conformance"),
]


def found_by(name: str, value: Callable[[Scene], str]) -> Callable[[Scene], list[bool]]:
    """Whether the standing endpoint is found by its own value, and whether anything is by another."""

    def look(s: Scene) -> list[bool]:
        endpoint, pages = s.standing, s.ec2.get_paginator("describe_vpc_endpoints").paginate
        found = [one["VpcEndpointId"] for page in pages(**where(name, value(s))) for one in page["VpcEndpoints"]]
        others = [one for page in pages(**where(name, "nothing-like-it")) for one in page["VpcEndpoints"]]
        return [endpoint in found, bool(others)]

    return look


def both_filters(s: Scene) -> int:
    """Filters narrow each other."""
    filters = where("vpc-endpoint-id", s.standing)["Filters"] + where("vpc-id", s.there.vpc)["Filters"]
    return len(s.ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"])


ENDPOINT = [
    *(Shows(f"an endpoint by {name}", ENDPOINTS, found_by(name, value), [True, False]) for name, value in OWN),
    Shows("nothing by two filters that exclude each other", ENDPOINTS, both_filters, 0),
]  # fmt: skip


@cases(ENDPOINT)
def test_endpoint(case: Case, scene: Scene) -> None:
    show(case, scene)


def with_a_gateway(s: Scene) -> set[str]:
    """The endpoints of `there` by the filters of both types, with a gateway endpoint among them."""
    request = {"VpcId": s.there.vpc, "ServiceName": f"com.amazonaws.{s.target.region}.s3"}
    gateway = s.ec2.create_vpc_endpoint(**request)["VpcEndpoint"]
    filters = [where("vpc-id", s.there.vpc), where("service-region", s.target.region), where("ip-address-type", "ipv4")]
    wanted = {"Filters": [one for each in filters for one in each["Filters"]]}
    try:
        return {one["VpcEndpointType"] for one in s.ec2.describe_vpc_endpoints(**wanted)["VpcEndpoints"]}
    finally:
        s.ec2.delete_vpc_endpoints(VpcEndpointIds=[gateway["VpcEndpointId"]])


def enabled(s: Scene) -> set[str]:
    return {one["OptInStatus"] for one in s.ec2.describe_regions()["Regions"]}


def attribute(network: str, name: str) -> Callable[[Scene], bool]:
    def look(s: Scene) -> bool:
        answer = s.ec2.describe_vpc_attribute(VpcId=getattr(s, network).vpc, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])

    return look


NETWORK = [
    Shows("gateway endpoints beside the others", ENDPOINTS, with_a_gateway, {"Gateway"}),
    Shows("enabled regions alone", REGIONS, lambda s: "not-opted-in" in enabled(s), False),
    Shows("the others where all are asked for", REGIONS,
          lambda s: len(s.ec2.describe_regions(AllRegions=True)["Regions"]) > len(s.ec2.describe_regions()["Regions"]),
          True),
    Shows("a region by its name", REGIONS,
          lambda s: [one["RegionName"] for one in s.ec2.describe_regions(RegionNames=[s.target.region])["Regions"]],
          lambda s: [s.target.region]),
    Shows("regions by a pattern", REGIONS, lambda s: {
        one["RegionName"][:3] for one in s.ec2.describe_regions(**where("region-name", "us-*"))["Regions"]}, {"us-"}),
    Shows("no regions by a state that none is in", REGIONS,
          lambda s: s.ec2.describe_regions(**where("opt-in-status", "not-opted-in"))["Regions"], []),
    Shows("zones by an id that is the same for all", at.ZONE_IDS,
          lambda s: all(re.fullmatch(r"[a-z0-9]+-az\d", zone) for zone in zone_names(s)), True),
    Shows("zones of the kind asked for", ZONES,
          lambda s: {zone["ZoneType"] for zone in s.ec2.describe_availability_zones(
              **where("zone-type", "availability-zone"))["AvailabilityZones"]}, {"availability-zone"}),
    Shows("a zone by its id", ZONES, lambda s: [zone["ZoneId"] for zone in s.ec2.describe_availability_zones(
        **where("zone-id", s.here.zone_ids[0]))["AvailabilityZones"]], lambda s: s.here.zone_ids[:1]),
    Shows("a zone by a pattern", ZONES,
          lambda s: [one["ZoneName"] for one in s.ec2.describe_availability_zones(
              **where("zone-name", "*a"))["AvailabilityZones"]],
          lambda s: [name for name in zone_names(s).values() if name.endswith("a")]),
    Shows("a group once that is named twice", at.api("DescribeSecurityGroups"),
          lambda s: len(s.ec2.describe_security_groups(GroupIds=[s.here.group] * 2)["SecurityGroups"]), 1),
    Shows("a subnet's zone by name and id", at.api("Subnet"),
          lambda s: {one["AvailabilityZoneId"]: one["AvailabilityZone"] for one in s.ec2.describe_subnets(
              SubnetIds=s.here.subnets)["Subnets"]}, zone_names),
    Shows("DNS support, which a new vpc has", at.VPC_DNS, attribute("deaf", "enableDnsSupport"), True),
    Shows("DNS hostnames, which a new vpc lacks", at.VPC_DNS, attribute("deaf", "enableDnsHostnames"), False),
    Shows("DNS hostnames, once they are switched on", at.VPC_DNS, attribute("here", "enableDnsHostnames"), True),
    Refuses("two attributes in one request", CHANGE_VPC, "modify_vpc_attribute",
            lambda s: {"VpcId": s.here.vpc, "EnableDnsHostnames": {"Value": True}, "EnableDnsSupport": {"Value": True}},
            "InvalidParameterCombination"),
]  # fmt: skip


ELSEWHERE = [
    Refuses("a subnet in a zone of another region, telling the zones of this one", at.api("CreateSubnet"),
            "create_subnet",
            lambda s: {"VpcId": s.here.vpc, "CidrBlock": "10.0.0.0/24", "AvailabilityZone": "xx-west-9a"},
            "InvalidParameterValue",
            words="Subnets can currently only be created in the following availability zones: "),
]  # fmt: skip


@cases([*NETWORK, *ELSEWHERE])
def test_network(case: Case, scene: Scene) -> None:
    show(case, scene)


def test_hostnames_need_support(scene: Scene) -> None:
    vpc = scene.deaf.vpc
    case = Refuses(
        "hostnames without support", CHANGE_VPC, "modify_vpc_attribute",
        {"VpcId": vpc, "EnableDnsHostnames": {"Value": True}}, "InvalidParameterValue",
    )  # fmt: skip
    scene.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": False})
    try:
        show(case, scene)
    finally:
        scene.ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsSupport={"Value": True})


def test_a_shared_vpc_is_changed_by_its_owner_only(scene: Scene) -> None:
    request = lambda s: {"VpcId": s.provider.vpc("shared-network"), "EnableDnsHostnames": {"Value": True}}  # noqa: E731
    action, code = "modify_vpc_attribute", "UnauthorizedOperation"
    show(Refuses("a shared vpc", at.SHARING, action, request, code, status=403, needs=Need.SEED), scene)


# -- pages

PAGED = [
    ("describe_managed_prefix_lists", "PrefixLists"),
    ("describe_network_interfaces", "NetworkInterfaces"),
    ("describe_route_tables", "RouteTables"),
    ("describe_security_group_rules", "SecurityGroupRules"),
    ("describe_security_groups", "SecurityGroups"),
    ("describe_subnets", "Subnets"),
    ("describe_tags", "Tags"),
    ("describe_vpc_endpoint_services", "ServiceNames"),
    ("describe_vpc_endpoints", "VpcEndpoints"),
]


def paged(action: str, key: str) -> Callable[[Scene], list[bool]]:
    """Whether the pages hold what the whole holds, in its order, and none more than five."""

    def look(s: Scene) -> list[bool]:
        s.create()
        whole = getattr(s.ec2, action)()[key]
        pages = list(s.ec2.get_paginator(action).paginate(PaginationConfig={"PageSize": 5}))
        joined = [one for page in pages for one in page[key]]
        return [joined == whole, max(len(page[key]) for page in pages) <= 5, "NextToken" in pages[-1]]

    return look


PAGES = [
    *(Shows(f"{key} in pages", at.PAGES, paged(action, key), [True, True, False]) for action, key in PAGED),
    looking("a token that was made up", at.ERRORS, "subnets", {"NextToken": "made-up"},
            "InvalidNextToken|InvalidPaginationToken|InvalidParameterValue"),
    looking("a made-up token for services", at.ERRORS, "vpc_endpoint_services", {"NextToken": "made-up"},
            "InvalidNextToken|InvalidPaginationToken|InvalidParameterValue"),
    looking("pages of 101 route tables", at.api("DescribeRouteTables"), "route_tables", {"MaxResults": 101},
            "InvalidParameterValue|InvalidMaxResults"),
    looking("pages of 1,001 subnets", at.api("DescribeSubnets"), "subnets", {"MaxResults": 1001},
            "InvalidParameterValue|InvalidMaxResults"),
]  # fmt: skip


@cases(PAGES)
def test_pages(case: Case, scene: Scene) -> None:
    show(case, scene)
