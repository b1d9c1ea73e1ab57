"""A TLS handshake over a stream that is open already, and what is wrong with the certificate when something is."""

import ssl
from asyncio import StreamReader, StreamWriter
from datetime import UTC, datetime
from typing import Any, Literal

from core.connection import Secured
from core.text import clean

_MOST_NAMES = 10

_WRONG: dict[int, Literal["name", "expired", "not-yet", "untrusted"]] = {
    9: "not-yet",
    10: "expired",
    18: "untrusted",  # it signed itself
    19: "untrusted",  # so did its authority, which is not known here
    20: "untrusted",  # the authority is not known here
    21: "untrusted",
    62: "name",
    64: "name",  # an address used as a name
}
"""OpenSSL's X509_V_ERR_… numbers; any other is told in OpenSSL's words."""


def verifying() -> ssl.SSLContext:
    """The authorities this machine trusts (SSL_CERT_FILE and SSL_CERT_DIR are honoured), names checked. Reads files."""
    return ssl.create_default_context()


async def handshake(
    reader: StreamReader, writer: StreamWriter, address: str, name: str, context: ssl.SSLContext
) -> Secured:
    """The server's certificate checked against `name`. OSError when the connection breaks; no limit of its own."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        tls = context.wrap_bio(incoming, outgoing, server_hostname=name)
        while not _done(tls):
            writer.write(outgoing.read())
            await writer.drain()
            if not (received := await reader.read(65536)):
                return Secured(address, "closed")
            incoming.write(received)
        writer.write(outgoing.read())
    except ssl.SSLCertVerificationError as wrong:
        return Secured(address, _WRONG.get(wrong.verify_code, "handshake"), words=clean(wrong.verify_message, 200))
    except (ssl.SSLError, ValueError) as wrong:  # ValueError: what can be no server's name
        words = wrong.reason or "" if isinstance(wrong, ssl.SSLError) else str(wrong)
        return Secured(address, "handshake", words=clean(words.replace("_", " ").lower(), 200))
    certificate = tls.getpeercert() or {}
    return Secured(address, "", tls.version() or "", _names(certificate), _until(certificate))


def _done(tls: ssl.SSLObject) -> bool:
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True


def _names(certificate: dict[str, Any]) -> tuple[str, ...]:
    told = (clean(str(name), 253) for kind, name in certificate.get("subjectAltName", ()) if "DNS" in kind)
    return tuple(told)[:_MOST_NAMES]


def _until(certificate: dict[str, Any]) -> str:
    try:
        ends = ssl.cert_time_to_seconds(str(certificate.get("notAfter", "")))
        return datetime.fromtimestamp(ends, UTC).date().isoformat()
    except (ValueError, OverflowError):
        return ""
