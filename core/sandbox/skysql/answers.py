"""What an answer holds: the documented bodies, strict. Every answer is checked against its model before it leaves.

From the vendor's OpenAPI descriptions of 2022 and 2026, and from its Terraform provider where that is newer. A field
that may be null or missing in some organization has None here.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, TypeAdapter


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


# -- services


class Port(_Answer):
    name: str
    port: int
    purpose: str


class AllowedAddress(_Answer):
    ip: str
    comment: str


class ModifiedEndpoint(_Answer):
    """What PATCH …/endpoints echoes."""

    mechanism: str
    allowed_accounts: list[str] | None
    visibility: str
    endpoint_service: str | None = None


class Endpoint(ModifiedEndpoint):
    name: str
    ports: list[Port]
    allow_list: list[AllowedAddress] | None


class StorageVolume(_Answer):
    size: int
    volume_type: str
    iops: int
    throughput: int


class Service(_Answer):
    id: str
    name: str
    region: str
    provider: str
    tier: str
    topology: str
    version: str
    architecture: str
    size: str
    nodes: int
    ssl_enabled: bool
    nosql_enabled: bool
    fqdn: str
    status: str
    created_on: int
    updated_on: int
    created_by: str
    updated_by: str
    endpoints: list[Endpoint] | None
    storage_volume: StorageVolume
    outbound_ips: list[str] | None
    is_active: bool
    service_type: str
    replication_enabled: bool
    primary_host: str
    maxscale_nodes: int
    maxscale_size: str
    availability_zone: str
    tags: dict[str, str]
    config_id: str
    project_id: str
    tenancy: str


class AllowList(_Answer):
    """The allowlist of one endpoint, in two spellings; the second is deprecated."""

    name: str
    allow_list: list[AllowedAddress] | None
    allowList: list[str] | None  # noqa: N815  the vendor's


class Credentials(_Answer):
    username: str
    password: str
    host: str


class Power(_Answer):
    is_active: bool


# -- choices


class Choice(_Answer):
    id: str
    name: str
    display_name: str


class ServiceType(Choice):
    description: str
    short_description: str
    order: int


class Provider(Choice):
    active: bool
    default: bool
    iops_min: int
    iops_per_gb: int
    volume_size_min_gb: int
    volume_size_max_gb: int


class Region(_Answer):
    """`name` is the provider's name, `region` the part of the world."""

    id: str
    name: str
    region: str
    provider: str
    default: bool
    order: int
    is_available: bool
    has_clusters: bool
    foundation_tier_maintenance_window: str


class Zone(_Answer):
    id: str
    name: str
    provider: str
    region_name: str


class Topology(Choice):
    service_type: str
    storage_engine: str
    database: str
    is_default: bool
    order: int


class Version(Choice):
    """`name` is what a launch is given; `version` is for display."""

    version: str
    topology: str
    product: str
    is_major: bool
    default: bool
    release_date: str
    release_notes_url: str


class Size(Choice):
    service_type: str
    provider: str
    tier: str
    architecture: str
    cpu: str
    ram: str
    type: str
    default_maxscale_size_name: str
    is_active: bool
    topology: str
    created_on: str
    updated_on: str


class StorageSizes(_Answer):
    id: str
    tier: str
    topology: str
    storage_sizes: list[int]


class Iops(_Answer):
    id: str
    provider: str
    tier: str
    volume_type_name: str
    default_iops_per_gb: int
    iops_range_min: int
    iops_range_max: int
    storage_range_min: int
    storage_range_max: int
    throughput_range_min: int
    throughput_range_max: int
    total_iops_range_min: int
    total_iops_range_max: int


class VolumeType(Choice):
    provider: str
    is_default: bool
    iops: list[Iops] | None
    created_on: int
    updated_on: int


class Project(_Answer):
    id: str
    name: str
    description: str
    is_default: bool
    created_by: str
    updated_by: str
    created_on: int
    updated_on: int


# -- refusals


class Fault(_Answer):
    """An entry of `errors`: all of it may be missing."""

    error: str = ""
    message: str = ""
    solution: str = ""
    type: str = "error"
    location: str = ""
    metadata: dict[str, str] | None = None


class Refusal(_Answer):
    """Every field may be missing; the timestamp is a number, or digits in a string."""

    errors: list[Fault] | None = None
    exception: str = ""
    path: str = ""
    code: int = 0
    timestamp: int | str = 0
    trace_id: str = ""


ALLOW_LISTS = TypeAdapter(list[AllowList])
CREDENTIALS = TypeAdapter(Credentials)
ENDPOINTS = TypeAdapter(list[ModifiedEndpoint])
POWER = TypeAdapter(Power)
SERVICE = TypeAdapter(Service)
SERVICES = TypeAdapter(list[Service])
