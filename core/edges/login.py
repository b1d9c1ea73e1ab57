"""The login by the driver, in a thread: PyMySQL over a socket of ours, to one address, with TLS demanded.

The password is in no argument list, log, exception or fact. The driver refuses to go on where TLS is not offered.
"""

import asyncio
import contextlib
import socket
import ssl
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from core.connection import Answer, LoggedIn, Target
from core.edges.threads import in_thread
from core.redaction import redact
from core.text import clean
from core.world import Credentials

if TYPE_CHECKING:
    from pymysql import Connection, MySQLError  # imported where first needed
    from pymysql.cursors import Cursor

_DRIVER_CODES = range(2000, 3000)
"""Numbers of the driver's own errors; the server's are below and above."""
_CANNOT_SIGN_IN = (2059, 2061)  # the server wants a way of signing in that the driver does not know
_WHO = "SELECT @@hostname, @@version, @@server_id"


async def log_in(
    target: Target, address: str, credentials: Credentials, context: ssl.SSLContext, limit: float
) -> LoggedIn:
    """Ends within `limit` seconds; called off, the connection is cut and so the thread ends."""
    met = LoggedIn(credentials.user, address)
    line = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    line.setblocking(False)
    with contextlib.closing(line), line.dup() as cut:  # the driver's TLS takes the first one for itself
        try:
            async with asyncio.timeout(limit):
                await asyncio.get_running_loop().sock_connect(line, (address, target.port))
                return await in_thread(lambda: _ask(line, _connection(target, credentials, context, limit), met))
        except TimeoutError:
            return replace(met, trouble="timeout")
        except OSError as error:
            return replace(met, trouble="lost", words=clean(error.strerror or str(error), 200))
        finally:
            with contextlib.suppress(OSError):  # the other side has cut it
                cut.shutdown(socket.SHUT_RDWR)


def _connection(
    target: Target, credentials: Credentials, context: ssl.SSLContext, limit: float
) -> "Connection[Cursor]":
    import pymysql

    return pymysql.Connection(
        host=target.name,
        user=credentials.user,
        password=credentials.password.reveal().encode(),  # a str would have to fit into Latin-1
        charset="utf8mb4",
        autocommit=None,  # as the server has it: nothing is changed
        ssl=context,
        read_timeout=limit,
        write_timeout=limit,
        program_name="skysql-privatelink",
        defer_connect=True,
    )


def _ask(line: socket.socket, connection: "Connection[Cursor]", met: LoggedIn) -> LoggedIn:
    import pymysql

    began = time.perf_counter()
    try:
        connection.connect(line)
        signed_in = time.perf_counter() - began
        return replace(met, seconds=signed_in, answer=_answer(connection))
    except pymysql.MySQLError as error:
        code, words = _told(error)
    except Exception as error:  # noqa: BLE001 - the driver raises whatever a packet that it cannot read leads to
        code, words = 0, type(error).__name__
    finally:
        with contextlib.suppress(pymysql.MySQLError):  # closed already
            connection.close()
    if code in _CANNOT_SIGN_IN:
        return replace(met, trouble="driver", code=code, words=words)
    refused = bool(code) and code not in _DRIVER_CODES
    return replace(met, trouble="refused" if refused else "lost", code=code, words=words)


def _answer(connection: "Connection[Cursor]") -> Answer:
    import pymysql

    with connection.cursor() as cursor:
        began = time.perf_counter()
        try:
            cursor.execute("SELECT 1")
            row = cursor.fetchone()
        except pymysql.MySQLError as error:
            return Answer(trouble=_told(error)[1])
        took = time.perf_counter() - began
        if row != (1,):
            return Answer(took, trouble="It did not answer 1.")
        try:
            cursor.execute(_WHO)
            host, version, server_id = (clean(str(value), 100) for value in cursor.fetchone() or ("", "", ""))
        except pymysql.MySQLError:  # a proxy in front may not know them
            return Answer(took)
        return Answer(took, "", host, version, server_id)


def _told(error: "MySQLError") -> tuple[int, str]:
    """Number and words; either may be missing. A server may repeat in them what it was sent."""
    number = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    return number, clean(redact(str(error.args[1])) if len(error.args) > 1 else "", 300)
