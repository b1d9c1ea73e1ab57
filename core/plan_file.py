"""The plan's TOML file: read strictly, told wholly, written for people.

Every error of a file is told at once, so that nobody mends a file ten times. A plan only names things: nothing in it is
run, looked up or expanded here.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Any, Literal, TypeVar

import tomli_w
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import ErrorDetails

from core.plan import MAX_GROUPS, ExistingGroups, NewGroup, Plan
from core.problems import Usage
from core.text import clean, count
from core.values import (
    AccountId,
    GroupId,
    Invalid,
    Region,
    Source,
    SubnetId,
    VpcId,
    legal_group_text,
    parse_account_id,
    parse_group_description,
    parse_group_id,
    parse_group_name,
    parse_region,
    parse_resource_name,
    parse_source,
    parse_subnet_id,
    parse_tag,
    parse_tag_set,
    parse_vpc_id,
)

_T = TypeVar("_T")
_LONGEST = 64 * 1024  # characters; a large real plan has a tenth of it
_MOST_DOTS = 500  # on a line: tomllib takes quadratic time on keys like a.a.a.a
_MOST_TOLD = 8


def _parsed(parse: Callable[[str], _T]) -> AfterValidator:
    return AfterValidator(parse)


def _several(noun: str) -> AfterValidator:
    """At least one, and none twice."""

    def check(items: tuple[_T, ...]) -> tuple[_T, ...]:
        if not items:
            raise Invalid(f"The list of {noun}s is empty.", f"Name at least one {noun}.")
        twice = next((item for item in items if items.count(item) > 1), None)
        if twice is not None:
            raise Invalid(f"“{twice}” stands twice.", "Keep one.")
        return items

    return AfterValidator(check)


def _service(text: str) -> str:
    plain = clean(text, 300)
    if not plain:
        raise Invalid("The service is empty.", "Write the SkySQL service's id, or its name when no other has it.")
    if plain != text:
        raise Invalid(f"“{plain}” holds characters that no service id or name has.", "Write the service's id.")
    return plain


def _purpose(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", text):
        raise Invalid(
            f"“{clean(text, 60)}” is not a port's purpose.", "Use the words of the SkySQL API, such as readwrite."
        )
    return text


def _tags(tags: dict[str, str]) -> dict[str, str]:
    return dict(parse_tag_set(parse_tag(key, value) for key, value in tags.items()))


_Group = Annotated[str, _parsed(parse_group_id)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _SkySQL(_Table):
    service: Annotated[str, _parsed(_service)]
    allowed_accounts: Annotated[list[Annotated[str, _parsed(parse_account_id)]], _several("account")]


class _Aws(_Table):
    region: Annotated[str, _parsed(parse_region)]
    vpc: Annotated[str, _parsed(parse_vpc_id)]
    subnets: Annotated[list[Annotated[str, _parsed(parse_subnet_id)]], _several("subnet")]


class _SecurityGroup(_Table):
    id: _Group | None = None
    ids: Annotated[list[_Group], _several("security group")] | None = None
    name: Annotated[str, _parsed(parse_group_name)] | None = None
    description: Annotated[str, _parsed(parse_group_description)] | None = None
    ports: Annotated[list[Annotated[str, _parsed(_purpose)]], _several("port")] | None = None
    sources: Annotated[list[Annotated[str, _parsed(parse_source)]], _several("source")] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "_SecurityGroup":
        existing, new = self.model_fields_set & {"id", "ids"}, self.model_fields_set - {"id", "ids"}
        if existing and new:
            raise Invalid(
                f"It names an existing group ({_words(existing)}) and a new one ({_words(new)}).",
                "Keep one of the two.",
            )
        if not existing and not new:
            raise Invalid(
                "It names no group.",
                "Write id for an existing one, or name, description, ports and sources for a new one.",
            )
        if len(existing) == 2:
            raise Invalid("It has both id and ids.", "Put all ids into ids.")
        if self.ids and len(self.ids) > MAX_GROUPS:
            raise Invalid(f"It lists {len(self.ids)} groups.", f"An endpoint takes at most {MAX_GROUPS}.")
        missing = [] if existing else [key for key in ("name", "sources") if key not in new]
        if missing:
            raise Invalid(
                f"A new group needs {_words(missing)}.", "Add what is missing, or write id for an existing group."
            )
        return self

    def group(self, service: str) -> NewGroup | ExistingGroups:
        if self.name is None:
            return ExistingGroups(tuple(GroupId(group) for group in self.ids or [self.id or ""]))
        return NewGroup(
            name=self.name,
            description=self.description or describe_group(service),
            ports=tuple(self.ports or ["readwrite"]),
            sources=tuple(Source(source) for source in self.sources or []),
        )


class _Endpoint(_Table):
    name: Annotated[str, _parsed(parse_resource_name)] | None = None
    private_dns: bool = True
    enable_vpc_dns: bool = False
    tags: Annotated[dict[str, str], _parsed(_tags)] = {}


class _File(_Table):
    version: Literal[1]
    skysql: _SkySQL
    aws: _Aws
    security_group: _SecurityGroup
    endpoint: _Endpoint = _Endpoint()

    def plan(self) -> Plan:
        service = self.skysql.service
        return Plan(
            service=service,
            accounts=tuple(AccountId(account) for account in self.skysql.allowed_accounts),
            region=Region(self.aws.region),
            vpc=VpcId(self.aws.vpc),
            subnets=tuple(SubnetId(subnet) for subnet in self.aws.subnets),
            group=self.security_group.group(service),
            endpoint_name=self.endpoint.name or clean(service, 255),
            private_dns=self.endpoint.private_dns,
            enable_vpc_dns=self.endpoint.enable_vpc_dns,
            tags=tuple(self.endpoint.tags.items()),
        )


_TABLES: dict[str, type[_Table]] = {
    "": _File,
    "skysql": _SkySQL,
    "aws": _Aws,
    "security_group": _SecurityGroup,
    "endpoint": _Endpoint,
}


def parse(text: str) -> Plan:
    """See `core.plan.parse_plan`."""
    tables = _toml(text)
    _check_version(tables)
    try:
        return _File.model_validate(tables).plan()
    except ValidationError as wrong:
        told = list(dict.fromkeys(_sentence(error) for error in wrong.errors(include_url=False)))
    except RecursionError:
        raise _too_deep() from None
    raise _usage(
        f"The plan has {count(len(told), 'error')}.",
        _joined(told),
        "Correct the file, or make a new plan with the wizard.",
    )


def _usage(what: str, cause: str, remedy: str) -> Usage:
    return Usage("plan-invalid", what, cause=cause, remedy=remedy)


def _too_deep() -> Usage:
    return _usage(
        "The plan is nested too deeply.",
        "A plan has four tables and lists of plain text in them.",
        "Check that this is the right file.",
    )


def _toml(text: str) -> dict[str, Any]:
    if len(text) > _LONGEST:
        raise _usage(
            f"The plan has {len(text):,} characters.",
            f"This program reads plans of up to {_LONGEST:,}.",
            "Check that this is the right file.",
        )
    if any(line.count(".") > _MOST_DOTS for line in text.splitlines()):
        raise _too_deep()
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # TOMLDecodeError is one; so is a number with thousands of digits
        where = str(error)
        raise _usage(
            "The plan is not valid TOML.",
            f"The reader says: {clean(where, 200)}.",
            "Correct that place. Text stands in double quotes, lists in [ ], and every key has a value.",
        ) from None


def _check_version(tables: dict[str, Any]) -> None:
    """First and alone: what another version means by its keys is not for this one to judge."""
    version = tables.get("version")
    if type(version) is int and version == 1:
        return
    if "version" not in tables:
        raise _usage(
            "The plan has no version.",
            "A plan begins with version = 1.",
            "Add that line, or check that this is a plan.",
        )
    raise _usage(
        f"The plan's version is {_shown(version)}.",
        "This program reads version = 1.",
        "Use the release that wrote the plan, or make a new plan with the wizard.",
    )


def _joined(sentences: Sequence[str]) -> str:
    """As many as fit into one problem; each stands by itself."""
    more = len(sentences) - _MOST_TOLD
    rest = [f"And {count(more, 'more error')}."] if more > 0 else []
    return " ".join([clean(sentence, 220 if len(sentences) < 4 else 110) for sentence in sentences[:_MOST_TOLD]] + rest)


_WRONG_TYPES = {
    "string_type": "must be text in double quotes",
    "bool_type": "must be true or false",
    "list_type": "must be a list in [ ]",
    "dict_type": 'must be a table of key = "value"',
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
}


def _sentence(error: ErrorDetails) -> str:
    """One pydantic error as a sentence with its table and key."""
    place, kind = _place(error["loc"]), error["type"]
    if kind == "missing":
        return f"{place} is missing."
    if kind == "extra_forbidden":
        return f"{place} is not known.{_nearest(error['loc'])}"
    why = error.get("ctx", {}).get("error")
    if isinstance(why, Invalid):
        return f"{place}: {why}"
    return f"{place} {_WRONG_TYPES.get(kind, 'is wrong')}, not {_shown(error['input'])}."


def _place(loc: tuple[int | str, ...]) -> str:
    """`[aws] region`, `[aws] subnets, item 2`, `[aws]`."""
    table, rest = (str(loc[0]), loc[1:]) if loc and str(loc[0]) in _TABLES else ("", loc)
    keys = [f"item {part + 1}" if isinstance(part, int) else clean(str(part), 60) for part in rest]
    return " ".join(part for part in (f"[{table}]" if table else "", ", ".join(keys)) if part)


def _nearest(loc: tuple[int | str, ...]) -> str:
    """The known key that was probably meant, with its table; also one that belongs to another table."""
    key = str(loc[-1])
    here = str(loc[0]) if len(loc) > 1 else ""
    known = _TABLES[here].model_fields if here in _TABLES else {}
    for names in (known, {name: None for table in _TABLES.values() for name in table.model_fields}):
        close = difflib.get_close_matches(key[:60].lower(), list(names), n=1)
        if close:
            return f" Did you mean {_home(close[0], here)}?"
    return f" Known here: {_words(known)}." if known else ""


def _home(key: str, here: str) -> str:
    table = (
        here
        if key in _TABLES.get(here, _File).model_fields
        else next(name for name, model in _TABLES.items() if key in model.model_fields)
    )
    return f"{key} in [{table}]" if table else f"[{key}]" if key in _TABLES else key


def _shown(value: object) -> str:
    """A value of the file, short: repr shows what is not printable as an escape."""
    try:
        return clean(repr(value)[:200], 40)
    except (ValueError, RecursionError):
        return "something very large"


def _words(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


# ---------------------------------------------------------------------------------------------- writing


def describe_group(service: str) -> str:
    return legal_group_text(f"Clients of {service} over PrivateLink")


def dump(plan: Plan) -> str:
    """See `core.plan.dump_plan`."""
    return "\n".join([*_head(), *_skysql(plan), *_aws(plan), *_group(plan.group), *_endpoint(plan)])


def _line(key: str, value: object) -> str:
    return tomli_w.dumps({key: value}).rstrip("\n")


def _list(key: str, items: Sequence[str]) -> str:
    """Short lists on one line, as people write them."""
    one_line = f"{key} = [{', '.join(_line('x', item).removeprefix('x = ') for item in items)}]"
    return one_line if len(one_line) <= 100 else _line(key, list(items))


def _head() -> list[str]:
    return [
        "# A plan of skysql-privatelink: links a SkySQL service to a VPC with AWS PrivateLink. It holds no secret.",
        "# Look first:  skysql-privatelink check FILE     Carry it out:  skysql-privatelink apply FILE",
        "version = 1",
        "",
    ]


def _skysql(plan: Plan) -> list[str]:
    return [
        "[skysql]",
        "# The service's id, or its name when no other service has it.",
        _line("service", plan.service),
        "# The AWS accounts that may connect: the complete list after the change.",
        _list("allowed_accounts", plan.accounts),
        "",
    ]


def _aws(plan: Plan) -> list[str]:
    return [
        "[aws]",
        _line("region", plan.region),
        _line("vpc", plan.vpc),
        "# At most one subnet per availability zone.",
        _list("subnets", plan.subnets),
        "",
    ]


def _group(group: NewGroup | ExistingGroups) -> list[str]:
    if isinstance(group, ExistingGroups):
        ids = _line("id", group.ids[0]) if len(group.ids) == 1 else _list("ids", group.ids)
        return ["[security_group]", "# Existing: the rules stay as they are.", ids, ""]
    return [
        "[security_group]",
        "# New: every port admits every source.",
        _line("name", group.name),
        _line("description", group.description),
        "# Ports by their purpose, as SkySQL names them.",
        _list("ports", group.ports),
        "# Addresses (CIDR), security groups or prefix lists.",
        _list("sources", group.sources),
        "",
    ]


def _endpoint(plan: Plan) -> list[str]:
    lines = [
        "[endpoint]",
        _line("name", plan.endpoint_name),
        "# The service's own name, which its certificate is made for, then resolves to the endpoint inside the VPC.",
        _line("private_dns", plan.private_dns),
        "# Whether to switch on the VPC's DNS support and DNS hostnames where they are off: for the whole VPC.",
        _line("enable_vpc_dns", plan.enable_vpc_dns),
        "",
    ]
    if plan.tags:
        lines += ["[endpoint.tags]", *(_line(key, value) for key, value in plan.tags), ""]
    return lines
