"""Secrets that a test plants, and how it finds what became of them."""

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

from tests.relay import Answer, Relay, aws_error

PASSWORD = "planted-database-password"
PROXY_PASSWORD = "planted-proxy-password"
ENVIRONMENT = {
    "MYSQL_PWD": PASSWORD,
    "TF_VAR_db_password": PASSWORD,
    "FTP_PROXY": f"http://user:{PROXY_PASSWORD}@127.0.0.1:1",
}


def secrets_of(variables: Mapping[str, str]) -> set[str]:
    """What the sandbox's own variables hold, and what stands beside them."""
    return {variables["SKYSQL_API_KEY"], variables["AWS_SECRET_ACCESS_KEY"], PASSWORD, PROXY_PASSWORD}


def handed_out(relay: Relay) -> set[str]:
    """Keys and tokens that STS gave for the time being."""
    text = b"".join(relay.said).decode("utf-8", "replace")
    found = set(re.findall(r"<(?:SecretAccessKey|SessionToken)>([^<]+)<", text))
    assert found, "no role was assumed"
    return {html.unescape(each) for each in found}


def betrayed(text: str, secrets: Iterable[str]) -> list[str]:
    """Which of the secrets stand in `text`, in whatever spelling; also where lines were wrapped."""
    joined = "".join(text.split())
    return [secret for secret in secrets if any(form in text or form in joined for form in _forms(secret))]


def _forms(secret: str) -> set[str]:
    plain = {secret, secret[:12], quote(secret, safe=""), json.dumps(secret)[1:-1], html.escape(secret)}
    return plain | {base64.b64encode(secret.encode()).decode().rstrip("=")}


def skysql_echo(headers: Mapping[str, str], status: int = 400) -> Answer:
    """A SkySQL that repeats what it was sent, wherever an answer has room for words."""
    key = headers["X-API-Key"]
    told = {"message": f"{headers} {'x' * 900} {key}", "solution": f"curl -H 'X-API-Key: {key}' https://u:{key}@x"}
    body = json.dumps({"errors": [told], "exception": key, "trace_id": key})
    return Answer(status, body, {"x-request-id": key, "Location": f"https://u:{key}@elsewhere.example/{key}"})


def aws_echo(headers: Mapping[str, str]) -> Answer:
    """An AWS that does the same; what it was sent is a signature and a session token, never the secret key."""
    sent = html.escape(f"{headers.get('Authorization')} {headers.get('X-Amz-Security-Token')} {dict(headers)}")
    return aws_error(html.escape(headers.get("X-Amz-Security-Token") or "Odd"), sent)
