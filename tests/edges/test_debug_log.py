"""What `--debug` writes: a line for every request, for this user alone, bounded, off the event loop."""

import asyncio
import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.edges import debug_log as module
from core.edges.about import about
from core.edges.calls import NAME, Request, log
from core.edges.debug_log import debug_log
from core.edges.settings import settings_from
from core.edges.world import open_world
from core.problems import Failed, NotAllowed, Problem
from core.redaction import know
from core.values import Region, ServiceId, VpcId
from tests.relay import Answer, Relay, aws_error, relayed

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z DEBUG (?P<side>aws|skysql) (?P<action>\S+( /\S+)?)"
    r"( region=(?P<region>\S+))?"
    r" attempt=(?P<attempt>\d+) took=\d+\.\d{3}s( status=(?P<status>\d+))?( code=(?P<code>\S+))?( request=(?P<id>\S+))?"
)


@contextmanager
def logged(folder: Path) -> Iterator[list[re.Match[str]]]:
    """The lines of requests, once the block has ended."""
    found: list[re.Match[str]] = []
    with debug_log(folder, {}) as path:
        yield found
    found += filter(None, map(LINE.fullmatch, path.read_text(encoding="utf-8").splitlines()))


@pytest.fixture
def relay(home: Path, used_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    with relayed(used_sandbox) as (relay, variables):
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield relay


async def test_every_request_has_a_line(relay: Relay, tmp_path: Path) -> None:
    with logged(tmp_path / "logs") as lines:
        world = await open_world(settings_from(os.environ, profile="network-admin"))
        await world.skysql.probe()
        await world.skysql.services()
        await world.identity()
        vpcs = await (await world.aws(Region("us-east-2"))).vpcs()
        await (await world.aws(Region("us-east-2"))).network(vpcs[0].id)
        await world.close()
    assert sorted(line["action"] for line in lines) == sorted(relay.calls)
    assert "sts:AssumeRole" in relay.calls, "what the library asks for by itself is told as well"
    assert {line["status"] for line in lines} == {"200"}
    assert {line["attempt"] for line in lines} == {"1"}
    assert all(line["id"] for line in lines if line["side"] == "aws")
    assert {line["region"] for line in lines if line["side"] == "aws"} == {"us-east-2"}


async def test_what_goes_wrong_has_a_line_too(relay: Relay, tmp_path: Path) -> None:
    relay.answers["ec2:DescribeVpcs"] = aws_error("UnauthorizedOperation", status=403)
    relay.answers["ec2:DescribeRegions"] = Answer(503, "<html>busy</html>")
    relay.answers["GET /provisioning/v1/services"] = Answer(401, '{"trace_id": "trace-1"}')
    relay.answers["GET /provisioning/v1/versions?page_size=1"] = Answer(200, "<html>")
    with logged(tmp_path / "logs") as lines:
        world = await open_world(settings_from(os.environ))
        aws = await world.aws(Region("us-east-2"))
        for asked in (aws.vpcs(), world.regions(), world.skysql.services(), world.skysql.probe()):
            with pytest.raises(Problem):
                await asked
        await world.close()
    told = {(line["action"], line["attempt"]): line for line in lines}
    vpcs = told["ec2:DescribeVpcs", "1"]
    assert (vpcs["status"], vpcs["code"], vpcs["id"]) == ("403", "UnauthorizedOperation", "req-UnauthorizedOperation")
    services = told["GET /provisioning/v1/services", "1"]
    assert (services["status"], services["code"], services["id"]) == ("401", "skysql.key-refused", "trace-1")
    assert [attempt for action, attempt in told if action == "ec2:DescribeRegions"] == ["1", "2", "3", "4"]
    (text,) = [path.read_text() for path in (tmp_path / "logs").iterdir()]
    assert "GET /provisioning/v1/versions?page_size=1 problem=skysql.nonsense" in text
    assert "aws ec2:DescribeVpcs problem=aws.UnauthorizedOperation" in text


async def test_a_request_that_is_given_up_or_refused_has_a_line(
    relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "GET /provisioning/v1/services/dbpgf00000001"
    relay.hangs.add(asked)
    with logged(tmp_path / "logs") as lines:
        world = await open_world(settings_from(os.environ))
        hanging = asyncio.ensure_future(world.skysql.service(ServiceId("dbpgf00000001")))
        await asyncio.to_thread(relay.wait_for, asked)
        hanging.cancel()
        with pytest.raises(asyncio.CancelledError):
            await hanging
        await world.close()
        monkeypatch.setenv("SKYSQL_API_URL", "http://127.0.0.1:1")
        monkeypatch.setattr("core.edges.skysql._PAUSES", ())
        world = await open_world(settings_from(os.environ))
        with pytest.raises(Problem):
            await world.skysql.probe()
        await world.close()
    assert [(line["action"], line["status"], line["code"]) for line in lines] == [
        (asked, None, "given-up"),
        ("GET /provisioning/v1/versions?page_size=1", None, "ConnectError"),
    ]


async def test_without_it_nothing_is_told(relay: Relay, caplog: pytest.LogCaptureFixture) -> None:
    relay.answers["ec2:DescribeVpcs"] = aws_error("UnauthorizedOperation", status=403)
    world = await open_world(settings_from(os.environ))
    await world.skysql.probe()
    with pytest.raises(NotAllowed):
        await (await world.aws(Region("us-east-2"))).network(VpcId("vpc-0123"))
    await world.close()
    assert caplog.records == []


# ------------------------------------------------------------------------------------------ the file


def test_it_is_for_this_user_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with debug_log(tmp_path / "logs", about({"TERM": "xterm", "HOME": "/home/dba"})) as path:
            log.debug("x")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    first = path.read_text().splitlines()[0]
    assert "skysql-privatelink 0" in first
    assert "boto3 1." in first
    assert "TERM xterm" in first
    assert "/home/dba" not in first


def test_it_grows_no_larger_than_it_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 10_000)
    with debug_log(tmp_path, {}) as path:
        for number in range(2000):
            log.debug("line %d %s", number, "x" * 50)
    parts = sorted(tmp_path.iterdir())
    assert len(parts) == module.PARTS
    for part in parts:
        assert part.stat().st_size <= 10_000
        assert part.stat().st_mode & 0o777 == 0o600
    assert "line 1999 " in path.read_text()


def test_the_last_starts_are_kept(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"20250101-00000{number}-7.log").write_text("")
        (tmp_path / f"20250101-00000{number}-7.log.1").write_text("")
    (tmp_path / "notes.txt").write_text("mine")
    with debug_log(tmp_path, {}) as path:
        pass
    kept = {each.name for each in tmp_path.iterdir()}
    starts = {f"20250101-00000{number}-7.log" for number in range(5, 9)}
    assert kept == starts | {f"{start}.1" for start in starts} | {path.name, "notes.txt"}


def test_no_secret_gets_into_it(tmp_path: Path) -> None:
    def crash() -> None:
        with debug_log(tmp_path, {}):
            Request("skysql", "GET /planted-secret", 1).ended(status=200, request_id="planted-secret")
            raise ZeroDivisionError("planted-secret")

    know("planted-secret")
    with pytest.raises(ZeroDivisionError):
        crash()
    (text,) = [path.read_text() for path in tmp_path.iterdir()]
    assert "ZeroDivisionError: …" in text
    assert "planted" not in text


def test_nothing_of_the_libraries_gets_into_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """At DEBUG they hold signatures and tokens."""
    with debug_log(tmp_path, {}) as path, caplog.at_level(logging.DEBUG):
        for name in ("botocore", "urllib3.connectionpool", "httpx", "httpcore", "asyncio"):
            caplog.set_level(logging.DEBUG, name)
            logging.getLogger(name).debug("Authorization of %s", name)
    assert len(caplog.records) == 5, "they were told"
    assert "Authorization" not in path.read_text()


def test_a_request_id_cannot_write_lines_of_its_own(tmp_path: Path) -> None:
    with debug_log(tmp_path, {}) as path:
        Request("aws", "ec2:X", 1).ended(status=200, request_id="a\n2026-01-01T00:00:00.000Z DEBUG aws \x1b[31mforged")
    text = path.read_text()
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text


def test_who_logs_does_not_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stalled, let_go = threading.Event(), threading.Event()
    emit = module._PrivateFile.emit

    def slow(handler: module._PrivateFile, record: logging.LogRecord) -> None:
        stalled.set()
        assert let_go.wait(20)
        emit(handler, record)

    monkeypatch.setattr(module._PrivateFile, "emit", slow)
    with debug_log(tmp_path, {}) as path:
        assert stalled.wait(20)
        for number in range(100):
            log.debug("line %d", number)  # returns though nothing can be written
        assert path.read_text() == ""
        let_go.set()
    assert len(path.read_text().splitlines()) == 101


def test_what_cannot_be_written_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with debug_log(tmp_path, {}) as path:
        monkeypatch.setattr(module._PrivateFile, "shouldRollover", full)
        log.debug("lost")
    assert "lost" not in path.read_text()
    assert capfd.readouterr() == ("", ""), "the screen stays clean"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed, match="log cannot be written"), debug_log(tmp_path / "file" / "logs", {}):
        raise AssertionError("it has none")


def test_afterwards_everything_is_as_before(tmp_path: Path) -> None:
    with debug_log(tmp_path, {}):
        assert log.isEnabledFor(logging.DEBUG)
    assert not log.isEnabledFor(logging.DEBUG)
    for name in (NAME, "asyncio"):
        assert logging.getLogger(name).handlers == []
