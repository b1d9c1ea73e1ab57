"""What the program needs of the outside, as small interfaces. `core.edges` fulfils them; nothing here imports a client.

Every method raises `core.problems.Problem` and nothing else. Reads retry passing faults a little by themselves;
changes never do: who sends a change looks first whether it took.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from core.connection import LoggedIn, Proof, Target
from core.facts import (
    AllowedAddress,
    EndpointService,
    GroupUse,
    Identity,
    Interface,
    Network,
    PrefixList,
    PrivateZone,
    Right,
    SecurityGroup,
    Service,
    Vpc,
    VpcDns,
    VpcEndpoint,
    Zone,
)
from core.redaction import know
from core.values import (
    AccountId,
    Cidr,
    EndpointId,
    EndpointServiceName,
    GroupId,
    Region,
    ServiceId,
    Source,
    SubnetId,
    VpcId,
)

Tags = tuple[tuple[str, str], ...]


class Clock(Protocol):
    """Time as an edge. `monotonic` for durations, `now` (UTC, aware) for logs."""

    def monotonic(self) -> float: ...
    def now(self) -> datetime: ...
    async def sleep(self, seconds: float) -> None: ...


class SkySQL(Protocol):
    """The SkySQL DBaaS API, for one key and organization."""

    async def probe(self) -> None:
        """A cheap call that proves key and reachability."""

    async def services(self) -> tuple[Service, ...]: ...

    async def service(self, service: ServiceId) -> Service:
        """NotFound when there is none of that id in this organization."""

    async def switch(self, service: ServiceId, accounts: Sequence[AccountId]) -> None:
        """Make PrivateLink the service's mechanism and `accounts` its complete allowlist of AWS accounts.

        Drops every connection and clears the IP allowlist when the mechanism was another; Busy while another
        change is in flight.
        """

    async def make_public(self, service: ServiceId) -> None:
        """Make `nlb` the service's mechanism again.

        Drops every connection over PrivateLink; the IP allowlist is empty then, and until it is filled nobody can
        connect. Busy while another change is in flight.
        """

    async def allow_list(self, service: ServiceId) -> tuple[AllowedAddress, ...]:
        """The addresses that may connect to a public service."""

    async def set_allow_list(self, service: ServiceId, addresses: Sequence[AllowedAddress]) -> None:
        """Make `addresses` the complete IP allowlist. Busy while another change is in flight."""

    async def credentials(self, service: ServiceId) -> "Credentials":
        """The service's default user and password. Busy until it is ready, NotAllowed without the right."""


@dataclass(frozen=True, slots=True)
class EndpointRequest:
    """CreateVpcEndpoint: Interface, IPv4, private DNS off."""

    vpc: VpcId
    service: EndpointServiceName
    subnets: tuple[SubnetId, ...]
    groups: tuple[GroupId, ...]
    tags: Tags
    token: str  # ClientToken, at most 64 ASCII characters


@dataclass(frozen=True, slots=True)
class RuleRequest:
    """One inbound TCP rule to be made."""

    port: int
    source: Source
    description: str = ""


class Aws(Protocol):
    """EC2 of one account and region."""

    async def zones(self) -> tuple[Zone, ...]: ...

    async def vpcs(self) -> tuple[Vpc, ...]: ...

    async def vpc_dns(self, vpc: VpcId) -> VpcDns: ...

    async def network(self, vpc: VpcId) -> Network:
        """The VPC's parts, read at the same time. NotFound when the VPC does not exist here.

        Network ACLs and interfaces are None without the right to read them: the others are enough to make a link.
        """

    async def prefix_lists(self) -> tuple[PrefixList, ...]: ...

    async def prefix_list_entries(self, ids: Iterable[str]) -> Mapping[str, tuple[Cidr, ...]]:
        """The entries of these lists, by id; lists that are not there or not to be read are left out."""

    async def private_zones(self, vpc: VpcId) -> tuple[PrivateZone, ...] | None:
        """Private hosted zones that the VPC is associated with, whoever has them; None where Route 53 does not tell."""

    async def groups_in_region(self) -> int | None:
        """How many security groups there are, of all VPCs; None where EC2 does not tell."""

    async def groups(self, vpc: VpcId) -> tuple[SecurityGroup, ...]: ...

    async def endpoint_service(self, name: EndpointServiceName) -> EndpointService | None:
        """None when this account cannot see it: AWS does not tell "not allowed" from "does not exist"."""

    async def endpoints(self, vpc: VpcId, service: EndpointServiceName) -> tuple[VpcEndpoint, ...]:
        """This VPC's endpoints to that service, in every state."""

    async def find_endpoints(
        self, service: ServiceId, ids: Collection[EndpointId], to: EndpointServiceName | None
    ) -> tuple[VpcEndpoint, ...]:
        """The region's endpoints that carry this program's tags for `service`, or one of `ids`, or lead to `to`.

        In every state; one that is gone is no error.
        """

    async def find_groups(self, service: ServiceId, ids: Collection[GroupId]) -> tuple[SecurityGroup, ...]:
        """The region's groups that carry this program's tags for `service`, or one of `ids`."""

    async def interfaces(self, endpoint: EndpointId) -> tuple[Interface, ...]:
        """An endpoint's network interfaces, also when the endpoint itself is not listed any more."""

    async def group_use(self, group: GroupId) -> GroupUse:
        """What wears or names a group."""

    async def create_group(self, vpc: VpcId, name: str, description: str, tags: Tags) -> GroupId:
        """Conflict when the VPC has a group of that name."""

    async def authorize(self, group: GroupId, rules: Sequence[RuleRequest], tags: Tags) -> None:
        """Add inbound rules; rules that are there already are no error."""

    async def enable_vpc_dns(self, vpc: VpcId, attribute: str) -> None:
        """`attribute`: enableDnsSupport or enableDnsHostnames (the second needs the first)."""

    async def create_endpoint(self, request: EndpointRequest) -> EndpointId:
        """NotYet while a freshly made endpoint service is not usable (InvalidServiceName, 503 Unavailable)."""

    async def enable_private_dns(self, endpoint: EndpointId) -> None: ...

    async def delete_endpoint(self, endpoint: EndpointId) -> None:
        """It is gone some minutes later; no error when it is gone already."""

    async def delete_group(self, group: GroupId) -> None:
        """Busy while something wears or names it; no error when it is gone already."""


@dataclass(frozen=True, slots=True)
class Question:
    """What cannot be tried beforehand: whether `action` is allowed on each of `resources` (ARNs)."""

    action: str  # as policies name it: ec2:CreateVpcEndpoint
    resources: tuple[str, ...]


class Rights(Protocol):
    """What the signed-in identity may do in one region. Asking changes nothing; what AWS does not tell is unknown.

    Raises Problem only when the sign-in has ended.
    """

    async def tried(self, action: str, change: Callable[[Aws], Awaitable[object]]) -> Right:
        """Whether AWS would allow `change`, which is sent as it would be, but as a trial (DryRun).

        `action` is what it is told as; a denial names the action that is missing, which may be another.
        """

    async def looked_up(self, identity: Identity, questions: Sequence[Question]) -> tuple[Right, ...]:
        """What the identity's policies say (SimulatePrincipalPolicy), in the order of the questions."""


class Prober(Protocol):
    """This machine's own way to a database. Whatever the network does is a fact; nothing is raised.

    Everything ends within a minute, and may be called off at any time.
    """

    def stages(self, target: Target) -> AsyncGenerator[Proof, None]:
        """The proof after each stage up to TLS; ends where there is nothing to go on with."""

    async def log_in(self, target: Target, address: str, credentials: "Credentials") -> LoggedIn:
        """To one address, with TLS and the certificate checked; then `SELECT 1`."""


class World(Protocol):
    """All that leaves the process, opened in one place."""

    @property
    def skysql(self) -> SkySQL: ...

    @property
    def clock(self) -> Clock: ...

    @property
    def prober(self) -> Prober: ...

    async def identity(self) -> Identity: ...

    async def regions(self) -> frozenset[Region]:
        """Regions enabled for the account."""

    async def aws(self, region: Region) -> Aws: ...

    async def rights(self, region: Region) -> Rights: ...

    async def use_key(self, key: "Secret", organization: str) -> None:
        """Another SkySQL key or organization; the AWS sign-in stays."""

    async def aws_keys(self) -> "AwsKeys | None":
        """What another process needs to go on with this AWS sign-in when a person gave a code for it; else None."""

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What the one door needs to know. The key shows in no repr."""

    skysql_url: str
    skysql_key: "Secret"
    organization: str = ""
    profile: str = ""  # empty: what AWS itself would choose
    region: str = ""
    ask_code: Callable[[str], str] | None = None
    """Asked (in a thread) for the MFA code of the named device; None: profiles with MFA cannot sign in."""
    state_folder: Path | None = None
    aws_keys: "AwsKeys | None" = None  # of a sign-in made elsewhere, instead of the profile's


@dataclass(frozen=True, slots=True)
class AwsKeys:
    """Keys of AWS that last for some hours, as STS gives them out."""

    id: str
    secret: "Secret"
    token: "Secret"


class Secret:
    """Text that must not be shown. Deliberately not a str: joining it into a message is a type error.

    What was a Secret once is blotted out of every error and log from then on.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text
        know(text)

    def reveal(self) -> str:
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__


@dataclass(frozen=True, slots=True)
class Credentials:
    """Of a database's user; never stored."""

    user: str
    password: Secret
