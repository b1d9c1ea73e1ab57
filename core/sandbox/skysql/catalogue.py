"""The choice lists of a launch, as data: regions, sizes, versions and so on. What they offer depends on who asks."""

from __future__ import annotations

from typing import Any

from core.sandbox.environment import EUROPE, ORGANIZATION
from core.sandbox.skysql.organizations import Organization
from core.sandbox.skysql.refusal import not_found

Row = dict[str, Any]

CREATED = 1_700_000_000
_CREATED_ON = "2023-11-14T22:13:20Z"  # the same, as other lists write it

_REGIONS = {
    "aws": (
        *("ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1"),
        *("eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-2"),
    ),
    "gcp": ("europe-west1", "us-central1", "us-east4"),
    "azure": ("eastus", "northeurope"),
}
_CLOUDS = {"aws": "Amazon AWS", "gcp": "Google Cloud", "azure": "Microsoft Azure"}
_ZONES = {"aws": ("{}a", "{}b", "{}c"), "gcp": ("{}-a", "{}-b", "{}-c"), "azure": ("1", "2", "3")}
_PARTS = {"ap": "APAC", "eu": "EMEA", "no": "EMEA"}  # of the world, by the first letters of the region's name
_TOPOLOGIES = {  # name: what it is called, the service type
    "es-single": ("Enterprise Server Single Node", "transactional"),
    "es-replica": ("Enterprise Server With Replica(s)", "transactional"),
    "galera": ("Galera Cluster", "transactional"),
    "serverless-standalone": ("Serverless", "transactional_serverless"),
}
_REPLICATED = ("es-replica", "galera")
_VERSIONS = ("11.8.2", "11.4.5", "11.4.4", "10.6.21-17")
_SIZES = (("sky-2x8", 2, 8), ("sky-4x16", 4, 16), ("sky-8x32", 8, 32), ("sky-16x64", 16, 64))
_STORAGE = [100, 200, 300, 400, 500, 600, 700, 800, 900, *range(1000, 11000, 1000)]
_VOLUMES = {"aws": ("gp3", "io1"), "gcp": ("pd-ssd",), "azure": ("premium-ssd",)}
_PROJECTS = {ORGANIZATION: (("core", "Production"), ("lab", "Trials")), EUROPE: (("europe", "Everything in Europe"),)}

ARCHITECTURES = [
    {"id": f"arch-{name}", "name": name, "display_name": display}
    for name, display in (("amd64", "Intel / AMD"), ("arm64", "ARM"))
]
PROVIDERS: list[Row] = [
    {
        "id": f"provider-{name}",
        "name": name,
        "display_name": display,
        "active": True,
        "default": name == "aws",
        "iops_min": 100,
        "iops_per_gb": 1,
        "volume_size_min_gb": 8,
        "volume_size_max_gb": 10_000,
    }
    for name, display in _CLOUDS.items()
]
SERVICE_TYPES: list[Row] = [
    {
        "id": f"type-{name}",
        "name": name,
        "display_name": display,
        "description": f"{display} workloads on MariaDB Enterprise Server",
        "short_description": display,
        "order": order,
    }
    for order, (name, display) in enumerate(
        (("transactional", "Transactions"), ("transactional_serverless", "Serverless transactions")), start=1
    )
]
_ALL_REGIONS: list[Row] = [
    {
        "id": f"region-{provider}-{name}",
        "name": name,
        "region": _PARTS.get(name[:2], "AMER"),
        "provider": provider,
        "default": place == 0,
        "order": place,
        "is_available": True,
        "has_clusters": True,
        "foundation_tier_maintenance_window": "1st and 3rd Sat 8:00 PM UTC",
    }
    for provider, names in _REGIONS.items()
    for place, name in enumerate(names)
]
_ALL_TOPOLOGIES: list[Row] = [
    {
        "id": f"topology-{name}",
        "name": name,
        "display_name": display,
        "service_type": kind,
        "storage_engine": "innodb",
        "database": "mariadb",
        "is_default": name == "es-single",
        "order": order,
    }
    for order, (name, (display, kind)) in enumerate(_TOPOLOGIES.items(), start=1)
]
VERSIONS: list[Row] = [
    {
        "id": f"version-{topology}-{version}",
        "name": f"{version}-1",
        "version": version,
        "topology": topology,
        "product": "server",
        "display_name": f"Enterprise Server {version}",
        "is_major": place == 0,
        "default": place == 0,
        "release_date": "2025-03-04T00:00:00Z",
        "release_notes_url": "https://mariadb.com/docs/release-notes",
    }
    for topology in _TOPOLOGIES
    for place, version in enumerate(_VERSIONS)
]
SIZES: list[Row] = [
    {
        "id": f"size-{provider}-{topology}-{architecture['name']}-{kind}-{name}",
        "name": name,
        "display_name": name.capitalize(),
        "service_type": "transactional",
        "provider": provider,
        "tier": "foundation",
        "architecture": architecture["name"],
        "cpu": f"{cpu} vCPU",
        "ram": f"{ram} GB",
        "type": kind,
        "default_maxscale_size_name": "sky-2x8",
        "is_active": True,
        "topology": topology,
        "created_on": _CREATED_ON,
        "updated_on": _CREATED_ON,
    }
    for provider in _CLOUDS
    for topology in ("es-single", *_REPLICATED)
    for architecture in ARCHITECTURES
    for kind in (("server", "proxy") if topology in _REPLICATED else ("server",))
    for name, cpu, ram in _SIZES
]


def regions(organization: Organization) -> list[Row]:
    return [row for row in _ALL_REGIONS if organization.offers_region(row["name"])]


def topologies(organization: Organization) -> list[Row]:
    return [row for row in _ALL_TOPOLOGIES if organization.offers_topology(row["name"])]


def projects(organization: Organization) -> list[Row]:
    return [
        {
            "id": f"project-{name}",
            "name": name,
            "description": description,
            "is_default": place == 0,
            "created_by": "ops@acme.example",
            "updated_by": "ops@acme.example",
            "created_on": CREATED,
            "updated_on": CREATED,
        }
        for place, (name, description) in enumerate(_PROJECTS[organization.id])
    ]


def storage_sizes(topology: str) -> list[Row]:
    if topology not in _TOPOLOGIES:
        raise not_found(f"The topology {topology}")
    return [
        {"id": f"storage-{topology}-{tier}", "tier": tier, "topology": topology, "storage_sizes": _STORAGE}
        for tier in ("foundation", "power")
    ]


def zones(region: str) -> list[Row]:
    return [
        {"id": f"zone-{region}-{letter}", "name": form.format(region), "provider": provider, "region_name": region}
        for provider, names in _REGIONS.items()
        if region in names
        for letter, form in zip("abc", _ZONES[provider], strict=True)
    ]


def volume_types(provider: str) -> list[Row]:
    return [
        {
            "id": f"volume-{name}",
            "name": name,
            "display_name": name.upper(),
            "provider": provider,
            "is_default": place == 0,
            "iops": [row for row in iops(provider) if row["volume_type_name"] == name],
            "created_on": CREATED,
            "updated_on": CREATED,
        }
        for place, name in enumerate(_volumes(provider))
    ]


def iops(provider: str) -> list[Row]:
    return [
        {
            "id": f"iops-{name}-foundation",
            "provider": provider,
            "tier": "foundation",
            "volume_type_name": name,
            "default_iops_per_gb": 3,
            "iops_range_min": 3000,
            "iops_range_max": 16_000,
            "storage_range_min": 100,
            "storage_range_max": 10_000,
            "throughput_range_min": 125,
            "throughput_range_max": 1000,
            "total_iops_range_min": 3000,
            "total_iops_range_max": 16_000,
        }
        for name in _volumes(provider)
    ]


def _volumes(provider: str) -> tuple[str, ...]:
    if provider not in _VOLUMES:
        raise not_found(f"The provider {provider}")
    return _VOLUMES[provider]
