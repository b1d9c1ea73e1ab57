"""EC2's answers in shapes the sandbox does not give, as facts."""

from typing import Any

import pytest

from core.edges import aws_facts as facts
from core.facts import AclEntry, Zone
from core.values import ZoneId


def test_nothing_is_assumed_to_be_there() -> None:
    made: tuple[Any, ...] = (
        facts.zone, facts.vpc, facts.subnet, facts.route_table, facts.instance,
        facts.group, facts.prefix_list, facts.endpoint_service, facts.endpoint, facts.acl, facts.interface,
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


def test_outbound_rules_are_kept_beside_the_inbound_ones() -> None:
    outbound: Any = {
        "IpProtocol": "-1",
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
        "UserIdGroupPairs": [{"GroupId": "sg-1"}],
    }
    found = facts.group({"IpPermissionsEgress": [outbound]})
    assert found.rules == ()
    assert [rule.source for rule in found.outbound] == ["0.0.0.0/0", "sg-1"]


def test_a_prefix_list_weighs_as_many_rules_as_it_may_hold_entries() -> None:
    assert facts.prefix_list({"MaxEntries": 20}).weight == 20
    assert facts.prefix_list({}).weight == 1


def test_a_network_acls_entries_and_subnets() -> None:
    four: Any = {"RuleNumber": 90, "Egress": True, "Protocol": "6", "RuleAction": "deny", "CidrBlock": "10.0.0.0/8"}
    four["PortRange"] = {"From": 3306, "To": 3307}
    six: Any = {"RuleNumber": 32768, "Egress": False, "Protocol": "-1", "RuleAction": "allow", "Ipv6CidrBlock": "::/0"}
    found = facts.acl(
        {
            "NetworkAclId": "acl-1",
            "IsDefault": True,
            "Associations": [{"SubnetId": "subnet-1"}, {"NetworkAclId": "acl-1"}],
            "Entries": [four, six],
            "Tags": [{"Key": "Name", "Value": "old\none"}],
        }
    )
    assert (found.id, found.name, found.is_default) == ("acl-1", "old one", True)
    assert found.subnets == {"subnet-1"}
    assert found.entries == (
        AclEntry(90, allows=False, outbound=True, protocol="6", cidr="10.0.0.0/8", first=3306, last=3307),
        AclEntry(32768, allows=True, outbound=False, protocol="-1", cidr="::/0"),
    )


def test_an_interfaces_addresses_begin_with_its_first() -> None:
    found = facts.interface(
        {
            "NetworkInterfaceId": "eni-1",
            "InterfaceType": "lambda",
            "Description": "AWS Lambda \x1b[1mVPC ENI",
            "PrivateIpAddress": "10.0.0.9",
            "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.0.5"}, {"PrivateIpAddress": "10.0.0.9"}],
            "Ipv6Addresses": [{"Ipv6Address": "fd00::9"}],
            "Groups": [{"GroupId": "sg-1"}, {}],
            "RequesterManaged": True,
            "Attachment": {"InstanceId": "i-1"},
        }
    )
    assert found.addresses == ("10.0.0.9", "10.0.0.5", "fd00::9")
    assert found.description == "AWS Lambda [1mVPC ENI"
    assert (found.kind, found.requester_managed, found.instance) == ("lambda", True, "i-1")
    assert found.groups == {"sg-1"}


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
