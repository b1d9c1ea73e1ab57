"""The choice lists: their paths, filters and pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel

from core.sandbox.skysql import answers, catalogue
from core.sandbox.skysql.catalogue import Row
from core.sandbox.skysql.organizations import Organization
from core.sandbox.skysql.requests import bad

PAGING = ("page_size", "page_order", "page_token")
_PAGE, _LARGEST_PAGE = 10, 100  # rows, unless told otherwise and at most
_WORDS = {  # a filter → what it may say; the others may say anything
    "provider": tuple(row["name"] for row in catalogue.PROVIDERS),
    "architecture": tuple(row["name"] for row in catalogue.ARCHITECTURES),
    "page_order": ("asc", "desc"),
}


Rows = Callable[[Organization, str], list[Row]]


@dataclass(frozen=True)
class Choices:
    """A list: where it is, the rows an organization gets (given what is in the path), and how they can be narrowed."""

    path: str
    row: type[BaseModel]
    rows: Rows
    filters: tuple[str, ...] = ()

    @property
    def queries(self) -> tuple[str, ...]:
        return (*self.filters, *PAGING)

    def answer(self, organization: Organization, part: str, query: Mapping[str, str]) -> list[Row]:
        rows = self.rows(organization, part)
        return page([row for row in rows if all(_fits(row, name, query) for name in self.filters)], query)


def _fits(row: Row, name: str, query: Mapping[str, str]) -> bool:
    wanted = query.get(name)
    return not wanted or row.get(name, wanted) == wanted


def _same(rows: list[Row]) -> Rows:
    return lambda _organization, _part: rows


def _offered(rows: Callable[[Organization], list[Row]]) -> Rows:
    return lambda organization, _part: rows(organization)


def _of(rows: Callable[[str], list[Row]]) -> Rows:
    return lambda _organization, part: rows(part)


_V1 = "/provisioning/v1"
_SIZE = ("architecture", "service_type", "provider", "topology", "type")
LISTS = (
    Choices(f"{_V1}/service-types", answers.ServiceType, _same(catalogue.SERVICE_TYPES)),
    Choices(f"{_V1}/topologies", answers.Topology, _offered(catalogue.topologies), ("service_type",)),
    Choices(f"{_V1}/topologies/<part>/storage-sizes", answers.StorageSizes, _of(catalogue.storage_sizes)),
    Choices(f"{_V1}/providers", answers.Provider, _same(catalogue.PROVIDERS), ("name",)),
    Choices(f"{_V1}/providers/<part>/volume-types", answers.VolumeType, _of(catalogue.volume_types)),
    Choices(f"{_V1}/providers/<part>/iops", answers.Iops, _of(catalogue.iops)),
    Choices(f"{_V1}/regions", answers.Region, _offered(catalogue.regions), ("provider",)),
    Choices(f"{_V1}/regions/<part>/zones", answers.Zone, _of(catalogue.zones), ("provider",)),
    Choices(f"{_V1}/sizes", answers.Size, _same(catalogue.SIZES), _SIZE),
    Choices(f"{_V1}/versions", answers.Version, _same(catalogue.VERSIONS), ("topology",)),
    Choices(f"{_V1}/cpu-architectures", answers.Choice, _same(catalogue.ARCHITECTURES), ("provider", "topology")),
    Choices("/organization/v1/projects", answers.Project, _offered(catalogue.projects)),
)


def check(query: Mapping[str, str], known: tuple[str, ...]) -> None:
    """Refuse a query parameter that is not among the `known`, or does not say what it may."""
    for name, value in query.items():
        if name not in known:
            raise bad(name, f"Unknown query parameter {name!r}", "Leave it out")
        if name in _WORDS and value not in _WORDS[name]:
            raise bad(name, f"{name} is one of {', '.join(_WORDS[name])}, not {value!r}")


def page(rows: list[Row], query: Mapping[str, str]) -> list[Row]:
    """One page. What a page token is the vendor does not say; here it is the id of the last row seen."""
    rows = list(reversed(rows)) if query.get("page_order") == "desc" else rows
    token = query.get("page_token")
    if token:
        ids = [row["id"] for row in rows]
        if token not in ids:
            raise bad("page_token", f"Unknown page token {token!r}", "Start again without a token")
        rows = rows[ids.index(token) + 1 :]
    return rows[: _page_size(query)]


def _page_size(query: Mapping[str, str]) -> int:
    text = query.get("page_size", str(_PAGE))
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _LARGEST_PAGE):
        raise bad("page_size", f"page_size is a number from 1 to {_LARGEST_PAGE}, not {text!r}")
    return int(text)
