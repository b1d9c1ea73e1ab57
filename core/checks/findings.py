"""What a check is, and what it says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from core.facts import Situation
from core.plan import Plan

Level = Literal["ok", "warning", "blocker"]
Page = Literal["sign_in", "service", "accounts", "network", "access", "endpoint"]
"""The wizard page that puts a thing right, by its file's name in `screens`."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's verdict. `id` is stable."""

    id: str
    level: Level
    title: str
    detail: str = ""
    remedy: str = ""
    page: Page | Literal[""] = ""
    paste: str = ""  # what puts it right elsewhere, ready to paste: a policy


Check = Callable[[Plan, Situation], Iterable[Finding]]
"""Answers the findings it has; none when there is nothing to judge."""


def ok(page: Page, check: str, title: str) -> Finding:
    return Finding(check, "ok", title, page=page)


def warning(page: Page, check: str, title: str, detail: str, remedy: str = "") -> Finding:
    return Finding(check, "warning", title, detail, remedy, page)


def blocker(page: Page, check: str, title: str, detail: str, remedy: str) -> Finding:
    return Finding(check, "blocker", title, detail, remedy, page)


def blocks(findings: Iterable[Finding]) -> bool:
    return any(finding.level == "blocker" for finding in findings)
