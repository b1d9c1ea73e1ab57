"""Runs without a terminal, with real processes: they outlive it, are looked at from elsewhere, and betray nothing."""

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.work.event_file import Tail, events_of
from core.work.following import in_background
from core.work.history import Past, read_run
from tests.plans import plan_text
from tests.planted import ENVIRONMENT, betrayed, handed_out, secrets_of
from tests.relay import Relay, relayed
from tests.test_commands import TUI, call, events, read_until, started, surroundings, written
from tests.test_secrets import everything_in

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="looks at processes as Linux shows them"
)

LATE = "ec2:CreateVpcEndpoint"
"""A call in the middle of a run: the service is switched by then, and cannot be reached."""


@dataclass
class Scene:
    """A sandbox in which `LATE` waits until the test lets it through."""

    folder: Path
    plan: str
    relay: Relay
    env: dict[str, str]

    def detached(self, command: str = "apply") -> "Detached":
        done = call(self.folder, *self.arguments(command), "--detach", "--json", env=self.env)
        assert done.returncode == 0, done.stdout + done.stderr
        told = events(done)
        assert [line["event"] for line in told] == ["run", "detached"]
        journal = self.folder / ".local" / "state" / "skysql-privatelink" / "runs" / f"{told[-1]['run']}.jsonl"
        return Detached(journal, int(str(told[-1]["pid"])))

    def let_through(self) -> None:
        self.relay.gates[LATE].set()

    def attached(self, command: str = "resume") -> contextlib.AbstractContextManager[subprocess.Popen[str]]:
        return started(self.folder, *TUI, *self.arguments(command), "--json", env=self.env)

    def resumed(self, command: str = "resume") -> subprocess.CompletedProcess[str]:
        return call(self.folder, *self.arguments(command), "--json", env=self.env)

    def arguments(self, command: str) -> list[str]:
        return ["apply", self.plan] if command == "apply" else [command]


@dataclass
class Detached:
    journal: Path
    pid: int

    @property
    def past(self) -> Past:
        past = read_run(self.journal)
        assert past is not None
        return past

    @property
    def told(self) -> list[dict[str, Any]]:
        path = events_of(self.journal.parent, self.past.run)
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    def wait_until_gone(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            handle = os.pidfd_open(self.pid)
            ended = select.poll()
            ended.register(handle, select.POLLIN)
            assert ended.poll(60_000), "it goes on"
            os.close(handle)


@pytest.fixture
def scene(tmp_path: Path, own_sandbox: Mapping[str, str]) -> Iterator[Scene]:
    with relayed(own_sandbox) as (relay, env):
        relay.gates[LATE] = threading.Event()
        yield Scene(tmp_path, written(tmp_path, plan_text(own_sandbox)), relay, env)
        relay.gates[LATE].set()


@contextlib.contextmanager
def at_a_terminal(scene: Scene, *arguments: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    ours, its = os.openpty()
    command = ["setsid", "--ctty", "--wait", *TUI, "apply", "--detach", *arguments, scene.plan]
    env = surroundings(scene.folder, scene.env)
    with subprocess.Popen(command, cwd=scene.folder, env=env, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        try:
            yield ours, process
        finally:
            process.kill()
            os.close(ours)


def read_to(process: subprocess.Popen[str], step: str) -> list[str]:
    """The lines until a step is under way."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        told = json.loads(line)
        if told["event"] == "step" and (told["step"], told["state"]) == (step, "running"):
            break
    return lines


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is left on standard output, and all of standard error. (`communicate` loses what was read ahead.)"""
    assert process.stdout is not None
    assert process.stderr is not None
    rest, said = process.stdout.read(), process.stderr.read()
    process.wait(60)
    return rest, said


def seen_to_its_end(scene: Scene) -> tuple[list[dict[str, Any]], str]:
    """What is told to whoever attaches in the middle, and what was said on standard error; it ends well."""
    with scene.attached() as process:
        lines = read_to(process, "endpoint")
        scene.let_through()
        rest, said = rest_of(process)
    assert process.returncode == 0, rest + said
    return [json.loads(line) for line in [*lines, *rest.splitlines()]], said


def test_a_run_outlives_the_terminal_it_was_started_at(scene: Scene) -> None:
    with at_a_terminal(scene) as (terminal, process):
        read_until(terminal, b"type orders-prod: ")
        os.write(terminal, b"orders-prod\n")
        shown = read_until(terminal).decode()
        assert process.wait(60) == 0, shown
    assert "goes on in the background: process " in shown
    assert "Look at it: skysql-privatelink resume " in shown
    assert "kill " in shown
    scene.relay.wait_for(LATE)
    assert seen_to_its_end(scene)[0][-1]["status"] == "done"


def test_it_has_no_terminal_nor_folder_and_ends_with_the_run(scene: Scene) -> None:
    detached = scene.detached()
    scene.relay.wait_for(LATE)
    process = Path(f"/proc/{detached.pid}")
    assert (process / "cwd").readlink() == Path("/")
    streams = {(process / "fd" / str(number)).readlink() for number in range(3)}
    assert streams == {Path(os.devnull)}
    status = dict(line.split(":\t", 1) for line in (process / "status").read_text().splitlines() if ":\t" in line)
    assert status["Umask"] == "0077"
    terminal, session = (process / "stat").read_text().rpartition(")")[2].split()[4], os.getsid(detached.pid)
    assert terminal == "0"
    assert session not in (os.getsid(0), detached.pid)
    os.kill(detached.pid, signal.SIGHUP)
    scene.let_through()
    detached.wait_until_gone()
    assert detached.past.status == "done"
    assert events_of(detached.journal.parent, detached.past.run).stat().st_mode & 0o777 == 0o600


def test_whoever_attaches_sees_everything_in_order_and_the_end(scene: Scene) -> None:
    """Two at once, one of them from before the end of the interruption; both get the run's exit code."""
    detached = scene.detached()
    with scene.attached() as one, scene.attached("apply") as other:
        shown = ["".join(read_to(one, "endpoint")), "".join(read_to(other, "endpoint"))]
        scene.let_through()
        for number, process in enumerate((one, other)):
            rest, said = rest_of(process)
            assert process.returncode == 0, said
            shown[number] += rest
    assert shown[0] == shown[1]
    assert [json.loads(line) for line in shown[0].splitlines()] == detached.told
    assert (detached.told[0]["event"], detached.told[-1]["event"]) == ("run", "result")
    assert detached.told[-1]["status"] == "done"


def test_ctrl_c_while_attached_leaves_it_running(scene: Scene) -> None:
    detached = scene.detached()
    with scene.attached() as process:
        read_to(process, "endpoint")
        process.send_signal(signal.SIGINT)
        _, said = rest_of(process)
    assert process.returncode == 130
    assert f"goes on in the background: process {detached.pid}." in said
    scene.let_through()
    detached.wait_until_gone()
    assert detached.past.status == "done"


def test_detaching_twice_starts_it_once(scene: Scene) -> None:
    detached = scene.detached()
    again = call(scene.folder, "apply", "--detach", scene.plan, env=scene.env)
    assert again.returncode == 0
    assert f"{detached.past.run} goes on in the background: process {detached.pid}." in again.stdout


def test_one_that_was_killed_is_noticed_and_gone_on_with(scene: Scene) -> None:
    detached = scene.detached()
    with scene.attached() as process:
        read_to(process, "endpoint")
        os.kill(detached.pid, signal.SIGKILL)
        rest, said = rest_of(process)
    assert process.returncode == 130, said
    told = [json.loads(line) for line in rest.splitlines()]
    assert [line["event"] for line in told[-2:]] == ["error", "result"]
    assert told[-2]["code"] == "background-gone"
    assert told[-1]["detail"].endswith(f"Go on with: skysql-privatelink resume {detached.past.run}")
    assert in_background(detached.past) is None
    scene.let_through()
    done = scene.resumed()
    assert done.returncode == 0, done.stdout + done.stderr
    assert (events(done)[0]["run"], events(done)[0]["resumed"]) == (detached.past.run, True)


def test_one_that_was_killed_may_go_on_in_the_background_again(scene: Scene) -> None:
    """What is shown then is what the second process tells."""
    first = scene.detached()
    scene.relay.wait_for(LATE)
    os.kill(first.pid, signal.SIGKILL)
    first.wait_until_gone()
    second = scene.detached("resume")
    assert (second.past.run, second.pid == first.pid) == (first.past.run, False)
    told, _ = seen_to_its_end(scene)
    assert [line["event"] for line in told].count("run") == 1
    assert told[0]["resumed"]


def test_an_undo_is_handed_over_and_stopped_in_the_same_way(scene: Scene) -> None:
    scene.let_through()
    assert scene.resumed("apply").returncode == 0
    gate = scene.relay.gates["ec2:DeleteVpcEndpoints"] = threading.Event()
    detached = scene.detached("undo")
    with scene.attached() as process:
        read_to(process, "delete_endpoint")
        scene.relay.wait_for("ec2:DeleteVpcEndpoints")
        os.kill(detached.pid, signal.SIGTERM)
        gate.set()
        rest, said = rest_of(process)
    assert process.returncode == 130, said
    result = json.loads(rest.splitlines()[-1])
    assert (result["run"], result["kind"], result["status"]) == (detached.past.run, "undo", "interrupted")


def test_it_is_stopped_as_a_run_in_the_foreground_is(scene: Scene) -> None:
    detached = scene.detached()
    with scene.attached() as process:
        read_to(process, "endpoint")
        os.kill(detached.pid, signal.SIGTERM)
        scene.let_through()
        rest, _ = rest_of(process)
    assert process.returncode == 130
    assert json.loads(rest.splitlines()[-1])["status"] == "interrupted"
    detached.wait_until_gone()
    assert detached.past.status == "interrupted"
    assert detached.past.sent["endpoint", "create"].outcome == "ok"


def test_what_stands_in_the_way_is_told_before_it_begins(scene: Scene) -> None:
    plan = written(scene.folder, Path(scene.plan).read_text().replace("subnets = [", 'subnets = ["subnet-0ff", '))
    done = call(scene.folder, "apply", "--detach", "--json", plan, env=scene.env)
    assert done.returncode == 3, done.stdout + done.stderr
    assert (events(done)[-1]["event"], events(done)[-1]["status"]) == ("result", "blocked")
    assert "check" in {line["event"] for line in events(done)}


def test_who_is_not_signed_in_hands_nothing_over(scene: Scene) -> None:
    env = {**scene.env, "SKYSQL_API_KEY": "skysql-sandbox-key-of-nobody-at-all"}
    done = call(scene.folder, "apply", "--detach", "--json", scene.plan, env=env)
    assert done.returncode == 4, done.stdout + done.stderr
    assert not (scene.folder / ".local").exists()


def test_the_embedded_sandbox_is_no_world_for_it(tmp_path: Path) -> None:
    plan = written(tmp_path, "")
    done = call(tmp_path, "--sandbox", "apply", "--detach", plan)
    assert done.returncode == 2


def code_is_asked_for(scene: Scene, terminal: int) -> None:
    read_until(terminal, b"MFA code for ")
    os.write(terminal, b"123456\n")


def test_secrets_reach_it_by_nothing_that_others_can_read(scene: Scene) -> None:
    """A role that wants a code, too: its keys live in memory alone, and the process cannot ask for a code."""
    scene.env |= ENVIRONMENT
    with at_a_terminal(scene, "--yes", "--debug", "--profile", "mfa-admin") as (terminal, process):
        code_is_asked_for(scene, terminal)
        shown = read_until(terminal).decode()
        assert process.wait(60) == 0, shown
    scene.relay.wait_for(LATE)
    (journal,) = scene.folder.rglob("runs/*-????.jsonl")
    background = in_background(Detached(journal, 0).past)
    assert background is not None
    secrets = secrets_of(scene.env) | handed_out(scene.relay)
    for place in ("cmdline", "environ"):
        assert betrayed(Path(f"/proc/{background.pid}/{place}").read_text(encoding="utf-8"), secrets) == []
    attached = seen_to_its_end(scene)
    assert scene.relay.calls.count("sts:AssumeRole") == 1
    texts = {**everything_in(scene.folder / ".local"), "shown": shown, "attached": str(attached)}
    assert any(name.endswith(".events.jsonl") for name in texts)
    assert {name: found for name, text in texts.items() if (found := betrayed(text, secrets))} == {}


def test_torn_and_hostile_lines_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.events.jsonl"
    good = b'{"event":"changed","at":"2026-11-22T13:07:00.000Z","step":"group","detail":"made"}\n'
    path.write_bytes(good + b'{"event":"chan\n[]\n' + b"[" * 100_000 + b"\n\xff\n" + good + good[:-1])
    tail = Tail(path)
    with contextlib.closing(tail):
        assert len(list(tail.events())) == 2
        with path.open("ab") as file:
            file.write(b"\n")
        assert len(list(tail.events())) == 1
        assert list(tail.events()) == []
