"""May this plan be carried out? Everything that can be known by reading, each as one finding, good ones included.

Pure. `CHECKS` is the order people read them.
"""

from typing import Final

from core.checks import access, accounts, dns, endpoint, names, network, rights, service
from core.checks.findings import Check, Finding
from core.facts import Situation
from core.plan import Plan

CHECKS: Final[tuple[Check, ...]] = (
    *service.CHECKS,
    *accounts.CHECKS,
    *rights.CHECKS,
    *network.CHECKS,
    *access.CHECKS,
    *endpoint.CHECKS,
    *dns.CHECKS,
    *names.CHECKS,
)


def preflight(plan: Plan, situation: Situation) -> tuple[Finding, ...]:
    """Every check's findings, in order."""
    return tuple(finding for check in CHECKS for finding in check(plan, situation))
