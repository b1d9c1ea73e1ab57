"""A SkySQL service: its description, its state over time and how it is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from core.sandbox.aws.services import EndpointService
from core.sandbox.clock import TimeLine
from core.sandbox.skysql.catalogue import CREATED
from core.sandbox.skysql.organizations import ACME, Organization

PUBLIC, PRIVATE = "nlb", "privateconnect"

AllowList = list[dict[str, str]]


@dataclass
class Service:
    """One database service. `zone_ids` are where its private endpoint can be reached."""

    id: str
    name: str
    region: str
    line: TimeLine
    ports: tuple[tuple[str, int], ...]  # purpose, number
    organization: Organization = ACME
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
    maxscale_size: str = "sky-2x8"
    service_type: str = "transactional"
    ssl_enabled: bool = True
    nosql_enabled: bool = False
    replication_enabled: bool = False
    primary_host: str = ""
    project_id: str = "project-core"
    availability_zone: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    mechanism: str = PUBLIC
    accounts: list[str] | None = None
    allow_list: AllowList = field(default_factory=list)
    endpoint_service: EndpointService | None = None
    read_back: str = PRIVATE  # how the API spells the private mechanism once it names the endpoint service
    known_from: float = float("-inf")  # from when the API names the endpoint service
    public_list: AllowList | None = None  # the allowlist of a second, public endpoint, where there is one
    public_first: bool = False
    named_in_dns: bool = True  # whether its endpoint service has a private DNS name
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

    @property
    def private_dns_name(self) -> str:
        return self.host if self.named_in_dns else ""

    @property
    def named(self) -> str:
        """The endpoint service as the API names it: not while it is made."""
        if self.endpoint_service is None or not self.line.clock.passed(self.known_from):
            return ""
        return self.endpoint_service.name

    def endpoints(self) -> list[dict[str, Any]]:
        """The primary endpoint, and the second, public one where there is one: in either order."""
        primary = self._endpoint("primary", self.primary(), self.allow_list)
        if self.public_list is None:
            return [primary]
        public = self._endpoint("public", self._told(PUBLIC, None, ""), self.public_list)
        return [public, primary] if self.public_first else [primary, public]

    def primary(self) -> dict[str, Any]:
        """What the endpoint that can be switched says of itself."""
        return self._told(self.read_back if self.named else self.mechanism, self.accounts, self.named)

    def _told(self, mechanism: str, accounts: list[str] | None, endpoint_service: str) -> dict[str, Any]:
        told = {
            "mechanism": mechanism,
            "allowed_accounts": None if accounts is None else self._some(accounts),
            "visibility": "public" if mechanism == PUBLIC else "private",
        }
        left_out = self.organization.older and not endpoint_service
        return told if left_out else {**told, "endpoint_service": endpoint_service}

    def _endpoint(self, name: str, told: dict[str, Any], allow_list: AllowList) -> dict[str, Any]:
        ports = [{"name": purpose, "port": number, "purpose": purpose} for purpose, number in self.ports]
        return {"name": name, "ports": ports, **told, "allow_list": self._some(allow_list)}

    def _some(self, entries: list[Any]) -> list[Any] | None:
        """A list as the organization's API writes it."""
        return None if self.organization.older and not entries else entries

    def allow_lists(self) -> list[dict[str, Any]]:
        """GET …/security/allowlist: one for each endpoint, in both spellings."""
        return [
            {
                "name": endpoint["name"],
                "allow_list": endpoint["allow_list"],
                "allowList": self._some([entry["ip"] for entry in endpoint["allow_list"] or []]),
            }
            for endpoint in self.endpoints()
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
            "ssl_enabled": self.ssl_enabled,
            "nosql_enabled": self.nosql_enabled,
            "fqdn": self.fqdn,
            "status": self.status,
            "created_on": CREATED,
            "updated_on": self.updated,
            "created_by": "ops@acme.example",
            "updated_by": "ops@acme.example",
            "endpoints": self._some([] if self.status == "pending_create" else self.endpoints()),
            "storage_volume": {
                "size": self.storage,
                "volume_type": self.volume_type,
                "iops": self.iops,
                "throughput": self.throughput,
            },
            "outbound_ips": self._some([] if self.status == "pending_create" else ["198.51.100.4"]),
            "is_active": self.status != "stopped",
            "service_type": self.service_type,
            "replication_enabled": self.replication_enabled,
            "primary_host": self.primary_host,
            "maxscale_nodes": self.maxscale_nodes,
            "maxscale_size": self.maxscale_size if self.maxscale_nodes else "",
            "availability_zone": self.availability_zone,
            "tags": {"name": self.name, **self.tags},
            "config_id": "",
            "project_id": self.project_id,
            "tenancy": "dedicated" if self.organization.byoa else "shared",
        }
