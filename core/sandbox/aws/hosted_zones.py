"""Route 53, as far as private DNS meets it: private hosted zones, and the VPCs that they are associated with.

moto lists the zones of one account alone, and lets a VPC have two zones of one name.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.route53.models import Route53Backend
from moto.route53.responses import Route53

from core.sandbox.aws.callers import CallerAnswers
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.refusal import refuse

_SERVED = frozenset(
    (
        *("AssociateVPCWithHostedZone", "CreateHostedZone", "DeleteHostedZone", "DisassociateVPCFromHostedZone"),
        *("GetHostedZone", "ListHostedZones", "ListHostedZonesByVPC"),
    )
)
_PAGE = 100
_OF_ENDPOINTS = {"OwningService": "vpce.amazonaws.com"}


class HostedZones(CallerAnswers, Route53):
    """moto's Route 53, and what it lets through."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        super().__init__()

    @property
    def backend(self) -> Route53Backend:
        return self.cloud.hosted_zones(self.current_account)

    def authorise(self) -> None:
        if self._get_action() not in _SERVED:
            raise NotImplementedError(f"the sandbox does not serve route53 {self._get_action()}")
        super().authorise()

    def create_hosted_zone(self) -> ActionResult:
        if self._get_param("VPC.VPCId"):
            self._check(self._get_param("Name"))
            self.params.setdefault("HostedZoneConfig", {})["PrivateZone"] = True  # by the VPC alone, whatever is said
        return super().create_hosted_zone()

    def associate_vpc_with_hosted_zone(self) -> ActionResult:
        self._check(self.backend.get_hosted_zone(self._get_param("HostedZoneId")).name)
        return super().associate_vpc_with_hosted_zone()

    def _check(self, name: str) -> None:
        """A VPC that is there, and has no zone of that name yet."""
        vpc, region = self._get_param("VPC.VPCId"), self._get_param("VPC.VPCRegion")
        if vpc not in self.cloud.backend(self.current_account, region).vpcs:
            refuse("InvalidVPCId", f"The VPC: {vpc} in region {region} that you provided is not found.")
        for zone in self._of_vpc(vpc, region):
            if zone["Name"].lower() == f"{name.lower().rstrip('.')}.":
                refuse(
                    "ConflictingDomainExists",
                    f"The VPC {vpc} in region {region} has already been associated with the hosted zone"
                    f" {zone['HostedZoneId']} with the same domain name.",
                )

    def list_hosted_zones_by_vpc(self) -> ActionResult:
        found = list(self._of_vpc(self._get_param("VPCId"), self._get_param("VPCRegion")))
        start, size = _start(self._get_param("NextToken")), self._get_int_param("MaxItems", _PAGE)
        end = start + size
        following = base64.b64encode(str(end).encode()).decode() if end < len(found) else None
        return ActionResult({"HostedZoneSummaries": found[start:end], "MaxItems": size, "NextToken": following})

    def _of_vpc(self, vpc: str, region: str) -> Iterator[dict[str, Any]]:
        """Those of all accounts, and those that AWS keeps for endpoints with private DNS."""
        for account, zone in self.cloud.zones_of(vpc):
            yield {"HostedZoneId": zone.resource_id, "Name": zone.name, "Owner": {"OwningAccount": account}}
        for endpoint in self.cloud.backend(self.current_account, region).interface_endpoints(vpc):
            if endpoint.holds_name:
                name = f"{endpoint.holds_name}."
                yield {"HostedZoneId": endpoint.private_zone_id, "Name": name, "Owner": _OF_ENDPOINTS}


def _start(token: str | None) -> int:
    try:
        return int(base64.b64decode(token, validate=True)) if token else 0
    except ValueError:
        refuse("InvalidPaginationToken", f"The token {token} is invalid")
