"""A run through every kind of fault, at every change and amid its reads: done, or gone on with to the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kills.nursery import Walk
from tests.kills.test_kills import APPLY, LINKED, Ask, nursery, standing

CHANGES = (
    "ec2:CreateSecurityGroup",
    "ec2:AuthorizeSecurityGroupIngress",
    "skysql:PATCH /endpoints",
    "ec2:CreateVpcEndpoint",
    "ec2:ModifyVpcEndpoint",
)
CALLS = (*((change, "*1") for change in CHANGES), ("ec2:Describe*", "*2@6"), ("skysql:GET *", "*2@3"))
PASSING = ("reset", "reset-after", "timeout", "timeout-after", "garbled", "html", "sign-in-page", "500", "503")
OF_AWS, OF_SKYSQL = ("RequestLimitExceeded", "Unavailable"), ("429:1", "502-sparse", "400-pending", "409")
ENDED = {"ec2": "RequestExpired", "skysql": "401"}  # a login or a key


@pytest.fixture(scope="module")
def ask() -> Iterator[Ask]:
    yield from nursery()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("call", "times"), CALLS, ids=[call for call, _ in CALLS])
def test_what_passes_is_waited_out(ask: Ask, call: str, times: str) -> None:
    side = OF_AWS if call.startswith("ec2:") else OF_SKYSQL
    for outcome in (*PASSING, *side):
        (found,) = ask(Walk(first=APPLY, point=None, then=[], faults=[f"{call}={outcome}{times}"]))
        assert found["codes"] == [0], f"{outcome}: {found['said']}"
        assert standing(found) == LINKED, f"{outcome}: {found['said']}"


@pytest.mark.parametrize(("call", "times"), CALLS, ids=[call for call, _ in CALLS])
def test_what_has_to_be_put_right_leaves_the_run_waiting(ask: Ask, call: str, times: str) -> None:
    fault = f"{call}={ENDED[call.partition(':')[0]]}{times}"
    (found,) = ask(Walk(first=APPLY, point=None, then=[APPLY, APPLY], faults=[fault]))
    assert found["codes"][0] == 4, found["said"]
    assert found["codes"][-1] == 0, found["said"]
    assert standing(found) == LINKED, found["said"]
