"""The connection proof from the server on: greeting, TLS, login, `SELECT 1`."""

from collections.abc import Mapping
from typing import Final

from core.checks.chain import Verdict, broken, holds, unknown
from core.checks.proof_network import took
from core.connection import Greeted, LoggedIn, Proof, Secured
from core.text import listed

_SUPPORT: Final = "tell SkySQL's support"
_LASTS: Final = f"Wait until the service is ready at SkySQL, then try again. If it lasts, {_SUPPORT}."
_PORT: Final = "Take the port by its purpose from SkySQL: readwrite and readonly are for MariaDB's clients."

_REFUSALS: Final[Mapping[int, tuple[str, str]]] = {
    1040: (
        "All of the server's connections are in use.",
        "Close what nobody needs, connection pools that are too large say, or raise max_connections at SkySQL.",
    ),
    1045: (
        "The password is another one, or the user may not connect from the address that the server sees.",
        "Take user and password from SkySQL, under Connect to service; if they were changed, use those.",
    ),
    1129: (
        "It has blocked the address that the connections come from, after too many that were broken off.",
        "Have FLUSH HOSTS run, then find what connects to the port and hangs up: a health check, say.",
    ),
    1130: (
        "No user may connect from the address that it sees.",
        "Create the user for '%', or for the addresses that the server sees.",
    ),
    1203: ("The user has as many connections as it may have.", "Close some, or raise max_user_connections."),
    1226: ("The user has used up what it may use.", "Close its connections, or raise the user's limits."),
    1698: (
        "The user does not sign in with a password.",
        "Take user and password from SkySQL, under Connect to service.",
    ),
    1862: ("The password has expired.", "Give the user a new one: ALTER USER … IDENTIFIED BY …"),
    4151: ("The account is locked.", "Unlock it: ALTER USER … ACCOUNT UNLOCK"),
}
"""MariaDB's errors before and during the login: why, and what to do now."""


def _refused(code: int, words: str, seen: str) -> Verdict:
    why, remedy = _REFUSALS.get(code, ("", f"If the words do not say what to do, {_SUPPORT}."))
    said = f"It says: “{words}” ({code})." if words else f"Its error is {code}."
    return broken(seen, f"{why} {said}".strip(), remedy)


# ---------------------------------------------------------------------------------------------- greeting


def greeting(proof: Proof) -> Verdict | None:
    if not proof.greeted:
        return None
    worst = next((met for met in proof.greeted if met.trouble), None)
    if worst is None:
        return holds(f"Greeted by {listed(list(dict.fromkeys(met.version for met in proof.greeted)))}.")
    if worst.trouble == "refused":
        return _refused(worst.code, worst.words, f"The path works. The server at {worst.address} takes nobody now.")
    return _GREETINGS[worst.trouble](worst)


def _silent(met: Greeted) -> Verdict:
    return broken(
        f"{met.address} takes the connection and says nothing.",
        "A MariaDB server speaks first. None takes the connection behind the endpoint, or the port is for another "
        "protocol: HTTP waits to be asked.",
        f"See whether the service is ready at SkySQL. {_PORT}",
    )


def _closed(met: Greeted) -> Verdict:
    return broken(
        f"{met.address} takes the connection and closes it without a word.",
        "No server behind the endpoint takes it: the service is starting, stopped, or being changed.",
        _LASTS,
    )


def _foreign(met: Greeted) -> Verdict:
    begins = f" It begins: “{met.words}”." if met.words else ""
    return broken(f"What answers at {met.address} is not MariaDB.{begins}", "The port is for something else.", _PORT)


_GREETINGS: Final = {"silent": _silent, "closed": _closed, "foreign": _foreign}


# ---------------------------------------------------------------------------------------------- TLS


def tls(proof: Proof) -> Verdict | None:
    if not proof.secured:
        return None
    worst = next((met for met in proof.secured if met.trouble), None)
    if worst is not None:
        return _not_the_name(proof, worst) if worst.trouble == "name" else _insecure(worst)
    met = proof.secured[0]
    until = f", valid until {met.until}" if met.until else ""
    return holds(f"{met.protocol}, certificate for {listed(met.names)}{until}.")


def _not_the_name(proof: Proof, met: Secured) -> Verdict:
    target = proof.target
    seen = f"The certificate is made for {listed(met.names) or 'other names'}, and not for {target.name}."
    if target.name.endswith((".amazonaws.com", ".amazonaws.com.cn")):
        own = target.fqdn or "the service's own name"
        return broken(
            seen,
            "The name used is AWS's name for the endpoint.",
            f"Enable private DNS on the VPC endpoint and use {own}. Leave verification on: without it anybody on the "
            "way can read the password.",
        )
    return broken(
        seen,
        f"What answers at {met.address} is another server, or something that stands between.",
        f"Compare {met.address} with the addresses of the VPC endpoint, and its service with the one at SkySQL. Leave "
        "verification on.",
    )


def _insecure(met: Secured) -> Verdict:
    seen, why, remedy = _INSECURE[met.trouble]
    told = f" In OpenSSL's words: {met.words}." if met.words else ""
    return broken(f"{seen} ({met.address})", f"{why}{told}", remedy)


_CLOCK: Final = f"Look at this machine's clock. If it is right, {_SUPPORT}."
_AUTHORITIES: Final = (
    "Install or update the system's certificates (ca-certificates), or name a file with the authority's certificate in "
    "SSL_CERT_FILE; clients need the same. Leave verification on."
)
_INSECURE: Final[Mapping[str, tuple[str, str, str]]] = {
    "not-offered": (
        "The server offers no TLS: nothing secret was sent.",
        "TLS is off for the service, or something on the way hides that the server has it.",
        "Switch TLS on for the service at SkySQL, and send no password before.",
    ),
    "expired": ("The certificate has expired.", "It is too old, or this machine's clock is wrong.", _CLOCK),
    "not-yet": ("The certificate is not valid yet.", "This machine's clock is probably wrong.", _CLOCK),
    "untrusted": (
        "This machine does not trust who signed the certificate.",
        "Its list of authorities is old or missing, or something on the way opens TLS.",
        _AUTHORITIES,
    ),
    "handshake": (
        "The TLS handshake failed.",
        "Both sides could not agree.",
        f"Update OpenSSL on this machine; if it lasts, {_SUPPORT}.",
    ),
    "silent": (
        "The server does not go on with TLS.",
        "Something on the way holds it up: a firewall that looks into TLS, say.",
        _LASTS,
    ),
    "closed": (
        "The connection is closed during the TLS handshake.",
        "The server, or a firewall that looks into TLS, does not take it.",
        _LASTS,
    ),
}
"""What is seen, why, and what to do now."""


# ---------------------------------------------------------------------------------------------- login and query


def login(proof: Proof) -> Verdict | None:
    met = proof.login
    if met is None:
        return None
    match met.trouble:
        case "":
            return holds(f"Signed in as {met.user} in {took(met.seconds)}.")
        case "no-credentials":
            return unknown(f"The path works; nobody signed in. {met.words}".strip())
        case "refused":
            return _refused(met.code, met.words, f"The path works. The server refuses user {met.user}.")
        case "driver":
            return broken(
                f"The path works. User {met.user} signs in in a way that this program does not know.",
                f"{met.words}.",
                "Try it with the MariaDB client; or give the user a password of the kind mysql_native_password.",
            )
    return _lost(met)


def _lost(met: LoggedIn) -> Verdict:
    seen = "does not go on with the login" if met.trouble == "timeout" else "breaks off during the login"
    words = f" In the driver's words: {met.words}." if met.words else ""
    return broken(f"The server at {met.address} {seen}.", f"The path works up to TLS.{words}", _LASTS)


def query(proof: Proof) -> Verdict | None:
    if proof.login is None:
        return None
    answer = proof.login.answer
    if answer is None:
        return unknown("")
    if answer.trouble:
        return broken("SELECT 1 is not answered.", answer.trouble, f"Try it with a client; if it lasts, {_SUPPORT}.")
    who = f", by {answer.host}, {answer.version}, server id {answer.server_id}" if answer.host else ""
    return holds(f"SELECT 1 answered in {took(answer.seconds)}{who}.")
