"""Secrets are planted, and everything that is written is searched for them."""

import os
import signal
import subprocess
import sys
import tarfile
import traceback
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pytest

from core.edges.keys import FoundKey
from core.edges.settings import settings_from
from core.edges.world import open_world
from core.facts import Identity
from core.problems import Failed, Problem
from core.values import AccountId
from core.world import Secret
from tests.plans import plan_text
from tests.planted import ENVIRONMENT, aws_echo, betrayed, handed_out, secrets_of, skysql_echo
from tests.relay import Answer, relayed
from tests.test_commands import TUI, call, events, started, surroundings, written
from tui.session import Entry, Session

SWITCH = "PATCH /provisioning/v1/services/dbpgf00000001/endpoints"
SERVICES = "GET /provisioning/v1/services"

Echo = Callable[[dict[str, str]], Answer]
ECHOES: list[tuple[str, Echo]] = [
    (SERVICES, lambda headers: skysql_echo(headers, 401)),
    ("ec2:DescribeSubnets", aws_echo),
    (SWITCH, skysql_echo),
    ("ec2:CreateVpcEndpoint", aws_echo),
]


def test_apis_that_repeat_what_they_were_sent_betray_nothing(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    """The state folder, the log, the bundle, stdout and stderr of some runs; the last one gets to its end."""
    plan = written(tmp_path, plan_text(own_sandbox))
    arguments = ("apply", "--debug", "--profile", "network-admin", plan)
    with relayed(own_sandbox) as (relay, variables):
        env = {**variables, **ENVIRONMENT}
        said = []
        for number, (called, echo) in enumerate(ECHOES):
            relay.answers = {called: echo}
            done = call(tmp_path, *arguments, *(["--json"] if number % 2 else []), env=env)
            assert called in relay.calls
            assert done.returncode in (1, 4), done.stdout + done.stderr
            said.append(done.stdout + done.stderr)
        relay.answers = {}
        done = call(tmp_path, *arguments, "--json", env=env)
        assert events(done)[-1]["status"] == "done", done.stdout + done.stderr
        said.append(done.stdout + done.stderr)
        packed = call(tmp_path, "bundle", "-o", "support.tar.gz", env=env)
        said.append(packed.stdout + packed.stderr)
        secrets = secrets_of(variables) | handed_out(relay)
    texts = {**{f"output {n}": text for n, text in enumerate(said)}, **everything_in(tmp_path)}
    assert {Path(name).suffix for name in texts} >= {".jsonl", ".toml", ".log", ".txt"}
    assert any("attempt=1" in text for text in texts.values())
    assert {name: found for name, text in texts.items() if (found := betrayed(text, secrets))} == {}


ANSWERS: list[tuple[str, Echo]] = [
    *((SERVICES, partial(skysql_echo, status=status)) for status in (302, 400, 403, 404, 409)),
    (SERVICES, lambda headers: Answer(200, f"<html>{headers['X-API-Key']}")),
    (SERVICES, lambda headers: Answer(400, f"<html>{headers['X-API-Key']}")),
    (SERVICES, lambda headers: Answer(200, " " * 460 + headers["X-API-Key"])),  # cut off in its middle
    ("sts:GetCallerIdentity", aws_echo),
    ("ec2:DescribeRegions", aws_echo),
]


@pytest.mark.parametrize(("called", "answer"), ANSWERS)
async def test_a_problem_betrays_nothing_of_what_an_api_repeats(
    used_sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, called: str, answer: Echo
) -> None:
    """Neither in its words nor in its traceback, with all that led to it."""
    with relayed(used_sandbox) as (relay, variables):
        for name, value in {**variables, **ENVIRONMENT}.items():
            monkeypatch.setenv(name, value)
        world = await open_world(settings_from(os.environ, profile="network-admin"))
        try:
            await world.identity()
            relay.answers = {called: answer}
            ask = {SERVICES: world.skysql.services, "sts:GetCallerIdentity": world.identity}.get(called, world.regions)
            with pytest.raises(Problem) as caught:
                await ask()
        finally:
            await world.close()
        told = [*traceback.format_exception(caught.value), f"{caught.value!r} {vars(caught.value)}"]
        assert betrayed("".join(told), secrets_of(variables) | handed_out(relay)) == []


def everything_in(folder: Path) -> dict[str, str]:
    """Every file's text by its path; archives are looked into."""
    texts: dict[str, str] = {}
    for path in folder.rglob("*"):
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as archive:
                for member in archive:
                    content = archive.extractfile(member)
                    assert content is not None
                    texts[f"{path.name}/{member.name}"] = content.read().decode()
        elif path.is_file():
            texts[str(path)] = path.read_bytes().decode("utf-8", "replace")
    return texts


def test_addresses_that_hold_a_password_are_not_repeated(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    plan = written(tmp_path, plan_text(sandbox))
    for url in ("https://user:planted-in-url@x.example", "ftp://planted-in-url@x", "planted-in-url@x:y"):
        done = call(tmp_path, "check", "--debug", "--json", plan, env={**sandbox, "SKYSQL_API_URL": url})
        assert done.returncode == 2
        assert "planted" not in done.stdout + done.stderr
    env = {**sandbox, "HTTPS_PROXY": "http://user:planted-in-url@127.0.0.1:1", "NO_PROXY": "", "no_proxy": ""}
    env |= {"SKYSQL_API_URL": "https://x.example", "AWS_ENDPOINT_URL_STS": "https://x.example"}
    done = call(tmp_path, "check", "--debug", plan, env=env)
    assert done.returncode in (1, 4)
    assert "planted" not in done.stdout + done.stderr
    assert not [name for name, text in everything_in(tmp_path).items() if "planted" in text]


CRASHES = {
    "headless": (
        "import os, core.work.survey as s, core.work.operation as o\n"
        "async def broken(*_): raise ZeroDivisionError(os.environ['SKYSQL_API_KEY'], os.environ['MYSQL_PWD'])\n"
        "o.survey = broken\n"
    ),
    "in a client": (
        "import os, botocore.endpoint as e\n"
        "def broken(self, sent): raise ZeroDivisionError(str(sent.headers), os.environ['AWS_SECRET_ACCESS_KEY'])\n"
        "e.Endpoint._send = broken\n"
    ),
}


@pytest.mark.parametrize("crash", CRASHES)
def test_a_crash_betrays_nothing(tmp_path: Path, sandbox: Mapping[str, str], crash: str) -> None:
    plan = written(tmp_path, plan_text(sandbox))
    script = f"{CRASHES[crash]}import sys\nfrom tui.__main__ import main\nsys.argv[1:] = sys.argv[2:]\nmain()"
    env = {**sandbox, **ENVIRONMENT}
    done = subprocess.run(
        [sys.executable, "-c", script, "--", "check", "--debug", plan],
        cwd=tmp_path, env=surroundings(tmp_path, env), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr or "unforeseen" in done.stderr + done.stdout
    texts = {"output": done.stdout + done.stderr, **everything_in(tmp_path)}
    assert {name: found for name, text in texts.items() if (found := betrayed(text, secrets_of(env)))} == {}


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes as Linux shows them")
def test_the_process_list_shows_nothing(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    plan = written(tmp_path, plan_text(own_sandbox))
    with relayed(own_sandbox) as (relay, variables):
        relay.hangs.add(SERVICES)
        with started(tmp_path, *TUI, "check", "--debug", plan, env={**variables, **ENVIRONMENT}) as process:
            relay.wait_for(SERVICES)
            shown = Path(f"/proc/{process.pid}/cmdline").read_text()
            lists = [path.read_text() for path in Path(f"/proc/{process.pid}/task").glob("*/children")]
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
    assert "check" in shown
    assert betrayed(shown, secrets_of(variables)) == []
    assert "".join(lists).split() == [], "it starts nobody who could be handed one"


async def test_no_repr_shows_a_secret(sandbox: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    env = {**sandbox, **ENVIRONMENT}
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    settings = settings_from(os.environ)
    key = settings.skysql_key
    world = await open_world(settings)
    try:
        await world.identity()
        entry = Entry(os.environ, open_world, Path("runs"), world.clock)
        session = Session(world, Identity(AccountId("123456789012"), "arn"), "", key, "")
        problem = Failed("x", f"It says {key.reveal()}.", cause=key.reveal(), request_id=key.reveal())
        things = [settings, world, entry, session, problem, key, FoundKey(key, "x"), Secret("planted"), world.skysql]
        for thing in [*things, *vars(world).values(), *vars(vars(world)["_door"]).values(), problem.args]:
            assert betrayed(f"{thing!r} {thing!s}", secrets_of(env)) == [], type(thing)
    finally:
        await world.close()
