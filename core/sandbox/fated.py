"""Puts faults in front of a WSGI application: on the wire, where a client meets them, and not inside what it calls."""

from __future__ import annotations

import io
import socket
import struct
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TYPE_CHECKING, NoReturn

from werkzeug.wrappers import Request, Response

from core.sandbox.faults import Fault, Ledger
from core.sandbox.http import until_gone

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PAGE = "<!DOCTYPE html>\n<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"


class Fated:
    """`app`, with each call named by `named` and refused in the API's own words by `refused`."""

    def __init__(
        self,
        app: WSGIApplication,
        ledger: Ledger,
        named: Callable[[Request], str],
        refused: Callable[[Request, Fault], Response],
    ) -> None:
        self._app = app
        self._ledger = ledger
        self._named = named
        self._refused = refused

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = _whole(environ)
        held_back, fault = self._ledger.befalls(self._named(request))
        time.sleep(held_back)
        if fault is None:
            return self._app(_again(environ, request), start_response)
        match fault.outcome:
            case "reset":
                _cut(environ)
            case "timeout":
                _say_nothing(environ)
            case "reset-after":
                self._effect(environ, request)
                _cut(environ)
            case "timeout-after":
                self._effect(environ, request)
                _say_nothing(environ)
            case "garbled":
                answer = self._effect(environ, request)
                answer.data = answer.data[: len(answer.data) // 2]
            case "html":
                answer = _page(502, "502 Bad Gateway")
            case "sign-in-page":
                answer = _page(200, "Sign in to the network")
            case _:
                answer = self._refused(request, fault)
        return answer(environ, start_response)

    def _effect(self, environ: WSGIEnvironment, request: Request) -> Response:
        return Response.from_app(self._app, _again(environ, request), buffered=True)


def _whole(environ: WSGIEnvironment) -> Request:
    request = Request(environ)
    request.get_data(parse_form_data=False)
    return request


def _again(environ: WSGIEnvironment, request: Request) -> WSGIEnvironment:
    """The environment with a body that can be read once more."""
    body = request.get_data()
    fresh = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    fresh.pop("HTTP_TRANSFER_ENCODING", None)
    fresh.pop("werkzeug.request", None)
    return fresh


def _page(status: int, title: str) -> Response:
    return Response(_PAGE.format(title=title), status, content_type="text/html; charset=utf-8")


def _cut(environ: WSGIEnvironment) -> NoReturn:
    """Reset the connection, as a firewall or a dying proxy does."""
    line: socket.socket = environ["werkzeug.socket"]
    with closing(socket.socket(fileno=line.detach())) as cut:  # the server must not say goodbye on it
        cut.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError


def _say_nothing(environ: WSGIEnvironment) -> NoReturn:
    """Hold the connection until the client gives up."""
    until_gone(environ)
    raise ConnectionAbortedError
