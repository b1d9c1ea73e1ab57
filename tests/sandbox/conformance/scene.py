"""What the cases play with: an endpoint service, three VPCs, and one endpoint that stands from the start."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.conformance.case import Request
from tests.sandbox.conformance.target import Target
from tests.sandbox.stage import Network, Stage, wanted

if TYPE_CHECKING:
    from core.sandbox.aws.backend import Backend
    from core.sandbox.aws.services import EndpointService

_numbers = itertools.count(1)
TAGS = [{"Key": "Name", "Value": "standing"}, {"Key": "conformance", "Value": "yes"}]  # by key
GONE = "InvalidVpcEndpointId.NotFound"


@dataclass(frozen=True)
class Scene:
    """`here` has private DNS switched on, `there` is another VPC, `deaf` lacks the DNS attributes."""

    target: Target
    here: Network
    there: Network
    deaf: Network
    _made: list[str] = field(default_factory=list)

    @property
    def ec2(self) -> Any:
        return self.target.ec2

    @property
    def service(self) -> str:
        return self.target.service

    @property
    def provider(self) -> Stage:
        """The sandbox's other side, for cases that say they need it."""
        assert self.target.stage is not None
        return self.target.stage

    @property
    def inside(self) -> EndpointService:
        """The endpoint service as the sandbox's provider has it, for cases that arrange a fate."""
        assert self.target.cloud is not None
        service = self.target.cloud.market.offer(self.target.account, self.target.region, self.service).service
        assert service is not None
        return service

    @property
    def region(self) -> Backend:
        """The account's resources as the sandbox has them, for cases that arrange a fate."""
        assert self.target.cloud is not None
        return self.target.cloud.backend(self.target.account, self.target.region)

    # -- what stands

    @cached_property
    def details(self) -> dict[str, Any]:
        found = self.ec2.describe_vpc_endpoint_services(ServiceNames=[self.service])["ServiceDetails"]
        return dict(found[0])

    @property
    def private_name(self) -> str:
        return str(self.details["PrivateDnsName"])

    @property
    def fitting(self) -> list[str]:
        """The subnets of `here` in the zones the service offers."""
        return self.offered(self.here)

    def offered(self, network: Network) -> list[str]:
        zones = zip(network.subnets, network.zone_ids, strict=True)
        return [subnet for subnet, zone in zones if zone in self.details["AvailabilityZoneIds"]]

    @property
    def twins(self) -> list[str]:
        """Two subnets of one zone that the service offers."""
        first = self.here.subnets[0]
        return [first, self.here.twin] if first in self.fitting else pytest.skip("the first zone is not offered")

    @property
    def unfitting(self) -> str:
        missing = [subnet for subnet in self.here.subnets if subnet not in self.fitting]
        return missing[0] if missing else pytest.skip("the service is in every zone")

    @cached_property
    def full(self) -> str:
        """A subnet whose last address is taken."""
        vpc = self.ec2.describe_vpcs(VpcIds=[self.here.vpc])["Vpcs"][0]["CidrBlock"]
        *_, smallest = ipaddress.IPv4Network(vpc).subnets(new_prefix=28)
        zone = self.ec2.describe_subnets(SubnetIds=self.fitting[:1])["Subnets"][0]["AvailabilityZone"]
        made = self.ec2.create_subnet(VpcId=self.here.vpc, CidrBlock=str(smallest), AvailabilityZone=zone)["Subnet"]
        for _ in range(made["AvailableIpAddressCount"]):
            self.ec2.create_network_interface(SubnetId=made["SubnetId"])
        return str(made["SubnetId"])

    @cached_property
    def six_groups(self) -> list[str]:
        return [self.group() for _ in range(6)]

    @cached_property
    def standing(self) -> str:
        """The id of an endpoint of `here`, in every zone it can be in."""
        tags = self.tagged({tag["Key"]: tag["Value"] for tag in TAGS})
        made = self.ec2.create_vpc_endpoint(**self.request(SubnetIds=self.fitting, TagSpecifications=tags))
        return self.available(str(made["VpcEndpoint"]["VpcEndpointId"]))

    # -- requests

    def settled(self, request: Request | Callable[[Scene], Request]) -> Request:
        plain = request(self) if callable(request) else request
        return {name: value(self) if callable(value) else value for name, value in plain.items()}

    def request(self, **changes: Any) -> Request:
        """A good CreateVpcEndpoint in one zone of `here`, changed. None leaves a parameter out."""
        return self.settled(wanted(self.here, self.service, **{"SubnetIds": self.fitting[:1], **changes}))

    @staticmethod
    def tagged(tags: dict[str, str], kind: str = "vpc-endpoint") -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]

    def name(self, start: str = "case") -> str:
        """A name, or a token, that nothing had before."""
        return f"{start}-{next(_numbers)}"

    # -- moves

    def create(self, **changes: Any) -> dict[str, Any]:
        """An endpoint for this case."""
        return dict(self.created(**changes)["VpcEndpoint"])

    def created(self, **changes: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.ec2.create_vpc_endpoint(**self.request(**changes))
        self._made.append(answer["VpcEndpoint"]["VpcEndpointId"])
        return answer

    def ready(self, **changes: Any) -> str:
        """The id of an available endpoint for this case."""
        return self.available(str(self.create(**changes)["VpcEndpointId"]))

    def available(self, endpoint: str) -> str:
        self.target.until(lambda: self.state(endpoint) == "available")
        return endpoint

    def described(self, endpoint: str) -> dict[str, Any]:
        return dict(self.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0])

    def state(self, endpoint: str) -> str:
        """In lower case, or the code DescribeVpcEndpoints refuses with."""
        try:
            return str(self.described(endpoint)["State"]).lower()
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])

    def passing(self, endpoint: str, last: str) -> list[str]:
        """The states that are seen on the way to the last one."""
        seen: list[str] = []

        def look() -> bool:
            state = self.state(endpoint)
            if state not in seen[-1:]:
                seen.append(state)
            return state == last

        self.target.until(look)
        return seen

    def modified(self, endpoint: str, **changes: Any) -> dict[str, Any]:
        """The endpoint after a change that has gone through."""
        self.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, **changes)
        return self.described(self.available(endpoint))

    def interfaces(self, endpoint: str) -> list[dict[str, Any]]:
        ids = self.described(endpoint)["NetworkInterfaceIds"]
        return list(self.ec2.describe_network_interfaces(NetworkInterfaceIds=ids)["NetworkInterfaces"])

    def names(self, endpoint: str) -> list[str]:
        """The endpoint's DNS names, in AWS's order."""
        return [entry["DnsName"] for entry in self.described(endpoint)["DnsEntries"]]

    def zone_in(self, name: str) -> str:
        """The zone that a DNS name of an endpoint tells, or nothing."""
        return next((zone for zone in self.zone_names(self.here.subnets) if f"-{zone}.vpce-svc-" in name), "")

    def zone_names(self, subnets: list[str]) -> list[str]:
        found = self.ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
        return [subnet["AvailabilityZone"] for subnet in found]

    def strays(self, endpoint: str) -> list[str]:
        """The addresses of an endpoint that lie outside their subnets."""
        found = self.interfaces(endpoint)
        inside = [ipaddress.ip_address(one["PrivateIpAddress"]) in self.block(one["SubnetId"]) for one in found]
        return [one["PrivateIpAddress"] for one, fits in zip(found, inside, strict=True) if not fits]

    def block(self, subnet: str) -> ipaddress.IPv4Network:
        return ipaddress.IPv4Network(self.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["CidrBlock"])

    def group(self, **changes: Any) -> str:
        """A fresh group of `here`."""
        request = {"GroupName": self.name(), "Description": "a case", "VpcId": self.here.vpc, **changes}
        return str(self.ec2.create_security_group(**request)["GroupId"])

    def picture(self) -> list[Any]:
        """All that a refused request could have changed."""
        here: Any = {"Filters": [{"Name": "vpc-id", "Values": [self.here.vpc, self.there.vpc, self.deaf.vpc]}]}
        endpoints = self.ec2.describe_vpc_endpoints(**here)["VpcEndpoints"]
        return [
            [endpoint for endpoint in endpoints if endpoint["State"].lower() != "deleted"],
            self.ec2.describe_security_groups(**here)["SecurityGroups"],
            self.ec2.describe_vpcs(VpcIds=[self.here.vpc, self.deaf.vpc])["Vpcs"],
        ]

    def clear(self) -> None:
        """Delete the endpoints this case has made."""
        made, self._made[:] = list(self._made), []
        if made:
            self.ec2.delete_vpc_endpoints(VpcEndpointIds=made)
            self.target.until(lambda: all(self.state(one) in ("deleted", GONE) for one in made))


def scene_for(target: Target, closing: ExitStack) -> Scene:
    here, there, deaf = (closing.enter_context(target.network(dns=dns)) for dns in (True, True, False))
    return Scene(target, here, there, deaf)
