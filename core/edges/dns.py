"""Names as this machine's own programs resolve them, and where this machine stands in the network."""

import contextlib
import ipaddress
import socket
from collections.abc import Iterable
from pathlib import Path

from core.connection import Here, Target
from core.text import clean

RESOLV_CONF = Path("/etc/resolv.conf")
_DISCARD = 9  # a port; nothing is sent to it


def addresses_of(name: str) -> tuple[str, ...]:
    """Blocks. `socket.gaierror` when there is no such name or nobody says; UnicodeError when it can be no name."""
    found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def here(target: Target) -> Here:
    """This machine as it stands towards the endpoint or, when its addresses are not known, towards the VPC."""
    ways = (_own_address(address) for address in target.addresses or _some_address_of_each(target.cidrs))
    return Here(tuple(dict.fromkeys(filter(None, ways))), resolvers())


def resolvers(file: Path = RESOLV_CONF) -> tuple[str, ...]:
    """The name servers of resolv.conf; none when it cannot be read."""
    try:
        lines = file.read_bytes()[:65536].decode("utf-8", "replace").splitlines()
    except OSError:
        return ()
    words = (line.split() for line in lines)
    return tuple(clean(each[1], 60) for each in words if len(each) > 1 and each[0] == "nameserver")


def _some_address_of_each(cidrs: Iterable[str]) -> Iterable[str]:
    for cidr in cidrs:
        with contextlib.suppress(ValueError):
            yield str(ipaddress.ip_network(cidr, strict=False).network_address + 2)


def _own_address(towards: str) -> str:
    """The address that the system would send from; empty when no route leads there. A datagram socket sends nothing."""
    family = socket.AF_INET6 if ":" in towards else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((towards, _DISCARD))
            return str(asked.getsockname()[0])
        except OSError:
            return ""
