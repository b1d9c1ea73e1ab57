"""Runs on a disk that refuses: in a process of its own, which may limit itself and mount what it likes.

    python -m tests.work.on_disk CASE FOLDER

prints one JSON object a line: how each run over the small world ended, what it changed, and what is recorded of it.
"""

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from core.work.events import ErrorTold, Event, Seen
from core.work.operation import apply
from tests.work.fake import PLAN, FakeWorld

CHANGES = ("create_group", "authorize", "switch", "create_endpoint", "enable_private_dns")


def once(world: FakeWorld, folder: Path, hear: Callable[[Event], None] = lambda _: None) -> dict[str, Any]:
    """One run, told as facts. `unrecorded`: changes that went out without a line that says so before."""
    errors: list[str] = []
    unrecorded: list[str] = []

    def changing(name: str) -> Callable[[], None]:
        def check() -> None:
            made = sum(world.count(change) for change in CHANGES)
            if recorded(folder).count("acting") < made:
                unrecorded.append(name)

        return check

    def tell(event: Event) -> None:
        if isinstance(event, ErrorTold):
            errors.append(event.code)
        hear(event)

    world.at_call = {change: changing(change) for change in CHANGES}
    ended = asyncio.run(apply(world, PLAN, folder, tell, asyncio.Event()))
    return {
        "status": ended.status,
        "exit_code": ended.exit_code,
        "errors": errors,
        "unrecorded": unrecorded,
        "made": [world.count(change) for change in CHANGES],
        "stands": [len(world.group_list), len(world.endpoint_list)],
        "kinds": recorded(folder),
    }


def recorded(folder: Path) -> list[str]:
    """The kinds of every whole line in the folder."""
    kinds = []
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_bytes().split(b"\n")[:-1]:
            try:
                kinds.append(json.loads(line)["kind"])
            except ValueError:
                kinds.append("torn")
    return kinds


def limited(folder: Path) -> Iterator[dict[str, Any]]:
    """Files that may grow no longer than so many bytes, then may: as under `ulimit -f`."""
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in range(0, 3200, 101):
        world, place = FakeWorld(), folder / str(size)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))
        try:
            first = once(world, place)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        yield {"size": size, "first": first, "then": once(world, place)}


def full(folder: Path) -> Iterator[dict[str, Any]]:
    """A disk of 16 pages on which so many are left, then all. A run needs three: lock, plan, journal."""
    for pages in range(5):
        with mounted(folder, "-t", "tmpfs", "-o", "size=64k", "tmpfs"):
            world, rest = FakeWorld(), folder / "rest"
            rest.write_bytes(bytes(4096 * (16 - pages)))
            first = once(world, folder / "runs")
            rest.unlink()
            yield {"pages": pages, "first": first, "then": once(world, folder / "runs")}


def read_only(folder: Path) -> Iterator[dict[str, Any]]:
    """A disk that cannot be written: from the start, and from the middle of a run on."""
    with mounted(folder, "-t", "tmpfs", "tmpfs"):
        world = FakeWorld()
        with mounted(folder, "--bind", "-o", "ro", str(folder)):
            first = once(world, folder / "runs")
        yield {"from": "the start", "first": first, "then": once(world, folder / "runs")}
    with mounted(folder, "-t", "tmpfs", "tmpfs"), ExitStack() as lasts:
        world = FakeWorld()

        def hear(event: Event) -> None:
            if isinstance(event, Seen) and (event.step, event.state) == ("available", "pending"):
                lasts.enter_context(mounted(folder, "--bind", "-o", "ro", str(folder)))

        first = once(world, folder / "runs", hear)
        lasts.close()
        yield {"from": "the middle", "first": first, "then": once(world, folder / "runs")}


@contextmanager
def mounted(folder: Path, *what: str) -> Iterator[None]:
    subprocess.run(["mount", *what, str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


CASES = {"limited": limited, "full": full, "read-only": read_only}

if __name__ == "__main__":
    for told in CASES[sys.argv[1]](Path(sys.argv[2])):
        print(json.dumps(told), flush=True)
