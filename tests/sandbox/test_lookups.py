"""What is found by its key is what moto finds by going through everything, also after deletions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.sandbox.conftest import Timed
from tests.sandbox.stage import Stage, refused, staged

LISTS = {
    "describe_subnets": ("Subnets", "SubnetId"),
    "describe_route_tables": ("RouteTables", "RouteTableId"),
    "describe_security_groups": ("SecurityGroups", "GroupId"),
    "describe_network_interfaces": ("NetworkInterfaces", "NetworkInterfaceId"),
}


@pytest.fixture(scope="module")
def seed(sandbox: Mapping[str, str]) -> Iterator[Stage]:
    with staged(sandbox) as made:
        yield made


def listed(stage: Stage, action: str, **filters: list[str]) -> list[str]:
    """The ids a Describe answers; a filter is named with _ for each - or dot."""
    key, identifier = LISTS[action]
    names = {"vpc_id": "vpc-id", "subnet_id": "association.subnet-id", "tag": "tag:Name", "address": "cidr-block"}
    asked = [{"Name": names[name], "Values": values} for name, values in filters.items()]
    return [one[identifier] for one in getattr(stage.loose, action)(Filters=asked)[key]]


@pytest.mark.parametrize("action", LISTS)
@pytest.mark.parametrize("vpcs", [("prod-core",), ("prod-core", "legacy"), ("sandbox-empty",)])
def test_the_parts_of_a_vpc_are_the_same_by_key_and_by_pattern(seed: Stage, action: str, vpcs: tuple[str, ...]) -> None:
    keys = [seed.vpc(name) for name in vpcs]
    by_key = listed(seed, action, vpc_id=keys)
    assert sorted(by_key) == sorted(listed(seed, action, vpc_id=[f"{key}*" for key in keys]))
    assert by_key or vpcs == ("sandbox-empty",)


@pytest.mark.parametrize("action", LISTS)
def test_a_vpc_that_is_not_there_has_no_parts(seed: Stage, action: str) -> None:
    assert listed(seed, action, vpc_id=["vpc-0123456789abcdef0"]) == []


def test_the_other_filters_still_choose(seed: Stage) -> None:
    prod = [seed.vpc("prod-core")]
    assert len(listed(seed, "describe_subnets", vpc_id=prod, tag=["prod-private-*"])) == 3
    assert len(listed(seed, "describe_subnets", vpc_id=prod, address=["10.20.0.0/24"])) == 1
    assert listed(seed, "describe_route_tables", vpc_id=prod, tag=["no such"]) == []


def test_the_table_of_a_subnet_is_found_by_the_subnet(seed: Stage) -> None:
    vpc = [seed.vpc("prod-core")]
    (public,) = listed(seed, "describe_subnets", vpc_id=vpc, tag=["prod-public-b"])
    (table,) = listed(seed, "describe_route_tables", subnet_id=[public])
    assert listed(seed, "describe_route_tables", vpc_id=vpc, tag=["prod-core-public"]) == [table]
    assert listed(seed, "describe_route_tables", subnet_id=["subnet-0123456789abcdef0"]) == []


def test_what_is_deleted_is_found_no_more(stage: Stage) -> None:
    network = stage.network()
    vpc = [network.vpc]
    stage.ec2.delete_subnet(SubnetId=network.twin)
    table = stage.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    assert table in listed(stage, "describe_route_tables", vpc_id=vpc)
    stage.ec2.delete_route_table(RouteTableId=table)
    stage.ec2.delete_security_group(GroupId=network.group)
    assert sorted(listed(stage, "describe_subnets", vpc_id=vpc)) == sorted(network.subnets)
    assert table not in listed(stage, "describe_route_tables", vpc_id=vpc)
    assert network.group not in listed(stage, "describe_security_groups", vpc_id=vpc)
    assert refused(lambda: stage.ec2.describe_subnets(SubnetIds=[network.twin])).code == "InvalidSubnetID.NotFound"


def free(stage: Stage, subnet: str) -> int:
    return stage.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["AvailableIpAddressCount"]


def test_free_addresses_follow_every_interface(stage: Stage) -> None:
    network = stage.network()
    subnet = network.subnets[0]
    before = free(stage, subnet)
    plain = stage.ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    stage.ec2.assign_private_ip_addresses(NetworkInterfaceId=plain, SecondaryPrivateIpAddressCount=2)
    endpoint = stage.create(network, stage.private_service())["VpcEndpointId"]
    stage.ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, SubnetId=subnet)
    assert free(stage, subnet) == before - 5
    stage.ec2.delete_network_interface(NetworkInterfaceId=plain)
    stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert stage.state(endpoint) == "InvalidVpcEndpointId.NotFound"
    assert free(stage, subnet) == before - 1


ACTIONS = (
    *("describe_vpcs", "describe_subnets", "describe_route_tables", "describe_security_groups", "describe_instances"),
    *("describe_network_interfaces", "describe_security_group_rules", "describe_tags", "describe_internet_gateways"),
    *("describe_vpc_endpoints", "describe_vpc_endpoint_services", "describe_managed_prefix_lists", "describe_volumes"),
)


def test_answers_are_written_as_moto_writes_them(timed: Timed, monkeypatch: pytest.MonkeyPatch) -> None:
    from moto.core.responses import ActionResult

    stage = timed.stage
    network = stage.network()
    stage.ec2.create_tags(Resources=[network.vpc], Tags=[{"Key": "<&>\"'", "Value": "a & b\n<i>\"'"}])
    stage.create(network, "com.amazonaws.us-east-2.kms")

    def said() -> dict[str, Any]:
        answers = {action: getattr(stage.loose, action)() for action in ACTIONS}
        return {action: {**answer, "ResponseMetadata": None} for action, answer in answers.items()}

    quick = said()
    monkeypatch.setattr("core.sandbox.aws.answers.QuickResult", ActionResult)
    assert quick == said()
