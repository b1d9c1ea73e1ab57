"""The command line: picks the command and the exit code. Light to import: `--help` and `--version` load no client."""

import argparse
import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from core.problems import Failed, Problem, Usage
from core.redaction import know, secrets_in
from tui.commands.doctor import doctor, untold
from tui.commands.grammar import parser
from tui.commands.headless import apply, check, resume, undo
from tui.commands.listing import list_all
from tui.commands.sandbox import sandbox
from tui.commands.support import bundle
from tui.commands.surroundings import LOGS, happening, json_lines
from tui.commands.wizard import wizard
from tui.outlet import complain, sturdy

if TYPE_CHECKING:
    from core.work.events import Kind, Status

    Result = Callable[[Status, str, int], None]

__all__ = ["parser", "run"]

INTERRUPTED = 130


def run(arguments: Sequence[str]) -> int:
    """Carry out a command line; the exit code."""
    sturdy()
    know(*secrets_in(os.environ))
    try:
        options = parser().parse_args(arguments)
        _check_story(options)
    except SystemExit as end:  # --help, --version
        return end.code if isinstance(end.code, int) else 0
    except Problem as problem:
        _tell_problem(problem, as_json="--json" in arguments)
        return problem.exit_code
    if getattr(options, "no_color", False):
        os.environ["NO_COLOR"] = "1"
    if getattr(options, "api_url", ""):
        os.environ["SKYSQL_API_URL"] = options.api_url  # a key kept in the keyring belongs to an address
    command: Callable[[argparse.Namespace], int] = COMMANDS[options.command]
    with _logged(options):
        return _carried_out(command, options)


def _carried_out(command: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    as_json = getattr(options, "json", False)
    result = RESULTS.get(options.command) if as_json else None
    try:
        return command(options)
    except Problem as problem:
        _tell_problem(problem, as_json=as_json, result=result)
        return problem.exit_code
    except KeyboardInterrupt:
        if result:
            result("interrupted", "Interrupted before anything was changed.", INTERRUPTED)
        complain("Interrupted.")
        return INTERRUPTED


def _check_story(options: argparse.Namespace) -> None:
    told = getattr(options, "story", "") or getattr(options, "fault", None)
    if told and options.command != "sandbox" and not getattr(options, "sandbox", False):
        raise Usage("no-sandbox", "--story and --fault make things happen in the sandbox.", remedy="Add --sandbox.")
    if told:
        from core.sandbox.serve import fate_of

        try:
            fate_of(happening(options))
        except ValueError as why:
            raise Usage("no-such-story", f"That cannot happen in the sandbox: {why}.") from None


@contextlib.contextmanager
def _logged(options: argparse.Namespace) -> Iterator[None]:
    """With `--debug`, write a log meanwhile, and say where; go on without one where none can be written."""
    with contextlib.ExitStack() as ends:
        if getattr(options, "debug", False):
            from core.edges.about import about
            from core.edges.debug_log import debug_log
            from core.edges.settings import state_folder

            try:
                path = ends.enter_context(debug_log(state_folder(os.environ) / LOGS, about(os.environ)))
            except Failed as problem:
                complain(problem.what, problem.cause)
            else:
                ends.callback(complain, f"Log: {path}")
        yield


def _tell_problem(problem: Problem, *, as_json: bool, result: "Result | None" = None) -> None:
    """What stood in the way before a run began."""
    if as_json:
        from datetime import UTC, datetime

        from core.work.events import ErrorTold

        json_lines()(ErrorTold.of(problem, datetime.now(UTC)))
    if result:
        statuses: dict[int, Status] = {3: "blocked", 5: "waiting"}
        status = statuses.get(problem.exit_code, "failed")
        result(status, f"{problem.what} Nothing was changed.", problem.exit_code)
    complain(problem.what, problem.cause, problem.remedy, problem.paste)


def _link(status: "Status", detail: str, exit_code: int) -> None:
    _tell_result(status, detail, exit_code, "link")


def _undo(status: "Status", detail: str, exit_code: int) -> None:
    _tell_result(status, detail, exit_code, "undo")


def _tell_result(status: "Status", detail: str, exit_code: int, kind: "Kind") -> None:
    from datetime import UTC, datetime

    from core.work.events import RunEnded

    json_lines()(RunEnded(datetime.now(UTC), status, "", "", detail=detail, exit_code=exit_code, kind=kind))


COMMANDS: Mapping[str | None, Callable[[argparse.Namespace], int]] = {
    None: wizard,
    "check": check,
    "apply": apply,
    "resume": resume,
    "undo": undo,
    "doctor": doctor,
    "list": list_all,
    "bundle": bundle,
    "sandbox": sandbox,
}

RESULTS: "Mapping[str | None, Result]" = {
    "apply": _link,
    "check": _link,
    "resume": _link,
    "undo": _undo,
    "doctor": untold,
}
"""Commands whose last `--json` line is a result, however they end, and how that of a problem is told."""
