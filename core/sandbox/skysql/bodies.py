"""What a request may hold. Anything else is refused by name, as the vendor refuses it."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from core.sandbox.clock import TimeLine
from core.sandbox.skysql import catalogue
from core.sandbox.skysql.refusal import Refusal
from core.sandbox.skysql.service import PRIVATE, PUBLIC, Service

_ACCOUNT = re.compile(r"\d{12}")
_ENDPOINT_FIELDS = {"mechanism", "allowed_accounts", "visibility"}
_ALLOW_FIELDS = {"ip", "comment"}
_LAUNCH_FIELDS = {
    *("name", "project_id", "service_type", "provider", "region", "version", "nodes", "architecture", "size"),
    *("topology", "storage", "volume_type", "volume_iops", "volume_throughput", "ssl_enabled", "nosql_enabled"),
    *("endpoint_mechanism", "endpoint_allowed_accounts", "maxscale_nodes", "maxscale_size", "availability_zone"),
    *("tags", "allow_list"),
}
_LAUNCH_NEEDS = ("name", "project_id", "service_type", "provider", "region", "topology", "size")


def bad(location: str, message: str, solution: str) -> Refusal:
    return Refusal(400, message, solution, location=location)


def endpoint(body: object) -> tuple[str, list[str]]:
    """PATCH …/endpoints: mechanism and accounts of the one endpoint it must name."""
    if not isinstance(body, list) or len(body) != 1 or not isinstance(body[0], dict):
        raise bad("body", "The body must be an array of one endpoint", "Send [{...}]")
    wanted = body[0]
    _only(wanted, _ENDPOINT_FIELDS)
    mechanism = wanted.get("mechanism")
    if mechanism not in (PUBLIC, PRIVATE):
        raise bad("mechanism", f"Unknown endpoint mechanism {mechanism!r}", f"Use {PUBLIC} or {PRIVATE}")
    accounts = account_ids(wanted.get("allowed_accounts"))
    if mechanism == PUBLIC and accounts:
        raise bad("allowed_accounts", f"{PUBLIC} takes no allowed_accounts", "Send an empty list")
    fitting = "private" if mechanism == PRIVATE else "public"
    if wanted.get("visibility", fitting) != fitting:
        raise bad("visibility", f"{mechanism} endpoints are {fitting}", f"Send visibility {fitting}")
    return mechanism, accounts


def account_ids(value: object) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise bad("allowed_accounts", "allowed_accounts must be a list", "Send a list of AWS account ids")
    for account in value:
        if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
            raise bad("allowed_accounts", f"{account!r} is not an AWS account id", "Send 12 digits as a string")
    return list(dict.fromkeys(value))


def allow_list(body: object) -> list[dict[str, str]]:
    if not isinstance(body, list):
        raise bad("body", "The body must be an array", 'Send [{"ip": "203.0.113.7/32", "comment": "office"}]')
    return [allowed(entry) for entry in body]


def allowed(entry: object) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise bad("body", "Each entry must be an object with ip and comment", 'Send {"ip": …, "comment": …}')
    _only(entry, _ALLOW_FIELDS)
    try:
        network = ipaddress.IPv4Network(entry.get("ip", ""))
    except ValueError as wrong:
        raise bad("ip", f"{entry.get('ip')!r} is not an address: {wrong}", "Send an IPv4 address or CIDR") from None
    return {"ip": str(network), "comment": str(entry.get("comment") or "")}


def launch(body: object, service_id: str, line: TimeLine, zone_ids: tuple[str, ...]) -> Service:
    """POST services: a service not yet begun."""
    if not isinstance(body, dict):
        raise bad("body", "The body must be an object", "Send the service's fields")
    _only(body, _LAUNCH_FIELDS)
    for field in _LAUNCH_NEEDS:
        if not body.get(field):
            raise bad(field, f"{field} is required", f"Send {field}")
    _check_choices(body)
    private = body.get("endpoint_mechanism", PUBLIC) == PRIVATE
    if private and body.get("allow_list"):
        raise bad("allow_list", f"allow_list cannot be used with {PRIVATE}", "Leave allow_list out")
    replicas = body["topology"] != "es-single"
    return Service(
        id=service_id,
        name=body["name"],
        region=body["region"],
        line=line,
        ports=(("readwrite", 3306), ("readonly", 3307)) if replicas else (("readwrite", 3306),),
        zone_ids=zone_ids,
        provider=body["provider"],
        topology=body["topology"],
        nodes=int(body.get("nodes") or 1),
        version=body.get("version") or "11.4.4-1",
        architecture=body.get("architecture") or "amd64",
        size=body["size"],
        storage=int(body.get("storage") or 100),
        service_type=body["service_type"],
        maxscale_nodes=int(body.get("maxscale_nodes") or 0),
        availability_zone=body.get("availability_zone") or "",
        tags=dict(body.get("tags") or {}),
        mechanism=PRIVATE if private else PUBLIC,
        accounts=account_ids(body.get("endpoint_allowed_accounts")) if private else None,
        allow_list=allow_list(body.get("allow_list") or []),
    )


def _check_choices(body: dict[str, Any]) -> None:
    name = body["name"]
    if not isinstance(name, str) or not 4 <= len(name) <= 24:
        raise bad("name", "name must have 4 to 24 characters", "Choose another name")
    regions = {row["name"] for row in catalogue.REGIONS if row["provider"] == body["provider"]}
    known = {
        "provider": {row["name"] for row in catalogue.PROVIDERS},
        "region": regions,
        "topology": {row["name"] for row in catalogue.TOPOLOGIES},
        "size": {row["name"] for row in catalogue.SIZES},
        "project_id": {row["id"] for row in catalogue.PROJECTS},
        "endpoint_mechanism": {PUBLIC, PRIVATE, None},
    }
    for field, values in known.items():
        if body.get(field) not in values:
            raise bad(field, f"Unknown {field} {body.get(field)!r}", f"Ask the API for the {field}s on offer")


def _only(body: dict[str, Any], fields: set[str]) -> None:
    for field in body:
        if field not in fields:
            raise bad(str(field), f"Unknown field {field!r}", f"Known fields: {', '.join(sorted(fields))}")
