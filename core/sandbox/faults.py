"""What befalls single calls: `ec2:CreateVpcEndpoint=RequestLimitExceeded*3`, `skysql:PATCH /endpoints=reset*1`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with some calls."""

    call: str  # ec2:CreateVpcEndpoint, sts:*, skysql:PATCH /endpoints
    outcome: str
    times: int | None = None  # None: every time
    first: int = 1  # which of the matching calls it begins with
