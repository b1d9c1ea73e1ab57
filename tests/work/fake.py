"""A small world by hand: one service, one VPC, a clock that only moves when somebody sleeps.

What it is not told about it refuses by AssertionError, naming the request.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.connection import LoggedIn, Proof, Target
from core.facts import (
    AclEntry,
    AllowedAddress,
    EndpointService,
    GroupUse,
    Identity,
    Interface,
    Network,
    NetworkAcl,
    Port,
    PrefixList,
    PrivateZone,
    Right,
    Rule,
    SecurityGroup,
    Service,
    ServiceEndpoint,
    Situation,
    Subnet,
    Vpc,
    VpcDns,
    VpcEndpoint,
    Zone,
)
from core.plan import NewGroup, Plan
from core.problems import Busy, Conflict, NotFound, Problem
from core.values import (
    AccountId,
    Cidr,
    EndpointId,
    EndpointServiceName,
    GroupId,
    Region,
    RunId,
    ServiceId,
    Source,
    SubnetId,
    VpcId,
    ZoneId,
)
from core.work.decisions import Known
from core.work.steps.step import Job
from core.world import Aws, AwsKeys, Credentials, EndpointRequest, Question, RuleRequest, Secret, Tags

ACCOUNT = AccountId("123456789012")
REGION = Region("us-east-2")
VPC = VpcId("vpc-0123")
SERVICE = ServiceId("dbpgf00000001")
NAME = EndpointServiceName("com.amazonaws.vpce.us-east-2.vpce-svc-0123")
FQDN = "dbpgf00000001.sysp0000.db1.skysql.com"
GROUP = GroupId("sg-001")
ENDPOINT = EndpointId("vpce-1")
ZONES = tuple(Zone(f"us-east-2{letter}", ZoneId(f"use2-az{n}")) for n, letter in enumerate("abc", 1))
PORTS = (Port("readwrite", 3306), Port("readonly", 3307))
ALLOWED = (AllowedAddress("203.0.113.7/32", "office"),)
BEGAN = datetime(2026, 11, 22, 13, 7, tzinfo=UTC)

PUBLIC = ServiceEndpoint("primary", "nlb", "public", PORTS, allow_list=ALLOWED)
PRIVATE = ServiceEndpoint("primary", "privatelink", "private", PORTS, (ACCOUNT,), NAME)
READY = Service(SERVICE, "orders-prod", "aws", REGION, "es-replica", "ready", FQDN, endpoints=(PUBLIC,))
LINKED = replace(READY, endpoints=(PRIVATE,))
SUBNETS = tuple(
    Subnet(SubnetId(f"subnet-00{n}"), f"private-{n}", VPC, zone, f"10.0.{n}.0/24", 200) for n, zone in enumerate(ZONES)
)
VISIBLE = EndpointService(
    NAME, frozenset(zone.id for zone in ZONES), frozenset(zone.name for zone in ZONES), FQDN, "verified"
)
PLAN = Plan(
    service="orders-prod",
    accounts=(ACCOUNT,),
    region=REGION,
    vpc=VPC,
    subnets=tuple(subnet.id for subnet in SUBNETS),
    group=NewGroup("orders-prod-pl", "Clients", ("readwrite",), (Source(Cidr("10.0.0.0/16")),)),
    endpoint_name="orders-prod",
    tags=(("team", "payments"),),
)
OPEN_ACL = NetworkAcl(
    "acl-1",
    "",
    VPC,
    is_default=True,
    subnets=frozenset(subnet.id for subnet in SUBNETS),
    entries=tuple(AclEntry(100, True, outbound, "-1", "0.0.0.0/0") for outbound in (True, False)),
)
OURS = (("skysql:service-id", SERVICE), ("managed-by", "skysql-privatelink"))


def our_group(**more: object) -> SecurityGroup:
    rules = (Rule("tcp", 3306, 3306, Source("10.0.0.0/16")),)
    return replace(SecurityGroup(GROUP, "orders-prod-pl", "Clients", VPC, rules, OURS), **more)  # type: ignore[arg-type]


def our_endpoint(state: str = "available", **more: object) -> VpcEndpoint:
    made = VpcEndpoint(
        ENDPOINT,
        VPC,
        NAME,
        state,
        frozenset(PLAN.subnets),
        frozenset({GROUP}),
        ("vpce-1-x.vpce-svc-0123.us-east-2.vpce.amazonaws.com",),
        tags=OURS,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def network(**more: object) -> Network:
    vpc = Vpc(VPC, "prod", ("10.0.0.0/16",), False, ACCOUNT)
    made = Network(vpc, VpcDns(True, True), SUBNETS, acls=(OPEN_ACL,), interfaces=())
    return replace(made, **more)  # type: ignore[arg-type]


def situation(**more: object) -> Situation:
    who = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/op")
    made = Situation(READY, who, frozenset({REGION}), ZONES, network(), None, private_zones=())
    return replace(made, **more)  # type: ignore[arg-type]


KNOWN = Known(group_ids=(GROUP,), endpoint_service=NAME, endpoint=ENDPOINT, ports=PORTS)


def job(plan: Plan = PLAN, known: Known = KNOWN, **more: object) -> Job:
    return Job(RunId("20261122-130700-3f9a"), replace(plan, service=SERVICE), situation(**more), known)


class FakeClock:
    def __init__(self) -> None:
        self.elapsed = 0.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return 1000.0 + self.elapsed

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.elapsed)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)
        self.elapsed += seconds


class Killed(BaseException):
    """The program is gone in the middle of a call: nothing it does in the way of tidying up may matter."""


class FakeWorld:
    """Both sides. `fail_before` and `fail_after` hold Problems a call raises before or after its effect, in turn."""

    def __init__(self, *services: Service) -> None:
        self.clock = FakeClock()
        self.all = {service.id: service for service in services or (READY,)}
        self.vpc_dns_state = VpcDns(True, True)
        self.group_list: list[SecurityGroup] = []
        self.endpoint_list: list[VpcEndpoint] = []
        self.private_zones: tuple[PrivateZone, ...] | None = ()
        self.worn: dict[GroupId, tuple[Interface, ...]] = {}  # besides those of endpoints
        self.names_allow_lists = True  # whether a service's answer holds its IP allowlist
        self.allowed = {service.id: _allowed(service) for service in self.all.values()}
        self.visible: EndpointService | None = None
        self.tokens: list[str] = []
        self.calls: list[str] = []
        self.fail_before: dict[str, list[Problem]] = defaultdict(list)
        self.fail_after: dict[str, list[Problem]] = defaultdict(list)
        self.at_call: dict[str, Callable[[], None]] = {}
        self.lacking: dict[str, Right] = {}
        self.prober = FakeProber(self)
        self.credentials: Credentials | None = None
        self.hidden_until: dict[str, float] = {}  # what was made shows only from then on: group, endpoint
        self.dies_at: tuple[int, str] = (-1, "")  # number of a call, before or after its effect
        self._later: list[tuple[float, Callable[[], None]]] = []

    # World

    @property
    def skysql(self) -> "FakeSkySQL":
        return FakeSkySQL(self)

    async def identity(self) -> Identity:
        return Identity(ACCOUNT, "arn")

    async def regions(self) -> frozenset[Region]:
        return frozenset({REGION})

    async def aws(self, region: Region) -> "FakeAws":
        assert region == REGION, f"no AWS in {region}"
        return FakeAws(self)

    async def rights(self, region: Region) -> "FakeRights":
        assert region == REGION, f"no AWS in {region}"
        return FakeRights(self)

    async def use_key(self, key: Secret, organization: str) -> None:
        raise AssertionError(f"no answer for use_key {key!r} {organization}")

    async def aws_keys(self) -> AwsKeys | None:
        return None

    async def close(self) -> None:
        """Nothing is open."""

    # what the two sides share

    def later(self, seconds: float, change: Callable[[], None]) -> None:
        self._later.append((self.clock.elapsed + seconds, change))

    def shows(self, what: str) -> bool:
        return self.clock.elapsed >= self.hidden_until.get(what, 0.0)

    async def call(self, name: str, effect: Callable[[], object] = lambda: None) -> None:
        await asyncio.sleep(0)
        for at, change in sorted(self._later, key=lambda due: due[0]):
            if at <= self.clock.elapsed:
                self._later.remove((at, change))
                change()
        self.calls.append(name)
        self._die("before")
        if name in self.at_call:
            self.at_call[name]()
        if self.fail_before[name]:
            raise self.fail_before[name].pop(0)
        effect()
        self._die("after")
        if self.fail_after[name]:
            raise self.fail_after[name].pop(0)

    def _die(self, when: str) -> None:
        if self.dies_at == (len(self.calls), when):
            raise Killed

    def count(self, name: str) -> int:
        return self.calls.count(name)


def _allowed(service: Service) -> tuple[AllowedAddress, ...]:
    return service.public.allow_list if service.public else ()


class FakeSkySQL:
    def __init__(self, world: FakeWorld) -> None:
        self.world = world

    async def probe(self) -> None:
        raise AssertionError("no answer for probe")

    async def services(self) -> tuple[Service, ...]:
        await self.world.call("services")
        return tuple(self._shown(service) for service in self.world.all.values())

    async def service(self, service: ServiceId) -> Service:
        await self.world.call("service")
        if service not in self.world.all:
            raise NotFound("skysql.not-found", f"No service {service}.")
        return self._shown(self.world.all[service])

    def _shown(self, service: Service) -> Service:
        """As it is told: the IP allowlist, where it is told at all, stands with the public endpoint."""
        entries = self.world.allowed[service.id] if self.world.names_allow_lists else ()
        told = [each if each.is_private else replace(each, allow_list=entries) for each in service.endpoints]
        return replace(service, endpoints=tuple(told))

    async def switch(self, service: ServiceId, accounts: Sequence[AccountId]) -> None:
        def effect() -> None:
            if (stands := self.world.all[service].private) is not None:
                self._put(service, replace(stands, accounts=tuple(accounts)))
                self._visible()
                return
            self.world.allowed[service] = ()
            private = replace(PRIVATE, accounts=tuple(accounts))
            pending = replace(private, endpoint_service=None)
            self.world.all[service] = replace(self.world.all[service], status="pending_modifying", endpoints=(pending,))
            self.world.later(30, lambda: self._ready(service, private))
            self.world.later(40, self._visible)

        await self.world.call("switch", effect)

    async def make_public(self, service: ServiceId) -> None:
        def effect() -> None:
            self.world.allowed[service] = ()
            self.world.visible = None
            public = replace(PUBLIC, allow_list=())
            self._put(service, public, "pending_modifying")
            self.world.later(30, lambda: self._put(service, public))

        await self.world.call("make_public", effect)

    async def allow_list(self, service: ServiceId) -> tuple[AllowedAddress, ...]:
        await self.world.call("allow_list")
        return self.world.allowed[service]

    async def set_allow_list(self, service: ServiceId, addresses: Sequence[AllowedAddress]) -> None:
        def effect() -> None:
            if self.world.all[service].status.startswith("pending"):
                raise Busy("skysql.busy", "Another change to the service is in flight.")
            self.world.allowed[service] = tuple(addresses)

        await self.world.call("set_allow_list", effect)

    def _put(self, service: ServiceId, endpoint: ServiceEndpoint, status: str = "ready") -> None:
        if service in self.world.all:
            self.world.all[service] = replace(self.world.all[service], status=status, endpoints=(endpoint,))

    async def credentials(self, service: ServiceId) -> Credentials:
        await self.world.call("credentials")
        assert service in self.world.all, f"no service {service}"
        assert self.world.credentials is not None, "no answer for credentials"
        return self.world.credentials

    def _ready(self, service: ServiceId, private: ServiceEndpoint) -> None:
        self._put(service, private)

    def _visible(self) -> None:
        self.world.visible = VISIBLE


class FakeProber:
    """Meets `met` on the way, then answers logins with `logins` in turn; keeps what it was asked."""

    def __init__(self, world: FakeWorld) -> None:
        self.world = world
        self.met: list[Proof] = []
        self.logins: list[LoggedIn] = []
        self.targets: list[Target] = []
        self.passwords: list[str] = []

    async def stages(self, target: Target) -> AsyncGenerator[Proof, None]:
        self.targets.append(target)
        for proof in self.met:
            await self.world.call("stage")
            yield proof

    async def log_in(self, target: Target, address: str, credentials: Credentials) -> LoggedIn:
        assert address in [met.address for met in self.met[-1].secured], f"no {address} at {target}"
        await self.world.call("log_in")
        self.passwords.append(credentials.password.reveal())
        return replace(self.logins.pop(0), user=credentials.user, address=address)


class FakeRights:
    """Everything is allowed, but for what `lacking` names."""

    def __init__(self, world: FakeWorld) -> None:
        self.world = world

    async def tried(self, action: str, _change: Callable[[Aws], Awaitable[object]]) -> Right:
        await self.world.call("tried")
        return self.world.lacking.get(action, Right(action, "allowed"))

    async def looked_up(self, _identity: Identity, questions: Sequence[Question]) -> tuple[Right, ...]:
        if questions:
            await self.world.call("looked_up")
        return tuple(self.world.lacking.get(one.action, Right(one.action, "allowed")) for one in questions)


class FakeAws:
    def __init__(self, world: FakeWorld) -> None:
        self.world = world

    async def zones(self) -> tuple[Zone, ...]:
        await self.world.call("zones")
        return ZONES

    async def vpcs(self) -> tuple[Vpc, ...]:
        raise AssertionError("no answer for vpcs")

    async def vpc_dns(self, vpc: VpcId) -> VpcDns:
        assert vpc == VPC, f"no VPC {vpc}"
        await self.world.call("vpc_dns")
        return self.world.vpc_dns_state

    async def network(self, vpc: VpcId) -> Network:
        await self.world.call("network")
        if vpc != VPC:
            raise NotFound("aws.InvalidVpcID.NotFound", f"No VPC {vpc}.")
        return network(
            dns=self.world.vpc_dns_state,
            groups=tuple(self.world.group_list),
            endpoints=tuple(self.world.endpoint_list),
        )

    async def prefix_lists(self) -> tuple[PrefixList, ...]:
        await self.world.call("prefix_lists")
        return ()

    async def prefix_list_entries(self, ids: Iterable[str]) -> Mapping[str, tuple[Cidr, ...]]:
        assert not list(ids), f"no prefix lists {ids}"
        await self.world.call("prefix_list_entries")
        return {}

    async def private_zones(self, vpc: VpcId) -> tuple[PrivateZone, ...] | None:
        assert vpc == VPC, f"no VPC {vpc}"
        await self.world.call("private_zones")
        return self.world.private_zones

    async def groups_in_region(self) -> int | None:
        await self.world.call("groups_in_region")
        return len(self.world.group_list)

    async def groups(self, vpc: VpcId) -> tuple[SecurityGroup, ...]:
        assert vpc == VPC, f"no VPC {vpc}"
        await self.world.call("groups")
        return tuple(self.world.group_list) if self.world.shows("group") else ()

    async def endpoint_service(self, name: EndpointServiceName) -> EndpointService | None:
        assert name == NAME, f"no endpoint service {name}"
        await self.world.call("endpoint_service")
        return self.world.visible

    async def endpoints(self, vpc: VpcId, service: EndpointServiceName) -> tuple[VpcEndpoint, ...]:
        assert (vpc, service) == (VPC, NAME), f"no endpoints of {vpc} to {service}"
        await self.world.call("endpoints")
        return tuple(self.world.endpoint_list) if self.world.shows("endpoint") else ()

    async def find_endpoints(
        self, service: ServiceId, ids: Collection[EndpointId], to: EndpointServiceName | None
    ) -> tuple[VpcEndpoint, ...]:
        await self.world.call("find_endpoints")
        found = self.world.endpoint_list if self.world.shows("endpoint") else []
        return tuple(one for one in found if _marked(one, service) or one.id in ids or one.service == to)

    async def find_groups(self, service: ServiceId, ids: Collection[GroupId]) -> tuple[SecurityGroup, ...]:
        await self.world.call("find_groups")
        return tuple(one for one in self.world.group_list if _marked(one, service) or one.id in ids)

    async def interfaces(self, endpoint: EndpointId) -> tuple[Interface, ...]:
        await self.world.call("interfaces")
        return tuple(_interface(one) for one in self.world.endpoint_list if one.id == endpoint)

    async def group_use(self, group: GroupId) -> GroupUse:
        await self.world.call("group_use")
        worn = tuple(_interface(one) for one in self.world.endpoint_list if group in one.groups)
        return GroupUse(worn + self.world.worn.get(group, ()))

    async def create_group(self, vpc: VpcId, name: str, description: str, tags: Tags) -> GroupId:
        def effect() -> None:
            if any(group.name == name for group in self.world.group_list):
                raise Conflict("aws.InvalidGroup.Duplicate", "Taken.")
            self.world.group_list.append(SecurityGroup(GROUP, name, description, vpc, (), tags))

        await self.world.call("create_group", effect)
        return GROUP

    async def authorize(self, group: GroupId, rules: Sequence[RuleRequest], tags: Tags) -> None:
        assert tags, "rules carry tags too"

        def effect() -> None:
            made = tuple(Rule("tcp", rule.port, rule.port, rule.source, rule.description) for rule in rules)
            self.world.group_list = [
                replace(known, rules=known.rules + made) if known.id == group else known
                for known in self.world.group_list
            ]

        await self.world.call("authorize", effect)

    async def enable_vpc_dns(self, vpc: VpcId, attribute: str) -> None:
        assert vpc == VPC, f"no VPC {vpc}"

        def effect() -> None:
            on = {"enableDnsSupport": "support", "enableDnsHostnames": "hostnames"}[attribute]
            self.world.vpc_dns_state = replace(self.world.vpc_dns_state, **{on: True})

        await self.world.call(attribute, effect)

    async def create_endpoint(self, request: EndpointRequest) -> EndpointId:
        def effect() -> None:
            if request.token not in self.world.tokens:
                number = len(self.world.endpoint_list) + 1
                made = our_endpoint(
                    "pending",
                    id=EndpointId(f"vpce-{number}"),
                    subnets=frozenset(request.subnets),
                    groups=frozenset(request.groups),
                    tags=request.tags,
                )
                self.world.endpoint_list.append(made)
                self.world.later(60, lambda: self._set(made.id, state="available"))
            self.world.tokens.append(request.token)

        await self.world.call("create_endpoint", effect)
        return self.world.endpoint_list[-1].id

    async def enable_private_dns(self, endpoint: EndpointId) -> None:
        def effect() -> None:
            self._set(endpoint, state="pending", private_dns=True)
            self.world.later(20, lambda: self._set(endpoint, state="available"))

        await self.world.call("enable_private_dns", effect)

    def _set(self, endpoint: EndpointId, **changed: object) -> None:
        self.world.endpoint_list = [
            replace(known, **changed) if known.id == endpoint else known  # type: ignore[arg-type]
            for known in self.world.endpoint_list
        ]

    async def delete_endpoint(self, endpoint: EndpointId) -> None:
        def effect() -> None:
            self._set(endpoint, state="deleting")
            self.world.later(40, lambda: self._drop(endpoint))

        await self.world.call("delete_endpoint", effect)

    def _drop(self, endpoint: EndpointId) -> None:
        self.world.endpoint_list = [one for one in self.world.endpoint_list if one.id != endpoint]

    async def delete_group(self, group: GroupId) -> None:
        def effect() -> None:
            if self.world.worn.get(group) or any(group in one.groups for one in self.world.endpoint_list):
                raise Busy("aws.DependencyViolation", "Something still uses it.")
            self.world.group_list = [one for one in self.world.group_list if one.id != group]

        await self.world.call("delete_group", effect)


def _marked(made: SecurityGroup | VpcEndpoint, service: ServiceId) -> bool:
    return {("skysql:service-id", service), ("managed-by", "skysql-privatelink")} <= set(made.tags)


def _interface(endpoint: VpcEndpoint) -> Interface:
    return Interface(f"eni-{endpoint.id}", "vpc_endpoint", f"VPC Endpoint Interface {endpoint.id}")
