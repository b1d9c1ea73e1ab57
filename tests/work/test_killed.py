"""Killed at whatever call, before or after its effect, and run again: always the same end, and nothing twice.

One test goes through every call of a run: how many there are is not known before.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.work.events import RunEnded
from tests.work.fake import ALLOWED, SERVICE, Killed
from tests.work.office import Office

Doing = Callable[[Office], Awaitable[RunEnded]]


async def link(office: Office) -> RunEnded:
    return await office.apply()


async def undo(office: Office) -> RunEnded:
    return await office.undo(SERVICE)


def a_link_stands(office: Office) -> None:
    (group,), (endpoint,) = office.world.group_list, office.world.endpoint_list
    assert len(group.rules) == 1
    assert (endpoint.state, endpoint.private_dns) == ("available", True)
    assert office.world.all[SERVICE].private is not None


def all_is_as_before(office: Office) -> None:
    assert not office.world.group_list
    assert not office.world.endpoint_list
    assert [endpoint.mechanism for endpoint in office.world.all[SERVICE].endpoints] == ["nlb"]
    assert office.world.allowed[SERVICE] == ALLOWED


@pytest.fixture
def offices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr("core.work.journal.os.fsync", lambda _: None)  # what dies is the program, not the machine
    return (Office(tmp_path / f"runs-{number}") for number in range(10_000))


async def calls_of(doing: Doing, office: Office, before: Doing | None) -> range:
    if before is not None:
        await before(office)
    first = len(office.world.calls) + 1
    assert (await doing(office)).status == "done"
    return range(first, len(office.world.calls) + 1)


@dataclass(frozen=True)
class Story:
    """What is killed, what comes before and after it, and what stands at the end."""

    killed: Doing
    again: Doing
    stands: Callable[[Office], None]
    before: Doing | None = None
    later: float = 0.0  # seconds until it is run again


STORIES = {
    "a link goes on": Story(link, link, a_link_stands),
    "half a link is undone at once": Story(link, undo, all_is_as_before),
    "half a link is undone an hour later": Story(link, undo, all_is_as_before, later=3600),
    "an undo goes on": Story(undo, undo, all_is_as_before, before=link),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
async def test_killed_anywhere_and_run_again(offices: Iterator[Office], story: Story, when: str) -> None:
    calls = await calls_of(story.killed, next(offices), story.before)
    assert len(calls) > 15
    for number in calls:
        office = next(offices)
        if story.before is not None:
            await story.before(office)
        office.world.dies_at = (number, when)
        with pytest.raises(Killed):
            await story.killed(office)
        office.world.clock.elapsed += story.later
        ended = await story.again(office)
        assert ended.status == "done", (number, office.world.calls[number - 1], ended.detail)
        story.stands(office)
