"""The choice lists of a launch, as data: regions, sizes, versions and so on."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

_REGIONS = {
    "aws": (
        *("ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1"),
        *("eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-2"),
    ),
    "gcp": ("europe-west1", "us-central1", "us-east4"),
    "azure": ("eastus", "westeurope"),
}
_TOPOLOGIES = (
    ("es-single", "Enterprise Server Single Node", "One server", "transactional", "InnoDB"),
    (
        "es-replica",
        "Enterprise Server With Replica(s)",
        "A primary and replicas behind MaxScale",
        "transactional",
        "InnoDB",
    ),
    ("galera", "Galera Cluster", "Synchronous multi-primary cluster", "transactional", "InnoDB"),
    ("serverless-standalone", "Serverless", "Scales to nothing when idle", "serverless", "InnoDB"),
)
_VERSIONS = ("10.6.21-17", "11.4.4-1", "11.4.5-2", "11.8.2-1")
_SIZES = (("sky-2x8", 2, 8), ("sky-4x16", 4, 16), ("sky-8x32", 8, 32), ("sky-16x64", 16, 64))
_STORAGE = (100, 200, 300, 500, 1000, 2000)


def _rows(name: str, values: tuple[str, ...]) -> list[Row]:
    return [{"id": f"{name}-{value}", "name": value, "display_name": value} for value in values]


PROVIDERS = _rows("provider", tuple(_REGIONS))
SERVICE_TYPES = _rows("type", ("transactional", "serverless"))
ARCHITECTURES = _rows("arch", ("amd64", "arm64"))
VOLUME_TYPES = _rows("volume", ("gp3", "io1"))
IOPS = [{"id": f"iops-{value}", "volume_type": "gp3", "iops": value} for value in (3000, 6000, 12000)]
REGIONS: list[Row] = [
    {"id": f"region-{provider}-{name}", "name": name, "region": name, "provider": provider, "default": place == 0}
    for provider, names in _REGIONS.items()
    for place, name in enumerate(names)
]
TOPOLOGIES: list[Row] = [
    {
        "id": f"topology-{name}",
        "name": name,
        "display_name": display,
        "description": description,
        "service_type": kind,
        "storage_engine": engine,
        "order": order,
    }
    for order, (name, display, description, kind, engine) in enumerate(_TOPOLOGIES, start=1)
]
VERSIONS: list[Row] = [
    {
        "id": f"version-{topology['name']}-{version}",
        "name": f"MariaDB Enterprise Server {version}",
        "version": version,
        "topology": topology["name"],
        "product": "server",
        "display_name": f"MariaDB Enterprise Server {version}",
        "is_major": version.endswith("-1"),
        "release_date": "2025-03-04",
        "release_notes_url": "https://mariadb.com/docs/release-notes",
    }
    for topology in TOPOLOGIES
    for version in _VERSIONS
]
SIZES: list[Row] = [
    {
        "id": f"size-{architecture['name']}-{kind}-{name}",
        "name": name,
        "display_name": name.capitalize(),
        "service_type": "transactional",
        "provider": "aws",
        "tier": "foundation",
        "architecture": architecture["name"],
        "cpu": f"{cpu} vCPU",
        "ram": f"{ram} GB",
        "type": kind,
        "default_maxscale_size_name": "sky-2x8",
        "is_active": True,
        "topology": "es-single",
    }
    for architecture in ARCHITECTURES
    for kind in ("server", "proxy")
    for name, cpu, ram in _SIZES
]
PROJECTS: list[Row] = [
    {"id": "project-core", "name": "core", "description": "Production", "is_default": True},
    {"id": "project-lab", "name": "lab", "description": "Trials", "is_default": False},
]


def storage_sizes(topology: str) -> list[Row]:
    return [{"id": f"storage-{topology}-{size}", "size": size, "topology": topology} for size in _STORAGE]


def zones(region: str) -> list[Row]:
    return [{"id": f"zone-{region}{letter}", "name": f"{region}{letter}", "region": region} for letter in "abc"]
