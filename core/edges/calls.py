"""A line in the log for every request that leaves the process, whatever becomes of it. Written with `--debug` alone.

Never a header, a body or a parameter: those hold keys, tokens and what is asked for.
"""

import logging
import time
from dataclasses import dataclass, field
from typing import Any, Final

from core.text import clean

NAME: Final = "skysql-privatelink"

log = logging.getLogger(f"{NAME}.calls")


@dataclass(frozen=True, slots=True)
class Request:
    """One request on its way. `action`: `ec2:DescribeVpcs`, method and path, or `login`; `attempt` counts from 1."""

    side: str  # aws, skysql, database
    action: str
    attempt: int
    region: str = ""
    began: float = field(default_factory=time.monotonic)

    def ended(self, *, status: int = 0, code: str = "", request_id: str = "") -> None:
        """`status`: HTTP, 0 when none came; `code`: of the error, AWS's own, the problem's or the exception's name."""
        facts = {
            "region": self.region,
            "attempt": str(self.attempt),
            "took": f"{time.monotonic() - self.began:.3f}s",
            "status": str(status or ""),
            "code": clean(code, 100),
            "request": clean(request_id, 200),
        }
        told = " ".join(f"{name}={value}" for name, value in facts.items() if value)
        log.debug("%s %s %s", self.side, self.action, told)


def watch(events: Any) -> None:
    """Have every attempt of every client told that is made with these botocore events. Nothing without `--debug`."""
    if log.isEnabledFor(logging.DEBUG):
        events.register_last("request-created", _sent)  # the last: signing may renew credentials first
        events.register("response-received", _answered)


def _sent(request: Any, event_name: str, **_more: Any) -> None:
    _, service, operation = event_name.split(".")
    context = request.context
    attempt = context.get("retries", {}).get("attempt", 1)
    context[NAME] = Request("aws", f"{service}:{operation}", attempt, context.get("client_region", ""))


def _answered(context: dict[str, Any], parsed_response: dict[str, Any] | None, exception: Any, **_more: Any) -> None:
    request, answer = context.get(NAME), parsed_response or {}
    if isinstance(request, Request):
        told = answer.get("ResponseMetadata", {})
        code = type(exception).__name__ if exception else str(answer.get("Error", {}).get("Code", ""))
        request.ended(status=told.get("HTTPStatusCode", 0), code=code, request_id=str(told.get("RequestId", "")))
