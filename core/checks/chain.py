"""A chain of links between a client and its database: judged from the first on, stopped at the first broken one.

A link is a row of a table: what it is called, and one function that judges frozen facts. Another link is one function
and one row more. Tables over different facts are walked one after the other: `walk(ROWS, facts, before=…)`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

F = TypeVar("F")
State = Literal["ok", "failed", "skipped"]
"""Skipped: not judged, because an earlier link is broken or because nothing is known of it."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was `seen`; of a broken link also `why`, and what to do now (`remedy`)."""

    state: State
    seen: str
    why: str = ""
    remedy: str = ""


def holds(seen: str) -> Verdict:
    return Verdict("ok", seen)


def broken(seen: str, why: str, remedy: str) -> Verdict:
    return Verdict("failed", seen, why, remedy)


def unknown(seen: str) -> Verdict:
    """Nothing can be said; the links behind it are judged all the same."""
    return Verdict("skipped", seen)


@dataclass(frozen=True)
class Row(Generic[F]):
    """A link to be judged. `judge` answers None while its facts are still to come."""

    id: str  # stable: scripts match on it
    title: str
    judge: Callable[[F], Verdict | None]


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A link that was judged, or skipped."""

    id: str
    title: str
    verdict: Verdict


_NOT_REACHED = Verdict("skipped", "")


def walk(rows: Sequence[Row[F]], facts: F, before: Sequence[ChainLink] = ()) -> tuple[ChainLink, ...]:
    """`before`, and the links of `rows` as far as their facts are known; behind a broken one all are skipped."""
    links, stopped = list(before), first_broken(before) is not None
    for row in rows:
        verdict = _NOT_REACHED if stopped else row.judge(facts)
        if verdict is None:
            break
        stopped = stopped or verdict.state == "failed"
        links.append(ChainLink(row.id, row.title, verdict))
    return tuple(links)


def first_broken(links: Iterable[ChainLink]) -> ChainLink | None:
    return next((link for link in links if link.verdict.state == "failed"), None)
