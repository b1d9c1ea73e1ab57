"""The command line's words: which commands there are, and which options they take."""

import argparse
from pathlib import Path
from typing import NoReturn

from core import __version__
from core.facts import AllowedAddress
from core.problems import Usage
from core.text import clean
from core.values import Invalid, VpcId, parse_cidr, parse_vpc_id
from tui.outlet import complain

PROGRAM = "skysql-privatelink"

DESCRIPTION = """\
Links a SkySQL database service to your VPC with AWS PrivateLink: both sides, start to finish.
Without a command it opens the wizard, full screen."""

EPILOG = """\
exit codes: 0 done, 1 failed, 2 wrong usage or plan, 3 a check blocks, 4 not signed in or not allowed,
5 waiting on someone else, 130 interrupted; after 4, 5 and 130 go on with: skysql-privatelink resume

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


_PLAN = "plan file, as the Review page saves it"
_YES = "at a terminal: do not ask before a service is interrupted"
_DETACH = "hand the work to a background process, which outlives the terminal; resume shows it"


def _allowed(text: str) -> AllowedAddress:
    cidr, _, comment = text.partition("=")
    try:
        return AllowedAddress(parse_cidr(cidr), clean(comment, 100))
    except Invalid as why:
        raise argparse.ArgumentTypeError(str(why)) from None


def _vpc(text: str) -> VpcId:
    try:
        return parse_vpc_id(text)
    except Invalid as why:
        raise argparse.ArgumentTypeError(str(why)) from None


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
        "check", parents=[everywhere], allow_abbrev=False, help="every preflight check; changes nothing"
    )
    check.add_argument("plan_file", metavar="PLAN", type=Path, help=_PLAN)
    apply = commands.add_parser(
        "apply",
        parents=[everywhere],
        allow_abbrev=False,
        help="carry a plan out; at a terminal it asks once, before it begins",
    )
    apply.add_argument("plan_file", metavar="PLAN", type=Path, help=_PLAN)
    apply.add_argument("--yes", action="store_true", help=_YES)
    apply.add_argument("--detach", action="store_true", help=_DETACH)
    resume = commands.add_parser(
        "resume",
        parents=[everywhere],
        allow_abbrev=False,
        help="go on with an interrupted run or undo, or show the one in the background",
    )
    resume.add_argument("run", metavar="RUN", nargs="?", default="", help="default: the newest unfinished one")
    resume.add_argument("--yes", action="store_true", help=_YES)
    resume.add_argument("--detach", action="store_true", help=_DETACH)
    undo = commands.add_parser(
        "undo", parents=[everywhere], allow_abbrev=False, help="take a link away and put back what was before it"
    )
    undo.add_argument(
        "wanted", metavar="RUN|SERVICE", nargs="?", default="",
        help="a run's link, or all links of a service; default: the newest run that changed something",
    )  # fmt: skip
    undo.add_argument("--yes", action="store_true", help=_YES)
    undo.add_argument("--detach", action="store_true", help=_DETACH)
    undo.add_argument(
        "--allow", metavar="CIDR[=COMMENT]", action="append", type=_allowed, default=[],
        help="who may connect again, where the former IP allowlist is not known; may stand several times",
    )  # fmt: skip
    doctor = commands.add_parser(
        "doctor", parents=[everywhere], allow_abbrev=False, help="why can my application not connect? Changes nothing",
        epilog="exit codes: 0 the database answered, 1 a link is broken, 4 not signed in or not allowed, "
        "5 all that can be seen from here holds: try it from within the VPC",
    )  # fmt: skip
    doctor.add_argument("service", metavar="SERVICE", help="id, or a name that is unique")
    doctor.add_argument(
        "--vpc", metavar="VPC", type=_vpc, default=None, help="the VPC in question, where several have an endpoint"
    )
    doctor.add_argument(
        "--no-login", action="store_true", help="end before the login: no password is read, asked for or sent"
    )
    commands.add_parser(
        "list", parents=[everywhere], allow_abbrev=False, help="services, how they are reached, and the runs known here"
    )
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
    serve.add_argument("--rate-limits", action="store_true", help="AWS's request buckets are in force")
    serve.add_argument("--seed", metavar="N", type=int, default=0, help="another seed, other ids")
    serve.add_argument("--port", metavar="N", type=_port, default=0, help="port of the AWS side; SkySQL gets the next")
    actions.add_parser(
        "stories", parents=[everywhere], allow_abbrev=False, help="the stories that --story takes, a line each"
    )
    return top
