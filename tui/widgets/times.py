"""Moments as people at this machine read them."""

from datetime import datetime


def local(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S}"


def zone(at: datetime) -> str:
    """The zone's short name, or its offset where it has none."""
    return at.astimezone().tzname() or f"{at.astimezone():%z}"


def moment(at: datetime) -> str:
    """Date, time and zone."""
    return f"{at.astimezone():%Y-%m-%d} {local(at)} {zone(at)}"
