"""What an undo takes away and what it puts back: to an undo what a plan is to a link."""

import ipaddress
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from core.facts import AllowedAddress, GroupUse, Identity, SecurityGroup, Service, ServiceEndpoint, VpcEndpoint
from core.standing import is_ours
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
    uses: tuple[tuple[GroupId, GroupUse], ...] = ()  # what wears and names them


def is_taken_away(made: SecurityGroup | VpcEndpoint, undo: Undo) -> bool:
    """Whether it is this program's, by tag or by journal, and where the undo works."""
    if undo.vpc not in (None, made.vpc) or made.id in undo.used:
        return False
    return is_ours(made, undo.service) or made.id in (*undo.endpoints, *undo.groups)


def accounts_back(now: Collection[AccountId], undo: Undo) -> tuple[AccountId, ...]:
    """The accounts as they were. One that is there now and that no run allowed came from somebody else: it stays."""
    former = tuple(dict.fromkeys(account for endpoint in undo.former for account in endpoint.accounts))
    if not undo.accounts:
        return former
    return (*former, *(account for account in now if account not in former and account not in undo.accounts))


def covers(now: Iterable[AllowedAddress], wanted: Iterable[AllowedAddress]) -> bool:
    """Whether an IP allowlist holds all that is wanted, in whatever words: `203.0.113.7` is `203.0.113.7/32`."""
    return {_address(entry) for entry in wanted} <= {_address(entry) for entry in now}


def with_former(now: Iterable[AllowedAddress], former: Sequence[AllowedAddress]) -> tuple[AllowedAddress, ...]:
    """The former list, and behind it what somebody has added since."""
    entries = {_address(entry): entry for entry in now} | {_address(entry): entry for entry in former}
    first = [_address(entry) for entry in former]
    return tuple(entries[each] for each in dict.fromkeys([*first, *entries]))


def _address(entry: AllowedAddress) -> str:
    try:
        return str(ipaddress.ip_network(entry.ip, strict=False))
    except ValueError:
        return entry.ip
