"""Network ACLs as AWS keeps them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.stage import Stage, refused

EVERYTHING = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1"}
ALLOW = {**EVERYTHING, "RuleAction": "allow", "RuleNumber": 100}
DENY = {**EVERYTHING, "RuleAction": "deny", "RuleNumber": 32767}
BOTH_WAYS = (True, False)
UNKNOWN = "acl-0123456789abcdef0"


def described(stage: Stage, name: str, value: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.loose.describe_network_acls(Filters=[{"Name": name, "Values": [value]}])[
        "NetworkAcls"
    ]
    return found


def created(stage: Stage, vpc: str) -> str:
    return str(stage.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"])


def test_a_vpcs_own_acl_holds_its_subnets_and_lets_everything_pass(stage: Stage) -> None:
    network = stage.network()
    (acl,) = described(stage, "vpc-id", network.vpc)
    assert acl["IsDefault"]
    assert {one["SubnetId"] for one in acl["Associations"]} == {*network.subnets, network.twin}
    for way in BOTH_WAYS:
        assert [entry for entry in acl["Entries"] if entry["Egress"] is way] == [
            {**ALLOW, "Egress": way},
            {**DENY, "Egress": way},
        ]


def test_a_new_acl_lets_nothing_pass_and_holds_no_subnet(stage: Stage) -> None:
    acl = created(stage, stage.network().vpc)
    (found,) = described(stage, "association.network-acl-id", acl)
    assert not found["IsDefault"]
    assert found["Associations"] == []
    assert found["Entries"] == [{**DENY, "Egress": way} for way in BOTH_WAYS]


def test_an_entry_tells_its_protocol_by_number(stage: Stage) -> None:
    acl = created(stage, stage.network().vpc)
    stage.ec2.create_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=90,
        Protocol="tcp",
        RuleAction="deny",
        Egress=False,
        CidrBlock="10.0.0.0/8",
        PortRange={"From": 3306, "To": 3307},
    )
    (found,) = described(stage, "association.network-acl-id", acl)
    entry = next(entry for entry in found["Entries"] if entry["RuleNumber"] == 90)
    assert (entry["Protocol"], entry["Egress"], entry["RuleAction"]) == ("6", False, "deny")
    assert entry["PortRange"] == {"From": 3306, "To": 3307}


def test_a_subnet_has_one_acl(stage: Stage) -> None:
    network = stage.network()
    acl = created(stage, network.vpc)
    (before,) = described(stage, "association.subnet-id", network.twin)
    association = next(one for one in before["Associations"] if one["SubnetId"] == network.twin)
    stage.ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)
    assert [found["NetworkAclId"] for found in described(stage, "association.subnet-id", network.twin)] == [acl]


@pytest.mark.parametrize(
    ("action", "request_", "code"),
    [
        ("describe_network_acls", {"NetworkAclIds": [UNKNOWN]}, "InvalidNetworkAclID.NotFound"),
        ("delete_network_acl", {"NetworkAclId": UNKNOWN}, "InvalidNetworkAclID.NotFound"),
        (
            "replace_network_acl_association",
            {"AssociationId": "aclassoc-0123456789abcdef0", "NetworkAclId": UNKNOWN},
            "InvalidNetworkAclID.NotFound",
        ),
        ("get_managed_prefix_list_entries", {"PrefixListId": "pl-0123456789abcdef0"}, "InvalidPrefixListId.NotFound"),
    ],
)
def test_what_is_not_there_is_named(stage: Stage, action: str, request_: dict[str, Any], code: str) -> None:
    error = refused(lambda: getattr(stage.loose, action)(**request_))
    assert error.code == code
    assert "does not exist" in error.message


def test_an_association_that_is_not_there(stage: Stage) -> None:
    acl, association = created(stage, stage.network().vpc), "aclassoc-0123456789abcdef0"
    error = refused(lambda: stage.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl))
    assert error.code == "InvalidAssociationID.NotFound"


def test_interfaces_are_filtered_and_tell_whose_they_are(stage: Stage) -> None:
    network = stage.network()
    endpoint = stage.create(network, stage.private_service())

    def interfaces(**filters: str) -> list[dict[str, Any]]:
        asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
        found: list[dict[str, Any]] = stage.loose.describe_network_interfaces(Filters=asked)["NetworkInterfaces"]
        return found

    found = interfaces(vpc_id=network.vpc, interface_type="vpc_endpoint", status="in-use")
    assert {one["NetworkInterfaceId"] for one in found} == set(endpoint["NetworkInterfaceIds"])
    for one in found:
        assert one["RequesterManaged"]
        assert [group["GroupId"] for group in one["Groups"]] == [network.group]
        assert one["Description"] == f"VPC Endpoint Interface {endpoint['VpcEndpointId']}"
    assert interfaces(vpc_id=network.vpc, interface_type="lambda") == []
    assert interfaces(vpc_id=network.vpc, status="available") == []
