"""What an undo takes away and what it puts back: to an undo what a plan is to a link."""

from dataclasses import dataclass
from typing import Literal

from core.facts import AllowedAddress, Identity, SecurityGroup, Service, ServiceEndpoint, VpcEndpoint
from core.values import AccountId, EndpointId, EndpointServiceName, GroupId, Region, RunId, ServiceId, VpcId

WayBack = Literal["public", "accounts", "nothing"]
"""What is put back at SkySQL: the mechanism with its IP allowlist, the allowed accounts, or nothing."""


@dataclass(frozen=True, slots=True)
class Undo:
    """Everything an undo has to know, found out before its first change: some of it cannot be found out after."""

    service: ServiceId
    service_name: str
    account: AccountId
    region: Region
    vpc: VpcId | None  # None: every VPC of the region
    runs: tuple[RunId, ...]  # that it takes back, oldest first; none when there is no journal of them here
    back: WayBack
    former: tuple[ServiceEndpoint, ...] = ()  # SkySQL's endpoints before the first of the runs; none: not known
    accounts: tuple[AccountId, ...] = ()  # that the last of the runs allowed
    endpoints: tuple[EndpointId, ...] = ()  # ours, with tags or without
    groups: tuple[GroupId, ...] = ()
    used: tuple[GroupId, ...] = ()  # existing groups that the plans chose: never ours
    endpoint_service: EndpointServiceName | None = None
    vpc_dns: tuple[str, ...] = ()  # DNS attributes of the VPC that were switched on
    allow: tuple[AllowedAddress, ...] = ()  # given for a list that is not known

    @property
    def allow_list(self) -> tuple[AllowedAddress, ...] | None:
        """The IP allowlist to be put back; None when nobody knows it."""
        listed = tuple(address for endpoint in self.former for address in endpoint.allow_list)
        return listed or self.allow or (() if self.former else None)


@dataclass(frozen=True, slots=True)
class Remains:
    """Both sides before an undo."""

    service: Service | None  # None: it does not exist any more
    identity: Identity
    endpoints: tuple[VpcEndpoint, ...]  # of the region: ours, and others' to the service
    groups: tuple[SecurityGroup, ...]  # of the region, ours
    allow_list: tuple[AllowedAddress, ...]  # now
