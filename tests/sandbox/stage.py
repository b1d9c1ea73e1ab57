"""A sandbox with clients of one's own in front of it, and the few moves every test of a link makes."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_ec2 import EC2Client
from mypy_boto3_sts import STSClient

from core.sandbox.environment import environment
from tests.plans import session

if TYPE_CHECKING:
    from core.sandbox.world import World

ONCE = Config(retries={"total_max_attempts": 1}, connect_timeout=10, read_timeout=20)
US = "123456789012"
_names = itertools.count(1)
_networks = itertools.cycle(range(100, 250))


@dataclass(frozen=True)
class Network:
    """A VPC of three zones, made for one test: subnets by zone, a second subnet in the first zone, a group."""

    vpc: str
    subnets: list[str]
    twin: str
    group: str
    zone_ids: list[str]


@dataclass(frozen=True)
class Stage:
    """Clients of one sandbox."""

    variables: Mapping[str, str]
    ec2: EC2Client
    sts: STSClient
    http: httpx.Client
    loose: Any = field(repr=False)  # the EC2 client again, for calls put together from tables

    def keys(self, **others: str) -> dict[str, str]:
        return {
            "aws_access_key_id": self.variables["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": self.variables["AWS_SECRET_ACCESS_KEY"],
            **others,
        }

    @contextmanager
    def client(self, kind: str, region: str = "us-east-2", **keys: str) -> Iterator[Any]:
        """Another AWS client of the same sandbox; `keys` instead of the sandbox's own."""
        made = _client(
            kind,
            region_name=region,
            endpoint_url=self.variables["AWS_ENDPOINT_URL"],
            config=ONCE,
            **(keys or self.keys()),
        )
        try:
            yield made
        finally:
            made.close()

    # -- SkySQL

    def service(self, service_id: str) -> dict[str, Any]:
        answer = self.http.get(f"/provisioning/v1/services/{service_id}")
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def launch(self, **changes: object) -> str:
        """A new service. Ready at once at speed 0."""
        body = {
            "name": f"made-{next(_names)}",
            "project_id": "project-core",
            "service_type": "transactional",
            "provider": "aws",
            "region": "us-east-2",
            "topology": "es-single",
            "size": "sky-2x8",
            **changes,
        }
        answer = self.http.post("/provisioning/v1/services", json=body)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def patch(self, service_id: str, mechanism: str, *accounts: str) -> httpx.Response:
        visibility = "public" if mechanism == "nlb" else "private"
        wanted = {"mechanism": mechanism, "allowed_accounts": accounts, "visibility": visibility}
        return self.http.patch(f"/provisioning/v1/services/{service_id}/endpoints", json=[wanted])

    def endpoint_service(self, service_id: str) -> str:
        return str(self.service(service_id)["endpoints"][0]["endpoint_service"])

    def private_service(self, *accounts: str) -> str:
        """The name of a new endpoint service that admits these accounts (speed 0)."""
        service_id = self.launch()
        assert self.patch(service_id, "privateconnect", *(accounts or (US,))).status_code == 200
        return self.endpoint_service(service_id)

    # -- AWS

    def vpc(self, name: str) -> str:
        found = self.ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"]
        return found[0]["VpcId"]

    def network(self, *, dns: bool = True) -> Network:
        return make_network(self.ec2, dns=dns)

    def create(self, network: Network, service: str, **changes: Any) -> dict[str, Any]:
        """CreateVpcEndpoint in all zones of a network, private DNS off, unless told otherwise."""
        made: dict[str, Any] = self.loose.create_vpc_endpoint(**wanted(network, service, **changes))
        endpoint: dict[str, Any] = made["VpcEndpoint"]
        return endpoint

    def state(self, endpoint_id: str) -> str:
        """The endpoint's state, or the code DescribeVpcEndpoints refuses with."""
        try:
            found = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"]
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])
        return found[0]["State"]


def make_network(ec2: EC2Client, *, dns: bool = True) -> Network:
    """A VPC with a subnet in every zone, one more in the first, and a group. `dns`: private DNS can be had in it."""
    prefix = f"10.{next(_networks)}"
    vpc = ec2.create_vpc(CidrBlock=f"{prefix}.0.0/16")["Vpc"]["VpcId"]
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
    if dns:
        ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    filters: Any = [{"Name": "zone-type", "Values": ["availability-zone"]}]
    zones = ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
    subnets = [_subnet(ec2, vpc, f"{prefix}.{place}.0/24", zone["ZoneName"]) for place, zone in enumerate(zones)]
    twin = _subnet(ec2, vpc, f"{prefix}.9.0/24", zones[0]["ZoneName"])
    group = ec2.create_security_group(GroupName="link", Description="link", VpcId=vpc)["GroupId"]
    return Network(vpc, subnets, twin, group, [zone["ZoneId"] for zone in zones])


def _subnet(ec2: EC2Client, vpc: str, cidr: str, zone: str) -> str:
    return ec2.create_subnet(VpcId=vpc, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]


def wanted(network: Network, service: str, **changes: Any) -> dict[str, Any]:
    request = {
        "VpcEndpointType": "Interface",
        "VpcId": network.vpc,
        "ServiceName": service,
        "SubnetIds": network.subnets,
        "SecurityGroupIds": [network.group],
        "PrivateDnsEnabled": False,
        **changes,
    }
    return {name: value for name, value in request.items() if value is not None}


@contextmanager
def serving(world: World, folder: Path) -> Iterator[Stage]:
    """Clients for a world in this process, served on loopback."""
    from core.sandbox.http import Server

    with socket.create_server(("127.0.0.1", 0)) as aws, socket.create_server(("127.0.0.1", 0)) as skysql:
        at, api = (f"http://127.0.0.1:{listening.getsockname()[1]}" for listening in (aws, skysql))
        with Server(aws, world.aws), Server(skysql, world.skysql), staged(environment(folder, at, api)) as made:
            yield made


def _client(kind: str, **given: Any) -> Any:
    named: Any = session()  # typed for each service by name; here the name is a variable
    return named.client(kind, **given)


@contextmanager
def staged(variables: Mapping[str, str]) -> Iterator[Stage]:
    """Clients for a sandbox at these addresses."""
    with ExitStack() as closing:

        def client(kind: str) -> Any:
            made = _client(
                kind,
                region_name="us-east-2",
                endpoint_url=variables["AWS_ENDPOINT_URL"],
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                config=ONCE,
            )
            closing.callback(made.close)
            return made

        ec2 = client("ec2")
        http = httpx.Client(
            base_url=variables["SKYSQL_API_URL"],
            headers={"X-API-Key": variables["SKYSQL_API_KEY"]},
            timeout=20,
            trust_env=False,
        )
        closing.enter_context(http)
        yield Stage(variables, ec2, client("sts"), http, ec2)


@dataclass(frozen=True)
class Refused:
    """An AWS error as a client sees it."""

    code: str
    message: str
    status: int


def refused(call: Callable[[], object]) -> Refused:
    """The error of a call that must be refused."""
    with pytest.raises(ClientError) as caught:
        call()
    response = caught.value.response
    return Refused(
        response["Error"]["Code"],
        response["Error"]["Message"],
        response["ResponseMetadata"]["HTTPStatusCode"],
    )
