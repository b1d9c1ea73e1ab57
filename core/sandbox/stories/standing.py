"""Links of `orders-prod` that stand, made by this program from another machine, and what has become of them since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from core.sandbox.environment import CONSUMER, ORDERS, PAYMENTS
from core.sandbox.fate import Fate
from core.sandbox.stories.story import Story

if TYPE_CHECKING:
    from core.sandbox.aws.backend import Backend
    from core.sandbox.aws.endpoint import InterfaceEndpoint
    from core.sandbox.skysql.service import Service
    from core.sandbox.world import World

_NAME: Final = "orders-prod-privatelink"
_CLIENTS: Final = "10.20.0.0/16"
_RUN: Final = "20260301-090000-0a1b"


@dataclass(frozen=True)
class Link:
    """A link that stands, as the sandbox keeps it."""

    world: World
    service: Service
    backend: Backend
    endpoint: InterfaceEndpoint
    group_id: str

    def subnets(self) -> list[Any]:
        return [self.backend.get_subnet(subnet) for subnet in self.endpoint.subnets]

    def admit(self, port: int) -> None:
        from core.sandbox.seed import rule  # brings moto, which is loaded by now

        self.backend.authorize([rule(self.group_id, port, ip_ranges=[{"CidrIp": _CLIENTS}])])


def _linked(world: World) -> Link:
    from core.sandbox.seed import link  # as above

    service = world.provider.service(ORDERS)
    backend = world.cloud.backend(CONSUMER, service.region)
    (vpc,) = backend.describe_vpcs(filters={"tag:Name": ["prod-core"]})
    ours = {"skysql:service-id": ORDERS, "skysql:run-id": _RUN, "managed-by": "skysql-privatelink"}
    description = "Clients of orders-prod over PrivateLink"
    group = backend.create_security_group(_NAME, description, vpc.id, {**ours, "Name": _NAME})
    endpoint = link(world, service, "prod-core", group_id=group.id, tags={**ours, "Name": service.name})
    service.allow_list = []  # as the switch leaves it
    return Link(world, service, backend, endpoint, group.id)


def _since(*happened: Callable[[Link], None]) -> Fate:
    """A link that admits the VPC to the readwrite port, and what happened to it."""

    def arrange(world: World) -> None:
        link = _linked(world)
        link.admit(3306)
        for each in happened:
            each(link)

    return Fate(arrange=arrange)


def _rejected(link: Link) -> None:
    link.world.cloud.reject(link.endpoint)


def _account_removed(link: Link) -> None:
    """Of what stands AWS cuts nothing."""
    link.service.accounts = [PAYMENTS]
    assert link.service.endpoint_service is not None  # noqa: S101  it is linked
    link.world.cloud.admit(link.service.endpoint_service, [PAYMENTS])


def _also_payments(link: Link) -> None:
    link.service.accounts = [CONSUMER, PAYMENTS]
    assert link.service.endpoint_service is not None  # noqa: S101  it is linked
    link.world.cloud.publish(link.service.endpoint_service, link.service.accounts)


def _public_again(link: Link) -> None:
    link.service.mechanism, link.service.accounts, link.service.read_back = "nlb", [], "privateconnect"
    link.world.provider.retire(link.service)


def _endpoint_deleted(link: Link) -> None:
    link.endpoint.release()
    del link.backend.vpc_end_points[link.endpoint.id]


def _name_switched_off(link: Link) -> None:
    link.endpoint.private_dns_enabled = False


def _nobody_admitted(link: Link) -> None:
    link.backend.existing_group(link.group_id).ingress_rules = []


def _another_port(link: Link) -> None:
    _nobody_admitted(link)
    link.admit(5432)


def _databases_denied(link: Link) -> None:
    from core.sandbox.seed import deny_databases  # as above

    deny_databases(link.backend, link.subnets())


def _way_lost(link: Link) -> None:
    """Routes through an appliance between the subnets, which somebody has deleted."""
    places = link.subnets()
    appliance = link.backend.create_network_interface(places[0].id, "10.20.16.250", description="firewall")
    tables = link.backend.describe_route_tables(filters={"vpc-id": [link.endpoint.vpc_id]})
    for table in tables:
        for place in places:
            link.backend.create_route(table.id, place.cidr_block, interface_id=appliance.id)
    link.backend.delete_network_interface(appliance.id)


def _group_borrowed(link: Link) -> None:
    """An instance wears the link's security group beside its own."""
    (instance,) = link.backend.describe_instances(filters={"tag:Name": ["batch"]})[0].instances
    (interface,) = instance.nics.values()
    worn = [group.id for group in interface.group_set]
    link.backend.modify_network_interface_attribute(interface.id, [*worn, link.group_id])


STORIES: Final = (
    Story("linked", "A link stands, made by this program on another machine.", _since()),
    Story(
        "two-accounts", "A link stands, and a second account may connect to the service too.", _since(_also_payments)
    ),
    Story(
        "public-again",
        "A link stood; somebody switched the service back: its IP allowlist is empty.",
        _since(_public_again),
    ),
    Story("account-removed", "A link stands; its account was taken off the service's list.", _since(_account_removed)),
    Story("rejected", "A link stood; SkySQL has rejected its connection.", _since(_rejected)),
    Story("endpoint-gone", "A link stood; somebody has deleted its endpoint.", _since(_endpoint_deleted)),
    Story("dns-off", "A link stands; somebody has switched its private DNS off.", _since(_name_switched_off)),
    Story("no-rules", "A link stands; its security group admits nobody.", _since(_nobody_admitted)),
    Story("wrong-port", "A link stands; its security group admits clients on 5432 alone.", _since(_another_port)),
    Story("acl-denies", "A link stands; a network ACL keeps databases out of its subnets.", _since(_databases_denied)),
    Story("no-route", "A link stands; routes between its subnets lead to what is gone.", _since(_way_lost)),
    Story("group-held", "A link stands; an instance carries its security group as well.", _since(_group_borrowed)),
)
