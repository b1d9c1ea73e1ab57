"""Which service to link, and why not."""

import time

import pytest

from core.choices.services import interrupts, offers, offers_holding, reached, why_not
from core.facts import AllowedAddress, Service, ServiceEndpoint
from core.values import Region, ServiceId
from tests.choices.samples import OTHER, OWN, private_endpoint, public_endpoint, service


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (service(), ""),
        (service(provider="AWS", status="READY"), ""),
        (service(endpoints=(private_endpoint(),)), ""),
        (service(provider="gcp"), "It runs on Google Cloud. AWS PrivateLink reaches services on AWS only."),
        (service(provider="azure"), "It runs on Azure. AWS PrivateLink reaches services on AWS only."),
        (service(provider="moon"), "It runs on moon. AWS PrivateLink reaches services on AWS only."),
        (service(provider=""), "It runs on an unknown cloud. AWS PrivateLink reaches services on AWS only."),
        (service(status="stopped"), "It is stopped. Start it in the SkySQL portal first."),
        (service(is_active=False), "It is stopped. Start it in the SkySQL portal first."),
        (service(status="failed"), "It has failed. SkySQL support has to repair it first."),
        (service(status="retired"), "It is retired."),
        (service(status="pending_create"), "It is still being launched. Wait until it is ready."),
        (
            service(status="pending_modifying"),
            "Another change is in flight (pending_modifying). Wait until it is ready.",
        ),
        (service(status="pending"), "Another change is in flight (pending). Wait until it is ready."),
        (service(status="on\x1b fire"), "SkySQL says “on fire”. Only a ready service can be linked."),
        (service(status=""), "SkySQL does not say what state it is in."),
        (service(endpoints=()), "SkySQL shows no endpoint for it. Look again in a minute."),
    ],
)
def test_why_not(one: Service, why: str) -> None:
    assert why_not(one) == why


@pytest.mark.parametrize(
    ("endpoints", "told"),
    [
        ((public_endpoint(),), "public, 1 address allowed"),
        ((public_endpoint(allow_list=()),), "public, no address allowed"),
        ((public_endpoint(allow_list=(AllowedAddress("1.2.3.4/32"),) * 2),), "public, 2 addresses allowed"),
        ((public_endpoint(allow_list=(AllowedAddress("0.0.0.0/0"),)),), "public, every address allowed"),
        ((private_endpoint(OWN),), "PrivateLink, 1 account"),
        ((private_endpoint(OWN, OTHER, mechanism="privatelink"),), "PrivateLink, 2 accounts"),
        ((public_endpoint(), private_endpoint(OWN)), "PrivateLink, 1 account; public, 1 address allowed"),
        ((public_endpoint(mechanism="carrier pigeon", visibility="odd"),), "carrier pigeon, 1 address allowed"),
        ((), "no endpoint"),
    ],
)
def test_reached(endpoints: tuple[ServiceEndpoint, ...], told: str) -> None:
    assert reached(service(endpoints=endpoints)) == told


@pytest.mark.parametrize(
    ("endpoints", "interrupted"),
    [
        ((public_endpoint(),), True),
        ((private_endpoint(),), False),
        ((public_endpoint(), private_endpoint()), False),
        ((), False),
    ],
)
def test_interrupts(endpoints: tuple[ServiceEndpoint, ...], interrupted: bool) -> None:
    assert interrupts(service(endpoints=endpoints)) is interrupted


def test_what_can_be_linked_comes_first_then_by_name() -> None:
    services = [
        service(id=ServiceId("1"), name="zebra"),
        service(id=ServiceId("2"), name="apple", status="stopped"),
        service(id=ServiceId("4"), name="Mango"),
        service(id=ServiceId("3"), name="mango"),
    ]
    rows = offers(services)
    assert [row.service.id for row in rows] == ["3", "4", "1", "2"]
    assert [bool(row.why_not) for row in rows] == [False, False, False, True]
    assert rows[0].reached == "public, 1 address allowed"
    assert rows[3].why_not.startswith("It is stopped.")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["1", "2"]),
        ("  ", ["1", "2"]),
        ("ORDERS", ["1"]),
        ("eu-west", ["2"]),
        ("galera stopped", ["2"]),
        ("orders galera", []),
        ("[bold]", []),
        ("2", ["1", "2"]),
    ],
)
def test_the_filter(text: str, found: list[str]) -> None:
    services = [
        service(id=ServiceId("1"), name="orders"),
        service(id=ServiceId("2"), name="x", region=Region("eu-west-1"), topology="galera", status="stopped"),
    ]
    assert [row.service.id for row in offers_holding(offers(services), text)] == found


def test_a_thousand_services_are_offered_at_once() -> None:
    services = [service(id=ServiceId(f"db{n}"), name=f"service {n % 7}") for n in range(1000)]

    def took() -> float:
        begun = time.thread_time()
        assert len(offers_holding(offers(services), "service us-east")) == 1000
        return time.thread_time() - begun

    assert min(took() for _ in range(5)) < 0.05  # 0.01 on a quiet machine
