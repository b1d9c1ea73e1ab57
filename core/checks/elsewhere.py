"""What another machine's run has made for the service: recognised by its tags, without that run's journal."""

from collections.abc import Collection, Iterable, Iterator

from core.checks.findings import Finding, warning
from core.facts import SecurityGroup, Situation, VpcEndpoint
from core.plan import ExistingGroups, Plan
from core.standing import is_gone, is_lost, is_ours, standing_endpoint, standing_group
from core.text import clean, listed
from core.values import RUN_TAG, RunId


def made_elsewhere(plan: Plan, situation: Situation, local: Collection[RunId]) -> Iterable[Finding]:
    """A finding for each run that is not among `local` and has left something in the plan's VPC."""
    adopted = _adopted(plan, situation)
    by_run: dict[str, list[SecurityGroup | VpcEndpoint]] = {}
    for made in _ours(situation):
        run = clean(dict(made.tags).get(RUN_TAG, ""), 100)
        if run and run not in local:
            by_run.setdefault(run, []).append(made)
    for run, found in by_run.items():
        used = [_named(made) for made in found if made.id in adopted]
        other = [_named(made) for made in found if made.id not in adopted]
        fate = [f"This run uses it instead of making another: {listed(used)}."] if used else []
        fate += [f"The plan has no use for {listed(other)}: left as it is."] if other else []
        yield warning(
            "endpoint",
            "made-elsewhere",
            f"Run {run} has begun a link here, and this machine has no journal of it.",
            " ".join(fate),
            f"Make sure that it does not go on elsewhere, and keep {run}.jsonl: it alone knows what stood before.",
        )


def _ours(situation: Situation) -> Iterator[SecurityGroup | VpcEndpoint]:
    if situation.network is None:
        return
    service = situation.service.id
    yield from (group for group in situation.network.groups if is_ours(group, service))
    yield from (each for each in situation.network.endpoints if is_ours(each, service) and not is_gone(each))


def _adopted(plan: Plan, situation: Situation) -> frozenset[str]:
    """Ids of what a run of the plan goes on with."""
    endpoint = standing_endpoint(situation)
    group = None if isinstance(plan.group, ExistingGroups) else standing_group(plan.group, situation)
    chosen = plan.group.ids if isinstance(plan.group, ExistingGroups) else ()
    return frozenset(
        [*chosen, *([endpoint.id] if endpoint and not is_lost(endpoint) else []), *([group.id] if group else [])]
    )


def _named(made: SecurityGroup | VpcEndpoint) -> str:
    if isinstance(made, VpcEndpoint):
        return f"VPC endpoint {made.id} ({clean(made.state, 40)})"
    return f"security group {made.id} “{clean(made.name, 100)}”"
