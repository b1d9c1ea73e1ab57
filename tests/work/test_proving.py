"""The proof is carried out stage by stage, stops where the chain breaks, and signs in last."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from core.checks.chain import first_broken, walk
from core.checks.proof import PROOF, proven
from core.connection import LoggedIn, Proof, Reached
from core.problems import Busy, NotAllowed, Problem
from core.work.jsonlines import link_as_json
from core.work.proving import prove
from core.world import Credentials, Secret
from tests.checks.test_proof import GOOD, OUTSIDE, SIGNED_IN, TARGET, TIMED_OUT
from tests.work.fake import BEGAN, SERVICE, FakeWorld

DEFAULT = Credentials("dbpgf00000001", Secret("default-4711"))
TYPED = Credentials("app", Secret("typed-4711"))
DENIED = LoggedIn(trouble="refused", code=1045, words="Access denied for user 'x'@'10.0.5.9' (using password: YES)")
STAGES = (
    Proof(TARGET, GOOD.here),
    Proof(TARGET, GOOD.here, GOOD.resolved),
    Proof(TARGET, GOOD.here, GOOD.resolved, GOOD.reached),
    Proof(TARGET, GOOD.here, GOOD.resolved, GOOD.reached, GOOD.greeted),
    Proof(TARGET, GOOD.here, GOOD.resolved, GOOD.reached, GOOD.greeted, GOOD.secured),
)


class Person:
    """Asked for user and password; answers with `answers` in turn."""

    def __init__(self, *answers: Credentials | None) -> None:
        self.answers = list(answers)
        self.told: list[str] = []

    async def __call__(self, why: str) -> Credentials | None:
        self.told.append(why)
        return self.answers.pop(0)


def world(*logins: LoggedIn, met: Sequence[Proof] = STAGES) -> FakeWorld:
    made = FakeWorld()
    made.credentials = DEFAULT
    made.prober.met, made.prober.logins = list(met), list(logins)
    return made


async def test_it_goes_to_an_answer_and_tells_every_stage() -> None:
    heard: list[Proof] = []
    made = world(SIGNED_IN)
    proof = await prove(made, SERVICE, TARGET, heard.append)
    assert proven(proof)
    assert [len(walk(PROOF, each)) for each in heard] == [1, 2, 3, 4, 5, 7]
    assert heard[-1] == proof
    assert made.prober.passwords == ["default-4711"]


async def test_it_stops_where_the_chain_breaks() -> None:
    """And asks nobody for a password."""
    late = replace(STAGES[2], here=OUTSIDE, reached=TIMED_OUT)
    made = world(met=[*STAGES[:2], late, *STAGES[3:]])
    proof = await prove(made, SERVICE, TARGET, lambda _: None)
    assert proof == late
    assert made.calls == ["stage"] * 3


async def test_the_default_password_is_read_only_when_it_is_needed() -> None:
    made = world(SIGNED_IN)
    await prove(made, SERVICE, TARGET, lambda _: None)
    assert made.calls == ["stage"] * 5 + ["credentials", "log_in"]


REFUSALS: list[Problem] = [
    NotAllowed("skysql.not-allowed", "The API key has no right to do this in org-acme."),
    Busy("skysql.busy", "Another change to the service is in flight."),
]


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_a_person_is_asked_when_skysql_does_not_tell_the_password(refusal: Problem) -> None:
    made, person = world(SIGNED_IN), Person(TYPED)
    made.fail_before["credentials"] = [refusal]
    proof = await prove(made, SERVICE, TARGET, lambda _: None, person)
    assert proven(proof)
    assert refusal.what in person.told[0]
    assert made.prober.passwords == ["typed-4711"]


async def test_a_person_is_asked_when_the_default_password_was_changed() -> None:
    made, person = world(DENIED, SIGNED_IN), Person(TYPED)
    proof = await prove(made, SERVICE, TARGET, lambda _: None, person)
    assert proven(proof)
    assert "refuses user dbpgf00000001" in person.told[0]
    assert made.prober.passwords == ["default-4711", "typed-4711"]


async def test_a_typed_password_is_tried_once() -> None:
    """More would have the server lock somebody out."""
    made, person = world(DENIED, DENIED), Person(TYPED)
    proof = await prove(made, SERVICE, TARGET, lambda _: None, person)
    link = first_broken(walk(PROOF, proof))
    assert link is not None
    assert link.verdict.seen == "The path works. The server refuses user app."
    assert len(person.told) == 1


async def test_who_types_none_leaves_what_is_known() -> None:
    made, person = world(DENIED), Person(None)
    proof = await prove(made, SERVICE, TARGET, lambda _: None, person)
    assert proof.login is not None
    assert proof.login.code == 1045


async def test_without_anybody_to_ask_the_path_alone_is_proved() -> None:
    made = world()
    made.fail_before["credentials"] = [NotAllowed("skysql.not-allowed", "No right.")]
    proof = await prove(made, SERVICE, TARGET, lambda _: None)
    assert proof.login is not None
    assert proof.login.trouble == "no-credentials"
    assert "No right." in proof.login.words
    assert first_broken(walk(PROOF, proof)) is None


async def test_another_error_than_the_passwords_asks_for_none() -> None:
    full = LoggedIn(trouble="refused", code=1040, words="Too many connections")
    person = Person()
    proof = await prove(world(full), SERVICE, TARGET, lambda _: None, person)
    assert proof.login is not None
    assert proof.login.code == 1040


async def test_it_can_be_called_off_at_every_stage() -> None:
    for number in range(len(STAGES) + 1):
        made, heard = world(SIGNED_IN), list[Proof]()
        work = asyncio.ensure_future(prove(made, SERVICE, TARGET, heard.append))
        while len(heard) < number:
            await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert made.count("log_in") == 0


async def test_no_password_is_in_what_is_told() -> None:
    heard: list[Proof] = []
    await prove(world(DENIED, DENIED), SERVICE, TARGET, heard.append, Person(TYPED))
    assert "4711" not in repr(heard)


# ---------------------------------------------------------------------------------------------- its lines


def test_a_link_as_json() -> None:
    seen = replace(STAGES[2], here=OUTSIDE, reached=(Reached("10.0.1.23", "refused"),))
    lines = [link_as_json(link, BEGAN) for link in walk(PROOF, seen)]
    assert [(line["link"], line["state"]) for line in lines] == [
        ("here", "skipped"),
        ("name", "ok"),
        ("tcp", "failed"),
        ("greeting", "skipped"),
        ("tls", "skipped"),
        ("login", "skipped"),
        ("query", "skipped"),
    ]
    assert lines[1] == {
        "event": "link",
        "at": "2026-11-22T13:07:00.000Z",
        "link": "name",
        "title": "Name",
        "state": "ok",
        "seen": "It leads to 10.0.1.23 and 10.0.2.31, the endpoint's own.",
        "why": "",
        "remedy": "",
    }
    assert lines[2]["why"]
    assert lines[2]["remedy"]
