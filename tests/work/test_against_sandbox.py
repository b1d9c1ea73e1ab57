"""A whole run over the real wire against the sandbox; what it made is read back by a client of the test's own."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.plan import NewGroup, Plan
from core.values import AccountId, Region, Source, SubnetId, VpcId
from core.work.events import Event, Seen
from core.work.operation import apply, check
from core.world import World

ACCOUNT = AccountId("123456789012")
REGION = Region("us-east-2")


def plan_for(service: str, ec2: Any, subnets: str = "prod-private-*", network: str = "prod-core") -> Plan:
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [network]}])["Vpcs"]
    chosen = ec2.describe_subnets(
        Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "tag:Name", "Values": [subnets]}]
    )["Subnets"]
    return Plan(
        service=service,
        accounts=(ACCOUNT,),
        region=REGION,
        vpc=VpcId(vpc["VpcId"]),
        subnets=tuple(SubnetId(subnet["SubnetId"]) for subnet in chosen),
        group=NewGroup(f"{service}-pl", "Clients", ("readwrite",), (Source("10.20.0.0/16"), Source("10.30.1.5/32"))),
        endpoint_name=service,
        tags=(("team", "payments"),),
    )


def endpoints_of(service: str, ec2: Any) -> list[Any]:
    found: list[Any] = ec2.describe_vpc_endpoints(Filters=[{"Name": "tag:Name", "Values": [service]}])["VpcEndpoints"]
    return found


async def test_a_whole_run_and_the_same_again(world: World, ec2: Any, tmp_path: Path) -> None:
    plan = plan_for("orders-prod", ec2)
    events: list[Event] = []
    ended = await apply(world, plan, tmp_path / "runs", events.append, asyncio.Event())
    assert (ended.status, ended.exit_code) == ("done", 0), events

    (endpoint,) = endpoints_of("orders-prod", ec2)
    assert endpoint["VpcEndpointId"] == ended.vpc_endpoint_id
    assert endpoint["State"].lower() == "available"
    assert endpoint["PrivateDnsEnabled"] is True
    assert set(endpoint["SubnetIds"]) == set(plan.subnets)
    assert [group["GroupId"] for group in endpoint["Groups"]] == [ended.security_group_id]
    assert {tag["Key"]: tag["Value"] for tag in endpoint["Tags"]} == {
        "Name": "orders-prod",
        "skysql:service-id": ended.service_id,
        "skysql:run-id": ended.run,
        "managed-by": "skysql-privatelink",
        "team": "payments",
    }
    (group,) = ec2.describe_security_groups(GroupIds=[ended.security_group_id])["SecurityGroups"]
    (permission,) = group["IpPermissions"]
    assert (permission["FromPort"], permission["ToPort"], permission["IpProtocol"]) == (3306, 3306, "tcp")
    assert {ranged["CidrIp"] for ranged in permission["IpRanges"]} == {"10.20.0.0/16", "10.30.1.5/32"}
    assert {entry["DnsName"] for entry in endpoint["DnsEntries"]} == set(ended.dns_names)
    assert ended.host == "dbpgf00000001.sysp0000.db1.skysql.com"
    assert ended.downtime_seconds is not None

    again = await apply(world, plan, tmp_path / "runs", events.append, asyncio.Event())
    assert (again.status, again.downtime_seconds) == ("done", None)
    assert again.vpc_endpoint_id == ended.vpc_endpoint_id
    assert len(endpoints_of("orders-prod", ec2)) == 1

    differently = replace(plan, group=replace_name(plan))
    differing = await check(world, differently, tmp_path, events.append, asyncio.Event())
    assert (differing.status, differing.exit_code) == ("blocked", 3), "the endpoint does not carry that group"


def replace_name(plan: Plan) -> NewGroup:
    assert isinstance(plan.group, NewGroup)
    return replace(plan.group, name="another")


async def test_zones_that_the_service_lacks_are_left_out_on_another_machine_too(
    world: World, ec2: Any, tmp_path: Path
) -> None:
    plan = plan_for("billing", ec2)
    stop = asyncio.Event()

    def tell(event: Event) -> None:
        if isinstance(event, Seen) and event.step == "available":
            stop.set()

    interrupted = await apply(world, plan, tmp_path / "here", tell, stop)
    assert (interrupted.status, interrupted.exit_code) == ("interrupted", 130)
    ended = await apply(world, plan, tmp_path / "there", lambda _: None, asyncio.Event())
    assert ended.status == "done", ended.detail
    (endpoint,) = endpoints_of("billing", ec2)
    zones = {
        subnet["AvailabilityZoneId"] for subnet in ec2.describe_subnets(SubnetIds=endpoint["SubnetIds"])["Subnets"]
    }
    assert zones == {"use2-az1", "use2-az2"}


async def test_a_service_that_is_private_already_is_not_interrupted(world: World, ec2: Any, tmp_path: Path) -> None:
    ended = await apply(world, plan_for("ledger-prod", ec2), tmp_path, lambda _: None, asyncio.Event())
    assert ended.status == "done", ended.detail
    assert ended.downtime_seconds is None


@pytest.mark.parametrize("service", ["analytics", "reports-archive", "import-test", "crm-eu"])
async def test_services_that_cannot_be_linked_are_blocked(world: World, ec2: Any, tmp_path: Path, service: str) -> None:
    ended = await check(world, plan_for(service, ec2), tmp_path, lambda _: None, asyncio.Event())
    assert (ended.status, ended.exit_code) == ("blocked", 3)
