"""What is blotted out of a text before it is written, whatever the text and the secret are."""

import json
from base64 import b64encode
from urllib.parse import quote

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core import redaction
from core.redaction import MARK, SHORTEST, blotted, know, redact, secrets_in, without_secrets
from core.text import clean

KEY = "skysql.aaaa1111.bbbb2222cccc3333"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"

words = st.text(st.characters(codec="utf-8"), max_size=60)
texts = st.text(st.characters(codec="utf-8"), min_size=SHORTEST, max_size=60)
letters = st.text(st.sampled_from("abcdefABCDEF123+/_-=."), min_size=20, max_size=60)


@given(words, texts, words)
@example("", "……………………", "")
@example("12", "345678", "x")
def test_no_secret_is_left_of_any_text(before: str, secret: str, after: str) -> None:
    assume(not (secret.isdigit() and len(secret) <= 8))
    for said in (secret, quote(secret, safe=""), json.dumps(secret)[1:-1], repr(secret)[1:-1]):
        assert said not in blotted(f"{before}{said}{after}", [secret]) or len(said) < SHORTEST


@given(words, letters, letters, words)
def test_secrets_that_overlap_are_both_blotted_out(before: str, one: str, other: str, after: str) -> None:
    for shared in range(1, 10):
        left = blotted(f"{before}{one}{other[shared:]}{after}", [one, one[-shared:] + other[shared:]])
        assert one not in left
        assert one[-shared:] + other[shared:] not in left


@given(st.text(st.sampled_from("xyz "), max_size=40), letters, st.integers(8, 60), st.sampled_from(["", "…", "..."]))
def test_what_was_cut_short_is_blotted_out_too(before: str, secret: str, size: int, end: str) -> None:
    """Eight characters of a secret, and the rest cut off, say whose it is."""
    assert secret[:8] not in blotted(f"{before}{secret[:size]}{end}", [secret])


@given(words, letters, words, st.integers(1, 200))
def test_cutting_and_redacting_leave_nothing_in_either_order(before: str, secret: str, after: str, limit: int) -> None:
    text = f"{before}{secret}{after}"
    assert secret not in clean(blotted(text, [secret]), limit)
    assert secret[:8] not in blotted(clean(text, limit), [secret])


@given(words, st.lists(texts, max_size=3))
def test_redacting_twice_is_redacting_once(text: str, secrets: list[str]) -> None:
    once = blotted(text, secrets)
    assert blotted(once, secrets) == once


@given(words, st.lists(texts, max_size=3))
def test_nothing_else_is_touched(text: str, secrets: list[str]) -> None:
    assume(not any(secret[: redaction._BEGINNING] in text for secret in secrets))
    assume(blotted(text, ()) == text)
    assert blotted(text, secrets) == text


PLAIN = [
    "The service dbpgf00000001 of account 123456789012 is in vpc-0123.",
    "Error loading SSO Token: Token for https://corp.awsapps.com/start does not exist",
    "The security token included in the request is invalid.",
    "Encoded authorization failure message was left out.",
    "https://api.skysql.com/provisioning/v1/services?page_size=1 @ noon",
    "arn:aws:sts::123456789012:assumed-role/admin/ops@example.com",
    "path /home/dba/plan.toml, user dba@bastion",
    "Access denied for user 'dba'@'10.0.0.1' (using password: YES)",
]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_stays(text: str) -> None:
    assert blotted(text, [KEY, AWS_SECRET, "123456"]) == text


LOOKS = [
    ("http://user:hunter2@proxy:3128/", "hunter2"),
    ("GET / HTTP/1.1\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIA/x, Signature=abc123", "abc123"),
    ("Proxy-Authorization: Basic dXNlcjpodW50ZXIy", "dXNlcjpodW50ZXIy"),
    ("{'X-API-Key': 'whosever'}", "whosever"),
    ('{"accessToken": "whosever", "refreshToken":"another"}', "whosever"),
    ('{"accessToken": "whosever", "refreshToken":"another"}', "another"),
    ("X-Amz-Security-Token=FwoGZXIvYXdzEXAMPLE&x=1", "FwoGZXIvYXdzEXAMPLE"),
    ("aws_secret_access_key = whosever", "whosever"),
    ("aws_session_token=whosever", "whosever"),
    ("<SecretAccessKey>", "SecretAccessKey>x"),
    ("mysql --password=hunter2 -h x", "hunter2"),
    ("Bearer eyJhbGciOi.eyJzdWIi", "eyJzdWIi"),
    ("as AKIAIOSFODNN7EXAMPLE and ASIAIOSFODNN7EXAMPLE", "IOSFODNN7EXAMPLE"),
    ("a token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-_d", "eyJzdWIiOiIxMjM0In0"),
]


@pytest.mark.parametrize(("text", "secret"), LOOKS)
def test_what_looks_like_a_secret_is_blotted_out(text: str, secret: str) -> None:
    assert secret not in blotted(text, ())


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("code 123456.", f"code {MARK}."),
        ("account 123456789012", "account 123456789012"),
        ("0123456", "0123456"),
        ("123456", MARK),
    ],
)
def test_a_code_is_a_secret_only_where_it_stands_alone(text: str, left: str) -> None:
    assert blotted(text, ["123456"]) == left


@pytest.mark.parametrize(
    "written", ["wJalrXUtnFEMI%2fK7MDENG%2bbPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG%2BbPxRfiCYEXAMPLEKEY"]
)
def test_addresses_write_it_in_many_ways(written: str) -> None:
    assert blotted(f"?x={written}&y", [AWS_SECRET]) == f"?x={MARK}&y"


@given(words, texts, words)
@example("user:", KEY, "")
def test_base64_writes_it_in_three_ways(before: str, secret: str, after: str) -> None:
    """Blotted out, too little of it is left to tell the secret by: all its letters but those it shares."""
    written = b64encode(f"{before}{secret}{after}".encode())
    for said in (written.decode(), written.translate(bytes.maketrans(b"+/", b"-_")).decode()):
        assert len(blotted(said, [secret]).replace(MARK, "")) <= len(said) - len(secret.encode()) * 4 // 3 + 3


def test_a_variable_may_hold_what_is_no_text() -> None:
    assert blotted("a p\udcffssword b", ["p\udcffssword"]) == f"a {MARK} b"


def test_what_is_too_short_is_a_word() -> None:
    assert blotted("an abc of it", ["abc", ""]) == "an abc of it"


def test_what_is_known_is_blotted_out_from_then_on() -> None:
    assert redact(f"key {KEY}") == f"key {KEY}"
    know(f" {KEY}\n", "")
    assert redact(f"key {KEY}") == f"key {MARK}"


ENVIRONMENT = {
    "SKYSQL_API_KEY": KEY,
    "TF_SKYSQL_API_KEY": "secret-1",
    "AWS_SECRET_ACCESS_KEY": AWS_SECRET,
    "AWS_SESSION_TOKEN": "secret-2",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN": "secret-3",
    "MYSQL_PWD": "secret-4",
    "PGPASSWORD": "secret-5",
    "TF_VAR_db_password": "secret-6",
    "HTTPS_PROXY": "http://user:secret-7@proxy:3128",
}
HARMLESS = {
    "PWD": "/home/dba",
    "OLDPWD": "/",
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/run/token",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    "SSH_ASKPASS": "/usr/bin/ask",
    "MONKEY": "banana",
    "HTTP_PROXY": "http://proxy:3128",
    "TERM": "xterm",
}


def test_which_variables_hold_secrets() -> None:
    found = secrets_in({**ENVIRONMENT, **HARMLESS})
    assert sorted(found) == sorted([KEY, AWS_SECRET, *(f"secret-{n}" for n in range(1, 8))])


def test_a_program_that_needs_no_secret_is_given_none() -> None:
    assert without_secrets({**ENVIRONMENT, **HARMLESS}) == HARMLESS
