"""The actions on VPC endpoints: create, modify, describe, delete.

moto creates an endpoint from any input, twice when asked twice, and leaves private DNS alone for ever.
"""

from __future__ import annotations

import json
from typing import NoReturn

from moto.core.responses import ActionResult
from moto.ec2.models.vpcs import VPC
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import add_tag_specification, generic_filter

from core.sandbox.aws.answers import Answers
from core.sandbox.aws.backend import Backend
from core.sandbox.aws.endpoint import InterfaceEndpoint
from core.sandbox.aws.policies import Asked
from core.sandbox.aws.refusal import NoAnswer, refuse
from core.sandbox.aws.services import Offer
from core.sandbox.clock import TimeLine

_ENDPOINTS_PER_VPC = 50
_GROUPS_PER_INTERFACE = 5
_LONGEST_TOKEN = 64


class EndpointAnswers(Answers, VPCs):
    """CreateVpcEndpoint and its siblings, for endpoints of the Interface type."""

    def create_vpc_endpoint(self) -> ActionResult:
        backend, token = self.ec2_backend, self._get_param("ClientToken")
        wanted = self._wanted()
        if token in backend.tokens:
            before, endpoint = backend.tokens[token]
            if before != wanted:
                refuse(
                    "IdempotentParameterMismatch",
                    "The client token you have provided is associated with a resource with different parameters.",
                )
            return ActionResult({"VpcEndpoint": endpoint, "ClientToken": token})
        if token and len(token) > _LONGEST_TOKEN:
            refuse("InvalidParameterValue", f"ClientToken exceeds {_LONGEST_TOKEN} characters")
        offer = self._offer()
        if offer.kind != (self._get_param("VpcEndpointType") or "Gateway"):
            refuse(
                "InvalidParameter",
                f"Endpoint type ({self._get_param('VpcEndpointType') or 'Gateway'}) does not match available"
                f" service types ([{offer.kind}]).",
            )
        if offer.kind == "Gateway":
            return self._gateway()
        endpoint = self._create(backend, offer)
        if token:
            backend.tokens[token] = wanted, endpoint
        return ActionResult({"VpcEndpoint": endpoint, "ClientToken": token})

    def _gateway(self) -> ActionResult:
        """moto's own kind of endpoint, but with its type on it."""
        before = set(self.ec2_backend.vpc_end_points)
        answer = super().create_vpc_endpoint()
        for endpoint_id in set(self.ec2_backend.vpc_end_points) - before:
            self.ec2_backend.vpc_end_points[endpoint_id].vpc_endpoint_type = "Gateway"
        return answer

    def _wanted(self) -> str:
        """The request as one text: the same token must come with the same."""
        ignored = ("Action", "Version", "ClientToken", "DryRun")
        asked = {name: value for name, value in self._get_params().items() if name not in ignored}
        return json.dumps(asked, sort_keys=True, default=str)

    def _offer(self) -> Offer:
        name, region = self._get_param("ServiceName") or "", self._get_param("ServiceRegion") or self.region
        backend = self.ec2_backend
        if backend.get_vpc(self._get_param("VpcId")).owner_id != self.current_account:
            refuse("UnauthorizedOperation", "This operation does not support shared VPCs.", status=403)
        offer = self.cloud.market.offer(self.current_account, region, name)
        if offer.service is not None and not self.cloud.clock.passed(offer.service.creatable):
            refuse("Unavailable", "The service is unavailable. Please try again shortly.", status=503)
        return offer

    def _check_address_type(self) -> None:
        asked = self._get_param("IpAddressType") or "ipv4"
        if asked != "ipv4":  # what every service here supports
            refuse("InvalidParameter", f"The IP address type {asked} is not supported by the endpoint service.")

    def _record_type(self, otherwise: str) -> str:
        return (self._get_param("DnsOptions") or {}).get("DnsRecordIpType") or otherwise

    def _create(self, backend: Backend, offer: Offer) -> InterfaceEndpoint:
        self._check_address_type()
        vpc = backend.get_vpc(self._get_param("VpcId"))
        addresses = self._addresses()
        subnet_ids = [*self._get_param("SubnetIds", [])]
        subnet_ids += [subnet for subnet in addresses if subnet not in subnet_ids]
        _check_subnets(backend, vpc, offer, subnet_ids, {})
        default = backend.get_default_security_group(vpc.id)
        group_ids = list(dict.fromkeys(self._get_param("SecurityGroupIds", [])))
        group_ids = group_ids or ([default.id] if default else [])
        _check_groups(backend, vpc, group_ids)
        private_dns = self._get_bool_param("PrivateDnsEnabled", if_none=bool(offer.private_dns_name))
        if private_dns:
            _check_private_dns(backend, vpc, offer, accepted=not offer.acceptance_required)
        standing = [endpoint for endpoint in backend.interface_endpoints(vpc.id) if endpoint.alive]
        if len(standing) >= _ENDPOINTS_PER_VPC:
            refuse("VpcEndpointLimitExceeded", "The maximum number of VPC endpoints has been reached.")
        if private_dns:
            self._check_zone_right()
        endpoint = InterfaceEndpoint(  # type: ignore[abstract]  # as abstract as moto's own, which it instantiates
            backend,
            vpc.id,
            offer,
            self.cloud.beginning(offer),
            group_ids=group_ids,
            private_dns=private_dns,
            policy=self._get_param("PolicyDocument"),
            tags=add_tag_specification(self._get_param("TagSpecifications", [])),
            record_type=self._record_type("ipv4"),
        )
        backend.vpc_end_points[endpoint.id] = endpoint
        for subnet_id in subnet_ids:
            endpoint.enter(subnet_id, addresses.get(subnet_id))
        return endpoint

    def _check_zone_right(self) -> None:
        """Without the right to attach the hidden zone AWS does not refuse: the call hangs. No DryRun tells of it."""
        if self.caller.denial(Asked("route53:AssociateVPCWithHostedZone", exact=False)):
            raise NoAnswer

    def _addresses(self) -> dict[str, str | None]:
        """The fixed addresses asked for, by subnet."""
        return {one["SubnetId"]: one.get("Ipv4") for one in self._get_param("SubnetConfigurations", []) or []}

    def modify_vpc_endpoint(self) -> ActionResult:
        backend = self.ec2_backend
        endpoint = backend.get_endpoint(self._get_param("VpcEndpointId"))
        if not isinstance(endpoint, InterfaceEndpoint):
            return super().modify_vpc_endpoint()
        if endpoint.state not in ("available", "pending", "pendingAcceptance"):
            refuse(
                "IncorrectState",
                f"The VPC endpoint {endpoint.id} is in the state {endpoint.state} and cannot be modified",
            )
        self._modify(backend, endpoint)
        if endpoint.state == "available":
            endpoint.line = self.cloud.clock.line("pending", (self.cloud.delays.modify, "available"))
        return ActionResult({"Return": True})

    def _modify(self, backend: Backend, endpoint: InterfaceEndpoint) -> None:
        self._check_address_type()
        vpc = backend.get_vpc(endpoint.vpc_id)
        entering, leaving = self._get_param("AddSubnetIds", []), self._get_param("RemoveSubnetIds", [])
        staying = [subnet for subnet in endpoint.subnets if subnet not in leaving]
        entering = [subnet for subnet in entering if subnet not in staying]
        _check_subnets(backend, vpc, endpoint.offer, entering, _by_zone(backend, staying))
        added, removed = self._get_param("AddSecurityGroupIds", []), self._get_param("RemoveSecurityGroupIds", [])
        groups = [*endpoint.security_group_ids, *added]
        groups = [group for group in dict.fromkeys(groups) if group not in removed]
        _check_groups(backend, vpc, groups)
        private_dns = self._get_bool_param("PrivateDnsEnabled", if_none=endpoint.private_dns_enabled)
        if private_dns and not endpoint.private_dns_enabled:
            offer = self.cloud.market.offer(self.current_account, endpoint.offer.region, endpoint.service_name)
            _check_private_dns(backend, vpc, offer, accepted=endpoint.state != "pendingAcceptance")
            self._check_zone_right()
        # nothing can be refused from here on: all of it happens, or none
        endpoint.private_dns_enabled = private_dns
        endpoint.dns_options = {"DnsRecordIpType": self._record_type(endpoint.dns_options["DnsRecordIpType"])}
        endpoint.policy_document = self._get_param("PolicyDocument") or endpoint.policy_document
        for subnet in leaving:
            endpoint.leave(subnet)
        endpoint.wear(groups)
        for subnet in entering:
            endpoint.enter(subnet)

    def describe_vpc_endpoints(self) -> ActionResult:
        backend, wanted = self.ec2_backend, self._get_param("VpcEndpointIds", [])
        found = [backend.get_endpoint(one) for one in wanted] or list(backend.vpc_end_points.values())
        return ActionResult({"VpcEndpoints": generic_filter(self.wanted_filters(), found)})

    def delete_vpc_endpoints(self) -> ActionResult:
        backend, failed = self.ec2_backend, []
        for endpoint_id in self._get_param("VpcEndpointIds", []):
            endpoint = backend.vpc_end_points.get(endpoint_id)
            if isinstance(endpoint, InterfaceEndpoint) and endpoint.alive:
                endpoint.line = self._last_states()
            elif endpoint is not None and not isinstance(endpoint, InterfaceEndpoint):
                backend.delete_vpc_endpoints([endpoint_id])
                del backend.vpc_end_points[endpoint_id]
            elif endpoint is None or endpoint.state != "deleting":
                message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
                error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
                failed.append({"ResourceId": endpoint_id, "Error": error})
        return ActionResult({"Unsuccessful": failed})

    def _last_states(self) -> TimeLine:
        delays = self.cloud.delays
        return self.cloud.clock.line("deleting", (delays.delete, "deleted"), (delays.delete + delays.linger, "gone"))


def _by_zone(backend: Backend, subnet_ids: list[str]) -> dict[str, str]:
    return {backend.get_subnet(subnet).availability_zone_id: subnet for subnet in subnet_ids}


def _check_subnets(backend: Backend, vpc: VPC, offer: Offer, subnet_ids: list[str], taken: dict[str, str]) -> None:
    for subnet_id in subnet_ids:
        subnet = backend.subnet(subnet_id) or refuse(
            "InvalidSubnetId.NotFound", f"The subnet ID '{subnet_id}' does not exist"
        )
        if subnet.vpc_id != vpc.id:
            refuse("InvalidParameter", f"The subnet {subnet_id} does not belong to the VPC {vpc.id}")
        zone = subnet.availability_zone_id
        if zone not in offer.zone_names:
            refuse(
                "InvalidParameter",
                f"The VPC endpoint service {offer.name} does not support the availability zone of the subnet:"
                f" {subnet_id}.",
            )
        if zone in taken:
            refuse(
                "DuplicateSubnetsInSameZone",
                f"Found another VPC endpoint subnet in the availability zone of {subnet_id}",
            )
        if subnet.available_ip_address_count < 1:
            refuse(
                "InsufficientFreeAddressesInSubnet",
                f"The specified subnet {subnet_id} does not have enough free addresses to satisfy the request.",
            )
        taken[zone] = subnet_id


def _check_groups(backend: Backend, vpc: VPC, group_ids: list[str]) -> None:
    if not group_ids:
        refuse("InvalidParameter", "An interface endpoint needs at least one security group")
    if len(group_ids) > _GROUPS_PER_INTERFACE:
        refuse(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        )
    for group_id in group_ids:
        if backend.existing_group(group_id).vpc_id != vpc.id:
            refuse(
                "InvalidParameter",
                f"The security group {group_id} and the VPC endpoint belong to different networks: not in {vpc.id}",
            )


def _check_private_dns(backend: Backend, vpc: VPC, offer: Offer, *, accepted: bool) -> None:
    def no(message: str) -> NoReturn:
        refuse("InvalidParameter", message)

    name = offer.private_dns_name
    if not name:
        no(f"Private DNS can't be enabled because the service {offer.name} does not provide a private DNS name.")
    if not accepted:
        no(f"Private DNS can only be enabled after the endpoint connection is accepted by the owner of {offer.name}.")
    if offer.verification != "verified":
        no(f"Private DNS can't be enabled because the service {offer.name} has not verified the private DNS name.")
    if not (vpc.enable_dns_support and vpc.enable_dns_hostnames):
        no(
            "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true"
            f" for {vpc.id}"
        )
    if any(endpoint.holds_name == name for endpoint in backend.interface_endpoints(vpc.id)):
        no(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for"
            f" {name} in the VPC {vpc.id}"
        )
