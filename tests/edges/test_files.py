"""A person's files: written whole or not at all, never over another unasked, and every failure in words."""

import os
from pathlib import Path

import pytest

from core.edges.files import read_text, write_text
from core.problems import Conflict, Failed, NotFound, Problem, Usage


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_text(tmp_path / "plan.toml", "größe = 1\n")
    assert read_text(tmp_path / "plan.toml") == "größe = 1\n"
    assert names(tmp_path) == ["plan.toml"]


def test_the_umask_decides_who_may_read(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "plan.toml", "x")
    finally:
        os.umask(before)
    assert (tmp_path / "plan.toml").stat().st_mode & 0o777 == 0o640


def test_nothing_is_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(Conflict, match="exists"):
        write_text(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    write_text(path, "new", replace=True)
    assert path.read_text(encoding="utf-8") == "new"
    assert names(tmp_path) == ["plan.toml"]


def test_a_link_to_nowhere_is_something_too(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").symlink_to(tmp_path / "gone")
    with pytest.raises(Conflict):
        write_text(tmp_path / "plan.toml", "new")


def test_replacing_through_a_link_keeps_the_link(tmp_path: Path) -> None:
    (tmp_path / "real.toml").write_text("old", encoding="utf-8")
    (tmp_path / "plan.toml").symlink_to(tmp_path / "real.toml")
    write_text(tmp_path / "plan.toml", "new", replace=True)
    assert (tmp_path / "plan.toml").is_symlink()
    assert (tmp_path / "real.toml").read_text(encoding="utf-8") == "new"


def test_a_file_that_appears_meanwhile_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("theirs", encoding="utf-8")
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    with pytest.raises(Conflict):
        write_text(path, "mine")
    assert path.read_text(encoding="utf-8") == "theirs"


def test_a_file_system_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(95, "not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_text(tmp_path / "plan.toml", "text")
    assert read_text(tmp_path / "plan.toml") == "text"
    assert names(tmp_path) == ["plan.toml"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("gone/plan.toml", NotFound), ("file/plan.toml", NotFound), ("folder", Usage), ("x" * 300, Usage)],
)
def test_places_that_cannot_be_written(tmp_path: Path, name: str, kind: type[Problem]) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(kind) as caught:
        write_text(tmp_path / name, "text")
    assert caught.value.remedy


@pytest.mark.parametrize(("number", "words"), [(28, "full"), (30, "only be read"), (13, "permissions"), (5, "")])
def test_disks_that_refuse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Failed) as caught:
        write_text(tmp_path / "plan.toml", "text")
    assert words in caught.value.cause
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [(None, NotFound, "exist"), (b"\xff\xfe\x00", Usage, "UTF-8"), (b"x" * 2_000_000, Usage, "megabyte")],
    ids=["missing", "not text", "large"],
)
def test_files_that_cannot_be_read(tmp_path: Path, content: bytes | None, kind: type[Problem], words: str) -> None:
    if content is not None:
        (tmp_path / "plan.toml").write_bytes(content)
    with pytest.raises(kind) as caught:
        read_text(tmp_path / "plan.toml")
    assert words in str(caught.value)


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_bytes(b"\xef\xbb\xbfversion = 1")
    assert read_text(tmp_path / "plan.toml") == "version = 1"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(Usage):
        read_text(tmp_path)


def test_a_device_without_an_end_is_not_read_to_it() -> None:
    with pytest.raises(Usage, match="larger than a megabyte"):
        read_text(Path("/dev/zero"))
