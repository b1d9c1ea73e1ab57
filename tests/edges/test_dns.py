"""Where this machine stands in the network, and whom it asks for names."""

import socket
from pathlib import Path

import pytest

from core.connection import Target
from core.edges.dns import addresses_of, here, resolvers

RESOLV_CONF = [
    ("two", "nameserver 10.0.0.2\nnameserver fd00:ec2::253\n", ("10.0.0.2", "fd00:ec2::253")),
    ("the rest is left alone", "# by hand\nsearch x\n  nameserver\t10.0.0.2 # ours\noptions y\n", ("10.0.0.2",)),
    ("none", "search corp\nnameserver\n", ()),
    ("escape sequences", "nameserver \x1b[31m10.0.0.2\n", ("[31m10.0.0.2",)),
    ("not text", b"\xff\xfe\nnameserver 10.0.0.2\n", ("10.0.0.2",)),
    ("huge", "#" * 1_000_000 + "\nnameserver 10.0.0.2\n", ()),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), [row[1:] for row in RESOLV_CONF], ids=[str(row[0]) for row in RESOLV_CONF])
def test_the_name_servers_of_resolv_conf(tmp_path: Path, text: str | bytes, found: tuple[str, ...]) -> None:
    file = tmp_path / "resolv.conf"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert resolvers(file) == found


def test_a_resolv_conf_that_is_not_there(tmp_path: Path) -> None:
    assert resolvers(tmp_path / "resolv.conf") == ()


@pytest.mark.parametrize(
    ("cidrs", "addresses", "own"),
    [
        (("127.0.0.0/8",), (), ("127.0.0.1",)),
        ((), ("127.0.0.2", "127.0.0.3"), ("127.0.0.1",)),
        (("127.0.0.0/8",), ("127.0.0.2",), ("127.0.0.1",)),
        ((), (), ()),
        (("no range",), (), ()),
        ((), ("no address", "::ffff:999.1.1.1"), ()),
    ],
)
def test_own_addresses_towards_the_endpoint(
    cidrs: tuple[str, ...], addresses: tuple[str, ...], own: tuple[str, ...]
) -> None:
    """Nothing is sent."""
    assert here(Target("db", 3306, cidrs=cidrs, addresses=addresses)).addresses == own


def test_a_name_of_this_machine_resolves() -> None:
    assert "127.0.0.1" in addresses_of("localhost")


@pytest.mark.parametrize("name", ["a" * 64 + ".example", ""])
def test_what_can_be_no_name(name: str) -> None:
    with pytest.raises((UnicodeError, socket.gaierror)):
        addresses_of(name)
