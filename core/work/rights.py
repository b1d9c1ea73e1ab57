"""Whether AWS allows every change that a run would make: tried with the very calls, else looked up in the policies.

What stands already needs no right. What cannot be tried yet (on what the run has still to make, or by a call that knows
no trial) is looked up, with the ids of what stands and with ids of nothing in place of what does not.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Final

from core.facts import Network, Right, Situation
from core.plan import ExistingGroups, NewGroup, Plan
from core.policy import ASSOCIATE_ZONE
from core.standing import chosen_subnets, is_lost, standing_endpoint, standing_group, wanted_rules
from core.values import GroupId, RunId
from core.work.decisions import Act, Known
from core.work.steps.endpoint import Endpoint, EndpointSight
from core.work.steps.group import Group
from core.work.steps.private_dns import PrivateDns, PrivateDnsSight
from core.work.steps.rules import Rules, RulesSight
from core.work.steps.step import Job, Sides
from core.work.steps.vpc_dns import VpcDnsOn
from core.work.together import together
from core.world import Aws, Question, SkySQL, World

_NO_RUN: Final = RunId("00000000-000000-0000")  # the run that will be has no id yet


@dataclass(frozen=True, slots=True)
class Trial:
    """One change as the run's own step makes it."""

    action: str
    act: Callable[[Sides], Awaitable[object]]

    def with_(self, skysql: SkySQL) -> Callable[[Aws], Awaitable[object]]:
        """With AWS as all that is missing: SkySQL knows no trials, and no step that is tried asks it."""
        return lambda aws: self.act(Sides(skysql, aws))


async def rights(world: World, plan: Plan, situation: Situation) -> tuple[Right, ...]:
    """Of every right that the run would need, whether it is there. One round of calls; changes nothing."""
    due = tuple(needed(plan, situation))
    trials = [one for one in due if isinstance(one, Trial)]
    asked: dict[str, tuple[str, ...]] = {}
    for one in due:
        if isinstance(one, Question):
            asked[one.action] = (*asked.get(one.action, ()), *one.resources)
    questions = [Question(action, resources) for action, resources in asked.items()]
    if not due:
        return ()
    told = await world.rights(plan.region)
    async with together() as reads:
        tried = [reads.create_task(told.tried(one.action, one.with_(world.skysql))) for one in trials]
        looked_up = reads.create_task(told.looked_up(situation.identity, questions))
    return (*(one.result() for one in tried), *looked_up.result())


def needed(plan: Plan, situation: Situation) -> Iterator[Trial | Question]:
    """What the run would have AWS change, in its order, and what an undo of that would."""
    network = situation.network
    if network is None:
        return
    job = _job(plan, situation)
    arns = _Arns(situation, network, plan)
    for part in (_vpc_dns, _group, _rules, _endpoint, _private_dns):
        yield from part(job, network, arns)


def _job(plan: Plan, situation: Situation) -> Job:
    """As it would be told to a step, with what is known before the run."""
    group, private = _standing_groups(plan, situation), situation.service.private
    seen = private.endpoint_service if private and situation.endpoint_service else None
    return Job(_NO_RUN, plan, situation, Known(group_ids=group, endpoint_service=seen))


def _standing_groups(plan: Plan, situation: Situation) -> tuple[GroupId, ...]:
    if isinstance(plan.group, ExistingGroups):
        return plan.group.ids
    ours = standing_group(plan.group, situation)
    return (ours.id,) if ours else ()


@dataclass(frozen=True, slots=True)
class _Arns:
    """What policies call the things that the run works on."""

    situation: Situation
    network: Network
    plan: Plan

    def __call__(self, kind: str, name: str, owner: str = "") -> str:
        partition = self.situation.identity.arn.split(":")[1:2] or ["aws"]
        account = owner or self.situation.identity.account
        return f"arn:{partition[0]}:ec2:{self.plan.region}:{account}:{kind}/{name}"

    @property
    def vpc(self) -> str:
        return self("vpc", self.plan.vpc, self.network.vpc.owner)

    @property
    def subnets(self) -> tuple[str, ...]:
        chosen = chosen_subnets(self.plan, self.network)
        return tuple(self("subnet", one.id, self.network.vpc.owner) for one in chosen)

    def groups(self, job: Job) -> tuple[str, ...]:
        """Those that stand, or the one to come."""
        return tuple(self("security-group", one) for one in job.known.group_ids or (_COMING["sg"],))

    @property
    def endpoint(self) -> str:
        return self("vpc-endpoint", _COMING["vpce"])


_COMING: Final = {kind: f"{kind}-{'0' * 17}" for kind in ("sg", "vpce")}
"""Ids of nothing. A policy that allows what is still to be made cannot do so by its id."""


def _vpc_dns(job: Job, network: Network, arns: _Arns) -> Iterator[Trial | Question]:
    step = VpcDnsOn()
    if not step.skip(job) and isinstance(step.decide(network.dns, job), Act):
        yield Question("ec2:ModifyVpcAttribute", (arns.vpc,))  # which knows no DryRun


def _group(job: Job, network: Network, arns: _Arns) -> Iterator[Trial | Question]:
    step = Group()
    decision = step.decide(network.groups, job)
    if isinstance(decision, Act):
        change = decision.change
        yield Trial("ec2:CreateSecurityGroup", lambda sides: step.act(sides, job, network.groups, change))
        yield Question("ec2:DeleteSecurityGroup", arns.groups(job))


def _rules(job: Job, network: Network, arns: _Arns) -> Iterator[Trial | Question]:
    step, group = Rules(), job.plan.group
    if not isinstance(group, NewGroup):
        return
    standing = next((one for one in network.groups if one.id in job.known.group_ids), None)
    sight = RulesSight(standing, job.service)
    if standing is None:
        if wanted_rules(group.ports, group.sources, job.service):
            yield Question("ec2:AuthorizeSecurityGroupIngress", arns.groups(job))
            yield Question("ec2:CreateTags", (arns("security-group-rule", "*"),))
    elif isinstance(decision := step.decide(sight, job), Act):
        change = decision.change
        yield Trial("ec2:AuthorizeSecurityGroupIngress", lambda sides: step.act(sides, job, sight, change))


def _endpoint(job: Job, network: Network, arns: _Arns) -> Iterator[Trial | Question]:
    if standing_endpoint(job.situation) is not None:
        return
    step, service = Endpoint(), job.situation.endpoint_service
    sight = EndpointSight(service, tuple(one for one in network.endpoints if service and one.service == service.name))
    if job.known.endpoint_service is None or not job.known.group_ids:
        yield Question("ec2:CreateVpcEndpoint", (arns.vpc, *arns.subnets, *arns.groups(job), arns("vpc-endpoint", "*")))
        yield Question("ec2:CreateTags", (arns("vpc-endpoint", "*"),))
    elif isinstance(decision := step.decide(sight, job), Act):
        change = decision.change
        yield Trial("ec2:CreateVpcEndpoint", lambda sides: step.act(sides, job, sight, change))
    yield Question("ec2:DeleteVpcEndpoints", (arns.endpoint,))


def _private_dns(job: Job, network: Network, arns: _Arns) -> Iterator[Trial | Question]:
    step, standing = PrivateDns(), standing_endpoint(job.situation)
    if step.skip(job) or (standing and (standing.private_dns or is_lost(standing))):
        return
    if standing is None:
        yield Question("ec2:ModifyVpcEndpoint", (arns.endpoint,))
    else:
        sight = PrivateDnsSight(standing, job.situation.endpoint_service, network.dns)
        yield Trial("ec2:ModifyVpcEndpoint", lambda sides: step.act(sides, job, sight, "enable"))
    yield Question(ASSOCIATE_ZONE, ("arn:aws:route53:::hostedzone/Z00000000000000000000",))
