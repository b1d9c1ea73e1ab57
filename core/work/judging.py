"""What the checks say of a plan on this machine: the situation, and which runs' journals lie here."""

import asyncio
from pathlib import Path

from core.checks.elsewhere import made_elsewhere
from core.checks.findings import Finding
from core.checks.preflight import preflight
from core.facts import Situation
from core.plan import Plan
from core.work.left_open import known_here


async def judged(plan: Plan, situation: Situation, folder: Path) -> tuple[Finding, ...]:
    """Every finding, in the order people read them. `folder` is where the journals lie."""

    def judge() -> tuple[Finding, ...]:
        return (*preflight(plan, situation), *made_elsewhere(plan, situation, known_here(folder)))

    return await asyncio.to_thread(judge)  # thousands of clients take a while
