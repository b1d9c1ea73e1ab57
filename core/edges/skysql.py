"""The SkySQL API: one door for every request, so that key, time limits, retries and errors are the same for all.

Reads are tried four times; a change is sent once, and when its answer is lost it is Unclear. No redirect is followed:
the key goes to no other address. What is raised holds neither request nor key.
"""

import asyncio
import email.utils
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

from core import __version__
from core.edges import skysql_answers as answers
from core.edges.settings import checked_organization, is_loopback
from core.edges.threads import in_thread
from core.facts import Service
from core.problems import (
    Busy,
    Conflict,
    Failed,
    Nonsense,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Passing,
    Problem,
    Unclear,
)
from core.text import clean
from core.values import AccountId, Invalid, ServiceId, parse_key
from core.world import Secret, Settings

T = TypeVar("T")

_LIMITS = httpx.Timeout(30.0, connect=10.0)
_WHOLE_LIMIT = 90.0
"""Seconds for one request and its whole answer: the limits above only bound each silence."""

_LARGEST = 20_000_000  # bytes of an answer
_PARSED_IN_PLACE = 50_000  # bytes; more would hold up the event loop

_PAUSES = (0.5, 1.5, 4.0)
"""Seconds before a read is tried again, each stretched by up to half at random."""

_PATIENCE = 30.0
"""The longest Retry-After that is waited for here; a longer one is the caller's to decide."""

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request; `noun` says in words what a 404 means, `change` that it must not be sent twice."""

    method: str
    path: str
    noun: str = "this part of the API"
    body: Any = None

    @property
    def change(self) -> bool:
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class _Answered:
    status: int
    headers: httpx.Headers
    body: bytes


class SkySQLApi:
    """`core.world.SkySQL` over HTTP."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._settings = settings
        self._sleep = sleep
        host = urlsplit(settings.skysql_url).hostname or ""
        self._client = httpx.AsyncClient(
            base_url=settings.skysql_url,
            headers={"Accept": "application/json", "User-Agent": f"skysql-privatelink/{__version__}"},
            timeout=_LIMITS,
            follow_redirects=False,
            trust_env=not is_loopback(host),  # a proxy elsewhere cannot reach this machine's own addresses
            transport=transport,
        )

    def use_key(self, key: Secret, organization: str) -> None:
        """From the next call on. Usage when the organization cannot be one."""
        self._settings = replace(self._settings, skysql_key=key, organization=checked_organization(organization))

    async def close(self) -> None:
        await self._client.aclose()

    async def probe(self) -> None:
        await self._call(
            _Asked("GET", "/provisioning/v1/versions?page_size=1", "versions at this address"), answers.nothing
        )

    async def services(self) -> tuple[Service, ...]:
        return await self._call(
            _Asked("GET", "/provisioning/v1/services", "services at this address"), answers.services
        )

    async def service(self, service: ServiceId) -> Service:
        return await self._call(_Asked("GET", _path(service), f"service {service}"), answers.service)

    async def switch(self, service: ServiceId, accounts: Sequence[AccountId]) -> None:
        body = [{"mechanism": "privateconnect", "allowed_accounts": list(accounts), "visibility": "private"}]
        asked = _Asked("PATCH", f"{_path(service)}/endpoints", f"service {service}", body)
        await self._call(asked, answers.nothing)

    # -------------------------------------------------------------------------------------- the door

    async def _call(self, asked: _Asked, parse: Callable[[bytes], T]) -> T:
        """Ask, again where that is safe, and parse. Raised outside every handler: those hold request and key."""
        key = self._key()
        pauses = iter(() if asked.change else _PAUSES)
        while isinstance(answered := await self._once(asked, key), Problem):
            pause = next(pauses, None)
            if pause is None or type(answered) is not Passing or answered.wait > _PATIENCE:
                raise answered
            await self._sleep(max(answered.wait, pause * random.uniform(1.0, 1.5)))  # noqa: S311 - no secret
        try:
            return await _parsed(answered.body, parse)
        except answers.NotTheShape:
            problem = _nonsense(answered.body, asked, key)
        raise problem

    async def _once(self, asked: _Asked, key: str) -> _Answered | Problem:
        try:
            async with asyncio.timeout(_WHOLE_LIMIT):
                answered = await self._send(asked, key)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError, _TooLarge) as error:
            return _lost(error, asked)
        return answered if answered.status < 300 else _refused(answered, asked, key, self._settings.organization)

    async def _send(self, asked: _Asked, key: str) -> _Answered:
        headers = {"X-API-Key": key}
        if self._settings.organization:
            headers["X-MDB-Org"] = self._settings.organization
        body = bytearray()
        async with self._client.stream(asked.method, asked.path, headers=headers, json=asked.body) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST:
                    raise _TooLarge
            return _Answered(response.status_code, response.headers, bytes(body))

    def _key(self) -> str:
        """The key, known to fit into a header: httpx quotes one that does not in its error."""
        try:
            return parse_key(self._settings.skysql_key.reveal())
        except Invalid as why:
            problem = NotSignedIn("skysql.no-key", why.what, remedy=why.remedy)
        raise problem


class _TooLarge(Exception):
    """The answer goes on and on."""


async def _parsed(body: bytes, parse: Callable[[bytes], T]) -> T:
    return parse(body) if len(body) < _PARSED_IN_PLACE else await in_thread(lambda: parse(body))


def _path(service: ServiceId) -> str:
    if not answers.is_service_id(service):
        raise NotFound("skysql.no-such-service", "That cannot be a SkySQL service's id.", remedy=_CHOOSE)
    return f"/provisioning/v1/services/{service}"


# ---------------------------------------------------------------------------- what came, or did not, told

_CHOOSE = "Choose one from the list of services; one of another organization needs --org."
_BETWEEN = "Check SKYSQL_API_URL, and whether a proxy or a login page of this network stands between."
_LATER = "Wait a little, then Retry."
_NETWORK = "Check the network, VPN and proxy of this machine, and SKYSQL_API_URL; then Retry."
_LOOK = "Look what SkySQL says of the service before sending it again; going on does that by itself."


def _lost(error: Exception, asked: _Asked) -> Problem:
    """No answer, or half of one."""
    if isinstance(error, httpx.ConnectError) and "CERTIFICATE" in str(error).upper():
        return Failed(
            "skysql.certificate",
            "SkySQL's certificate is not trusted here.",
            cause="A proxy that opens TLS may stand between, or this machine's clock is wrong.",
            remedy="Put the proxy's certificate into a file and name it in SSL_CERT_FILE; then Retry.",
        )
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL | httpx.LocalProtocolError):
        return Failed("skysql.url", "SkySQL's address cannot be used.", remedy=_BETWEEN)
    reason = _REASONS.get(type(error), "The connection broke.")
    if asked.change and not isinstance(error, _NOT_SENT):
        return _unclear(reason)
    if isinstance(error, _TooLarge | httpx.DecodingError):
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
    _TooLarge: f"The answer is larger than {_LARGEST // 1_000_000} MB.",
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


def _nonsense(body: bytes, asked: _Asked, key: str) -> Problem:
    cause = f"It begins: “{_beginning(body, key)}”." if body.strip() else "The answer is empty."
    if asked.change:
        return _unclear(f"What came back is not from the API. {cause}")
    return Nonsense(
        "skysql.nonsense", "What answered at SkySQL's address is not its API.", cause=cause, remedy=_BETWEEN
    )


def _beginning(body: bytes, key: str) -> str:
    return clean(body[:2000].decode("utf-8", "replace").replace(key, "…"), 120)


@dataclass(frozen=True, slots=True)
class _Row:
    """How a status is told: {noun} {organization} {where}."""

    kind: type[Problem]
    code: str
    what: str
    cause: str = ""
    remedy: str = ""


_BUSY = _Row(
    Busy,
    "skysql.busy",
    "Another change to the service is in flight.",
    remedy="Wait until it is ready: it passes by itself.",
)
_TAKEN = _Row(Conflict, "skysql.taken", "SkySQL says that it is taken.", remedy="Choose another name.")
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
        "Make a new one at app.skysql.com under your profile, API keys, and give it here.",
    ),
    403: _Row(
        NotAllowed,
        "skysql.not-allowed",
        "The API key has no right to do this in {organization}.",
        "",
        "Ask the organization's administrator for the right to manage services, or choose another with --org.",
    ),
    404: _Row(NotFound, "skysql.not-found", "SkySQL knows no {noun} in {organization}.", "", _CHOOSE),
    408: _FAULT,
    425: _FAULT,
    429: _Row(Passing, "skysql.throttled", "SkySQL asks to go slower.", remedy="Wait a little; this passes by itself."),
}


def _refused(answered: _Answered, asked: _Asked, key: str, organization: str) -> Problem:
    """A status of 300 and more."""
    told = answers.refusal(answered.body) or answers.RefusalAnswer()
    words, solution = told.words.replace(key, "…"), told.solution.replace(key, "…")
    trace = (told.trace_id or answered.headers.get("x-request-id", "")).replace(key, "…")
    row = _row(answered.status, words.lower())
    if row is _FAULT and asked.change:
        return _unclear(f"It answered with status {answered.status}. {words}", trace)
    fields = {
        "noun": asked.noun,
        "organization": f"organization {organization}" if organization else "the key's organization",
        "where": _elsewhere(answered.headers.get("location", "")),
    }
    quoted = f"SkySQL says: “{words}”" if words else _page(answered.body, key)
    return row.kind(
        row.code,
        row.what.format(**fields),
        cause=f"{row.cause} {quoted}",
        remedy=f"{solution} {row.remedy}",
        request_id=trace,
        wait=_retry_after(answered.headers),
    )


def _row(status: int, words: str) -> _Row:
    if status in (400, 409) and ("pending" in words or "in progress" in words):
        return _BUSY
    if status == 409:
        return _TAKEN if "already" in words else _BUSY
    if status < 400:
        return _REDIRECT
    if status >= 500:
        return _FAULT
    refused = _Row(Failed, "skysql.refused", f"SkySQL refused this (status {status}).", remedy="Change it, then Retry.")
    return _STATUSES.get(status, refused)


def _page(body: bytes, key: str) -> str:
    """A body that is not the API's: a proxy's page, say."""
    return f"What answered is not its API: “{_beginning(body, key)}”." if body.strip() else ""


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
    except (ValueError, TypeError):
        return 0.0
