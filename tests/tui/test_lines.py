"""The log's words, where they could say what is not so."""

from core.checks.findings import Finding
from core.policy import allowing
from core.work.events import CheckMade, ErrorTold, Reachable
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


def test_a_finding_is_told_with_what_is_to_be_pasted() -> None:
    said: list[str] = []
    Lines(said.append)(CheckMade(ENDED.at, Finding("x", "warning", "What.", "Why.", "Do.", paste='{"Version": "1"}')))
    assert said == ["! What.", "  Why.", "  Do.", '  {"Version": "1"}']


def test_a_policy_to_paste_stands_on_a_line_of_its_own() -> None:
    said: list[str] = []
    policy = allowing(["ec2:CreateTags"])
    Lines(said.append)(ErrorTold(ENDED.at, "x", "Not allowed.", "Why.", "Ask.", "req-1", "", policy))
    assert said == ["✗ Not allowed.", "  Why.", "  Ask.", "  Request req-1", f"  {policy}"]
