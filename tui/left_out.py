"""Zones that were chosen and have no address in the end: told where a run ends, and kept in the page that is saved."""

from typing import TYPE_CHECKING

from core.draft import chosen_subnets
from core.export.clients import left_out
from core.problems import Problem
from core.work.events import RunEnded

if TYPE_CHECKING:
    from tui.app import Wizard


async def told_left_out(wizard: "Wizard", result: RunEnded) -> str:
    """What to know of them; empty when there are none, or nothing can be known. May read the VPC again."""
    draft = wizard.draft
    if draft.vpc is None:
        return ""
    try:
        network = await wizard.readings.network(wizard.region, draft.vpc)
    except Problem:  # the link works: this alone is no reason to say that something does not
        return ""
    chosen = chosen_subnets(draft)
    return left_out(result.dns_names, sorted(subnet.zone.name for subnet in network.subnets if subnet.id in chosen))
