"""EC2's answers in shapes the sandbox does not give, as facts."""

from typing import Any

import pytest

from core.edges import aws_facts as facts
from core.facts import Zone
from core.values import ZoneId


def test_nothing_is_assumed_to_be_there() -> None:
    made: tuple[Any, ...] = (
        facts.zone, facts.vpc, facts.subnet, facts.route_table, facts.instance,
        facts.group, facts.prefix_list, facts.endpoint_service, facts.endpoint,
    )  # fmt: skip
    for make in made:
        make({})


@pytest.mark.parametrize("state", ["pendingAcceptance", "PendingAcceptance", "PENDINGACCEPTANCE"])
def test_states_are_lower_case(state: Any) -> None:
    assert facts.endpoint({"State": state}).state == "pendingacceptance"


def test_an_endpoints_last_error() -> None:
    assert facts.endpoint({"LastError": {"Code": "X", "Message": "why"}}).last_error == "X: why"
    assert facts.endpoint({"FailureReason": "quota"}).last_error == "quota"


def test_names_lose_what_a_terminal_would_obey() -> None:
    found = facts.vpc({"VpcId": "vpc-1", "Tags": [{"Key": "Name", "Value": "\x1b[31mred\u202e\n🐬"}]})
    assert found.name == "[31mred 🐬"


def test_all_ranges_of_a_vpc_that_still_belong_to_it() -> None:
    blocks: Any = [
        {"CidrBlock": "10.0.0.0/16", "CidrBlockState": {"State": "associated"}},
        {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "associated"}},
        {"CidrBlock": "10.2.0.0/16", "CidrBlockState": {"State": "disassociated"}},
    ]
    found = facts.vpc({"CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": blocks})
    assert found.cidrs == ("10.0.0.0/16", "10.1.0.0/16")


def test_a_subnet_with_ipv6_alone() -> None:
    found = facts.subnet({"Ipv6Native": True, "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "fd00::/64"}]})
    assert found.ipv6_only
    assert found.cidr == "fd00::/64"


def test_routes_tell_where_they_lead_and_whether_they_do() -> None:
    routes: Any = [
        {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"},
        {"DestinationIpv6CidrBlock": "::/0", "EgressOnlyInternetGatewayId": "eigw-1"},
        {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1"},
        {"DestinationCidrBlock": "10.9.0.0/16", "NatGatewayId": "nat-1", "State": "blackhole"},
        {"DestinationCidrBlock": "10.8.0.0/16", "InstanceId": "i-1", "NetworkInterfaceId": "eni-1"},
    ]
    found = facts.route_table({"Routes": routes, "Associations": [{"Main": True}, {"SubnetId": "subnet-1"}]})
    assert found.main
    assert found.subnets == {"subnet-1"}
    assert [(route.destination, route.target, route.active) for route in found.routes] == [
        ("0.0.0.0/0", "igw-1", True),
        ("::/0", "eigw-1", True),
        ("pl-1", "vpce-1", True),
        ("10.9.0.0/16", "nat-1", False),
        ("10.8.0.0/16", "i-1", True),
    ]


def test_an_instances_groups_are_those_of_all_its_interfaces() -> None:
    found = facts.instance(
        {
            "SecurityGroups": [{"GroupId": "sg-1"}],
            "NetworkInterfaces": [{"Groups": [{"GroupId": "sg-1"}, {"GroupId": "sg-2"}]}],
        }
    )
    assert found.groups == {"sg-1", "sg-2"}


def test_a_permission_is_unfolded_into_one_rule_a_source() -> None:
    permission: Any = {
        "IpProtocol": "tcp",
        "FromPort": 3306,
        "ToPort": 3307,
        "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "all\nof us"}],
        "Ipv6Ranges": [{"CidrIpv6": "fd00::/8"}],
        "UserIdGroupPairs": [{"GroupId": "sg-1"}, {"GroupName": "old"}],
        "PrefixListIds": [{"PrefixListId": "pl-1"}],
    }
    everything: Any = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    rules = facts.group({"IpPermissions": [permission, everything]}).rules
    assert [rule.source for rule in rules] == ["10.0.0.0/8", "fd00::/8", "sg-1", "old", "pl-1", "0.0.0.0/0"]
    assert rules[0].description == "all of us"
    assert (rules[-1].protocol, rules[-1].first, rules[-1].last) == ("-1", -1, -1)


@pytest.mark.parametrize(
    "zones",
    [{"AvailabilityZoneIds": ["use2-az1"]}, {"AvailabilityZones": ["us-east-2a"]}, {"AvailabilityZoneIds": None}],
)
def test_an_endpoint_services_zones_by_id_or_name(zones: Any) -> None:
    found = facts.endpoint_service(zones)
    assert found.covers(Zone("us-east-2a", ZoneId("use2-az1"))) is any(zones.values())
    assert not found.covers(Zone("us-east-2b", ZoneId("use2-az2")))


def test_an_endpoint_services_private_name_stands_in_one_of_two_places() -> None:
    assert facts.endpoint_service({"PrivateDnsName": "a.skysql.com"}).private_dns_name == "a.skysql.com"
    listed: Any = {"PrivateDnsNames": [{"PrivateDnsName": "b.skysql.com"}]}
    assert facts.endpoint_service(listed).private_dns_name == "b.skysql.com"
