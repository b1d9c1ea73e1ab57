"""How SkySQL says no: its words, and its error body filled in. The fault layer takes its refusals from here too."""

from __future__ import annotations

import hashlib
import itertools
import json
import time
from typing import Any

from werkzeug.wrappers import Response

UNDOCUMENTED = {"internal": {"shard": 7, "flags": None}}  # in every answer: a client must not mind it
_PENDING = "service modification not allowed while service is in a pending state"  # the older API's own words
_IN_PROGRESS = "operation already in progress"
_numbers = itertools.count(1)


class Refusal(Exception):
    """An error answer: an HTTP status and one entry of `errors`; `sparse` leaves out every other field."""

    def __init__(
        self,
        status: int,
        message: str,
        solution: str = "",
        *,
        kind: str = "validation_error",
        location: str = "",
        sparse: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.solution = solution
        self.kind = kind
        self.location = location
        self.sparse = sparse

    def body(self, path: str, number: int) -> dict[str, Any]:
        """The documented body of the answer to request `number`: every other timestamp is digits in a string."""
        if self.sparse:
            return {"errors": [{"message": self.message}]}
        now = int(time.time())
        return {
            "errors": [
                {
                    "error": self.kind,
                    "message": self.message,
                    "solution": self.solution,
                    "type": "error",
                    "location": self.location,
                    "metadata": {},
                }
            ],
            "exception": "ApiException",
            "path": path,
            "code": self.status,
            "timestamp": str(now) if number % 2 else now,
            "trace_id": trace_id(number),
            **UNDOCUMENTED,
        }

    def answer(self, path: str, number: int) -> Response:
        """The whole answer, which is a WSGI application too."""
        body, headers = json.dumps(self.body(path, number)), {"X-Request-Id": trace_id(number)}
        return Response(body, self.status, headers, mimetype="application/json")


def numbered() -> int:
    """The number of a request that has just come in."""
    return next(_numbers)


def trace_id(number: int) -> str:
    """What names the request in the vendor's logs: the same in every sandbox that is asked the same."""
    return hashlib.sha256(f"request {number}".encode()).hexdigest()[:32]


def pending(*, older: bool) -> Refusal:
    """Another change to the service is in flight: a 400 with known words, or, in newer versions, a 409."""
    wait = "Wait until the service is ready and try again"
    return Refusal(400, _PENDING, wait) if older else Refusal(409, _IN_PROGRESS, wait, kind="conflict")


def unauthorized() -> Refusal:
    return Refusal(
        401,
        "The API key is missing, wrong or revoked",
        "Send a valid key in the X-API-Key header",
        kind="unauthorized",
    )


def forbidden(lack: str = "This key has no right to change services here") -> Refusal:
    return Refusal(403, lack, "Ask an administrator of the organization for access", kind="forbidden")


def not_found(what: str = "What was asked for") -> Refusal:
    return Refusal(
        404, f"{what} does not exist", "Check the name, and that it belongs to this organization", kind="not_found"
    )


_FULL = {
    "400": Refusal(400, "The request is not valid", "Compare it with the API's description"),
    "400-pending": pending(older=True),
    "401": unauthorized(),
    "402": Refusal(402, "No payment method is on file", "Add one in the portal", kind="payment_required"),
    "403": forbidden(),
    "404": not_found(),
    "409": pending(older=False),
    "422": Refusal(422, "The request cannot be carried out", "Compare it with the API's description"),
    "429": Refusal(429, "Too many requests", "Send fewer at a time", kind="rate_limit_exceeded"),
    "500": Refusal(500, "Something went wrong", "Try again later", kind="internal_error"),
    "502": Refusal(502, "The service behind this address does not answer", "Try again later", kind="bad_gateway"),
    "503": Refusal(503, "The service is unavailable", "Try again later", kind="unavailable"),
    "504": Refusal(504, "The service behind this address is too slow", "Try again later", kind="gateway_timeout"),
}
_SPARSE = {f"{name}-sparse": Refusal(full.status, full.message, sparse=True) for name, full in _FULL.items()}
REFUSALS = {**_FULL, **_SPARSE}
"""What a fault may ask for → how SkySQL words it. `-sparse`: the same in a body with hardly a field."""


def refusal_for(outcome: str) -> Refusal:
    """The refusal behind a key of REFUSALS, or behind any other HTTP status with or without `-sparse`."""
    status, _, form = outcome.partition("-")
    other = Refusal(int(status), "The sandbox was asked for this answer", sparse=form == "sparse")
    return REFUSALS.get(outcome, other)
