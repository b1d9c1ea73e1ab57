"""A threaded WSGI server on a socket that already listens, and that keeps the terminal clean."""

from __future__ import annotations

import selectors
import socket
import threading
from types import TracebackType
from typing import TYPE_CHECKING, Self

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


class _Quiet(WSGIRequestHandler):
    """werkzeug would write a line on stderr for every request."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002  werkzeug's name
        pass

    def connection_dropped(self, error: BaseException, environ: WSGIEnvironment | None = None) -> None:  # noqa: ARG002  werkzeug's signature
        """There is nothing left to read or to say."""
        self.close_connection = True


class Server:
    """Answers with `app` while the context is open."""

    def __init__(self, listening: socket.socket, app: WSGIApplication) -> None:
        host, port = listening.getsockname()
        self._server = make_server(host, port, app, threaded=True, request_handler=_Quiet, fd=listening.fileno())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()


def until_gone(environ: WSGIEnvironment) -> None:
    """Wait until the client of a request hangs up. Its request must be read to the end."""
    client: socket.socket = environ["werkzeug.socket"]
    with selectors.DefaultSelector() as selector:
        selector.register(client, selectors.EVENT_READ)
        selector.select()
