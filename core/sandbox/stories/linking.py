"""What befalls a run that links `orders-prod`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from core.sandbox.clock import Delays
from core.sandbox.environment import CONSUMER, HOME_REGION, ORDERS
from core.sandbox.fate import Fate
from core.sandbox.stories.story import Story, arranged, faults

if TYPE_CHECKING:
    from core.sandbox.aws.endpoint import InterfaceEndpoint
    from core.sandbox.world import World

_ENDPOINTS_PER_VPC: Final = 50
_STILL_DELETING: Final = 300  # seconds


def _one_zone(world: World) -> None:
    world.provider.service(ORDERS).zone_ids = ("use2-az1",)


def _no_zone(world: World) -> None:
    """SkySQL runs it in a zone that this account has not."""
    world.provider.service(ORDERS).zone_ids = ("use2-az9",)


def _unnamed(world: World) -> None:
    world.provider.service(ORDERS).named_in_dns = False


def _no_room_for_endpoints(world: World) -> None:
    """Endpoints to one of AWS's own services, as many as a VPC takes."""
    from core.sandbox.seed import connect  # brings moto, which is loaded by now

    backend = world.cloud.backend(CONSUMER, HOME_REGION)
    (subnet,) = backend.describe_subnets(filters={"tag:Name": ["prod-private-c"]})
    offer = world.cloud.market.offer(CONSUMER, HOME_REGION, f"com.amazonaws.{HOME_REGION}.logs")
    group = backend.get_default_security_group(subnet.vpc_id)
    assert group is not None  # noqa: S101  every VPC has one
    for number in range(_ENDPOINTS_PER_VPC):
        connect(backend, offer, [subnet], group.id, world.cloud.clock, tags={"Name": f"logs-{number + 1}"})


def _no_room_for_groups(world: World) -> None:
    backend = world.cloud.backend(CONSUMER, HOME_REGION)
    backend.group_quota = sum(len(groups) for groups in backend.groups.values())


def _full_subnet(world: World) -> None:
    """The last address of a small one is taken."""
    backend = world.cloud.backend(CONSUMER, HOME_REGION)
    (subnet,) = backend.describe_subnets(filters={"tag:Name": ["prod-edge-a"]})
    taken = backend.addresses_in(subnet.id)
    for address in (f"10.20.3.{number}" for number in range(4, 15)):
        if address not in taken:
            backend.create_network_interface(subnet.id, address, description="edge appliance")


def _old_link(world: World) -> None:
    """A link from before the service was public again: its endpoint is rejected, and still holds the name."""
    _former_link(world)


def _leaving_link(world: World) -> None:
    """The same, and somebody is deleting that endpoint, which takes its time."""
    _former_link(world).line = world.cloud.clock.line("deleting", (_STILL_DELETING, "gone"))


def _former_link(world: World) -> InterfaceEndpoint:
    from core.sandbox.seed import link  # as above

    service = world.provider.service(ORDERS)
    former = service.mechanism, service.accounts
    endpoint = link(world, service, "prod-core")
    world.provider.retire(service)
    service.mechanism, service.accounts = former
    return endpoint


def _huge(world: World) -> None:
    from core.sandbox.huge import arrange  # no other story needs it

    arrange(world)


_SLOW: Final = replace(Delays(), switch=60, sight=20, creation=20, verification=90, pending=30, modify=15)

STORIES: Final = (
    Story("plain", "Everything works, after the usual delays."),
    Story("slow", "Everything works, and each side takes several times as long.", Fate(delays=_SLOW)),
    Story(
        "busy",
        "Another change to the service is in flight; SkySQL says so in both its ways.",
        faults("skysql:PATCH /endpoints=400-pending*2", "skysql:PATCH /endpoints=409*2"),
    ),
    Story("switch-fails", "SkySQL's switch does not work: the service becomes failed.", Fate(switch_ends=("failed",))),
    Story(
        "key-revoked",
        "SkySQL does not take the key any more, once, after the switch.",
        faults(f"skysql:GET /services/{ORDERS}=401*1@4"),
    ),
    Story(
        "expired-login",
        "The AWS login ends just before the endpoint is made; signing in again helps.",
        faults("ec2:CreateVpcEndpoint=RequestExpired*1"),
    ),
    Story(
        "no-rights",
        "A policy denies the signed-in user to create endpoints.",
        Fate(forbidden=("ec2:CreateVpcEndpoint",)),
    ),
    Story("az-mismatch", "SkySQL runs the service in one of your zones only.", arranged(_one_zone)),
    Story("no-common-zone", "SkySQL runs the service in none of your zones.", arranged(_no_zone)),
    Story("subnet-full", "The subnet prod-edge-a has no free address.", arranged(_full_subnet)),
    Story("groups-full", "The region has as many security groups as its quota allows.", arranged(_no_room_for_groups)),
    Story("endpoints-full", "The VPC has as many endpoints as its quota allows.", arranged(_no_room_for_endpoints)),
    Story(
        "not-admitted",
        "AWS never shows the endpoint service to the account.",
        Fate(delays=replace(Delays(), sight=math.inf)),
    ),
    Story("acceptance", "SkySQL accepts connections by hand, some time later.", Fate(accepted_after=20)),
    Story("never-accepted", "SkySQL never accepts the connection.", Fate(accepted_after=math.inf)),
    Story(
        "expires",
        "Nobody at SkySQL accepts the first connection, and it expires.",
        Fate(accepted_after=math.inf, endpoint_ends=("expired",)),
    ),
    Story("refused", "SkySQL refuses the first connection, and the next one not.", Fate(endpoint_ends=("rejected",))),
    Story("endpoint-fails", "AWS cannot set up the first endpoint, and says why.", Fate(endpoint_ends=("failed",))),
    Story("partial", "AWS sets the first endpoint up in part only.", Fate(endpoint_ends=("partial",))),
    Story("odd-state", "AWS says of the first endpoint what nobody has heard yet.", Fate(endpoint_ends=("migrating",))),
    Story("dns-unverified", "AWS never verifies the private DNS name.", Fate(verification="pendingVerification")),
    Story("dns-failed", "AWS cannot verify the private DNS name.", Fate(verification="failed")),
    Story("dns-unnamed", "SkySQL gives the endpoint service no private DNS name.", arranged(_unnamed)),
    Story("dns-conflict", "An old endpoint in the VPC still holds the private DNS name.", arranged(_old_link)),
    Story(
        "dns-deleting",
        "An old endpoint that holds the name is being deleted, for five minutes.",
        arranged(_leaving_link),
    ),
    Story(
        "dns-hangs",
        "The right to associate a hosted zone, without which private DNS hangs, is missing.",
        Fate(forbidden=("route53:AssociateVPCWithHostedZone",)),
    ),
    Story(
        "throttled",
        "AWS's request buckets are in force, and somebody else empties them.",
        faults(
            "ec2:Describe*=RequestLimitExceeded*6@8", "ec2:CreateVpcEndpoint=RequestLimitExceeded*4", rate_limits=True
        ),
    ),
    Story(
        "lost-answers",
        "The first try of every change takes effect, and its answer is lost.",
        faults(
            "ec2:CreateSecurityGroup=reset-after*1",
            "ec2:AuthorizeSecurityGroupIngress=reset-after*1",
            "skysql:PATCH /endpoints=reset-after*1",
            "ec2:CreateVpcEndpoint=reset-after*1",
            "ec2:ModifyVpcEndpoint=reset-after*1",
        ),
    ),
    Story(
        "flaky",
        "Throttling, cut connections, faults of both sides, a proxy's pages, now and then.",
        faults(
            "ec2:Describe*=RequestLimitExceeded*2@9",
            "ec2:Describe*=503*1@15",
            "ec2:Describe*=reset*1@20",
            "ec2:CreateSecurityGroup=InternalError*1",
            "ec2:CreateVpcEndpoint=garbled*1",
            "skysql:PATCH /endpoints=503*1",
            "skysql:GET *=html*1@2",
            "skysql:GET *=429:1*1@4",
            "skysql:GET *=reset*1@6",
            "skysql:GET *=sign-in-page*1@8",
        ),
    ),
    Story("huge", "300 VPCs, 6,000 subnets, 3,000 security groups and 1,000 services.", arranged(_huge)),
)
