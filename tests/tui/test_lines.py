"""The log's words, where they could say what is not so."""

from core.work.events import Reachable
from tests.tui.scenes import ENDED
from tui.lines import Lines


def test_a_run_that_interrupted_nothing_does_not_speak_of_an_interruption() -> None:
    said: list[str] = []
    lines = Lines(said.append)
    lines(Reachable(ENDED.at, 0.0))
    lines(Reachable(ENDED.at, 71.0))
    assert said == [
        "✓ The link can be used; the service was not interrupted.",
        "✓ The link can be used; the service was unreachable for 1 min 11 s.",
    ]
