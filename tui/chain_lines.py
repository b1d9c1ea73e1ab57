"""A chain of links as lines, for pages and plain text: a line a link; of the broken one why, and what to do now."""

from collections.abc import Iterable, Sequence

from core.checks.chain import ChainLink

MARKS = {"ok": "✓", "failed": "✗", "skipped": "-"}
LABEL = 14

Line = tuple[str, str, str]
"""Label, text and state; the advice on a broken link has no state."""


def lines(links: Sequence[ChainLink]) -> list[Line]:
    return [*(line for link in links for line in lines_of(link)), *not_tried(links)]


def lines_of(link: ChainLink) -> list[Line]:
    """None for a link that was not tried."""
    verdict = link.verdict
    if _untried(link):
        return []
    advice = [(f"  {label}", text, "") for label, text in (("Why", verdict.why), ("Now", verdict.remedy)) if text]
    return [(f"{MARKS[verdict.state]} {link.title}", verdict.seen, str(verdict.state)), *advice]


def not_tried(links: Iterable[ChainLink]) -> list[Line]:
    """One line for all of them, the last."""
    titles = ", ".join(link.title for link in links if _untried(link))
    return [(f"{MARKS['skipped']} Not tried", titles, "skipped")] if titles else []


def text_of(told: Iterable[Line]) -> str:
    """For the clipboard, a file or a plain terminal."""
    return "\n".join(f"{label:<{LABEL}} {text}" for label, text, _ in told)


def chain_text(links: Sequence[ChainLink]) -> str:
    return text_of(lines(links))


def _untried(link: ChainLink) -> bool:
    return link.verdict.state == "skipped" and not link.verdict.seen
