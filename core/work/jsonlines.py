"""Events as the `--json` lines of the contract: one flat object each, with `event` and `at`.

Beside the contract's run, check, step, progress, error and result there are changed (`step`, `detail`: a change went
out and took), interrupted (`at`: since when the service cannot be reached) and reachable (`seconds`). `run` also has
`journal`, `service`, `resumed` and `kind` (link or undo; an undo has no `plan`); `result` also `kind`,
`security_group_ids`, `detail` and `exit_code`, and of an undo `removed` (ids of what is gone from AWS) and `left` (what
stays and why, a sentence each); `error` also `page` (the wizard page that puts it right, by the name findings have for
it; empty where none can) and `paste` (what puts it right elsewhere, ready to paste: a policy); a check has `paste`,
too, where there is one.

What `--detach` hands over ends, when it has begun, with `detached` (`run`, `pid`) instead of a result.

A chain (`core.checks.chain`) is told by one link line a link, in its order: `link` (stable: here, name, tcp, greeting,
tls, login, query, …), `title`, `state` = ok|failed|skipped, `seen`, and of the one that failed `why` and `remedy`.
Those behind it are skipped with nothing seen.

`doctor` tells its chain so, then one reach line a client and port: `port`, `client` (eni-…, or i-… where interfaces may
not be read), `name`, `where` (subnet and zone), `verdict` = yes|partly|no|unknown, and `why`, the one rule that
decides. Its `result` has `status` = done|failed|unproven, `detail`, `exit_code`, `service_id`, `service`, `vpc`,
`vpc_endpoint_id`, `host`, `port`, `broken` (the link's id; empty when none is) and `paste`: lines that try the same on
another machine, when it has to be proved from there.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, Final, cast, get_args

from core.checks.chain import ChainLink, first_broken
from core.checks.findings import Finding, Level
from core.checks.reach import Reached
from core.text import clean, is_plain
from core.work.doctor import Diagnosis
from core.work.events import (
    Changed,
    CheckMade,
    ErrorTold,
    Event,
    Interrupted,
    Kind,
    Reachable,
    RunEnded,
    RunStarted,
    Seen,
    Side,
    Status,
    StepChanged,
    StepState,
)
from core.work.journal import Json, stamp

Line = Mapping[str, Any]

_LONGEST: Final = 1e9  # seconds; thirty years

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


def reach_as_json(reached: Reached, port: int, at: datetime) -> dict[str, Json]:
    """Whether a client reaches a port, judged at `at`."""
    return {
        "event": "reach",
        "at": stamp(at),
        "port": port,
        "client": reached.client.id,
        "name": reached.client.name,
        "where": reached.where,
        "verdict": reached.verdict,
        "why": reached.why,
    }


def diagnosis_as_json(diagnosis: Diagnosis, exit_code: int, at: datetime) -> dict[str, Json]:
    """The doctor's result."""
    case, broken = diagnosis.case, first_broken(diagnosis.links)
    return {
        "event": "result",
        "at": stamp(at),
        "status": diagnosis.outcome,
        "detail": diagnosis.told,
        "exit_code": exit_code,
        "service_id": case.service.id,
        "service": case.service.name,
        "vpc": case.endpoint.vpc if case.endpoint else "",
        "vpc_endpoint_id": case.endpoint.id if case.endpoint else "",
        "host": diagnosis.target.name,
        "port": diagnosis.target.port,
        "broken": broken.id if broken else "",
        "paste": [trial.text for trial in diagnosis.trials],
    }


def _facts(event: Event) -> dict[str, Json]:
    match event:
        case CheckMade(finding=finding):
            told = {name: getattr(finding, name) for name in ("id", "level", "title", "detail", "remedy")}
            return {**told, "paste": finding.paste} if finding.paste else told
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


def from_json(line: object) -> Event | None:
    """The event that `as_json` made this line of; None for a line that is none, or that another version may have made.

    Times are to the millisecond, and a finding's page is not told. Text that cannot be shown as it stands is cleaned.
    """
    try:
        told = cast("Line", line)
        return _READERS[told["event"]](told, _time(told["at"]))
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _run(line: Line, at: datetime) -> RunStarted:
    run, plan, journal, service = (_text(line[name]) for name in ("run", "plan", "journal", "service"))
    return RunStarted(at, run, plan, journal, service, line["resumed"] is True, _one_of(Kind, line["kind"]))


def _check(line: Line, at: datetime) -> CheckMade:
    title, detail, remedy = (_text(line[name]) for name in ("title", "detail", "remedy"))
    paste = _text(line.get("paste", ""))
    return CheckMade(at, Finding(_text(line["id"]), _one_of(Level, line["level"]), title, detail, remedy, paste=paste))


def _step(line: Line, at: datetime) -> StepChanged:
    state = _one_of(StepState, line["state"])
    return StepChanged(at, _text(line["step"]), state, _text(line["detail"]), _seconds(line["elapsed"]))


def _seen(line: Line, at: datetime) -> Seen:
    side = _one_of(Side, line["side"])
    return Seen(at, _text(line["step"]), side, _text(line["state_seen"]), _text(line["detail"]))


def _error(line: Line, at: datetime) -> ErrorTold:
    code, message, cause, remedy = (_text(line[name]) for name in ("code", "message", "cause", "remedy"))
    page, paste = _text(line.get("page", "")), _text(line.get("paste", ""))  # once there were neither
    return ErrorTold(at, code, message, cause, remedy, _text(line["request_id"]), page, paste)


def _ended(line: Line, at: datetime) -> RunEnded:
    downtime = line["downtime_seconds"]
    return RunEnded(
        at=at,
        status=_one_of(Status, line["status"]),
        run=_text(line["run"]),
        service_id=_text(line["service_id"]),
        endpoint_service=_text(line["endpoint_service"]),
        vpc_endpoint_id=_text(line["vpc_endpoint_id"]),
        security_group_id=_text(line["security_group_id"]),
        dns_names=_texts(line["dns_names"]),
        host=_text(line["host"]),
        ports=tuple((_text(purpose), _whole(number)) for purpose, number in line["ports"].items()),
        downtime_seconds=None if downtime is None else _seconds(downtime),
        detail=_text(line["detail"]),
        exit_code=_whole(line["exit_code"]),
        security_group_ids=_texts(line["security_group_ids"]),
        kind=_one_of(Kind, line["kind"]),
        removed=_texts(line.get("removed", [])),
        left=_texts(line.get("left", [])),
    )


_READERS: Final[Mapping[str, Callable[[Line, datetime], Event]]] = {
    "run": _run,
    "check": _check,
    "step": _step,
    "progress": _seen,
    "changed": lambda line, at: Changed(at, _text(line["step"]), _text(line["detail"])),
    "interrupted": lambda _line, at: Interrupted(at),
    "reachable": lambda line, at: Reachable(at, _seconds(line["seconds"])),
    "error": _error,
    "result": _ended,
}


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value if is_plain(value) else clean(value, len(value))


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _one_of(words: object, value: object) -> Any:
    if value not in get_args(words):
        raise ValueError(value)
    return value


def _whole(value: object) -> int:
    if type(value) is not int or not 0 <= value <= 65535:
        raise ValueError(value)
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= _LONGEST:  # NaN is not
        raise ValueError(value)
    return float(value)


def _time(value: object) -> datetime:
    at = datetime.fromisoformat(_text(value))
    if at.tzinfo is None or not 1 < at.year < 9999:  # it is shown in the zone of whoever looks
        raise ValueError(value)
    return at.astimezone(UTC)
