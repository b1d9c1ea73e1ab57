"""Which run `resume` goes on with."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.problems import Usage

if TYPE_CHECKING:
    from core.work.history import Past


def unfinished_run(wanted: str, folder: Path) -> "Past | None":
    """The run, or the newest unfinished one; None when `wanted` is no run of this machine: perhaps a service.

    Raises Usage when there is nothing to go on with.
    """
    from core.work.history import runs

    pasts = runs(folder)
    return _named(wanted, pasts) if wanted else _newest(pasts)


def _newest(pasts: "Sequence[Past]") -> "Past":
    newest = _newest_of_each(pasts)
    found = next((past for past in newest if past.unfinished), None)
    if found is not None:
        return found
    failed = next((past for past in newest if past.status == "failed"), None)
    raise Usage(
        "nothing-unfinished",
        "No run on this machine is unfinished.",
        cause=f"Run {failed.run} for {failed.service_name} has failed." if failed else "",
        remedy=f"When that is put right: skysql-privatelink resume {failed.run}"
        if failed
        else "What was begun on another machine is found by the service's name: skysql-privatelink resume SERVICE",
    )


def _done(past: "Past") -> Usage:
    run, what = ("Undo", "It took the link away") if past.undo else ("Run", "It made the link")
    again = "" if past.undo else f"; take it away again with: skysql-privatelink undo {past.run}"
    return Usage(
        "nothing-unfinished",
        f"{run} {past.run} for {past.service_name} is done: there is nothing to go on with.",
        cause=f"{what}, and has got to its end.",
        remedy=f"See what stands with: skysql-privatelink list{again}",
    )


def _newest_of_each(pasts: "Sequence[Past]") -> "list[Past]":
    """The newest run of each service: what came before it is over."""
    found: dict[str, Past] = {}
    for past in pasts:
        found.setdefault(past.service, past)
    return list(found.values())


def _named(wanted: str, pasts: "Sequence[Past]") -> "Past | None":
    newest = _newest_of_each(pasts)
    past = next((past for past in pasts if past.run == wanted), None)
    if past is None:
        past = next((past for past in newest if wanted in (past.service, past.service_name)), None)
    if past is None:
        return None  # a service, if anything
    if past.status == "done":
        raise _done(past)
    later = next(each for each in newest if each.service == past.service)
    if later.run != past.run:
        raise Usage(
            "run-superseded",
            f"Run {past.run} is not the newest for {past.service_name}: {later.run} came after it.",
            remedy=f"Go on with that one, or apply the plan again: {past.plan}",
        )
    return past
