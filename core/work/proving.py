"""Carries the connection proof out: looks stage by stage, stops at the first broken link, signs in last.

Credentials are the service's default ones, read from SkySQL when it comes to that, or given ones; none is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from core.checks.chain import first_broken, walk
from core.checks.proof import PROOF
from core.connection import LoggedIn, Proof, Target
from core.export.clients import Link, place
from core.problems import Problem
from core.values import ServiceId
from core.world import Credentials, World

Ask = Callable[[str], Awaitable[Credentials | None]]
"""Asks a person for user and password, telling why the default ones do not do; None: no login is to be tried."""

_READING: Final = 20.0
"""Seconds for the credentials, retries included: the connection is what is to be proved."""
_UNASKED: Final = "It was not asked for."
_OTHER_PASSWORD: Final = (1045, 1698)


async def nobody(_why: str) -> None:
    """Where there is nobody to ask."""


def target_of(link: Link, vpc: str, cidrs: Sequence[str], addresses: Sequence[str]) -> Target:
    """What clients of the link connect to. `cidrs` of the VPC and `addresses` of the endpoint: empty when not known."""
    host, port = place(link)
    return Target(host, port, link.fqdn, vpc, tuple(cidrs), tuple(addresses), link.private_dns)


async def prove(
    world: World,
    service: ServiceId,
    target: Target,
    tell: Callable[[Proof], None],
    ask: Ask = nobody,
    *,
    login: bool = True,
) -> Proof:
    """The proof at its end; `tell` hears it after every stage. May be cancelled at any time; raises no Problem.

    Without `login` it ends before that, and reads no password.
    """
    proof = Proof(target)
    async with aclosing(world.prober.stages(target)) as stages:
        async for proof in stages:
            tell(proof)
            if first_broken(walk(PROOF, proof)) is not None:
                return proof
    met = await _login(world, service, proof, ask) if login else LoggedIn(trouble="no-credentials", words=_UNASKED)
    proof = replace(proof, login=met)
    tell(proof)
    return proof


async def _login(world: World, service: ServiceId, proof: Proof, ask: Ask) -> LoggedIn:
    address = proof.secured[0].address
    credentials, why = await _default(world, service)
    if credentials is not None:
        met = await world.prober.log_in(proof.target, address, credentials)
        if met.code not in _OTHER_PASSWORD:
            return met
        why = f"The server refuses user {met.user} with the password that SkySQL tells: it was changed, maybe."
        credentials = await ask(why)
        if credentials is None:
            return met
    else:
        credentials = await ask(why)
        if credentials is None:
            return LoggedIn(trouble="no-credentials", words=why)
    return await world.prober.log_in(proof.target, address, credentials)


async def _default(world: World, service: ServiceId) -> tuple[Credentials | None, str]:
    """The service's own, or why there are none."""
    try:
        async with asyncio.timeout(_READING):
            return await world.skysql.credentials(service), ""
    except Problem as problem:
        return None, f"SkySQL does not tell the default user and password: {problem.what_and_why}"
    except TimeoutError:
        return None, "SkySQL does not tell the default user and password in time."
