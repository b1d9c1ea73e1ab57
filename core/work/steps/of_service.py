"""SkySQL's service, looked at by every step that watches or asks it."""

from contextlib import suppress
from dataclasses import replace

from core.facts import Service
from core.problems import NotFound
from core.work.steps.step import Job, Sides, Step
from core.world import SkySQL


async def read_service(sides: Sides, job: Job) -> Service:
    """As it is now. It was there when the run began."""
    try:
        return await sides.skysql.service(job.service.id)
    except NotFound as problem:
        raise NotFound(
            "service-gone",
            f"{job.service.name} does not exist any more.",
            cause=f"Somebody has deleted it since this run began. {problem.what}",
            remedy=f"Take away what was made in AWS: skysql-privatelink undo {job.service.id}",
            request_id=problem.request_id,
        ) from problem


async def with_allow_list(skysql: SkySQL, service: Service) -> Service:
    """With its public IP allowlist, which SkySQL may leave out of what it tells of the service."""
    if service.private is not None or any(endpoint.allow_list for endpoint in service.endpoints):
        return service
    with suppress(NotFound):  # a service that has none
        addresses = await skysql.allow_list(service.id)
        endpoints = tuple(replace(endpoint, allow_list=addresses) for endpoint in service.endpoints[:1])
        return replace(service, endpoints=endpoints + service.endpoints[1:])
    return service


class ServiceStep(Step[Service]):
    """A step that watches the service alone."""

    async def look(self, sides: Sides, job: Job) -> Service:
        return await read_service(sides, job)

    def state(self, sight: Service, _job: Job) -> str:
        return sight.status
