"""Regions and availability zones, seen with the eyes of one account.

A zone has one id everywhere and a name that differs from account to account. moto has one table of names for all;
here each account gets its own, so that code which matches zones by name fails here as it would in life.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from moto.ec2.models.availability_zones_and_regions import Region, RegionsAndZonesBackend, Zone

from core.sandbox.aws.filters import lets_through
from core.sandbox.aws.refusal import refuse
from core.sandbox.environment import CONSUMER, PAYMENTS


class NamedZone(Zone):
    """A zone under the name that one account knows it by."""

    opt_in_status = "opt-in-not-required"

    @property
    def zone_name(self) -> str:
        return self.name

    @property
    def group_name(self) -> str:
        return f"{self.region_name}-zg-1"

    @property
    def network_border_group(self) -> str:
        return self.region_name

    @property
    def filter_values(self) -> dict[str, str]:
        """By DescribeAvailabilityZones' filters. No zone here has a parent or a message."""
        return {
            "group-name": self.group_name,
            "opt-in-status": self.opt_in_status,
            "region-name": self.region_name,
            "state": self.state,
            "zone-id": self.zone_id,
            "zone-name": self.name,
            "zone-type": self.zone_type,
        }


def known_region(name: str) -> Region | None:
    return next((region for region in RegionsAndZonesBackend.regions if region.name == name), None)


def region_values(region: Region) -> dict[str, str]:
    """By DescribeRegions' filters."""
    return {"endpoint": region.endpoint, "opt-in-status": region.opt_in_status, "region-name": region.name}


def enabled(name: str) -> bool:
    region = known_region(name)
    return region is not None and region.opt_in_status != "not-opted-in"


@cache
def zone_ids(region: str) -> tuple[str, ...]:
    return tuple(sorted(zone.zone_id for zone in RegionsAndZonesBackend.zones.get(region, [])))


def motos_name(region: str, zone_id: str) -> str:
    """The one name moto has for a zone."""
    return next(zone.name for zone in RegionsAndZonesBackend.zones[region] if zone.zone_id == zone_id)


@cache
def zones(account: str, region: str) -> tuple[NamedZone, ...]:
    """The zones of a region in the order of their names in this account."""
    ids = zone_ids(region)
    if not ids:
        return ()
    turn = _turn(account, region) % len(ids)
    return tuple(
        NamedZone(name=f"{region}{chr(ord('a') + place)}", region_name=region, zone_id=zone_id)
        for place, zone_id in enumerate(ids[turn:] + ids[:turn])
    )


def _turn(account: str, region: str) -> int:
    # the names of the accounts one signs in to agree neither with the order of the ids nor with each other: that
    # would hide a mistake
    known = {CONSUMER: 1, PAYMENTS: 2}
    return known[account] if account in known else hashlib.sha256(f"{account} {region}".encode()).digest()[0]


def described(account: str, region: str, wanted: dict[str, Any], names: list[str], ids: list[str]) -> list[Zone]:
    """DescribeAvailabilityZones' choice among the zones of a region."""
    found = zones(account, region)
    for name in names:
        if name not in {zone.name for zone in found}:
            refuse("InvalidParameterValue", f"Invalid availability zone: [{name}]")
    for zone_id in ids:
        if zone_id not in {zone.zone_id for zone in found}:
            refuse("InvalidParameterValue", f"Invalid availability zone-id: [{zone_id}]")
    chosen = [zone for zone in found if (not names or zone.name in names) and (not ids or zone.zone_id in ids)]
    return [zone for zone in chosen if lets_through(wanted, zone.filter_values)]
