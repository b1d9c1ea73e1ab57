"""The security group: found by our tag and its name, or made; existing ones are only looked for."""

from typing import ClassVar

from core.facts import SecurityGroup
from core.plan import ExistingGroups, NewGroup
from core.problems import Conflict, NotFound
from core.standing import group_named, is_ours, lost_groups
from core.text import listed
from core.work.decisions import Act, Decision, Done, Stop
from core.work.events import Side
from core.work.steps.step import Job, Sides, Step

Groups = tuple[SecurityGroup, ...]


class Group(Step[Groups]):
    id: ClassVar[str] = "group"
    title: ClassVar[str] = "Security group"
    usual: ClassVar[str] = "a few seconds"
    side: ClassVar[Side] = "aws"

    async def look(self, sides: Sides, job: Job) -> Groups:
        return await sides.aws.groups(job.plan.vpc)

    def state(self, sight: Groups, job: Job) -> str:
        return "there" if isinstance(self.decide(sight, job), Done) else "not there"

    def decide(self, sight: Groups, job: Job) -> Decision:
        if isinstance(job.plan.group, ExistingGroups):
            return _existing(sight, job.plan.group, job)
        return _own(sight, job.plan.group, job)

    async def act(self, sides: Sides, job: Job, _sight: Groups, _change: str) -> str:
        group = job.plan.group
        assert isinstance(group, NewGroup)  # noqa: S101 - decide acts for nothing else
        return await sides.aws.create_group(job.plan.vpc, group.name, group.description, job.tags(group.name))


def _existing(groups: Groups, wanted: ExistingGroups, job: Job) -> Decision:
    lost = lost_groups(wanted.ids, groups)
    if lost:
        return Stop(
            NotFound(
                "group-not-found",
                f"Security group {listed(lost)} is not in {job.plan.vpc}.",
                cause="It was deleted, or belongs to another VPC.",
                remedy="Choose another group and run again.",
                page="access",
            )
        )
    return Done(f"{listed(wanted.ids)}, rules as they are.", job.known.with_(group_ids=wanted.ids))


def _own(groups: Groups, wanted: NewGroup, job: Job) -> Decision:
    found = group_named(groups, wanted.name)
    if found is None:
        return Act("create", f"Create security group “{wanted.name}” in {job.plan.vpc}")
    if not is_ours(found, job.service.id):
        return Stop(
            Conflict(
                "group-name-taken",
                f"{job.plan.vpc} has a security group named “{found.name}” already: {found.id}.",
                cause="It does not carry this program's tags for the service, so it is left alone.",
                remedy="Give the new group another name, or choose the existing one.",
                page="access",
            )
        )
    return Done(f"{found.id} “{found.name}”", job.known.with_(group_ids=(found.id,)))
