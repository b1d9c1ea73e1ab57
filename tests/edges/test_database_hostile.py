"""Whoever listens on a database's port may say anything: it is told in time, and cleaned."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pymysql import MySQLError

from core.edges import login
from core.edges.database import Limits
from core.edges.debug_log import debug_log
from core.world import Secret
from tests.edges.certificates import Authority
from tests.edges.listeners import greeting, listening, numbered, packet, saying, speaking, until_gone
from tests.edges.mariadb import ADDRESSES
from tests.edges.proving import SHORT, broken, database, log_in, stages, target


def nothing(_line: socket.socket) -> None:
    """Hangs up."""


def http(line: socket.socket) -> None:
    """A web server: it waits to be asked, and answers what it does not understand."""
    if line.recv(1024):
        line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    until_gone(line)


three_bytes, half_a_greeting = saying(b"abc"), saying(greeting()[:20])
WAITING = (until_gone, http, three_bytes, half_a_greeting)
"""After them something more could come."""

HOSTILE = [
    ("says nothing", until_gone, "silent", ""),
    ("a web server", http, "silent", ""),
    ("hangs up", nothing, "closed", ""),
    ("a web server that does not wait", saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "foreign", "HTTP/1.1 400"),
    ("SSH", saying(b"SSH-2.0-OpenSSH_9.2\r\n"), "foreign", "SSH-2.0-OpenSSH_9.2"),
    ("three bytes", three_bytes, "foreign", "abc"),
    ("zeros", saying(b"\0" * 5000), "foreign", ""),
    ("a packet that never ends", saying(b"\xff\xff\xff\0" + b"x" * 5000), "foreign", ""),
    ("half a greeting", half_a_greeting, "foreign", ""),
    ("an old protocol", saying(packet(b"\x09" + b"3.23\0" + b"\0" * 40)), "foreign", ""),
    ("a version without an end", saying(packet(b"\x0a" + b"v" * 200)), "foreign", ""),
    ("nothing after the version", saying(packet(b"\x0a11.4\0")), "foreign", ""),
    ("an error cut short", saying(packet(b"\xff")), "foreign", ""),
    ("escape sequences", saying(b"\x1b]0;owned\x07\x9b31mhello"), "foreign", "]0;owned"),
    ("blocked", saying(packet(b"\xff\x69\x04Host '10.0.0.1' is blocked")), "refused", "blocked"),
    ("an error with a state", saying(packet(b"\xff\x6a\x04#HY000Not allowed\x1b[2J")), "refused", "Not allowed[2J"),
]


@pytest.mark.parametrize(("handle", "trouble", "words"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_what_is_no_greeting(handle: Callable[[socket.socket], None], trouble: str, words: str) -> None:
    """Told in time, and cleaned."""
    limits = Limits(greeting=SHORT if handle in WAITING else Limits().greeting, login=SHORT)
    with listening(handle) as port:
        proof = stages(database(addresses=ADDRESSES[:1], limits=limits), target(port))
        met = log_in(database(limits=limits), target(port))
    assert proof.greeted[0].trouble == trouble
    assert words in proof.greeted[0].words
    assert proof.secured == ()
    assert met.answer is None
    for text in (proof.greeted[0].words, met.words, broken(proof)[1]):
        assert text.isprintable(), repr(text)


def test_a_version_with_control_characters_is_cleaned() -> None:
    with listening(saying(greeting(b"11.4\x1b[31m\xe2\x80\xaeflip" + b"9" * 300))) as port:
        proof = stages(database(addresses=ADDRESSES[:1], limits=Limits(tls=SHORT)), target(port))
    version = proof.greeted[0].version
    assert version.startswith("11.4[31mflip9")
    assert version.isprintable()
    assert len(version) == 100


@pytest.mark.parametrize(
    ("answer", "trouble"), [(b"", "silent"), (b"no TLS record at all", "handshake"), (None, "closed")]
)
def test_a_handshake_that_leads_nowhere(answer: bytes | None, trouble: str) -> None:
    def handle(line: socket.socket) -> None:
        line.sendall(greeting())
        line.recv(36)
        if answer is None:
            return
        line.sendall(answer)
        until_gone(line)

    limits = Limits(tls=SHORT if trouble == "silent" else Limits().tls, login=SHORT)
    with listening(handle) as port:
        proof = stages(database(addresses=ADDRESSES[:1], limits=limits), target(port))
        met = log_in(database(limits=limits), target(port))
    assert proof.secured[0].trouble == trouble
    assert met.trouble in ("lost", "timeout")


_OK = b"\0\0\0\x02\0\0\0"
_SIGNED_IN = (numbered(_OK, 3), numbered(_OK, 1))  # the login, and the character set
_ONE = (
    numbered(b"\x01", 1)
    + numbered(b"\x03def\0\0\0\x011\0\x0c\x3f\0\x01\0\0\0\x03\x81\0\0\0\0", 2)
    + numbered(b"\xfe\0\0\x02\0", 3)
    + numbered(b"\x011", 4)
    + numbered(b"\xfe\0\0\x02\0", 5)
)


@pytest.mark.parametrize(
    ("answers", "trouble", "words"),
    [
        ([numbered(b"\xfeparsec\x001234567890\0", 3)], "driver", "parsec"),
        ([numbered(b"\xff\x15\x04#28000Access denied\x1b[2J", 3)], "refused", "Access denied[2J"),
        ([b"\xff" * 100], "lost", ""),
        ([numbered(b"", 3)], "lost", ""),
        ([numbered(b"\xfe", 3)], "lost", ""),
        ([numbered(b"\xfb/etc/passwd", 3)], "lost", ""),
    ],
)
def test_a_login_that_is_answered_with_something_else(
    tmp_path: Path, answers: list[bytes], trouble: str, words: str
) -> None:
    authority = Authority("Of this test")
    with listening(speaking(tmp_path, authority, *answers)) as port:
        met = log_in(database(authority), target(port))
    assert (met.trouble, met.answer) == (trouble, None)
    assert words in met.words
    assert met.words.isprintable()


@pytest.mark.parametrize(
    ("answers", "trouble", "host"),
    [
        ([numbered(b"\xff\x28\x04#42000no such thing", 1)], "no such thing", ""),
        ([_ONE.replace(b"\x011" + b"\x05", b"\x012" + b"\x05")], "It did not answer 1.", ""),
        ([_ONE, numbered(b"\xff\xa9\x04#HY000Unknown system variable", 1)], "", ""),
    ],
)
def test_an_answer_that_is_none_or_comes_from_nobody_known(
    tmp_path: Path, answers: list[bytes], trouble: str, host: str
) -> None:
    authority = Authority("Of this test")
    with listening(speaking(tmp_path, authority, *_SIGNED_IN, *answers)) as port:
        met = log_in(database(authority), target(port))
    assert met.trouble == ""
    assert met.answer is not None
    assert (met.answer.trouble, met.answer.host) == (trouble, host)


def test_a_server_that_repeats_a_password_is_not_quoted() -> None:
    planted = Secret("planted-database-password")
    code, words = login._told(MySQLError(1045, f"Access denied (using password: {planted.reveal()})"))
    assert (code, words) == (1045, "Access denied (using password: …)")


def test_the_log_has_a_line_for_each_connection_and_login(tmp_path: Path) -> None:
    with debug_log(tmp_path, {}) as path, listening(until_gone) as port:
        stages(database(addresses=ADDRESSES[:1], limits=Limits(greeting=SHORT)), target(port))
        log_in(database(limits=Limits(login=SHORT)), target(port))
    connect, signing_in = [line for line in path.read_text().splitlines() if " database " in line]
    assert re.search(rf"connect {ADDRESSES[0]}:{port} attempt=1 took=\d\.\d{{3}}s code=ok$", connect)
    assert re.search(rf"login \S+:{port} attempt=1 took=\S+ code=(timeout|lost)", signing_in)
