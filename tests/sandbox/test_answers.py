"""Every answer the program reads, held against botocore's service model while the real program asks."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest

from core.edges.aws_session import AwsDoor
from core.edges.settings import settings_from
from core.edges.world import open_world
from core.values import EndpointServiceName, Region, ServiceId, Source, VpcId
from core.work.operation import apply
from core.world import EndpointRequest, RuleRequest, World
from tests.forked import ForkedSandbox
from tests.plans import REGION, vpc_named
from tests.sandbox.stage import Stage, staged
from tests.sandbox.wire import Watch
from tests.work.test_against_sandbox import plan_for
from tests.worlds import hastened

READS = {
    *("DescribeRegions", "DescribeAvailabilityZones", "DescribeVpcs", "DescribeVpcAttribute", "DescribeSubnets"),
    *("DescribeRouteTables", "DescribeInstances", "DescribeSecurityGroups", "DescribeManagedPrefixLists"),
    *("DescribeVpcEndpointServices", "DescribeVpcEndpoints", "DescribeNetworkAcls", "DescribeNetworkInterfaces"),
    *("GetManagedPrefixListEntries", "GetCallerIdentity"),
}
CHANGES = {
    *("CreateSecurityGroup", "AuthorizeSecurityGroupIngress", "CreateVpcEndpoint", "ModifyVpcEndpoint"),
    "ModifyVpcAttribute",
}
DELETIONS = {"DeleteVpcEndpoints", "DeleteSecurityGroup"}
SERVICE = ServiceId("dbpgf00000003")


@pytest.fixture(scope="module")
def variables() -> Iterator[Mapping[str, str]]:
    with ForkedSandbox() as child:
        yield child.start(speed=0)


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """Put on every session the program makes."""
    watch, build = Watch(), AwsDoor._boto

    def watched(door: AwsDoor) -> boto3.Session:
        session = build(door)
        watch.put_on(session)
        return session

    monkeypatch.setattr(AwsDoor, "_boto", watched)
    return watch


@pytest.fixture
def stage(variables: Mapping[str, str]) -> Iterator[Stage]:
    with staged(variables) as made:
        yield made


@pytest.fixture
async def world(stage: Stage, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    for name in [name for name in os.environ if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_"))]:
        monkeypatch.delenv(name)
    for name, value in stage.variables.items():
        monkeypatch.setenv(name, value)
    opened = await open_world(settings_from(os.environ))
    yield hastened(opened)
    await opened.close()


async def test_a_whole_run_is_answered_as_the_model_says(
    world: World, watch: Watch, stage: Stage, tmp_path: Path
) -> None:
    ended = await apply(world, plan_for("orders-prod", stage.loose), tmp_path, lambda _: None, asyncio.Event())
    assert ended.status == "done", ended.detail
    assert watch.wrong == set()
    assert watch.seen >= CHANGES - {"ModifyVpcAttribute"}


async def test_every_read_is_answered_as_the_model_says(world: World, watch: Watch, stage: Stage) -> None:
    name = EndpointServiceName(stage.endpoint_service("dbpgf00000003"))
    await world.identity()
    await world.regions()
    aws = await world.aws(Region(REGION))
    await aws.zones()
    await aws.prefix_list_entries([each.id for each in await aws.prefix_lists()])
    assert await aws.endpoint_service(name) is not None
    await aws.find_endpoints(SERVICE, [], name)
    await aws.find_groups(SERVICE, [])
    for vpc in await aws.vpcs():
        network = await aws.network(vpc.id)
        for endpoint in network.endpoints:
            await aws.interfaces(endpoint.id)
        await aws.group_use(network.groups[0].id)
        await aws.vpc_dns(vpc.id)
        await aws.groups(vpc.id)
        await aws.endpoints(vpc.id, name)
    assert watch.wrong == set()
    assert watch.seen == READS


async def test_every_change_is_answered_as_the_model_says(world: World, watch: Watch, stage: Stage) -> None:
    vpc = VpcId(vpc_named(stage.ec2, "legacy"))
    subnets = stage.ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Subnets"]
    service = EndpointServiceName(stage.private_service())
    tags = (("team", "payments"),)
    aws = await world.aws(Region(REGION))
    group = await aws.create_group(vpc, "watched", "for a test", tags)
    rules = [RuleRequest(3306, Source(source), "a rule") for source in ("10.0.0.0/8", "fd00::/64", str(group))]
    await aws.authorize(group, rules, tags)
    await aws.authorize(group, rules, tags)  # refused, and then one by one
    await aws.enable_vpc_dns(vpc, "enableDnsSupport")
    await aws.enable_vpc_dns(vpc, "enableDnsHostnames")
    chosen: Any = tuple(subnet["SubnetId"] for subnet in subnets)
    endpoint = await aws.create_endpoint(EndpointRequest(vpc, service, chosen, (group,), tags, "watched"))
    await aws.enable_private_dns(endpoint)
    await aws.delete_endpoint(endpoint)
    await aws.delete_group(await aws.create_group(vpc, "passing", "for a test", tags))
    assert watch.wrong == set()
    assert watch.seen == CHANGES | DELETIONS
