"""How both sides stand before a run."""

from collections.abc import Iterable
from dataclasses import replace

from core.facts import EndpointService, Network, PrefixList, Service, Situation
from core.plan import NewGroup, Plan
from core.problems import NotFound, Usage
from core.text import listed
from core.values import Region, VpcId
from core.work.together import together
from core.world import Aws, World


async def survey(world: World, plan: Plan) -> Situation:
    """Read everything the checks judge, as much at the same time as can be.

    Raises NotFound for a service that is not there, Usage for a name that several services have, and what the reads
    raise. In a region that is not enabled for the account AWS is not asked any further.
    """
    async with together() as reads:
        services = reads.create_task(world.skysql.services())
        identity = reads.create_task(world.identity())
        regions = reads.create_task(world.regions())
    service = named(services.result(), plan.service)
    if plan.region not in regions.result():
        return Situation(service, identity.result(), regions.result(), (), None, None)
    aws = await world.aws(plan.region)
    async with together() as reads:
        zones = reads.create_task(aws.zones())
        network = reads.create_task(_network(aws, plan.vpc))
        prefix_lists = reads.create_task(_prefix_lists(aws, plan))
        endpoint_service = reads.create_task(_endpoint_service(aws, service, plan.region))
    return Situation(
        service,
        identity.result(),
        regions.result(),
        zones.result(),
        network.result(),
        endpoint_service.result(),
        prefix_lists.result(),
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


async def _endpoint_service(aws: Aws, service: Service, region: Region) -> EndpointService | None:
    private = service.private
    if private is None or private.endpoint_service is None or service.region != region:
        return None
    return await aws.endpoint_service(private.endpoint_service)
