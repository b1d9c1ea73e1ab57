"""What SkySQL does, one case a line, each with the public page that says so."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from core.sandbox.environment import EUROPE, SKYSQL_EUROPE_KEY, SKYSQL_VIEWER_KEY
from tests.sandbox.stage import US, Stage

_DOCS = "https://github.com/mariadb-corporation/mariadb-docs/blob/main/mariadb-cloud"
_TERRAFORM = "https://github.com/skysqlinc/terraform-provider-skysql-beta/blob/main"
OPENAPI = f"{_DOCS}/mariadb-cloud-api.openapi.yaml"
OPENAPI_2022 = "https://github.com/mariadb-corporation/skysql-api-go/blob/main/v2/dps/openapi.json"
OPENAPI_EARLY = "https://github.com/mariadb-corporation/skysql-api-go/blob/main/openapi.json"
_CONNECTING = f"{_DOCS}/connecting-to-mariadb-cloud-dbs/using-aws-azure-gcp-private-vpc-connections"
PRIVATE_LINK = f"{_CONNECTING}/setting-up-aws-private-link.md"
QUICKSTART = f"{_DOCS}/quickstart/launch-db-using-the-rest-api.md"
FIREWALL = f"{_DOCS}/security/configuring-firewall.md"
BYOA = f"{_TERRAFORM}/docs/guides/byoa.md"
ORGANIZATIONS = f"{_TERRAFORM}/docs/guides/multi-organization-support.md"
CLIENT = f"{_TERRAFORM}/internal/skysql/client.go"
PENDING = f"{_TERRAFORM}/internal/skysql/pending_retry_test.go"
RESOURCE = f"{_TERRAFORM}/internal/provider/service_resource.go"
RESOURCE_TEST = f"{_TERRAFORM}/internal/provider/service_resource_test.go"
PRIVATE_LINK_TEST = f"{_TERRAFORM}/internal/provider/service_resource_privatlink_test.go"
MCP = "https://github.com/skysqlinc/skysql-mcp/blob/main/src/mcp-server/server.py"

OFFICE = {"ip": "203.0.113.7/32", "comment": "office"}
LAB = {"ip": "198.51.100.0/24", "comment": ""}
IN_EUROPE = {"X-MDB-Org": EUROPE}
NAME = re.compile(r"com\.amazonaws\.vpce\.us-east-2\.vpce-svc-0[0-9a-f]{16}")
HOST = re.compile(r"dbpgf\d{8}\.sysp0000\.db1\.skysql\.com")
S, V1 = "/provisioning/v1/services", "/provisioning/v1"


# -- services there are before a case


def public(stage: Stage) -> str:
    return stage.launch(allow_list=[OFFICE])


def private(stage: Stage) -> str:
    service = stage.launch()
    assert stage.patch(service, "privateconnect", US).status_code == 200
    return service


def stopped(stage: Stage) -> str:
    service = private(stage)
    assert stage.http.post(f"{S}/{service}/power", json={"is_active": False}).status_code == 200
    return service


def serverless(stage: Stage) -> str:
    return stage.launch(topology="serverless-standalone", service_type="transactional_serverless")


def own_account(stage: Stage) -> str:
    """Private, in an organization that brings its own cloud account."""
    body = {"name": "conforms", "provider": "aws", "region": "eu-west-1", "topology": "es-single"}
    return str(stage.http.post(S, json=body, headers=IN_EUROPE).json()["id"])


def busy(_stage: Stage) -> str:
    return "dbpgf00000007"


def busy_in_europe(_stage: Stage) -> str:
    return "dbpgf00000105"


def launching_in_europe(_stage: Stage) -> str:
    return "dbpgf00000108"


def nobodys(_stage: Stage) -> str:
    return "dbpgf99999999"


# -- cases


@dataclass(frozen=True)
class Case:
    """`says` lacks its subject, SkySQL. `told` and `after` are places in the answer, and in the service read back."""

    says: str
    source: str
    call: str  # method and path; {} is the service
    body: Any = None
    code: int = 200
    told: Mapping[str, Any] = field(default_factory=dict)  # 0.mechanism: what it is, or a pattern it matches
    after: Mapping[str, Any] | None = field(default_factory=dict)  # None: the service is gone
    given: Callable[[Stage], str] = nobodys
    headers: Mapping[str, str] = field(default_factory=dict)


def no(words: str) -> dict[str, Any]:
    """A refusal that says so."""
    return {"errors.0.message": re.compile(f".*{words}.*")}


def private_link(*accounts: str) -> list[dict[str, Any]]:
    return [{"mechanism": "privateconnect", "allowed_accounts": list(accounts)}]


def launch(**changes: Any) -> dict[str, Any]:
    body = {"name": "conforms", "provider": "aws", "region": "us-east-2", "topology": "es-single", **changes}
    return {name: value for name, value in body.items() if value is not None}


def in_europe(**changes: Any) -> dict[str, Any]:
    return launch(region="eu-west-1", **changes)


def endpoint(**fields: Any) -> dict[str, Any]:
    """The service is ready again, and so is its first endpoint."""
    return {"status": "ready", **{f"endpoints.0.{name}": value for name, value in fields.items()}}


PATCH = "PATCH {}/endpoints"
READING = [
    Case("lists services as an array", OPENAPI, f"GET {S}", told={"0.id": "dbpgf00000001", "0.name": "orders-prod"}),
    Case("lists them in pages when asked to", OPENAPI, f"GET {S}?page_size=2", told={"len": 2}),
    Case("tells a service", OPENAPI, "GET {}", told={"status": "ready", "fqdn": HOST}, given=public),
    Case("knows no such service", OPENAPI, "GET {}", None, 404, no("dbpgf99999999")),
    Case("answers a cheap probe", CLIENT, f"GET {V1}/versions?page_size=1", told={"len": 1}),
    Case("gives ten rows unless told otherwise", OPENAPI_2022, f"GET {V1}/versions", told={"len": 10}),
    Case("gives no page of nothing", OPENAPI, f"GET {V1}/versions?page_size=0", None, 400, no("1 to 100")),
    Case("gives no page of 101", OPENAPI, f"GET {V1}/versions?page_size=101", None, 400, no("1 to 100")),
    Case("orders two ways", OPENAPI, f"GET {V1}/versions?page_order=newest", None, 400, no("'newest'")),
    Case("lists versions of a topology", OPENAPI, f"GET {V1}/versions?topology=galera", told={"0.topology": "galera"}),
    Case("names a region and its part of the world", OPENAPI, f"GET {V1}/regions?provider=aws&page_order=desc",
         told={"0.name": "us-west-2", "0.provider": "aws", "5.name": "eu-west-2", "5.region": "EMEA"}),
    Case("knows three clouds", OPENAPI, f"GET {V1}/regions?provider=blu", None, 400, no("aws, gcp, azure")),
    Case("lists zones", OPENAPI, f"GET {V1}/regions/us-east-2/zones", told={"0.region_name": "us-east-2"}),
    Case("lists sizes", OPENAPI, f"GET {V1}/sizes?topology=es-replica&type=proxy", told={"0.cpu": "2 vCPU"}),
    Case("lists clouds", OPENAPI, f"GET {V1}/providers", told={"0.name": "aws", "0.iops_min": 100}),
    Case("lists architectures", OPENAPI, f"GET {V1}/cpu-architectures", told={"0.name": "amd64"}),
    Case("lists service types", OPENAPI, f"GET {V1}/service-types", told={"1.name": "transactional_serverless"}),
    Case("lists volume types", OPENAPI, f"GET {V1}/providers/aws/volume-types", told={"0.name": "gp3"}),
    Case("lists volume types of known clouds", OPENAPI, f"GET {V1}/providers/blu/volume-types", None, 404, no("blu")),
    Case("lists IOPS", OPENAPI, f"GET {V1}/providers/aws/iops", told={"0.volume_type_name": "gp3"}),
    Case("lists storage sizes in one row a tier", OPENAPI, f"GET {V1}/topologies/galera/storage-sizes",
         told={"0.tier": "foundation", "0.storage_sizes.0": 100}),
    Case("knows no such topology", OPENAPI, f"GET {V1}/topologies/xpand/storage-sizes", None, 404, no("xpand")),
    Case("lists projects", OPENAPI, "GET /organization/v1/projects", told={"0.is_default": True}),
    Case("lists serverless", OPENAPI, f"GET {V1}/topologies", told={"3.name": "serverless-standalone"}),
    Case("lists no serverless in an own account", BYOA, f"GET {V1}/topologies", told={"len": 3}, headers=IN_EUROPE),
    Case("lists the regions of an own account", BYOA, f"GET {V1}/regions", told={"len": 2}, headers=IN_EUROPE),
    Case("gives credentials", OPENAPI, "GET {}/security/credentials", told={"host": HOST}, given=public),
    Case("gives none before a service is ready", OPENAPI_EARLY, "GET {}/security/credentials", None, 409,
         no("pending_modifying"), given=busy),
]  # fmt: skip
SWITCHING = [
    Case("switches to PrivateLink", PRIVATE_LINK, PATCH, private_link(US), given=public,
         told={"0.mechanism": "privateconnect", "0.allowed_accounts": [US], "0.visibility": "private"},
         after=endpoint(visibility="private", allowed_accounts=[US], endpoint_service=NAME)),
    Case("clears the allowlist with it", PRIVATE_LINK, PATCH, private_link(US), given=public,
         after=endpoint(allow_list=[])),
    Case("spells it either way", PRIVATE_LINK_TEST, PATCH, private_link(US), given=public,
         after=endpoint(mechanism="privatelink")),
    Case("takes either spelling", RESOURCE, PATCH, [{"mechanism": "privatelink", "allowed_accounts": [US]}],
         given=public, after=endpoint(visibility="private")),
    Case("takes the visibility too", CLIENT, PATCH, [{**private_link(US)[0], "visibility": "private"}], given=public,
         after=endpoint(endpoint_service=NAME)),
    Case("knows no name at first", RESOURCE, PATCH, private_link(US), told={"0.endpoint_service": ""}, given=public),
    Case("knows the name while accounts change", RESOURCE, PATCH, private_link(US, "210987654321"), given=private,
         told={"0.endpoint_service": NAME}, after=endpoint(allowed_accounts=[US, "210987654321"])),
    Case("replaces the accounts", PRIVATE_LINK, PATCH, private_link("210987654321"), given=private,
         after=endpoint(allowed_accounts=["210987654321"])),
    Case("takes all accounts away", PRIVATE_LINK_TEST, PATCH, private_link(), given=private,
         after=endpoint(allowed_accounts=[])),
    Case("switches back", PRIVATE_LINK, PATCH, [{"mechanism": "nlb"}], given=private,
         told={"0.mechanism": "nlb", "0.visibility": "public"},
         after=endpoint(mechanism="nlb", visibility="public", endpoint_service="")),
    Case("leaves nobody allowed then", PRIVATE_LINK, PATCH, [{"mechanism": "nlb"}], given=private,
         after=endpoint(allow_list=[])),
    Case("takes an array", OPENAPI, PATCH, private_link(US)[0], 400, no("array"), given=public),
    Case("knows three mechanisms", OPENAPI, PATCH, [{"mechanism": "tunnel"}], 400, no("'tunnel'"), given=public),
    Case("takes account ids as text", OPENAPI, PATCH, [{**private_link()[0], "allowed_accounts": [int(US)]}], 400,
         no("string"), given=public),
    Case("lets accounts go with PrivateLink alone", RESOURCE, PATCH, [{"mechanism": "nlb", "allowed_accounts": [US]}],
         400, no("allowed_accounts"), given=public),
    Case("refuses a change in flight, newer", PENDING, PATCH, private_link(US), 409, no("already in progress"),
         {"status": "pending_modifying"}, busy),
    Case("refuses a change in flight, older", PENDING, PATCH, private_link(US), 400, no("pending state"),
         {"status": "pending_scaling"}, busy_in_europe, IN_EUROPE),
    Case("opens no own account to everybody", BYOA, PATCH, [{"mechanism": "nlb"}], 400, no("non-empty"),
         endpoint(visibility="private"), own_account, IN_EUROPE),
]  # fmt: skip
ALLOWLIST = [
    Case("tells it in two spellings", OPENAPI, "GET {}/security/allowlist", given=public,
         told={"0.name": "primary", "0.allow_list": [OFFICE], "0.allowList": [OFFICE["ip"]]}),
    Case("replaces it", OPENAPI, "PUT {}/security/allowlist", [LAB], given=public, told={"0.allow_list": [LAB]},
         after=endpoint(allow_list=[LAB])),
    Case("empties it", CLIENT, "PUT {}/security/allowlist", [], given=public, after=endpoint(allow_list=[])),
    Case("adds an address", MCP, "POST {}/security/allowlist", {"ip_address": LAB["ip"]}, given=public,
         told={"0.allow_list": [OFFICE, LAB]}),
    Case("removes an address", OPENAPI, "DELETE {}/security/allowlist", {"ip_address": OFFICE["ip"]}, given=public,
         told={"0.allow_list": []}),
    Case("takes no IPv6", FIREWALL, "PUT {}/security/allowlist", [{"ip": "2001:db8::/32"}], 400, no("IPv4"),
         given=public),
    Case("takes thirty addresses", FIREWALL, "PUT {}/security/allowlist",
         [{"ip": f"192.0.2.{last}/32"} for last in range(31)], 400, no("at most 30"), given=public),
    Case("is busy while it applies it", RESOURCE, "PUT {}/security/allowlist", [LAB], 409, no("in progress"),
         given=busy),
    Case("keeps one for later in an own account", BYOA, "PUT {}/security/allowlist", [OFFICE], given=own_account,
         headers=IN_EUROPE, told={"0.allow_list": [OFFICE]}),
]  # fmt: skip
LAUNCHING = [
    Case("launches", QUICKSTART, f"POST {S}", launch(size="sky-2x8", storage=100, nodes=1), 202,
         {"status": "pending_create", "fqdn": "", "endpoints": []}),
    Case("chooses what is left out", MCP, f"POST {S}", launch(topology="serverless-standalone"), 202,
         {"service_type": "transactional_serverless", "project_id": "project-core"}),
    Case("chooses where a client says nought", CLIENT, f"POST {S}", launch(version="", nodes=0, storage=0), 202,
         {"nodes": 1, "storage_volume.size": 100}),
    Case("launches with an allowlist", QUICKSTART, f"POST {S}", launch(allow_list=[OFFICE]), 202, {"name": "conforms"}),
    Case("launches privately", PRIVATE_LINK, f"POST {S}",
         launch(endpoint_mechanism="privateconnect", endpoint_allowed_accounts=[US]), 202, {"name": "conforms"}),
    Case("needs accounts for that", OPENAPI, f"POST {S}", launch(endpoint_mechanism="privateconnect"), 400,
         no("endpoint_allowed_accounts")),
    Case("takes no allowlist with that", RESOURCE, f"POST {S}",
         launch(endpoint_mechanism="privateconnect", endpoint_allowed_accounts=[US], allow_list=[OFFICE]), 400,
         no("allow_list")),
    Case("needs a name", OPENAPI, f"POST {S}", launch(name=None), 400, no("name is required")),
    Case("needs a name of four characters", QUICKSTART, f"POST {S}", launch(name="abc"), 400, no("4 to 24")),
    Case("takes no name of 25", QUICKSTART, f"POST {S}", launch(name="a" * 25), 400, no("4 to 24")),
    Case("takes no capitals", RESOURCE, f"POST {S}", launch(name="Orders"), 400, no("lower-case")),
    Case("takes a version by its name", OPENAPI, f"POST {S}", launch(version="11.8.2"), 400, no("'11.8.2'")),
    Case("takes a region on offer", OPENAPI, f"POST {S}", launch(region="moon-1"), 400, no("'moon-1'")),
    Case("takes a size on offer", PENDING, f"POST {S}", launch(size="sky-99x99"), 400, no("sky-99x99")),
    Case("takes a storage size on offer", OPENAPI, f"POST {S}", launch(storage=150), 400, no("'150'")),
    Case("launches privately in an own account", BYOA, "GET {}", given=own_account, headers=IN_EUROPE,
         after=endpoint(visibility="private", allowed_accounts=None)),
    Case("launches openly there with an allowlist", BYOA, f"POST {S}", in_europe(allow_list=[OFFICE]), 202,
         {"status": "pending_create"}, headers=IN_EUROPE),
    Case("launches openly there with nothing less", BYOA, f"POST {S}", in_europe(endpoint_mechanism="nlb"), 400,
         no("non-empty"), headers=IN_EUROPE),
    Case("launches nothing serverless there", BYOA, f"POST {S}", in_europe(topology="serverless-standalone"), 400,
         no("not available for your organization"), headers=IN_EUROPE),
    Case("launches there where it is set up", BYOA, f"POST {S}", launch(), 400, no("us-east-2"), headers=IN_EUROPE),
]  # fmt: skip
LIFE = [
    Case("stops", OPENAPI, "POST {}/power", {"is_active": False}, given=public,
         after={"status": "stopped", "is_active": False}),
    Case("keeps the endpoint service of what is stopped", PRIVATE_LINK_TEST, "GET {}", given=stopped,
         told={"status": "stopped", "endpoints.0.endpoint_service": NAME}),
    Case("starts", OPENAPI, "POST {}/power", {"is_active": True}, given=stopped, after={"status": "ready"}),
    Case("told the power in 2022", OPENAPI_2022, "POST {}/power", {"is_active": False}, given=own_account,
         headers=IN_EUROPE, told={"is_active": False}),
    Case("takes the power as yes or no", OPENAPI, "POST {}/power", {"is_active": "yes"}, 400, no("is_active"),
         given=public),
    Case("stops nothing serverless", RESOURCE, "POST {}/power", {"is_active": False}, 400, no("serverless"),
         {"status": "ready"}, serverless),
    Case("deletes", OPENAPI, "DELETE {}", given=public, after=None),
    Case("deletes nothing in flight", OPENAPI_EARLY, "DELETE {}", None, 409, no("in progress"), given=busy),
]  # fmt: skip
KEYS = [
    Case("asks for a key", OPENAPI, f"GET {S}", None, 401, no("API key"), headers={"X-API-Key": ""}),
    Case("knows a wrong key", OPENAPI, f"GET {S}", None, 401, no("API key"), headers={"X-API-Key": "wrong"}),
    Case("acts in the key's own organization", ORGANIZATIONS, f"GET {S}", told={"0.id": "dbpgf00000101"},
         headers={"X-API-Key": SKYSQL_EUROPE_KEY}),
    Case("acts in the one picked", ORGANIZATIONS, f"GET {S}", told={"0.id": "dbpgf00000101"}, headers=IN_EUROPE),
    Case("tells nothing across organizations", ORGANIZATIONS, f"GET {S}/dbpgf00000001", None, 404, no("dbpgf00000001"),
         headers=IN_EUROPE),
    Case("admits by role", OPENAPI_EARLY, f"GET {S}", None, 403, no(f"organization {EUROPE}; allowed roles: ADMIN"),
         headers={"X-API-Key": SKYSQL_VIEWER_KEY, **IN_EUROPE}),
    Case("lets a viewer look", QUICKSTART, "GET {}", told={"status": "ready"}, given=public,
         headers={"X-API-Key": SKYSQL_VIEWER_KEY}),
    Case("lets a viewer change nothing", OPENAPI_EARLY, PATCH, private_link(US), 403,
         no("VIEWER .* org-acme; allowed roles: ADMIN, MEMBER"), endpoint(mechanism="nlb"), public,
         {"X-API-Key": SKYSQL_VIEWER_KEY}),
]  # fmt: skip
CASES = [*READING, *SWITCHING, *ALLOWLIST, *LAUNCHING, *LIFE, *KEYS]


@pytest.mark.parametrize("case", CASES, ids=[case.says.replace(" ", "-") for case in CASES])
def test_skysql(stage: Stage, case: Case) -> None:
    service = case.given(stage)
    method, path = case.call.replace("{}", f"{S}/{service}").split()
    answer = stage.http.request(method, path, json=case.body, headers=dict(case.headers))
    assert answer.status_code == case.code, answer.text
    for place, value in case.told.items():
        check(seen(answer, place), value)
    if case.after != {}:
        then = stage.http.get(f"{S}/{service}", headers={**case.headers, "X-API-Key": stage.http.headers["X-API-Key"]})
        assert then.status_code == (404 if case.after is None else 200)
        for place, value in (case.after or {}).items():
            check(seen(then, place), value)


def seen(answer: httpx.Response, place: str) -> Any:
    """What stands at `0.name`, `endpoints.0.mechanism`; `len` counts."""
    found = answer.json()
    for step in place.split("."):
        found = len(found) if step == "len" else found[int(step) if step.isdigit() else step]
    return found


def check(found: Any, value: Any) -> None:
    if isinstance(value, re.Pattern):
        assert value.fullmatch(found), f"{found!r} does not look like {value.pattern}"
    else:
        assert found == value
