"""What the SkySQL API answers, parsed before it is believed.

Everything but an entry's id may be missing, null, or a number where a text was told; unknown fields are left out.
One bad entry never costs the others.
"""

import json
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from core.facts import AllowedAddress, Port, Service, ServiceEndpoint
from core.text import clean
from core.values import AccountId, EndpointServiceName, Region, ServiceId
from core.world import Credentials, Secret

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


class NotTheShape(Exception):
    """The answer is not what the API says it answers. Holds nothing of the answer."""


def _text(value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return clean(str(value))


def _whole(value: object) -> int:
    try:
        return int(str(value)) if not isinstance(value, float) else int(value)
    except (ValueError, OverflowError):
        return 0


def _entries(value: object) -> list[Any]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _accounts(value: object) -> list[str]:
    """Account ids; as numbers they have lost their leading zeros."""
    entries = value if isinstance(value, list) else []
    told = (f"{entry:012}" if type(entry) is int and entry >= 0 else _text(entry) for entry in entries)
    return list(dict.fromkeys(filter(None, told)))


def _yes(value: object) -> bool:
    """Only a plain no counts as no: a service is active unless it is told otherwise."""
    return value is not False and str(value).lower() != "false"


Text = Annotated[str, BeforeValidator(_text)]
Word = Annotated[str, BeforeValidator(lambda value: _text(value).lower())]
Whole = Annotated[int, BeforeValidator(_whole)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class PortAnswer(_Answer):
    name: Text = ""
    port: Whole = 0
    purpose: Text = ""

    def fact(self) -> Port:
        return Port(self.purpose or self.name, self.port)


class AddressAnswer(_Answer):
    ip: Text = ""
    comment: Text = ""


def _addresses(entries: list[AddressAnswer]) -> tuple[AllowedAddress, ...]:
    return tuple(AllowedAddress(each.ip, each.comment) for each in entries if each.ip)


class AllowListAnswer(_Answer):
    allow_list: Annotated[list[AddressAnswer], BeforeValidator(_entries)] = Field(default_factory=list)


class EndpointAnswer(_Answer):
    name: Text = ""
    mechanism: Word = ""
    visibility: Word = ""
    ports: Annotated[list[PortAnswer], BeforeValidator(_entries)] = Field(default_factory=list)
    allowed_accounts: Annotated[list[str], BeforeValidator(_accounts)] = Field(default_factory=list)
    endpoint_service: Text = ""
    allow_list: Annotated[list[AddressAnswer], BeforeValidator(_entries)] = Field(default_factory=list)

    def fact(self) -> ServiceEndpoint:
        return ServiceEndpoint(
            self.name,
            self.mechanism,
            self.visibility,
            tuple(each.fact() for each in self.ports if 0 < each.port < 65536),
            tuple(AccountId(each) for each in self.allowed_accounts),
            EndpointServiceName(self.endpoint_service) if self.endpoint_service else None,
            _addresses(self.allow_list),
        )


class ServiceAnswer(_Answer):
    id: Text = ""
    name: Text = ""
    provider: Word = ""
    region: Word = ""
    topology: Text = ""
    status: Word = ""
    fqdn: Text = ""
    version: Text = ""
    size: Text = ""
    nodes: Annotated[int, BeforeValidator(lambda value: _whole(value) or 1)] = 1
    is_active: Annotated[bool, BeforeValidator(_yes)] = True
    endpoints: Annotated[list[EndpointAnswer], BeforeValidator(_entries)] = Field(default_factory=list)

    def fact(self) -> Service | None:
        """None without a usable id: such an entry can be neither shown apart from others nor asked about."""
        if not is_service_id(self.id):
            return None
        return Service(
            ServiceId(self.id),
            self.name,
            self.provider,
            Region(self.region),
            self.topology,
            self.status,
            self.fqdn,
            self.version,
            self.size,
            self.nodes,
            self.is_active,
            tuple(each.fact() for each in self.endpoints),
        )


class FaultAnswer(_Answer):
    message: Text = ""
    error: Text = ""
    solution: Text = ""


class RefusalAnswer(_Answer):
    """The body of an error."""

    errors: Annotated[list[FaultAnswer], BeforeValidator(_entries)] = Field(default_factory=list)
    exception: Text = ""
    message: Text = ""
    trace_id: Text = ""

    @property
    def words(self) -> str:
        told = [fault.message or fault.error for fault in self.errors]
        return " ".join(filter(None, told)) or self.message or self.exception

    @property
    def solution(self) -> str:
        return " ".join(filter(None, (fault.solution for fault in self.errors)))


def is_service_id(text: str) -> bool:
    """Whether it can be an id, and so part of an address."""
    return bool(_ID.fullmatch(text))


def services(body: bytes) -> tuple[Service, ...]:
    """The list of services; null is an empty one. NotTheShape when it is no list."""
    entries = _json(body)
    if entries is None:
        return ()
    if not isinstance(entries, list) or (entries and not _entries(entries)):
        raise NotTheShape
    found = (ServiceAnswer.model_validate(entry).fact() for entry in _entries(entries))
    return tuple(service for service in found if service is not None)


def service(body: bytes) -> Service:
    found = ServiceAnswer.model_validate(entry).fact() if isinstance(entry := _json(body), dict) else None
    if found is None:
        raise NotTheShape
    return found


def allow_list(body: bytes) -> tuple[AllowedAddress, ...]:
    """The IP allowlist, which comes wrapped in a list of its own; null is an empty one."""
    entries = _json(body)
    if entries is None:
        return ()
    if not isinstance(entries, list) or (entries and not _entries(entries)):
        raise NotTheShape
    lists = (AllowListAnswer.model_validate(entry).allow_list for entry in _entries(entries))
    return tuple(address for entries in lists for address in _addresses(entries))


def credentials(body: bytes) -> Credentials:
    """NotTheShape without a user and a password. Not parsed by a model: its errors would quote the password."""
    entry = _json(body)
    told = entry if isinstance(entry, dict) else {}
    user, password = told.get("username"), told.get("password")
    if not (isinstance(user, str) and clean(user) and isinstance(password, str) and password):
        raise NotTheShape
    return Credentials(clean(user), Secret(password))


def listing(body: bytes) -> None:
    """Any list: that it is one shows that the API, and no proxy, answered."""
    if not isinstance(_json(body), list):
        raise NotTheShape


def nothing(body: bytes) -> None:
    """An answer that only must be the API's own: JSON, or empty."""
    if body.strip():
        _json(body)


def refusal(body: bytes) -> RefusalAnswer | None:
    """None when the body is not the API's: a proxy's page."""
    try:
        entry = _json(body)
    except NotTheShape:
        return None
    return RefusalAnswer.model_validate(entry) if isinstance(entry, dict) else None


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError; its message would quote the body
        pass
    raise NotTheShape
