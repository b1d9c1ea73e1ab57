"""Every way an AWS sign-in goes wrong, made up in a home folder and met through the real libraries."""

import json
import os
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from core.edges import aws as edge
from core.edges.credentials import current_profile, login_profile, profiles
from core.edges.settings import settings_from
from core.edges.world import open_world
from core.policy import allowing
from core.problems import CodeNeeded, NotSignedIn, Passing, Problem, Unclear, Usage
from core.values import EndpointId, Region, VpcId
from core.world import Settings

CANARY = "canarySECRETcanary/0123456789/0123456789"
KEYS = f"aws_access_key_id = AKIACANARY0000000000\naws_secret_access_key = {CANARY}\n"
DEVICE = "arn:aws:iam::123456789012:mfa/ann"
ROLE = "role_arn = arn:aws:iam::123456789012:role/admin\n"


def closed_port() -> int:
    """A port of this machine where nothing listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.fixture
def offline(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No address of AWS leads anywhere."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed_port()}")
    return home


def config(home: Path, text: str) -> None:
    (home / ".aws" / "config").write_text(text, encoding="utf-8")


async def trouble(settings: Settings) -> Problem:
    """What asking who we are says, once that nothing secret is in it was made sure of."""
    world = await open_world(settings)
    try:
        with pytest.raises(Problem) as caught:
            await world.identity()
    finally:
        await world.close()
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert CANARY not in shown
    assert caught.value.__context__ is None
    assert caught.value.remedy
    return caught.value


def an_sso_token(home: Path, key: str, **more: str) -> None:
    """What `aws sso login` left an hour too long ago."""
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    expired = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = {"accessToken": CANARY, "expiresAt": expired, "region": "us-east-1", "startUrl": START} | more
    name = sha1(key.encode(), usedforsecurity=False).hexdigest()
    (cache / f"{name}.json").write_text(json.dumps(token), encoding="utf-8")


START = "https://corp.awsapps.com/start"
SESSION = f"[sso-session corp]\nsso_start_url = {START}\nsso_region = us-east-1\n"
SSO = "[profile corp]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\n"
LEGACY = SSO.replace("sso_session = corp", f"sso_start_url = {START}\nsso_region = us-east-1")

CONFIGURED: list[tuple[str, str, list[str]]] = [
    ("half a key pair", "[profile corp]\naws_access_key_id = AKIA\n", ["Half", "aws_secret_access_key"]),
    ("sso, never logged in", SESSION + SSO, ["aws sso login --profile corp", "try again"]),
    ("sso legacy, never logged in", LEGACY, ["aws sso login --profile corp", "try again"]),
    ("sso session undefined", SSO, ["does not exist", "~/.aws/config"]),
    ("role over sso", f"{SESSION}{SSO}[profile top]\n{ROLE}source_profile = corp\n", ["sso login --profile corp"]),
    ("source profile missing", f"[profile corp]\n{ROLE}source_profile = gone\n", ["gone", "~/.aws/config"]),
    (
        "roles in a circle",
        f"[profile corp]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = corp\n",
        ["circle", "source_profile"],
    ),
    ("credential_process fails", "[profile corp]\ncredential_process = false\n", ["credential_process"]),
    (
        "credential_process says why",
        """[profile corp]\ncredential_process = sh -c "echo 'vault is sealed' >&2; exit 1"\n""",
        ["vault is sealed", "credential_process"],
    ),
    (
        "credential_process prints something else",
        f"[profile corp]\ncredential_process = echo '{CANARY}'\n",
        ["credential_process"],
    ),
    (
        "credential_process leaves out the key",
        """[profile corp]\ncredential_process = echo '{"Version": 1}'\n""",
        ["credential"],
    ),
    ("credential_process is no program", "[profile corp]\ncredential_process = /no/such/vault\n", ["/no/such/vault"]),
    (
        "web identity file missing",
        f"[profile corp]\n{ROLE}web_identity_token_file = /no/such/token\n",
        ["/no/such/token", "web_identity_token_file"],
    ),
    ("profile with nothing in it", "[profile corp]\nregion = us-east-2\n", ["no AWS credentials", "aws configure"]),
    ("aws login without its package", "[profile corp]\nlogin_session = arn:aws:iam::1:user/ann\n", ["aws login"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in CONFIGURED], ids=[row[0] for row in CONFIGURED])
async def test_a_profile_that_cannot_sign_in(offline: Path, text: str, words: list[str]) -> None:
    config(offline, text)
    problem = await trouble(replace(settings_from({}), profile="top" if "[profile top]" in text else "corp"))
    assert isinstance(problem, NotSignedIn)
    for each in words:
        assert each in str(problem)


@pytest.mark.parametrize(("text", "key"), [(SESSION + SSO, "corp"), (LEGACY, START)], ids=["session", "legacy"])
async def test_an_sso_session_that_ended(offline: Path, text: str, key: str) -> None:
    config(offline, text)
    an_sso_token(offline, key)
    problem = await trouble(replace(settings_from({}), profile="corp"))
    assert isinstance(problem, NotSignedIn)
    assert "aws sso login --profile corp" in problem.remedy


async def test_nothing_is_configured(offline: Path) -> None:
    problem = await trouble(settings_from({}))
    assert isinstance(problem, NotSignedIn)
    assert "aws configure" in problem.remedy


async def test_the_profile_of_the_environment_does_not_exist(offline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "gone")
    config(offline, f"[profile corp]\n{KEYS}")
    problem = await trouble(settings_from({}))
    assert isinstance(problem, NotSignedIn)
    assert "gone" in problem.cause
    assert "AWS_PROFILE" in problem.remedy
    assert [profile.name for profile in profiles()] == ["corp"]


async def test_the_chosen_profile_does_not_exist(offline: Path) -> None:
    problem = await trouble(replace(settings_from({}), profile="gone"))
    assert "aws configure --profile gone" in problem.remedy


@pytest.mark.parametrize(
    "text",
    [f"{KEYS}", f"[default]\naws_secret_access_key {CANARY}\n", f"[default]\n{KEYS}[default]\n{KEYS}", "\x00\xff["],
    ids=["no section", "no equals sign", "twice", "garbage"],
)
async def test_a_file_that_cannot_be_parsed_is_named_and_not_quoted(offline: Path, text: str) -> None:
    (offline / ".aws" / "credentials").write_text(text, encoding="latin-1")
    problem = await trouble(settings_from({}))
    assert isinstance(problem, NotSignedIn)
    assert str(offline / ".aws" / "credentials") in problem.cause
    with pytest.raises(NotSignedIn) as caught:
        profiles()
    assert CANARY not in str(caught.value)


async def test_a_pipe_in_place_of_a_file_is_told_and_hangs_nothing(offline: Path) -> None:
    os.mkfifo(offline / ".aws" / "credentials")
    problem = await trouble(settings_from({}))
    assert "pipe" in problem.cause
    assert profiles() == ()


async def test_keys_and_no_way_to_aws(offline: Path) -> None:
    (offline / ".aws" / "credentials").write_text(f"[default]\n{KEYS}", encoding="utf-8")
    problem = await trouble(settings_from({}))
    assert isinstance(problem, Passing)
    assert "network" in problem.remedy


async def test_a_region_that_does_not_exist_is_told_with_the_nearest(offline: Path) -> None:
    (offline / ".aws" / "credentials").write_text(f"[default]\n{KEYS}", encoding="utf-8")
    assert "us-west-1" in str(await trouble(replace(settings_from({}), region="us-wst-1")))


async def test_what_cannot_be_a_region(offline: Path) -> None:
    (offline / ".aws" / "credentials").write_text(f"[default]\n{KEYS}", encoding="utf-8")
    assert isinstance(await trouble(replace(settings_from({}), region="us east 1")), Usage)


async def test_a_role_that_cannot_be_asked_for_while_offline(offline: Path) -> None:
    config(offline, f"[profile base]\n{KEYS}[profile corp]\n{ROLE}source_profile = base\nregion = us-east-2\n")
    assert isinstance(await trouble(replace(settings_from({}), profile="corp")), Passing)


# ----------------------------------------------------------------------------------------------- MFA


def with_mfa(home: Path, ask: Callable[[str], str] | None) -> Settings:
    role = f"{ROLE}source_profile = base\nmfa_serial = {DEVICE}\nregion = us-east-2\n"
    config(home, f"[profile base]\n{KEYS}[profile corp]\n{role}")
    return replace(settings_from({}), profile="corp", ask_code=ask)


async def test_a_code_is_asked_for_in_a_thread_and_by_device(offline: Path) -> None:
    asked: list[tuple[str, bool]] = []

    def ask(device: str) -> str:
        asked.append((device, threading.current_thread() is threading.main_thread()))
        return "123 456"

    problem = await trouble(with_mfa(offline, ask))
    assert asked == [(DEVICE, False)]
    assert isinstance(problem, Passing), "the code was taken; only the network was not there"


async def test_without_anybody_to_ask(offline: Path) -> None:
    problem = await trouble(with_mfa(offline, None))
    assert type(problem) is CodeNeeded
    assert DEVICE in problem.cause


@pytest.mark.parametrize(
    ("code", "words"), [("", "No MFA code"), ("12345", "not an MFA code"), ("abcdef", "not an MFA")]
)
async def test_no_code_or_a_wrong_one(offline: Path, code: str, words: str) -> None:
    problem = await trouble(with_mfa(offline, lambda _: code))
    assert type(problem) is NotSignedIn
    assert words in problem.what


async def test_after_a_wrong_code_the_next_is_asked_for(offline: Path) -> None:
    codes = iter(["", "123456"])
    world = await open_world(with_mfa(offline, lambda _: next(codes)))
    try:
        with pytest.raises(NotSignedIn):
            await world.identity()
        with pytest.raises(Passing):
            await world.identity()
    finally:
        await world.close()


async def test_many_calls_ask_for_one_code(offline: Path) -> None:
    asked: list[str] = []

    def ask(device: str) -> str:
        asked.append(device)
        return ""

    world = await open_world(with_mfa(offline, ask))
    try:
        with pytest.raises(NotSignedIn):
            await (await world.aws(Region("us-east-2"))).network(VpcId("vpc-0123"))
    finally:
        await world.close()
    assert len(asked) == 1


class Sts(BaseHTTPRequestHandler):
    """STS for one device whose right code is 123456."""

    WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        if asked["Action"] == ["GetCallerIdentity"]:
            self._answer(200, f"<Arn>arn:aws:sts::123456789012:assumed-role/admin/x</Arn><Account>{'1' * 12}</Account>")
        elif asked["TokenCode"] == ["123456"]:
            until = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
            keys = "<AccessKeyId>ASIA1</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>"
            self._answer(200, f"<Credentials>{keys}<Expiration>{until}</Expiration></Credentials>")
        else:
            self._answer(403, f"<Error><Code>AccessDenied</Code><Message>{self.WRONG}</Message></Error>")

    def _answer(self, status: int, inside: str) -> None:
        result = (
            f"<AssumeRoleResult>{inside}</AssumeRoleResult><GetCallerIdentityResult>{inside}</GetCallerIdentityResult>"
        )
        body = (
            f"<Response>{result}</Response>" if status == 200 else f"<ErrorResponse>{inside}</ErrorResponse>"
        ).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not on stderr."""


@pytest.fixture
def sts(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sts) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield home
        server.shutdown()


async def test_a_code_that_aws_refuses_then_one_that_it_takes(sts: Path) -> None:
    codes = iter(["654321", "123456"])
    world = await open_world(with_mfa(sts, lambda _: next(codes)))
    try:
        with pytest.raises(NotSignedIn) as caught:
            await world.identity()
        assert caught.value.code == "aws.WrongCode"
        assert "next code" in caught.value.remedy
        assert "assumed-role/admin" in (await world.identity()).arn
        assert (await world.identity()).account
    finally:
        await world.close()


# ------------------------------------------------------------------------------------------- profiles

KINDS = [
    (KEYS, "keys"),
    (f"{ROLE}source_profile = base\n", "role admin from base"),
    (f"{ROLE}source_profile = base\nmfa_serial = {DEVICE}\n", "role admin with MFA"),
    (f"{ROLE}web_identity_token_file = /t\n", "role admin by web identity"),
    (f"{ROLE}credential_source = Ec2InstanceMetadata\n", "role admin from Ec2InstanceMetadata"),
    ("sso_session = corp\n", "SSO session corp"),
    ("sso_start_url = https://x\n", "SSO (legacy)"),
    ("credential_process = x\n", "credential_process"),
    ("login_session = arn\n", "aws login"),
    ("region = us-east-2\n", "settings only"),
    ("s3 =\n  max_bandwidth = 1\n", "settings only"),
]


@pytest.mark.parametrize(("text", "kind"), KINDS, ids=[kind for _, kind in KINDS[:-1]] + ["nested"])
def test_how_a_profile_signs_in(home: Path, text: str, kind: str) -> None:
    config(home, f"[profile corp]\n{text}")
    (found,) = profiles({})
    assert (found.name, found.kind) == ("corp", kind)


def test_profiles_of_both_files_and_of_the_environment(home: Path) -> None:
    config(home, "[profile b]\nregion = eu-west-1\n[default]\nregion = us-east-2\n")
    (home / ".aws" / "credentials").write_text(f"[a]\n{KEYS}[default]\n{KEYS}", encoding="utf-8")
    found = profiles({"AWS_ACCESS_KEY_ID": "AKIA"})
    assert [profile.name for profile in found] == ["", "a", "b", "default"]
    assert [profile.kind for profile in found] == ["environment variables", "keys", "settings only", "keys"]
    assert found[2].region == "eu-west-1"
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({}, "default"),
        ({"AWS_PROFILE": "corp"}, "corp"),
        ({"AWS_PROFILE": "corp", "AWS_ACCESS_KEY_ID": "AKIA"}, ""),
        ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/t"}, ""),
    ],
)
def test_which_profile_aws_would_use(home: Path, environ: dict[str, str], name: str) -> None:
    config(home, f"[default]\n{KEYS}")
    assert current_profile(environ) == name


def test_no_profile_at_all(home: Path) -> None:
    assert profiles({}) == ()
    assert current_profile({}) == ""
    assert login_profile("") == ""


# ------------------------------------------------------------------------------------- changes that hang


async def test_private_dns_that_hangs_names_the_right_that_is_missing(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".aws" / "credentials").write_text(f"[default]\n{KEYS}", encoding="utf-8")
    monkeypatch.setattr(edge, "PRIVATE_DNS_LIMIT", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        world = await open_world(settings_from({}))
        try:
            with pytest.raises(Unclear) as caught:
                await (await world.aws(Region("us-east-2"))).enable_private_dns(EndpointId("vpce-1"))
        finally:
            await world.close()
    assert "route53:AssociateVPCWithHostedZone" in caught.value.remedy
    assert caught.value.paste == allowing(["route53:AssociateVPCWithHostedZone"])


async def test_a_change_is_sent_once_even_when_the_connection_breaks(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".aws" / "credentials").write_text(f"[default]\n{KEYS}", encoding="utf-8")
    taken: list[bytes] = []

    def serve(server: socket.socket) -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                taken.append(connection.recv(65536))

    server = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=serve, args=(server,), daemon=True)
    thread.start()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
    world = await open_world(settings_from({}))
    try:
        with pytest.raises(Unclear):
            await (await world.aws(Region("us-east-2"))).enable_vpc_dns(VpcId("vpc-1"), "enableDnsSupport")
    finally:
        await world.close()
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(5)
    assert len(taken) == 1, taken
