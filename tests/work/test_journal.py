"""What a run leaves on disk, and what is read back of it, wherever it was cut off."""

import errno
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from core.facts import AllowedAddress
from core.problems import Blocked, Failed
from core.redaction import know
from core.undo import Undo
from core.values import RunId, ServiceId
from core.work import history, journal
from core.work.history import Outage, Past, latest, read_run, runs, unfinished
from core.work.journal import Journal, begin, begin_undo
from tests.work.fake import (
    ACCOUNT,
    BEGAN,
    ENDPOINT,
    GROUP,
    NAME,
    PLAN,
    PUBLIC,
    READY,
    REGION,
    SERVICE,
    VPC,
    FakeClock,
    situation,
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "state" / "runs"


def start(folder: Path, clock: FakeClock) -> Journal:
    return begin(folder, PLAN, "version = 1\n", situation(), clock)


def past_of(journal: Journal) -> Past:
    past = read_run(journal.path)
    assert past is not None
    return past


def test_folder_and_files_are_the_users_alone(folder: Path, clock: FakeClock) -> None:
    folder.mkdir(parents=True, mode=0o755)
    made = start(folder, clock)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert made.path.stat().st_mode & 0o777 == 0o600
    assert made.plan.stat().st_mode & 0o777 == 0o600
    assert made.plan.read_text() == "version = 1\n"


def test_run_ids_sort_by_time_and_are_unique(folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    rolls = iter(["3f9a", "3f9a", "0001"])
    monkeypatch.setattr("core.work.journal.secrets.token_hex", lambda _: next(rolls))
    first, second = start(folder, clock), start(folder, clock)
    assert (first.run, second.run) == ("20261122-130700-3f9a", "20261122-130700-0001")


def whole(folder: Path, clock: FakeClock) -> Journal:
    """A journal of a run that switched, was interrupted, went on and is waiting."""
    made = start(folder, clock)
    made.acting("group", "create", "Create “group”", False)
    made.acted("group", "create", "ok")
    made.former([PUBLIC])
    clock.elapsed += 5
    made.acting("switch", "switch", "Switch", True)
    clock.elapsed += 1
    made.acted("switch", "switch", "ok")
    made.ended("interrupted", "ready", "Stopped")
    made.resumed()
    made.acting("endpoint", "create", "Create", False)
    made.acted("endpoint", "create", "refused", "Not yet.")
    made.ended("waiting", "endpoint", "Waiting.")
    return made


def test_a_run_reads_back(folder: Path, clock: FakeClock) -> None:
    made = whole(folder, clock)
    past = past_of(made)
    assert (past.run, past.journal, past.plan) == (made.run, made.path, made.plan)
    assert (past.service, past.service_name, past.started) == (SERVICE, "orders-prod", BEGAN)
    assert (past.status, past.step, past.detail) == ("waiting", "endpoint", "Waiting.")
    assert past.former == (PUBLIC,)
    assert past.outage == Outage(BEGAN + timedelta(seconds=5), certain=True)
    assert {change: sent.outcome for change, sent in past.sent.items()} == {
        ("group", "create"): "ok",
        ("switch", "switch"): "ok",
        ("endpoint", "create"): "refused",
    }
    assert past.unfinished
    assert past.changed_something


def test_a_torn_line_is_forgiven_at_every_byte(folder: Path, clock: FakeClock, tmp_path: Path) -> None:
    content = whole(folder, clock).path.read_bytes()
    torn = tmp_path / "20261122-130700-0000.jsonl"
    by_lines: dict[int, Past | None] = {}
    for size in range(len(content) + 1):
        torn.write_bytes(content[:size])
        past = read_run(torn)
        lines = content[:size].count(b"\n")
        assert (past is None) == (lines == 0)
        assert past == by_lines.setdefault(lines, past), "half a line says nothing"


@pytest.mark.parametrize("missing", [1, 2, 10, 40])
def test_what_comes_after_a_torn_line_is_read(folder: Path, clock: FakeClock, missing: int) -> None:
    made = whole(folder, clock)
    lines = made.path.read_bytes().splitlines(keepends=True)
    for kept in range(1, len(lines)):
        before = b"".join(lines[:kept])
        # A line that lacks nothing but its end counts once another follows: what it says is so.
        made.path.write_bytes(before + (lines[kept] if missing == 1 else b""))
        expected = past_of(made)
        made.path.write_bytes(before + lines[kept][:-missing])
        made.ended("done", "", "")
        assert past_of(made) == replace(expected, status="done", detail="")


def test_lines_that_make_no_sense_are_skipped(folder: Path, clock: FakeClock) -> None:
    made = start(folder, clock)
    before = past_of(made)
    with made.path.open("ab") as file:
        for line in (
            b"\0\0\0",
            b"[" * 100_000,
            b"[1, 2]",
            b"null",
            b'{"kind": "acting"}',
            b'{"kind": "acted", "step": "a", "change": "b", "outcome": "ok", "at": "x"}',
            b'{"kind": "former", "endpoints": [{"name": 1}]}',
            b'{"kind": "inherits", "since": "2026-01-01T00:00:00", "certain": true}',
            b'{"kind": "ended", "status": "exploded", "step": "", "detail": ""}',
            b'{"kind": "of the future"}',
        ):
            file.write(line + b"\n")
    assert past_of(made) == before


@pytest.mark.parametrize(
    ("outcomes", "certain", "since"),
    [
        (["ok"], True, 0),
        ([None], False, 0),
        (["unclear"], False, 0),
        (["refused"], None, None),
        (["refused", "ok"], True, 10),
        (["unclear", "ok"], True, 10),
        (["unclear", "refused"], False, 0),
        (["unclear", None], False, 0),
        (["ok", "refused"], True, 0),
    ],
)
def test_since_when_the_service_is_out(
    folder: Path, clock: FakeClock, outcomes: list[journal.Outcome | None], certain: bool | None, since: int | None
) -> None:
    made = start(folder, clock)
    for outcome in outcomes:
        made.acting("switch", "switch", "Switch", True)
        if outcome is not None:
            made.acted("switch", "switch", outcome)
        clock.elapsed += 10
    expected = None if since is None else Outage(BEGAN + timedelta(seconds=since), certain is True)
    assert past_of(made).outage == expected
    made.reachable(1.0)
    assert past_of(made).outage is None


def test_what_a_failed_run_left_open_is_inherited(folder: Path, clock: FakeClock) -> None:
    made = start(folder, clock)
    made.inherits(RunId("before"), BEGAN, True)
    made.former([PUBLIC])
    made.former([replace(PUBLIC, mechanism="privatelink")])
    past = past_of(made)
    assert past.outage == Outage(BEGAN, certain=True)
    assert past.former == (PUBLIC,), "what stood first is what can be put back"


def test_runs_are_listed_newest_first_and_found_by_service(folder: Path, clock: FakeClock) -> None:
    assert runs(folder) == ()
    first = start(folder, clock)
    clock.elapsed += 10
    second = start(folder, clock)
    assert [past.run for past in runs(folder)] == [second.run, first.run]
    assert unfinished(folder, SERVICE) == past_of(second)
    second.ended("done", "", "")
    assert unfinished(folder, SERVICE) is None
    assert latest(folder, SERVICE) == past_of(second)
    assert latest(folder, ServiceId("another")) is None


def test_a_clock_that_jumped_back_does_not_make_an_older_run_the_newest(folder: Path, clock: FakeClock) -> None:
    first = start(folder, clock)
    clock.elapsed -= 86_400
    second = start(folder, clock)
    assert second.run < first.run
    assert [past.run for past in runs(folder)] == [second.run, first.run]
    newest = latest(folder, SERVICE)
    assert newest is not None
    assert newest.run == second.run


def test_runs_are_counted_whatever_else_lies_there(folder: Path, clock: FakeClock) -> None:
    folder.mkdir(parents=True)
    for name, content in (
        ("empty", b""),
        ("torn", b'{"number": 9'),
        ("odd", b'{"number": "9"}\n'),
        ("list", b"[9]\n"),
        ("deep", b"[" * 100_000 + b"\n"),
    ):
        (folder / f"{name}.jsonl").write_bytes(content)
    assert [past_of(start(folder, clock)).number for _ in range(3)] == [1, 2, 3]


def test_what_was_made_and_what_stood_is_known_again(folder: Path, clock: FakeClock) -> None:
    made = start(folder, clock)
    made.acting("group", "create", "Create", False)
    made.acted("group", "create", "ok", made="sg-001")
    made.stood("group")
    made.acting("endpoint", "create", "Create", False)
    made.acted("endpoint", "create", "unclear")
    past = past_of(made)
    assert (set(past.made), set(past.stood)) == ({"sg-001"}, {"group"})
    assert (past.account, past.region, past.vpc, past.undo) == (ACCOUNT, REGION, VPC, None)


TAKEN_BACK = Undo(
    SERVICE, "orders-prod", ACCOUNT, REGION, None, (RunId("20261122-130700-3f9a"),), "public", (PUBLIC,),
    endpoints=(ENDPOINT,), groups=(GROUP,), endpoint_service=NAME, vpc_dns=("enableDnsSupport",),
)  # fmt: skip


def test_an_undo_reads_back(folder: Path, clock: FakeClock) -> None:
    made = begin_undo(folder, TAKEN_BACK, clock)
    past = past_of(made)
    assert (past.undo, past.service, past.vpc) == (TAKEN_BACK, SERVICE, None)
    assert not made.plan.exists()
    given = AllowedAddress("198.51.100.0/24", "home")
    made.allow([given])
    assert past_of(made).undo == replace(TAKEN_BACK, allow=(given,))


def test_an_empty_journal_is_no_run(folder: Path, clock: FakeClock) -> None:
    start(folder, clock).path.write_bytes(b"")
    assert runs(folder) == ()


VERSION_1 = """\
{"v": 1, "at": "2026-11-22T13:07:00.000Z", "kind": "run", "run": "20261122-130700-3f9a", "service": "dbpgf00000001", \
"service_name": "orders-prod", "account": "123456789012", "region": "us-east-2", "vpc": "vpc-0123", "pid": 7}
{"v": 1, "at": "2026-11-22T13:07:01.000Z", "kind": "former", "endpoints": [{"name": "primary", "mechanism": "nlb", \
"visibility": "public", "ports": [{"purpose": "readwrite", "number": 3306}, {"purpose": "readonly", "number": 3307}], \
"accounts": [], "endpoint_service": null, "allow_list": [{"ip": "203.0.113.7/32", "comment": "office"}]}]}
{"v": 1, "at": "2026-11-22T13:07:02.000Z", "kind": "acting", "step": "switch", "change": "switch", "detail": "Switch", \
"interrupts": true}
{"v": 1, "at": "2026-11-22T13:07:03.000Z", "kind": "acted", "step": "switch", "change": "switch", "outcome": "ok", \
"detail": ""}
{"v": 1, "at": "2026-11-22T13:07:04.000Z", "kind": "ended", "status": "interrupted", "step": "ready", "detail": "Stop"}
"""
"""As the first version wrote it."""


def test_a_journal_of_the_first_version_is_read(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "20261122-130700-3f9a.jsonl").write_text(VERSION_1)
    past = latest(folder, SERVICE)
    assert past is not None
    assert (past.run, past.service_name, past.started) == ("20261122-130700-3f9a", "orders-prod", BEGAN)
    assert (past.status, past.step, past.detail) == ("interrupted", "ready", "Stop")
    assert past.former == (PUBLIC,)
    assert past.outage == Outage(BEGAN + timedelta(seconds=2), certain=True)
    assert past.sent["switch", "switch"].outcome == "ok"
    assert (past.number, past.newer) == (0, False)


@pytest.mark.parametrize("at", [0, -1], ids=["from the start", "after an older one"])
def test_what_a_newer_version_wrote_is_not_guessed_at(folder: Path, clock: FakeClock, at: int) -> None:
    made = whole(folder, clock)
    lines = made.path.read_text().splitlines()
    lines[at] = json.dumps(json.loads(lines[at]) | {"v": 2})
    made.path.write_text("\n".join(lines) + "\n")
    past = past_of(made)
    assert past.newer
    assert (past.run, past.service) == (made.run, SERVICE)
    assert past.status != "waiting", "its last line may mean something else by now"
    made.ended("done", "", "")
    assert past_of(made).newer


def test_a_newer_format_may_tell_the_rest_in_another_way(folder: Path) -> None:
    folder.mkdir(parents=True)
    path = folder / "20270101-000000-0000.jsonl"
    path.write_text('{"v": 3, "at": "2027-01-01T00:00:00.000Z", "kind": "began", "service": "dbpgf00000001"}\n')
    past = read_run(path)
    assert past is not None
    assert (past.newer, past.service_name) == (True, SERVICE)
    with pytest.raises(Blocked, match="newer version"):
        latest(folder, SERVICE)
    assert latest(folder, ServiceId("another")) is None


def test_runs_are_numbered_in_the_order_they_began(folder: Path, clock: FakeClock) -> None:
    first = start(folder, clock)
    (folder / "20261122-130700-dead.jsonl").write_bytes(b"torn")
    (folder / "20261122-130700-beef.jsonl").write_bytes(b'["no", "run"]\n')
    (folder / "20261122-130700-cafe.jsonl").write_text(VERSION_1)
    clock.elapsed -= 3600
    second = start(folder, clock)
    assert (past_of(first).number, past_of(second).number) == (1, 2)
    assert second.run < first.run, "the clock was set back"
    assert latest(folder, SERVICE) == past_of(second)


def test_a_journal_that_was_taken_away_is_not_made_anew(folder: Path, clock: FakeClock) -> None:
    made = start(folder, clock)
    made.path.unlink()
    with pytest.raises(Failed, match="cannot be written"):
        made.acting("group", "create", "", False)
    assert not made.path.exists()


def test_a_journal_that_may_not_be_read_says_so(
    folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start(folder, clock)

    def forbidden(*_: object) -> bytes:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr("pathlib.Path.read_bytes", forbidden)
    with pytest.raises(Failed, match="cannot be read") as caught:
        read_run(made.path)
    assert "owner" in caught.value.remedy


def test_a_new_folder_is_on_disk_before_anything_in_it(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut must not take the folder with the journal in it."""
    synced: list[int] = []
    sync = os.fsync

    def watched(handle: int) -> None:
        synced.append(os.fstat(handle).st_ino)
        sync(handle)

    monkeypatch.setattr("core.work.journal.os.fsync", watched)
    start(tmp_path / "state" / "skysql-privatelink" / "runs", clock)
    holding = (tmp_path / "state" / "skysql-privatelink", tmp_path / "state", tmp_path)
    assert synced[:3] == [each.stat().st_ino for each in holding]


def test_what_people_read_holds_no_secret(folder: Path, clock: FakeClock) -> None:
    know("planted-secret")
    named = replace(READY, name="planted-secret")
    made = begin(folder, PLAN, "", situation(service=named), clock)
    made.acted("group", "create", "refused", "No: planted-secret is wrong.")
    made.ended("failed", "group", "planted-secret")
    assert "planted-secret" not in made.path.read_text()


def test_a_full_disk_is_a_problem_with_a_remedy(
    folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = start(folder, clock)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("core.work.journal.os.write", full)
    with pytest.raises(Failed) as caught:
        made.acting("group", "create", "", False)
    assert caught.value.code == "journal-full"
    assert "XDG_STATE_HOME" in caught.value.remedy


def test_short_writes_are_finished(folder: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    write: Callable[[int, bytes], int] = os.write
    monkeypatch.setattr("core.work.journal.os.write", lambda handle, content: write(handle, content[:7]))
    assert past_of(whole(folder, clock)).status == "waiting"


def test_a_folder_that_cannot_be_made(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Failed, match="cannot be written") as caught:
        start(tmp_path / "file" / "runs", clock)
    assert caught.value.code == "journal-unwritable"


def test_every_kind_that_is_written_is_read() -> None:
    written = {"run", "inherits", "former", "acting", "acted", "stood", "resumed", "allow", "reachable", "ended"}
    assert {"run", *history._READERS} == written
    assert journal.__doc__
    assert all(f"    {kind} " in journal.__doc__ for kind in written)
