"""A sign-in that ends in the middle of a run: it stops at a safe point, says what to do, and goes on afterwards."""

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import botocore.exceptions as library
import httpx
import pytest

from core.edges.aws_errors import Doing, of_code, of_error
from core.edges.settings import settings_from
from core.edges.skysql_errors import Answered, Asked, refused
from core.edges.world import open_world
from core.plan import parse_plan
from core.problems import NotAllowed, NotSignedIn, Problem
from core.work.events import ErrorTold, Event, RunEnded
from core.work.history import latest
from core.work.operation import apply
from tests.plans import plan_text
from tests.relay import Answer, Relay, aws_error, relayed
from tests.work.fake import SERVICE
from tests.work.office import Office
from tests.worlds import hastened

DOING = Doing("ec2:CreateVpcEndpoint", "us-east-2", changes=True, profile="prod", login="corp")


def aws_says(code: str, words: str = "") -> Callable[[], Problem]:
    return lambda: of_code(code, words, 400, "req-1", DOING)


def library_raises(error: Exception) -> Callable[[], Problem]:
    return lambda: of_error(error, DOING)


def skysql_answers(status: int) -> Callable[[], Problem]:
    return lambda: refused(Answered(status, httpx.Headers(), b"{}"), Asked("PATCH", "/x"), "")


LOGIN = "aws sso login --profile corp"
AWS_ENDS = {
    "RequestExpired": (aws_says("RequestExpired"), LOGIN),
    "ExpiredToken": (aws_says("ExpiredToken"), LOGIN),
    "ExpiredTokenException": (aws_says("ExpiredTokenException"), LOGIN),
    "AuthFailure": (aws_says("AuthFailure"), "Check the keys"),
    "InvalidClientTokenId": (aws_says("InvalidClientTokenId"), "Check the keys"),
    "UnauthorizedException": (aws_says("UnauthorizedException"), LOGIN),
    "AccessDenied": (aws_says("AccessDenied", "x is not authorized to perform: sts:AssumeRole"), "sts:AssumeRole"),
    "UnauthorizedOperation": (aws_says("UnauthorizedOperation"), "ec2:CreateVpcEndpoint"),
    "SSO token lost": (library_raises(library.SSOTokenLoadError(error_msg="gone")), LOGIN),
    "SSO token ended": (library_raises(library.UnauthorizedSSOTokenError()), LOGIN),
    "SSO token refused": (library_raises(library.TokenRetrievalError(provider="sso", error_msg="ended")), LOGIN),
    "credential_process": (library_raises(library.CredentialRetrievalError(provider="p", error_msg="no")), "by itself"),
    "MFA": (library_raises(library.RefreshWithMFAUnsupportedError()), "next code"),
}  # fmt: skip
SKYSQL_ENDS = {
    "401": (skysql_answers(401), "set SKYSQL_API_KEY"),
    "403": (skysql_answers(403), "administrator"),
}
AWS_CALLS = (
    "groups", "create_group", "authorize", "endpoint_service", "endpoints", "create_endpoint", "enable_private_dns",
)  # fmt: skip
SKYSQL_CALLS = ("service", "switch")
AWS_UNDOING = ("delete_endpoint", "delete_group")
SKYSQL_UNDOING = ("service", "make_public", "set_allow_list")
LOOK = "GET /provisioning/v1/services/dbpgf00000001"
SWITCH = "PATCH /provisioning/v1/services/dbpgf00000001/endpoints"


def cases(aws: tuple[str, ...], skysql: tuple[str, ...]) -> list[object]:
    """Every end at the first AWS call, and one of every kind at all the others."""
    pairs = [(call, name, *end) for call in skysql for name, end in SKYSQL_ENDS.items()]
    pairs += [(aws[0], name, *end) for name, end in AWS_ENDS.items()]
    pairs += [(call, name, *AWS_ENDS[name]) for call in aws[1:] for name in ("RequestExpired", "SSO token ended")]
    return [pytest.param(call, make, words, id=f"{call}: {name}") for call, name, make, words in pairs]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "runs")


def waits_at_a_safe_point(office: Office, words: str) -> None:
    ended = office.events[-1]
    assert isinstance(ended, RunEnded)
    (error,) = office.told(ErrorTold)
    past = latest(office.folder, SERVICE)
    assert past is not None
    assert (ended.status, ended.exit_code, past.status) == ("waiting", 4, "waiting")
    assert words in error.remedy
    assert f"resume {past.run}" in ended.detail
    assert all(sent.outcome != "unclear" for sent in past.sent.values())
    assert past.unfinished


@pytest.mark.parametrize(("call", "make", "words"), cases(AWS_CALLS, SKYSQL_CALLS))
async def test_a_link_waits_and_goes_on(office: Office, call: str, make: Callable[[], Problem], words: str) -> None:
    problem = make()
    assert isinstance(problem, NotSignedIn | NotAllowed)
    office.world.fail_before[call] = [problem]
    first = await office.apply()
    waits_at_a_safe_point(office, words)
    office.world.clock.elapsed += 3600
    again = await office.resume()
    assert (again.status, again.run) == ("done", first.run)
    assert len(office.world.group_list) == len(office.world.endpoint_list) == 1
    made = [office.world.count(change) for change in ("create_group", "switch", "create_endpoint")]
    assert made == [1 + (call == change) for change in ("create_group", "switch", "create_endpoint")]


@pytest.mark.parametrize(("call", "make", "words"), cases(AWS_UNDOING, SKYSQL_UNDOING))
async def test_an_undo_waits_and_goes_on(office: Office, call: str, make: Callable[[], Problem], words: str) -> None:
    await office.apply()
    office.world.clock.elapsed += 3600
    office.world.fail_before[call] = [make()]
    first = await office.undo()
    waits_at_a_safe_point(office, words)
    office.world.clock.elapsed += 3600
    again = await office.resume()
    assert (again.status, again.run) == ("done", first.run)
    assert office.world.endpoint_list == []
    assert office.world.group_list == []


async def test_a_sign_in_that_has_not_come_back_leaves_the_run_as_it_was(office: Office) -> None:
    office.world.fail_before["create_endpoint"] = [aws_says("ExpiredToken")()]
    first = await office.apply()
    office.world.fail_before["network"] = [aws_says("ExpiredToken")()]
    office.events.clear()
    again = await office.resume()
    assert (again.status, again.exit_code) == ("failed", 4)
    past = latest(office.folder, SERVICE)
    assert past is not None
    assert (past.run, past.status) == (first.run, "waiting")
    assert (await office.resume()).status == "done"


def once_switched(relay: Relay, answer: Answer) -> Callable[[dict[str, str]], Answer | None]:
    """`answer` from the switch on; before, the sandbox's own."""
    return lambda _: answer if SWITCH in relay.calls else None


async def test_over_the_wire_every_end_is_gone_on_from(
    own_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = parse_plan(plan_text(own_sandbox))
    events: list[Event] = []
    runs: set[str] = set()
    with relayed(own_sandbox) as (relay, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        ends: tuple[tuple[str, Answer | Callable[[dict[str, str]], Answer | None], str], ...] = (
            (SWITCH, Answer(401), "skysql.key-refused"),
            (LOOK, once_switched(relay, Answer(403)), "skysql.not-allowed"),
            ("ec2:CreateVpcEndpoint", aws_error("ExpiredToken"), "aws.ExpiredToken"),
            ("ec2:ModifyVpcEndpoint", aws_error("RequestExpired"), "aws.RequestExpired"),
            ("ec2:ModifyVpcEndpoint", aws_error("AuthFailure", status=401), "aws.AuthFailure"),
        )
        world = hastened(await open_world(settings_from(os.environ)))
        try:
            for call, answer, code in ends:
                relay.answers = {call: answer}
                ended = await apply(world, plan, tmp_path, events.append, asyncio.Event())
                (error,) = [event for event in events if isinstance(event, ErrorTold)]
                assert (ended.status, ended.exit_code, error.code) == ("waiting", 4, code)
                runs.add(ended.run)
                events.clear()
            relay.answers = {}
            done = await apply(world, plan, tmp_path, events.append, asyncio.Event())
        finally:
            await world.close()
    assert (done.status, {done.run}) == ("done", runs)
    assert relay.calls.count(SWITCH) == 2
    assert relay.calls.count("ec2:CreateVpcEndpoint") == 2
