"""The actions on VPC endpoints: create, modify, describe, delete.

moto creates an endpoint from any input, twice when asked twice, and leaves private DNS alone for ever.
"""

from __future__ import annotations

import json

from moto.core.responses import ActionResult
from moto.ec2.responses.vpcs import VPCs
from moto.ec2.utils import generic_filter

from core.sandbox.aws import endpoint_checks as checks
from core.sandbox.aws.answers import Answers
from core.sandbox.aws.backend import Backend
from core.sandbox.aws.endpoint import GatewayEndpoint, InterfaceEndpoint
from core.sandbox.aws.policies import Asked
from core.sandbox.aws.refusal import NoAnswer, refuse
from core.sandbox.aws.services import Offer
from core.sandbox.clock import TimeLine

_ENDPOINTS_PER_VPC = 50
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
            refuse("InvalidClientToken", f"The client token exceeds {_LONGEST_TOKEN} characters")
        offer = self._offer()
        checks.check_type(
            self._get_param("VpcEndpointType") or "Gateway",
            offer,
            subnets=bool(self._get_param("SubnetIds", [])),
            route_tables=bool(self._get_param("RouteTableIds", [])),
        )
        checks.check_policy(offer, self._get_param("PolicyDocument"))
        tags = self.wanted_tags("vpc-endpoint")
        if offer.kind == "Gateway":
            return self._gateway()
        endpoint = self._create(backend, offer, tags)
        if token:
            backend.tokens[token] = wanted, endpoint
        return ActionResult({"VpcEndpoint": endpoint, "ClientToken": token})

    def _gateway(self) -> ActionResult:
        """moto's own endpoint, but of the Gateway class."""
        answer = super().create_vpc_endpoint()
        made = answer.result["VpcEndpoint"]  # type: ignore[index]  # it is a dict
        made.__class__, made.vpc_endpoint_type = GatewayEndpoint, "Gateway"
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

    def _record_type(self, otherwise: str) -> str:
        return (self._get_param("DnsOptions") or {}).get("DnsRecordIpType") or otherwise

    def _create(self, backend: Backend, offer: Offer, tags: dict[str, str]) -> InterfaceEndpoint:
        checks.check_address_type(self._get_param("IpAddressType"))
        vpc = backend.get_vpc(self._get_param("VpcId"))
        addresses, subnet_ids = self._addresses(), self._get_param("SubnetIds", [])
        checks.check_subnets(backend, vpc, offer, subnet_ids, {})
        checks.check_addresses(backend, addresses, subnet_ids)
        default = backend.get_default_security_group(vpc.id)
        group_ids = list(dict.fromkeys(self._get_param("SecurityGroupIds", [])))
        group_ids = group_ids or ([default.id] if default else [])
        checks.check_groups(backend, vpc, group_ids)
        private_dns = self._get_bool_param("PrivateDnsEnabled", if_none=bool(offer.private_dns_name))
        if private_dns:
            accepted = not offer.acceptance_required
            checks.check_private_dns(backend, vpc, offer, self._zones(vpc.id), accepted=accepted)
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
            tags=tags,
            record_type=self._record_type("ipv4"),
        )
        backend.vpc_end_points[endpoint.id] = endpoint
        for subnet_id in subnet_ids:
            endpoint.enter(subnet_id, addresses.get(subnet_id))
        return endpoint

    def _zones(self, vpc_id: str) -> list[str]:
        return [zone.name for _, zone in self.cloud.zones_of(vpc_id)]

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
        if not self.cloud.clock.passed(endpoint.busy_until):
            refuse("OperationInProgress", "VpcEndpoint modify operation in progress")
        self._modify(backend, endpoint)
        endpoint.busy_until = self.cloud.clock.after(self.cloud.delays.modify)
        if endpoint.state == "available":
            endpoint.line = self.cloud.clock.line("pending", (self.cloud.delays.modify, "available"))
        return ActionResult({"Return": True})

    def _modify(self, backend: Backend, endpoint: InterfaceEndpoint) -> None:
        checks.check_address_type(self._get_param("IpAddressType"))
        checks.check_no_route_tables(bool(self._get_param("AddRouteTableIds", [])))
        checks.check_policy(endpoint.offer, self._get_param("PolicyDocument"))
        vpc = backend.get_vpc(endpoint.vpc_id)
        entering, leaving = self._get_param("AddSubnetIds", []), self._get_param("RemoveSubnetIds", [])
        staying = [subnet for subnet in endpoint.subnets if subnet not in leaving]
        entering = [subnet for subnet in entering if subnet not in staying]
        checks.check_subnets(backend, vpc, endpoint.offer, entering, checks.by_zone(backend, staying))
        addresses = self._addresses()
        checks.check_addresses(backend, addresses, [*staying, *entering])
        added, removed = self._get_param("AddSecurityGroupIds", []), self._get_param("RemoveSecurityGroupIds", [])
        groups = [*endpoint.security_group_ids, *added]
        groups = [group for group in dict.fromkeys(groups) if group not in removed]
        checks.check_groups(backend, vpc, groups)
        private_dns = self._get_bool_param("PrivateDnsEnabled", if_none=endpoint.private_dns_enabled)
        if private_dns and not endpoint.private_dns_enabled:
            offer = self.cloud.market.offer(self.current_account, endpoint.offer.region, endpoint.service_name)
            accepted = endpoint.state != "pendingAcceptance"
            checks.check_private_dns(backend, vpc, offer, self._zones(vpc.id), accepted=accepted)
            self._check_zone_right()
        # nothing can be refused from here on: all of it happens, or none
        endpoint.private_dns_enabled = private_dns
        endpoint.dns_options = {"DnsRecordIpType": self._record_type(endpoint.dns_options["DnsRecordIpType"])}
        endpoint.policy_document = self._get_param("PolicyDocument") or endpoint.policy_document
        moving = [subnet for subnet in addresses if subnet in staying]  # another address is another interface
        for subnet in [*leaving, *moving]:
            endpoint.leave(subnet)
        endpoint.wear(groups)
        for subnet in [*moving, *entering]:
            endpoint.enter(subnet, addresses.get(subnet))

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
