"""The way to a database, on loopback: a real MariaDB server with TLS, and listeners that are none.

127.0.0.2, 127.0.0.3 and 127.0.0.4 stand for the addresses of an endpoint.
"""

import asyncio
import gc
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pymysql
import pytest

from core.checks.chain import walk
from core.checks.proof import PROOF
from core.edges.database import Database, Limits
from core.export.clients import Link, trials
from core.world import Credentials, Secret
from tests.edges.certificates import NOW, Authority
from tests.edges.listeners import greeting, listening, until_gone
from tests.edges.mariadb import ADDRESSES, FQDN, PASSWORD, USER, WILDCARD, Server
from tests.edges.proving import DEFAULT, SHORT, broken, database, log_in, stages, target, walked

pytestmark = pytest.mark.xdist_group("mariadb")


# ---------------------------------------------------------------------------------------------- all is well


def test_every_address_is_walked_up_to_tls(mariadb: Server) -> None:
    proof = stages(database(mariadb.authority), target(mariadb.port))
    assert broken(proof) == ("", "")
    assert [met.address for met in proof.secured] == list(ADDRESSES)
    assert all(0 < met.seconds < 5 for met in proof.reached)
    assert "MariaDB" in proof.greeted[0].version
    assert not proof.greeted[0].version.startswith("5.5.5-")
    assert proof.secured[0].protocol == "TLSv1.3"
    assert proof.secured[0].names == (WILDCARD,)
    assert proof.secured[0].until == (NOW + timedelta(days=365) / 2).date().isoformat()


def test_the_stages_come_one_after_the_other(mariadb: Server) -> None:
    async def seen() -> list[list[str]]:
        prober, towards = database(mariadb.authority), target(mariadb.port)
        return [[link.id for link in walk(PROOF, proof)] async for proof in prober.stages(towards)]

    ids = [row.id for row in PROOF]
    assert asyncio.run(seen()) == [ids[:number] for number in range(1, 6)]


def test_a_login_and_who_answered(mariadb: Server) -> None:
    met = log_in(database(mariadb.authority), target(mariadb.port))
    assert (met.trouble, met.user, met.code) == ("", USER, 0)
    assert met.answer is not None
    assert (met.answer.trouble, met.answer.server_id) == ("", "4711")
    assert met.answer.host == mariadb.sql("SELECT @@hostname")
    assert met.answer.version == mariadb.sql("SELECT @@version")
    assert 0 < met.answer.seconds < 5


def test_the_login_says_who_it_is_and_goes_again(mariadb: Server) -> None:
    log_in(database(mariadb.authority), target(mariadb.port))
    left = "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{}'"
    assert mariadb.sql(left.format(USER)) == "0"


def test_the_line_for_another_machine_checks_what_we_check(mariadb: Server, tmp_path: Path) -> None:
    """With an address in the name's place, which resolves nowhere here, and trusting the tests' authority."""
    (tmp_path / "authority.pem").write_text(mariadb.authority.pem)
    link = Link("orders", FQDN, FQDN, (), (("readwrite", mariadb.port),), private_dns=True)
    line = next(trial.text for trial in trials(link) if trial.id == "openssl")
    assert f"-connect {FQDN}:" in line
    here = line.replace(f"-connect {FQDN}:", f"-CAfile {tmp_path}/authority.pem -connect {ADDRESSES[0]}:")
    for names, code in ((WILDCARD, 0), ("other.example", 1)):
        with mariadb.showing(mariadb.authority.issue(names)):
            done = subprocess.run(["bash", "-c", here], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr


def test_and_so_does_the_line_for_the_client(mariadb: Server, tmp_path: Path) -> None:
    """The real client, with the address in the name's place: all but the name's check."""
    (tmp_path / "authority.pem").write_text(mariadb.authority.pem)
    link = Link("orders", FQDN, FQDN, (), (("readwrite", mariadb.port),), private_dns=True, user=USER)
    line = next(trial.text for trial in trials(link) if trial.id == "mariadb")
    assert " -p --ssl-verify-server-cert " in line
    here = line.replace(f"--host {FQDN}", f"--host {ADDRESSES[0]} --ssl-ca {tmp_path}/authority.pem --batch")
    here = here.replace(" -p --ssl-verify-server-cert", "")  # it would ask at the terminal; and the name is no address
    done = subprocess.run(
        ["bash", "-c", here], env={**os.environ, "MYSQL_PWD": PASSWORD}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "MariaDB" in done.stdout


# ---------------------------------------------------------------------------------------------- the server says no


@pytest.mark.parametrize(
    ("user", "password", "code", "words"),
    [
        (USER, "wrong", 1045, "Access denied"),
        ("nobody", PASSWORD, 1045, "Access denied"),
        ("elsewhere", "elsewhere", 1045, "Access denied"),
        ("locked", "shut-away", 4151, "locked"),
    ],
)
def test_a_login_that_is_refused(mariadb: Server, user: str, password: str, code: int, words: str) -> None:
    met = log_in(database(mariadb.authority), target(mariadb.port), Credentials(user, Secret(password)))
    assert (met.trouble, met.code, met.answer) == ("refused", code, None)
    assert words in met.words


def test_a_server_that_is_full_says_so_instead_of_greeting(mariadb: Server) -> None:
    usual = mariadb.sql("SELECT @@max_connections")
    mariadb.sql("SET GLOBAL max_connections = 10")
    try:
        with ExitStack() as lines:
            for _ in range(11):
                line = lines.enter_context(socket.create_connection((ADDRESSES[0], mariadb.port)))
                line.recv(1)  # greeted: it counts
            proof = stages(database(mariadb.authority), target(mariadb.port))
            met = log_in(database(mariadb.authority), target(mariadb.port))
    finally:
        mariadb.sql(f"SET GLOBAL max_connections = {usual}")
    assert (proof.greeted[0].trouble, proof.greeted[0].code) == ("refused", 1040)
    assert "Too many connections" in broken(proof)[1]
    assert (met.trouble, met.code) == ("refused", 1040)


# ---------------------------------------------------------------------------------------------- certificates


@pytest.mark.parametrize(
    ("names", "begins", "ends", "trouble"),
    [
        (("*.other.skysql.com", "db.example"), -9, 9, "name"),
        ((FQDN,), -9, -1, "expired"),
        ((FQDN,), 1, 9, "not-yet"),
    ],
)
def test_a_certificate_that_is_wrong(
    mariadb: Server, names: tuple[str, ...], begins: int, ends: int, trouble: str
) -> None:
    """And no login goes over it."""
    days = timedelta(days=1)
    with mariadb.showing(mariadb.authority.issue(*names, begins=NOW + begins * days, ends=NOW + ends * days)):
        proof = stages(database(mariadb.authority), target(mariadb.port))
        met = log_in(database(mariadb.authority), target(mariadb.port))
    assert {each.trouble for each in proof.secured} == {trouble}
    assert {each.names for each in proof.secured} == {names if trouble == "name" else ()}
    assert (met.trouble, met.answer) == ("lost", None)


def test_an_authority_that_nobody_knows(mariadb: Server) -> None:
    with mariadb.showing(Authority("Somebody").issue(WILDCARD)):
        proof = stages(database(mariadb.authority), target(mariadb.port))
    assert {each.trouble for each in proof.secured} == {"untrusted"}


def test_the_name_that_aws_gave_is_not_the_certificates(mariadb: Server) -> None:
    name = "vpce-0a1b-ab12.vpce-svc-0123.us-east-2.vpce.amazonaws.com"
    proof = stages(database(mariadb.authority), target(mariadb.port, name))
    link, words = broken(proof)
    assert link == "tls"
    assert WILDCARD in words
    assert f"Enable private DNS on the VPC endpoint and use {FQDN}" in words
    assert "Leave verification on" in words


# ---------------------------------------------------------------------------------------------- on the way


@contextmanager
def stripping(mariadb: Server, heard: bytearray) -> Iterator[int]:
    """Stands between and hides that the server has TLS, as an attacker would; keeps what the client says."""

    def relay(line: socket.socket) -> None:
        with socket.create_connection((ADDRESSES[0], mariadb.port)) as server:
            first = bytearray(server.recv(4096))
            first[first.index(b"\0", 5) + 15] &= 0xF7  # CLIENT_SSL, in the second byte of the capabilities
            line.sendall(first)
            try:
                while data := line.recv(4096):
                    heard.extend(data)
                    server.sendall(data)
            except OSError:
                return

    with listening(relay) as port:
        yield port


def test_tls_that_is_hidden_is_told_and_no_password_sent(mariadb: Server) -> None:
    heard = bytearray()
    with stripping(mariadb, heard) as port:
        proof = stages(database(mariadb.authority, ADDRESSES[:1]), target(port))
        met = log_in(database(mariadb.authority), target(port))
    assert proof.secured[0].trouble == "not-offered"
    assert met.trouble == "lost"
    assert heard == b""


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server((ADDRESSES[0], 0)) as server:
        port = server.getsockname()[1]
    proof = stages(database(), target(port))
    assert {met.trouble for met in proof.reached} == {"refused"}
    assert proof.greeted == ()
    assert log_in(database(), target(port)).trouble == "lost"


def test_an_address_that_never_answers() -> None:
    """A listener whose queue is full drops what comes, as a security group does."""
    with socket.create_server((ADDRESSES[0], 0), backlog=0) as server, ExitStack() as lines:
        port = server.getsockname()[1]
        for _ in range(4):
            line = lines.enter_context(socket.socket())
            line.setblocking(False)
            line.connect_ex((ADDRESSES[0], port))
        short = Limits(tcp=SHORT, login=SHORT)
        proof = stages(database(addresses=ADDRESSES[:1], limits=short), target(port))
        met = log_in(database(limits=short), target(port))
    assert proof.reached[0].trouble == "timeout"
    assert SHORT <= proof.reached[0].seconds < Limits().tcp / 2
    assert met.trouble == "timeout"


def test_one_address_of_three_that_does_not_answer(mariadb: Server) -> None:
    four = (*ADDRESSES, "127.0.0.9")
    proof = stages(database(mariadb.authority, four), target(mariadb.port, addresses=four))
    assert [met.trouble for met in proof.reached] == ["", "", "", "refused"]
    assert broken(proof)[1].startswith(
        f"Port {mariadb.port} is refused at 127.0.0.9. 127.0.0.2, 127.0.0.3 and 127.0.0.4 answered."
    )


# ---------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("raised", "trouble"),
    [
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "unknown"),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), "no-answer"),
        (UnicodeError("label empty or too long"), "unknown"),
    ],
)
def test_a_name_that_does_not_resolve(raised: Exception, trouble: str) -> None:
    def resolve(_name: str) -> Sequence[str]:
        raise raised

    proof = stages(Database(resolve=resolve), target(1))
    assert proof.resolved is not None
    assert (proof.resolved.addresses, proof.resolved.trouble) == ((), trouble)
    assert proof.reached == ()


def test_a_resolver_that_never_answers() -> None:
    answer = threading.Event()

    def resolve(_name: str) -> Sequence[str]:
        answer.wait()
        return ()

    try:
        proof = stages(Database(resolve=resolve, limits=Limits(name=SHORT)), target(1))
    finally:
        answer.set()
    assert proof.resolved is not None
    assert proof.resolved.trouble == "no-answer"


def test_a_name_with_hundreds_of_addresses_is_tried_a_little() -> None:
    many = [f"127.0.1.{number}" for number in range(1, 200)]
    proof = stages(database(addresses=many), target(1))
    assert proof.resolved is not None
    assert len(proof.resolved.addresses) == len(proof.reached) == 12


# ---------------------------------------------------------------------------------------------- calling it off


async def test_a_login_that_is_called_off_ends_its_thread(mariadb: Server) -> None:
    asked, began = threading.Event(), time.monotonic()
    prober = database(mariadb.authority, limits=Limits(login=120.0))

    def handle(line: socket.socket) -> None:
        line.sendall(greeting())
        line.recv(36)
        asked.set()
        until_gone(line)

    with listening(handle) as port:
        login = asyncio.ensure_future(prober.log_in(target(port), ADDRESSES[0], DEFAULT))
        await asyncio.to_thread(asked.wait)
        login.cancel()
        with pytest.raises(asyncio.CancelledError):
            await login
        # `listening` ends only when the other side is gone: the thread's connection was cut.
    for thread in threading.enumerate():
        if thread.name == "edge":
            await asyncio.to_thread(thread.join, 60)
    assert not [thread for thread in threading.enumerate() if thread.name == "edge"]
    assert time.monotonic() - began < 60, "nobody waited for the login to time out"


async def test_a_walk_that_is_called_off_leaves_nothing_open() -> None:
    asked = threading.Event()

    def handle(line: socket.socket) -> None:
        asked.set()
        until_gone(line)

    with listening(handle) as port:
        walk_ = asyncio.ensure_future(walked(database(addresses=ADDRESSES[:1]), target(port)))
        await asyncio.to_thread(asked.wait)
        walk_.cancel()
        with pytest.raises(asyncio.CancelledError):
            await walk_
    gc.collect()  # a connection left open would warn, and a warning fails the test


# ---------------------------------------------------------------------------------------------- secrets


@pytest.mark.parametrize("password", [PASSWORD, "wrong-canary"])
def test_the_password_is_in_nothing_that_can_be_shown(
    mariadb: Server, password: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    credentials = Credentials(USER, Secret(password))
    met = log_in(database(mariadb.authority), target(mariadb.port), credentials)
    shown = [repr(credentials), repr(met), caplog.text, *capfd.readouterr()]
    assert "canary" not in " ".join(shown)


def test_a_driver_that_fails_in_its_own_way_is_told_by_its_kind_alone(
    mariadb: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError(f"cannot read {PASSWORD}")

    monkeypatch.setattr(pymysql.connections.Connection, "connect", fail)
    met = log_in(database(mariadb.authority), target(mariadb.port))
    assert (met.trouble, met.words) == ("lost", "ValueError")


def test_the_whole_walk_ends_within_a_minute() -> None:
    """Also where names are read from a certificate that was refused: then every address is tried twice."""
    limits = Limits()
    one_way = limits.tcp + limits.greeting + limits.tls
    assert limits.name + one_way + max(one_way, limits.login) < 60
