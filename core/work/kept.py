"""The plan that a run keeps beside its journal."""

from pathlib import Path

from core.plan import Plan, parse_plan
from core.problems import Failed, Problem
from core.work.history import Past


def plan_of(past: Past) -> Plan | None:
    """None when its file is not to be read any more, so that no plan is the same."""
    return plan_at(past.plan)


def plan_at(path: Path) -> Plan | None:
    try:
        return parse_plan(path.read_text("utf-8"))
    except (OSError, ValueError, Problem):
        return None


def kept_plan(past: Past) -> Plan:
    """The same for who cannot do without. Raises Failed."""
    plan = plan_of(past)
    if plan is None:
        raise Failed(
            "no-kept-plan",
            f"The plan that run {past.run} keeps cannot be read: {past.plan}",
            cause="The file is gone or was changed.",
            remedy=f"Apply the plan file you have, or take the run back: skysql-privatelink undo {past.run}",
        )
    return plan
