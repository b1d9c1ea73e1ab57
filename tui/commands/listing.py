"""`list`: services and how they are reached, and the runs known here. What the rows hold stands in `core.work.listing`.

With `--json` each row is a line with `event` (service or run) and `at`, services first.
"""

import argparse
import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from core.problems import Problem
from core.text import clean
from tui.commands.surroundings import as_json, place_of_work, settings, terminal_kept
from tui.outlet import Outlet

if TYPE_CHECKING:
    from core.facts import Service
    from core.work.listing import Row

_SERVICES = (
    ("service", "SERVICE"),
    ("service_id", "ID"),
    ("region", "REGION"),
    ("status", "STATUS"),
    ("reached", "REACHED"),
)
_RUNS = (
    ("run", "RUN"),
    ("kind", "KIND"),
    ("service", "SERVICE"),
    ("vpc", "VPC"),
    ("told", "STATUS"),
    ("when", "STARTED"),
)


def list_all(options: argparse.Namespace) -> int:
    """The runs are shown even when SkySQL cannot be asked; then that is the end, and its exit code."""
    from core.work.history import runs
    from core.work.listing import run_row, service_row

    show = _json(Outlet()) if as_json(options) else _table(Outlet())
    trouble: Problem | None = None
    with place_of_work(options) as folder, terminal_kept():
        pasts = runs(folder)
        try:
            services = asyncio.run(_services(options))
        except Problem as problem:
            trouble = problem
        else:
            show("service", [service_row(service, pasts) for service in services])
    show("run", [run_row(past, pasts) for past in pasts])
    if trouble is not None:
        raise trouble
    return 0


async def _services(options: argparse.Namespace) -> "Sequence[Service]":
    from core.edges.world import open_world

    world = await open_world(settings(options, None))
    try:
        return await world.skysql.services()
    finally:
        await world.close()


Show = Callable[[str, "Sequence[Row]"], None]


def _json(write: Callable[[str], None]) -> Show:
    def show(kind: str, rows: "Sequence[Row]") -> None:
        from core.work.journal import stamp

        for row in rows:
            write(json.dumps({"event": kind, "at": stamp(datetime.now(UTC)), **row}))

    return show


def _table(write: Callable[[str], None]) -> Show:
    def show(kind: str, rows: "Sequence[Row]") -> None:
        if kind == "service":
            _write(write, _SERVICES, sorted(rows, key=lambda row: str(row["service"]).casefold()), "No service.")
        else:
            write("")
            _write(
                write, _RUNS, [{**row, "told": _told(row), "when": _when(row)} for row in rows], "No run known here."
            )

    return show


def _write(
    write: Callable[[str], None], columns: "Sequence[tuple[str, str]]", rows: "Sequence[Row]", none: str
) -> None:
    if not rows:
        write(none)
        return
    cells = [[title for _, title in columns], *([clean(str(row[name]), 60) for name, _ in columns] for row in rows)]
    widths = [max(len(line[at]) for line in cells) for at in range(len(columns))]
    for line in cells:
        write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _told(row: "Row") -> str:
    if row["undone"]:
        return "undone"
    return f"{row['status']}, resumable" if row["resumable"] else str(row["status"])


def _when(row: "Row") -> str:
    return f"{datetime.fromisoformat(str(row['started'])).astimezone():%Y-%m-%d %H:%M %Z}"
