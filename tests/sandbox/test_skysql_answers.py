"""Every answer of the sandbox against its documented model, and against what the program makes of it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
from pydantic import TypeAdapter

from core.edges import skysql_answers as program
from core.edges.skysql import SkySQLApi
from core.sandbox.clock import Clock
from core.sandbox.environment import EUROPE, ORGANIZATION
from core.sandbox.skysql import answers, requests
from core.sandbox.skysql.api import application
from core.sandbox.skysql.lists import LISTS, Choices
from core.sandbox.skysql.provider import Provider
from core.values import AccountId, ServiceId
from core.world import Secret, Settings
from tests.sandbox.stage import US, Stage

SERVICES = "/provisioning/v1/services"
REGIONS = {ORGANIZATION: "us-east-2", EUROPE: "eu-west-1"}
OFFICE = {"ip": "203.0.113.7/32", "comment": "office"}
LINK = {"mechanism": "privatelink", "allowed_accounts": [US]}
PARTS = {"regions": "eu-west-1", "providers": "aws", "topologies": "es-single"}
NOTHING = None  # no body at all


def documented(kind: TypeAdapter[Any], answer: httpx.Response) -> Any:
    """The body, which is the documented one and something nobody documents."""
    assert answer.is_success, answer.text
    body = answer.json()
    for row in body if isinstance(body, list) else [body]:
        assert row.pop("internal") == {"shard": 7, "flags": None}
    return kind.validate_python(body)


@pytest.fixture(params=list(REGIONS))
def organization(request: pytest.FixtureRequest) -> str:
    return str(request.param)


# -- one by one


Read = Callable[[bytes], object]
CALLS: list[tuple[str, Any, TypeAdapter[Any] | None, Read]] = [  # in this order, on a service that is launched for it
    (f"GET {SERVICES}", None, answers.SERVICES, program.services),
    ("GET {}", None, answers.SERVICE, program.service),
    ("GET {}/security/credentials", None, answers.CREDENTIALS, program.nothing),
    ("GET {}/security/allowlist", None, answers.ALLOW_LISTS, program.listing),
    ("PUT {}/security/allowlist", [OFFICE], answers.ALLOW_LISTS, program.nothing),
    ("POST {}/security/allowlist", {"ip_address": "10.0.0.0/8"}, answers.ALLOW_LISTS, program.nothing),
    ("DELETE {}/security/allowlist", {"ip_address": "10.0.0.0/8"}, answers.ALLOW_LISTS, program.nothing),
    ("PATCH {}/endpoints", [LINK], answers.ENDPOINTS, program.nothing),
    ("GET {}", None, answers.SERVICE, program.service),
    ("POST {}/power", {"is_active": False}, answers.POWER, program.nothing),
    ("GET {}", None, answers.SERVICE, program.service),
    ("DELETE {}", None, NOTHING, program.nothing),
]


def launched(stage: Stage, organization: str) -> dict[str, Any]:
    body = {"name": "documented", "provider": "aws", "topology": "es-replica", "allow_list": [OFFICE]}
    body["region"] = REGIONS[organization]
    answer = stage.http.post(SERVICES, json=body, headers={"X-MDB-Org": organization})
    return cast("dict[str, Any]", documented(answers.SERVICE, answer).model_dump())


def test_every_answer_about_a_service_is_the_documented_one_and_can_be_read(stage: Stage, organization: str) -> None:
    service = launched(stage, organization)["id"]
    for call, body, kind, read in CALLS:
        method, path = call.replace("{}", f"{SERVICES}/{service}").split()
        answer = stage.http.request(method, path, json=body, headers={"X-MDB-Org": organization})
        read(answer.content)
        if answer.content:
            assert kind is not None
            documented(kind, answer)
        else:
            assert answer.is_success
            assert kind in (NOTHING, answers.POWER)


@pytest.mark.parametrize("choices", LISTS, ids=[choices.path for choices in LISTS])
def test_every_list_is_the_documented_one_and_can_be_read(stage: Stage, organization: str, choices: Choices) -> None:
    path = re.sub(r"(\w+)/<part>", lambda found: f"{found[1]}/{PARTS[found[1]]}", choices.path)
    answer = stage.http.get(path, params={"page_size": 100}, headers={"X-MDB-Org": organization})
    program.listing(answer.content)
    row: Any = choices.row
    assert documented(TypeAdapter(list[row]), answer)


def test_these_are_all_the_calls_there_are() -> None:
    app = application(cast("Provider", SimpleNamespace(clock=Clock())))
    routes = {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD"}
    }
    checked = {call.replace("{}", f"{SERVICES}/<service_id>") for call, *_ in CALLS}
    assert routes == checked | {f"GET {choices.path}" for choices in LISTS} | {f"POST {SERVICES}"}


# -- refusals


REFUSED: list[tuple[str, Any, str, int]] = [  # call, body, key, status
    (f"GET {SERVICES}/dbpgf99999999", None, "", 404),
    ("GET /provisioning/v1/colours", None, "", 404),
    ("PUT /provisioning/v1/versions", None, "", 405),
    (f"GET {SERVICES}", None, "wrong", 401),
    (f"PATCH {SERVICES}/dbpgf00000007/endpoints", [], "", 409),
    (f"POST {SERVICES}", {}, "", 400),
]


@pytest.mark.parametrize("row", REFUSED, ids=[f"{row[0]} {row[3]}" for row in REFUSED])
def test_every_refusal_is_the_documented_one_and_can_be_read(stage: Stage, row: tuple[str, Any, str, int]) -> None:
    call, body, key, status = row
    method, path = call.split()
    answer = stage.http.request(method, path, json=body, headers={"X-API-Key": key} if key else None)
    body = answer.json()
    assert body.pop("internal")
    told = answers.Refusal.model_validate(body)
    assert (answer.status_code, told.code) == (status, status)
    read = program.refusal(answer.content)
    assert read is not None
    assert read.words == (told.errors or [])[0].message
    assert read.trace_id == answer.headers["X-Request-Id"]


# -- what the program makes of the oddities


READ = [  # id, status, how the private endpoint is found, accounts, public endpoint
    ("dbpgf00000101", "ready", "", 0, "primary"),
    ("dbpgf00000102", "ready", "primary", 1, "public"),
    ("dbpgf00000103", "ready", "primary", 1, "public"),
    ("dbpgf00000104", "ready", "primary", 0, ""),
    ("dbpgf00000105", "pending_scaling", "primary", 1, ""),
    ("dbpgf00000106", "retired", "primary", 1, ""),
    ("dbpgf00000107", "degraded", "primary", 1, ""),
    ("dbpgf00000108", "pending_create", "", 0, ""),
]


@pytest.mark.parametrize("row", READ, ids=[row[0] for row in READ])
def test_the_program_finds_the_endpoints_wherever_they_stand(stage: Stage, row: tuple[str, str, str, int, str]) -> None:
    answer = stage.http.get(SERVICES, headers={"X-MDB-Org": EUROPE})
    service = next(each for each in program.services(answer.content) if each.id == row[0])
    private, public = service.private, service.public
    accounts = len(private.accounts) if private else 0
    assert (private.name if private else "", accounts, public.name if public else "") == row[2:]
    assert service.status == row[1]
    assert bool(private and private.endpoint_service) == bool(private)


# -- what the program sends


async def test_what_the_program_sends_is_documented() -> None:
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, content=json.dumps([]))

    api = SkySQLApi(Settings("https://api.skysql.test", Secret("key")), transport=httpx.MockTransport(answer))
    await api.switch(ServiceId("dbpgf00000001"), (AccountId(US), AccountId("012345678901")))
    await api.close()
    (endpoint,) = requests.parse(requests.ENDPOINTS, sent[0].content)
    assert (endpoint.private, endpoint.accounts) == (True, [US, "012345678901"])
