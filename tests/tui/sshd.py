"""A real OpenSSH server on loopback, and a client at a terminal of its own: keys, settings and port are the test's.

Neither reads anything of this machine's: no host key, no known host, no configuration, no agent.
"""

import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_PATH: Final = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
_SEPARATED: Final = Path("/run/sshd")  # where sshd locks its unprivileged half in; only root's needs it

_SETTINGS: Final = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/me.pub
PidFile {folder}/pid
AuthenticationMethods publickey
PermitRootLogin yes
UsePAM no
StrictModes no
UseDNS no
"""


def need_openssh() -> None:
    """Without the programs the test is skipped, but never in CI."""
    missing = [name for name in ("sshd", "ssh", "ssh-keygen") if shutil.which(name, path=_PATH) is None]
    if not missing:
        return
    told = f"needs {', '.join(missing)}: apt-get install openssh-server openssh-client"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)


@dataclass(frozen=True, slots=True)
class Server:
    port: int
    folder: Path

    def command(self, *remote: str, terminal: bool = False) -> Sequence[str]:
        """The client's command line that carries out `remote` over there, at a terminal or at none."""
        options = {
            "Port": str(self.port),
            "IdentityFile": str(self.folder / "me"),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": str(self.folder / "known"),
            "GlobalKnownHostsFile": "none",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        told = [f"-o{name}={value}" for name, value in options.items()]
        place = "-tt" if terminal else "-T"
        return [_program("ssh"), "-F", "none", place, *told, "127.0.0.1", f"exec {shlex.join(remote)}"]


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """A server that lets in whoever has the key it makes."""
    for name in ("host", "me"):
        key = folder / name
        subprocess.run([_program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    host = (folder / "host.pub").read_text("ascii")
    (folder / "known").write_text(f"[127.0.0.1]:{port} {host}", "ascii")
    (folder / "settings").write_text(_SETTINGS.format(port=port, folder=folder), "ascii")
    if os.geteuid() == 0:
        _SEPARATED.mkdir(mode=0o755, exist_ok=True)
    command = [_program("sshd"), "-D", "-e", "-f", str(folder / "settings")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            _wait_until_it_listens(process)
            yield Server(port, folder)
        finally:
            process.terminate()


def _wait_until_it_listens(process: "subprocess.Popen[bytes]") -> None:
    assert process.stderr is not None
    said = b""
    while b"Server listening" not in said:
        line = process.stderr.readline()
        assert line, f"sshd did not start: {said!r}"
        said += line


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    assert found is not None, name
    return found  # sshd starts itself anew for each connection, and wants its whole path for that
