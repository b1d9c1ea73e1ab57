"""The fold takes any event in any order, keeps the log short, and says how long the service has been out."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from hypothesis import given
from hypothesis import strategies as st

from core.checks.findings import Finding
from core.work.events import (
    Changed,
    Event,
    Interrupted,
    Reachable,
    RunEnded,
    Seen,
    StepChanged,
)
from core.work.jsonlines import as_json
from core.work.progress import LOG_LINES, Progress, begin, fold
from core.work.steps import STEPS
from tests.work.fake import BEGAN

times = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
st.register_type_strategy(datetime, times)
st.register_type_strategy(float, st.floats(0, 1e6))
events: st.SearchStrategy[Event] = st.one_of([st.from_type(kind) for kind in get_args(Event)])


@given(st.lists(events))
def test_any_events_fold(told: list[Event]) -> None:
    progress = begin(STEPS)
    for event in told:
        progress = fold(progress, event)
        assert as_json(event)["event"]
    assert len(progress.rows) >= len(STEPS)
    assert [row.step for row in progress.rows[: len(STEPS)]] == [step.id for step in STEPS]
    assert len({row.step for row in progress.rows}) == len(progress.rows)
    assert len(progress.log) <= LOG_LINES


def folded(*told: Event) -> Progress:
    progress = begin(STEPS)
    for event in told:
        progress = fold(progress, event)
    return progress


def row(progress: Progress, step: str) -> Any:
    return next(row for row in progress.rows if row.step == step)


def test_the_log_is_bounded_and_keeps_the_newest() -> None:
    progress = folded(*(Changed(BEGAN, "rules", str(n)) for n in range(LOG_LINES + 20)))
    assert len(progress.log) == LOG_LINES
    assert progress.log[-1].text.endswith(str(LOG_LINES + 19))


def test_a_rows_clock_starts_once_and_ends() -> None:
    started = StepChanged(BEGAN, "ready", "running", "Ready", 0.0)
    later = StepChanged(BEGAN + timedelta(seconds=9), "ready", "running", "Still", 9.0)
    assert row(folded(started, later), "ready").began == BEGAN
    done = StepChanged(BEGAN + timedelta(seconds=12), "ready", "done", "There.", 12.0)
    assert row(folded(started, later, done), "ready").began is None
    assert row(folded(started, later, done), "ready").elapsed == 12.0


def test_both_sides_last_words_are_kept() -> None:
    progress = folded(
        Seen(BEGAN, "ready", "skysql", "pending_modifying", "Changing."),
        Seen(BEGAN, "available", "aws", "pending", "Coming."),
    )
    assert progress.skysql is not None
    assert progress.aws is not None
    assert (progress.skysql.state, progress.aws.state) == ("pending_modifying", "pending")
    assert row(progress, "available").seen == "pending"
    assert row(progress, "available").detail == "Coming."


def test_how_long_it_has_been_out() -> None:
    now = BEGAN + timedelta(seconds=30)
    assert folded().unreachable_for(now) is None
    assert folded(Interrupted(BEGAN)).unreachable_for(now) == 30
    assert folded(Interrupted(BEGAN), Reachable(BEGAN, 12.5)).unreachable_for(now) == 12.5
    assert folded(Reachable(BEGAN, 0.0)).unreachable_for(now) is None
    ended = RunEnded(BEGAN, "failed", "r", "s")
    assert folded(Interrupted(BEGAN), ended).unreachable_for(now) == 30


def test_findings_that_are_good_are_not_logged() -> None:
    from core.work.events import CheckMade

    progress = folded(
        CheckMade(BEGAN, Finding("a", "ok", "Fine.")), CheckMade(BEGAN, Finding("b", "blocker", "No.", "Because."))
    )
    assert len(progress.findings) == 2
    assert [(line.text, line.weight) for line in progress.log] == [("No. Because.", "bad")]
