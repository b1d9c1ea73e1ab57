"""CreateVpcEndpoint: what it refuses, and what it answers."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Need, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import TAGS, Scene

CREATE = at.api("CreateVpcEndpoint")
ENDPOINT = at.api("VpcEndpoint")
NO_VPC, NO_SUBNET, NO_GROUP = "vpc-0123456789abcdef0", "subnet-0123456789abcdef0", "sg-0123456789abcdef0"
POLICY = json.dumps({"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]})


def creating(says: str, source: str, changes: dict[str, Any], code: str, words: str = "", **more: Any) -> Refuses:
    """A good request with these changes is refused. None leaves a parameter out; a function is asked with the scene."""
    request = lambda s: s.request(**changes)  # noqa: E731  a table's cell
    return Refuses(says, source, "create_vpc_endpoint", request, code, words=words, **more)


def nobodys(s: Scene) -> str:
    return f"com.amazonaws.vpce.{s.target.region}.vpce-svc-0123456789abcdef0"


def of_another_region(s: Scene) -> str:
    return s.service.replace(s.target.region, "us-west-1" if s.target.region == "us-west-2" else "us-west-2")


def of_others(s: Scene) -> str:
    return s.provider.private_service("210987654321")


def ssm(s: Scene) -> str:
    return f"com.amazonaws.{s.target.region}.ssm"


def used(s: Scene) -> dict[str, Any]:
    """A request with a token that has been used, but for another group."""
    token = s.name("token")
    s.create(ClientToken=token)
    return s.request(ClientToken=token, SecurityGroupIds=None)


def fiftieth(s: Scene) -> dict[str, Any]:
    present = len(s.ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [s.here.vpc]}])["VpcEndpoints"])
    for _ in range(50 - present):
        s.create(SubnetIds=[])
    return s.request(SubnetIds=[])


WRONG_PLACE = [
    creating("no such vpc", at.ERRORS, {"VpcId": NO_VPC}, "InvalidVpcID.NotFound|InvalidVpcId.NotFound", NO_VPC),
    creating("a vpc id that is none", at.ERRORS, {"VpcId": "vpc-xyz"}, "InvalidVpcID.Malformed|InvalidVpcId.Malformed"),
    creating("a vpc that its owner shares", at.SHARING, {"VpcId": lambda s: s.provider.vpc("shared-network")},
             "UnauthorizedOperation", status=403, needs=Need.SEED),
    creating("no such subnet", at.ERRORS, {"SubnetIds": [NO_SUBNET]},
             "InvalidSubnetId.NotFound|InvalidSubnetID.NotFound", f"The subnet ID '{NO_SUBNET}' does not exist"),
    creating("a subnet id that is none", at.ERRORS, {"SubnetIds": ["subnet-xyz"]},
             "InvalidSubnetID.Malformed|InvalidSubnetId.Malformed"),
    creating("a subnet of another vpc", at.ERRORS, {"SubnetIds": lambda s: s.there.subnets[:1]}, "InvalidParameter"),
    creating("a subnet in a zone the service lacks", at.issue("aws/aws-sdk-go-v2", 1024),
             {"SubnetIds": lambda s: [s.unfitting]}, "InvalidParameter",
             "does not support the availability zone of the subnet: subnet-"),
    creating("two subnets in one zone", at.ERRORS, {"SubnetIds": lambda s: s.twins}, "DuplicateSubnetsInSameZone",
             "Found another VPC endpoint subnet in the availability zone of "),
    creating("a full subnet", at.ERRORS, {"SubnetIds": lambda s: [s.full]}, "InsufficientFreeAddressesInSubnet"),
    creating("no such group", at.ERRORS, {"SecurityGroupIds": [NO_GROUP]},
             "InvalidGroup.NotFound|InvalidSecurityGroupID.NotFound", NO_GROUP),
    creating("a group id that is none", at.ERRORS, {"SecurityGroupIds": ["sg-xyz"]},
             "InvalidGroupId.Malformed|InvalidSecurityGroupId.Malformed|InvalidGroup.Malformed"),
    creating("a group of another vpc", at.ERRORS, {"SecurityGroupIds": lambda s: [s.there.group]},
             "InvalidParameter|InvalidGroup.NotFound"),
    creating("six groups", at.VPC_QUOTAS, {"SecurityGroupIds": lambda s: s.six_groups},
             "SecurityGroupsPerInterfaceLimitExceeded"),
    Refuses("a fifty-first endpoint", at.QUOTAS, "create_vpc_endpoint", fiftieth, "VpcEndpointLimitExceeded",
            needs=Need.MANY),
]  # fmt: skip


def fixed_at(address: Callable[[Scene], str], subnet: int = 0) -> dict[str, Any]:
    """An address wished for in one of the fitting subnets; the endpoint is in the first."""
    return {"SubnetConfigurations": lambda s: [{"SubnetId": s.fitting[subnet], "Ipv4": address(s)}]}


def taken(s: Scene) -> str:
    return next(str(one["PrivateIpAddress"]) for one in s.interfaces(s.standing) if one["SubnetId"] == s.fitting[0])


WRONG_ADDRESS = [
    creating("a fixed address outside its subnet", at.ERRORS, fixed_at(lambda _: "192.0.2.7"),
             "InvalidParameterValue|InvalidParameter"),
    creating("a fixed address that is taken", at.ERRORS, fixed_at(taken),
             "InvalidIPAddress.InUse|InvalidParameterValue|InvalidParameter"),
    creating("a fixed address in a subnet the endpoint is not in", at.TERRAFORM,
             fixed_at(lambda s: str(s.block(s.fitting[1])[77]), 1), "InvalidParameter"),
]  # fmt: skip

WRONG_SERVICE = [
    creating("no such service", at.ERRORS, {"ServiceName": nobodys}, "InvalidServiceName",
             "The Vpc Endpoint Service 'com.amazonaws.vpce."),
    creating("a service that admits others, in the same words", at.issue("cloud-custodian/cloud-custodian", 10741),
             {"ServiceName": of_others}, "InvalidServiceName", "does not exist", needs=Need.PROVIDER),
    creating("a service of another region", CREATE, {"ServiceName": of_another_region}, "InvalidServiceName"),
    creating("a type left out, which means Gateway", at.issue("hashicorp/terraform", 24478),
             {"VpcEndpointType": None, "SubnetIds": None, "SecurityGroupIds": None}, "InvalidParameter",
             "Endpoint type (Gateway) does not match available service types ([Interface])"),
    creating("subnets where the type is left out", at.issue("nanlabs/terraform-aws-starter", 18),
             {"VpcEndpointType": None}, "InvalidParameter",
             "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints."),
    creating("a type that is none", at.ERRORS, {"VpcEndpointType": "Tube"}, "InvalidVpcEndpointType"),
    creating("route tables for an interface", at.issue("ansible-collections/amazon.aws", 576),
             {"RouteTableIds": ["rtb-0123456789abcdef0"]}, "InvalidParameter",
             "Route table IDs are only supported for Gateway type VPC Endpoint."),
    creating("an address type the service lacks", at.ERRORS, {"IpAddressType": "ipv6"}, "InvalidParameter"),
    creating("a policy, where the service takes none", at.issue("pulumi/pulumi-aws-native", 1711),
             {"PolicyDocument": POLICY}, "InvalidParameter", "only supports the full-access endpoint policy"),
    creating("a policy that is no JSON", at.ERRORS, {"ServiceName": ssm, "PolicyDocument": "Allow"},
             "InvalidPolicyDocument"),
]  # fmt: skip

WRONG_TOKEN_OR_TAG = [
    Refuses("a used token with other parameters", at.ERRORS, "create_vpc_endpoint", used,
            "IdempotentParameterMismatch"),
    creating("a token of more than 64 characters", at.IDEMPOTENCY, {"ClientToken": "x" * 65},
             "InvalidClientToken|InvalidParameterValue"),
    creating("a tag of AWS's own", at.TAGS, {"TagSpecifications": lambda s: s.tagged({"aws:team": "x"})},
             "InvalidTagKey.Malformed|InvalidParameterValue"),
    creating("tags for another kind of thing", at.issue("jonrau1/SyntheticSun", 13),
             {"TagSpecifications": lambda s: s.tagged({"team": "pay"}, "vpc-endpoint-service")}, "InvalidParameter",
             "'vpc-endpoint-service' is not a valid taggable resource type for this operation."),
    creating("fifty-one tags", at.TAGS, {"TagSpecifications": lambda s: s.tagged({f"k{n}": "x" for n in range(51)})},
             "TagLimitExceeded|InvalidParameterValue"),
]  # fmt: skip


@cases([*WRONG_PLACE, *WRONG_ADDRESS, *WRONG_SERVICE, *WRONG_TOKEN_OR_TAG])
def test_refused(case: Case, scene: Scene) -> None:
    show(case, scene)


def once(s: Scene) -> tuple[str, str]:
    """The endpoints of two requests with one token."""
    token = s.name("token")
    first, again = s.created(ClientToken=token), s.created(ClientToken=token)
    return first["VpcEndpoint"]["VpcEndpointId"], again["VpcEndpoint"]["VpcEndpointId"]


def at_once(s: Scene) -> int:
    """How many endpoints eight simultaneous requests with one token make."""
    token = s.name("token")
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: s.create(ClientToken=token), range(8))
        return len({answer["VpcEndpointId"] for answer in answers})


def fixed(s: Scene) -> tuple[str, str]:
    """An address that is asked for, and the one that is given."""
    address = str(s.block(s.fitting[0])[77])
    wish = [{"SubnetId": s.fitting[0], "Ipv4": address}]
    return address, s.interfaces(s.create(SubnetConfigurations=wish)["VpcEndpointId"])[0]["PrivateIpAddress"]


def age(s: Scene) -> float:
    made: dt.datetime = s.create()["CreationTimestamp"]
    return (dt.datetime.now(dt.UTC) - made).total_seconds()


ANSWERS = [
    Shows("pending, whatever it becomes", at.CONCEPTS, lambda s: s.create()["State"].lower(), "pending"),
    Shows("an id of seventeen hexadecimal digits", at.cli("create-vpc-endpoint"),
          lambda s: s.create()["VpcEndpointId"], re.compile(r"vpce-[0-9a-f]{17}")),
    Shows("the type", ENDPOINT, lambda s: s.create()["VpcEndpointType"], "Interface"),
    Shows("the addresses' type", ENDPOINT, lambda s: s.create()["IpAddressType"], "ipv4"),
    Shows("the records' type", ENDPOINT, lambda s: s.create()["DnsOptions"]["DnsRecordIpType"], "ipv4"),
    Shows("the owner", ENDPOINT, lambda s: s.create()["OwnerId"], lambda s: s.target.account),
    Shows("that no service manages it", ENDPOINT, lambda s: s.create()["RequesterManaged"], False),
    Shows("when it was made", ENDPOINT, lambda s: abs(age(s)) < 60, True),
    Shows("its subnets", ENDPOINT, lambda s: s.create()["SubnetIds"], lambda s: s.fitting[:1]),
    Shows("an interface in each subnet", CREATE,
          lambda s: len(s.create(SubnetIds=s.fitting)["NetworkInterfaceIds"]), lambda s: len(s.fitting)),
    Shows("its groups", ENDPOINT, lambda s: [one["GroupId"] for one in s.create()["Groups"]], lambda s: [s.here.group]),
    Shows("the default group, where none is given", CREATE,
          lambda s: [one["GroupName"] for one in s.create(SecurityGroupIds=None)["Groups"]], ["default"]),
    Shows("its tags", CREATE, lambda s: s.create(TagSpecifications=s.tagged({"team": "pay"}))["Tags"],
          [{"Key": "team", "Value": "pay"}]),
    Shows("private DNS off, where that is said", CREATE, lambda s: s.create()["PrivateDnsEnabled"], False),
    Shows("private DNS on, where an AWS service's is left out", at.issue("hashicorp/terraform-provider-aws", 37694),
          lambda s: s.create(ServiceName=ssm, PrivateDnsEnabled=None)["PrivateDnsEnabled"], True),
    Shows("the token", at.IDEMPOTENCY, lambda s: s.created(ClientToken="echo")["ClientToken"], "echo"),
    Shows("one endpoint for one token", at.IDEMPOTENCY, lambda s: len(set(once(s))), 1),
    Shows("one endpoint for one token, asked eight times at once", at.IDEMPOTENCY, at_once, 1),
    Shows("two endpoints without a token", at.IDEMPOTENCY,
          lambda s: s.create()["VpcEndpointId"] == s.create()["VpcEndpointId"], False),
    Shows("the address that was asked for", at.api("SubnetConfiguration"), lambda s: len(set(fixed(s))), 1),
]  # fmt: skip


@cases(ANSWERS)
def test_answered(case: Case, scene: Scene) -> None:
    show(case, scene)


STANDING = [
    Shows("available, once its interfaces are up", at.CONCEPTS, lambda s: s.state(s.standing), "available"),
    Shows("the tags it was made with", CREATE,
          lambda s: sorted(s.described(s.standing)["Tags"], key=lambda tag: tag["Key"]), TAGS),
    Shows("one name for the region, then one for each zone", at.DNS_NAMES,
          lambda s: len(s.names(s.standing)), lambda s: 1 + len(s.fitting)),
    Shows("the region's name in the documented shape", at.DNS_NAMES, lambda s: s.names(s.standing)[0],
          re.compile(r"vpce-[0-9a-f]{17}-[a-z0-9]{8}\.vpce-svc-[0-9a-f]{17}\.[a-z0-9-]+\.vpce\.amazonaws\.com")),
    Shows("the region's name without a zone, and the zones' with the consumer's", at.DNS_NAMES,
          lambda s: {s.zone_in(name) for name in s.names(s.standing)}, lambda s: {"", *s.zone_names(s.fitting)}),
    Shows("interfaces in the endpoint's subnets", CREATE,
          lambda s: {one["SubnetId"] for one in s.interfaces(s.standing)}, lambda s: set(s.fitting)),
    Shows("addresses within the subnets", CREATE, lambda s: s.strays(s.standing), []),
    Shows("interfaces that wear the groups", at.api("NetworkInterface"),
          lambda s: {group["GroupId"] for one in s.interfaces(s.standing) for group in one["Groups"]},
          lambda s: {s.here.group}),
    Shows("interfaces of their own type", at.api("NetworkInterface"),
          lambda s: {one["InterfaceType"] for one in s.interfaces(s.standing)}, {"vpc_endpoint"}),
    Shows("interfaces that AWS manages", at.api("NetworkInterface"),
          lambda s: {one["RequesterManaged"] for one in s.interfaces(s.standing)}, {True}),
    Shows("interfaces in use", at.api("NetworkInterface"),
          lambda s: {one["Status"] for one in s.interfaces(s.standing)}, {"in-use"}),
    Shows("interfaces described by the endpoint's id", at.api("NetworkInterface"),
          lambda s: {one["Description"] for one in s.interfaces(s.standing)},
          lambda s: {f"VPC Endpoint Interface {s.standing}"}),
]  # fmt: skip


@cases(STANDING)
def test_then_stands(case: Case, scene: Scene) -> None:
    show(case, scene)
