"""The SkySQL API, one statement a line: what it answers, and what it refuses with which words."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.sandbox.stage import US, Stage

BASE = "/provisioning/v1"
ORDERS, STAGING = f"{BASE}/services/dbpgf00000001", f"{BASE}/services/dbpgf00000007"
PRIVATE: dict[str, Any] = {"mechanism": "privateconnect", "allowed_accounts": [US], "visibility": "private"}
LAUNCH: dict[str, Any] = {
    "name": "made-here",
    "project_id": "project-core",
    "service_type": "transactional",
    "provider": "aws",
    "region": "us-east-2",
    "topology": "es-single",
    "size": "sky-2x8",
}

REFUSALS: list[tuple[str, str, str, Any, int, str]] = [
    ("unknown service", "GET", f"{BASE}/services/dbpgf99999999", None, 404, "dbpgf99999999"),
    ("unknown path", "GET", f"{BASE}/colours?shade=red", None, 404, f"GET {BASE}/colours?shade=red"),
    ("unknown method", "DELETE", f"{BASE}/versions", None, 405, f"DELETE {BASE}/versions"),
    ("unknown query", "GET", f"{BASE}/versions?colour=red", None, 400, "colour"),
    ("page size", "GET", f"{BASE}/versions?page_size=0", None, 400, "page_size"),
    ("page token", "GET", f"{BASE}/versions?page_token=made-up", None, 400, "page token"),
    ("change in flight", "PATCH", f"{STAGING}/endpoints", [PRIVATE], 409, "pending state"),
    ("allowlist in flight", "PUT", f"{STAGING}/security/allowlist", [], 409, "pending state"),
    ("credentials in flight", "GET", f"{STAGING}/security/credentials", None, 409, "pending_modifying"),
    ("switch of a stopped service", "PATCH", f"{BASE}/services/dbpgf00000005/endpoints", [PRIVATE], 400, "stopped"),
    ("accounts on another cloud", "PATCH", f"{BASE}/services/dbpgf00000004/endpoints", [PRIVATE], 400, "gcp"),
    ("not an array", "PATCH", f"{ORDERS}/endpoints", PRIVATE, 400, "array"),
    ("empty array", "PATCH", f"{ORDERS}/endpoints", [], 400, "array"),
    ("unknown mechanism", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "mechanism": "tunnel"}], 400, "'tunnel'"),
    ("short account", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "allowed_accounts": ["12345"]}], 400, "'12345'"),
    ("account as number", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "allowed_accounts": [int(US)]}], 400, US),
    ("accounts with nlb", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "mechanism": "nlb"}], 400, "allowed_accounts"),
    ("wrong visibility", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "visibility": "public"}], 400, "private"),
    ("unknown field", "PATCH", f"{ORDERS}/endpoints", [{**PRIVATE, "colour": "red"}], 400, "'colour'"),
    ("allowlist while private", "PUT", f"{BASE}/services/dbpgf00000003/security/allowlist", [], 400, "privateconnect"),
    ("bad address", "PUT", f"{ORDERS}/security/allowlist", [{"ip": "10.0.0.0/99", "comment": ""}], 400, "10.0.0.0/99"),
    ("host bits set", "PUT", f"{ORDERS}/security/allowlist", [{"ip": "10.0.0.1/8", "comment": ""}], 400, "10.0.0.1/8"),
    ("power in words", "POST", f"{ORDERS}/power", {"is_active": "yes"}, 400, "is_active"),
    ("launch without a name", "POST", f"{BASE}/services", {**LAUNCH, "name": ""}, 400, "name is required"),
    ("launch with a short name", "POST", f"{BASE}/services", {**LAUNCH, "name": "abc"}, 400, "4 to 24"),
    ("launch somewhere unknown", "POST", f"{BASE}/services", {**LAUNCH, "region": "moon-1"}, 400, "'moon-1'"),
    ("launch with an unknown field", "POST", f"{BASE}/services", {**LAUNCH, "colour": 1}, 400, "'colour'"),
    ("private launch with an allowlist", "POST", f"{BASE}/services",
     {**LAUNCH, "endpoint_mechanism": "privateconnect", "allow_list": [{"ip": "10.0.0.0/8"}]}, 400, "allow_list"),
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


def test_a_body_that_is_not_json_is_refused(stage: Stage) -> None:
    assert stage.http.patch(f"{ORDERS}/endpoints", content=b"<html>").status_code == 400


# -- who may ask


@pytest.mark.parametrize(
    ("headers", "status", "words"),
    [
        ({}, 401, "API key"),
        ({"X-API-Key": "wrong"}, 401, "API key"),
        ({"X-API-Key": "KEY", "X-MDB-Org": "org-unknown"}, 403, "org-unknown"),
        ({"X-API-Key": "KEY", "X-MDB-Org": "org-acme"}, 200, ""),
        ({"X-API-Key": "KEY"}, 200, ""),
    ],
    ids=["no key", "wrong key", "strange organization", "own organization", "no organization"],
)
def test_keys_and_organizations(stage: Stage, headers: dict[str, str], status: int, words: str) -> None:
    sent = {name: value.replace("KEY", stage.variables["SKYSQL_API_KEY"]) for name, value in headers.items()}
    url = f"{stage.variables['SKYSQL_API_URL']}{BASE}/versions?page_size=1"
    answer = httpx.get(url, headers=sent, trust_env=False)
    assert answer.status_code == status
    assert words in answer.text


def test_a_timestamp_comes_as_a_number_or_as_text(stage: Stage) -> None:
    number = stage.http.get(f"{BASE}/services/unknown").json()["timestamp"]
    text = httpx.get(f"{stage.variables['SKYSQL_API_URL']}{BASE}/services", trust_env=False).json()["timestamp"]
    assert (type(number), type(text)) == (int, str)


# -- reading


def test_the_probe_answers_one_version(stage: Stage) -> None:
    found = stage.http.get(f"{BASE}/versions", params={"page_size": 1}).json()
    assert len(found) == 1
    assert {"id", "name", "version", "topology", "product", "display_name", "is_major"} <= set(found[0])


LISTS = [
    (f"{BASE}/versions", {"topology": "es-single"}, {"version"}),
    (f"{BASE}/regions", {"provider": "aws"}, {"region", "provider", "default"}),
    (f"{BASE}/regions/us-east-2/zones", {}, {"region"}),
    (f"{BASE}/sizes", {"architecture": "amd64", "type": "server"}, {"cpu", "ram", "default_maxscale_size_name"}),
    (f"{BASE}/topologies", {"service_type": "transactional"}, {"display_name", "storage_engine", "order"}),
    (f"{BASE}/providers", {}, {"display_name"}),
    (f"{BASE}/service-types", {}, {"display_name"}),
    (f"{BASE}/cpu-architectures", {}, {"display_name"}),
    (f"{BASE}/providers/aws/volume-types", {}, {"display_name"}),
    (f"{BASE}/providers/aws/iops", {}, {"iops"}),
    (f"{BASE}/topologies/es-single/storage-sizes", {}, {"size"}),
    ("/organization/v1/projects", {}, {"name"}),
]


@pytest.mark.parametrize(("path", "params", "fields"), LISTS, ids=[row[0] for row in LISTS])
def test_choice_lists(stage: Stage, path: str, params: dict[str, str], fields: set[str]) -> None:
    rows = stage.http.get(path, params=params).json()
    assert rows
    assert all({"id", *fields} <= set(row) for row in rows)
    assert all(row.get(name, value) == value for row in rows for name, value in params.items())


def test_choice_lists_come_in_pages_either_way_round(stage: Stage) -> None:
    def walk(order: str) -> list[str]:
        seen: list[str] = []
        while True:
            params = {"page_size": "5", "page_order": order, **({"page_token": seen[-1]} if seen else {})}
            page = [row["id"] for row in stage.http.get(f"{BASE}/regions", params=params).json()]
            seen += page
            if len(page) < 5:
                return seen

    whole = [row["id"] for row in stage.http.get(f"{BASE}/regions").json()]
    assert walk("asc") == whole
    assert walk("desc") == whole[::-1]


def test_credentials_are_known_once_ready(stage: Stage) -> None:
    found = stage.http.get(f"{ORDERS}/security/credentials").json()
    assert set(found) == {"username", "password", "host"}
    assert found["host"] == stage.service("dbpgf00000001")["fqdn"]


# -- changing


def test_the_allowlist_is_replaced_added_to_and_taken_from(stage: Stage) -> None:
    path = f"{BASE}/services/{stage.launch()}/security/allowlist"
    one, two = {"ip": "203.0.113.7/32", "comment": "office"}, {"ip": "198.51.100.0/24", "comment": ""}
    assert stage.http.get(path).json() == [{"allow_list": []}]
    assert stage.http.put(path, json=[one]).json() == [{"allow_list": [one]}]
    assert stage.http.post(path, json=two).json() == [{"allow_list": [one, two]}]
    assert stage.http.request("DELETE", path, json=[one]).json() == [{"allow_list": [two]}]
    assert stage.http.put(path, json=[]).json() == [{"allow_list": []}]


def test_a_switch_and_back_clears_the_allowlist(stage: Stage) -> None:
    service = stage.launch(allow_list=[{"ip": "203.0.113.7/32", "comment": "office"}])
    before = stage.service(service)["endpoints"][0]
    assert before["allowed_accounts"] is None
    assert stage.patch(service, "privateconnect", US, US).json()[0]["allowed_accounts"] == [US]
    assert stage.service(service)["endpoints"][0]["visibility"] == "private"
    assert stage.patch(service, "nlb").status_code == 200
    after = stage.service(service)["endpoints"][0]
    assert (after["mechanism"], after["visibility"]) == ("nlb", "public")
    assert (after["allowed_accounts"], after["allow_list"], after["endpoint_service"]) == ([], [], "")


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
    stage.patch(service, "privateconnect", "210987654321", US)
    assert name in stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    assert stage.endpoint_service(service) == name


def test_a_private_launch_has_its_endpoint_service(stage: Stage) -> None:
    service = stage.launch(
        topology="es-replica", nodes=2, endpoint_mechanism="privateconnect", endpoint_allowed_accounts=[US]
    )
    made = stage.service(service)
    assert made["endpoints"][0]["endpoint_service"] in stage.ec2.describe_vpc_endpoint_services()["ServiceNames"]
    assert [port["purpose"] for port in made["endpoints"][0]["ports"]] == ["readwrite", "readonly"]
