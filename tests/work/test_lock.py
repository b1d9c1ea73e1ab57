"""One run a service at a time: who is named, whose lock is passed over, and what another machine's means."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.problems import Blocked
from core.values import ServiceId
from core.work.lock import locked
from tests.work.fake import SERVICE, FakeClock

ROOT = Path(__file__).parents[2]
HOLDS = """
import sys
from pathlib import Path
from core.edges.clock import SystemClock
from core.work.lock import locked
with locked(Path(sys.argv[1]), sys.argv[2], SystemClock()):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@contextmanager
def held_by_another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that holds the lock until its standard input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder), SERVICE],
        cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def refused(folder: Path, clock: FakeClock) -> Blocked:
    with pytest.raises(Blocked) as caught, locked(folder, SERVICE, clock):
        raise AssertionError("two at once")
    return caught.value


def file_of(folder: Path) -> Path:
    return folder / f"{SERVICE}.lock"


def test_the_holder_is_named(folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    monkeypatch.setattr("core.work.lock.os.ttyname", lambda _: "/dev/pts/3")
    monkeypatch.setattr("core.work.lock.socket.gethostname", lambda: "bastion-1")
    try:
        with locked(folder, SERVICE, clock):
            told = refused(folder, clock).what
    finally:
        monkeypatch.undo()
        time.tzset()
    assert f"process {os.getpid()} on bastion-1, terminal /dev/pts/3, since 2026-11-22 14:07:00 CET" in told
    assert told.partition(": ")[2].split(",")[0], "and the user"


def test_another_service_is_another_lock(folder: Path, clock: FakeClock) -> None:
    with locked(folder, SERVICE, clock), locked(folder, ServiceId("another"), clock):
        pass


def test_another_process_is_refused_until_it_ends(folder: Path, clock: FakeClock) -> None:
    with held_by_another(folder) as process:
        problem = refused(folder, clock)
        assert problem.code == "locked"
        assert f"process {process.pid} on " in problem.what
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(20) == 0
    assert file_of(folder).read_bytes() == b""
    with locked(folder, SERVICE, clock):
        assert json.loads(file_of(folder).read_text())["pid"] == str(os.getpid())


def test_a_killed_run_stops_nobody_on_its_own_machine(folder: Path, clock: FakeClock) -> None:
    with held_by_another(folder) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    assert json.loads(file_of(folder).read_text())["pid"] == str(process.pid)
    with locked(folder, SERVICE, clock):
        assert json.loads(file_of(folder).read_text())["pid"] == str(os.getpid())


def test_a_run_that_broke_off_leaves_no_holder(folder: Path, clock: FakeClock) -> None:
    with pytest.raises(ZeroDivisionError), locked(folder, SERVICE, clock):
        raise ZeroDivisionError
    assert file_of(folder).read_bytes() == b""


def left(folder: Path, **holder: object) -> Path:
    """What a run that did not say that it ended has left in the file."""
    folder.mkdir(parents=True)
    told = {"user": "maria", "pid": "4711", "host": "bastion-2", "boot": "x", "since": "2026-11-22T13:07:00.000Z"}
    file_of(folder).write_text(json.dumps(told | holder))
    return file_of(folder)


def test_another_machines_lock_is_for_a_person_to_judge(folder: Path, clock: FakeClock) -> None:
    """Where machines share a folder they may not share its locks."""
    path = left(folder)
    problem = refused(folder, clock)
    assert problem.code == "locked-elsewhere"
    assert "maria, process 4711 on bastion-2, since 2026-11-22" in problem.what
    assert str(path) in problem.remedy
    assert json.loads(path.read_text())["pid"] == "4711", "it stays as it was"
    path.unlink()
    with locked(folder, SERVICE, clock):
        pass


def test_after_a_restart_the_machine_knows_its_own_dead(
    folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    left(folder)
    monkeypatch.setattr("core.work.lock.socket.gethostname", lambda: "bastion-2")
    with locked(folder, SERVICE, clock):
        pass


@pytest.mark.skipif(not Path("/proc/sys/kernel/random/boot_id").exists(), reason="only Linux tells its starts apart")
def test_containers_on_one_machine_share_its_locks(folder: Path, clock: FakeClock) -> None:
    left(folder, host="0f3c9a", boot=Path("/proc/sys/kernel/random/boot_id").read_text().strip())
    with locked(folder, SERVICE, clock):
        pass


@pytest.mark.parametrize(
    "content", ["?", "[1]", "null", '{"pid": "7"}', '{"host": null}', pytest.param("[" * 100_000, id="deep")]
)
def test_a_lock_whose_holder_cannot_be_read_is_a_lock(folder: Path, clock: FakeClock, content: str) -> None:
    with locked(folder, SERVICE, clock):
        file_of(folder).write_text(content)
        assert "could not be read" in refused(folder, clock).what
    file_of(folder).write_text(content)
    with locked(folder, SERVICE, clock):  # nobody holds it
        pass


def test_a_service_id_cannot_lead_out_of_the_folder(folder: Path, clock: FakeClock) -> None:
    with locked(folder, ServiceId("../../x/y"), clock):
        assert [path.name for path in folder.iterdir()] == ["______x_y.lock"]
