"""The group's inbound rules: those that are missing are added, all at once; others are left alone."""

from dataclasses import dataclass
from typing import ClassVar

from core.facts import SecurityGroup, Service
from core.plan import ExistingGroups, NewGroup
from core.problems import NotFound
from core.standing import WantedRule, ports_by_purpose, wanted_rules
from core.text import count, listed
from core.work.decisions import Act, Decision, Done, Stop, Wait
from core.work.events import Side
from core.work.steps.of_service import read_service
from core.work.steps.service_states import in_flight
from core.work.steps.step import Job, Sides, Step
from core.work.together import together
from core.world import RuleRequest


@dataclass(frozen=True, slots=True)
class RulesSight:
    group: SecurityGroup | None  # None: just made and not listed yet
    service: Service  # its ports


class Rules(Step[RulesSight]):
    id: ClassVar[str] = "rules"
    title: ClassVar[str] = "Inbound rules"
    usual: ClassVar[str] = "a few seconds"
    side: ClassVar[Side] = "aws"

    def skip(self, job: Job) -> str:
        return "The groups' rules stay as they are." if isinstance(job.plan.group, ExistingGroups) else ""

    async def look(self, sides: Sides, job: Job) -> RulesSight:
        async with together() as reads:
            groups = reads.create_task(sides.aws.groups(job.plan.vpc))
            service = reads.create_task(read_service(sides, job))
        group = next((group for group in groups.result() if group.id in job.known.group_ids), None)
        return RulesSight(group, service.result())

    def state(self, sight: RulesSight, job: Job) -> str:
        if sight.group is None:
            return "not listed"
        due = len(missing(sight, job))
        return f"{count(due, 'rule')} missing" if due else "rules in place"

    def decide(self, sight: RulesSight, job: Job) -> Decision:
        group = _new(job)
        if sight.group is None:
            return Wait("not listed", "AWS does not list the group yet.", "Run again to look for it.", 300)
        _, without = ports_by_purpose(sight.service.ports, group.ports)
        if without:
            return _no_port(without, sight.service)
        due = missing(sight, job)
        if due:
            return Act("authorize", f"Add {count(len(due), 'rule')} to {sight.group.id}: {_words(due)}")
        return Done(f"{_words(_wanted(sight, job))} may connect.", job.known)

    async def act(self, sides: Sides, job: Job, sight: RulesSight, _change: str) -> None:
        service, due = sight.service.id, missing(sight, job)
        rules = [RuleRequest(rule.port, rule.source, f"{rule.purpose} of {service}") for rule in due]
        await sides.aws.authorize(job.known.group_ids[0], rules, job.tags(_new(job).name))


def missing(sight: RulesSight, job: Job) -> tuple[WantedRule, ...]:
    rules = sight.group.rules if sight.group else ()
    return tuple(rule for rule in _wanted(sight, job) if not rule.stands(rules))


def _wanted(sight: RulesSight, job: Job) -> tuple[WantedRule, ...]:
    group = _new(job)
    return wanted_rules(group.ports, group.sources, sight.service)


def _new(job: Job) -> NewGroup:
    assert isinstance(job.plan.group, NewGroup)  # noqa: S101 - the step is skipped for existing groups
    return job.plan.group


def _no_port(purposes: tuple[str, ...], service: Service) -> Decision:
    if in_flight(service.status) or not service.ports:
        return Wait(
            service.status,
            f"SkySQL does not show the service's ports while it is {service.status}.",
            "Run again when the service is ready.",
        )
    return Stop(
        NotFound(
            "no-such-port",
            f"{service.name} has no port for {listed(purposes)}.",
            cause=f"Its ports are for {listed([port.purpose for port in service.ports])}.",
            remedy="Name one of these in the plan and run again.",
            page="access",
        )
    )


def _words(rules: tuple[WantedRule, ...]) -> str:
    """`10.0.0.0/16 and sg-1 to port 3306`."""
    by_source: dict[str, list[str]] = {}
    for rule in rules:
        by_source.setdefault(rule.source, []).append(str(rule.port))
    by_ports: dict[str, list[str]] = {}
    for source, ports in by_source.items():
        by_ports.setdefault(f"port {listed(ports)}", []).append(source)
    return "; ".join(f"{listed(sources)} to {ports}" for ports, sources in by_ports.items())
