"""Who may ask: the organizations, the keys that open them, and what a key's role allows there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.sandbox.environment import (
    DATA_PLANE,
    EUROPE,
    ORGANIZATION,
    PROVIDER,
    SKYSQL_API_KEY,
    SKYSQL_EUROPE_KEY,
    SKYSQL_VIEWER_KEY,
)
from core.sandbox.skysql.refusal import forbidden, unauthorized


@dataclass(frozen=True)
class Organization:
    """An organization and the API it sees.

    `older`: a change in flight is refused with 400 instead of 409, and what is empty is null or left out.
    `byoa`: it brings its own cloud account. Its services are private unless told otherwise, never serverless, and
    public only with an IP allowlist, which can therefore be kept while a service is private.
    """

    id: str
    account: str = PROVIDER  # the AWS account its databases run in
    regions: tuple[str, ...] = ()  # the only ones on offer; none named: all
    byoa: bool = False
    older: bool = False

    def offers_region(self, region: str) -> bool:
        return not self.regions or region in self.regions

    def offers_topology(self, topology: str) -> bool:
        return not (self.byoa and topology.startswith("serverless"))


ACME = Organization(ORGANIZATION)
ACME_EUROPE = Organization(EUROPE, DATA_PLANE, ("eu-west-1", "eu-central-1"), byoa=True, older=True)
_ORGANIZATIONS = {organization.id: organization for organization in (ACME, ACME_EUROPE)}

_ROLES = ("ADMIN", "MEMBER", "VIEWER")
_MAY_CHANGE = ("ADMIN", "MEMBER")
_KEYS: Mapping[str, Mapping[str, str]] = {  # key -> organization -> role; the key's own organization first
    SKYSQL_API_KEY: {ORGANIZATION: "ADMIN", EUROPE: "MEMBER"},
    SKYSQL_VIEWER_KEY: {ORGANIZATION: "VIEWER"},
    SKYSQL_EUROPE_KEY: {EUROPE: "ADMIN"},
}


def admit(key: str | None, picked: str | None, *, changes: bool) -> Organization:
    """The organization a request acts in. Refused: an unknown key, and one whose role there is too small, or none."""
    roles = _KEYS.get(key or "")
    if roles is None:
        raise unauthorized()
    name = picked or next(iter(roles))
    role = roles.get(name)
    if role is None:
        raise forbidden(f"The key has no role in organization {name}; allowed roles: {', '.join(_ROLES)}")
    if changes and role not in _MAY_CHANGE:
        raise forbidden(
            f"The role {role} may not change services in organization {name}; allowed roles: {', '.join(_MAY_CHANGE)}"
        )
    return _ORGANIZATIONS[name]
