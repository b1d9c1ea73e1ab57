"""Endpoint services: who owns them, who may see them, and from when.

moto keeps them per account and asks nobody's permission. Here one registry holds those of all accounts, and each
account sees only what admits it: to anyone else a service does not exist, which is all AWS will say.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.zones import zone_ids, zones
from core.sandbox.clock import Clock, TimeLine

ALWAYS = float("-inf")
# AWS's own services that a VPC commonly holds endpoints of; moto would import 250 service modules to list them all
_GATEWAYS = ("dynamodb", "s3")
_INTERFACES = (
    *("ec2", "ec2messages", "kms", "logs", "monitoring", "secretsmanager", "sqs", "ssm", "ssmmessages", "sts"),
)


def stable_id(prefix: str, *parts: object) -> str:
    """An AWS id (17 hex digits) that follows from what it names, so that two runs agree."""
    return f"{prefix}-0{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"


@dataclass
class EndpointService:
    """A service some provider offers through PrivateLink in one region."""

    service_id: str
    region: str
    owner: str
    zone_ids: tuple[str, ...]
    private_dns_name: str
    verification: TimeLine
    clock: Clock
    born: float = ALWAYS
    creatable: float = ALWAYS
    acceptance_required: bool = False
    admitted: dict[str, float] = field(default_factory=dict)  # account -> the moment it sees the service

    @property
    def name(self) -> str:
        return f"com.amazonaws.vpce.{self.region}.{self.service_id}"

    def visible_to(self, account: str) -> bool:
        if account == self.owner:
            return self.clock.passed(self.born)
        return account in self.admitted and self.clock.passed(self.admitted[account])


@dataclass(frozen=True)
class Offer:
    """A service as one account sees it: zones under that account's names."""

    service_id: str
    name: str
    owner: str
    region: str
    kind: str
    zone_names: Mapping[str, str]  # zone id -> name
    private_dns_name: str
    verification: str
    acceptance_required: bool = False
    policy_supported: bool = False
    service: EndpointService | None = None

    def details(self) -> dict[str, Any]:
        """ServiceDetails of DescribeVpcEndpointServices."""
        by_name = sorted((name, zone_id) for zone_id, name in self.zone_names.items())
        details: dict[str, Any] = {
            "ServiceName": self.name,
            "ServiceId": self.service_id,
            "ServiceType": [{"ServiceType": self.kind}],
            "ServiceRegion": self.region,
            "AvailabilityZones": [name for name, _ in by_name],
            "AvailabilityZoneIds": [zone_id for _, zone_id in by_name],
            "Owner": self.owner,
            "BaseEndpointDnsNames": [f"{self.name.rsplit('.', 1)[1]}.{self.region}.vpce.amazonaws.com"],
            "VpcEndpointPolicySupported": self.policy_supported,
            "AcceptanceRequired": self.acceptance_required,
            "ManagesVpcEndpoints": False,
            "SupportedIpAddressTypes": ["ipv4"],
            "Tags": [],
        }
        if self.private_dns_name:
            details["PrivateDnsName"] = self.private_dns_name
            details["PrivateDnsNames"] = [{"PrivateDnsName": self.private_dns_name}]
            details["PrivateDnsNameVerificationState"] = self.verification
        return details

    @property
    def filter_values(self) -> dict[str, str]:
        """By DescribeVpcEndpointServices' filters. No service here has tags."""
        return {
            "owner": self.owner,
            "service-name": self.name,
            "service-region": self.region,
            "service-type": self.kind,
            "supported-ip-address-types": "ipv4",
        }


class Market:
    """Every endpoint service of every account."""

    def __init__(self) -> None:
        self._services: dict[str, EndpointService] = {}

    def add(self, service: EndpointService) -> None:
        self._services[service.name] = service

    def remove(self, service: EndpointService) -> None:
        self._services.pop(service.name, None)

    def owner(self, name: str) -> str:
        """Whose a service is, by its name: Amazon's own are not kept."""
        return self._services[name].owner if name in self._services else "amazon"

    def owned(self, account: str, region: str) -> list[EndpointService]:
        """The services an account offers in a region, by name."""
        mine = (one for one in self._services.values() if (one.owner, one.region) == (account, region))
        return sorted((one for one in mine if one.visible_to(account)), key=lambda one: one.name)

    def offers(self, account: str, region: str) -> list[Offer]:
        """What this account may connect to in this region, by name."""
        own = [
            _offer(service, account)
            for service in self._services.values()
            if service.region == region and service.visible_to(account)
        ]
        return sorted([*_amazon(account, region), *own], key=lambda offer: offer.name)

    def offer(self, account: str, region: str, name: str) -> Offer:
        service = self._services.get(name)
        if service and service.region == region and service.visible_to(account):
            return _offer(service, account)
        found = next((offer for offer in _amazon(account, region) if offer.name == name), None)
        return found or refuse("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


def _offer(service: EndpointService, account: str) -> Offer:
    names = _names(account, service.region)
    return Offer(
        service_id=service.service_id,
        name=service.name,
        owner=service.owner,
        region=service.region,
        kind="Interface",
        zone_names={zone_id: names[zone_id] for zone_id in service.zone_ids if zone_id in names},
        private_dns_name=service.private_dns_name,
        verification=service.verification.state,
        acceptance_required=service.acceptance_required,
        service=service,
    )


def _amazon(account: str, region: str) -> Iterable[Offer]:
    names = _names(account, region)
    for short in (*_GATEWAYS, *_INTERFACES) if zone_ids(region) else ():
        gateway = short in _GATEWAYS
        yield Offer(
            service_id=stable_id("vpce-svc", "amazon", region, short),
            name=f"com.amazonaws.{region}.{short}",
            owner="amazon",
            region=region,
            kind="Gateway" if gateway else "Interface",
            zone_names=names,
            private_dns_name="" if gateway else f"{short}.{region}.amazonaws.com",
            verification="verified",
            policy_supported=True,
        )


def _names(account: str, region: str) -> dict[str, str]:
    return {zone.zone_id: zone.name for zone in zones(account, region)}
