"""One connection to one address, up to TLS: what is met on it, as facts. Nothing is sent but the wish for TLS."""

import asyncio
import errno
import ssl
import time
from types import TracebackType
from typing import Self

from core.connection import Greeted, PathTrouble, Reached, Secured
from core.edges import greeting
from core.edges.calls import Request
from core.edges.tls import handshake
from core.text import clean

_TROUBLES: dict[int, PathTrouble] = {
    errno.ETIMEDOUT: "timeout",
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.ECONNABORTED: "reset",
    errno.ENETUNREACH: "no-route",
    errno.EHOSTUNREACH: "no-route",
    errno.EADDRNOTAVAIL: "no-route",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
}


class Way:
    """To be asked in the order `reach`, `greet`, `secure`, each only after the one before went well."""

    def __init__(self, address: str, port: int) -> None:
        self._address = address
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._offers_tls = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hang up at once, whatever is under way."""
        if self._streams is not None:
            self._streams[1].transport.abort()

    async def reach(self, limit: float) -> Reached:
        began = time.perf_counter()
        request = Request("database", f"connect {self._address}:{self._port}", 1)
        trouble: PathTrouble = ""
        words = ""
        try:
            async with asyncio.timeout(limit):
                self._streams = await asyncio.open_connection(self._address, self._port)
        except TimeoutError:
            trouble = "timeout"
        except OSError as error:
            trouble = _TROUBLES.get(error.errno or 0, "error")
            words = clean(error.strerror or str(error), 200)
        request.ended(code=trouble or "ok")
        return Reached(self._address, trouble, time.perf_counter() - began, words)

    async def greet(self, limit: float) -> Greeted:
        data = b""
        try:
            async with asyncio.timeout(limit):
                while greeting.is_short(data):
                    if not (received := await self._open[0].read(greeting.LARGEST)):
                        break
                    data += received
        except TimeoutError:
            if not data:
                return Greeted(self._address, "silent")
        except OSError:
            data = b""
        if not data:
            return Greeted(self._address, "closed")
        greeted = greeting.read(self._address, data)
        self._offers_tls = greeted.tls
        return greeted

    async def secure(self, name: str, context: ssl.SSLContext, limit: float) -> Secured:
        if not self._offers_tls:
            return Secured(self._address, "not-offered")
        reader, writer = self._open
        try:
            async with asyncio.timeout(limit):
                writer.write(greeting.TLS_REQUEST)
                return await handshake(reader, writer, self._address, name, context)
        except TimeoutError:
            return Secured(self._address, "silent")
        except OSError:
            return Secured(self._address, "closed")

    @property
    def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is None:
            raise LookupError("not reached yet")
        return self._streams
