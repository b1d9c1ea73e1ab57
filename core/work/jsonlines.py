"""Events as the `--json` lines of the contract: one flat object each, with `event` and `at`.

Beside the contract's run, check, step, progress, error and result there are changed (`step`, `detail`: a change went
out and took), interrupted (`at`: since when the service cannot be reached) and reachable (`seconds`). `run` also has
`journal`, `service`, `resumed` and `kind` (link or undo; an undo has no `plan`); `result` also `kind`,
`security_group_ids`, `detail` and `exit_code`, and of an undo `removed` (ids of what is gone from AWS) and `left` (what
stays and why, a sentence each).

A chain (`core.checks.chain`) is told by one link line a link, in its order: `link` (stable: here, name, tcp, greeting,
tls, login, query, …), `title`, `state` = ok|failed|skipped, `seen`, and of the one that failed `why` and `remedy`.
Those behind it are skipped with nothing seen.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Final

from core.checks.chain import ChainLink
from core.work.events import (
    Changed,
    CheckMade,
    ErrorTold,
    Event,
    Interrupted,
    Reachable,
    RunEnded,
    RunStarted,
    Seen,
    StepChanged,
)
from core.work.journal import Json, stamp

_NAMES: Final[dict[type[Event], str]] = {
    RunStarted: "run",
    CheckMade: "check",
    StepChanged: "step",
    Seen: "progress",
    Changed: "changed",
    Interrupted: "interrupted",
    Reachable: "reachable",
    ErrorTold: "error",
    RunEnded: "result",
}


def as_json(event: Event) -> dict[str, Json]:
    """A fresh object of JSON values; times are UTC, RFC 3339, durations seconds."""
    return {"event": _NAMES[type(event)], "at": stamp(event.at), **_facts(event)}


def link_as_json(link: ChainLink, at: datetime) -> dict[str, Json]:
    """A link of a chain, judged at `at`."""
    told = asdict(link.verdict)
    return {"event": "link", "at": stamp(at), "link": link.id, "title": link.title, **told}


def _facts(event: Event) -> dict[str, Json]:
    match event:
        case CheckMade(finding=finding):
            return {name: getattr(finding, name) for name in ("id", "level", "title", "detail", "remedy")}
        case StepChanged():
            return {
                "step": event.step,
                "state": event.state,
                "detail": event.detail,
                "elapsed": round(event.elapsed, 3),
            }
        case Seen():
            return {"step": event.step, "side": event.side, "state_seen": event.state, "detail": event.detail}
        case Reachable():
            return {"seconds": round(event.seconds, 3)}
        case RunEnded():
            return _result(event)
    return {name: value for name, value in asdict(event).items() if name != "at"}


def _result(event: RunEnded) -> dict[str, Json]:
    downtime = event.downtime_seconds
    return {
        "status": event.status,
        "run": event.run,
        "service_id": event.service_id,
        "endpoint_service": event.endpoint_service,
        "vpc_endpoint_id": event.vpc_endpoint_id,
        "security_group_id": event.security_group_id,
        "security_group_ids": list(event.security_group_ids),
        "dns_names": list(event.dns_names),
        "host": event.host,
        "ports": dict(event.ports),
        "downtime_seconds": None if downtime is None else round(downtime, 3),
        "detail": event.detail,
        "exit_code": event.exit_code,
        "kind": event.kind,
        **({"removed": list(event.removed), "left": list(event.left)} if event.kind == "undo" else {}),
    }
