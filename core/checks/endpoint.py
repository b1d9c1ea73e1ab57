"""The VPC endpoint: whether one can be made, or one that stands is what the plan wants."""

from collections.abc import Iterable
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.facts import Situation
from core.plan import Plan
from core.standing import chosen_subnets, is_gone, is_lost, is_ours, lack, offered, standing_endpoint, wanted_groups

_ENDPOINTS_PER_VPC: Final = 50


def endpoint_quota(plan: Plan, situation: Situation) -> Iterable[Finding]:
    network = situation.network
    if network is None or standing_endpoint(situation) is not None:
        return
    number = sum(not is_gone(endpoint) for endpoint in network.endpoints)
    if number >= _ENDPOINTS_PER_VPC:
        yield warning(
            "endpoint",
            "endpoint-quota",
            f"{plan.vpc} has {number} endpoints.",
            f"AWS takes {_ENDPOINTS_PER_VPC} in a VPC unless it has raised the quota (L-29B6F2EB).",
            "Make sure that the quota has room, or delete an endpoint nobody uses.",
        )


def standing_link(plan: Plan, situation: Situation) -> Iterable[Finding]:
    standing = standing_endpoint(situation)
    if standing is None:
        return
    if is_lost(standing):
        yield blocker(
            "endpoint",
            "endpoint",
            f"VPC endpoint {standing.id} of an earlier run is {standing.state}.",
            f"It cannot be revived. {standing.last_error}".strip(),
            f"Delete {standing.id} in the AWS console and run again; a new one is made.",
        )
        return
    usable, _ = offered(chosen_subnets(plan, situation.network), situation.endpoint_service)
    lacking = lack(standing, wanted_groups(plan, situation), [subnet.id for subnet in usable])
    if lacking:
        yield blocker(
            "endpoint",
            "endpoint",
            f"{plan.vpc} has an endpoint to the service already, and it is not what the plan says.",
            f"Of {standing.id}: {lacking}.",
            f"Put into the plan what {standing.id} has, or change or delete it in the AWS console; then run again.",
        )
    elif is_ours(standing, situation.service.id):
        yield ok("endpoint", "endpoint", f"VPC endpoint {standing.id} of an earlier run is used again.")
    else:
        yield warning(
            "endpoint",
            "endpoint",
            f"VPC endpoint {standing.id} to the service is there already and is used.",
            "It was not made by this program; its name and tags stay as they are."
            + (" Private DNS is switched on for it." if plan.private_dns and not standing.private_dns else ""),
            "Nothing has to be done. If somebody else looks after it, tell them what it is used for now.",
        )


CHECKS: Final[tuple[Check, ...]] = (
    endpoint_quota,
    standing_link,
)
