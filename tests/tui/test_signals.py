"""How the wizard ends when it is told to from outside: on a real terminal, and in the middle of a change."""

import asyncio
import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType

import pytest

from core.plan import Plan, parse_plan
from core.work.events import Event, RunEnded
from core.world import World
from tests.plans import plan_text
from tests.relay import relayed
from tests.timing import crowd
from tests.tui.scenes import ENDED
from tests.tui.shortcut import standing_at
from tests.tui.walk import Wizards, at, until
from tui.app import NOT_FINISHED
from tui.driver import Writer
from tui.screens.review import ReviewPage

ROOT = Path(__file__).parents[2]
SIGNED_IN = b"123456789012"
LEFT = b"\x1b[?1049l"  # the alternate screen


@contextmanager
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of one of 80x24: ours, and the program's."""
    ours, its = os.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        yield ours, its
    finally:
        for end in (ours, its):
            try:
                os.close(end)
            except OSError:
                continue  # a test hung up


@contextmanager
def wizard_on(
    its: int,
    folder: Path,
    *arguments: str,
    variables: Mapping[str, str] = MappingProxyType({}),
    program: Sequence[str] = ("-m", "tui"),
) -> Iterator[subprocess.Popen[bytes]]:
    """In a sandbox of its own, or in the one that `variables` lead to."""
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    env |= {"TERM": "xterm-256color", "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    own = [] if variables else ["--sandbox"]
    command = ["setsid", "--ctty", "--wait", sys.executable, *program, *own, *arguments]
    with subprocess.Popen(command, cwd=folder, env={**env, **variables}, stdin=its, stdout=its, stderr=its) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def read_until(handle: int, words: bytes) -> bytes:
    shown = b""
    while words not in shown:
        piece = os.read(handle, 65536)
        assert piece, shown
        shown += piece
    return shown


def sandbox_of(wizard: int) -> int:
    """The process id of the wizard's sandbox."""
    lists = [path.read_text(encoding="ascii") for path in Path(f"/proc/{wizard}/task").glob("*/children")]
    (child,) = " ".join(lists).split()
    return int(child)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes as Linux shows them")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_restores_the_terminal_and_takes_the_sandbox_along(tmp_path: Path, number: signal.Signals) -> None:
    with terminal() as (ours, its):
        before = termios.tcgetattr(its)
        with wizard_on(its, tmp_path) as process:
            read_until(ours, SIGNED_IN)
            sandbox = sandbox_of(process.pid)
            process.send_signal(number)
            shown = read_until(ours, LEFT)
            assert process.wait(30) == 128 + number, shown
        assert termios.tcgetattr(its) == before
        assert not Path(f"/proc/{sandbox}").exists()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes as Linux shows them")
def test_a_dropped_line_ends_it(tmp_path: Path) -> None:
    with terminal() as (ours, its):
        with wizard_on(its, tmp_path) as process:
            os.close(its)
            read_until(ours, SIGNED_IN)
            sandbox = sandbox_of(process.pid)
            os.close(ours)
            assert process.wait(30) == 128 + signal.SIGHUP
        assert not Path(f"/proc/{sandbox}").exists()


def test_a_byte_that_is_no_utf_8_ends_nothing(tmp_path: Path) -> None:
    with terminal() as (ours, its), wizard_on(its, tmp_path) as process:
        read_until(ours, SIGNED_IN)
        os.write(ours, b"\xff")
        shown = b""
        while b"Escape" not in shown:  # the first may be dropped with the byte
            assert process.poll() is None, shown
            os.write(ours, b"\x1bOP")  # F1
            while select.select([ours], [], [], 0.5)[0]:
                shown += os.read(ours, 65536)
        os.write(ours, b"q\x11")  # ctrl+q
        read_until(ours, LEFT)
        assert process.wait(30) == NOT_FINISHED


@pytest.mark.parametrize("call", ["sts:GetCallerIdentity", "GET /provisioning/v1/versions?page_size=1"])
def test_a_call_that_hangs_holds_up_no_signal(tmp_path: Path, sandbox: Mapping[str, str], call: str) -> None:
    with terminal() as (ours, its), relayed(sandbox) as (relay, variables):
        relay.hangs.add(call)
        with wizard_on(its, tmp_path, variables=variables) as process:
            if call.startswith("GET"):
                read_until(ours, SIGNED_IN)
                os.write(ours, b"\x0e")  # ctrl+n
            relay.wait_for(call)
            process.send_signal(signal.SIGTERM)
            read_until(ours, LEFT)
            assert process.wait(5 * crowd()) == 128 + signal.SIGTERM


def test_a_terminal_that_stalls_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An SSH line that sleeps takes nothing; whoever draws goes on, and so does the run behind it."""
    monkeypatch.setattr("tui.driver.LAST_WORDS", 0.01)
    ours, its = os.pipe()
    writer = Writer(its, "utf-8")
    try:
        for _ in range(200):  # a pipe holds 64 kB
            writer.write("x" * 1000)
        writer.end()
        assert writer._thread.is_alive(), "it still waits for the terminal, and nobody waits for it"
        seen = b""
        while len(seen) < 200_000:
            seen += os.read(ours, 65536)
        writer._thread.join(20)
        assert not writer._thread.is_alive()
    finally:
        os.close(ours)
        os.close(its)


def test_what_cannot_be_written_is_dropped() -> None:
    ours, its = os.pipe()
    os.close(ours)
    try:
        writer = Writer(its, "utf-8")
        for _ in range(100):
            writer.write("seen by nobody")
        writer.end()
        assert not writer._thread.is_alive()
    finally:
        os.close(its)


async def test_a_change_that_hangs_is_cut_off(
    wizards: Wizards, sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.work.engine.LAST_MOMENTS", 0.05)
    order: list[str] = []

    async def apply(_world: World, _plan: Plan, _folder: Path, _tell: object, stop: asyncio.Event) -> RunEnded:
        await stop.wait()
        order.append("stopping")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            order.append("recorded")
            raise
        raise AssertionError("it hangs")

    monkeypatch.setattr("core.work.operation.apply", apply)
    text = plan_text(sandbox)
    wizard = await standing_at(wizards(), text, (ReviewPage,))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        wizard.start_run(parse_plan(text))
        await pilot.pause()
        wizard._on_signal(signal.SIGTERM)
        await until(pilot, lambda: wizard.return_code is not None)
    assert order == ["stopping", "recorded"]
    assert wizard.return_code == 143


async def test_a_signal_lets_the_change_in_flight_finish(
    wizards: Wizards, sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finished, order = asyncio.Event(), []

    async def apply(
        _world: World, _plan: Plan, _folder: Path, tell: Callable[[Event], None], stop: asyncio.Event
    ) -> RunEnded:
        await stop.wait()
        order.append("stopping")
        await finished.wait()
        order.append("finished")
        ended = RunEnded(ENDED.at, "interrupted", "run", "dbpgf00000001", exit_code=130)
        tell(ended)
        return ended

    monkeypatch.setattr("core.work.operation.apply", apply)
    text = plan_text(sandbox)
    wizard = await standing_at(wizards(), text, (ReviewPage,))
    async with wizard.run_test(size=(80, 24)) as pilot:
        await at(pilot, "review")
        wizard.start_run(parse_plan(text))
        await pilot.pause()
        wizard._on_signal(signal.SIGTERM)
        await until(pilot, lambda: order == ["stopping"])
        assert wizard.return_code is None
        finished.set()
        await until(pilot, lambda: wizard.return_code is not None)
    assert order == ["stopping", "finished"]
    assert wizard.return_code == 143
