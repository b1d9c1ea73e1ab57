"""The first packet of a MariaDB server, read byte by byte: whoever listens there may send anything.

Protocol: https://mariadb.com/kb/en/connection/ (initial handshake packet, ERR_Packet, SSLRequest packet).
"""

import struct

from core.connection import Greeted
from core.text import clean

LARGEST = 4096  # bytes; a real one has about a hundred
_HEADER = 4  # length (3), sequence number
_PROTOCOL = 10
_ERROR = 0xFF
_TLS = 0x800  # CLIENT_SSL
_ASKING = _TLS | 0x200 | 0x8000  # with the protocol and the way of signing in that every client now speaks
_REPLICATION_PREFIX = "5.5.5-"  # older MariaDB servers put it before their version, for MySQL replicas' sake

TLS_REQUEST = struct.pack("<I", 32 | 1 << 24) + struct.pack("<IIB23x", _ASKING, 1 << 24, 45)
"""Asks for TLS, as the second packet; 45 is utf8mb4."""


def is_short(data: bytes) -> bool:
    """Whether more must come before it can be read; never of what cannot be a greeting."""
    if len(data) < _HEADER:
        return True
    length = int.from_bytes(data[:3], "little")
    return data[3] == 0 and length <= LARGEST and len(data) < _HEADER + length


def read(address: str, data: bytes) -> Greeted:
    """The greeting in `data`, its control characters gone."""
    body = data[_HEADER : _HEADER + int.from_bytes(data[:3], "little")]
    if is_short(data) or data[3] != 0 or not body:
        return _foreign(address, data)
    if body[0] == _ERROR and len(body) >= 3:
        return Greeted(address, "refused", code=int.from_bytes(body[1:3], "little"), words=_words(body[3:]))
    version, end, rest = body[1:].partition(b"\0")
    if body[0] != _PROTOCOL or not end or len(rest) < 15:
        return _foreign(address, data)
    # thread id (4), nonce (8), filler (1), then the capabilities
    offered = int.from_bytes(rest[13:15], "little")
    return Greeted(address, version=_text(version).removeprefix(_REPLICATION_PREFIX), tls=bool(offered & _TLS))


def _foreign(address: str, data: bytes) -> Greeted:
    return Greeted(address, "foreign", words=_text(data[:80]))


def _words(body: bytes) -> str:
    return _text(body[6:] if body[:1] == b"#" else body)  # an SQL state: # and five characters


def _text(data: bytes) -> str:
    return clean(data[:400].decode("utf-8", "replace"), 100)
