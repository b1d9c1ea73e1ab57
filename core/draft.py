"""Answers so far. Frozen: a page makes a new one. Changing an earlier answer clears what hung on it.

Text a person typed is kept as typed, right or wrong, so that Back and forth loses nothing; `Draft.plan` is where it
has to be right.
"""

from dataclasses import dataclass

from core.values import AccountId, GroupId, Region, ServiceId, Source, SubnetId, VpcId, ZoneId


@dataclass(frozen=True, slots=True)
class GroupDraft:
    """The security group page."""

    existing: bool = False
    ids: tuple[GroupId, ...] = ()  # when existing
    name: str = ""  # empty: not answered, propose one
    description: str = ""
    ports: tuple[str, ...] = ("readwrite",)
    sources: tuple[Source, ...] = ()
    typed: str = ""  # a source typed and not added yet
    anywhere_agreed: bool = False  # the second yes to 0.0.0.0/0


@dataclass(frozen=True, slots=True)
class EndpointDraft:
    """The endpoint page."""

    name: str = ""  # empty: not answered, propose the service's name
    tags: str = ""  # as typed: key=value, key=value
    private_dns: bool = True
    enable_vpc_dns: bool = False


@dataclass(frozen=True, slots=True)
class Draft:
    service: ServiceId | None = None
    service_name: str = ""
    region: Region | None = None  # the service's
    accounts: tuple[AccountId, ...] | None = None  # None: not answered, propose
    accounts_typed: str = ""  # typed or pasted and not added yet
    vpc: VpcId | None = None
    subnets: tuple[tuple[ZoneId, SubnetId | None], ...] | None = None  # by zone; None inside: this zone left out
    group: GroupDraft = GroupDraft()
    endpoint: EndpointDraft = EndpointDraft()
