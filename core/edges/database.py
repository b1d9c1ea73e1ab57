"""The way from this machine to a database, walked stage by stage: name, TCP, greeting, TLS, login, `SELECT 1`.

Up to TLS it is read here, one connection an address, so that each stage is told apart from the next; nothing secret is
on these. The login is the driver's, on a connection of its own, with the certificate checked again. Every stage ends
within its limit, and calling it off closes what is open. Whatever the network does becomes a fact; nothing is raised.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from core.connection import LoggedIn, Proof, Resolved, Secured, Target
from core.edges.calls import Request
from core.edges.dns import addresses_of, here
from core.edges.login import log_in
from core.edges.threads import in_thread
from core.edges.tls import verifying
from core.edges.way import Way
from core.text import clean
from core.world import Credentials

T = TypeVar("T")

_MOST_ADDRESSES = 12
"""An endpoint has one address in each zone; of a name with more of them the rest is not tried."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that each stage may take; all together less than a minute."""

    name: float = 6.0
    tcp: float = 6.0  # the system sends its first packet again after 1 and after 3
    greeting: float = 12.0  # the server may look up its client's name first
    tls: float = 8.0
    login: float = 15.0


class Database:
    """`core.world.Prober` over this machine's own network."""

    def __init__(
        self,
        *,
        resolve: Callable[[str], Sequence[str]] = addresses_of,
        context: Callable[[], ssl.SSLContext] = verifying,
        limits: Limits = Limits(),
    ) -> None:
        """`resolve` and `context` may block: they run in threads. `context` makes a new one at each call."""
        self._resolve = resolve
        self._context = context
        self._limits = limits

    async def stages(self, target: Target) -> AsyncGenerator[Proof, None]:
        """The proof after each stage up to TLS; ends where there is nothing to go on with."""
        proof = replace(Proof(target), here=await in_thread(lambda: here(target)))
        yield proof
        proof = replace(proof, resolved=(resolved := await self._resolved(target.name)))
        yield proof
        with contextlib.ExitStack() as ends:
            ways = [ends.enter_context(Way(address, target.port)) for address in resolved.addresses]
            if not ways:
                return
            proof = replace(proof, reached=await _all(way.reach(self._limits.tcp) for way in ways))
            yield proof
            ways = [way for way, met in zip(ways, proof.reached, strict=True) if not met.trouble]
            if not ways:
                return
            proof = replace(proof, greeted=await _all(way.greet(self._limits.greeting) for way in ways))
            yield proof
            ways = [way for way, met in zip(ways, proof.greeted, strict=True) if not met.trouble]
            if ways:
                yield replace(proof, secured=await self._secured(target, ways))

    async def log_in(self, target: Target, address: str, credentials: Credentials) -> LoggedIn:
        """As `credentials.user`, the certificate checked against `target.name`; then `SELECT 1`."""
        context = await in_thread(self._context)
        request = Request("database", f"login {address}:{target.port}", 1)
        met = await log_in(target, address, credentials, context, self._limits.login)
        request.ended(code=f"{met.trouble or 'ok'} {met.code or ''}".strip())
        return met

    async def _resolved(self, name: str) -> Resolved:
        try:
            found = await in_thread(lambda: self._resolve(name), self._limits.name)
        except TimeoutError:
            return Resolved(trouble="no-answer")
        except socket.gaierror as error:
            silent = error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL)
            return Resolved(trouble="no-answer" if silent else "unknown")
        except UnicodeError:  # it can be no name at all
            return Resolved(trouble="unknown")
        return Resolved(tuple(clean(address, 60) for address in found)[:_MOST_ADDRESSES])

    async def _secured(self, target: Target, ways: Iterable[Way]) -> tuple[Secured, ...]:
        context, of_any_name = await in_thread(lambda: (self._context(), self._context()))
        of_any_name.check_hostname = False  # who signed it is checked all the same, and nothing is sent
        secured = await _all(way.secure(target.name, context, self._limits.tls) for way in ways)
        return await _all(self._named(met, target, of_any_name) for met in secured)

    async def _named(self, met: Secured, target: Target, of_any_name: ssl.SSLContext) -> Secured:
        """`met`, with the names its certificate is made for: of one that was refused nothing can be read."""
        if met.trouble != "name":
            return met
        with Way(met.address, target.port) as way:
            if (await way.reach(self._limits.tcp)).trouble or (await way.greet(self._limits.greeting)).trouble:
                return met
            again = await way.secure(target.name, of_any_name, self._limits.tls)
            return replace(met, names=again.names)


async def _all(looks: Iterable[Coroutine[Any, Any, T]]) -> tuple[T, ...]:
    return tuple(await asyncio.gather(*looks))
