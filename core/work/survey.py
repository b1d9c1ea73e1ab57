"""How both sides stand before a run."""

from asyncio import Task, create_task, gather
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, TypeVar

from core.facts import EndpointService, Network, PrefixList, Service, Situation
from core.plan import NewGroup, Plan
from core.problems import NotFound, Usage
from core.text import listed
from core.values import Region, VpcId
from core.work.rights import rights
from core.work.steps.of_service import with_allow_list
from core.work.together import together
from core.world import Aws, World

T = TypeVar("T")


async def survey(world: World, plan: Plan) -> Situation:
    """Read everything the checks judge, as much at the same time as can be.

    Raises NotFound for a service that is not there, Usage for a name that several services have, and what the reads
    raise. In a region that is not enabled for the account AWS refuses every read: that is no failure, the network is
    None then.
    """
    async with together() as reads:
        service = reads.create_task(_service(world, plan))
        identity = reads.create_task(world.identity())
        regions = reads.create_task(world.regions())
        there = reads.create_task(_where_enabled(plan.region, regions, _of_region(world, plan, service)))
    here = Situation(service.result(), identity.result(), regions.result(), (), None, None)
    found = there.result()
    situation = found(here) if found else here
    return replace(situation, rights=await rights(world, plan, situation))


async def _service(world: World, plan: Plan) -> Service:
    return await with_allow_list(world.skysql, named(await world.skysql.services(), plan.service))


async def _where_enabled(region: Region, enabled: Task[frozenset[Region]], read: Coroutine[Any, Any, T]) -> T | None:
    """What `read` brings of the region; it begins at once, and is called off where the region is not enabled."""
    reading = create_task(read)
    try:
        return await reading if region in await enabled else None
    finally:
        reading.cancel()
        await gather(reading, return_exceptions=True)


async def _of_region(world: World, plan: Plan, service: Task[Service]) -> Callable[[Situation], Situation]:
    """What is read in the plan's region, as a change to what is known without it. A read is a line here and below."""
    aws = await world.aws(plan.region)
    async with together() as reads:
        zones = reads.create_task(aws.zones())
        network = reads.create_task(_network(aws, plan.vpc))
        prefix_lists = reads.create_task(_prefix_lists(aws, plan))
        endpoint_service = reads.create_task(_endpoint_service(aws, service, plan.region))
        private_zones = reads.create_task(aws.private_zones(plan.vpc))
        groups_in_region = reads.create_task(_groups_in_region(aws, plan))
    return lambda here: replace(
        here,
        zones=zones.result(),
        network=network.result(),
        prefix_lists=prefix_lists.result(),
        endpoint_service=endpoint_service.result(),
        private_zones=private_zones.result(),
        groups_in_region=groups_in_region.result(),
    )


def named(services: Iterable[Service], wanted: str) -> Service:
    """The service of that id, or of that name when it is the only one."""
    there = tuple(services)
    by_id = [service for service in there if service.id == wanted]
    found = by_id or [service for service in there if service.name == wanted]
    if len(found) == 1:
        return found[0]
    if not found:
        close = [f"{service.name} ({service.id})" for service in there if _alike(service, wanted)][:5]
        raise NotFound(
            "service-not-found",
            f"There is no SkySQL service “{wanted}”.",
            cause=f"The key sees {len(there)} services in its organization."
            + (f" Similar: {listed(close)}." if close else ""),
            remedy="Name another service, by id or name, or choose the organization it is in.",
            page="service",
        )
    raise Usage(
        "service-ambiguous",
        f"{len(found)} SkySQL services are named “{wanted}”.",
        cause=f"Their ids are {listed([service.id for service in found])}.",
        remedy="Name the one you mean by its id.",
        page="service",
    )


def _alike(service: Service, wanted: str) -> bool:
    short, name = wanted.casefold(), service.name.casefold()
    return bool(short) and (short in name or (bool(name) and name in short) or service.id.casefold().startswith(short))


async def _network(aws: Aws, vpc: VpcId) -> Network | None:
    try:
        return await aws.network(vpc)
    except NotFound:
        return None


async def _prefix_lists(aws: Aws, plan: Plan) -> tuple[PrefixList, ...]:
    """All of them, those that the plan admits with their entries."""
    named = (
        [source for source in plan.group.sources if source.startswith("pl-")]
        if isinstance(plan.group, NewGroup)
        else []
    )
    async with together() as reads:
        lists = reads.create_task(aws.prefix_lists())
        entries = reads.create_task(aws.prefix_list_entries(named))
    return tuple(replace(one, entries=entries.result().get(one.id)) for one in lists.result())


async def _groups_in_region(aws: Aws, plan: Plan) -> int | None:
    """Page by page, so only where the plan makes one more."""
    return await aws.groups_in_region() if isinstance(plan.group, NewGroup) else None


async def _endpoint_service(aws: Aws, service: Task[Service], region: Region) -> EndpointService | None:
    found = await service
    private = found.private
    if private is None or private.endpoint_service is None or found.region != region:
        return None
    return await aws.endpoint_service(private.endpoint_service)
