"""What a check says."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "blocker"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's verdict. `id` is stable; `page` names the wizard page (screens' file name) that puts it right."""

    id: str
    level: Level
    title: str
    detail: str = ""
    remedy: str = ""
    page: str = ""


def blocks(findings: Iterable[Finding]) -> bool:
    return any(finding.level == "blocker" for finding in findings)
