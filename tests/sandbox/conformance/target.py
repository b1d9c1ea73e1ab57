"""Whom the cases ask: a sandbox, or a real account."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.sandbox.conformance.case import Need
from tests.sandbox.stage import Network, Stage, make_network

if TYPE_CHECKING:
    from core.sandbox.aws.cloud import Cloud

_LOOKS = 300
_SECONDS_A_LOOK = 5
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 8})


@dataclass(frozen=True)
class Target:
    """Clients of one account and region, and an endpoint service that admits it."""

    ec2: Any
    account: str
    region: str
    service: str
    pause: Callable[[], None]
    """Lets some time pass, so that the next look may see something new."""
    gives: frozenset[Need] = frozenset()
    stage: Stage | None = None
    cloud: Cloud | None = None
    """The sandbox's other side, and its inside, for cases with a `Need`."""

    def until(self, true: Callable[[], bool]) -> None:
        """Look again and again, with pauses, until it is true."""
        for _ in range(_LOOKS):
            if true():
                return
            self.pause()
        pytest.fail("it never came true")

    @contextmanager
    def network(self, *, dns: bool = True) -> Iterator[Network]:
        """A VPC for a while."""
        made = make_network(self.ec2, dns=dns)
        try:
            yield made
        finally:
            if self.cloud is None:  # else the whole world ends with the case
                self._remove(made.vpc)

    def _remove(self, vpc: str) -> None:
        here: Any = {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}
        ec2 = self.ec2

        def endpoints() -> list[str]:
            return [one["VpcEndpointId"] for one in ec2.describe_vpc_endpoints(**here)["VpcEndpoints"]]

        if endpoints():
            ec2.delete_vpc_endpoints(VpcEndpointIds=endpoints())
            self.until(lambda: not endpoints())
        for interface in ec2.describe_network_interfaces(**here)["NetworkInterfaces"]:
            ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
        groups = [
            one for one in ec2.describe_security_groups(**here)["SecurityGroups"] if one["GroupName"] != "default"
        ]
        for group in groups:  # they may refer to each other
            if group["IpPermissions"]:
                ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
        for group in groups:
            self.until(lambda group=group: self.gone(group["GroupId"]))  # type: ignore[misc]  # a lambda's default
        for subnet in ec2.describe_subnets(**here)["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        ec2.delete_vpc(VpcId=vpc)

    def gone(self, group: str) -> bool:
        """Delete a group. False while something still depends on it."""
        try:
            self.ec2.delete_security_group(GroupId=group)
        except ClientError as refused:
            if refused.response["Error"]["Code"] != "DependencyViolation":
                raise
            return False
        return True


def of_sandbox(
    stage: Stage, service: str, pause: Callable[[], None], *gives: Need, cloud: Cloud | None = None
) -> Target:
    account = stage.sts.get_caller_identity()["Account"]
    return Target(stage.loose, account, stage.ec2.meta.region_name, service, pause, frozenset(gives), stage, cloud)


@contextmanager
def of_account(profile: str, region: str, service: str, skysql: str) -> Iterator[Target]:
    """A real account, as the AWS CLI would sign in to it."""
    session = boto3.Session(profile_name=profile or None, region_name=region or None)
    ec2: Any = session.client("ec2", config=_PATIENT)
    sts = session.client("sts", config=_PATIENT)
    try:
        account, where = sts.get_caller_identity()["Account"], ec2.meta.region_name
        service = service or _private_service(skysql, where)
        yield Target(ec2, account, where, service, _wait)
    finally:
        ec2.close()
        sts.close()


def _wait() -> None:
    threading.Event().wait(_SECONDS_A_LOOK)


def _private_service(skysql: str, region: str) -> str:
    """The endpoint service of SkySQL's first private service in a region."""
    headers = {"X-API-Key": os.environ["SKYSQL_API_KEY"]}
    answer = httpx.get(f"{skysql.rstrip('/')}/provisioning/v1/services", headers=headers, timeout=30)
    answer.raise_for_status()
    found = (endpoint.get("endpoint_service") for one in answer.json() for endpoint in one["endpoints"] or ())
    wanted = f"com.amazonaws.vpce.{region}."
    return next((name for name in found if name and name.startswith(wanted)), "") or pytest.fail(
        f"SkySQL has no private service in {region}: give --aws-endpoint-service"
    )
