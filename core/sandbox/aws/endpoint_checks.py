"""What CreateVpcEndpoint and ModifyVpcEndpoint refuse alike: each check looks at one part of a request."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from typing import NoReturn

from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC

from core.sandbox.aws.backend import Backend
from core.sandbox.aws.id_shapes import check_ids
from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.services import Offer

_GROUPS_PER_INTERFACE = 5
_TYPES = ("Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork", "Tunnel")


def check_type(kind: str, offer: Offer, *, subnets: bool, route_tables: bool) -> None:
    if kind not in _TYPES:
        refuse("InvalidVpcEndpointType", f"The VPC endpoint type '{kind}' is not valid")
    if subnets and kind == "Gateway":
        refuse(
            "InvalidParameter",
            "Subnet IDs are only supported for Interface and GatewayLoadBalancer type VPC Endpoints.",
        )
    if kind != offer.kind:
        refuse(
            "InvalidParameter",
            f"Endpoint type ({kind}) does not match available service types ([{offer.kind}]).",
        )
    if kind != "Gateway":
        check_no_route_tables(route_tables)


def check_no_route_tables(given: bool) -> None:
    if given:
        refuse("InvalidParameter", "Route table IDs are only supported for Gateway type VPC Endpoint.")


def check_policy(offer: Offer, policy: str | None) -> None:
    if not policy:
        return
    try:
        fine = isinstance(json.loads(policy), dict)
    except ValueError:
        fine = False
    if not fine:
        refuse("InvalidPolicyDocument", "The policy document is not a valid JSON policy document.")
    if not offer.policy_supported:
        refuse("InvalidParameter", f"Service {offer.name} only supports the full-access endpoint policy.")


def check_address_type(asked: str | None) -> None:
    if asked not in (None, "ipv4"):  # what every service here supports
        refuse("InvalidParameter", f"The IP address type {asked} is not supported by the endpoint service.")


def check_addresses(backend: Backend, addresses: dict[str, str | None], subnet_ids: list[str]) -> None:
    """Fixed addresses, by subnet: of a subnet of the endpoint, inside it, and nobody's."""
    for subnet_id, address in addresses.items():
        if subnet_id not in subnet_ids:
            refuse("InvalidParameter", f"The subnet {subnet_id} of the subnet configuration is not in the subnet IDs")
        if address is None:
            continue
        if ipaddress.ip_address(address) not in ipaddress.ip_network(backend.get_subnet(subnet_id).cidr_block):
            refuse("InvalidParameterValue", "Address does not fall within the subnet's address range")
        if address in backend.addresses_in(subnet_id):
            refuse("InvalidIPAddress.InUse", f"Address {address} is in use.")


def by_zone(backend: Backend, subnet_ids: list[str]) -> dict[str, str]:
    return {backend.get_subnet(subnet).availability_zone_id: subnet for subnet in subnet_ids}


def check_subnets(backend: Backend, vpc: VPC, offer: Offer, subnet_ids: list[str], taken: dict[str, str]) -> None:
    for subnet_id in subnet_ids:
        subnet = _existing(backend, subnet_id)
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


def _existing(backend: Backend, subnet_id: str) -> Subnet:
    check_ids("subnet", [subnet_id])
    return backend.subnet(subnet_id) or refuse(
        "InvalidSubnetId.NotFound", f"The subnet ID '{subnet_id}' does not exist"
    )


def check_groups(backend: Backend, vpc: VPC, group_ids: list[str]) -> None:
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


def check_private_dns(backend: Backend, vpc: VPC, offer: Offer, zones: Iterable[str], *, accepted: bool) -> None:
    """`zones`: the names of private hosted zones that the VPC is associated with, each with its last dot."""

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
    held = [f"{endpoint.holds_name}." for endpoint in backend.interface_endpoints(vpc.id)]
    if f"{name}." in (*held, *zones):
        no(
            "private-dns-enabled cannot be set because there is already a conflicting DNS domain for"
            f" {name} in the VPC {vpc.id}"
        )
