"""moto's lookups by key: a region with thousands of things answers as fast as one with ten.

moto goes through everything there is for each tag, each subnet's free addresses and each VPC's parts. Here the parts
of a VPC or subnet are filed under its id, and moto's own filters choose among those few.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from moto.ec2.models import EC2Backend
from moto.ec2.models.amis import Ami
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.instances import Instance
from moto.ec2.models.route_tables import RouteTable
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.models.subnets import Subnet
from moto.ec2.utils import EC2_PREFIX_TO_RESOURCE, generic_filter, get_prefix

Part = TypeVar("Part")


class CountedSubnet(Subnet):
    """A subnet that counts the addresses of its own interfaces only."""

    @property
    def available_ip_address_count(self) -> int:
        interfaces = self.ec2_backend.interfaces_in(self.id)
        taken = sum(len(interface.private_ip_addresses) for interface in interfaces)
        return int(self._available_ip_addresses) - taken


class Lookups(EC2Backend):
    """The part of a backend that finds things."""

    def __init__(self, region: str, account: str) -> None:
        # before moto's own, which makes the default VPC
        self._subnets_of: defaultdict[str, dict[str, Subnet]] = defaultdict(dict)
        self._tables_of: defaultdict[str, dict[str, RouteTable]] = defaultdict(dict)
        self._interfaces_in: defaultdict[str, dict[str, NetworkInterface]] = defaultdict(dict)
        super().__init__(region, account)

    # -- filed when made, taken out when deleted

    def create_subnet(self, *arguments: Any, **named: Any) -> Subnet:
        made = super().create_subnet(*arguments, **named)
        # moto builds subnets of its own class
        made.__class__ = CountedSubnet  # type: ignore[type-abstract]  # as abstract as moto's own, which it instantiates
        self._subnets_of[made.vpc_id][made.id] = made
        return made

    def delete_subnet(self, subnet_id: str) -> Subnet:
        deleted = super().delete_subnet(subnet_id)
        del self._subnets_of[deleted.vpc_id][subnet_id]
        return deleted

    def create_route_table(self, *arguments: Any, **named: Any) -> RouteTable:
        made = super().create_route_table(*arguments, **named)
        self._tables_of[made.vpc_id][made.id] = made
        return made

    def delete_route_table(self, route_table_id: str) -> None:
        vpc_id = self.get_route_table(route_table_id).vpc_id
        super().delete_route_table(route_table_id)
        del self._tables_of[vpc_id][route_table_id]

    def create_network_interface(self, *arguments: Any, **named: Any) -> NetworkInterface:
        made = super().create_network_interface(*arguments, **named)
        self._interfaces_in[made.subnet.id][made.id] = made
        return made

    def delete_network_interface(self, eni_id: str) -> None:
        subnet_id = self.get_network_interface(eni_id).subnet.id
        super().delete_network_interface(eni_id)
        del self._interfaces_in[subnet_id][eni_id]

    # -- found by key

    def subnet(self, subnet_id: str) -> Subnet | None:
        return next((zone[subnet_id] for zone in self.subnets.values() if subnet_id in zone), None)

    def interfaces_in(self, subnet_id: str) -> Collection[NetworkInterface]:
        return self._interfaces_in.get(subnet_id, {}).values()

    def get_network_interface(self, eni_id: str) -> NetworkInterface:
        return self.enis.get(eni_id) or super().get_network_interface(eni_id)

    def get_security_group_from_id(self, group_id: str) -> SecurityGroup | None:
        return next((groups[group_id] for groups in self.groups.values() if group_id in groups), None)

    def get_instance(self, instance_id: str) -> Instance:
        instances = itertools.chain.from_iterable(one.instances for one in self.reservations.values())
        return next((one for one in instances if one.id == instance_id), None) or super().get_instance(instance_id)

    def describe_subnets(self, subnet_ids: list[str] | None = None, filters: Any = None) -> list[Subnet]:
        vpc_ids, others = _exact(filters, "vpc-id")
        if subnet_ids:
            return generic_filter(filters, [self.get_subnet(subnet_id) for subnet_id in dict.fromkeys(subnet_ids)])
        if not vpc_ids:
            return super().describe_subnets(None, filters)
        return generic_filter(others, _filed(self._subnets_of, vpc_ids))

    def describe_route_tables(self, route_table_ids: list[str] | None = None, filters: Any = None) -> list[RouteTable]:
        vpc_ids, others = _exact(filters, "vpc-id")
        subnet_ids, others = _exact(others, "association.subnet-id")
        if route_table_ids or not (vpc_ids or subnet_ids):
            return super().describe_route_tables(route_table_ids, filters)
        found = _filed(self._tables_of, vpc_ids or self._vpcs_of(subnet_ids))
        if subnet_ids:
            found = [table for table in found if not {*subnet_ids}.isdisjoint(table._associations.values())]
        return generic_filter(others, found)

    def _vpcs_of(self, subnet_ids: list[str]) -> list[str]:
        subnets = (self.subnet(subnet_id) for subnet_id in subnet_ids)
        return list(dict.fromkeys(subnet.vpc_id for subnet in subnets if subnet))

    def get_all_network_interfaces(
        self, eni_ids: list[str] | None = None, filters: Any = None
    ) -> list[NetworkInterface]:
        vpc_ids, others = _exact(filters, "vpc-id")
        if eni_ids or not vpc_ids:
            return super().get_all_network_interfaces(eni_ids, filters)
        subnet_ids = [subnet.id for subnet in _filed(self._subnets_of, vpc_ids)]
        return generic_filter(others, _filed(self._interfaces_in, subnet_ids))

    def describe_security_groups(
        self, group_ids: list[str] | None = None, groupnames: list[str] | None = None, filters: Any = None
    ) -> list[SecurityGroup]:
        vpc_ids, others = _exact(filters, "vpc-id")
        if group_ids or groupnames or not vpc_ids:
            return super().describe_security_groups(group_ids, groupnames, filters)
        return [group for group in _filed(self.groups, vpc_ids) if group.matches_filters(others)]

    def describe_tags(self, filters: dict[str, list[str]] | None = None) -> list[dict[str, str]]:
        ids, others = _exact(filters, "resource-id")
        if not ids or others:
            return [{**tag, "resource_type": _kind(tag["resource_type"])} for tag in super().describe_tags(filters)]
        return [tag for resource_id in ids for tag in self._tags_of(resource_id)]

    def _tags_of(self, resource_id: str) -> Iterator[dict[str, str]]:
        tags = self.tags.get(resource_id, {})
        kind = _kind(EC2_PREFIX_TO_RESOURCE.get(get_prefix(resource_id), "")) if tags else ""
        for key, value in tags.items():
            yield {"resource_id": resource_id, "key": key, "value": value, "resource_type": kind}

    def describe_images(
        self, ami_ids: list[str] | None = None, filters: Any = None, *arguments: Any, **named: Any
    ) -> list[Ami]:
        """moto asks for the image of every instance it starts, and has a thousand of them."""
        ids, others = _exact(filters, "image-id")
        if not ids or others or ami_ids or arguments or named:
            return super().describe_images(ami_ids, filters, *arguments, **named)
        return [self.amis[image_id] for image_id in ids if image_id in self.amis]


def _kind(motos: str) -> str:
    """A kind of resource as AWS calls it."""
    return "prefix-list" if motos == "managed-prefix-list" else motos


def _exact(filters: Any, name: str) -> tuple[list[str], dict[str, Any]]:
    """A filter's values, each once, and the other filters. None where it is not set, or where one is a pattern."""
    values = (filters or {}).get(name) or []
    values = [values] if isinstance(values, str) else values
    if not values or any(not isinstance(value, str) or set("*?[\\") & set(value) for value in values):
        return [], filters or {}
    return list(dict.fromkeys(values)), {other: filters[other] for other in filters if other != name}


def _filed(under: dict[str, dict[str, Part]], ids: list[str]) -> list[Part]:
    """What is filed under these ids, in order."""
    return list(itertools.chain.from_iterable(under.get(one, {}).values() for one in ids))
