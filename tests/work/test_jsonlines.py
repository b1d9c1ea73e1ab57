"""What is read back of `--json` lines is what was told, whatever was told; and nothing else is believed."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks.findings import Finding, Level
from core.text import clean
from core.work import events
from core.work.events import Event
from core.work.jsonlines import as_json, from_json

TEXTS = st.text(max_size=40).map(clean)
LISTS = st.lists(TEXTS, max_size=3).map(tuple)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001 - Hypothesis wants them so
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000)
)
SECONDS = st.integers(0, 10**9).map(lambda milliseconds: milliseconds / 1000)
KINDS = st.sampled_from(get_args(events.Kind))


def told(kind: str) -> st.SearchStrategy[tuple[str, ...]]:
    return LISTS if kind == "undo" else st.just(())


ENDED = KINDS.flatmap(
    lambda kind: st.builds(
        events.RunEnded,
        TIMES,
        st.sampled_from(get_args(events.Status)),
        *([TEXTS] * 5),
        dns_names=LISTS,
        host=TEXTS,
        ports=st.dictionaries(TEXTS, st.integers(1, 65535), max_size=3).map(lambda ports: tuple(ports.items())),
        downtime_seconds=st.none() | SECONDS,
        detail=TEXTS,
        exit_code=st.integers(0, 130),
        security_group_ids=LISTS,
        kind=st.just(kind),
        removed=told(kind),
        left=told(kind),
    )
)
EVENTS: dict[type[Event], st.SearchStrategy[Event]] = {
    events.RunStarted: st.builds(events.RunStarted, TIMES, *([TEXTS] * 4), st.booleans(), KINDS),
    events.CheckMade: st.builds(
        events.CheckMade,
        TIMES,
        st.builds(Finding, TEXTS, st.sampled_from(get_args(Level)), *([TEXTS] * 3), paste=TEXTS),
    ),
    events.StepChanged: st.builds(
        events.StepChanged, TIMES, TEXTS, st.sampled_from(get_args(events.StepState)), TEXTS, SECONDS
    ),
    events.Seen: st.builds(events.Seen, TIMES, TEXTS, st.sampled_from(get_args(events.Side)), TEXTS, TEXTS),
    events.Changed: st.builds(events.Changed, TIMES, TEXTS, TEXTS),
    events.Interrupted: st.builds(events.Interrupted, TIMES),
    events.Reachable: st.builds(events.Reachable, TIMES, SECONDS),
    events.ErrorTold: st.builds(events.ErrorTold, TIMES, *([TEXTS] * 7)),
    events.RunEnded: ENDED,
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def test_every_event_is_told_here() -> None:
    assert set(EVENTS) == set(get_args(Event))


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
def test_an_event_comes_back_as_it_was(kind: type[Event]) -> None:
    @given(EVENTS[kind])
    def comes_back(event: Event) -> None:
        assert from_json(json.loads(json.dumps(as_json(event)))) == event

    comes_back()


@given(ANYTHING)
def test_what_is_no_event_is_none(line: Any) -> None:
    assert from_json(line) is None


@given(st.one_of(*EVENTS.values()), st.data())
def test_a_line_that_was_tampered_with_is_an_event_or_none(event: Event, data: st.DataObject) -> None:
    line = json.loads(json.dumps(as_json(event)))
    line[data.draw(st.sampled_from(sorted(line)))] = data.draw(ANYTHING)
    found = from_json(line)
    assert found is None or as_json(found)["event"] == line["event"]


HOSTILE = [
    {"at": "2026-11-22T13:07:00"},  # in no time zone
    {"at": "9999-12-31T23:59:59Z"},  # not to be shown east of Greenwich
    {"seconds": float("nan")},
    {"seconds": float("inf")},
    {"seconds": True},
    {"seconds": "1"},
    {"seconds": 10**400},
]


@pytest.mark.parametrize("wrong", HOSTILE, ids=str)
def test_what_could_not_be_shown_is_passed_over(wrong: dict[str, Any]) -> None:
    good = {"event": "reachable", "at": "2026-11-22T13:07:00.000Z", "seconds": 1}
    assert from_json(good) is not None
    assert from_json({**good, **wrong}) is None


def test_text_that_would_reach_the_terminal_is_cleaned() -> None:
    line = {"event": "changed", "at": "2026-11-22T13:07:00.000Z", "step": "group", "detail": "\x1b[2Jmade\u202e"}
    assert from_json(line) == events.Changed(datetime(2026, 11, 22, 13, 7, tzinfo=UTC), "group", "[2Jmade")


def test_an_error_of_an_older_version_has_no_page_and_nothing_to_paste() -> None:
    error = events.ErrorTold(datetime(2026, 11, 22, 13, 7, tzinfo=UTC), "aws.x", "What.", "Why.", "Do.", "req-1")
    older = {name: value for name, value in as_json(error).items() if name not in ("page", "paste")}
    assert from_json(older) == error
