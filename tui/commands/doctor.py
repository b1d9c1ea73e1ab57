"""`doctor`: why an application cannot connect, each link told when it is known; `--json` is in `core.work.jsonlines`.

Exit code: 0 proven to the end, 1 a link is broken, 5 all that can be seen from here holds and it has to be proved from
within the VPC (or with a login), 4 not signed in or not allowed, 2 and 130 as everywhere.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.text import clean
from tui.chain_lines import lines_of, not_tried, text_of
from tui.commands.surroundings import as_json, place_of_work, settings, terminal_kept
from tui.outlet import Outlet, at_terminal

if TYPE_CHECKING:
    from core.checks.doctor import Outcome
    from core.work.doctor import Diagnosis
    from core.work.proving import Ask
    from core.world import Credentials

_EXITS: "dict[Outcome, int]" = {"done": 0, "failed": 1, "unproven": 5}
_VERDICTS = {"yes": "✓ yes", "partly": "~ partly", "no": "✗ no", "unknown": "? unknown"}


def doctor(options: argparse.Namespace) -> int:
    """Walk the chain and tell it; the exit code."""
    tell = _Json() if as_json(options) else _Text()
    with place_of_work(options) as folder, terminal_kept():
        diagnosis = asyncio.run(_examined(options, folder, tell.heard))
    code = _EXITS[diagnosis.outcome]
    tell.ended(diagnosis, code)
    return code


async def _examined(options: argparse.Namespace, folder: Path, heard: "Callable[[Diagnosis], None]") -> "Diagnosis":
    from core.edges.world import open_world
    from core.work.doctor import examine
    from core.work.proving import nobody

    ask: Ask = _ask if at_terminal(sys.stdin, sys.stderr) else nobody
    world = await open_world(settings(options, None))
    try:
        return await examine(world, options.service, folder, heard, ask, vpc=options.vpc, login=not options.no_login)
    finally:
        await world.close()


async def _ask(why: str) -> "Credentials | None":
    """A database user and password, typed at the terminal; None when only Enter is pressed."""
    from core.edges.threads import in_thread
    from core.world import Credentials, Secret

    print(f"{why}\nWhat you type is used once and not kept; Enter alone goes without a login.", file=sys.stderr)
    user = await in_thread(lambda: _typed("User: "))
    password = await in_thread(lambda: _typed(f"Password of {clean(user, 80)}: ", hidden=True)) if user else ""
    return Credentials(user, Secret(password)) if user and password else None


def _typed(question: str, *, hidden: bool = False) -> str:
    import getpass

    if hidden:
        return getpass.getpass(question)
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip()


# ---------------------------------------------------------------------------------------------- as it goes


class _Text:
    """Each link as lines, then who reaches the endpoint, then what to paste elsewhere."""

    def __init__(self) -> None:
        self._write = Outlet()
        self._told = 0

    def heard(self, diagnosis: "Diagnosis") -> None:
        links = diagnosis.links
        self._lines(text_of(line for link in links[self._told :] for line in lines_of(link)))
        self._told = len(links)

    def ended(self, diagnosis: "Diagnosis", _code: int) -> None:
        self._lines(text_of(not_tried(diagnosis.links)))
        case = diagnosis.case
        for port in case.ports:
            self._reach(diagnosis, port)
        for trial in diagnosis.trials:
            self._lines(f"\nTo paste on a machine in {diagnosis.target.vpc}. {trial.title}:\n{trial.text}")
        self._lines(f"\n{diagnosis.told}")

    def _reach(self, diagnosis: "Diagnosis", port: int) -> None:
        from core.checks.reach import summary

        found = diagnosis.case.reaching(port)
        if not found:
            return
        self._lines(f"\n{summary(found, port)}")
        names = [clean(one.client.name, 40) for one in found]
        width, words = max(map(len, names)), max(map(len, _VERDICTS.values()))
        for name, one in zip(names, found, strict=True):
            self._lines(f"  {name:<{width}}  {_VERDICTS[one.verdict]:<{words}}  {one.why}".rstrip())

    def _lines(self, text: str) -> None:
        if text:
            self._write(text)


def untold(status: str, detail: str, exit_code: int) -> None:
    """The result of an examination that a problem ended."""
    from core.work.journal import stamp

    told = {"status": status, "detail": detail, "exit_code": exit_code}
    Outlet()(json.dumps({"event": "result", "at": stamp(datetime.now(UTC)), **told}))


class _Json:
    """One object a line."""

    def __init__(self) -> None:
        self._write = Outlet()
        self._told = 0

    def heard(self, diagnosis: "Diagnosis") -> None:
        from core.work.jsonlines import link_as_json

        links = diagnosis.links
        for link in links[self._told :]:
            self._write(json.dumps(link_as_json(link, datetime.now(UTC))))
        self._told = len(links)

    def ended(self, diagnosis: "Diagnosis", code: int) -> None:
        from core.work.jsonlines import diagnosis_as_json, reach_as_json

        now = datetime.now(UTC)
        for port in diagnosis.case.ports:
            for one in diagnosis.case.reaching(port):
                self._write(json.dumps(reach_as_json(one, port, now)))
        self._write(json.dumps(diagnosis_as_json(diagnosis, code, now)))
