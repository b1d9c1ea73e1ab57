"""Ready lines for clients: every value survives its language's quoting, and none turns verification off."""

import ast
import json
import re
import shlex
import tokenize
from dataclasses import replace
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.export.clients import KEEPALIVE, Link, Names, left_out, names, notes, page_text, snippets, trials
from core.text import clean

FQDN = "dbpgf00000001.sysp0000.db1.skysql.com"
REGIONAL = "vpce-0a1b2c3d4e5f60718-ab12cd34.vpce-svc-0123456789abcdef0.us-east-2.vpce.amazonaws.com"
ZONAL_A = REGIONAL.replace("ab12cd34.", "ab12cd34-us-east-2a.")
ZONAL_B = REGIONAL.replace("ab12cd34.", "ab12cd34-us-east-2b.")
LINK = Link(
    service="orders-prod",
    host=FQDN,
    fqdn=FQDN,
    dns_names=(ZONAL_B, FQDN, REGIONAL, ZONAL_A),
    ports=(("readwrite", 3306), ("readonly", 3307)),
    private_dns=True,
    user="app",
)
WITHOUT = replace(LINK, host=REGIONAL, dns_names=(REGIONAL, ZONAL_A), private_dns=False)
# Surrogates are `clean`'s business; in the report of a failure they would break the test runner.
HOSTILE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
IDS = ("mariadb", "option-file", "python", "java", "nodejs", "mysql2")


def _text(link: Link, identifier: str) -> str:
    return next(snippet.text for snippet in snippets(link) if snippet.id == identifier)


# ---------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("dns_names", "fqdn", "private_dns", "found"),
    [
        (LINK.dns_names, FQDN, True, Names(FQDN, REGIONAL, (("us-east-2a", ZONAL_A), ("us-east-2b", ZONAL_B)))),
        (LINK.dns_names, FQDN, False, Names("", REGIONAL, (("us-east-2a", ZONAL_A), ("us-east-2b", ZONAL_B)))),
        ((REGIONAL, "own.skysql.com"), "", True, Names("own.skysql.com", REGIONAL)),
        ((REGIONAL.upper() + ".",), "", False, Names("", REGIONAL)),
        (("vpce-1.example.com", "vpce-1", "\x1b[1m"), "", False, Names()),
        ((), FQDN, True, Names(FQDN)),
        ((), "", True, Names()),
    ],
)
def test_names_are_told_by_shape(dns_names: tuple[str, ...], fqdn: str, private_dns: bool, found: Names) -> None:
    assert names(dns_names, fqdn, private_dns) == found


@given(st.permutations(LINK.dns_names))
def test_their_order_does_not_matter(dns_names: list[str]) -> None:
    assert names(dns_names, "", True) == names(LINK.dns_names, FQDN, True)


# ---------------------------------------------------------------------------------------------- ready lines


def test_every_line_there_is() -> None:
    assert tuple(snippet.id for snippet in snippets(LINK)) == IDS
    assert all(snippet.title for snippet in snippets(LINK))


def test_the_mariadb_client() -> None:
    assert _text(LINK, "mariadb") == f"mariadb --host {FQDN} --port 3306 --user app -p --ssl-verify-server-cert"


def test_the_option_file_holds_no_password() -> None:
    lines = _text(LINK, "option-file").splitlines()
    assert lines[1:] == ["[client]", f"host={FQDN}", "port=3306", "user=app", "ssl-verify-server-cert"]
    assert "password" not in "\n".join(lines)


@pytest.mark.parametrize(
    ("identifier", "tls", "keepalive"),
    [
        ("mariadb", "--ssl-verify-server-cert", ""),
        ("option-file", "ssl-verify-server-cert", ""),
        ("python", "ssl_verify_cert=True", "net.ipv4.tcp_keepalive_time=300"),
        ("java", "sslMode=verify-full", "tcpKeepAlive=true&tcpKeepIdle=300"),
        ("nodejs", "ssl: { rejectUnauthorized: true }", "keepAliveDelay: 300000, // ms"),
        (
            "mysql2",
            "ssl: { rejectUnauthorized: true, verifyIdentity: true }",
            "enableKeepAlive: true,\n  keepAliveInitialDelay: 300000, // ms",
        ),
    ],
)
def test_each_verifies_the_certificate_and_keeps_connections_alive(identifier: str, tls: str, keepalive: str) -> None:
    text = _text(LINK, identifier)
    assert tls in text
    assert keepalive in text
    assert FQDN in text
    assert tls not in _text(replace(LINK, ssl=False), identifier)


def test_keepalive_is_below_what_aws_allows() -> None:
    assert KEEPALIVE < 350


@pytest.mark.parametrize(
    ("ports", "port"),
    [((("readonly", 3307), ("readwrite", 3306)), 3306), ((("http", 8123), ("https", 8443)), 8123), ((), 3306)],
)
def test_the_port_is_readwrites_where_there_is_one(ports: tuple[tuple[str, int], ...], port: int) -> None:
    assert f"--port {port} " in _text(replace(LINK, ports=ports), "mariadb")


@pytest.mark.parametrize("identifier", IDS)
def test_without_private_dns_each_says_what_to_do_first(identifier: str) -> None:
    text = _text(WITHOUT, identifier)
    assert f"Not yet: private DNS is off, so {FQDN} does not lead to the endpoint." in text
    assert REGIONAL in text
    assert "Enable private DNS on the VPC endpoint" in text


@pytest.mark.parametrize("link", [LINK, WITHOUT, replace(LINK, ssl=False)])
def test_no_line_turns_verification_off(link: Link) -> None:
    for snippet in snippets(link):
        told = snippet.text.lower()
        for off in ("rejectunauthorized: false", "skip-ssl", "verify_none", "trust", "=false", "false", "disable"):
            assert off not in told


def test_without_tls_each_says_so() -> None:
    link = replace(WITHOUT, ssl=False)
    assert all("TLS is off for this service" in snippet.text for snippet in snippets(link))
    assert f"--host {REGIONAL} " in _text(link, "mariadb")


def test_a_service_without_a_name_of_its_own_uses_the_links_host() -> None:
    assert f"--host {REGIONAL} " in _text(replace(WITHOUT, fqdn=""), "mariadb")


# ---------------------------------------------------------------------------------------------- hostile values


def _code(text: str, mark: str) -> list[str]:
    """Lines that are no comments."""
    return [line for line in text.splitlines() if not line.startswith(mark)]


@given(HOSTILE, HOSTILE, st.booleans())
def test_the_shell_reads_back_what_was_meant(host: str, user: str, private_dns: bool) -> None:
    link = replace(LINK, host=host, fqdn=host, user=user, private_dns=private_dns)
    lines = _code(_text(link, "mariadb"), "#")
    assert len(lines) == 1
    words = shlex.split(lines[0])
    assert words[:6] == ["mariadb", "--host", clean(host, 255), "--port", "3306", "--user"]
    assert words[6] == (clean(user, 100) or "YOUR_USER")
    assert words[7:] == ["-p", "--ssl-verify-server-cert"]


def _unquoted(value: str) -> str:
    """An option file's value as MariaDB reads it."""
    if value.startswith('"'):
        assert value.endswith('"')
        return re.sub(r"\\(.)", r"\1", value[1:-1])
    assert re.fullmatch(r"[A-Za-z0-9._-]+", value)
    return value


@given(HOSTILE)
def test_the_option_file_reads_back_what_was_meant(user: str) -> None:
    lines = _code(_text(replace(LINK, user=user), "option-file"), "#")
    assert [line.partition("=")[0] for line in lines] == ["[client]", "host", "port", "user", "ssl-verify-server-cert"]
    assert _unquoted(lines[3].removeprefix("user=")) == (clean(user, 100) or "YOUR_USER")


@given(HOSTILE, HOSTILE, st.booleans())
def test_python_reads_back_what_was_meant(host: str, user: str, private_dns: bool) -> None:
    text = _text(replace(LINK, fqdn=host, user=user, private_dns=private_dns), "python")
    call = next(node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    values = {keyword.arg: keyword.value for keyword in call.keywords}
    assert ast.literal_eval(values["host"]) == (clean(host, 255) or FQDN)
    assert ast.literal_eval(values["user"]) == (clean(user, 100) or "YOUR_USER")
    assert ast.unparse(values["password"]) == "os.environ['DB_PASSWORD']"
    list(tokenize.generate_tokens(StringIO(text).readline))


@given(HOSTILE, HOSTILE, st.sampled_from(["nodejs", "mysql2"]))
def test_javascript_reads_back_what_was_meant(host: str, user: str, identifier: str) -> None:
    lines = _code(_text(replace(LINK, fqdn=host, user=user), identifier), "//")
    read = {line.strip().partition(": ")[0]: line.strip().partition(": ")[2].rstrip(",") for line in lines}
    assert json.loads(read["host"]) == (clean(host, 255) or FQDN)
    assert json.loads(read["user"]) == (clean(user, 100) or "YOUR_USER")


@given(HOSTILE, HOSTILE, st.booleans())
def test_java_holds_nothing_that_its_compiler_would_unescape_first(host: str, user: str, private_dns: bool) -> None:
    text = _text(replace(LINK, fqdn=host, user=user, private_dns=private_dns), "java")
    code = _code(text, "//")
    assert len(code) == 6
    url = json.loads(code[4].strip().removesuffix(","))
    assert re.fullmatch(
        r"jdbc:mariadb://[A-Za-z0-9._%~-]*:3306/\?sslMode=verify-full&tcpKeepAlive=true&tcpKeepIdle=300", url
    )
    assert json.loads(code[5].strip().partition(", System")[0]) == (clean(user, 100) or "YOUR_USER")
    # \u0022 would end the string before the compiler sees it as one; only what is no ASCII is written so.
    assert not re.search(r"(?<!\\)(\\\\)*\\u00[0-7]", text)
    assert all("\\" not in line for line in text.splitlines() if line.startswith("//"))


@given(HOSTILE, HOSTILE, HOSTILE)
def test_comments_stay_on_their_line_and_hold_nothing_a_shell_would_run(service: str, fqdn: str, host: str) -> None:
    link = replace(WITHOUT, service=service, fqdn=fqdn, host=host, dns_names=())
    comments = [line for line in _text(link, "mariadb").splitlines() if line.startswith("#")]
    assert len(comments) == 4
    assert not any(c in "".join(comments) for c in "'\"`;&|()<>$\\!")


# ---------------------------------------------------------------------------------------------- the page


def test_the_page_holds_all_of_it() -> None:
    text = page_text(LINK)
    assert text.startswith("orders-prod over PrivateLink\n====")
    for told in (
        FQDN,
        REGIONAL,
        ZONAL_A,
        "us-east-2b",
        "3306    readwrite",
        "3307    readonly",
        "350 s",
        "jdbc:mariadb:",
    ):
        assert told in text
    assert text.endswith(".\n")


def test_the_page_says_once_what_to_do_first() -> None:
    assert page_text(WITHOUT).count("Not yet: private DNS is off") == 1
    assert "Not yet" not in page_text(LINK)


def test_the_page_takes_notes_of_the_caller() -> None:
    text = page_text(LINK, ("The plan: \x1bx.toml",))
    assert "  The plan: x.toml\n" in text
    assert "350 s" not in text.split("Keep in mind")[1]


def test_a_page_of_a_link_that_knows_little() -> None:
    text = page_text(Link("", "", "", (), (), False))
    assert "Host\n" in text
    assert "Ports" not in text


@given(HOSTILE, HOSTILE)
def test_the_page_is_plain_text(service: str, name: str) -> None:
    link = replace(LINK, service=service, fqdn=name, host=name, dns_names=(name,), ports=((name, 1),))
    assert all(c == "\n" or clean(c) or c == " " for c in page_text(link))


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (LINK, f"With TLS use {FQDN}: the certificate is made for that name and for none of AWS's."),
        (WITHOUT, "Enable private DNS on the VPC endpoint, and it leads to the link."),
        (replace(LINK, ssl=False), "TLS is off for this service: any of the names will do."),
    ],
)
def test_which_name_to_use(link: Link, told: str) -> None:
    assert told in notes(link)[1]


def test_notes_say_where_plan_and_journal_lie() -> None:
    assert notes(LINK, "plan.toml", "run.jsonl")[-2:] == ("The plan: plan.toml", "The journal: run.jsonl")
    assert len(notes(LINK)) == 3
    assert notes(LINK)[0] == (
        "AWS silently drops connections that are idle for 350 s. Keep keepalive below: 300 s here."
    )


def test_a_chosen_zone_without_a_name_was_left_out() -> None:
    assert left_out((REGIONAL, ZONAL_A, FQDN), ["us-east-2a", "us-east-2c"]).startswith("Left out: us-east-2c. ")
    assert left_out((REGIONAL, ZONAL_A, FQDN), ["us-east-2a"]) == ""
    assert left_out((REGIONAL, FQDN), ["us-east-2a"]) == ""  # AWS told no zonal names: nothing is known


# ---------------------------------------------------------------------------------------------- trying the link


def test_one_line_to_try_the_link_from_another_machine() -> None:
    client, tls = trials(LINK)
    assert client.text == (
        f"mariadb --host {FQDN} --port 3306 --user app -p --ssl-verify-server-cert --connect-timeout 10 "
        "-e 'SELECT 1, @@hostname, @@version'"
    )
    assert tls.text == (
        f"timeout 20 openssl s_client -connect {FQDN}:3306 -starttls mysql -verify_hostname {FQDN} "
        "-verify_return_error -brief </dev/null"
    )


def test_without_tls_there_is_no_certificate_to_look_at() -> None:
    assert [trial.id for trial in trials(replace(LINK, ssl=False))] == ["mariadb"]


def test_trying_it_goes_by_the_services_own_name() -> None:
    for trial in trials(WITHOUT):
        assert FQDN in trial.text
        assert "3306" in trial.text
        assert REGIONAL not in trial.text


@given(HOSTILE, HOSTILE)
def test_a_line_to_try_stays_one_line_of_as_many_words(host: str, user: str) -> None:
    for trial, usual in zip(trials(replace(LINK, fqdn=host, host=host, user=user)), trials(LINK), strict=True):
        assert "\n" not in trial.text
        words = shlex.split(trial.text)
        assert len(words) == len(shlex.split(usual.text))
        assert words[-1] == shlex.split(usual.text)[-1]
        assert any(clean(host, 255) in word for word in words)
