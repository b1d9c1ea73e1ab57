"""Machines of the tests' own: network namespaces of Linux, with addresses, routes and names that are nobody else's.

    with Machine(folder / "a") as a, Machine(folder / "b") as b:
        wired(a, b)                                  # a cable: eth0 of each
        a.ip("address", "add", "10.20.16.5/16", "dev", "eth0")
        a.knows("db.example", "10.20.16.7")          # its /etc/hosts, and its alone
        a.run("mariadb", "--host", "db.example")     # a process there; `a.within` for one that goes on

What runs there sees no other network than this, and a loopback of its own; the file system is everybody's. Each lasts
as long as a process that ends with the tests, so that nothing is left behind, also when they are killed: no name in
/run/netns, no file in /etc.
"""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.edges.mariadb import cannot, needed

_PATIENCE = 60.0  # seconds
_BIND = 'mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf'
_KEEP = f"{_BIND} && ip link set lo up && echo ready && exec cat"


def needs_namespaces() -> None:
    """Skip the test, with the reason, where machines cannot be made; in CI fail."""
    needed("ip", package="iproute2")
    needed("unshare", "nsenter", package="util-linux")
    command = ["unshare", "--net", "--mount", "ip", "link", "add", "here", "type", "veth", "peer", "name", "there"]
    tried = subprocess.run(command, capture_output=True, text=True, check=False)
    if tried.returncode:
        cannot(f"needs network namespaces, which root can make: {tried.stderr.strip()}")


class Machine:
    """A network namespace that knows names of its own."""

    def __init__(self, folder: Path, resolver: str = "") -> None:
        """`folder` is made, for its hosts and resolv.conf. `resolver`: whom it asks for other names."""
        folder.mkdir()
        self._hosts = folder / "hosts"
        self._hosts.write_text("127.0.0.1 localhost\n", encoding="utf-8")
        asked = f"nameserver {resolver}\noptions timeout:1 attempts:1\n" if resolver else ""
        (folder / "resolv.conf").write_text(asked, encoding="utf-8")
        self._keeper = subprocess.Popen(
            ["unshare", "--net", "--mount", "sh", "-c", _KEEP, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def __enter__(self) -> Self:
        assert self._keeper.stdout is not None
        assert self._keeper.stdout.readline() == "ready\n", "the machine was not made"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._keeper.communicate(timeout=_PATIENCE)

    @property
    def process(self) -> int:
        """The process that it lasts as long as."""
        return self._keeper.pid

    @property
    def within(self) -> tuple[str, ...]:
        """A command that carries out the one behind it on this machine, in the folder that it is started in."""
        return ("nsenter", "--target", str(self.process), "--net", "--mount", "--wd=.")

    def run(
        self, *command: str, env: Mapping[str, str] | None = None, cwd: Path | None = None, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """A process there, at its end."""
        return subprocess.run(
            [*self.within, *command], env=env, cwd=cwd, input="",
            capture_output=True, text=True, check=check, timeout=_PATIENCE,
        )  # fmt: skip

    def ip(self, *arguments: str) -> None:
        """`ip` there: addresses, routes, links."""
        self.run("ip", *arguments)

    def knows(self, name: str, *addresses: str) -> None:
        """From now on the name leads there; without an address it is not known."""
        lines = self._hosts.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.split()[1] != name]
        # In place: what is mounted is the file, not its name.
        self._hosts.write_text("\n".join([*kept, *(f"{each} {name}" for each in addresses), ""]), encoding="utf-8")


def wired(one: Machine, other: Machine) -> None:
    """A cable between two machines: eth0 of each, up, without an address."""
    one.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", str(other.process))
    for machine in (one, other):
        machine.ip("link", "set", "eth0", "up")
