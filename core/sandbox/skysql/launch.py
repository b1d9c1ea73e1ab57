"""From what a launch asks for to the service it begins: what may be chosen, and what the API chooses itself."""

from __future__ import annotations

from collections.abc import Container

from core.sandbox.aws.zones import zone_ids
from core.sandbox.clock import TimeLine
from core.sandbox.skysql import catalogue
from core.sandbox.skysql.organizations import Organization
from core.sandbox.skysql.requests import Launch, bad, needs_allow_list, needs_aws
from core.sandbox.skysql.service import PRIVATE, PUBLIC, Service


def begun(asked: Launch, organization: Organization, service_id: str, line: TimeLine) -> Service:
    """A service not yet begun. Refused: what is not on offer to the organization."""
    topology = _topology(asked, organization)
    _check_choices(asked, organization)
    private = _private(asked, organization)
    replicas = asked.topology in ("es-replica", "galera")
    return Service(
        id=service_id,
        name=asked.name,
        region=asked.region,
        line=line,
        organization=organization,
        ports=(("readwrite", 3306), ("readonly", 3307)) if replicas else (("readwrite", 3306),),
        zone_ids=zone_ids(asked.region) if asked.provider == "aws" else (),
        provider=asked.provider,
        topology=asked.topology,
        nodes=asked.nodes or 1,
        version=asked.version or "11.4.4-1",
        architecture=asked.architecture or "amd64",
        size=asked.size or "sky-2x8",
        storage=asked.storage or 100,
        volume_type=asked.volume_type or catalogue.volume_types(asked.provider)[0]["name"],
        iops=asked.volume_iops or 3000,
        throughput=asked.volume_throughput or 125,
        service_type=topology["service_type"],
        ssl_enabled=asked.ssl_enabled,
        nosql_enabled=asked.nosql_enabled,
        replication_enabled=asked.replication_enabled,
        primary_host=asked.primary_host,
        maxscale_nodes=asked.maxscale_nodes or (1 if replicas else 0),
        maxscale_size=asked.maxscale_size or "sky-2x8",
        availability_zone=asked.availability_zone,
        project_id=asked.project_id or catalogue.projects(organization)[0]["id"],
        tags=asked.tags,
        mechanism=PRIVATE if private else PUBLIC,
        accounts=asked.endpoint_allowed_accounts if private else None,
        allow_list=[entry.model_dump() for entry in asked.allow_list or []],
    )


def _private(asked: Launch, organization: Organization) -> bool:
    if asked.endpoint_mechanism is None:
        return organization.byoa and not asked.allow_list
    if asked.endpoint_mechanism == PUBLIC and organization.byoa and not asked.allow_list:
        raise needs_allow_list()
    if asked.endpoint_mechanism != PUBLIC and asked.provider != "aws":
        raise needs_aws("endpoint_allowed_accounts", asked.provider)
    return asked.endpoint_mechanism != PUBLIC


def _topology(asked: Launch, organization: Organization) -> catalogue.Row:
    if not organization.offers_topology(asked.topology):
        raise bad("topology", f"The {asked.topology!r} topology is not available for your organization.")
    offered = {row["name"]: row for row in catalogue.topologies(organization)}
    _check("topology", asked.topology, offered)
    found = offered[asked.topology]
    _check("service_type", asked.service_type or "", [found["service_type"]])
    return found


def _check_choices(asked: Launch, organization: Organization) -> None:
    regions = [row for row in catalogue.regions(organization) if row["provider"] == asked.provider]
    versions = [row for row in catalogue.VERSIONS if row["topology"] == asked.topology]
    sizes = catalogue.storage_sizes(asked.topology)[0]["storage_sizes"]
    _check("region", asked.region, _names(regions))
    _check("availability_zone", asked.availability_zone, _names(catalogue.zones(asked.region)))
    _check("size", asked.size, _names(catalogue.SIZES))
    _check("maxscale_size", asked.maxscale_size or "", _names(catalogue.SIZES))
    _check("version", asked.version, _names(versions))
    _check("project_id", asked.project_id, [row["id"] for row in catalogue.projects(organization)])
    _check("volume_type", asked.volume_type, _names(catalogue.volume_types(asked.provider)))
    _check("storage", str(asked.storage or ""), [str(size) for size in sizes])


def _names(rows: list[catalogue.Row]) -> list[str]:
    return [row["name"] for row in rows]


def _check(field: str, value: str, offered: Container[str]) -> None:
    """Nothing said leaves the choice to the API."""
    if value and value not in offered:
        raise bad(field, f"Unknown {field} {value!r}", f"Ask the API for the {field}s on offer")
