"""What a request may hold: the documented bodies, strict. Whatever else it holds is refused by name."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Literal, NoReturn, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeInt,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from core.sandbox.skysql.refusal import Refusal
from core.sandbox.skysql.service import PUBLIC

T = TypeVar("T")

_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_NAME = re.compile(r"[a-z][a-z0-9-]{3,23}")

Mechanism = Literal["nlb", "privateconnect", "privatelink"]


def bad(location: str, message: str, solution: str = "Compare the request with the API's description") -> Refusal:
    return Refusal(400, message, solution, location=location)


def needs_allow_list() -> Refusal:
    """An organization with its own cloud account may not open a service to everybody."""
    return bad(
        "allow_list", f"{PUBLIC} needs a non-empty IP allowlist in this organization", "Set the IP allowlist first"
    )


def needs_aws(field: str, provider: str) -> Refusal:
    """Who may connect is told in AWS account ids."""
    return bad(
        field,
        f"{field}: not AWS: the service runs on {provider}",
        "AWS account ids can only be allowed for services whose provider is aws",
    )


def _wrong(field: str, message: str) -> NoReturn:
    raise PydanticCustomError("wrong", "{message}", {"field": field, "message": message})


def _account(value: str) -> str:
    if not _ACCOUNT.fullmatch(value):
        _wrong("allowed_accounts", f"{value!r} is not an AWS account id: 12 digits")
    return value


def _network(value: str) -> str:
    try:
        return str(ipaddress.IPv4Network(value))
    except ValueError as wrong:
        _wrong("ip", f"{value!r} is not an IPv4 address or netblock: {wrong}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value):
        _wrong("name", "name must have 4 to 24 characters: lower-case letters, digits and hyphens, a letter first")
    return value


Accounts = list[Annotated[str, AfterValidator(_account)]]
Network = Annotated[str, AfterValidator(_network)]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AllowedAddress(_Request):
    ip: Network
    comment: str = ""


class Address(_Request):
    """POST and DELETE …/security/allowlist."""

    ip_address: Network


class Power(_Request):
    is_active: bool


class Endpoint(_Request):
    """An entry of PATCH …/endpoints."""

    mechanism: Mechanism
    allowed_accounts: Accounts | None = None
    visibility: Literal["public", "private"] | None = None

    @property
    def private(self) -> bool:
        return self.mechanism != PUBLIC

    @property
    def accounts(self) -> list[str]:
        return list(dict.fromkeys(self.allowed_accounts or []))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.accounts and not self.private:
            _wrong("allowed_accounts", f"{PUBLIC} takes no allowed_accounts")
        fitting = "private" if self.private else "public"
        if self.visibility not in (None, fitting):
            _wrong("visibility", f"{self.mechanism} endpoints are {fitting}, not {self.visibility}")
        return self


class Launch(_Request):
    """POST services. An empty text or a nought leaves the choice to the API, as the Terraform provider does."""

    name: Annotated[str, AfterValidator(_name)]
    provider: Literal["aws", "gcp", "azure"]
    region: Annotated[str, Field(min_length=1)]
    topology: Annotated[str, Field(min_length=1)]
    project_id: str = ""
    service_type: Literal["transactional", "transactional_serverless"] | None = None
    version: str = ""
    nodes: NonNegativeInt = 0
    architecture: Literal["amd64", "arm64", ""] = ""
    size: str = ""
    storage: NonNegativeInt = 0
    volume_type: str = ""
    volume_iops: NonNegativeInt = 0
    volume_throughput: NonNegativeInt = 0
    ssl_enabled: bool = True
    nosql_enabled: bool = False
    endpoint_mechanism: Mechanism | None = None
    endpoint_allowed_accounts: Accounts | None = None
    replication_enabled: bool = False
    primary_host: str = ""
    allow_list: list[AllowedAddress] | None = None
    maxscale_nodes: NonNegativeInt = 0
    maxscale_size: str | None = None
    availability_zone: str = ""
    tags: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        private = self.endpoint_mechanism not in (None, PUBLIC)
        if private and self.allow_list:
            _wrong("allow_list", f"allow_list cannot be used with {self.endpoint_mechanism}")
        if private != bool(self.endpoint_allowed_accounts):
            needs = "needs" if private else "takes no"
            _wrong(
                "endpoint_allowed_accounts", f"{self.endpoint_mechanism or PUBLIC} {needs} endpoint_allowed_accounts"
            )
        return self


ADDRESS = TypeAdapter(Address)
ALLOW_LIST = TypeAdapter(list[AllowedAddress])
ENDPOINTS = TypeAdapter(Annotated[list[Endpoint], Field(min_length=1, max_length=1)])
LAUNCH = TypeAdapter(Launch)
POWER = TypeAdapter(Power)


def parse(kind: TypeAdapter[T], body: bytes) -> T:
    """The body of a request; what is wrong with it first is refused by name."""
    try:
        return kind.validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    raise _refusal(first)


def _refusal(error: ErrorDetails) -> Refusal:
    field = next((str(part) for part in reversed(error["loc"]) if isinstance(part, str)), "body")
    if error["type"] == "wrong":
        return bad(error["ctx"]["field"], error["ctx"]["message"])
    if error["type"] == "extra_forbidden":
        return bad(field, f"Unknown field {field!r}", "Leave it out")
    if error["type"] == "missing":
        return bad(field, f"{field} is required", "Send it")
    if error["type"] == "json_invalid":
        return bad("body", f"The body is not JSON: {error['ctx']['error']}", "Send JSON")
    return bad(field, f"{field}: {error['msg']}, not {error['input']!r}")
