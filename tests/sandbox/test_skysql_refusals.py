"""The refusals a fault may ask for: each is one that SkySQL documents, full and with hardly a field."""

from __future__ import annotations

import json

import pytest

from core.edges import skysql_answers as program
from core.sandbox.skysql import answers
from core.sandbox.skysql.refusal import REFUSALS, refusal_for

STATUSES = ("400", "401", "402", "403", "404", "409", "422", "429", "500", "502", "503", "504")


def test_there_is_one_for_every_status_full_and_sparse() -> None:
    outcomes = (*STATUSES, "400-pending")
    assert set(REFUSALS) == {*outcomes, *(f"{outcome}-sparse" for outcome in outcomes)}


@pytest.mark.parametrize("outcome", REFUSALS)
def test_each_is_documented_and_can_be_read(outcome: str) -> None:
    refusal = REFUSALS[outcome]
    answer = refusal.answer("/provisioning/v1/services", 1)
    body = json.loads(answer.get_data())
    assert bool(body.pop("internal", None)) is not outcome.endswith("-sparse")
    told = answers.Refusal.model_validate(body)
    read = program.refusal(answer.get_data())
    assert read is not None
    assert (answer.status_code, read.words) == (int(outcome[:3]), refusal.message)
    assert told.code == (0 if outcome.endswith("-sparse") else refusal.status)


def test_any_other_status_has_a_body_too() -> None:
    assert (refusal_for("418").status, refusal_for("418-sparse").sparse) == (418, True)
    assert refusal_for("409-sparse") is REFUSALS["409-sparse"]


def test_a_change_in_flight_is_told_in_two_ways() -> None:
    assert "pending state" in REFUSALS["400-pending"].message
    assert "pending" not in REFUSALS["409"].message


def test_timestamps_take_turns_and_trace_ids_follow_from_the_request() -> None:
    first, second, again = (REFUSALS["500"].body("/", number) for number in (1, 2, 1))
    assert (type(first["timestamp"]), type(second["timestamp"])) == (str, int)
    assert first["trace_id"] == again["trace_id"] != second["trace_id"]
