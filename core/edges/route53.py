"""Route 53, as far as it tells: few have the right to read it, and not every network leads to it."""

from collections.abc import Mapping
from typing import Any, Final

from core.edges.aws_errors import Doing
from core.edges.aws_session import AwsDoor
from core.facts import PrivateZone
from core.problems import NotSignedIn, Problem
from core.text import clean
from core.values import Region, VpcId

_MOST_PAGES: Final = 20  # of 100 zones each


async def private_zones(door: AwsDoor, region: Region, vpc: VpcId) -> tuple[PrivateZone, ...] | None:
    """The zones associated with a VPC, of whichever account or AWS service; None when they are not to be had."""
    doing = Doing("route53:ListHostedZonesByVPC", region)
    try:
        return await door.route53(doing, lambda route53: _zones(route53, region, vpc))
    except NotSignedIn:
        raise
    except Problem:
        return None


def _zones(route53: Any, region: Region, vpc: VpcId) -> tuple[PrivateZone, ...]:
    found: list[PrivateZone] = []
    more: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        answer = route53.list_hosted_zones_by_vpc(VPCId=vpc, VPCRegion=region, **more)
        found.extend(map(_zone, answer["HostedZoneSummaries"]))
        if not (token := answer.get("NextToken")):
            break
        more = {"NextToken": token}
    return tuple(found)


def _zone(told: Mapping[str, Any]) -> PrivateZone:
    owner = told.get("Owner", {})
    name = clean(told.get("Name", ""), 255).rstrip(".")
    whose = owner.get("OwningAccount") or owner.get("OwningService") or ""
    return PrivateZone(clean(told.get("HostedZoneId", ""), 40), name, clean(whose, 100))
