"""The wizard in an SSH session that is cut in the middle of a run: nothing is left there, and nothing is lost."""

import json
import os
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.forked import ForkedSandbox
from tests.plans import ec2, plan_text
from tests.timing import crowd
from tests.tui.sshd import Server, need_openssh, served
from tests.tui.test_signals import ROOT, SIGNED_IN, terminal

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

SPEED = 0.5  # from the switch on, a run lasts some seconds
GONE_WITHIN = 5.0
MARK = "CUT_OFF_AT"  # a variable by which everything that the session started is found
ON_THE_WAY = (
    b"Which service shall be linked?",
    b"Which AWS accounts may connect?",
    b"Where in your network",
    b"Who may reach the database port?",
    b"How shall the endpoint be named",
    b"This is what will be done",
    b"Interrupt orders-prod and start?",
)

pytestmark = pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes as Linux shows them")


@pytest.fixture
def variables() -> Iterator[Mapping[str, str]]:
    need_openssh()
    with ForkedSandbox() as sandbox:
        yield sandbox.start(speed=SPEED)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    need_openssh()
    folder = tmp_path / "sshd"
    folder.mkdir()
    with served(folder) as server:
        yield server


@pytest.fixture
def program(tmp_path: Path, variables: Mapping[str, str]) -> Path:
    """The program as it is called over there: a script that knows its environment."""
    own = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", MARK: str(tmp_path)}
    own["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    told = "\n".join(f"export {name}={shlex.quote(value)}" for name, value in {**own, **variables}.items())
    script = tmp_path / "program"
    script.write_text(f'#!/bin/sh\n{told}\ncd {tmp_path}\nexec {sys.executable} -m tui "$@"\n', "utf-8")
    script.chmod(0o700)
    return script


class Session:
    """What is shown at this end of the line, and what is typed there."""

    def __init__(self, handle: int, client: "subprocess.Popen[bytes]") -> None:
        self.handle = handle
        self.client = client
        self.shown = b""

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Read what is shown meanwhile: a terminal nobody reads would stall the wizard."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.shown[-3000:]
            ready, _, _ = select.select([self.handle], [], [], 0.05)
            if ready:
                self.shown += _read(self.handle)

    def type(self, keys: bytes) -> None:
        os.write(self.handle, keys)

    def type_until(self, keys: bytes, words: bytes) -> None:
        """Again every few seconds: a page that still reads takes no answer yet."""
        due = 0.0

        def seen() -> bool:
            nonlocal due
            if words not in self.shown and time.monotonic() > due:
                self.type(keys)
                due = time.monotonic() + 5
            return words in self.shown

        self.until(seen)


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:  # nobody is at the other end any more
        return b""


@contextmanager
def session(server: Server, *remote: str) -> Iterator[Session]:
    with terminal() as (ours, its):
        command = ["setsid", "--ctty", "--wait", *server.command(*remote, terminal=True)]
        env = {"PATH": os.environ["PATH"], "TERM": "xterm-256color"}
        with subprocess.Popen(command, env=env, stdin=its, stdout=its, stderr=its) as client:
            try:
                yield Session(ours, client)
            finally:
                client.kill()


def processes(folder: Path) -> list[int]:
    """Those that the session started, and what they started."""
    mark = f"{MARK}={folder}".encode()
    return [int(each.parent.name) for each in Path("/proc").glob("[0-9]*/environ") if mark in _content(each)]


def _content(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:  # it has just ended, or is somebody else's
        return []


def parent(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[1])


def journal(folder: Path) -> list[dict[str, Any]]:
    """The lines of the only one; none where there is none yet."""
    paths = list(folder.glob(".local/state/skysql-privatelink/runs/*.jsonl"))
    assert len(paths) <= 1, paths
    return [json.loads(line) for path in paths for line in path.read_bytes().split(b"\n")[:-1]]


def has(folder: Path, **facts: str) -> bool:
    return any(facts.items() <= line.items() for line in journal(folder))


def cut_here(its: Session, _wizard: int) -> None:
    """The client's machine is gone."""
    its.client.kill()


def cut_there(_its: Session, wizard: int) -> None:
    """The server's end of the session is gone."""
    os.kill(parent(wizard), signal.SIGKILL)


@pytest.mark.timeout(360)  # a wizard's walk and a run's waiting, in processes that start from nothing
@pytest.mark.parametrize("cut", [cut_here, cut_there])
def test_a_session_cut_in_the_middle_of_a_run_loses_nothing(
    tmp_path: Path,
    server: Server,
    variables: Mapping[str, str],
    program: Path,
    cut: Callable[[Session, int], None],
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(plan_text(variables), "utf-8")
    with session(server, str(program), "--plan", str(plan)) as its:
        walk_to_the_switch(its)
        its.until(lambda: has(tmp_path, kind="acted", step="switch", outcome="ok"))
        (wizard,) = processes(tmp_path)
        cut(its, wizard)
        its.until(lambda: not processes(tmp_path), GONE_WITHIN * crowd())

    lines = journal(tmp_path)
    assert (lines[-1]["kind"], lines[-1]["status"]) == ("ended", "interrupted")
    assert count(lines, "acting") == count(lines, "acted")
    assert not has(tmp_path, kind="acting", step="endpoint")

    (kept,) = tmp_path.glob(".local/state/skysql-privatelink/runs/*.toml")
    again = subprocess.run(
        server.command(str(program), "apply", str(kept), "--json"), check=False, stdout=subprocess.PIPE
    )
    told = [json.loads(line) for line in again.stdout.splitlines()]
    assert (again.returncode, told[-1]["status"]) == (0, "done"), told[-1]
    assert next(line for line in told if line["event"] == "run")["resumed"] is True
    one_of_each_stands(variables, told[-1])
    assert sent(journal(tmp_path)) == ["group", "rules", "switch", "endpoint", "private_dns"]


def walk_to_the_switch(its: Session) -> None:
    """By keys, with the plan's answers."""
    its.until(lambda: SIGNED_IN in its.shown)
    for words in ON_THE_WAY:
        its.type_until(b"\x0e", words)  # ctrl+n
    its.type(b"orders-prod\r")


def count(lines: list[dict[str, Any]], kind: str) -> int:
    return sum(line["kind"] == kind for line in lines)


def sent(lines: list[dict[str, Any]]) -> list[str]:
    return [line["step"] for line in lines if line["kind"] == "acted" and line["outcome"] == "ok"]


def one_of_each_stands(variables: Mapping[str, str], told: Mapping[str, Any]) -> None:
    ours: FilterTypeDef = {"Name": "tag:managed-by", "Values": ["skysql-privatelink"]}
    with ec2(variables) as client:
        (group,) = client.describe_security_groups(Filters=[ours])["SecurityGroups"]
        (endpoint,) = client.describe_vpc_endpoints(Filters=[ours])["VpcEndpoints"]
    assert [each["CidrIp"] for rule in group["IpPermissions"] for each in rule["IpRanges"]] == ["10.20.0.0/16"]
    assert [each["GroupId"] for each in endpoint["Groups"]] == [group["GroupId"]]
    assert str(endpoint["State"]) == "available"
    assert endpoint["PrivateDnsEnabled"] is True
    (linked,) = endpoints_of(variables, told["service_id"])
    assert (linked["mechanism"], linked["allowed_accounts"]) == ("privatelink", ["123456789012"])
    assert (told["vpc_endpoint_id"], told["security_group_id"]) == (endpoint["VpcEndpointId"], group["GroupId"])


def endpoints_of(variables: Mapping[str, str], service: str) -> Any:
    url = f"{variables['SKYSQL_API_URL']}/provisioning/v1/services/{service}"
    return httpx.get(url, headers={"X-API-Key": variables["SKYSQL_API_KEY"]}).json()["endpoints"]
