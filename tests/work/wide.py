"""A wider world than `fake`, for whoever acts in it at random: several runs, machines and people beside them.

Nothing here is one of a kind: every switch makes a new endpoint service, every creation a new id; a token answers what
it once made; a change in flight refuses the next. What no run may ever do is asserted in the middle of it:

- a change goes out that the journal does not hold yet;
- two of our groups, or two of our endpoints that can be used, stand at once;
- what somebody else made is changed or deleted.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from core.facts import AllowedAddress, EndpointService, Rule, SecurityGroup, VpcEndpoint
from core.problems import Busy, Conflict, Failed, NotFound
from core.standing import is_gone, is_lost, is_ours
from core.values import AccountId, EndpointId, EndpointServiceName, GroupId, Region, ServiceId, VpcId
from core.work.steps import STEPS
from core.world import EndpointRequest, RuleRequest, Tags
from tests.work.fake import PRIVATE, PUBLIC, SERVICE, VISIBLE, FakeAws, FakeSkySQL, FakeWorld, our_endpoint

CHANGES = frozenset(
    {"switch", "make_public", "set_allow_list", "create_group", "authorize", "create_endpoint", "enable_private_dns"}
    | {"delete_endpoint", "delete_group"}
)
MOST_CHANGES = sum(step.sendings for step in STEPS) + 4
"""Changes that one run may send and have accepted, at the very most."""


class WideWorld(FakeWorld):
    def __init__(self) -> None:
        super().__init__()
        self.generation = 0  # of the service's endpoint service
        self.made_for: dict[str, EndpointId] = {}  # by token
        self.made: set[str] = set()  # ids, by this program
        self.others: dict[str, SecurityGroup | VpcEndpoint] = {}  # what somebody else made, as it was made
        self.numbers = 0
        self.meets: Callable[[str], None] = lambda _: None  # told of every call before it takes
        self.last_written = ""  # the kind of the last line in the journal of whoever acts
        self.on_change: Callable[[str], None] = lambda _: None  # told of every change before it takes
        self.accepted = 0  # changes that took

    @property
    def skysql(self) -> "WideSkySQL":
        return WideSkySQL(self)

    async def aws(self, region: Region) -> "WideAws":
        await super().aws(region)
        return WideAws(self)

    def new(self, kind: str) -> str:
        self.numbers += 1
        return f"{kind}-{self.numbers:04}"

    async def call(self, name: str, effect: Callable[[], object] = lambda: None) -> None:
        def taking() -> None:
            if name in CHANGES:
                assert self.last_written == "acting", f"{name} went out, and the journal does not say so"
                self.on_change(name)
            effect()
            self.accepted += name in CHANGES
            self.sound()

        self.meets(name)
        await super().call(name, taking)

    def sound(self) -> None:
        groups = [each.id for each in self.group_list if is_ours(each, SERVICE)]
        assert len(groups) <= 1, groups
        usable = [
            each.id for each in self.endpoint_list if is_ours(each, SERVICE) and not (is_gone(each) or is_lost(each))
        ]
        assert len(usable) <= 1, usable
        standing: list[SecurityGroup | VpcEndpoint] = [*self.group_list, *self.endpoint_list]
        there = {each.id: each for each in standing}
        for made in self.others.values():
            now = there.get(made.id)
            if isinstance(now, VpcEndpoint):  # that the plan's name leads to it was asked for; its state is SkySQL's
                assert isinstance(made, VpcEndpoint)
                now = replace(now, private_dns=made.private_dns, state=made.state)
            assert now == made, f"{made.id} is somebody else's"

    @property
    def service_name(self) -> EndpointServiceName | None:
        service = self.all.get(SERVICE)
        return service.private.endpoint_service if service and service.private else None

    def reject_endpoints(self) -> None:
        """What AWS does to endpoints that lead to an endpoint service which is deleted."""
        self.endpoint_list = [
            each if is_gone(each) else replace(each, state="rejected", private_dns=False) for each in self.endpoint_list
        ]


class WideSkySQL(FakeSkySQL):
    world: WideWorld

    def _usable(self, service: ServiceId) -> None:
        known = self.world.all.get(service)
        if known is None:
            raise NotFound("skysql.not-found", f"No service {service}.")
        if known.status.startswith("pending"):
            raise Busy("skysql.busy", "Another change to the service is in flight.", remedy="Wait.")
        if known.status != "ready":
            raise Failed("skysql.refused", f"The service is {known.status}.", remedy="Start it.")

    async def switch(self, service: ServiceId, accounts: Sequence[AccountId]) -> None:
        await self.world.call("switch", lambda: self.switched(service, accounts))

    def switched(self, service: ServiceId, accounts: Sequence[AccountId]) -> None:
        world = self.world
        self._usable(service)
        stands = world.all[service].private
        if stands is not None:
            self._put(service, replace(stands, accounts=tuple(accounts)))
            return
        world.allowed[service] = ()
        world.generation += 1
        name = EndpointServiceName(f"com.amazonaws.vpce.us-east-2.vpce-svc-{world.generation:04}")
        private = replace(PRIVATE, accounts=tuple(accounts), endpoint_service=name)
        self._put(service, replace(private, endpoint_service=None), "pending_modifying")
        world.later(30, lambda: self._put(service, private))
        world.later(40, lambda: self._shows(name))

    def _shows(self, name: EndpointServiceName) -> None:
        self.world.visible = replace(VISIBLE, name=name)

    async def make_public(self, service: ServiceId) -> None:
        await self.world.call("make_public", lambda: self.made_public(service))

    def made_public(self, service: ServiceId) -> None:
        self._usable(service)
        self.world.allowed[service] = ()
        self.world.visible = None
        self.world.reject_endpoints()
        public = replace(PUBLIC, allow_list=())
        self._put(service, public, "pending_modifying")
        self.world.later(30, lambda: self._put(service, public))

    async def allow_list(self, service: ServiceId) -> tuple[AllowedAddress, ...]:
        await self.world.call("allow_list")
        if service not in self.world.all:
            raise NotFound("skysql.not-found", f"No service {service}.")
        return self.world.allowed[service]

    async def set_allow_list(self, service: ServiceId, addresses: Sequence[AllowedAddress]) -> None:
        def effect() -> None:
            self._usable(service)
            self.world.allowed[service] = tuple(addresses)

        await self.world.call("set_allow_list", effect)


class WideAws(FakeAws):
    world: WideWorld

    async def endpoint_service(self, name: EndpointServiceName) -> EndpointService | None:
        await self.world.call("endpoint_service")
        shown = self.world.visible
        return shown if shown is not None and shown.name == name else None

    async def endpoints(self, vpc: VpcId, service: EndpointServiceName) -> tuple[VpcEndpoint, ...]:
        await self.world.call("endpoints")
        return tuple(each for each in self.world.endpoint_list if (each.vpc, each.service) == (vpc, service))

    async def create_group(self, vpc: VpcId, name: str, description: str, tags: Tags) -> GroupId:
        made: list[GroupId] = []

        def effect() -> None:
            if any(group.name == name for group in self.world.group_list):
                raise Conflict("aws.InvalidGroup.Duplicate", "Taken.", remedy="Choose another name.")
            made.append(GroupId(self.world.new("sg")))
            self.world.made.add(made[0])
            self.world.group_list.append(SecurityGroup(made[0], name, description, vpc, (), tags))

        await self.world.call("create_group", effect)
        return made[0]

    async def authorize(self, group: GroupId, rules: Sequence[RuleRequest], _tags: Tags) -> None:
        def effect() -> None:
            found = self._group(group)
            added = tuple(Rule("tcp", rule.port, rule.port, rule.source, rule.description) for rule in rules)
            there = {(rule.first, rule.source) for rule in found.rules}
            new = tuple(rule for rule in added if (rule.first, rule.source) not in there)
            self._replace_group(replace(found, rules=found.rules + new))

        await self.world.call("authorize", effect)

    def _group(self, group: GroupId) -> SecurityGroup:
        found = next((each for each in self.world.group_list if each.id == group), None)
        if found is None:
            raise NotFound("aws.InvalidGroup.NotFound", f"No {group}.", remedy="Choose another.")
        return found

    def _replace_group(self, group: SecurityGroup) -> None:
        self.world.group_list = [group if each.id == group.id else each for each in self.world.group_list]

    async def create_endpoint(self, request: EndpointRequest) -> EndpointId:
        def effect() -> None:
            world = self.world
            if request.token in world.made_for:
                return
            if world.visible is None or world.visible.name != request.service:
                raise NotFound("aws.InvalidServiceName", f"No {request.service}.", remedy="Look at the accounts.")
            for group in request.groups:
                self._group(group)
            endpoint = EndpointId(world.new("vpce"))
            world.made_for[request.token] = endpoint
            world.made.add(endpoint)
            made = our_endpoint(
                "pending",
                id=endpoint,
                service=request.service,
                subnets=frozenset(request.subnets),
                groups=frozenset(request.groups),
                tags=request.tags,
            )
            world.endpoint_list.append(made)
            world.later(60, lambda: self._settled(endpoint))

        await self.world.call("create_endpoint", effect)
        return self.world.made_for[request.token]

    def _settled(self, endpoint: EndpointId) -> None:
        self.world.endpoint_list = [
            replace(each, state="available") if each.id == endpoint and each.state == "pending" else each
            for each in self.world.endpoint_list
        ]

    async def enable_private_dns(self, endpoint: EndpointId) -> None:
        def effect() -> None:
            if all(each.id != endpoint or each.state != "available" for each in self.world.endpoint_list):
                raise Failed("aws.InvalidParameter", f"{endpoint} is not available.", remedy="Look in the console.")
            self._set(endpoint, state="pending", private_dns=True)
            self.world.later(20, lambda: self._settled(endpoint))

        await self.world.call("enable_private_dns", effect)

    async def delete_endpoint(self, endpoint: EndpointId) -> None:
        await self.world.call("delete_endpoint", lambda: self.deleted(endpoint))

    def deleted(self, endpoint: EndpointId) -> None:
        """Nothing happens where it is gone already."""
        self._set(endpoint, state="deleting")
        self.world.later(40, lambda: self._drop(endpoint))
