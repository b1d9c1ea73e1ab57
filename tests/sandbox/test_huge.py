"""The huge company: as many of everything as it says, the usual ones first, and answers that do not slow down."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from core.sandbox import huge
from core.sandbox.child import Sandbox
from core.sandbox.serve import Happening
from tests.sandbox.stage import Network, Stage, refused, staged, wanted
from tests.sandbox.test_company import SERVICES, VPCS, ids
from tests.timing import within

Filters = list[dict[str, Any]]


@pytest.fixture(scope="module")
def stage(huge_sandbox: Mapping[str, str]) -> Iterator[Stage]:
    with staged(huge_sandbox) as made:
        yield made


def every(stage: Stage, action: str, key: str, **asked: Any) -> list[Any]:
    """All pages of a list."""
    pages = stage.loose.get_paginator(action).paginate(PaginationConfig={"PageSize": 1000}, **asked)
    return [one for page in pages for one in page[key]]


def where(name: str, *values: str) -> Filters:
    return [{"Name": name, "Values": list(values)}]


@pytest.mark.parametrize(
    ("action", "key", "number"),
    [
        ("describe_vpcs", "Vpcs", huge.VPCS),
        ("describe_subnets", "Subnets", huge.SUBNETS),
        ("describe_security_groups", "SecurityGroups", huge.GROUPS),
    ],
)
def test_there_are_as_many_as_it_says(stage: Stage, action: str, key: str, number: int) -> None:
    assert len(every(stage, action, key)) == number


def test_services_are_many_and_of_all_kinds(stage: Stage) -> None:
    services = stage.http.get("/provisioning/v1/services").json()
    assert len(services) == len({one["id"] for one in services}) == len({one["name"] for one in services}) == 1_000
    assert all(4 <= len(one["name"]) <= 24 for one in services)
    for field in ("status", "region", "provider", "topology"):
        assert len(Counter(one[field] for one in services)) >= 3, field
    at_home = [one for one in services if one["region"] == "us-east-2"]
    assert len(at_home) > len(services) / 2
    assert {one["endpoints"][0]["mechanism"] for one in at_home} == {"nlb", "privateconnect"}


def test_the_usual_company_comes_first(stage: Stage) -> None:
    services = stage.http.get("/provisioning/v1/services").json()
    assert [one["id"] for one in services[: len(SERVICES)]] == [row[0] for row in SERVICES]
    vpcs = every(stage, "describe_vpcs", "Vpcs")
    named = [tag["Value"] for vpc in vpcs for tag in vpc.get("Tags", [])]
    assert named[: len(VPCS)] == [row[0] for row in VPCS]


def test_the_hub_is_as_large_as_aws_lets_a_vpc_be(stage: Stage) -> None:
    hub = where("vpc-id", stage.vpc(huge.HUB))
    assert len(every(stage, "describe_subnets", "Subnets", Filters=hub)) == huge.HUB_SUBNETS
    assert len(every(stage, "describe_security_groups", "SecurityGroups", Filters=hub)) == huge.HUB_GROUPS + 1


def test_where_all_endpoints_are_taken_the_next_is_refused(stage: Stage) -> None:
    vpc = where("vpc-id", stage.vpc(huge.NO_ENDPOINTS_LEFT))
    assert len(every(stage, "describe_vpc_endpoints", "VpcEndpoints", Filters=vpc)) == huge.ENDPOINTS
    subnet = every(stage, "describe_subnets", "Subnets", Filters=vpc)[1]
    group = every(stage, "describe_security_groups", "SecurityGroups", Filters=vpc)[0]["GroupId"]
    network = Network(subnet["VpcId"], [subnet["SubnetId"]], "", group, [])
    asked = wanted(network, "com.amazonaws.us-east-2.kms")
    assert refused(lambda: stage.loose.create_vpc_endpoint(**asked)).code == "VpcEndpointLimitExceeded"


def test_where_all_addresses_are_taken_two_zones_have_none(stage: Stage) -> None:
    vpc = where("vpc-id", stage.vpc(huge.NO_ADDRESSES_LEFT))
    free: dict[str, set[int]] = {}
    for subnet in every(stage, "describe_subnets", "Subnets", Filters=vpc):
        free.setdefault(subnet["AvailabilityZone"], set()).add(subnet["AvailableIpAddressCount"])
    assert free == {"us-east-2a": {0}, "us-east-2b": {0}, "us-east-2c": {11}}


def test_every_subnet_counts_its_own_addresses(stage: Stage) -> None:
    interfaces = every(stage, "describe_network_interfaces", "NetworkInterfaces")
    taken = Counter(one["SubnetId"] for one in interfaces for _ in one["PrivateIpAddresses"])
    subnets = every(stage, "describe_subnets", "Subnets")
    sizes = {one["SubnetId"]: ipaddress.ip_network(one["CidrBlock"]).num_addresses - 5 for one in subnets}
    assert len(taken) > 300
    assert {one["SubnetId"]: one["AvailableIpAddressCount"] for one in subnets} == {
        subnet: size - taken[subnet] for subnet, size in sizes.items()
    }


def test_two_huge_worlds_agree_on_every_id(stage: Stage) -> None:
    with Sandbox() as second, staged(second.start(0, Happening("huge"))) as other:
        seen = ids(stage)
        assert seen == ids(other)
    assert len(set(seen)) > huge.VPCS + huge.SUBNETS + huge.GROUPS


# -- no answer looks through everything there is

A_FEW, A_PAGE = 0.1, 0.3  # seconds
DNS = {"Attribute": "enableDnsSupport"}
Ask = Callable[[Stage, str], object]


def of_vpc(action: str) -> Ask:
    return lambda stage, vpc: getattr(stage.ec2, action)(Filters=where("vpc-id", vpc))


def page(action: str, size: int = 1000) -> Ask:
    return lambda stage, _vpc: getattr(stage.ec2, action)(MaxResults=size)


CALLS: list[tuple[str, float, Ask]] = [
    ("DescribeVpcs", A_PAGE, page("describe_vpcs")),
    ("DescribeSubnets", A_PAGE, page("describe_subnets")),
    ("DescribeSecurityGroups", A_PAGE, page("describe_security_groups")),
    ("DescribeNetworkInterfaces", A_PAGE, page("describe_network_interfaces")),
    ("DescribeRouteTables", A_PAGE, page("describe_route_tables", 100)),
    ("DescribeVpcEndpoints", A_PAGE, page("describe_vpc_endpoints")),
    ("DescribeVpcs", A_FEW, lambda stage, vpc: stage.ec2.describe_vpcs(VpcIds=[vpc])),
    ("DescribeVpcAttribute", A_FEW, lambda stage, vpc: stage.loose.describe_vpc_attribute(VpcId=vpc, **DNS)),
    ("DescribeSubnets", A_FEW, of_vpc("describe_subnets")),
    ("DescribeSecurityGroups", A_FEW, of_vpc("describe_security_groups")),
    ("DescribeNetworkInterfaces", A_FEW, of_vpc("describe_network_interfaces")),
    ("DescribeRouteTables", A_FEW, of_vpc("describe_route_tables")),
    ("DescribeInstances", A_FEW, of_vpc("describe_instances")),
    ("DescribeVpcEndpoints", A_FEW, of_vpc("describe_vpc_endpoints")),
    ("DescribeManagedPrefixLists", A_FEW, lambda stage, _vpc: stage.ec2.describe_managed_prefix_lists()),
    ("DescribeVpcEndpointServices", A_FEW, lambda stage, _vpc: stage.ec2.describe_vpc_endpoint_services()),
]


def seconds_to_answer(stage: Stage, action: str, ask: Callable[[], object]) -> float:
    """From the request to the whole answer, before the client reads it."""
    moments: list[float] = []

    def note(**_: object) -> None:
        moments.append(time.monotonic())

    events = stage.ec2.meta.events
    with ExitStack() as done:
        for event in (f"before-send.ec2.{action}", f"before-parse.ec2.{action}"):
            events.register(event, note)
            done.callback(events.unregister, event, note)
        ask()
    sent, answered = moments
    return answered - sent


@pytest.mark.parametrize(("action", "limit", "ask"), CALLS, ids=[f"{action} {limit}" for action, limit, _ in CALLS])
def test_aws_answers_quickly(stage: Stage, action: str, limit: float, ask: Ask) -> None:
    vpc = stage.vpc(huge.NO_ENDPOINTS_LEFT)
    assert within(limit, lambda: seconds_to_answer(stage, action, lambda: ask(stage, vpc)))


def test_skysql_answers_quickly(stage: Stage) -> None:
    def seconds() -> float:
        return stage.http.get("/provisioning/v1/services").elapsed.total_seconds()

    assert within(A_PAGE, seconds)
