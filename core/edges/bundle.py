"""What goes to support: journals, plans and logs of one service's runs, and the versions, in one file.

A person must be able to send it with a good conscience. Kept is what support looks things up by: ids, names, addresses.
Secrets were kept out when these files were written; here they are blotted out once more, with what only looks like one.
"""

import io
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.edges.files import write_private
from core.problems import Usage
from core.redaction import redact
from core.text import listed
from core.work.event_file import events_of
from core.work.history import Past, runs

_LARGEST: Final = 5_000_000  # bytes of one file; more than any that this program writes

INSIDE: Final = (
    "Inside are ids of service, account, VPC, subnets, security groups and endpoint; names and tags; private address",
    "ranges and the former IP allowlist; the name of this machine and the times of everything.",
    "Not inside are keys, tokens, passwords and the environment. Your home folder is written as ~.",
)
"""What a person is told before sending it, and whoever opens it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Where things are kept."""

    runs: Path
    logs: Path
    home: Path


@dataclass(frozen=True, slots=True)
class Bundle:
    path: Path
    files: tuple[str, ...]  # names in the archive
    runs: tuple[str, ...]  # newest first


def pack(kept: Kept, run: str, out: Path, about: Mapping[str, str]) -> Bundle:
    """Pack `run`, or the newest, with the other runs for its service, and every log. `out`: a file, or a folder for it.

    Raises Usage for a run that is not there, Conflict when the file exists, Failed.
    """
    found = _chosen(kept.runs, run)
    files = {"about.txt": _about(about), **dict(_files(kept, found))}
    name = f"skysql-privatelink-{found[0].run if found else 'logs'}"
    path = out / f"{name}.tar.gz" if out.is_dir() else out
    write_private(path, _packed(name, files))
    return Bundle(path, tuple(files), tuple(past.run for past in found))


def _chosen(folder: Path, wanted: str) -> tuple[Past, ...]:
    """The run first, then the others for its service, newest first. Nothing when there is none at all."""
    there = runs(folder)
    chosen = next((past for past in there if past.run == wanted or not wanted), None)
    if chosen is None and wanted:
        newest = listed([past.run for past in there[:5]])
        raise Usage(
            "no-such-run",
            f"There is no run {wanted}.",
            cause=f"The newest are {newest}." if newest else f"There is none in {folder}.",
            remedy="Name another, or none for the newest.",
        )
    if chosen is None:
        return ()
    return (chosen, *(past for past in there if past.service == chosen.service and past != chosen))


def _files(kept: Kept, found: tuple[Past, ...]) -> Iterator[tuple[str, str]]:
    papers = [path for past in found for path in (past.journal, past.plan, events_of(kept.runs, past.run))]
    for path in [*papers, *sorted(kept.logs.glob("*.log*"))]:
        if path.is_file():
            yield f"{path.parent.name}/{path.name}", _read(path, kept.home)


def _read(path: Path, home: Path) -> str:
    try:
        with path.open("rb") as file:
            text = redact(file.read(_LARGEST).decode("utf-8", "replace"))
    except OSError as why:
        return f"It could not be read: {why.strerror}\n"
    return text.replace(str(home), "~") if home.name else text


def _about(about: Mapping[str, str]) -> str:
    told = "\n".join(f"{name}: {redact(value)}" for name, value in about.items())
    return "\n".join((told, "", *INSIDE, ""))


def _packed(name: str, files: Mapping[str, str]) -> bytes:
    """Whose they were on this machine is not told."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for file, text in files.items():
            told = tarfile.TarInfo(f"{name}/{file}")
            told.size, told.mode = len(text.encode()), 0o600
            archive.addfile(told, io.BytesIO(text.encode()))
    return content.getvalue()
