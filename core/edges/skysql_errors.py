"""What the SkySQL API answers instead of what was asked, and what happens when it does not answer, told in words.

None of it holds the request or the key: a key that an answer repeats is blotted out, as in every Problem.
"""

import email.utils
import re
import time
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from core.checks.findings import Page
from core.edges import skysql_answers as answers
from core.problems import Busy, Conflict, Failed, Nonsense, NotAllowed, NotFound, NotSignedIn, Passing, Problem, Unclear
from core.redaction import redact
from core.text import clean

LARGEST = 20_000_000  # bytes of an answer
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
"""Raised before a request is on its way."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; `noun` says in words what a 404 means, `change` that it must not be sent twice.

    `secret`: nothing of an answer is quoted that is not an error of the API's own. `page`: where what is sent is
    chosen in the wizard.
    """

    method: str
    path: str
    noun: str = "this part of the API"
    body: Any = None
    secret: bool = False
    page: Page | Literal[""] = ""

    @property
    def change(self) -> bool:
        return self.method != "GET"

    @property
    def of_service(self) -> bool:
        """Whether one service is meant, so that a 404 says something of that."""
        return "/services/" in self.path


@dataclass(frozen=True, slots=True)
class Answered:
    status: int
    headers: httpx.Headers
    body: bytes


class TooLarge(Exception):
    """The answer goes on and on."""


CHOOSE = "Choose one from the list of services; one of another organization needs --org."
_BETWEEN = "Check SKYSQL_API_URL, and whether a proxy or a login page of this network stands between."
_LATER = "Wait a little, then try again."
_NETWORK = "Check the network, VPN and proxy of this machine, and SKYSQL_API_URL; then try again."
_LOOK = "Look what SkySQL says of the service before sending it again; going on does that by itself."


def lost(error: Exception, asked: Asked) -> Problem:
    """No answer, or half of one."""
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error).upper():
        return Failed(
            "skysql.certificate",
            "SkySQL's certificate is not trusted here.",
            cause="A proxy that opens TLS may stand between, or this machine's clock is wrong.",
            remedy="Put the proxy's certificate into a file and name it in SSL_CERT_FILE; then try again.",
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError):
        return Failed("skysql.url", "SkySQL's address cannot be used.", remedy=_BETWEEN)
    reason = _REASONS.get(type(error), "The connection broke.")
    if asked.change and not isinstance(error, _NOT_SENT):
        return _unclear(reason)
    if isinstance(error, TooLarge | httpx.DecodingError):
        return Nonsense(
            "skysql.nonsense", "What SkySQL's address answers cannot be read.", cause=reason, remedy=_BETWEEN
        )
    return Passing("skysql.unreachable", "SkySQL could not be reached.", cause=reason, remedy=_NETWORK)


_REASONS: dict[type[Exception], str] = {
    httpx.ConnectError: "The name does not resolve, or nothing listens there.",
    httpx.ConnectTimeout: "No connection came about in time.",
    httpx.ProxyError: "The proxy refused (HTTPS_PROXY).",
    httpx.ReadTimeout: "No answer came in time.",
    httpx.WriteTimeout: "The request could not be sent in time.",
    TimeoutError: "The answer did not end in time.",
    TooLarge: f"The answer is larger than {LARGEST // 1_000_000} MB.",
    httpx.DecodingError: "The answer is compressed in a way that cannot be undone.",
}


def _unclear(cause: str, trace: str = "") -> Unclear:
    return Unclear(
        "skysql.unclear",
        "SkySQL did not answer the change: it is not known whether it was made.",
        cause=cause,
        remedy=_LOOK,
        request_id=trace,
    )


def nonsense(body: bytes, asked: Asked) -> Problem:
    shown = "" if asked.secret else f"It begins: “{_beginning(body)}”."
    cause = shown if body.strip() else "The answer is empty."
    if asked.change:
        return _unclear(f"What came back is not from the API. {cause}")
    return Nonsense(
        "skysql.nonsense", "What answered at SkySQL's address is not its API.", cause=cause, remedy=_BETWEEN
    )


def _beginning(body: bytes) -> str:
    return clean(redact(body[:2000].decode("utf-8", "replace")), 120)  # redacted first: spaces are folded, text is cut


@dataclass(frozen=True, slots=True)
class _Row:
    """How a status is told: {noun} {organization} {where}."""

    kind: type[Problem]
    code: str
    what: str
    cause: str = ""
    remedy: str = ""
    page: Page | Literal[""] = ""


_BUSY = _Row(
    Busy,
    "skysql.busy",
    "Another change to the service is in flight.",
    remedy="Wait until it is ready: it passes by itself.",
)
_TAKEN = _Row(
    Conflict, "skysql.taken", "SkySQL says that it is taken.", remedy="Change what SkySQL names, then try again."
)
_NO_API = _Row(
    NotFound,
    "skysql.not-found",
    "SkySQL knows no {noun} in {organization}.",
    "The address is not the API's, or there is no such organization.",
    "Check SKYSQL_API_URL and the organization, and whether a proxy or a login page of this network stands between.",
    "sign_in",
)
_REDIRECT = _Row(
    Failed,
    "skysql.redirect",
    "SkySQL's address points elsewhere{where}.",
    "The key is sent to no other address.",
    _BETWEEN,
)
_FAULT = _Row(Passing, "skysql.fault", "SkySQL has a fault of its own.", remedy=_LATER)

_STATUSES: dict[int, _Row] = {
    401: _Row(
        NotSignedIn,
        "skysql.key-refused",
        "SkySQL does not accept the API key.",
        "It is mistyped, revoked, or has run out.",
        "Make a new one at app.skysql.com under your profile, API keys; then sign in with it, or set SKYSQL_API_KEY.",
        "sign_in",
    ),
    403: _Row(
        NotAllowed,
        "skysql.not-allowed",
        "The API key has no right to do this in {organization}.",
        "",
        "Ask the organization's administrator for the right to manage services, or choose another with --org.",
        "sign_in",
    ),
    404: _Row(
        NotFound,
        "skysql.not-found",
        "SkySQL knows no {noun} in {organization}.",
        "It was deleted, or belongs to another organization.",
        CHOOSE,
        "service",
    ),
    408: _FAULT,
    425: _FAULT,
    429: _Row(Passing, "skysql.throttled", "SkySQL asks to go slower.", remedy="Wait a little; this passes by itself."),
}


def refused(answered: Answered, asked: Asked, organization: str) -> Problem:
    """A status of 300 and more."""
    told = answers.refusal(answered.body) or answers.RefusalAnswer()
    words, trace = told.words, told.trace_id or answered.headers.get("x-request-id", "")
    row = _row(answered.status, words.lower(), asked)
    if row is _FAULT and asked.change:
        return _unclear(f"It answered with status {answered.status}. {words}", trace)
    fields = {
        "noun": asked.noun,
        "organization": f"organization {organization}" if organization else "the key's organization",
        "where": _elsewhere(answered.headers.get("location", "")),
    }
    page = "" if asked.secret else _page(answered.body)
    quoted = f"SkySQL says: “{words}”" if words else page
    return row.kind(
        row.code,
        row.what.format(**fields),
        cause=f"{row.cause} {quoted}",
        remedy=f"{_sentence(told.solution)} {row.remedy}",
        request_id=trace,
        wait=_retry_after(answered.headers),
        page=row.page,
    )


def _sentence(words: str) -> str:
    return f"{words}." if words and words[-1] not in ".!?…" else words


def _row(status: int, words: str, asked: Asked) -> _Row:
    if status in (400, 409) and re.search(r"\bpending\b|\bpending_|in progress", words):
        return _BUSY
    if status == 409:
        return _TAKEN if "already" in words else _BUSY
    if status < 400:
        return _REDIRECT
    if status >= 500:
        return _FAULT
    if status == 404 and not asked.of_service:
        return _NO_API
    refused = _Row(
        Failed,
        "skysql.refused",
        f"SkySQL refused this (status {status}).",
        remedy="Change it, then try again.",
        page=asked.page,
    )
    return _STATUSES.get(status, refused)


def _page(body: bytes) -> str:
    """A body that is not the API's: a proxy's page, say."""
    return f"What answered is not its API: “{_beginning(body)}”." if body.strip() else ""


def _elsewhere(location: str) -> str:
    """The host alone: the rest of a redirect may carry what was sent."""
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return f", to {clean(host, 100)}" if host else ""


def _retry_after(headers: httpx.Headers) -> float:
    """Seconds; told as a number or as a date."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(told).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0
