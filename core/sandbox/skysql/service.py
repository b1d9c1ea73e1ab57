"""A SkySQL service: its description, its state over time and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.sandbox.aws.services import EndpointService
from core.sandbox.clock import TimeLine

PUBLIC, PRIVATE = "nlb", "privateconnect"
CREATED = 1_700_000_000


@dataclass
class Service:
    """One database service. `zone_ids` are where its private endpoint can be reached."""

    id: str
    name: str
    region: str
    line: TimeLine
    ports: tuple[tuple[str, int], ...]  # purpose, number
    zone_ids: tuple[str, ...] = ()
    provider: str = "aws"
    topology: str = "es-single"
    nodes: int = 1
    version: str = "11.4.4-1"
    architecture: str = "amd64"
    size: str = "sky-2x8"
    storage: int = 100
    volume_type: str = "gp3"
    iops: int = 3000
    throughput: int = 125
    maxscale_nodes: int = 0
    service_type: str = "transactional"
    availability_zone: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    mechanism: str = PUBLIC
    accounts: list[str] | None = None
    allow_list: list[dict[str, str]] = field(default_factory=list)
    endpoint_service: EndpointService | None = None
    read_back: str = PRIVATE  # how the API spells the private mechanism once the service is ready
    generation: int = 0  # counts the endpoint services made for this service
    fqdn_from: float = float("-inf")
    gone_from: float = float("inf")
    updated: int = CREATED

    @property
    def status(self) -> str:
        return self.line.state

    @property
    def private(self) -> bool:
        return self.mechanism == PRIVATE

    @property
    def fqdn(self) -> str:
        """Known from the first time the service is ready."""
        return self.host if self.line.clock.passed(self.fqdn_from) else ""

    @property
    def host(self) -> str:
        return f"{self.id}.sysp0000.db1.skysql.com"

    def endpoints(self) -> list[dict[str, Any]]:
        if self.status == "pending_create":
            return []
        ready = self.status == "ready"
        ports = [{"name": purpose, "port": number, "purpose": purpose} for purpose, number in self.ports]
        return [
            {
                "name": "primary",
                "ports": ports,
                "mechanism": self.read_back if self.private and ready else self.mechanism,
                "allowed_accounts": self.accounts,
                "endpoint_service": self.endpoint_service.name if self.endpoint_service and ready else "",
                "visibility": "private" if self.private else "public",
                "allow_list": self.allow_list,
            }
        ]

    def body(self) -> dict[str, Any]:
        """The service as GET answers it."""
        return {
            "id": self.id,
            "name": self.name,
            "region": self.region,
            "provider": self.provider,
            "tier": "foundation",
            "topology": self.topology,
            "version": self.version,
            "architecture": self.architecture,
            "size": self.size,
            "nodes": self.nodes,
            "ssl_enabled": True,
            "nosql_enabled": False,
            "fqdn": self.fqdn,
            "status": self.status,
            "created_on": CREATED,
            "updated_on": self.updated,
            "created_by": "ops@acme.example",
            "updated_by": "ops@acme.example",
            "endpoints": self.endpoints(),
            "storage_volume": {
                "size": self.storage,
                "volume_type": self.volume_type,
                "iops": self.iops,
                "throughput": self.throughput,
            },
            "outbound_ips": ["198.51.100.4"],
            "is_active": self.status != "stopped",
            "service_type": self.service_type,
            "replication_enabled": False,
            "primary_host": "",
            "maxscale_nodes": self.maxscale_nodes,
            "maxscale_size": "sky-2x8" if self.maxscale_nodes else "",
            "availability_zone": self.availability_zone,
            "tags": {"name": self.name, **self.tags},
            "config_id": "",
        }
