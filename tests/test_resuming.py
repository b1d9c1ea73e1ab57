"""Which run `resume` goes on with, and what it says when there is nothing to go on with."""

from pathlib import Path

import pytest

from core.edges.clock import SystemClock
from core.problems import Usage
from core.undo import Undo
from core.values import AccountId, Region, RunId, ServiceId
from core.work.journal import Journal, private_folder
from tui.commands.resuming import unfinished_run

RUN = RunId("20260115-220400-3f9a")
UNDO = Undo(
    ServiceId("dbpgf00000001"), "orders-prod", AccountId("123456789012"), Region("us-east-2"), None, (), "nothing"
)


def ended(folder: Path, undo: Undo | None = None) -> None:
    private_folder(folder)
    journal = Journal(RUN, folder, SystemClock())
    journal.path.touch(0o600)
    journal.begun(1, undo, service="dbpgf00000001", service_name="orders-prod", account="1", region="us-east-2", vpc="")
    journal.ended("done", "", "")


@pytest.mark.parametrize("wanted", [RUN, "orders-prod"])
def test_a_run_that_is_done_is_told_so_with_what_to_do_instead(tmp_path: Path, wanted: str) -> None:
    ended(tmp_path)
    with pytest.raises(Usage) as caught:
        unfinished_run(wanted, tmp_path)
    assert caught.value.exit_code == 2
    assert f"Run {RUN} for orders-prod is done" in caught.value.what
    assert "skysql-privatelink list" in caught.value.remedy
    assert f"skysql-privatelink undo {RUN}" in caught.value.remedy


def test_an_undo_that_is_done_is_not_offered_to_be_undone(tmp_path: Path) -> None:
    ended(tmp_path, UNDO)
    with pytest.raises(Usage) as caught:
        unfinished_run(RUN, tmp_path)
    assert f"Undo {RUN} for orders-prod is done" in caught.value.what
    assert "skysql-privatelink undo" not in caught.value.remedy
