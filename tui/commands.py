"""The command line: picks the world and the exit code. Light to import: `--help` and `--version` load no client."""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import shlex
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from core import __version__
from core.plan import Plan
from core.problems import Failed, Problem, Usage
from core.redaction import know, secrets_in
from tui.outlet import Outlet, at_terminal, complain, flush, sturdy

if TYPE_CHECKING:
    from core.sandbox.serve import Happening
    from core.work.events import Event, RunEnded, Status
    from core.world import Settings, World

PROGRAM = "skysql-privatelink"
INTERRUPTED = 130
RUNS = "runs"  # journals, under the state folder
LOGS = "logs"

DESCRIPTION = """\
Links a SkySQL database service to your VPC with AWS PrivateLink: both sides, start to finish.
Without a command it opens the wizard, full screen."""

EPILOG = """\
exit codes: 0 done, 1 failed, 2 wrong usage or plan, 3 a check blocks, 4 not signed in or not allowed,
5 waiting on someone else, 130 interrupted; after 5 and 130 run the same command again to go on.

try it first, without an account:  skysql-privatelink --sandbox"""


class _Parser(argparse.ArgumentParser):
    """Tells wrong usage as every other problem is told: `--json` covers it too."""

    def error(self, message: str) -> NoReturn:
        complain(self.format_usage().rstrip())
        raise Usage("usage", f"{self.prog}: {message}", remedy=f"See {self.prog} --help.")


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65534:
        raise ValueError(text)
    return number


def parser() -> argparse.ArgumentParser:
    """The whole command line. Options of all commands may stand before or after the command."""
    everywhere = _Parser(add_help=False, argument_default=argparse.SUPPRESS)
    options = everywhere.add_argument_group("options of all commands")
    options.add_argument("--sandbox", action="store_true", help="use the embedded world: no account, no key, no cost")
    options.add_argument("--story", metavar="NAME", help="what happens in the sandbox; see: sandbox stories")
    options.add_argument(
        "--fault", metavar="F", action="append", help="what befalls a call there: ec2:CreateVpcEndpoint=Unavailable*2"
    )
    options.add_argument("--profile", metavar="NAME", help="AWS profile")
    options.add_argument(
        "--region", metavar="REGION", help="AWS region for signing in; the service's own decides the rest"
    )
    options.add_argument("--org", metavar="ID", help="SkySQL organization, when not the key's own")
    options.add_argument("--api-url", metavar="URL", help="SkySQL API address")
    options.add_argument("--json", action="store_true", help="one JSON object a line on stdout, nothing else there")
    options.add_argument(
        "--debug", action="store_true", help="write a log of every request; its place is told at the end"
    )
    options.add_argument("--no-color", action="store_true", help="no colours")

    top = _Parser(
        prog=PROGRAM, description=DESCRIPTION, epilog=EPILOG, parents=[everywhere],
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    top.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    top.add_argument("--plan", metavar="FILE", type=Path, help="start the wizard from the answers of this plan")
    commands = top.add_subparsers(title="commands", dest="command", metavar="COMMAND")

    check = commands.add_parser(
        "check", parents=[everywhere], allow_abbrev=False, help="every preflight check, changes nothing"
    )
    check.add_argument("plan_file", metavar="PLAN", type=Path)
    apply = commands.add_parser(
        "apply", parents=[everywhere], allow_abbrev=False, help="carry a plan out without questions"
    )
    apply.add_argument("plan_file", metavar="PLAN", type=Path)
    apply.add_argument("--yes", action="store_true", help="at a terminal: do not ask before a service is interrupted")
    bundle = commands.add_parser(
        "bundle", parents=[everywhere], allow_abbrev=False, help="pack a run's journal, plan and logs for support"
    )
    bundle.add_argument("run", metavar="RUN", nargs="?", default="", help="default: the newest")
    bundle.add_argument(
        "-o", "--output", metavar="FILE", type=Path, default=Path(), help="default: here, named by the run"
    )
    sandbox = commands.add_parser(
        "sandbox", parents=[everywhere], allow_abbrev=False, help="the embedded world, for any AWS and HTTP client"
    )
    actions = sandbox.add_subparsers(title="actions", dest="action", metavar="ACTION", required=True)
    serve = actions.add_parser(
        "serve", parents=[everywhere], allow_abbrev=False, help="serve it on loopback until interrupted"
    )
    serve.add_argument("--seed", metavar="N", type=int, default=0, help="another seed, other ids")
    serve.add_argument("--port", metavar="N", type=_port, default=0, help="port of the AWS side; SkySQL gets the next")
    actions.add_parser(
        "stories", parents=[everywhere], allow_abbrev=False, help="the stories that --story takes, a line each"
    )
    return top


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
    with_result = options.command in ("apply", "check")  # their last line is a result, however they end
    try:
        return command(options)
    except Problem as problem:
        _tell_problem(problem, as_json=as_json, with_result=with_result)
        return problem.exit_code
    except KeyboardInterrupt:
        if as_json and with_result:
            _tell_result("interrupted", "Interrupted before anything was changed.", INTERRUPTED)
        complain("Interrupted.")
        return INTERRUPTED


def _check_story(options: argparse.Namespace) -> None:
    told = getattr(options, "story", "") or getattr(options, "fault", None)
    if told and options.command != "sandbox" and not getattr(options, "sandbox", False):
        raise Usage("no-sandbox", "--story and --fault make things happen in the sandbox.", remedy="Add --sandbox.")


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


def _tell_problem(problem: Problem, *, as_json: bool, with_result: bool = False) -> None:
    """What stood in the way before a run began."""
    if as_json:
        from datetime import UTC, datetime

        from core.work.events import ErrorTold

        now = datetime.now(UTC)
        told = ErrorTold(now, problem.code, problem.what, problem.cause, problem.remedy, problem.request_id)
        _json_lines()(told)
    if as_json and with_result:
        statuses: dict[int, Status] = {3: "blocked", 5: "waiting"}
        status = statuses.get(problem.exit_code, "failed")
        _tell_result(status, f"{problem.what} Nothing was changed.", problem.exit_code)
    complain(problem.what, problem.cause, problem.remedy)


def _tell_result(status: "Status", detail: str, exit_code: int) -> None:
    from datetime import UTC, datetime

    from core.work.events import RunEnded

    _json_lines()(RunEnded(datetime.now(UTC), status, "", "", detail=detail, exit_code=exit_code))


# ---------------------------------------------------------------------------------------------- the wizard


def wizard(options: argparse.Namespace) -> int:
    """Full screen, from the first question to Done."""
    if not at_terminal(sys.stdin, sys.stdout):
        raise Usage(
            "no-terminal",
            "The wizard needs a terminal, and this is none.",
            cause="Standard input or output is a file or a pipe.",
            remedy=f"Run it at a terminal, or carry out a plan file without questions: {PROGRAM} apply PLAN",
        )
    plan = _read_plan(options.plan) if options.plan else None
    over_ssh = "SSH_CONNECTION" in os.environ
    if over_ssh:
        os.environ.setdefault("ESCDELAY", "400")  # a slow line splits the arrow keys' sequences

    from core.edges.clock import SystemClock
    from core.edges.settings import state_folder
    from core.edges.world import open_world
    from tui.app import Wizard
    from tui.session import Entry

    sandboxed = getattr(options, "sandbox", False)
    with contextlib.ExitStack() as ends:
        entry = Entry(
            environ=os.environ,
            open_world=open_world,
            runs_folder=_runs_folder(ends) if sandboxed else state_folder(os.environ) / RUNS,
            clock=SystemClock(),
            profile=getattr(options, "profile", ""),
            region=getattr(options, "region", ""),
            organization=getattr(options, "org", ""),
            plan=plan,
            mark="SANDBOX" if sandboxed else "",
            prepare=_sandbox_starter(options, ends) if sandboxed else None,
            # What stays as long as the program would be looked at in every full collection of garbage, and freeze the
            # screen for over a tenth of a second each time.
            after_loading=gc.freeze,
        )
        app = Wizard(entry)
        app.run(mouse=not over_ssh)
    if app.result is not None:
        _text_lines()(app.result)  # what is needed next, where the shell still shows it
    flush()  # the line may have been dropped
    return app.return_code or 0


def _runs_folder(ends: contextlib.ExitStack) -> Path:
    """Journals of a world that ends with the process end with it: nobody is asked about them next time."""
    import tempfile

    return Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="skysql-privatelink-"))) / RUNS


def _sandbox_starter(
    options: argparse.Namespace, ends: contextlib.ExitStack
) -> "Callable[[], asyncio.Future[Mapping[str, str]]]":
    """Starts the sandbox off the event loop and lays its addresses over the environment."""

    def start() -> Mapping[str, str]:
        ends.enter_context(_in_sandbox(options))
        return os.environ

    def prepare() -> "asyncio.Future[Mapping[str, str]]":
        return asyncio.ensure_future(asyncio.to_thread(start))

    return prepare


@contextlib.contextmanager
def _in_sandbox(options: argparse.Namespace) -> Iterator[None]:
    """The environment of an embedded world that ends with the block. AWS profiles and keys of the user are left out."""
    from core.sandbox.child import Sandbox, SandboxError

    sandbox = Sandbox()
    before = dict(os.environ)
    try:
        overlay = sandbox.start(happening=_happening(options))
    except SandboxError as why:
        raise Usage("no-sandbox", "The sandbox did not start.", cause=str(why)) from None
    try:
        for name in [name for name in os.environ if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_"))]:
            if name != "SKYSQL_PRIVATELINK_SANDBOX_SPEED":
                del os.environ[name]
        os.environ.update(overlay)
        yield
    finally:
        sandbox.stop()
        os.environ.clear()
        os.environ.update(before)


# ---------------------------------------------------------------------------------------------- headless


def apply(options: argparse.Namespace) -> int:
    """Carry a plan out."""
    return _headless(options, changes=True)


def check(options: argparse.Namespace) -> int:
    """Every preflight check; changes nothing."""
    return _headless(options, changes=False)


def _headless(options: argparse.Namespace, *, changes: bool) -> int:
    plan = _read_plan(options.plan_file)
    tell = _json_lines() if getattr(options, "json", False) else _text_lines()
    with _in_sandbox(options) if getattr(options, "sandbox", False) else contextlib.nullcontext(), _terminal_kept():
        settings = _settings(options, plan)
        results: list[RunEnded] = []
        try:
            return asyncio.run(_carry_out(options, settings, plan, _heard(tell, results), changes=changes)).exit_code
        except asyncio.CancelledError:
            if results:
                return results[-1].exit_code
            raise KeyboardInterrupt from None


def _heard(tell: "Callable[[Event], None]", results: "list[RunEnded]") -> "Callable[[Event], None]":
    """`tell`, and keep the result: a run that has to be cut off tells it and returns nothing."""
    from core.work.events import RunEnded

    def hear(event: "Event") -> None:
        if isinstance(event, RunEnded):
            results.append(event)
        tell(event)

    return hear


def _settings(options: argparse.Namespace, plan: Plan) -> "Settings":
    from core.edges.keys import required_key
    from core.edges.settings import settings_from

    return settings_from(
        os.environ,
        key=required_key(os.environ),
        organization=getattr(options, "org", ""),
        profile=getattr(options, "profile", ""),
        region=getattr(options, "region", "") or plan.region,
        ask_code=_ask_code if at_terminal(sys.stdin) else None,
    )


async def _carry_out(
    options: argparse.Namespace, settings: "Settings", plan: Plan, tell: "Callable[[Event], None]", *, changes: bool
) -> "RunEnded":
    from core.edges.settings import state_folder
    from core.edges.world import open_world
    from core.work import operation

    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        world = await open_world(settings)
        try:
            if not changes:
                return await operation.check(world, plan, tell, stop)
            if not (options.yes or await _agreed(options, world, plan, stop)):
                what = "Nothing was changed: the switch was not agreed to."
                raise Usage("not-agreed", what, remedy="--yes skips the question.")
            return await operation.apply(world, plan, state_folder(os.environ) / RUNS, tell, stop)
        finally:
            await world.close()


@contextlib.contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """The first signal asks to stop; where that takes too long, or with the second, what is in flight is cut off."""
    from core.work.engine import LAST_MOMENTS

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None  # noqa: S101
    late: list[asyncio.TimerHandle] = []

    def on_signal() -> None:
        late.append(loop.call_later(0 if stop.is_set() else LAST_MOMENTS, task.cancel))
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup: the run is to outlive the terminal
            loop.add_signal_handler(number, on_signal)
    try:
        yield
    finally:
        for timer in late:
            timer.cancel()


async def _agreed(options: argparse.Namespace, world: "World", plan: Plan, stop: asyncio.Event) -> bool:
    """At a terminal, the same agreement the wizard asks for; a script is taken at its word.

    True also when stopped meanwhile: the run then ends before it begins, and says so.
    """
    if not at_terminal(sys.stdin, sys.stdout):
        return True
    from core.choices.review import agreement, changes, typed_to_agree
    from core.edges.threads import in_thread
    from core.work.stopping import Stopped, unless_stopped
    from core.work.survey import survey

    out = sys.stderr if getattr(options, "json", False) else sys.stdout
    try:
        situation = await unless_stopped(survey(world, plan), stop)
        for change in changes(plan, situation):
            print(f"{change.mark} {change.what}", *(f"    {line}" for line in change.detail), sep="\n", file=out)
        if agreement(situation) != "type-name":
            return True
        wanted = typed_to_agree(situation.service)
        question = f"This interrupts {situation.service.name}. To go on, type {wanted}: "
        print(question, end="", file=out, flush=True)
        # Not input(): its thread would hold standard input's lock when a stop ends the program meanwhile.
        typed = await unless_stopped(in_thread(lambda: os.read(0, 4096)), stop)
    except Stopped:
        return True
    return typed.decode("utf-8", "replace").strip() == wanted


@contextlib.contextmanager
def _terminal_kept() -> Iterator[None]:
    """A stop while a code is asked for leaves the terminal with its echo off; it gets it back."""
    if not at_terminal(sys.stdin):
        yield
        return
    import termios

    before = termios.tcgetattr(0)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):  # the line was dropped
            termios.tcsetattr(0, termios.TCSANOW, before)


def _ask_code(device: str) -> str:
    import getpass

    return getpass.getpass(f"MFA code for {device}: ")


def _read_plan(path: Path) -> Plan:
    from core.edges.files import read_text
    from core.plan import parse_plan

    try:
        text = read_text(path)
    except Failed as why:
        raise Usage(why.code, why.what, cause=why.cause, remedy=why.remedy) from None
    return parse_plan(text)


def _text_lines() -> "Callable[[Event], None]":
    from tui.lines import Lines

    return Lines(Outlet())


def _json_lines() -> "Callable[[Event], None]":
    from core.work.jsonlines import as_json

    write = Outlet()
    return lambda event: write(json.dumps(as_json(event)))


# ---------------------------------------------------------------------------------------------- the sandbox


def sandbox(options: argparse.Namespace) -> int:
    """Serve the embedded world until interrupted, or list the stories that can happen in it."""
    as_json = getattr(options, "json", False)
    if options.action == "stories":
        return _stories(as_json=as_json)
    from core.sandbox.serve import serve

    return serve(_happening(options), port=options.port, as_json=as_json)


def _stories(*, as_json: bool) -> int:
    from core.sandbox.stories import STORIES

    width = max(len(story.name) for story in STORIES)
    for story in STORIES:
        plain = f"{story.name:{width}}  {story.line}"
        print(json.dumps({"story": story.name, "line": story.line}) if as_json else plain)
    return 0


def _happening(options: argparse.Namespace) -> "Happening":
    from core.sandbox.serve import Happening

    faults = tuple(getattr(options, "fault", None) or ())
    return Happening(getattr(options, "story", ""), faults, getattr(options, "seed", 0))


# ---------------------------------------------------------------------------------------------- for support


def bundle(options: argparse.Namespace) -> int:
    """Pack what support needs, and say what is inside."""
    from core.edges.about import about
    from core.edges.bundle import INSIDE, Kept, pack
    from core.edges.credentials import profiles
    from core.edges.settings import state_folder

    with contextlib.suppress(Problem):
        profiles(os.environ)  # from then on their keys are known, and blotted out
    state = state_folder(os.environ)
    packed = pack(Kept(state / RUNS, state / LOGS, Path.home()), options.run, options.output, about(os.environ))
    write = Outlet()
    if getattr(options, "json", False):
        write(json.dumps({"event": "bundle", "at": _now(), "path": str(packed.path), "files": packed.files}))
        return 0
    for line in (f"Packed: {packed.path}", *(f"  {file}" for file in packed.files), *INSIDE):
        write(line)
    write(f"Look into it before you send it: tar -xzOf {shlex.quote(str(packed.path))}")
    return 0


def _now() -> str:
    from datetime import UTC, datetime

    from core.work.journal import stamp

    return stamp(datetime.now(UTC))


COMMANDS: Mapping[str | None, Callable[[argparse.Namespace], int]] = {
    None: wizard,
    "check": check,
    "apply": apply,
    "bundle": bundle,
    "sandbox": sandbox,
}
