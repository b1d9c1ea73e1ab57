"""How SkySQL says no: its error body, filled in."""

from __future__ import annotations

import time
import uuid
from typing import Any


class Refusal(Exception):
    """An error answer: an HTTP status and one entry of `errors`."""

    def __init__(
        self, status: int, message: str, solution: str = "", *, kind: str = "validation_error", location: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.solution = solution
        self.kind = kind
        self.location = location

    def body(self, path: str, trace_id: str) -> dict[str, Any]:
        """The documented body. The timestamp is a number, or for authentication a string: both occur."""
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)) if self.status in (401, 403) else int(now)
        return {
            "errors": [
                {
                    "error": self.kind,
                    "message": self.message,
                    "solution": self.solution,
                    "type": "error",
                    "location": self.location,
                }
            ],
            "exception": "ApiException",
            "path": path,
            "code": self.status,
            "timestamp": stamp,
            "trace_id": trace_id,
        }


def trace_id() -> str:
    return uuid.uuid4().hex


def refusal_for(outcome: str) -> Refusal:
    """The refusal behind an HTTP status, or behind `400-pending`."""
    status = int(outcome.partition("-")[0])
    return Refusal(status, "The sandbox was asked for this answer")
