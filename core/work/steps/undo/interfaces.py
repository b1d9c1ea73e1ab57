"""The network interfaces are gone: AWS removes them some time after it, and they wear the group till then."""

from typing import ClassVar

from core.facts import Interface
from core.text import count, listed
from core.values import EndpointId
from core.work.decisions import Decision, Done, Wait
from core.work.events import Side
from core.work.steps.step import Sides
from core.work.steps.undo.step import Undoing, UndoStep
from core.work.together import together

Found = tuple[Interface, ...]


class Interfaces(UndoStep[Found]):
    id: ClassVar[str] = "interfaces"
    title: ClassVar[str] = "Its network interfaces gone"
    usual: ClassVar[str] = "some minutes"
    side: ClassVar[Side] = "aws"

    def skip(self, job: Undoing) -> str:
        return "" if _endpoints(job) else "There was no endpoint."

    async def look(self, sides: Sides, job: Undoing) -> Found:
        async with together() as reads:
            each = [reads.create_task(sides.aws.interfaces(endpoint)) for endpoint in _endpoints(job)]
        return tuple(interface for task in each for interface in task.result())

    def state(self, sight: Found, _job: Undoing) -> str:
        return f"{count(len(sight), 'interface')} left"

    def decide(self, sight: Found, job: Undoing) -> Decision:
        if not sight:
            return Done("None is left.", job.known)
        still = listed([interface.id for interface in sight])
        # AWS finishes by itself; clients must not be kept waiting for it.
        late = f"AWS has not removed {still} yet; it does so by itself."
        return Wait(
            "in use",
            f"AWS is removing {still}.",
            "Run again later.",
            900.0,
            otherwise=Done(late, job.leaving(late)),
        )


def _endpoints(job: Undoing) -> list[EndpointId]:
    return [EndpointId(each) for each in job.known.removed if each.startswith("vpce-")]
