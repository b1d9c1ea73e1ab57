"""Private hosted zones of Route 53: made and associated as people do it, listed for a VPC, and in private DNS's way."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from core.sandbox.environment import CONSUMER, READER_KEY_ID, READER_SECRET
from tests.sandbox.persons import allow, person
from tests.sandbox.stage import Stage, refused

_references = itertools.count(1)


@pytest.fixture
def route53(stage: Stage) -> Iterator[Any]:
    with stage.client("route53") as client:
        yield client


def place(vpc: str) -> dict[str, str]:
    return {"VPCRegion": "us-east-2", "VPCId": vpc}


def made(route53: Any, name: str, vpc: str) -> str:
    reference = f"test-{next(_references)}"
    answer = route53.create_hosted_zone(Name=name, VPC=place(vpc), CallerReference=reference)
    assert answer["HostedZone"]["Config"]["PrivateZone"]
    return str(answer["HostedZone"]["Id"]).rpartition("/")[2]


def listed(route53: Any, vpc: str, **more: str) -> list[dict[str, Any]]:
    answer = route53.list_hosted_zones_by_vpc(VPCId=vpc, VPCRegion="us-east-2", **more)
    return list(answer["HostedZoneSummaries"])


def private_name(stage: Stage, service: str) -> str:
    found = stage.ec2.describe_vpc_endpoint_services(ServiceNames=[service])["ServiceDetails"]
    return found[0]["PrivateDnsName"]


def test_a_vpcs_zones_are_those_it_was_made_with_and_those_it_was_associated_with(stage: Stage, route53: Any) -> None:
    one, two = stage.network().vpc, stage.network().vpc
    first, second = made(route53, "first.example", one), made(route53, "second.example", two)
    route53.associate_vpc_with_hosted_zone(HostedZoneId=second, VPC=place(one))
    assert listed(route53, one) == [
        {"HostedZoneId": first, "Name": "first.example.", "Owner": {"OwningAccount": CONSUMER}},
        {"HostedZoneId": second, "Name": "second.example.", "Owner": {"OwningAccount": CONSUMER}},
    ]
    assert [zone["Name"] for zone in listed(route53, two)] == ["second.example."]


def test_they_come_in_pages(stage: Stage, route53: Any) -> None:
    vpc = stage.network().vpc
    for name in ("a.example", "b.example", "c.example"):
        made(route53, name, vpc)
    first = route53.list_hosted_zones_by_vpc(VPCId=vpc, VPCRegion="us-east-2", MaxItems="2")
    assert [zone["Name"] for zone in first["HostedZoneSummaries"]] == ["a.example.", "b.example."]
    assert [zone["Name"] for zone in listed(route53, vpc, NextToken=first["NextToken"])] == ["c.example."]


def test_a_vpc_has_one_zone_of_a_name(stage: Stage, route53: Any) -> None:
    vpc = stage.network().vpc
    made(route53, "taken.example", vpc)
    assert made(route53, "below.taken.example", vpc), "a zone below another is none of the same name"
    again = refused(lambda: made(route53, "Taken.example.", vpc))
    assert again.code == "ConflictingDomainExists"


def test_a_vpc_that_is_not_there(route53: Any) -> None:
    assert refused(lambda: made(route53, "x.example", "vpc-0123456789abcdef0")).code == "InvalidVPCId"


def test_a_zone_of_the_services_name_keeps_private_dns_off(stage: Stage, route53: Any) -> None:
    network, service = stage.network(), stage.private_service()
    name = private_name(stage, service)
    zone = made(route53, name, network.vpc)
    conflict = refused(lambda: stage.create(network, service, PrivateDnsEnabled=True))
    assert conflict.code == "InvalidParameter"
    assert f"already a conflicting DNS domain for {name} in the VPC {network.vpc}" in conflict.message
    route53.delete_hosted_zone(Id=zone)
    assert stage.create(network, service, PrivateDnsEnabled=True)["PrivateDnsEnabled"]


def test_a_zone_above_the_services_name_does_not(stage: Stage, route53: Any) -> None:
    network, service = stage.network(), stage.private_service()
    made(route53, private_name(stage, service).partition(".")[2], network.vpc)
    assert stage.create(network, service, PrivateDnsEnabled=True)["PrivateDnsEnabled"]


def test_private_dns_is_a_zone_too_which_aws_keeps(stage: Stage, route53: Any) -> None:
    network, service = stage.network(), stage.private_service()
    stage.create(network, service, PrivateDnsEnabled=True)
    name = private_name(stage, service)
    (zone,) = listed(route53, network.vpc)
    assert (zone["Name"], zone["Owner"]) == (f"{name}.", {"OwningService": "vpce.amazonaws.com"})
    assert refused(lambda: made(route53, name, network.vpc)).code == "ConflictingDomainExists"


def test_rights_decide(stage: Stage) -> None:
    vpc = stage.network().vpc
    reader = {"aws_access_key_id": READER_KEY_ID, "aws_secret_access_key": READER_SECRET}
    with stage.client("route53", **reader) as looking:
        assert listed(looking, vpc) == []
        assert refused(lambda: made(looking, "x.example", vpc)).code == "AccessDenied"
    with person(stage, allow("ec2:*")) as nobody, stage.client("route53", **nobody.keys) as blind:
        denied = refused(lambda: listed(blind, vpc))
    assert (denied.code, denied.status) == ("AccessDenied", 403)
    assert "is not authorized to perform: route53:ListHostedZonesByVPC" in denied.message


def test_what_is_not_served_says_so(route53: Any) -> None:
    assert "does not serve route53" in refused(route53.list_health_checks).message
