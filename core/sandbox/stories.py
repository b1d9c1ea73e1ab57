"""The fates worth practising, by name. A story is one row: what happens, and the data that makes it happen.

`tests/sandbox/test_stories.py` walks each one through `apply`, to its exit code, its words and, where there is one, its
way out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from core.sandbox.clock import Delays
from core.sandbox.environment import ORDERS
from core.sandbox.fate import Fate
from core.sandbox.faults import parse_fault

if TYPE_CHECKING:
    from core.sandbox.world import World


@dataclass(frozen=True)
class Story:
    """A named fate. `line` is what `sandbox stories` says of it."""

    name: str
    line: str
    fate: Fate = field(default_factory=Fate)


def _faults(*texts: str, **more: Any) -> Fate:
    return Fate(faults=tuple(parse_fault(text) for text in texts), **more)


def _one_zone(world: World) -> None:
    world.provider.service(ORDERS).zone_ids = ("use2-az1",)


def _no_zone(world: World) -> None:
    """SkySQL runs it in a zone that this account has not."""
    world.provider.service(ORDERS).zone_ids = ("use2-az9",)


def _old_link(world: World) -> None:
    """A link from before the service was public again: its endpoint is rejected, and still holds the name."""
    from core.sandbox.seed import link  # brings moto, which is loaded by now

    service = world.provider.service(ORDERS)
    former = service.mechanism, service.accounts
    link(world, service, "prod-core")
    world.provider.retire(service)
    service.mechanism, service.accounts = former


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
        _faults("skysql:PATCH /endpoints=400-pending*2", "skysql:PATCH /endpoints=409*2"),
    ),
    Story("switch-fails", "SkySQL's switch does not work: the service becomes failed.", Fate(switch_ends=("failed",))),
    Story(
        "key-revoked",
        "SkySQL does not take the key any more, once, after the switch.",
        _faults(f"skysql:GET /services/{ORDERS}=401*1@4"),
    ),
    Story(
        "expired-login",
        "The AWS login ends just before the endpoint is made; signing in again helps.",
        _faults("ec2:CreateVpcEndpoint=RequestExpired*1"),
    ),
    Story(
        "no-rights",
        "A policy denies the signed-in user to create endpoints.",
        Fate(forbidden=("ec2:CreateVpcEndpoint",)),
    ),
    Story("az-mismatch", "SkySQL runs the service in one of your zones only.", Fate(arrange=_one_zone)),
    Story("no-common-zone", "SkySQL runs the service in none of your zones.", Fate(arrange=_no_zone)),
    Story("acceptance", "SkySQL accepts connections by hand, some time later.", Fate(accepted_after=20)),
    Story("never-accepted", "SkySQL never accepts the connection.", Fate(accepted_after=math.inf)),
    Story("refused", "SkySQL refuses the first connection, and the next one not.", Fate(endpoint_ends=("rejected",))),
    Story("endpoint-fails", "AWS cannot set up the first endpoint, and says why.", Fate(endpoint_ends=("failed",))),
    Story("dns-unverified", "AWS never verifies the private DNS name.", Fate(verification="pendingVerification")),
    Story("dns-failed", "AWS cannot verify the private DNS name.", Fate(verification="failed")),
    Story("dns-conflict", "An old endpoint in the VPC still holds the private DNS name.", Fate(arrange=_old_link)),
    Story(
        "dns-hangs",
        "The right to associate a hosted zone, without which private DNS hangs, is missing.",
        Fate(forbidden=("route53:AssociateVPCWithHostedZone",)),
    ),
    Story(
        "throttled",
        "AWS's request buckets are in force, and somebody else empties them.",
        _faults(
            "ec2:Describe*=RequestLimitExceeded*6@8", "ec2:CreateVpcEndpoint=RequestLimitExceeded*4", rate_limits=True
        ),
    ),
    Story(
        "lost-answers",
        "The first try of every change takes effect, and its answer is lost.",
        _faults(
            "ec2:CreateSecurityGroup=reset-after*1",
            "ec2:AuthorizeSecurityGroupIngress=reset-after*1",
            "skysql:PATCH /endpoints=reset-after*1",
            "ec2:CreateVpcEndpoint=reset-after*1",
            "ec2:ModifyVpcEndpoint=reset-after*1",
        ),
    ),
    Story(
        "flaky",
        "Throttling, cut connections, faults of both sides and a proxy's pages, now and then.",
        _faults(
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
    Story("huge", "300 VPCs, 6,000 subnets, 3,000 security groups and 1,000 services.", Fate(arrange=_huge)),
)
BY_NAME: Final = {story.name: story for story in STORIES}
