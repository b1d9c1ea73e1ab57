"""A VPC endpoint of the Interface type: its states over time, its DNS names and its network interfaces.

moto's endpoint is available when it is born, keeps one DNS name of a wrong shape and puts its interfaces on
addresses outside their subnets.
"""

from __future__ import annotations

import hashlib
import ipaddress
import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from moto.ec2.models.vpcs import VPCEndPoint
from moto.ec2.utils import random_vpc_ep_id

from core.sandbox.aws.services import ALWAYS, Offer
from core.sandbox.clock import TimeLine

if TYPE_CHECKING:
    from core.sandbox.aws.backend import Backend

_PUBLIC_ZONE = "Z7HUB22UULQXV"
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
_FAILURE = {
    "Code": "InternalError",
    "Message": "The endpoint could not be created. Delete it and create it again.",
}
_RESERVED_BY_AWS = 3  # of the usable addresses at the head of a subnet: router, DNS, future use


FILTERS = {
    "ip-address-type": "ip_address_type",
    "service-name": "service_name",
    "service-region": "service_region",
    "vpc-endpoint-id": "id",
    "vpc-endpoint-state": "state",
    "vpc-endpoint-type": "vpc_endpoint_type",
    "vpc-id": "vpc_id",
}
"""DescribeVpcEndpoints' filters beside those of tags, and the attributes they look at."""


class Endpoint(VPCEndPoint):
    """What endpoints of both types tell. The attribute names are those moto's serialiser looks for."""

    requester_managed = False
    ip_address_type = "ipv4"
    dns_options: Mapping[str, str] = MappingProxyType({"DnsRecordIpType": "ipv4"})

    def get_filter_value(self, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name in FILTERS:
            return getattr(self, FILTERS[filter_name])
        return super().get_filter_value(filter_name, method_name)


class GatewayEndpoint(Endpoint):
    """An endpoint of the Gateway type: a route, and no interface."""

    @property
    def service_region(self) -> str:
        region: str = self.ec2_backend.region_name
        return region


class InterfaceEndpoint(Endpoint):
    """An endpoint with interfaces in subnets."""

    def __init__(
        self,
        backend: Backend,
        vpc_id: str,
        offer: Offer,
        line: TimeLine,
        *,
        group_ids: list[str],
        private_dns: bool,
        policy: str | None,
        tags: dict[str, str],
        record_type: str = "ipv4",
    ) -> None:
        self.line = line
        self.busy_until = ALWAYS  # while a modification is under way
        self.offer = offer
        self.service_region = offer.region
        self.dns_options = {"DnsRecordIpType": record_type}
        super().__init__(
            ec2_backend=backend,
            endpoint_id=random_vpc_ep_id(),
            vpc_id=vpc_id,
            service_name=offer.name,
            endpoint_type="Interface",
            policy_document=policy,
            route_table_ids=[],
            subnet_ids=[],
            security_group_ids=group_ids,
            tags=tags,
            private_dns_enabled=private_dns,
        )

    @property
    def backend(self) -> Backend:
        backend: Backend = self.ec2_backend
        return backend

    @property
    def state(self) -> str:
        return self.line.state

    @state.setter
    def state(self, value: str) -> None:
        """moto writes 'available' while it builds the object; the time line knows better."""

    @property
    def last_error(self) -> dict[str, str] | None:
        return _FAILURE if self.state == "failed" else None

    @property
    def failure_reason(self) -> str | None:
        return _FAILURE["Message"] if self.state == "failed" else None

    @property
    def subnets(self) -> list[str]:
        return self.subnet_ids or []

    @property
    def holds_name(self) -> str:
        """The domain whose hidden zone hangs on the VPC because of this endpoint, else empty."""
        return self.offer.private_dns_name if self.private_dns_enabled else ""

    @property
    def private_zone_id(self) -> str:
        return f"Z0{hashlib.sha256(self.id.encode()).hexdigest()[8:26].upper()}"

    @property
    def alive(self) -> bool:
        return self.state not in ("deleting", "deleted", "gone")

    @property
    def dns_entries(self) -> list[dict[str, str]]:
        """Regional first, then one per zone (in no order of zones), then the private name."""
        stem = f"{self.id}-{_eight_characters(self.id)}"
        tail = f"{self.service_name.rsplit('.', 1)[1]}.{self.offer.region}.vpce.amazonaws.com"
        zone_names = [self.backend.get_subnet(subnet).availability_zone for subnet in reversed(self.subnets)]
        public = [f"{stem}.{tail}", *(f"{stem}-{zone}.{tail}" for zone in zone_names)]
        entries = [{"DnsName": name, "HostedZoneId": _PUBLIC_ZONE} for name in public]
        if self.holds_name:
            entries.append({"DnsName": self.holds_name, "HostedZoneId": self.private_zone_id})
        return entries

    @dns_entries.setter
    def dns_entries(self, value: Any) -> None:
        """moto passes its own guess."""

    def enter(self, subnet_id: str, address: str | None = None) -> None:
        """Put an interface into a subnet, at its first free address unless one is asked for."""
        interface = self.backend.create_network_interface(
            subnet_id,
            address or self._free_address(subnet_id),
            group_ids=self.security_group_ids,
            description=f"VPC Endpoint Interface {self.id}",
        )
        interface.interface_type, interface.requester_managed, interface.status = "vpc_endpoint", True, "in-use"
        self.network_interface_ids.append(interface.id)
        self.subnet_ids = [*self.subnets, subnet_id]

    def leave(self, subnet_id: str) -> None:
        self.subnet_ids = [subnet for subnet in self.subnets if subnet != subnet_id]
        for interface_id in list(self.network_interface_ids):
            if self.backend.enis[interface_id].subnet.id == subnet_id:
                self._drop(interface_id)

    def release(self) -> None:
        """Give up every interface: the endpoint is deleted."""
        for interface_id in list(self.network_interface_ids):
            self._drop(interface_id)

    def wear(self, group_ids: list[str]) -> None:
        """Change the security groups, on the interfaces too."""
        self.security_group_ids = group_ids
        for interface_id in self.network_interface_ids:
            self.backend.modify_network_interface_attribute(interface_id, group_ids)

    def _drop(self, interface_id: str) -> None:
        self.network_interface_ids.remove(interface_id)
        if interface_id in self.backend.enis:
            self.backend.delete_network_interface(interface_id)

    def _free_address(self, subnet_id: str) -> str:
        network = ipaddress.ip_network(self.backend.get_subnet(subnet_id).cidr_block)
        taken = self.backend.addresses_in(subnet_id)
        usable = itertools.islice(network.hosts(), _RESERVED_BY_AWS, None)
        return next(str(address) for address in usable if str(address) not in taken)


def _eight_characters(endpoint_id: str) -> str:
    return "".join(_ALPHABET[byte % 36] for byte in hashlib.sha256(endpoint_id.encode()).digest()[:8])
