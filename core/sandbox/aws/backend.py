"""The resources of one account in one region: moto's EC2 backend with AWS's refusals in front of its methods."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.availability_zones_and_regions import Zone
from moto.ec2.models.elastic_network_interfaces import NetworkInterface
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPC

from core.sandbox.aws import zones
from core.sandbox.aws.acls import Acls
from core.sandbox.aws.endpoint import InterfaceEndpoint
from core.sandbox.aws.groups import Groups
from core.sandbox.aws.id_shapes import check_ids
from core.sandbox.aws.ids import own_ids
from core.sandbox.aws.lookups import Lookups
from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.routes import Routes

_UNTOLD = ("enable_dns64", "map_customer_owned_ip_on_launch")  # of a subnet, by moto
_LONGEST_KEY, _LONGEST_VALUE = 127, 256


class SharedVpc(VPC):
    """A VPC that another account shares with this one."""

    owner: str

    @property
    def owner_id(self) -> str:
        return self.owner


class Interface(NetworkInterface):
    """A network interface that tells its zone's id, as they do by now."""

    @property
    def availability_zone_id(self) -> str:
        zone_id: str = self.subnet.availability_zone_id
        return zone_id


class Backend(Acls, Groups, Lookups, Routes):
    """One account's EC2 in one region."""

    def __init__(self, region: str, account: str, seed: int = 0) -> None:
        with own_ids(f"{seed} {account} {region}"):  # whichever region is looked at first
            super().__init__(region, account)
        self.tokens: dict[str, tuple[str, InterfaceEndpoint]] = {}

    def share(self, vpc_id: str, owner: str) -> None:
        """Make a VPC one that `owner` shares with this account."""
        vpc = self.get_vpc(vpc_id)
        # moto builds VPCs of its own class and asks them for the owner
        vpc.__class__ = SharedVpc  # type: ignore[type-abstract]  # as abstract as moto's own, which it instantiates
        assert isinstance(vpc, SharedVpc)  # noqa: S101  for the type checker
        vpc.owner = owner

    def interface_endpoints(self, vpc_id: str | None = None) -> list[InterfaceEndpoint]:
        return [
            endpoint
            for endpoint in self.vpc_end_points.values()
            if isinstance(endpoint, InterfaceEndpoint) and vpc_id in (None, endpoint.vpc_id)
        ]

    def addresses_in(self, subnet_id: str) -> set[str]:
        """The private addresses that interfaces have in a subnet."""
        return {
            address["PrivateIpAddress"]
            for interface in self.interfaces_in(subnet_id)
            for address in interface.private_ip_addresses
        }

    def sweep(self) -> None:
        """Do what time has done: deleted endpoints lose their interfaces, then disappear."""
        for endpoint in self.interface_endpoints():
            if endpoint.state in ("deleted", "gone"):
                endpoint.release()
            if endpoint.state == "gone":
                del self.vpc_end_points[endpoint.id]
                self.tags.pop(endpoint.id, None)
                self.tokens = {token: made for token, made in self.tokens.items() if made[1] is not endpoint}

    def zone_named(self, name: str | None, zone_id: str | None = None) -> Zone:
        mine = zones.zones(self.account_id, self.region_name)
        found = next((zone for zone in mine if name == zone.name or zone_id == zone.zone_id), None)
        names = ", ".join(zone.name for zone in mine)
        return found or refuse(
            "InvalidParameterValue",
            f"Value ({name or zone_id}) for parameter availabilityZone is invalid."
            f" Subnets can currently only be created in the following availability zones: {names}.",
        )

    # -- what moto lets through

    def describe_availability_zones(
        self,
        filters: Any = None,
        zone_names: list[str] | None = None,
        zone_ids: list[str] | None = None,
    ) -> list[Zone]:
        return zones.described(self.account_id, self.region_name, filters or {}, zone_names or [], zone_ids or [])

    def create_subnet(  # noqa: PLR0917  moto's signature
        self,
        vpc_id: str,
        cidr_block: str,
        ipv6_cidr_block: str | None = None,
        availability_zone: str | None = None,
        availability_zone_id: str | None = None,
        ipv6_native: bool = False,
        tags: dict[str, dict[str, str]] | None = None,
    ) -> Subnet:
        first = zones.zones(self.account_id, self.region_name)[0].name
        zone = self.zone_named(availability_zone or (None if availability_zone_id else first), availability_zone_id)
        subnet = super().create_subnet(
            vpc_id,
            cidr_block,
            ipv6_cidr_block,
            zones.motos_name(self.region_name, zone.zone_id),  # moto files subnets under its own name
            ipv6_native=ipv6_native,
            tags=tags,
        )
        subnet._availability_zone = zone
        for told in _UNTOLD:
            setattr(subnet, told, False)
        return subnet

    def create_network_interface(self, *arguments: Any, **named: Any) -> NetworkInterface:
        made = super().create_network_interface(*arguments, **named)
        made.__class__ = Interface  # type: ignore[type-abstract]  # as above
        return made

    def get_vpc(self, vpc_id: str) -> VPC:
        check_ids("vpc", [vpc_id])
        return self.vpcs.get(vpc_id) or refuse("InvalidVpcID.NotFound", f"The vpc ID '{vpc_id}' does not exist")

    def describe_vpcs(self, vpc_ids: list[str] | None = None, filters: Any = None) -> list[VPC]:
        for vpc_id in vpc_ids or []:
            self.get_vpc(vpc_id)
        return super().describe_vpcs(vpc_ids, filters)

    def delete_subnet(self, subnet_id: str) -> Subnet:
        if self.interfaces_in(subnet_id):
            refuse("DependencyViolation", f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
        return super().delete_subnet(subnet_id)

    def delete_vpc(self, vpc_id: str) -> VPC:
        own = [group for group in self.groups[vpc_id].values() if not group.is_default]
        if own or self.interface_endpoints(vpc_id):
            refuse("DependencyViolation", f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
        defaults, self.groups[vpc_id] = self.groups[vpc_id], {}  # only AWS itself deletes a default group
        try:
            return super().delete_vpc(vpc_id)
        except EC2ClientError:
            self.groups[vpc_id] = defaults
            raise

    def get_endpoint(self, endpoint_id: str) -> Any:
        check_ids("vpce", [endpoint_id])
        return self.vpc_end_points.get(endpoint_id) or refuse(
            "InvalidVpcEndpointId.NotFound", f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
        )

    def do_resources_exist(self, resource_ids: list[str]) -> bool:
        for resource_id in resource_ids:
            if resource_id.startswith("vpce-"):
                self.get_endpoint(resource_id)
        return super().do_resources_exist([one for one in resource_ids if not one.startswith("vpce-")])

    def create_tags(self, resource_ids: list[str], tags: dict[str, str]) -> bool:
        for key, value in tags.items():
            if key.lower().startswith("aws:"):
                refuse("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
            if not key or len(key) > _LONGEST_KEY:
                refuse("InvalidParameterValue", f"Tag key exceeds the maximum length of {_LONGEST_KEY} characters")
            if value and len(value) > _LONGEST_VALUE:
                refuse("InvalidParameterValue", f"Tag value exceeds the maximum length of {_LONGEST_VALUE} characters")
        return super().create_tags(resource_ids, tags)
