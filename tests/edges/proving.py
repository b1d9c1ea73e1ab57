"""The way to a database as the tests walk it: every name leads to loopback addresses, and one authority is trusted."""

import asyncio
import ssl
from collections.abc import Sequence

from core.checks.chain import first_broken, walk
from core.checks.proof import PROOF
from core.connection import LoggedIn, Proof, Target
from core.edges.database import Database, Limits
from core.world import Credentials, Secret
from tests.edges.certificates import Authority
from tests.edges.mariadb import ADDRESSES, FQDN, PASSWORD, USER

DEFAULT = Credentials(USER, Secret(PASSWORD))
USUAL = Limits()
SHORT = 0.3
"""Seconds, for the stage that is never answered. The others keep their time: a busy machine is slow."""


def target(port: int, name: str = FQDN, addresses: Sequence[str] = ADDRESSES) -> Target:
    return Target(name, port, FQDN, "vpc-0123", ("127.0.0.0/8",), tuple(addresses))


def database(
    authority: Authority | None = None, addresses: Sequence[str] = ADDRESSES, limits: Limits = USUAL
) -> Database:
    """Resolves every name to `addresses` and trusts `authority`."""
    trusted = authority.pem if authority else None
    return Database(
        resolve=lambda _: tuple(addresses),
        context=lambda: ssl.create_default_context(cadata=trusted),
        limits=limits,
    )


async def walked(prober: Database, towards: Target) -> Proof:
    last = Proof(towards)
    async for proof in prober.stages(towards):
        last = proof
    return last


def stages(prober: Database, towards: Target) -> Proof:
    return asyncio.run(walked(prober, towards))


def log_in(prober: Database, towards: Target, credentials: Credentials = DEFAULT) -> LoggedIn:
    return asyncio.run(prober.log_in(towards, ADDRESSES[0], credentials))


def broken(proof: Proof) -> tuple[str, str]:
    """The broken link and its words; empty when there is none."""
    link = first_broken(walk(PROOF, proof))
    return (link.id, f"{link.verdict.seen} {link.verdict.why} {link.verdict.remedy}") if link else ("", "")
