"""Runs and undos that have not got to their end: what a new start of the program has to ask about first."""

from pathlib import Path

from core.values import RunId, ServiceId
from core.work.history import Past, runs
from core.work.journal import journals


def left_open(folder: Path) -> tuple[Past, ...]:
    """Of each service its newest run, when that can go on or be taken back; newest first. Raises Failed.

    A newer version's are left to it: what they say may mean something else by now.
    """
    newest: dict[ServiceId, Past] = {}
    for past in runs(folder):
        newest.setdefault(past.service, past)
    return tuple(past for past in newest.values() if not past.newer and _is_open(past))


def _is_open(past: Past) -> bool:
    return past.unfinished or (past.status == "failed" and past.changed_something)


def known_here(folder: Path) -> frozenset[RunId]:
    """Every run that this machine has a journal of, by the files' names."""
    return frozenset(RunId(path.stem) for path in journals(folder))
