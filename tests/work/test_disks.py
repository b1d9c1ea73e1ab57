"""A run on a disk that refuses, as the kernel refuses: no change is made that was not recorded first, and it goes on.

Mounting needs Linux's user namespaces (or root); where there are none, the full and the read-only disk are left out.
"""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.work import on_disk

ROOT = Path(__file__).parents[2]
ALONE = ("unshare", "--user", "--map-root-user", "--mount")


@cache
def may_mount() -> bool:
    try:
        done = subprocess.run([*ALONE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"], check=False, capture_output=True)
    except OSError:
        return False
    return done.returncode == 0


def told(case: str, folder: Path) -> list[dict[str, Any]]:
    apart = () if case == "limited" else ALONE
    done = subprocess.run(
        [*apart, sys.executable, "-m", on_disk.__name__, case, str(folder)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sound(each: dict[str, Any], code: str) -> None:
    first, then = each["first"], each["then"]
    assert first["unrecorded"] == [], each
    if first["status"] != "done":
        assert (first["status"], first["exit_code"], first["errors"]) == ("failed", 1, [code]), each
    assert (then["status"], then["exit_code"]) == ("done", 0), each
    assert then["unrecorded"] == [], each
    assert then["made"] == [1, 1, 1, 1, 1], "nothing is made twice, whatever was not recorded"
    assert then["stands"] == [1, 1]


def test_files_that_may_grow_no_longer(tmp_path: Path) -> None:
    """The kernel cuts the line where the limit is: a torn line at many places, and a run that goes on after it."""
    runs = told("limited", tmp_path)
    for each in runs:
        sound(each, "journal-full")
    ended = [sum(each["first"]["made"]) for each in runs]
    assert ended == sorted(ended)
    assert set(ended) >= {0, 2, 3, 4, 5}
    assert any("torn" in each["then"]["kinds"] for each in runs)


@pytest.mark.skipif(not may_mount(), reason="no file system can be mounted here")
def test_a_full_disk(tmp_path: Path) -> None:
    runs = told("full", tmp_path)
    for each in runs:
        sound(each, "journal-full")
    assert [each["first"]["status"] for each in runs] == ["failed"] * 3 + ["done"] * 2
    assert all(each["first"]["made"] == [0, 0, 0, 0, 0] for each in runs[:3])


@pytest.mark.skipif(not may_mount(), reason="no file system can be mounted here")
def test_a_disk_that_can_only_be_read(tmp_path: Path) -> None:
    start, middle = told("read-only", tmp_path)
    for each in (start, middle):
        assert each["first"]["status"] == "failed"
        sound(each, "journal-unwritable")
    assert start["first"]["made"] == [0, 0, 0, 0, 0]
    assert middle["first"]["made"] == [1, 1, 1, 1, 0]
