"""The provider's side of a connection, and the ways in which one can end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest

from core.sandbox.clock import Delays
from core.sandbox.environment import CONSUMER, PROVIDER, PROVIDER_KEY_ID, PROVIDER_SECRET
from core.sandbox.fate import Fate
from tests.sandbox.conftest import Fated, Timed
from tests.sandbox.stage import Stage, refused

ORDERS, LEDGER = "dbpgf00000001", "dbpgf00000003"
D = Delays()
PROVIDER_KEYS = {"aws_access_key_id": PROVIDER_KEY_ID, "aws_secret_access_key": PROVIDER_SECRET}
NOBODY = "vpce-0123456789abcdef0"


@pytest.fixture(scope="module")
def provider(stage: Stage) -> Iterator[Any]:
    """EC2 of SkySQL's account."""
    with stage.client("ec2", **PROVIDER_KEYS) as ec2:
        yield ec2


def connect(stage: Stage, **changes: Any) -> str:
    """A fresh endpoint to the service that is private from the start."""
    network, service = stage.network(), stage.endpoint_service(LEDGER)
    return str(stage.create(network, service, SubnetIds=[], **changes)["VpcEndpointId"])


def service_id(stage: Stage) -> str:
    return stage.endpoint_service(LEDGER).rpartition(".")[2]


# -- what a provider sees


def test_a_service_is_described_to_its_owner(stage: Stage, provider: Any) -> None:
    wanted = service_id(stage)
    found = provider.describe_vpc_endpoint_service_configurations(ServiceIds=[wanted])["ServiceConfigurations"]
    assert [one["ServiceName"] for one in found] == [stage.endpoint_service(LEDGER)]
    one = found[0]
    assert (one["ServiceState"], one["AcceptanceRequired"], one["ServiceType"]) == (
        *("Available", False),
        [{"ServiceType": "Interface"}],
    )
    assert (one["PrivateDnsName"], one["PrivateDnsNameConfiguration"]["State"]) == (
        stage.service(LEDGER)["fqdn"],
        "verified",
    )
    zones = {zone["ZoneName"] for zone in provider.describe_availability_zones()["AvailabilityZones"]}
    assert len(one["AvailabilityZones"]) == 2
    assert set(one["AvailabilityZones"]) < zones
    filters = [{"Name": "service-name", "Values": [one["ServiceName"]]}]
    assert provider.describe_vpc_endpoint_service_configurations(Filters=filters)["ServiceConfigurations"] == found


def test_a_service_says_whom_it_admits(stage: Stage, provider: Any) -> None:
    answer = provider.describe_vpc_endpoint_service_permissions(ServiceId=service_id(stage))
    assert [(one["PrincipalType"], one["Principal"]) for one in answer["AllowedPrincipals"]] == [
        ("Account", f"arn:aws:iam::{CONSUMER}:root")
    ]


def test_connections_are_listed_and_filtered(stage: Stage, provider: Any) -> None:
    one, other = connect(stage), connect(stage)
    stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[other])

    def found(name: str, value: str) -> dict[str, Any]:
        filters = [{"Name": "service-id", "Values": [service_id(stage)]}, {"Name": name, "Values": [value]}]
        pages = provider.get_paginator("describe_vpc_endpoint_connections").paginate(Filters=filters)
        return {item["VpcEndpointId"]: item for page in pages for item in page["VpcEndpointConnections"]}

    connection = found("vpc-endpoint-state", "available")[one]
    assert (connection["VpcEndpointOwner"], connection["VpcEndpointRegion"]) == (CONSUMER, "us-east-2")
    described = stage.ec2.describe_vpc_endpoints(VpcEndpointIds=[one])["VpcEndpoints"][0]
    assert connection["DnsEntries"] == described["DnsEntries"]
    assert set(found("vpc-endpoint-id", one)) == {one}
    assert other not in found("vpc-endpoint-owner", CONSUMER)
    assert found("vpc-endpoint-owner", PROVIDER) == {}
    assert refused(lambda: found("colour", "red")).code == "InvalidFilter"


def test_nobody_else_sees_a_service_from_that_side(stage: Stage) -> None:
    wanted = service_id(stage)
    assert stage.ec2.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"] == []
    assert stage.ec2.describe_vpc_endpoint_connections()["VpcEndpointConnections"] == []
    calls = [
        lambda: stage.ec2.describe_vpc_endpoint_service_permissions(ServiceId=wanted),
        lambda: stage.ec2.accept_vpc_endpoint_connections(ServiceId=wanted, VpcEndpointIds=[NOBODY]),
        lambda: stage.ec2.reject_vpc_endpoint_connections(ServiceId=wanted, VpcEndpointIds=[NOBODY]),
    ]
    for call in calls:
        error = refused(call)
        assert error.code == "InvalidVpcEndpointServiceId.NotFound"
        assert error.message == f"The VpcEndpointService Id '{wanted}' does not exist"


def test_a_connection_can_be_cut_and_not_be_revived(stage: Stage, provider: Any) -> None:
    endpoint, service = connect(stage), service_id(stage)
    assert provider.reject_vpc_endpoint_connections(ServiceId=service, VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    assert stage.state(endpoint) == "rejected"
    answer = provider.accept_vpc_endpoint_connections(ServiceId=service, VpcEndpointIds=[endpoint, NOBODY])
    assert [(one["ResourceId"], one["Error"]["Code"]) for one in answer["Unsuccessful"]] == [
        (endpoint, "InvalidState"),
        (NOBODY, "InvalidVpcEndpointId.NotFound"),
    ]
    assert stage.state(endpoint) == "rejected"
    stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert stage.state(endpoint) == "InvalidVpcEndpointId.NotFound"


# -- acceptance


def test_an_endpoint_waits_until_skysql_accepts_it(fated: Fated) -> None:
    timed = fated(Fate(accepted_after=60))
    offered = timed.stage.ec2.describe_vpc_endpoint_services(ServiceNames=[timed.stage.endpoint_service(LEDGER)])
    assert offered["ServiceDetails"][0]["AcceptanceRequired"] is True
    endpoint = connect(timed.stage)
    seen = [timed.stage.state(endpoint)]
    for seconds in (59, 1, D.pending):
        timed.hands.pass_(seconds)
        seen.append(timed.stage.state(endpoint))
    assert seen == ["pendingAcceptance", "pendingAcceptance", "pending", "available"]


def test_private_dns_has_to_wait_for_it_too(fated: Fated) -> None:
    timed = fated(Fate(accepted_after=60))
    stage, service = timed.stage, timed.stage.endpoint_service(LEDGER)
    error = refused(lambda: connect(stage, PrivateDnsEnabled=True))
    assert (error.code, error.message) == (
        "InvalidParameter",
        f"Private DNS can only be enabled after the endpoint connection is accepted by the owner of {service}.",
    )
    endpoint = connect(stage)
    modify: Any = {"VpcEndpointId": endpoint, "PrivateDnsEnabled": True}
    assert refused(lambda: stage.ec2.modify_vpc_endpoint(**modify)) == error
    timed.hands.pass_(60 + D.pending)
    stage.ec2.modify_vpc_endpoint(**modify)


def test_who_waits_for_ever_can_be_let_in_by_hand(fated: Fated) -> None:
    timed = fated(Fate(accepted_after=math.inf, delays=D))
    endpoint = connect(timed.stage)
    timed.hands.pass_(1_000_000)
    assert timed.stage.state(endpoint) == "pendingAcceptance"
    with timed.stage.client("ec2", **PROVIDER_KEYS) as provider:
        provider.accept_vpc_endpoint_connections(ServiceId=service_id(timed.stage), VpcEndpointIds=[endpoint])
    assert timed.stage.state(endpoint) == "pending"
    timed.hands.pass_(D.pending)
    assert timed.stage.state(endpoint) == "available"


def test_a_service_made_by_a_switch_asks_for_acceptance_too(fated: Fated) -> None:
    timed = fated(Fate(accepted_after=math.inf))
    timed.stage.patch(ORDERS, "privateconnect", CONSUMER)
    timed.hands.pass_(D.switch)
    timed.hands.pass_(D.sight + D.creation)
    network, service = timed.stage.network(), timed.stage.endpoint_service(ORDERS)
    assert timed.stage.create(network, service)["State"] == "pendingAcceptance"


# -- other ends

ENDS: list[tuple[str, float | None, list[str]]] = [  # the end, accepted after, the states on the way
    ("failed", None, ["pending", "failed"]),
    ("rejected", None, ["pending", "rejected"]),
    ("expired", None, ["pending", "expired"]),
    ("partial", None, ["pending", "partial"]),
    ("failed", 1, ["pendingAcceptance", "pending", "failed"]),
    ("rejected", 1, ["pendingAcceptance", "rejected"]),
    ("expired", math.inf, ["pendingAcceptance", "expired"]),
]


def watched(timed: Timed, endpoint: str) -> list[str]:
    """The states an endpoint goes through, each once."""
    seen = [timed.stage.state(endpoint)]
    for _ in range(30):
        timed.hands.pass_(1)
        if (state := timed.stage.state(endpoint)) != seen[-1]:
            seen.append(state)
    return seen


@pytest.mark.parametrize(("end", "accepted", "states"), ENDS)
def test_the_first_endpoint_ends_as_its_fate_has_it_and_the_next_becomes_available(
    fated: Fated, end: str, accepted: float | None, states: list[str]
) -> None:
    timed = fated(Fate(endpoint_ends=(end,), accepted_after=accepted))
    first = connect(timed.stage)
    assert watched(timed, first) == states
    if accepted != math.inf:
        assert watched(timed, connect(timed.stage))[-1] == "available"
    timed.stage.ec2.delete_vpc_endpoints(VpcEndpointIds=[first])
    assert timed.stage.state(first) == "deleting"


def test_a_failed_endpoint_says_why(fated: Fated) -> None:
    timed = fated(Fate(endpoint_ends=("failed",)))
    endpoint = connect(timed.stage)

    def described() -> Any:
        return timed.stage.ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint])["VpcEndpoints"][0]

    assert "LastError" not in described()
    timed.hands.pass_(D.pending)
    assert described()["LastError"]["Code"] == "InternalError"
    assert described()["LastError"]["Message"] == described()["FailureReason"]


@pytest.mark.parametrize("state", ["failed", "pendingVerification"])
def test_a_name_that_is_never_verified_cannot_be_private(fated: Fated, state: str) -> None:
    timed = fated(Fate(verification=state))
    stage = timed.stage
    stage.patch(ORDERS, "privateconnect", CONSUMER)
    timed.hands.pass_(D.switch)
    timed.hands.pass_(D.verification + 1000)
    for service in (ORDERS, LEDGER):
        name = stage.endpoint_service(service)
        found = stage.ec2.describe_vpc_endpoint_services(ServiceNames=[name])["ServiceDetails"][0]
        assert found["PrivateDnsNameVerificationState"] == state
    error = refused(lambda: connect(stage, PrivateDnsEnabled=True))
    assert "has not verified the private DNS name" in error.message


def test_the_first_switch_ends_as_its_fate_has_it_and_has_no_endpoint_service(fated: Fated) -> None:
    timed = fated(Fate(switch_ends=("failed",)))
    stage = timed.stage
    stage.patch(ORDERS, "privateconnect", CONSUMER)
    assert stage.service(ORDERS)["status"] == "pending_modifying"
    timed.hands.pass_(D.switch + 1000)
    found = stage.service(ORDERS)
    assert (found["status"], found["endpoints"][0]["endpoint_service"]) == ("failed", "")
    with stage.client("ec2", **PROVIDER_KEYS) as provider:
        assert len(provider.describe_vpc_endpoint_service_configurations()["ServiceConfigurations"]) == 1
    billing = "dbpgf00000002"
    stage.patch(billing, "privateconnect", CONSUMER)
    timed.hands.pass_(D.switch)
    assert stage.service(billing)["status"] == "ready"
    assert stage.endpoint_service(billing)
