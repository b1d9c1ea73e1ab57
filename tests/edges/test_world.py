"""The whole way over loopback: what the sandbox holds comes out as facts, and changes take."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from core.edges.aws_errors import Doing
from core.edges.aws_session import AwsDoor
from core.edges.settings import settings_from
from core.edges.world import open_world
from core.facts import AllowedAddress, GroupUse, Rule, Vpc
from core.problems import Busy, Conflict, NotAllowed, NotFound, NotSignedIn, NotYet, Passing, Problem
from core.values import EndpointId, EndpointServiceName, GroupId, Region, ServiceId, Source, VpcId
from core.world import Aws, EndpointRequest, RuleRequest, Secret, World

REGION = Region("us-east-2")
UNSEEN = EndpointServiceName("com.amazonaws.vpce.us-east-2.vpce-svc-0123456789abcdef0")
TAGS = (("Name", "orders"), ("managed-by", "skysql-privatelink"))


async def vpc_named(aws: Aws, name: str) -> Vpc:
    return next(vpc for vpc in await aws.vpcs() if vpc.name == name)


async def test_who_and_where(world: World) -> None:
    identity = await world.identity()
    assert len(identity.account) == 12
    assert identity.arn.startswith("arn:aws:")
    assert REGION in await world.regions()
    aws = await world.aws(REGION)
    assert {zone.name for zone in await aws.zones()} >= {"us-east-2a", "us-east-2b"}
    assert all(zone.id.startswith("use2-az") for zone in await aws.zones())


async def test_services_are_read_one_and_all(world: World) -> None:
    await world.skysql.probe()
    services = await world.skysql.services()
    assert {service.provider for service in services} >= {"aws", "gcp"}
    orders = next(service for service in services if service.name == "orders-prod")
    assert [port.purpose for port in orders.ports] == ["readwrite", "readonly"]
    assert await world.skysql.service(orders.id) == orders


async def test_a_service_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFound, match="dbpgf99999999"):
        await world.skysql.service(ServiceId("dbpgf99999999"))


async def test_a_services_default_user_and_password(world: World) -> None:
    orders = next(found for found in await world.skysql.services() if found.name == "orders-prod")
    told = await world.skysql.credentials(orders.id)
    assert told.user == orders.id
    assert told.password.reveal() == f"made-up-{orders.id}"
    assert "made-up" not in repr(told)


async def test_they_are_told_once_it_is_ready(world: World) -> None:
    pending = next(found for found in await world.skysql.services() if found.status.startswith("pending"))
    with pytest.raises(Busy):
        await world.skysql.credentials(pending.id)


async def test_a_wrong_key_and_another_that_is_right(world: World, used_sandbox: Mapping[str, str]) -> None:
    await world.use_key(Secret("not-the-key"), "")
    with pytest.raises(NotSignedIn) as caught:
        await world.skysql.probe()
    assert caught.value.code == "skysql.key-refused"
    await world.use_key(Secret(used_sandbox["SKYSQL_API_KEY"]), "")
    await world.skysql.probe()


async def test_a_whole_network(world: World) -> None:
    aws = await world.aws(REGION)
    network = await aws.network((await vpc_named(aws, "prod-core")).id)
    assert network.dns.ready
    assert network.vpc.cidrs[0] == "10.20.0.0/16"
    assert all(subnet.vpc == network.vpc.id and subnet.zone.id for subnet in network.subnets)
    assert any(table.main for table in network.route_tables)
    assert any(route.target.startswith("igw-") for table in network.route_tables for route in table.routes)
    known = {group.id for group in network.groups}
    assert network.instances
    assert all(instance.groups <= known for instance in network.instances)
    assert all(group.outbound for group in network.groups)
    assert {subnet for acl in network.acls or () for subnet in acl.subnets} == {subnet.id for subnet in network.subnets}
    attached = {interface.instance: interface for interface in network.interfaces or () if interface.instance}
    assert {instance.id for instance in network.instances} <= attached.keys()
    for instance in network.instances:
        assert attached[instance.id].groups == instance.groups
        assert attached[instance.id].addresses[0] == instance.address


async def test_a_gateway_endpoint_is_none_of_its_endpoints(world: World) -> None:
    aws = await world.aws(REGION)
    vpc = (await vpc_named(aws, "prod-core")).id
    before = (await aws.network(vpc)).endpoints
    with closing(boto3.Session().client("ec2", region_name=REGION)) as client:
        made = client.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3")["VpcEndpoint"]
        after = (await aws.network(vpc)).endpoints
        client.delete_vpc_endpoints(VpcEndpointIds=[made.get("VpcEndpointId", "")])
    assert after == before


async def test_entries_of_prefix_lists_that_are_there(world: World) -> None:
    aws = await world.aws(REGION)
    office = next(found for found in await aws.prefix_lists() if not found.name.startswith("com.amazonaws"))
    assert office.weight == 10
    assert await aws.prefix_list_entries([office.id, "pl-0123456789abcdef0"]) == {
        office.id: ("203.0.113.7/32", "198.51.100.0/24")
    }
    assert await aws.prefix_list_entries([]) == {}


async def test_private_zones_of_a_vpc(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than one page of them."""
    aws, asked = await world.aws(REGION), AwsDoor.route53
    vpc = (await aws.vpcs())[0].id
    assert await aws.private_zones(vpc) == ()

    def two_a_page(route53: Any) -> Any:
        whole = route53.list_hosted_zones_by_vpc
        return SimpleNamespace(list_hosted_zones_by_vpc=lambda **given: whole(**given, MaxItems="2"))

    async def paging(door: AwsDoor, doing: Doing, use: Callable[[Any], Any]) -> Any:
        return await asked(door, doing, lambda route53: use(two_a_page(route53)))

    names = ("a.example", "b.example", "c.example")
    with closing(boto3.Session().client("route53")) as client:
        for name in names:
            client.create_hosted_zone(Name=name, VPC={"VPCRegion": REGION, "VPCId": vpc}, CallerReference=name)
    monkeypatch.setattr(AwsDoor, "route53", paging)
    owner = (await world.identity()).account
    assert [(zone.name, zone.owner) for zone in await aws.private_zones(vpc) or ()] == [(name, owner) for name in names]


@pytest.mark.parametrize("action", ["private_zones", "groups_in_region"])
@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (NotAllowed("aws.AccessDenied", "Not allowed."), True),
        (Passing("aws.EndpointConnectionError", "Route 53 cannot be reached from here."), True),
        (NotSignedIn("aws.ExpiredToken", "The sign-in has expired."), False),
    ],
)
async def test_what_only_tells_more_stops_nothing_but_an_ended_sign_in(
    world: World, monkeypatch: pytest.MonkeyPatch, action: str, problem: Problem, told: bool
) -> None:
    async def refuses(*_: object, **__: object) -> object:
        raise problem

    aws = await world.aws(REGION)
    for api in ("ec2", "route53"):
        monkeypatch.setattr(AwsDoor, api, refuses)
    asked = aws.groups_in_region() if action == "groups_in_region" else aws.private_zones(VpcId("vpc-1"))
    if told:
        assert await asked is None
    else:
        with pytest.raises(NotSignedIn):
            await asked


async def test_groups_of_all_vpcs_are_counted(world: World) -> None:
    aws = await world.aws(REGION)
    by_vpc = [len(await aws.groups(vpc.id)) for vpc in await aws.vpcs()]
    assert await aws.groups_in_region() == sum(by_vpc)


async def test_the_parts_of_a_network_are_asked_for_at_the_same_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call waits until all of them have been made."""
    asked, aws = AwsDoor.ec2, await world.aws(REGION)
    vpc, together = (await vpc_named(aws, "prod-core")).id, asyncio.Barrier(10)

    async def ec2(door: AwsDoor, doing: Doing, use: Callable[[Any], Any], limit: float | None = None) -> Any:
        async with asyncio.timeout(20):
            await together.wait()
        return await asked(door, doing, use, limit)

    monkeypatch.setattr(AwsDoor, "ec2", ec2)
    assert (await aws.network(vpc)).subnets


async def test_what_only_tells_more_may_be_forbidden(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = AwsDoor.ec2

    async def ec2(door: AwsDoor, doing: Doing, use: Callable[[Any], Any], limit: float | None = None) -> Any:
        if doing.action in ("ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces"):
            raise NotAllowed("aws.UnauthorizedOperation", f"{doing.action} is not allowed.")
        return await asked(door, doing, use, limit)

    monkeypatch.setattr(AwsDoor, "ec2", ec2)
    aws = await world.aws(REGION)
    network = await aws.network((await vpc_named(aws, "prod-core")).id)
    assert network.subnets
    assert (network.acls, network.interfaces) == (None, None)


async def test_dns_attributes_of_a_vpc(world: World) -> None:
    aws = await world.aws(REGION)
    legacy = await vpc_named(aws, "legacy")
    assert (await aws.vpc_dns(legacy.id)).support


async def test_a_vpc_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        await (await world.aws(REGION)).network(VpcId("vpc-0123456789abcdef0"))
    assert caught.value.code == "aws.InvalidVpcID.NotFound"
    assert caught.value.request_id


async def test_prefix_lists_of_aws_and_of_the_customer(world: World) -> None:
    names = {found.name for found in await (await world.aws(REGION)).prefix_lists()}
    assert "com.amazonaws.us-east-2.s3" in names
    assert any(not name.startswith("com.amazonaws") for name in names)


async def test_an_endpoint_service_nobody_shows_us(world: World) -> None:
    assert await (await world.aws(REGION)).endpoint_service(UNSEEN) is None


async def test_an_endpoint_to_it_is_not_to_be_made_yet(world: World) -> None:
    aws = await world.aws(REGION)
    vpc = await vpc_named(aws, "prod-core")
    network = await aws.network(vpc.id)
    request = EndpointRequest(vpc.id, UNSEEN, (network.subnets[0].id,), (network.groups[0].id,), TAGS, uuid.uuid4().hex)
    with pytest.raises(NotYet, match="minutes"):
        await aws.create_endpoint(request)
    assert await aws.endpoints(vpc.id, UNSEEN) == ()


async def a_group(aws: Aws) -> tuple[VpcId, GroupId, str]:
    vpc, name = (await vpc_named(aws, "prod-core")).id, f"edges-{uuid.uuid4().hex[:8]}"
    return vpc, await aws.create_group(vpc, name, "made by a test", TAGS), name


async def test_a_group_is_made_with_its_tags(world: World) -> None:
    aws = await world.aws(REGION)
    vpc, made, name = await a_group(aws)
    found = next(group for group in await aws.groups(vpc) if group.id == made)
    assert (found.name, found.description) == (name, "made by a test")
    assert set(found.tags) == set(TAGS)


async def test_a_name_that_is_taken(world: World) -> None:
    aws = await world.aws(REGION)
    vpc, _, name = await a_group(aws)
    with pytest.raises(Conflict) as caught:
        await aws.create_group(vpc, name, "again", TAGS)
    assert caught.value.code == "aws.InvalidGroup.Duplicate"


async def test_rules_of_every_kind_of_source(world: World) -> None:
    aws = await world.aws(REGION)
    vpc, group, _ = await a_group(aws)
    lists = await aws.prefix_lists()
    sources = [Source(text) for text in ("10.1.0.0/16", "fd00::/8", group, lists[0].id)]
    await aws.authorize(group, [RuleRequest(3306, source, "from a test") for source in sources], TAGS)
    rules = next(found for found in await aws.groups(vpc) if found.id == group).rules
    assert Rule("tcp", 3306, 3306, sources[0], "from a test") in rules
    assert {(rule.first, rule.last, rule.source) for rule in rules} == {(3306, 3306, source) for source in sources}


async def test_rules_that_are_there_already_do_not_keep_the_others_out(world: World) -> None:
    aws = await world.aws(REGION)
    vpc, group, _ = await a_group(aws)
    first, second = (RuleRequest(3306, Source(text)) for text in ("10.1.0.0/16", "10.2.0.0/16"))
    await aws.authorize(group, [first], TAGS)
    await aws.authorize(group, [first], TAGS)
    await aws.authorize(group, [first, second], TAGS)
    await aws.authorize(group, [], TAGS)
    rules = next(found for found in await aws.groups(vpc) if found.id == group).rules
    assert sorted(rule.source for rule in rules) == ["10.1.0.0/16", "10.2.0.0/16"]


async def test_vpc_dns_is_switched_on(world: World) -> None:
    aws = await world.aws(REGION)
    legacy = await vpc_named(aws, "legacy")
    await aws.enable_vpc_dns(legacy.id, "enableDnsSupport")
    await aws.enable_vpc_dns(legacy.id, "enableDnsHostnames")
    assert (await aws.vpc_dns(legacy.id)).ready


async def test_keys_that_are_wrong(
    used_sandbox: Mapping[str, str], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And a world opened with the right ones later works: nothing wrong is remembered."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONGWRONGWRONG0")
    other = await open_world(settings_from(os.environ))
    try:
        with pytest.raises(NotSignedIn) as caught:
            await other.identity()
        assert "keys" in caught.value.remedy
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", used_sandbox["AWS_ACCESS_KEY_ID"])
        assert (await other.identity()).account
    finally:
        await other.close()


async def until(look: Callable[[], Awaitable[bool]]) -> None:
    """The sandbox runs without delays: a few looks are enough."""
    for _ in range(100):
        if await look():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came")


async def test_a_whole_link(world: World) -> None:
    """Switch, endpoint service, endpoint, private DNS: what the steps of a run do, through the same calls."""
    identity, aws = await world.identity(), await world.aws(REGION)
    billing = next(found for found in await world.skysql.services() if found.name == "billing")
    await world.skysql.switch(billing.id, [identity.account])

    async def linked() -> bool:
        found = await world.skysql.service(billing.id)
        return found.status == "ready" and found.private is not None and found.private.endpoint_service is not None

    await until(linked)
    private = (await world.skysql.service(billing.id)).private
    assert private is not None
    assert private.endpoint_service is not None
    assert private.accounts == (identity.account,)
    name = private.endpoint_service

    async def visible() -> bool:
        return await aws.endpoint_service(name) is not None

    await until(visible)
    offered = await aws.endpoint_service(name)
    assert offered is not None
    network = await aws.network((await vpc_named(aws, "prod-core")).id)
    subnet = next(found for found in network.subnets if offered.covers(found.zone))
    group = await aws.create_group(network.vpc.id, f"edges-{uuid.uuid4().hex[:8]}", "made by a test", TAGS)
    request = EndpointRequest(network.vpc.id, name, (subnet.id,), (group,), TAGS, uuid.uuid4().hex)

    made: list[EndpointId] = []

    async def created() -> bool:
        with suppress(NotYet):
            made.append(await aws.create_endpoint(request))
        return bool(made)

    await until(created)
    assert await aws.create_endpoint(request) == made[0], "the same token makes nothing twice"
    with pytest.raises(Conflict) as caught:
        await aws.create_endpoint(replace(request, tags=()))
    assert caught.value.code == "aws.IdempotentParameterMismatch"

    async def available() -> bool:
        return (await aws.endpoints(network.vpc.id, name))[0].state == "available"

    await until(available)
    (endpoint,) = await aws.endpoints(network.vpc.id, name)
    assert endpoint.subnets == {subnet.id}
    assert endpoint.groups == {group}
    assert not endpoint.private_dns
    assert set(endpoint.tags) >= set(TAGS)
    assert endpoint.dns_names[0].endswith(".us-east-2.vpce.amazonaws.com")

    async def private_dns() -> bool:
        with suppress(NotYet):
            await aws.enable_private_dns(endpoint.id)
        return (await aws.endpoints(network.vpc.id, name))[0].private_dns

    await until(private_dns)
    await taken_away(world, billing.id, endpoint.id, group)


async def taken_away(world: World, service: ServiceId, endpoint: EndpointId, group: GroupId) -> None:
    """What the steps of an undo do, through the same calls."""
    aws = await world.aws(REGION)
    with pytest.raises(Busy):
        await aws.delete_group(group)
    interfaces = await aws.interfaces(endpoint)
    assert {found.kind for found in interfaces} == {"vpc_endpoint"}
    assert (await aws.group_use(group)).interfaces == interfaces
    await aws.delete_endpoint(endpoint)

    async def free() -> bool:
        return not await aws.group_use(group)

    await until(free)
    assert await aws.interfaces(endpoint) == ()
    await aws.delete_endpoint(endpoint)
    await aws.delete_group(group)
    await aws.delete_group(group)
    assert await aws.find_groups(service, [group]) == ()
    await world.skysql.make_public(service)

    async def public() -> bool:
        found = await world.skysql.service(service)
        return found.status == "ready" and found.private is None

    await until(public)
    assert await world.skysql.allow_list(service) == ()
    offices = (AllowedAddress("203.0.113.7/32", "Berlin office"),)
    await world.skysql.set_allow_list(service, offices)
    assert await world.skysql.allow_list(service) == offices


async def test_what_is_ours_is_found_by_tag_or_id_in_every_vpc(world: World) -> None:
    aws, mine = await world.aws(REGION), ServiceId(f"dbpgf{uuid.uuid4().int % 10**8:08}")
    ours = (("skysql:service-id", mine), ("managed-by", "skysql-privatelink"))
    made = []
    for name, tags in (("prod-core", ours), ("legacy", ours), ("legacy", ours[:1]), ("legacy", ours[1:])):
        vpc = (await vpc_named(aws, name)).id
        made.append(await aws.create_group(vpc, f"edges-{uuid.uuid4().hex[:8]}", "made by a test", tags))
    assert {group.id for group in await aws.find_groups(mine, [])} == set(made[:2])
    gone = GroupId("sg-0123456789abcdef0")
    assert {group.id for group in await aws.find_groups(mine, [made[2], gone])} == set(made[:3])
    assert await aws.find_endpoints(mine, [EndpointId("vpce-0123456789abcdef0")], UNSEEN) == ()


async def test_a_group_that_another_ones_rule_names(world: World) -> None:
    aws = await world.aws(REGION)
    _, group, _ = await a_group(aws)
    _, other, _ = await a_group(aws)
    await aws.authorize(other, [RuleRequest(3306, Source(group))], TAGS)
    assert await aws.group_use(group) == GroupUse((), (other,))
