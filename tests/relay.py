"""Stands between a client and the sandbox, on loopback: hands calls on, and does to some of them what a test says.

The `Host` header goes through as it came, so signatures still fit.
"""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

AWS_URLS = ("AWS_ENDPOINT_URL", *(f"AWS_ENDPOINT_URL_{api}" for api in ("EC2", "IAM", "ROUTE_53", "STS")))


@dataclass(frozen=True, slots=True)
class Answer:
    """Instead of the sandbox's own."""

    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def aws_error(code: str, words: str = "Said by a test.", status: int = 400) -> Answer:
    """As EC2 answers; STS's form is close enough for botocore to read the same."""
    body = f"<Response><Errors><Error><Code>{code}</Code><Message>{words}</Message></Error></Errors>"
    return Answer(status, f"{body}<RequestID>req-{code}</RequestID></Response>", {"Content-Type": "text/xml"})


class Relay:
    """What was asked, and what is to become of it. `answers[call]` is taken instead of the sandbox's answer."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.said: list[bytes] = []  # bodies of the sandbox's answers
        self.answers: dict[str, Answer | Callable[[dict[str, str]], Answer | None]] = {}
        self.hangs: set[str] = set()  # calls that are never answered, nor handed on
        self.gates: dict[str, threading.Event] = {}  # calls that are handed on once it is set
        self.asked = threading.Condition()
        self.closing = threading.Event()

    def hear(self, call: str, headers: dict[str, str]) -> None:
        with self.asked:
            self.calls.append(call)
            self.headers.append(headers)
            self.asked.notify_all()

    def wait_for(self, call: str, seconds: float = 60) -> None:
        """Until `call` was asked."""
        with self.asked:
            assert self.asked.wait_for(lambda: call in self.calls, seconds), f"never asked {call}: {self.calls}"


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server on loopback that answers by `handler`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def relayed(variables: Mapping[str, str]) -> Iterator[tuple[Relay, dict[str, str]]]:
    """A relay before the sandbox of `variables`, and the variables that lead to it."""
    relay = Relay()
    with ExitStack() as served:
        aws = served.enter_context(_served(relay, variables["AWS_ENDPOINT_URL"]))
        skysql = served.enter_context(_served(relay, variables["SKYSQL_API_URL"]))
        served.callback(relay.closing.set)
        yield relay, {**variables, **dict.fromkeys(AWS_URLS, aws), "SKYSQL_API_URL": skysql}


def _call(handler: BaseHTTPRequestHandler, body: bytes) -> str:
    """`ec2:CreateVpcEndpoint` (of a trial `…+DryRun`), or `PATCH /provisioning/v1/services/x/endpoints`."""
    asked = parse_qs(body.decode("utf-8", "replace"))
    if action := asked.get("Action"):
        signed = re.search(r"/(\w+)/aws4_request", handler.headers.get("Authorization", ""))
        return f"{signed[1] if signed else 'ec2'}:{action[0]}{'+DryRun' if asked.get('DryRun') == ['true'] else ''}"
    return f"{handler.command} {handler.path}"


def _asked(address: str, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
    """What the sandbox answers to the same request."""
    connection = HTTPConnection(address, timeout=60)
    try:
        connection.putrequest(handler.command, handler.path, skip_host=True, skip_accept_encoding=True)
        for name, value in handler.headers.items():
            if name.lower() != "connection":
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


@contextmanager
def _served(relay: Relay, upstream: str) -> Iterator[str]:
    address = urlsplit(upstream).netloc

    class Handler(BaseHTTPRequestHandler):
        def _hand_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            call, headers = _call(self, body), dict(self.headers)
            relay.hear(call, headers)
            if call in relay.hangs:
                relay.closing.wait(120)
                return
            if call in relay.gates:
                relay.gates[call].wait(60)
            answer = relay.answers.get(call)
            made = answer(headers) if callable(answer) else answer
            if made is None:
                status, given, said = _asked(address, self, body)
                relay.said.append(said)
                self._answer(status, given, said)
            else:
                self._answer(made.status, dict(made.headers), made.body.encode())

        do_GET = do_POST = do_PATCH = _hand_on  # noqa: N815 - the base class's words

        def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
            """Nothing: the test's output is the test's."""

    with serving(Handler) as url:
        yield url
