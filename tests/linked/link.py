"""A VPC with a link that really works: namespaces, a MariaDB server, and the sandbox, put together once a worker.

| what          | is                                                                                        |
|---------------|-------------------------------------------------------------------------------------------|
| `app`         | a machine with the address of the instance app-1; the sandbox is on its loopback          |
| `door`        | the endpoint: the addresses that AWS tells for its interfaces, and MariaDB behind the port |
| the name      | the service's own, in app's hosts file, as private DNS would have it                      |
| the user      | the default one, with the password that the sandbox's SkySQL tells                        |
| the link      | of orders-prod to prod-core, made by `apply` on app                                       |

`command("doctor", "orders-prod")` is the program on app. What breaks the link stands below as context managers, which
put right again what they broke; anything else is a line of `ip`, `sql` or `knows`, taken back by whoever writes it.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.edges.mariadb import Server, installed, needed, running
from tests.linked.netns import Machine, needs_namespaces, wired
from tests.test_commands import surroundings

together = pytest.mark.xdist_group("linked")
"""For the tests of a module that uses the link: on one worker, they share one."""

PORT = 3306
_RESOLVER = "10.20.0.2"  # the VPC's own; nobody answers there
_PLAN = "import os; from tests.plans import plan_text; print(plan_text(os.environ))"
_ADDRESSES = """
import json, os
from tests.plans import ec2
with ec2(os.environ) as client:
    endpoint = [{"Name": "interface-type", "Values": ["vpc_endpoint"]}]
    app = [{"Name": "tag:Name", "Values": ["app-1"]}]
    door = client.describe_network_interfaces(Filters=endpoint)["NetworkInterfaces"]
    (one,) = client.describe_instances(Filters=app)["Reservations"]
    print(json.dumps([one["Instances"][0]["PrivateIpAddress"], sorted(each["PrivateIpAddress"] for each in door)]))
"""


@dataclass
class Linked:
    """The link and what it runs over."""

    app: Machine
    door: Machine
    server: Server
    name: str
    folder: Path
    env: dict[str, str]
    own: str = ""  # app's address
    addresses: tuple[str, ...] = ()  # of the endpoint's interfaces
    _serving: ExitStack = field(default_factory=ExitStack)

    def command(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        """The program on app; `env` is laid over what it has there."""
        return self.python("-m", "tui", *arguments, env=env)

    def python(self, *arguments: str, env: dict[str, str] | None = None) -> "subprocess.CompletedProcess[str]":
        given = {**self.env, **(env or {})}
        return self.app.run(sys.executable, *arguments, env=given, cwd=self.folder, check=False)

    # ------------------------------------------------------------------------------ what breaks it

    @contextmanager
    def dropped(self, address: str) -> Iterator[None]:
        """Packets to one of the endpoint's addresses are answered by nobody, as a group or network ACL has it."""
        self.door.ip("rule", "add", "from", address, "blackhole")
        try:
            yield
        finally:
            self.door.ip("rule", "del", "from", address, "blackhole")

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """The endpoint is there and nothing listens on its port."""
        self._serving.close()
        try:
            yield
        finally:
            self.serve()

    @contextmanager
    def showing(self, *names: str) -> Iterator[None]:
        """The certificate is made for other names."""
        with self.server.showing(self.server.authority.issue(*names)):
            yield

    @contextmanager
    def password(self, user: str, password: str) -> Iterator[None]:
        """The default user's password is another one than SkySQL tells."""
        self.server.sql(f"ALTER USER '{user}'@'%' IDENTIFIED BY '{password}'")
        try:
            yield
        finally:
            self._default_password()

    @contextmanager
    def leading(self, *addresses: str) -> Iterator[None]:
        """The service's name leads elsewhere on app; to nowhere when there is no address."""
        self.app.knows(self.name, *addresses)
        try:
            yield
        finally:
            self.app.knows(self.name, *self.addresses)

    @contextmanager
    def outside(self) -> Iterator[None]:
        """app is in another network, from which a route leads into the VPC."""
        self.app.ip("address", "flush", "dev", "eth0", "scope", "global")
        self.app.ip("address", "add", "192.168.7.20/24", "dev", "eth0")
        self.app.ip("route", "add", "10.20.0.0/16", "dev", "eth0")
        try:
            yield
        finally:
            self.app.ip("address", "flush", "dev", "eth0", "scope", "global")
            self.app.ip("address", "add", f"{self.own}/16", "dev", "eth0")

    # ------------------------------------------------------------------------------ how it is made

    def serve(self) -> None:
        """Start MariaDB behind the endpoint."""
        self._serving.enter_context(running(self.server, self.addresses, self.door.within))

    def end(self) -> None:
        self._serving.close()

    def _default_password(self) -> None:
        user = self.name.partition(".")[0]
        self.server.sql(f"ALTER USER '{user}'@'%' IDENTIFIED BY 'made-up-{user}'")

    def link(self) -> None:
        """Make the link, and give both machines the addresses that AWS tells."""
        plan = self.folder / "plan.toml"
        plan.write_text(_told(self.python("-c", _PLAN)), encoding="utf-8")
        _told(self.python("-m", "tests.hasty", "50", "apply", str(plan)))
        self.own, found = json.loads(_told(self.python("-c", _ADDRESSES)))
        self.addresses = tuple(found)
        self.app.ip("address", "add", f"{self.own}/16", "dev", "eth0")
        for address in self.addresses:
            self.door.ip("address", "add", f"{address}/16", "dev", "eth0")
        self.app.knows(self.name, *self.addresses)
        self.serve()
        self._default_password()


def _told(done: "subprocess.CompletedProcess[str]") -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def linked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Linked]:
    """One a worker. Where it cannot be made the tests are skipped with the reason, but never in CI."""
    needs_namespaces()
    needed("mariadbd", "mariadb-install-db", "mariadb", package="mariadb-server-core mariadb-client-core")
    folder = tmp_path_factory.mktemp("linked")
    server = installed(tmp_path_factory.mktemp("linked-db"), PORT)
    with Machine(folder / "app", _RESOLVER) as app, Machine(folder / "door") as door:
        wired(app, door)
        with _sandbox(app.within, folder) as variables:
            trusted = folder / "authority.pem"
            trusted.write_text(server.authority.pem, encoding="utf-8")
            env = surroundings(folder, {**variables, "SSL_CERT_FILE": str(trusted)})
            made = Linked(app, door, server, "dbpgf00000001.sysp0000.db1.skysql.com", folder, env)
            try:
                made.link()
                yield made
            finally:
                made.end()


@contextmanager
def _sandbox(within: Sequence[str], folder: Path) -> Iterator[dict[str, str]]:
    """The sandbox on a machine, and the environment to live in it."""
    command = [*within, sys.executable, "-m", "core.sandbox", "--json", "--until-eof", "--speed", "0"]
    with subprocess.Popen(
        command, cwd=folder, env=surroundings(folder, None), text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        variables: dict[str, str] = json.loads(process.stdout.readline())
        yield variables
        process.communicate(timeout=60)
