"""The provider's side of PrivateLink: the services an account offers, who may connect, and who has.

moto keeps services of its own that nobody else can see, and knows nothing of connections.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult

from core.sandbox.aws.answers import Answers
from core.sandbox.aws.endpoint import InterfaceEndpoint
from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.services import EndpointService, stable_id
from core.sandbox.aws.zones import zones

_ACCEPTABLE = ("pendingAcceptance",)
_REJECTABLE = ("pendingAcceptance", "pending", "available", "partial")


class ProviderAnswers(Answers):
    """The calls of whoever owns an endpoint service."""

    def describe_vpc_endpoint_service_configurations(self) -> ActionResult:
        names = {zone.zone_id: zone.name for zone in zones(self.current_account, self.region)}
        wanted = self._get_param("ServiceIds", [])
        services = [self._owned(one) for one in wanted] if wanted else self._all_owned()
        found = [_configuration(service, names) for service in services]
        return ActionResult({"ServiceConfigurations": self._filtered(found, _CONFIGURATION_FILTERS)})

    def describe_vpc_endpoint_service_permissions(self) -> ActionResult:
        service = self._owned(str(self._get_param("ServiceId")))
        found = [
            {
                "PrincipalType": "Account",
                "Principal": f"arn:aws:iam::{account}:root",
                "ServicePermissionId": stable_id("vpce-svc-perm", service.service_id, account),
                "ServiceId": service.service_id,
                "Tags": [],
            }
            for account in service.admitted
        ]
        return ActionResult({"AllowedPrincipals": self._filtered(found, _PERMISSION_FILTERS)})

    def describe_vpc_endpoint_connections(self) -> ActionResult:
        found = [
            _connection(service, endpoint)
            for service in self._all_owned()
            for endpoint in self.cloud.connections(service)
            if endpoint.state != "gone"
        ]
        return ActionResult({"VpcEndpointConnections": self._filtered(found, _CONNECTION_FILTERS)})

    def accept_vpc_endpoint_connections(self) -> ActionResult:
        return self._decide(self.cloud.accept, _ACCEPTABLE)

    def reject_vpc_endpoint_connections(self) -> ActionResult:
        return self._decide(self.cloud.reject, _REJECTABLE)

    def _decide(self, do: Callable[[InterfaceEndpoint], None], states: tuple[str, ...]) -> ActionResult:
        """Do it to each endpoint it can be done to; the others are told in the answer, which is still a 200."""
        service, failed = self._owned(str(self._get_param("ServiceId"))), []
        connected = {endpoint.id: endpoint for endpoint in self.cloud.connections(service)}
        for endpoint_id in self._get_param("VpcEndpointIds", []):
            endpoint = connected.get(endpoint_id)
            if endpoint is not None and endpoint.state in states:
                do(endpoint)
                continue
            error = {"Code": "InvalidVpcEndpointId.NotFound", "Message": f"No connection of {endpoint_id} exists"}
            if endpoint is not None:
                message = f"The connection of {endpoint_id} is in the state {endpoint.state}"
                error = {"Code": "InvalidState", "Message": message}
            failed.append({"ResourceId": endpoint_id, "Error": error})
        return ActionResult({"Unsuccessful": failed})

    def _all_owned(self) -> list[EndpointService]:
        return self.cloud.market.owned(self.current_account, self.region)

    def _owned(self, service_id: str) -> EndpointService:
        found = next((one for one in self._all_owned() if one.service_id == service_id), None)
        return found or refuse(
            "InvalidVpcEndpointServiceId.NotFound", f"The VpcEndpointService Id '{service_id}' does not exist"
        )

    def _filtered(self, found: list[dict[str, Any]], fields: dict[str, str]) -> list[dict[str, Any]]:
        for name, values in self.wanted_filters().items():
            if name not in fields:
                refuse("InvalidFilter", f"The filter '{name}' is invalid")
            found = [one for one in found if one[fields[name]] in values]
        return found


_CONFIGURATION_FILTERS = {"service-id": "ServiceId", "service-name": "ServiceName", "service-state": "ServiceState"}
_PERMISSION_FILTERS = {"principal": "Principal", "principal-type": "PrincipalType"}
_CONNECTION_FILTERS = {
    "ip-address-type": "IpAddressType",
    "service-id": "ServiceId",
    "vpc-endpoint-id": "VpcEndpointId",
    "vpc-endpoint-owner": "VpcEndpointOwner",
    "vpc-endpoint-region": "VpcEndpointRegion",
    "vpc-endpoint-state": "VpcEndpointState",
}


def _configuration(service: EndpointService, zone_names: dict[str, str]) -> dict[str, Any]:
    number = service.service_id[-16:]
    balancer = f"arn:aws:elasticloadbalancing:{service.region}:{service.owner}:loadbalancer/net/skysql/{number}"
    return {
        "ServiceType": [{"ServiceType": "Interface"}],
        "ServiceId": service.service_id,
        "ServiceName": service.name,
        "ServiceState": "Available",
        "AvailabilityZoneIds": sorted(service.zone_ids),
        "AvailabilityZones": sorted(zone_names[zone_id] for zone_id in service.zone_ids),
        "AcceptanceRequired": service.acceptance_required,
        "ManagesVpcEndpoints": False,
        "NetworkLoadBalancerArns": [balancer],
        "SupportedIpAddressTypes": ["ipv4"],
        "BaseEndpointDnsNames": [f"{service.service_id}.{service.region}.vpce.amazonaws.com"],
        "PrivateDnsName": service.private_dns_name,
        "PrivateDnsNameConfiguration": {
            "State": service.verification.state,
            "Type": "TXT",
            "Value": f"vpce:{number}",
            "Name": f"_{number}",
        },
        "Tags": [],
    }


def _connection(service: EndpointService, endpoint: InterfaceEndpoint) -> dict[str, Any]:
    return {
        "ServiceId": service.service_id,
        "VpcEndpointId": endpoint.id,
        "VpcEndpointOwner": endpoint.owner_id,
        "VpcEndpointState": endpoint.state,
        "CreationTimestamp": endpoint.creation_timestamp,
        "DnsEntries": endpoint.dns_entries,
        "IpAddressType": endpoint.ip_address_type,
        "VpcEndpointConnectionId": stable_id("vpce-con", service.service_id, endpoint.id),
        "Tags": [],
        "VpcEndpointRegion": endpoint.backend.region_name,
    }
