"""The security group: what this program made is deleted, never one that a plan merely used.

AWS refuses while something wears it or names it. Clients are not kept waiting for that: SkySQL is switched back first,
and at last it is tried once more.
"""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import GroupUse, Interface, SecurityGroup
from core.problems import NotSignedIn, Problem
from core.text import listed
from core.undo import is_taken_away
from core.work.decisions import Act, Decision, Done, Known, Wait
from core.work.events import Side
from core.work.steps.step import Sides
from core.work.steps.undo.endpoint import SHOWS
from core.work.steps.undo.step import Undoing, UndoStep
from core.work.together import together

PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Held:
    """A group and what keeps it."""

    group: SecurityGroup
    use: GroupUse


Groups = tuple[Held, ...]


class DeleteGroup(UndoStep[Groups]):
    id: ClassVar[str] = "delete_group"
    title: ClassVar[str] = "Delete security group"
    usual: ClassVar[str] = "a few seconds"
    side: ClassVar[Side] = "aws"
    is_last: ClassVar[bool] = False

    async def look(self, sides: Sides, job: Undoing) -> Groups:
        found = await sides.aws.find_groups(job.undo.service, job.undo.groups)
        ours = [group for group in found if is_taken_away(group, job.undo)]
        async with together() as reads:
            uses = [reads.create_task(sides.aws.group_use(group.id)) for group in ours]
        return tuple(Held(group, use.result()) for group, use in zip(ours, uses, strict=True))

    def state(self, sight: Groups, _job: Undoing) -> str:
        return listed([f"{held.group.id} {'in use' if held.use else 'free'}" for held in sight]) or "none"

    def decide(self, sight: Groups, job: Undoing) -> Decision:
        if job.known.put_off and not self.is_last:
            return _done(sight, job)
        for held in sight:
            if not held.use:
                return Act(f"delete {held.group.id}", f"Delete security group {held.group.id} “{held.group.name}”")
        if sight:
            return self.wait(sight, job)
        if "group" in job.unsettled and not any(each.startswith("sg-") for each in job.known.removed):
            detail = "A run asked for a group a moment ago: waiting whether it shows."
            return Wait("not listed", detail, "Run again to look for it.", SHOWS, otherwise=_done(sight, job))
        return _done(sight, job)

    def wait(self, sight: Groups, job: Undoing) -> Wait:
        return Wait("in use", _holders(sight), "Run again later.", PATIENCE, otherwise=_done(sight, job))

    async def act(self, sides: Sides, _job: Undoing, sight: Groups, change: str) -> None:
        await sides.aws.delete_group(next(held.group.id for held in sight if change == f"delete {held.group.id}"))

    def after_acceptance(self, change: str, job: Undoing) -> Known:
        return job.removing(change.removeprefix("delete "))

    def after_refusal(self, problem: Problem, job: Undoing) -> Known | None:
        """A right that is missing here must not keep the service out of reach."""
        return None if self.is_last or isinstance(problem, NotSignedIn) else job.known.with_(put_off=True)


class DeleteGroupAtLast(DeleteGroup):
    id: ClassVar[str] = "delete_group_at_last"
    title: ClassVar[str] = "Security group, once more"
    is_last: ClassVar[bool] = True

    def skip(self, job: Undoing) -> str:
        return "" if job.known.held else "Nothing is left of it."

    def wait(self, sight: Groups, job: Undoing) -> Wait:
        overdue = f"Detach it there, then run again. All else of {job.undo.service_name} has been undone."
        return Wait("in use", _holders(sight), overdue, PATIENCE)


def _done(sight: Groups, job: Undoing) -> Done:
    held = tuple(each.group.id for each in sight)
    gone = tuple(group for group in job.undo.groups if group not in held)
    used = [f"{group} was there before: it stays." for group in job.undo.used]
    told = [
        *([f"{listed(gone)} gone."] if gone else []),
        *([f"{_holders(sight)} It is tried again at last.".strip()] if held else []),
        *used,
    ]
    known = job.removing(*gone).with_(held=held)
    return Done(" ".join(told) or "There is none of this program's.", known, stands=not held)


def _holders(sight: Groups) -> str:
    return " ".join(f"{held.group.id} is still in use: {_told(held.use)}." for held in sight if held.use)


def _told(use: GroupUse) -> str:
    wearing = [f"worn by {_named(interface)}" for interface in use.interfaces[:5]]
    more = [f"and {len(use.interfaces) - 5} more"] if len(use.interfaces) > 5 else []
    naming = [f"named in a rule of {listed(use.groups)}"] if use.groups else []
    return ", ".join([*wearing, *more, *naming])


def _named(interface: Interface) -> str:
    owner = interface.instance or interface.description
    return f"{interface.id} ({owner})" if owner else interface.id
