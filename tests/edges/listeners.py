"""Listeners on loopback that are no database, or one that lies: each connection is handed to a function."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.edges.certificates import Authority
from tests.edges.mariadb import ADDRESSES, WILDCARD

Handle = Callable[[socket.socket], None]


@contextmanager
def listening(handle: Callable[[socket.socket], None], backlog: int = 16) -> Iterator[int]:
    """A listener on the first address that hands each connection to `handle`; its port."""
    with socket.create_server((ADDRESSES[0], 0), backlog=backlog) as server:

        def serve() -> None:
            while True:
                try:
                    line, _ = server.accept()
                except OSError:  # shut down
                    return
                with line:
                    handle(line)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(server.getsockname()[1])
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def saying(data: bytes) -> Callable[[socket.socket], None]:
    """Says `data`, then waits for the other side to go."""

    def handle(line: socket.socket) -> None:
        line.sendall(data)
        until_gone(line)

    return handle


def until_gone(line: socket.socket) -> None:
    try:
        while line.recv(65536):
            pass
    except OSError:  # it was cut
        return


def packet(body: bytes) -> bytes:
    return len(body).to_bytes(3, "little") + b"\0" + body


def greeting(version: bytes = b"11.4.4-MariaDB", capabilities: int = 0xFFFE) -> bytes:
    nonce, rest = b"12345678", b"\x2d\x02\x00\xff\xc1\x15" + b"\0" * 10 + b"123456789012\0mysql_native_password\0"
    return packet(b"\x0a" + version + b"\0\x01\0\0\0" + nonce + b"\0" + capabilities.to_bytes(2, "little") + rest)


def speaking(folder: Path, authority: Authority, *answers: bytes) -> Callable[[socket.socket], None]:
    """A server that has TLS and the right certificate, and then answers each packet with the next of `answers`."""
    authority.issue(WILDCARD).write(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")

    def handle(line: socket.socket) -> None:
        line.sendall(greeting())
        line.recv(36)
        try:
            with context.wrap_socket(line, server_side=True) as tls:
                for answer in answers:
                    tls.recv(65536)
                    tls.sendall(answer)
                until_gone(tls)
        except OSError:  # it hung up
            return

    return handle


def numbered(body: bytes, number: int) -> bytes:
    return len(body).to_bytes(3, "little") + bytes([number]) + body
