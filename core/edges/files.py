"""Files of the person's own: a plan read, a text saved. Nothing is replaced unless that was asked for."""

import errno
import os
import tempfile
from pathlib import Path

from core.problems import Conflict, Failed, NotFound, Problem, Usage
from core.text import clean

_LARGEST = 1_000_000  # bytes; what this program reads is written by hand

_REASONS: dict[int, tuple[type[Problem], str, str]] = {
    errno.ENOENT: (NotFound, "The folder or file does not exist.", "Check the name, or make the folder first."),
    errno.ENOTDIR: (NotFound, "A part of the path is not a folder.", "Check the name."),
    errno.EISDIR: (Usage, "It is a folder.", "Give a file's name."),
    errno.EACCES: (Failed, "The permissions do not allow it.", "Choose another folder, or correct the permissions."),
    errno.EPERM: (Failed, "The permissions do not allow it.", "Choose another folder, or correct the permissions."),
    errno.EROFS: (Failed, "That disk can only be read.", "Choose another folder."),
    errno.ENOSPC: (Failed, "The disk is full.", "Make room, or choose another folder."),
    errno.EDQUOT: (Failed, "Your share of the disk is used up.", "Make room, or choose another folder."),
    errno.ENAMETOOLONG: (Usage, "The name is too long.", "Choose a shorter one."),
    errno.ELOOP: (Failed, "Its links go in a circle.", "Give another name."),
}


def read_text(path: Path) -> str:
    """The text of a file in UTF-8 of at most a megabyte. Usage when it is not that, NotFound when it is not there."""
    problem: Problem
    try:
        with path.open("rb") as file:  # a pipe or a device tells no size: read no more than may be
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise Usage("file.too-large", f"{path} is larger than a megabyte.", remedy="Is it the right file?")
        return content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        problem = Usage("file.not-text", f"{path} is not a text in UTF-8.", remedy="Is it the right file?")
    except OSError as error:
        problem = _told("read", path, error)
    raise problem


def write_text(path: Path, text: str, *, replace: bool = False) -> None:
    """Write all of `text` or nothing. Conflict when something of that name exists and `replace` is not set.

    Whoever may read other files this person makes may read it (the umask decides): what is saved holds no secret.
    """
    _written(path, text.encode("utf-8"), replace, 0o666 & ~_umask())


def write_private(path: Path, content: bytes) -> None:
    """The same for what nobody but this person may read. Never replaces anything."""
    _written(path, content, False, 0o600)


def _written(path: Path, content: bytes, replace: bool, mode: int) -> None:
    problem: Problem
    try:
        _write(path.expanduser(), content, replace, mode)
    except FileExistsError:
        problem = Conflict("file.exists", f"{path} exists already.", remedy="Choose another name, or replace it.")
    except OSError as error:
        problem = _told("written", path, error)
    else:
        return
    raise problem


def _write(path: Path, content: bytes, replace: bool, mode: int) -> None:
    path = path.resolve() if replace else path  # a link stays one; what it leads to is replaced
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "")
    if not replace and os.path.lexists(path):
        raise FileExistsError
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:50]}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.chmod(mode)
        _put(new, path, replace)
    finally:
        new.unlink(missing_ok=True)


def _put(new: Path, path: Path, replace: bool) -> None:
    """Give the finished file its name at once. A hard link, unlike a rename, never replaces."""
    if replace:
        new.replace(path)
        return
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        mode = new.stat().st_mode & 0o777
        with open(path, "xb", opener=lambda name, flags: os.open(name, flags, mode)) as file:
            file.write(new.read_bytes())


def _umask() -> int:
    now = os.umask(0o077)  # it can only be read by setting it
    os.umask(now)
    return now


def _told(done: str, path: Path, error: OSError) -> Problem:
    kind, cause, remedy = _REASONS.get(
        error.errno or 0, (Failed, clean(error.strerror or type(error).__name__, 200), "Choose another name or folder.")
    )
    return kind(
        f"file.{errno.errorcode.get(error.errno or 0, 'failed')}", f"{path} was not {done}.", cause=cause, remedy=remedy
    )
