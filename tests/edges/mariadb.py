"""A real MariaDB server with TLS, on three loopback addresses that stand for an endpoint's, in a folder of its own."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.edges.certificates import Authority, Pair

FQDN = "dbpgf00000001.sysp0000.db1.skysql.com"
WILDCARD = "*.sysp0000.db1.skysql.com"
USER, PASSWORD = "dbpgf00000001", "pässword ' \\ 密 4711"
ADDRESSES = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
_PROGRAMS = ("mariadbd", "mariadb-install-db", "mariadb")
_PATIENCE = 60.0  # seconds

_INITIAL = """\
CREATE USER 'dbpgf00000001'@'%' IDENTIFIED BY "pässword ' \\\\ 密 4711" REQUIRE SSL;
CREATE USER 'locked'@'%' IDENTIFIED BY 'shut-away' ACCOUNT LOCK;
CREATE USER 'elsewhere'@'192.0.2.1' IDENTIFIED BY 'elsewhere';
"""


class Server:
    """A running server. Its certificate can be exchanged while it runs."""

    def __init__(self, folder: Path, port: int, authority: Authority) -> None:
        self.port = port
        self.authority = authority
        self.socket = folder / "sock"
        self._folder = folder

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
        right = Pair(*((self._folder / name).read_bytes() for name in ("key.pem", "certificate.pem")))
        try:
            self._show(pair)
            yield
        finally:
            self._show(right)

    def _show(self, pair: Pair) -> None:
        pair.write(self._folder)
        self.sql("FLUSH SSL")


@pytest.fixture(scope="session")
def mariadb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One a worker. Without the programs these tests are skipped, but never in CI."""
    missing = [name for name in _PROGRAMS if shutil.which(name, path=_path()) is None]
    if missing:
        reason = f"needs {', '.join(missing)}: apt-get install mariadb-server-core mariadb-client-core"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("db")
    authority = Authority("Authority of the tests")
    authority.issue(WILDCARD).write(folder)
    (folder / "initial.sql").write_text(_INITIAL, encoding="utf-8")
    with _running(folder) as port:
        yield Server(folder, port, authority)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin"


@contextmanager
def _running(folder: Path) -> Iterator[int]:
    data, port = folder / "data", _free_port()
    user = ["--user=root"] if os.getuid() == 0 else []
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
         "--skip-test-db", *user],
        check=True, capture_output=True, timeout=_PATIENCE,
    )  # fmt: skip
    command = [
        "mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={folder / 'sock'}", f"--port={port}",
        f"--pid-file={folder / 'pid'}", f"--bind-address={','.join(ADDRESSES)}", "--skip-name-resolve",
        f"--init-file={folder / 'initial.sql'}", f"--ssl-key={folder / 'key.pem'}",
        f"--ssl-cert={folder / 'certificate.pem'}", "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=8M",
        "--server-id=4711", *user,
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "PATH": _path()}) as process:
        said: list[str] = []
        ready = threading.Event()
        threading.Thread(target=_listen, args=(process, said, ready), daemon=True).start()
        try:
            assert ready.wait(_PATIENCE), "the server did not start in time"
            assert process.poll() is None, "".join(said)
            yield port
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
