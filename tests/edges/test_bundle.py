"""What goes to support: whole, in one private file, and nothing in it that is nobody's business."""

import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.edges.about import about
from core.edges.bundle import Bundle, Kept, pack
from core.edges.files import write_private
from core.problems import Conflict, Failed, Usage
from core.redaction import know
from core.values import ServiceId
from core.work.journal import Journal, begin
from tests.work.fake import PLAN, READY, FakeClock, situation

ABOUT = {"skysql-privatelink": "0.1.0", "TERM": "xterm"}


class Desk:
    """A person with runs and logs of their own."""

    def __init__(self, home: Path) -> None:
        state = home / ".local" / "state" / "skysql-privatelink"
        self.kept = Kept(state / "runs", state / "logs", home)
        self.clock = FakeClock()
        self.out = home / "out"
        self.out.mkdir()

    def run(self, service: str = "orders-prod") -> Journal:
        self.clock.elapsed += 60
        named = replace(READY, id=ServiceId(f"id-{service}"), name=service)
        return begin(self.kept.runs, PLAN, f'service = "{service}"\n', situation(service=named), self.clock)

    def log(self, name: str, text: str) -> None:
        self.kept.logs.mkdir(parents=True, exist_ok=True)
        (self.kept.logs / name).write_text(text)

    def pack(self, run: str = "", out: Path | None = None) -> Bundle:
        return pack(self.kept, run, out or self.out, ABOUT)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def inside(path: Path) -> dict[str, str]:
    with tarfile.open(path) as archive:
        found = {}
        for member in archive:
            assert member.isfile()
            assert (member.mode, member.uid, member.gid, member.uname, member.gname) == (0o600, 0, 0, "", "")
            content = archive.extractfile(member)
            assert content is not None
            folder, _, name = member.name.partition("/")
            assert path.name in (f"{folder}.tar.gz", "support.tar.gz")
            found[name] = content.read().decode()
        return found


def test_it_holds_what_support_needs(desk: Desk) -> None:
    run = desk.run()
    run.ended("failed", "endpoint", "No room.")
    desk.log("20261122-130700-7.log", "a request\n")
    desk.log("20261122-130700-7.log.1", "an older one\n")
    packed = desk.pack()
    assert packed.path == desk.out / f"skysql-privatelink-{run.run}.tar.gz"
    assert packed.path.stat().st_mode & 0o777 == 0o600
    found = inside(packed.path)
    assert tuple(found) == packed.files == (
        "about.txt",
        f"runs/{run.run}.jsonl",
        f"runs/{run.run}.toml",
        "logs/20261122-130700-7.log",
        "logs/20261122-130700-7.log.1",
    )  # fmt: skip
    assert found[f"runs/{run.run}.jsonl"] == run.path.read_text()
    assert found[f"runs/{run.run}.toml"] == 'service = "orders-prod"\n'
    assert found["logs/20261122-130700-7.log"] == "a request\n"
    assert "skysql-privatelink: 0.1.0\nTERM: xterm\n" in found["about.txt"]
    assert "Not inside are keys, tokens, passwords" in found["about.txt"]


def test_a_run_is_packed_with_the_others_for_its_service(desk: Desk) -> None:
    first, other, second = desk.run(), desk.run("another"), desk.run()
    assert desk.pack().runs == (second.run, first.run)
    assert desk.pack(first.run).runs == (first.run, second.run)
    assert desk.pack(other.run).runs == (other.run,)


def test_a_run_that_is_not_there_is_told_with_those_that_are(desk: Desk) -> None:
    with pytest.raises(Usage, match="no run nothing") as caught:
        desk.pack("nothing")
    assert str(desk.kept.runs) in caught.value.cause
    run = desk.run()
    with pytest.raises(Usage) as caught:
        desk.pack("nothing")
    assert run.run in caught.value.cause


def test_without_any_run_there_is_still_a_log_to_send(desk: Desk) -> None:
    desk.log("20261122-130700-7.log", "no key\n")
    packed = desk.pack()
    assert packed.files == ("about.txt", "logs/20261122-130700-7.log")
    assert packed.path.name == "skysql-privatelink-logs.tar.gz"


def test_it_goes_where_it_is_told_to_and_replaces_nothing(desk: Desk) -> None:
    desk.run()
    path = desk.out / "support.tar.gz"
    assert desk.pack(out=path).path == path
    inside(path)
    with pytest.raises(Conflict, match="exists already"):
        desk.pack(out=path)
    with pytest.raises(Failed, match="not written"):
        desk.pack(out=desk.out / "nowhere" / "support.tar.gz")


def test_secrets_and_the_home_folder_are_blotted_out(desk: Desk) -> None:
    know("planted-secret")
    run = desk.run()
    run.plan.write_text('tags = { oops = "planted-secret", url = "https://u:other-secret@x" }\n')
    desk.log("20261122-130700-7.log", f"File {desk.kept.home}/.local/lib/x.py\nX-API-Key: third-secret\n")
    for text in inside(desk.pack().path).values():
        assert "-secret" not in text
        assert str(desk.kept.home) not in text
    assert "~/.local/lib/x.py" in inside(desk.pack(out=desk.out / "support.tar.gz").path)["logs/20261122-130700-7.log"]


def test_a_file_that_cannot_be_read_costs_only_itself(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    run = desk.run()
    desk.log("20261122-130700-7.log", "x")
    opened: Any = Path.open

    def forbidden(path: Path, *how: Any, **more: Any) -> Any:
        if path.suffix == ".log":
            raise PermissionError(13, "Permission denied")
        return opened(path, *how, **more)

    monkeypatch.setattr(Path, "open", forbidden)
    packed = desk.pack()
    monkeypatch.undo()
    found = inside(packed.path)
    assert found["logs/20261122-130700-7.log"] == "It could not be read: Permission denied\n"
    assert found[f"runs/{run.run}.toml"]


def test_about_tells_versions_and_nothing_of_the_environment_but_the_terminal() -> None:
    told = about({"TERM": "vt100", "LANG": "C", "HOME": "/home/dba", "AWS_PROFILE": "prod", "SKYSQL_API_KEY": "x"})
    assert told["TERM"] == "vt100"
    assert told["boto3"][0].isdigit()
    assert told["Python"].startswith("3.")
    assert not {"/home/dba", "prod", "x"} & set(told.values())


def test_a_private_file_is_private_whatever_the_umask(tmp_path: Path) -> None:
    write_private(tmp_path / "x", b"\0\xff")
    assert (tmp_path / "x").read_bytes() == b"\0\xff"
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600


def test_a_private_file_is_private_on_a_file_system_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", none)
    write_private(tmp_path / "x", b"y")
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o600
