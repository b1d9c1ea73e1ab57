"""The way from this machine to a database, as frozen facts: what is to be reached, and what was met at each stage.

`core.edges.database` looks, `core.checks.proof` judges. Addresses are text, times seconds. Texts from the other side
are cleaned where they enter.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be reached, and what is known of it beforehand. Empty: not known."""

    name: str  # the one that clients use
    port: int
    fqdn: str = ""  # the service's own name, for which its certificate is made
    vpc: str = ""
    cidrs: tuple[str, ...] = ()  # of the VPC
    addresses: tuple[str, ...] = ()  # of the VPC endpoint's network interfaces
    private_dns: bool = True


@dataclass(frozen=True, slots=True)
class Here:
    """This machine."""

    addresses: tuple[str, ...] = ()  # its own that lead towards the VPC
    resolvers: tuple[str, ...] = ()  # whom it asks for names


@dataclass(frozen=True, slots=True)
class Resolved:
    """The name's addresses. `unknown`: there is no such name; `no-answer`: the resolver did not say in time."""

    addresses: tuple[str, ...] = ()
    trouble: Literal["", "unknown", "no-answer"] = ""


PathTrouble = Literal["", "timeout", "refused", "reset", "no-route", "denied", "error"]
"""`denied`: this machine itself lets nothing out; `error`: anything else, in the system's words."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A TCP connection to one address; `seconds` is its round trip, or how long was waited."""

    address: str
    trouble: PathTrouble = ""
    seconds: float = 0.0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Greeted:
    """What the server said first. `refused`: an error of its own; `foreign`: no greeting of MariaDB's."""

    address: str
    trouble: Literal["", "silent", "closed", "foreign", "refused"] = ""
    version: str = ""
    tls: bool = False  # whether it offers TLS
    code: int = 0  # MariaDB's error number, of `refused`
    words: str = ""


@dataclass(frozen=True, slots=True)
class Secured:
    """The TLS handshake, with the certificate checked against the name used. `names`: whom it is made for."""

    address: str
    trouble: Literal["", "not-offered", "name", "expired", "not-yet", "untrusted", "handshake", "silent", "closed"] = ""
    protocol: str = ""
    names: tuple[str, ...] = ()
    until: str = ""  # last day, 2027-01-31
    words: str = ""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The login, and `SELECT 1` after it. `refused`: an error of the server's; `lost`: the connection broke."""

    user: str = ""
    address: str = ""
    trouble: Literal["", "no-credentials", "refused", "driver", "lost", "timeout"] = ""
    code: int = 0  # MariaDB's error number
    words: str = ""
    seconds: float = 0.0  # to be signed in, TLS included
    answer: "Answer | None" = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`SELECT 1` and who answered it; without a host when the server does not say."""

    seconds: float = 0.0  # round trip
    trouble: str = ""  # the server's words, when it did not answer 1
    host: str = ""
    version: str = ""
    server_id: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known so far; None and empty: not looked at yet."""

    target: Target
    here: Here | None = None
    resolved: Resolved | None = None
    reached: tuple[Reached, ...] = ()
    greeted: tuple[Greeted, ...] = ()
    secured: tuple[Secured, ...] = ()
    login: LoggedIn | None = None
