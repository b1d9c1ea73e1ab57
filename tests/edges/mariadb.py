"""A real MariaDB server with TLS, on three loopback addresses that stand for an endpoint's, in a folder of its own."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from tests.edges.certificates import Authority, Pair

FQDN = "dbpgf00000001.sysp0000.db1.skysql.com"
WILDCARD = "*.sysp0000.db1.skysql.com"
USER, PASSWORD = "dbpgf00000001", "pässword ' \\ 密 canary"
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
_PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb")
_PATIENCE = 60.0  # seconds

_INITIAL = """\
CREATE USER IF NOT EXISTS 'dbpgf00000001'@'%' IDENTIFIED BY "pässword ' \\\\ 密 canary" REQUIRE SSL;
CREATE USER IF NOT EXISTS 'locked'@'%' IDENTIFIED BY 'shut-away' ACCOUNT LOCK;
CREATE USER IF NOT EXISTS 'elsewhere'@'192.0.2.1' IDENTIFIED BY 'elsewhere';
"""


class Server:
    """A running server. Its certificate can be exchanged while it runs."""

    def __init__(self, folder: Path, port: int, authority: Authority) -> None:
        self.port = port
        self.authority = authority
        self.socket = folder / "sock"
        self.folder = folder

    def sql(self, statement: str) -> str:
        """As root, over the server's own socket."""
        command = [
            "mariadb",
            "--no-defaults",
            f"--socket={self.socket}",
            "--user=root",
            "--batch",
            "--skip-column-names",
        ]
        done = subprocess.run([*command, "--execute", statement], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    @contextmanager
    def showing(self, pair: Pair) -> Iterator[None]:
        """With another certificate."""
        right = Pair(*((self.folder / name).read_bytes() for name in ("key.pem", "certificate.pem")))
        try:
            self._show(pair)
            yield
        finally:
            self._show(right)

    def _show(self, pair: Pair) -> None:
        pair.write(self.folder)
        self.sql("FLUSH SSL")


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One a worker. Without the programs these tests are skipped, but never in CI."""
    needed(*_PROGRAMS, package="mariadb-server-core mariadb-client-core")
    server = installed(tmp_path_factory.mktemp("db"), _free_port())
    with running(server):
        yield server


def needed(*programs: str, package: str) -> None:
    """Skip the test, with the reason, where one of these is missing; in CI fail."""
    missing = [name for name in programs if shutil.which(name, path=_path()) is None]
    if missing:
        cannot(f"needs {', '.join(missing)}: apt-get install {package}")


def cannot(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


def installed(folder: Path, port: int) -> Server:
    """A server in `folder` that is still to be started, with a certificate for the service's name."""
    authority = Authority("Authority of the tests")
    authority.issue(WILDCARD).write(folder)
    (folder / "initial.sql").write_text(_INITIAL, encoding="utf-8")
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={folder / 'data'}",
         "--auth-root-authentication-method=normal", "--skip-test-db", *_as_root()],
        check=True, capture_output=True, timeout=_PATIENCE,
    )  # fmt: skip
    return Server(folder, port, authority)


def _as_root() -> list[str]:
    return ["--user=root"] if os.getuid() == 0 else []


@contextmanager
def running(server: Server, addresses: Sequence[str] = ADDRESSES, within: Sequence[str] = ()) -> Iterator[None]:
    """The server while it runs. `within`: a command that carries out the one behind it elsewhere."""
    folder = server.folder
    command = [
        *within, "mariadbd", "--no-defaults", f"--datadir={folder / 'data'}", f"--socket={folder / 'sock'}",
        f"--port={server.port}", f"--pid-file={folder / 'pid'}", f"--bind-address={','.join(addresses)}",
        "--skip-name-resolve",
        f"--init-file={folder / 'initial.sql'}", f"--ssl-key={folder / 'key.pem'}",
        f"--ssl-cert={folder / 'certificate.pem'}", "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=8M",
        "--server-id=4711", *_as_root(),
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PATH": _path()}) as process:
        said: list[str] = []
        ready = threading.Event()
        threading.Thread(target=_listen, args=(process, said, ready), daemon=True).start()
        try:
            assert ready.wait(_PATIENCE), "the server did not start in time"
            assert process.poll() is None, "".join(said)
            yield
        finally:
            process.terminate()
            process.wait(_PATIENCE)


def _listen(process: "subprocess.Popen[str]", said: list[str], ready: threading.Event) -> None:
    """Keep what it says; it is ready when it says so, or has ended."""
    for line in process.stderr or ():
        said.append(line)
        if "ready for connections" in line:
            ready.set()
    ready.set()


def _free_port() -> int:
    """Free on every address a moment ago."""
    with socket.socket() as asked:
        asked.bind((ADDRESSES[0], 0))
        return int(asked.getsockname()[1])
