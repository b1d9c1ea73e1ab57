"""The SkySQL API of the sandbox where nothing public says how the real one does it: its own decisions, one a line."""

from __future__ import annotations

from typing import Any

import pytest

from core.sandbox.environment import EUROPE
from tests.sandbox.conftest import Timed
from tests.sandbox.stage import US, Stage

BASE = "/provisioning/v1"
ORDERS, LEDGER, STAGING = (f"{BASE}/services/dbpgf0000000{number}" for number in (1, 3, 7))
PRIVATE: dict[str, Any] = {"mechanism": "privateconnect", "allowed_accounts": [US], "visibility": "private"}
LAUNCH: dict[str, Any] = {"name": "made-here", "provider": "aws", "region": "us-east-2", "topology": "es-single"}
IN_EUROPE = {"X-MDB-Org": EUROPE}

REFUSALS: list[tuple[str, str, str, Any, int, str]] = [
    ("unknown path", "GET", f"{BASE}/colours?shade=red", None, 404, f"GET {BASE}/colours?shade=red"),
    ("unknown method", "DELETE", f"{BASE}/versions", None, 405, f"DELETE {BASE}/versions"),
    ("options", "OPTIONS", f"{BASE}/versions", None, 405, f"OPTIONS {BASE}/versions"),
    ("unknown query of a list", "GET", f"{BASE}/versions?colour=red", None, 400, "colour"),
    ("unknown query of a service", "GET", f"{ORDERS}?colour=red", None, 400, "colour"),
    ("unknown query of a change", "PATCH", f"{ORDERS}/endpoints?colour=red", [PRIVATE], 400, "colour"),
    ("page size in words", "GET", f"{BASE}/versions?page_size=ten", None, 400, "'ten'"),
    ("made-up page token", "GET", f"{BASE}/versions?page_token=made-up", None, 400, "page token"),
    ("allowlist in flight", "PUT", f"{STAGING}/security/allowlist", [], 409, "in progress"),
    ("switch of a stopped service", "PATCH", f"{BASE}/services/dbpgf00000005/endpoints", [PRIVATE], 400, "stopped"),
    ("switch of a failed service", "PATCH", f"{BASE}/services/dbpgf00000008/endpoints", [PRIVATE], 400, "failed"),
    ("accounts on another cloud", "PATCH", f"{BASE}/services/dbpgf00000004/endpoints", [PRIVATE], 400, "gcp"),
    ("no endpoint", "PATCH", f"{ORDERS}/endpoints", [], 400, "at least 1"),
    ("two endpoints", "PATCH", f"{ORDERS}/endpoints", [PRIVATE, PRIVATE], 400, "at most 1"),
    ("short account", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "allowed_accounts": ["12345"]}], 400, "'12345'"),
    ("wrong visibility", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "visibility": "public"}], 400, "private"),
    ("unknown visibility", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "visibility": "dim"}], 400, "'dim'"),
    ("unknown field", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "colour": "red"}], 400, "'colour'"),
    ("allowlist while private", "PUT", f"{LEDGER}/security/allowlist", [], 400, "privateconnect"),
    ("allowlist that is one entry", "PUT", f"{ORDERS}/security/allowlist", {"ip": "10.0.0.0/8"}, 400, "array"),
    ("bad address", "PUT", f"{ORDERS}/security/allowlist", [{"ip": "10.0.0.0/99"}], 400, "10.0.0.0/99"),
    ("host bits set", "PUT", f"{ORDERS}/security/allowlist", [{"ip": "10.0.0.1/8"}], 400, "10.0.0.1/8"),
    ("address under another name", "POST", f"{ORDERS}/security/allowlist", {"ip": "10.0.0.0/8"}, 400, "ip_address"),
    ("power without a word", "POST", f"{ORDERS}/power", {}, 400, "is_active is required"),
    ("launch with an unknown field", "POST", f"{BASE}/services", {**LAUNCH, "colour": 1}, 400, "'colour'"),
    ("launch of fewer than no nodes", "POST", f"{BASE}/services", {**LAUNCH, "nodes": -1}, 400, "nodes"),
    ("launch as another type", "POST", f"{BASE}/services", {**LAUNCH, "service_type": "transactional_serverless"},
     400, "service_type"),
    ("launch into another's project", "POST", f"{BASE}/services", {**LAUNCH, "project_id": "project-europe"}, 400,
     "project-europe"),
    ("launch into a zone that is not the region's", "POST", f"{BASE}/services",
     {**LAUNCH, "availability_zone": "us-east-2z"}, 400, "us-east-2z"),
    ("launch with accounts on another cloud", "POST", f"{BASE}/services",
     {**LAUNCH, "provider": "gcp", "region": "us-central1", "endpoint_mechanism": "privateconnect",
      "endpoint_allowed_accounts": [US]}, 400, "gcp"),
    ("public launch with accounts", "POST", f"{BASE}/services", {**LAUNCH, "endpoint_allowed_accounts": [US]}, 400,
     "nlb takes no"),
]  # fmt: skip


@pytest.mark.parametrize("row", REFUSALS, ids=[row[0] for row in REFUSALS])
def test_refuses(stage: Stage, row: tuple[str, str, str, Any, int, str]) -> None:
    _, method, path, body, status, words = row
    before = stage.http.get(ORDERS).json()
    answer = stage.http.request(method, path, json=body)
    told = answer.json()
    assert answer.status_code == told["code"] == status
    assert words in told["errors"][0]["message"]
    assert told["errors"][0]["solution"]
    assert told["path"] == path.partition("?")[0]
    assert told["trace_id"] == answer.headers["X-Request-Id"]
    assert stage.http.get(ORDERS).json() == before


@pytest.mark.parametrize("body", [b"<html>", b"", b"[", b"\xff"], ids=["HTML", "nothing", "half of it", "no text"])
def test_a_body_that_is_not_json_is_refused(stage: Stage, body: bytes) -> None:
    answer = stage.http.patch(f"{ORDERS}/endpoints", content=body)
    assert answer.status_code == 400
    assert "not JSON" in answer.json()["errors"][0]["message"]


def test_a_timestamp_comes_as_a_number_or_as_digits_in_turn(stage: Stage) -> None:
    stamps = [stage.http.get(f"{BASE}/services/unknown").json()["timestamp"] for _ in range(2)]
    assert {type(stamp) for stamp in stamps} == {int, str}
    assert abs(int(stamps[0]) - int(stamps[1])) < 60


@pytest.mark.parametrize(("path", "headers"), [("regions", {}), ("services", IN_EUROPE)], ids=["regions", "services"])
def test_lists_come_in_pages_either_way_round(stage: Stage, path: str, headers: dict[str, str]) -> None:
    def walk(order: str) -> list[str]:
        seen: list[str] = []
        while True:
            params = {"page_size": "5", "page_order": order, **({"page_token": seen[-1]} if seen else {})}
            page = [row["id"] for row in stage.http.get(f"{BASE}/{path}", params=params, headers=headers).json()]
            seen += page
            if len(page) < 5:
                return seen

    whole = [row["id"] for row in stage.http.get(f"{BASE}/{path}?page_size=100", headers=headers).json()]
    assert walk("asc") == whole
    assert walk("desc") == whole[::-1]


# -- what a change does beyond its own answer


def test_a_second_switch_makes_another_endpoint_service(stage: Stage) -> None:
    service = stage.launch()
    stage.patch(service, "privateconnect", US)
    first = stage.endpoint_service(service)
    stage.patch(service, "nlb")
    stage.patch(service, "privateconnect", US)
    assert stage.endpoint_service(service) not in ("", first)


def test_the_accounts_told_are_the_accounts_admitted(stage: Stage) -> None:
    service = stage.launch()
    stage.patch(service, "privateconnect", "210987654321")
    name = stage.endpoint_service(service)
    assert name not in stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    stage.patch(service, "privateconnect", "210987654321", US, US)
    assert name in stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    assert stage.endpoint_service(service) == name
    assert stage.service(service)["endpoints"][0]["allowed_accounts"] == ["210987654321", US]


def test_a_private_launch_has_its_endpoint_service(stage: Stage) -> None:
    service = stage.launch(
        topology="es-replica", nodes=2, endpoint_mechanism="privateconnect", endpoint_allowed_accounts=[US]
    )
    made = stage.service(service)
    assert made["endpoints"][0]["endpoint_service"] in stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    assert [port["purpose"] for port in made["endpoints"][0]["ports"]] == ["readwrite", "readonly"]


def test_a_deleted_service_takes_its_endpoint_service_with_it_and_rejects_who_was_connected(stage: Stage) -> None:
    service = stage.launch()
    stage.patch(service, "privateconnect", US)
    name = stage.endpoint_service(service)
    endpoint = stage.create(stage.network(), name)["VpcEndpointId"]
    assert stage.http.delete(f"{BASE}/services/{service}").content == b""
    assert name not in stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    assert stage.state(endpoint) == "rejected"


def test_a_stopped_service_keeps_whoever_is_connected(stage: Stage) -> None:
    service = stage.launch()
    stage.patch(service, "privateconnect", US)
    name = stage.endpoint_service(service)
    endpoint = stage.create(stage.network(), name)["VpcEndpointId"]
    stage.http.post(f"{BASE}/services/{service}/power", json={"is_active": False})
    assert (stage.service(service)["status"], stage.endpoint_service(service)) == ("stopped", name)
    assert name in stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    assert stage.state(endpoint) == "available"


def test_an_allowlist_kept_for_later_opens_a_service_in_an_own_account(stage: Stage) -> None:
    """And a switch to PrivateLink clears it, as everywhere."""
    office = {"ip": "203.0.113.7/32", "comment": "office"}
    body = {**LAUNCH, "region": "eu-west-1"}
    service = stage.http.post(f"{BASE}/services", json=body, headers=IN_EUROPE).json()["id"]
    path = f"{BASE}/services/{service}"
    stage.http.put(f"{path}/security/allowlist", json=[office], headers=IN_EUROPE)
    assert stage.http.patch(f"{path}/endpoints", json=[{"mechanism": "nlb"}], headers=IN_EUROPE).status_code == 200
    opened = stage.http.get(path, headers=IN_EUROPE).json()["endpoints"][0]
    assert (opened["mechanism"], opened["allow_list"]) == ("nlb", [office])
    stage.http.patch(f"{path}/endpoints", json=[PRIVATE], headers=IN_EUROPE)
    assert stage.http.get(path, headers=IN_EUROPE).json()["endpoints"][0]["allow_list"] is None


def test_the_allowlist_of_a_second_endpoint_can_be_edited_while_the_first_is_private(timed: Timed) -> None:
    office = {"ip": "203.0.113.9/32", "comment": "office"}
    path = f"{BASE}/services/dbpgf00000103/security/allowlist"
    told = timed.stage.http.put(path, json=[office], headers=IN_EUROPE).json()
    assert [(entry["name"], entry["allow_list"]) for entry in told] == [("primary", None), ("public", [office])]
