"""A SkySQL API that answers what a test says: HTML, garbage, nothing, a thousand services, names that bite."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.relay import serving

EVIL_NAMES = (
    "[bold red]markup[/]",
    "[@click=app.quit]press me[/]",
    "[/unclosed",
    "escape \x1b[31mred\x1b[0m \x9b31m",
    "right \u202eto left\u202c",
    "tab\tand\nline",
    "emoji 👩‍👩‍👧 ümlaut",
    "x" * 200,
)


def service(name: str, number: int = 1) -> dict[str, object]:
    """A service as the API shows it, that can be linked."""
    return {
        "id": f"dbpgf{number:08}",
        "name": name,
        "region": "us-east-2",
        "provider": "aws",
        "topology": "es-single",
        "status": "ready",
        "is_active": True,
        "fqdn": f"dbpgf{number:08}.sysp0000.db1.skysql.com",
        "endpoints": [
            {
                "name": "primary",
                "mechanism": "nlb",
                "visibility": "public",
                "ports": [{"name": "readwrite", "port": 3306, "purpose": "readwrite"}],
                "allow_list": [{"ip": "203.0.113.7/32", "comment": name}],
            }
        ],
    }


class Answers:
    """What the API answers: to the probe of a key, and to the list of services."""

    def __init__(self) -> None:
        self.probe: tuple[int, str, str] = (200, "application/json", "[]")
        self.services: tuple[int, str, str] = (200, "application/json", "[]")

    def list(self, *services: object) -> None:
        self.services = (200, "application/json", json.dumps(services))


@contextmanager
def served(answers: Answers) -> Iterator[str]:
    """The API's address on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, kind, text = (
                answers.services if self.path.startswith("/provisioning/v1/services") else answers.probe
            )
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's word
            """Nothing: the test's output is the test's."""

    with serving(Handler) as url:
        yield url
