"""SkySQL's service, looked at by every step that watches or asks it."""

from core.facts import Service
from core.problems import NotFound
from core.work.steps.step import Job, Sides, Step


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


class ServiceStep(Step[Service]):
    """A step that watches the service alone."""

    async def look(self, sides: Sides, job: Job) -> Service:
        return await read_service(sides, job)

    def state(self, sight: Service, _job: Job) -> str:
        return sight.status
