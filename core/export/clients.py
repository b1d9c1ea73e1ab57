"""Ready lines for clients: what to paste so that an application connects through the link.

Every line verifies the server's certificate. The certificate is made for the service's own name, so every line uses
that name; where it does not resolve to the endpoint yet, the line says so first. None ever turns verification off.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import quote

from core.text import clean, listed

KEEPALIVE = 300
"""Seconds. AWS drops connections through an endpoint that are idle for 350, without telling either side."""
IDLE_LIMIT = 350
USER = "YOUR_USER"
_REGIONAL = re.compile(r"vpce-[0-9a-z]+-[0-9a-z]+")
_ZONAL = re.compile(r"vpce-[0-9a-z]+-[0-9a-z]+-([0-9a-z][0-9a-z-]*)")
_AWS_NAME = re.compile(r"\.vpce-svc-[0-9a-z]+\.[0-9a-z-]+\.vpce\.amazonaws\.com(\.cn)?")


@dataclass(frozen=True, slots=True)
class Link:
    """A link that stands. `ports` are purpose and number; `host` is the name clients should use."""

    service: str
    host: str
    fqdn: str
    dns_names: tuple[str, ...]
    ports: tuple[tuple[str, int], ...]
    private_dns: bool
    ssl: bool = True
    user: str = USER


@dataclass(frozen=True, slots=True)
class Names:
    """An endpoint's names by their shape; `zonal` are zone name and name. Empty where there is none."""

    own: str = ""
    regional: str = ""
    zonal: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Snippet:
    """`id` is stable: mariadb, option-file, python, java, nodejs, mysql2."""

    id: str
    title: str
    text: str


# ---------------------------------------------------------------------------------------------- names


def names(dns_names: Sequence[str], fqdn: str, private_dns: bool) -> Names:
    """The service's own name (when private DNS is on), the regional one, the zonal ones by zone. Never by position."""
    regional, zonal, other = "", {}, ""
    for name in (clean(name, 300).rstrip(".").lower() for name in dns_names):
        first = _aws_label(name)
        zone = _ZONAL.fullmatch(first)
        if zone:
            zonal[zone[1]] = name
        elif _REGIONAL.fullmatch(first):
            regional = regional or name
        elif not first:
            other = other or name
    own = (clean(fqdn, 300) or other) if private_dns else ""
    return Names(own, regional, tuple(sorted(zonal.items())))


def left_out(dns_names: Sequence[str], chosen: Iterable[str]) -> str:
    """What to know when the endpoint has no address in some of the zones chosen, by name; empty when it has, or when
    AWS told no zonal names.
    """
    there = {zone for zone, _ in names(dns_names, "", False).zonal}
    missing = [zone for zone in chosen if zone not in there] if there else []
    if not missing:
        return ""
    return (
        f"Left out: {listed(missing)}. SkySQL's endpoint service is not in {'it' if len(missing) == 1 else 'them'}, "
        "so the endpoint has no address there. Clients there connect through the other zones; AWS bills that traffic."
    )


def _aws_label(name: str) -> str:
    """The first label of a name that AWS gave the endpoint; empty for any other name."""
    first, dot, rest = name.partition(".")
    return first if dot and _AWS_NAME.fullmatch(f".{rest}") else ""


# ---------------------------------------------------------------------------------------------- ready lines


@dataclass(frozen=True, slots=True)
class _Target:
    """What every line needs, cleaned of anything that is not printable."""

    host: str
    port: int
    user: str
    tls: bool
    warning: tuple[str, ...]


def snippets(link: Link) -> tuple[Snippet, ...]:
    """Ready lines for one port: readwrite, else the first."""
    return _made(_target(link))


def place(link: Link) -> tuple[str, int]:
    """Host and port that every line uses."""
    target = _target(link)
    return target.host, target.port


def _made(target: _Target) -> tuple[Snippet, ...]:
    return tuple(Snippet(identifier, title, make(target)) for identifier, title, make in _SNIPPETS)


def _target(link: Link) -> _Target:
    first = link.ports[0][1] if link.ports else 3306
    port = dict(reversed(link.ports)).get("readwrite", first)
    fqdn, host = clean(link.fqdn, 255), clean(link.host, 255)
    # Only the service's own name passes verification; without TLS any name that reaches the endpoint does.
    name = (fqdn or host) if link.ssl else (host or fqdn)
    return _Target(name, port, clean(link.user, 100) or USER, link.ssl, _warning(link))


def _warning(link: Link) -> tuple[str, ...]:
    """What has to be done before a verified connection can work; empty when nothing has.

    Plain words without quotes, brackets or semicolons: pasted into zsh, a comment line is a command.
    """
    if not link.ssl:
        return ("TLS is off for this service: nothing on this connection is encrypted.",)
    if link.private_dns:
        return ()
    fqdn = _name_only(link.fqdn) or "the name of the service"
    aws = names(link.dns_names, "", False).regional or _name_only(link.host) or "the name of the endpoint"
    return (
        f"Not yet: private DNS is off, so {fqdn} does not lead to the endpoint.",
        "The certificate is made for that name only, and verification refuses the AWS name",
        f"{aws}.",
        "Enable private DNS on the VPC endpoint, or let your own DNS lead there. Then this works.",
    )


def _name_only(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "", text)[:255]


def _commented(target: _Target, mark: str, *more: str) -> list[str]:
    """Comment lines. A backslash could begin a Unicode escape, which Java reads even in comments."""
    return [f"{mark} {line}".replace("\\", "/") for line in (*target.warning, *more)]


def _mariadb(target: _Target) -> str:
    verify = " --ssl-verify-server-cert" if target.tls else ""
    line = (
        f"mariadb --host {shlex.quote(target.host)} --port {target.port} --user {shlex.quote(target.user)} -p{verify}"
    )
    return "\n".join([*_commented(target, "#"), line])


def _option_file(target: _Target) -> str:
    return "\n".join(
        [
            *_commented(target, "#", "In ~/.my.cnf, or: mariadb --defaults-extra-file=FILE -p"),
            "[client]",
            f"host={_ini(target.host)}",
            f"port={target.port}",
            f"user={_ini(target.user)}",
            *(["ssl-verify-server-cert"] if target.tls else []),
        ]
    )


def _ini(text: str) -> str:
    """A MariaDB option file's value. Quotes keep # and ; inside; \\s and others are escapes there."""
    if re.fullmatch(r"[A-Za-z0-9._-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_SYSTEM_KEEPALIVE = (
    f"The driver leaves the keepalive time to the system; on Linux, below {IDLE_LIMIT} s:",
    f"sysctl -w net.ipv4.tcp_keepalive_time={KEEPALIVE}",
)


def _python(target: _Target) -> str:
    tls = ["    ssl=True,", "    ssl_verify_cert=True,"] if target.tls else []
    return "\n".join(
        [
            *_commented(target, "#", "pip install mariadb (it needs MariaDB Connector/C)", *_SYSTEM_KEEPALIVE),
            "import os",
            "",
            "import mariadb",
            "",
            "connection = mariadb.connect(",
            f"    host={_python_literal(target.host)},",
            f"    port={target.port},",
            f"    user={_python_literal(target.user)},",
            '    password=os.environ["DB_PASSWORD"],',
            *tls,
            ")",
        ]
    )


def _literal(text: str) -> str:
    """A string of JSON is one of Java and JavaScript too, as long as it is plain ASCII."""
    return json.dumps(text, ensure_ascii=True)


def _python_literal(text: str) -> str:
    """Not as JSON has it: beyond the first 65,536 characters Python spells one as one, not as a pair."""
    return '"' + text.encode("unicode_escape").decode("ascii").replace('"', '\\"') + '"'


def _java(target: _Target) -> str:
    options = [*(["sslMode=verify-full"] if target.tls else []), "tcpKeepAlive=true", f"tcpKeepIdle={KEEPALIVE}"]
    host = quote(target.host, safe=".-_")
    url = f"jdbc:mariadb://{host}:{target.port}/?{'&'.join(options)}"
    return "\n".join(
        [
            *_commented(
                target, "//", "MariaDB Connector/J 3, org.mariadb.jdbc:mariadb-java-client; tcpKeepIdle needs Java 11"
            ),
            "import java.sql.Connection;",
            "import java.sql.DriverManager;",
            "",
            "Connection connection = DriverManager.getConnection(",
            f"    {_literal(url)},",
            f'    {_literal(target.user)}, System.getenv("DB_PASSWORD"));',
        ]
    )


def _nodejs(target: _Target) -> str:
    return _node(target, "mariadb", "mariadb", "ssl: { rejectUnauthorized: true },", [f"keepAliveDelay: {_MS}, // ms"])


def _mysql2(target: _Target) -> str:
    # Without verifyIdentity this driver checks who signed the certificate, and not whose it is.
    tls = "ssl: { rejectUnauthorized: true, verifyIdentity: true },"
    return _node(
        target, "mysql2", "mysql2/promise", tls, ["enableKeepAlive: true,", f"keepAliveInitialDelay: {_MS}, // ms"]
    )


_MS = KEEPALIVE * 1000


def _node(target: _Target, package: str, module: str, tls: str, keepalive: list[str]) -> str:
    settings = [
        f"host: {_literal(target.host)},",
        f"port: {target.port},",
        f"user: {_literal(target.user)},",
        "password: process.env.DB_PASSWORD,",
        *([tls] if target.tls else []),
        *keepalive,
    ]
    return "\n".join(
        [
            *_commented(target, "//", f"npm install {package}"),
            f'import {package} from "{module}";',
            "",
            f"const connection = await {package}.createConnection({{",
            *(f"  {setting}" for setting in settings),
            "});",
        ]
    )


_SNIPPETS: tuple[tuple[str, str, Callable[[_Target], str]], ...] = (
    ("mariadb", "mariadb client", _mariadb),
    ("option-file", "Client option file", _option_file),
    ("python", "Python (MariaDB Connector/Python)", _python),
    ("java", "Java (MariaDB Connector/J)", _java),
    ("nodejs", "Node.js (mariadb)", _nodejs),
    ("mysql2", "Node.js (mysql2)", _mysql2),
)


# ---------------------------------------------------------------------------------------------- trying the link


def trials(link: Link) -> tuple[Snippet, ...]:
    """One line each, to paste on a machine in the VPC: does the link work from there? No password is in them."""
    target = _target(link)
    host, place = shlex.quote(target.host), shlex.quote(f"{target.host}:{target.port}")
    client = f"{_mariadb(replace(target, warning=()))} --connect-timeout 10 -e 'SELECT 1, @@hostname, @@version'"
    tls = f"openssl s_client -connect {place} -starttls mysql -verify_hostname {host} -verify_return_error -brief"
    by_client = Snippet("mariadb", "With the MariaDB client, to an answer of the database", client)
    by_openssl = Snippet("openssl", "Without it, as far as the certificate", f"timeout 20 {tls} </dev/null")
    return (by_client, by_openssl) if target.tls else (by_client,)


# ---------------------------------------------------------------------------------------------- what to know later


def notes(link: Link, plan: str = "", journal: str = "") -> tuple[str, ...]:
    """What users need later: keepalive, the name for TLS, which name reaches what, where the files lie."""
    return (
        f"AWS silently drops connections that are idle for {IDLE_LIMIT} s. Keep keepalive below: {KEEPALIVE} s here.",
        _which_name(link),
        "The names lead to private addresses: they work inside the VPC, and from networks connected to it.",
        *([f"The plan: {clean(plan, 500)}"] if plan else []),
        *([f"The journal: {clean(journal, 500)}"] if journal else []),
    )


def _which_name(link: Link) -> str:
    fqdn = clean(link.fqdn, 255) or "the service's own name"
    if not link.ssl:
        return "TLS is off for this service: any of the names will do."
    if link.private_dns:
        return f"With TLS use {fqdn}: the certificate is made for that name and for none of AWS's."
    return (
        f"The certificate is made for {fqdn} and for none of AWS's names, so verified connections need that name. "
        "Enable private DNS on the VPC endpoint, and it leads to the link."
    )


def page_text(link: Link, told: Sequence[str] = ()) -> str:
    """The Done page as plain text, for a file. `told`: the notes, else those of `notes`."""
    target = _target(link)
    sections = ["\n".join(target.warning), _names_text(link), _ports_text(link)]
    # The warning stands once, at the top: read as a page, six times would be noise.
    sections += [f"{one.title}\n{_indented(one.text)}" for one in _made(replace(target, warning=()))]
    sections.append("\n".join(["Keep in mind", *(f"  {clean(note)}" for note in told or notes(link))]))
    title = f"{clean(link.service, 200)} over PrivateLink"
    return "\n\n".join([f"{title}\n{'=' * len(title)}", *(section for section in sections if section)]) + "\n"


def _names_text(link: Link) -> str:
    found = names(link.dns_names, link.fqdn, link.private_dns)
    own = [f"  {found.own}    the service's own: use this one"] if found.own else []
    regional = [f"  {found.regional}    any zone"] if found.regional else []
    zonal = [f"  {name}    {zone}" for zone, name in found.zonal]
    return (
        "\n".join(["Host names", *own, *regional, *zonal])
        if own or regional or zonal
        else f"Host\n  {clean(link.host, 300)}"
    )


def _ports_text(link: Link) -> str:
    return (
        "\n".join(["Ports", *(f"  {number}    {clean(purpose, 60)}" for purpose, number in link.ports)])
        if link.ports
        else ""
    )


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line else "" for line in text.splitlines())
