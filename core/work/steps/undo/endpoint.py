"""The VPC endpoint: what this program made is deleted; what a run merely adopted stays, and is told."""

from typing import ClassVar

from core.facts import VpcEndpoint
from core.standing import is_gone
from core.text import listed
from core.undo import is_taken_away
from core.work.decisions import Act, Decision, Done, Known, Wait
from core.work.events import Side
from core.work.steps.step import Sides
from core.work.steps.undo.endpoint_states import standing
from core.work.steps.undo.step import Undoing, UndoStep

SHOWS = 60.0  # what was made a moment ago is given this long to become visible

Endpoints = tuple[VpcEndpoint, ...]


class DeleteEndpoint(UndoStep[Endpoints]):
    id: ClassVar[str] = "delete_endpoint"
    title: ClassVar[str] = "Delete VPC endpoint"
    usual: ClassVar[str] = "some minutes"
    side: ClassVar[Side] = "aws"

    async def look(self, sides: Sides, job: Undoing) -> Endpoints:
        undo = job.undo
        return await sides.aws.find_endpoints(undo.service, undo.endpoints, undo.endpoint_service)

    def state(self, sight: Endpoints, job: Undoing) -> str:
        return listed([f"{each.id} {each.state}" for each in _ours(sight, job)]) or "none"

    def decide(self, sight: Endpoints, job: Undoing) -> Decision:
        ours = _ours(sight, job)
        due = [decision for each in ours if (decision := standing(each, job.undo.back == "public"))]
        acts = [decision for decision in due if isinstance(decision, Act)]
        if due:
            return (acts or due)[0]  # all are being deleted before one is waited for
        if "endpoint" in job.unsettled and not ours and not job.known.removed:
            return _may_show(_done(sight, job))
        return _done(sight, job)

    async def act(self, sides: Sides, _job: Undoing, sight: Endpoints, change: str) -> None:
        await sides.aws.delete_endpoint(next(each.id for each in sight if change == f"delete {each.id}"))

    def after_acceptance(self, change: str, job: Undoing) -> Known:
        return job.removing(change.removeprefix("delete "))


def _ours(sight: Endpoints, job: Undoing) -> Endpoints:
    return tuple(each for each in sight if is_taken_away(each, job.undo))


def _may_show(done: Done) -> Wait:
    detail = "A run asked for an endpoint a moment ago: waiting whether it shows."
    return Wait("not listed", detail, "Run again to look for it.", SHOWS, otherwise=done)


def _done(sight: Endpoints, job: Undoing) -> Done:
    removed = sorted({*job.undo.endpoints, *(each.id for each in _ours(sight, job))})
    left = tuple(_stays(each, job) for each in sight if _is_others(each, job))
    told = f"{listed(removed)} gone." if removed else "There is none of this program's."
    return Done(" ".join([told, *left]), job.knowing(job.removing(*removed)).leaving(*left))


def _is_others(endpoint: VpcEndpoint, job: Undoing) -> bool:
    undo = job.undo
    leads_there = undo.endpoint_service is not None and endpoint.service == undo.endpoint_service
    return leads_there and undo.vpc in (None, endpoint.vpc) and not (is_gone(endpoint) or is_taken_away(endpoint, undo))


def _stays(endpoint: VpcEndpoint, job: Undoing) -> str:
    then = " and stops working when SkySQL is switched back" if job.undo.back == "public" else ""
    return f"{endpoint.id} in {endpoint.vpc} was not made by this program: it stays{then}."
