"""The SkySQL API: one door for every request, so that key, time limits, retries and errors are the same for all.

Reads are tried four times; a change is sent once, and when its answer is lost it is Unclear. No redirect is followed:
the key goes to no other address. What is raised holds neither request nor key.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Literal, TypeVar
from urllib.parse import urlsplit

import httpx

from core import __version__
from core.checks.findings import Page
from core.edges import skysql_answers as answers
from core.edges.calls import Request, log
from core.edges.settings import checked_organization, is_loopback
from core.edges.skysql_errors import CHOOSE, LARGEST, Answered, Asked, TooLarge, lost, nonsense, refused
from core.edges.threads import in_thread
from core.facts import AllowedAddress, Service
from core.problems import NotFound, NotSignedIn, Passing, Problem
from core.values import AccountId, Invalid, ServiceId, parse_key
from core.world import Credentials, Secret, Settings

T = TypeVar("T")

_LIMITS = httpx.Timeout(30.0, connect=10.0)
_WHOLE_LIMIT = 90.0
"""Seconds for one request and its whole answer: the limits above only bound each silence."""

_PARSED_IN_PLACE = 50_000  # bytes; more would hold up the event loop

_PAUSES = (0.5, 1.5, 4.0)
"""Seconds before a read is tried again, each stretched by up to half at random."""

_PATIENCE = 30.0
"""The longest Retry-After that is waited for here; a longer one is the caller's to decide."""


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
            Asked("GET", "/provisioning/v1/versions?page_size=1", "versions at this address"), answers.listing
        )

    async def services(self) -> tuple[Service, ...]:
        return await self._call(Asked("GET", "/provisioning/v1/services", "services at this address"), answers.services)

    async def service(self, service: ServiceId) -> Service:
        return await self._call(Asked("GET", _path(service), f"service {service}"), answers.service)

    async def switch(self, service: ServiceId, accounts: Sequence[AccountId]) -> None:
        await self._set_endpoint(service, "privateconnect", accounts, "private", "accounts")

    async def make_public(self, service: ServiceId) -> None:
        await self._set_endpoint(service, "nlb", (), "public")

    async def _set_endpoint(
        self,
        service: ServiceId,
        mechanism: str,
        accounts: Sequence[AccountId],
        visibility: str,
        page: Page | Literal[""] = "",
    ) -> None:
        body = [{"mechanism": mechanism, "allowed_accounts": list(accounts), "visibility": visibility}]
        asked = Asked("PATCH", f"{_path(service)}/endpoints", f"service {service}", body, page=page)
        await self._call(asked, answers.nothing)

    async def allow_list(self, service: ServiceId) -> tuple[AllowedAddress, ...]:
        asked = Asked("GET", _allow_list_path(service), f"IP allowlist of service {service}")
        return await self._call(asked, answers.allow_list)

    async def set_allow_list(self, service: ServiceId, addresses: Sequence[AllowedAddress]) -> None:
        body = [{"ip": entry.ip, "comment": entry.comment} for entry in addresses]
        asked = Asked("PUT", _allow_list_path(service), f"IP allowlist of service {service}", body)
        await self._call(asked, answers.nothing)

    async def credentials(self, service: ServiceId) -> Credentials:
        asked = Asked("GET", f"{_path(service)}/security/credentials", f"credentials of {service}", secret=True)
        return await self._call(asked, answers.credentials)

    # -------------------------------------------------------------------------------------- the door

    async def _call(self, asked: Asked, parse: Callable[[bytes], T]) -> T:
        """Ask, again where that is safe, and parse. Raised outside every handler: those hold request and key."""
        key = self._key()
        pauses = iter(() if asked.change else _PAUSES)
        attempt = 1
        while isinstance(answered := await self._once(asked, key, attempt), Problem):
            pause = next(pauses, None)
            if pause is None or type(answered) is not Passing or answered.wait > _PATIENCE:
                raise answered
            await self._sleep(max(answered.wait, pause * random.uniform(1.0, 1.5)))  # noqa: S311 - no secret
            attempt += 1
        try:
            return await _parsed(answered.body, parse)
        except answers.NotTheShape:
            problem = nonsense(answered.body, asked)
        log.debug("skysql %s %s problem=%s", asked.method, asked.path, problem.code)
        raise problem

    async def _once(self, asked: Asked, key: str, attempt: int) -> Answered | Problem:
        request = Request("skysql", f"{asked.method} {asked.path}", attempt)
        try:
            async with asyncio.timeout(_WHOLE_LIMIT):
                answered = await self._send(asked, key)
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, TimeoutError, TooLarge) as error:
            request.ended(code=type(error).__name__)
            return lost(error, asked)
        except asyncio.CancelledError:
            request.ended(code="given-up")
            raise
        if answered.status < 300:
            request.ended(status=answered.status, request_id=answered.headers.get("x-request-id", ""))
            return answered
        problem = refused(answered, asked, self._settings.organization)
        request.ended(status=answered.status, code=problem.code, request_id=problem.request_id)
        return problem

    async def _send(self, asked: Asked, key: str) -> Answered:
        headers = {"X-API-Key": key}
        if self._settings.organization:
            headers["X-MDB-Org"] = self._settings.organization
        body = bytearray()
        async with self._client.stream(asked.method, asked.path, headers=headers, json=asked.body) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > LARGEST:
                    raise TooLarge
            return Answered(response.status_code, response.headers, bytes(body))

    def _key(self) -> str:
        """The key, known to fit into a header: httpx quotes one that does not in its error."""
        try:
            return parse_key(self._settings.skysql_key.reveal())
        except Invalid as why:
            problem = NotSignedIn("skysql.no-key", why.what, remedy=why.remedy, page="sign_in")
        raise problem


async def _parsed(body: bytes, parse: Callable[[bytes], T]) -> T:
    return parse(body) if len(body) < _PARSED_IN_PLACE else await in_thread(lambda: parse(body))


def _path(service: ServiceId) -> str:
    if not answers.is_service_id(service):
        what = "That cannot be a SkySQL service's id."
        raise NotFound("skysql.no-such-service", what, remedy=CHOOSE, page="service")
    return f"/provisioning/v1/services/{service}"


def _allow_list_path(service: ServiceId) -> str:
    return f"{_path(service)}/security/allowlist"
