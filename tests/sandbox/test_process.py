"""The sandbox as a process: how it starts, what it prints, and that it always goes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import httpx
import pytest

from core.sandbox import child, serve
from core.sandbox.child import Sandbox, SandboxError
from core.sandbox.environment import SKYSQL_API_KEY
from tests.sandbox.stage import ONCE, Stage
from tests.timing import crowd

VARIABLES = {
    *("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"),
    *("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"),
    *("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AWS_ENDPOINT_URL_EC2"),
    *(
        "AWS_ENDPOINT_URL_IAM",
        "AWS_ENDPOINT_URL_ROUTE_53",
        "AWS_ENDPOINT_URL_STS",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    ),
    *("AWS_USE_DUALSTACK_ENDPOINT", "AWS_USE_FIPS_ENDPOINT", "NO_PROXY", "no_proxy"),
    *("SKYSQL_API_URL", "SKYSQL_API_KEY", "SKYSQL_ORG_ID"),
}
COMMAND = [sys.executable, "-m", "core.sandbox", "--speed", "0"]


def eventually(true: Callable[[], bool]) -> bool:
    """Wait for a condition, but not for ever: a minute, for the machine may be busy."""
    deadline, pause = time.monotonic() + 60, threading.Event()
    while not true():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.02)
    return True


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").exists() and Path(f"/proc/{process}/stat").read_text().split()[2] == "Z"


def probe(url: str) -> int:
    answer = httpx.get(
        f"{url}/provisioning/v1/versions", headers={"X-API-Key": SKYSQL_API_KEY}, timeout=20, trust_env=False
    )
    return answer.status_code


def test_start_returns_the_environment_and_stop_leaves_nothing() -> None:
    sandbox = Sandbox()
    variables = sandbox.start(speed=0)
    folder = Path(variables["AWS_CONFIG_FILE"]).parent
    assert set(variables) == VARIABLES
    assert folder.is_dir()
    with pytest.raises(SandboxError, match="running already"):
        sandbox.start()
    sandbox.stop()
    sandbox.stop()
    assert not folder.exists()
    with pytest.raises(httpx.ConnectError):
        probe(variables["SKYSQL_API_URL"])
    assert set(sandbox.start(speed=0)) == VARIABLES  # and once more
    sandbox.stop()


def test_it_listens_on_loopback_only(stage: Stage) -> None:
    variables = stage.variables
    for name in ("AWS_ENDPOINT_URL", "SKYSQL_API_URL"):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", variables[name])


def test_it_goes_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import json, time\n"
        "from core.sandbox.child import Sandbox\n"
        "sandbox = Sandbox()\n"
        "variables = sandbox.start(speed=0)\n"
        "print(json.dumps([sandbox._process.pid, variables]), flush=True)\n"
        "time.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(child.__file__).parents[2])}
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, env=environment) as parent:
        assert parent.stdout is not None
        number, variables = json.loads(parent.stdout.readline())
        folder = Path(variables["AWS_CONFIG_FILE"]).parent
        assert probe(variables["SKYSQL_API_URL"]) == 200
        parent.send_signal(signal.SIGKILL)
    assert eventually(lambda: gone(number))
    assert not folder.exists()


@pytest.mark.parametrize("signal_", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("when", ["at once", "when answering"])
def test_a_signal_ends_it_cleanly(signal_: signal.Signals, when: str) -> None:
    with subprocess.Popen([*COMMAND, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        variables = json.loads(process.stdout.readline())
        if when == "when answering":
            assert probe(variables["SKYSQL_API_URL"]) == 200
        process.send_signal(signal_)
        assert process.wait(10 * crowd()) == 0
        assert process.stderr.read() == b""
    assert not Path(variables["AWS_CONFIG_FILE"]).parent.exists()


def test_shell_lines_can_be_evaluated() -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline().decode() for _ in VARIABLES]
        process.terminate()
    told = subprocess.run(["sh", "-c", f"{''.join(lines)} env -0"], capture_output=True, timeout=30, check=True, env={})
    seen = dict(entry.split("=", 1) for entry in told.stdout.decode().split("\0") if entry)
    assert set(seen) - {"PWD", "_", "SHLVL", "OLDPWD"} == VARIABLES
    assert seen["SKYSQL_API_KEY"] == SKYSQL_API_KEY


def two_free_ports() -> int:
    """The first of two neighbours that nobody listens on just now."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as first, contextlib.suppress(OSError):
            port: int = first.getsockname()[1]
            with socket.create_server(("127.0.0.1", port + 1)):
                return port


def test_a_port_can_be_chosen_and_skysql_gets_the_next() -> None:
    port = two_free_ports()
    with subprocess.Popen([*COMMAND, "--json", "--port", str(port)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        variables = json.loads(process.stdout.readline())
        process.terminate()
    assert variables["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{port}"
    assert variables["SKYSQL_API_URL"] == f"http://127.0.0.1:{port + 1}"


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = subprocess.run([*COMMAND, "--port", str(port)], capture_output=True, timeout=30, check=False)
    assert told.returncode == 1
    assert f"cannot serve on ports {port} and {port + 1}: ".encode() in told.stderr


@pytest.mark.parametrize("speed", ["fast", "-1", "inf", "nan"])
def test_a_speed_that_is_none_is_refused(speed: str) -> None:
    environment = {**os.environ, serve.SPEED: speed}
    told = subprocess.run(COMMAND[:3], capture_output=True, timeout=30, check=False, env=environment)
    assert told.returncode == 2
    assert b"speed is a number" in told.stderr


def test_a_child_that_fails_tells_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serve.SPEED, "fast")
    with pytest.raises(SandboxError, match="speed is a number from 0"):
        Sandbox().start()


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "available", lambda: False)
    with pytest.raises(SandboxError, match=re.escape("pip install 'skysql-privatelink[sandbox]'")):
        Sandbox().start()
    monkeypatch.setattr(serve, "available", lambda: False)
    assert serve.serve() == 2


STRAY = {
    "AWS_PROFILE": "corp",
    "AWS_DEFAULT_PROFILE": "corp",
    "AWS_SESSION_TOKEN": "of another account",
    "AWS_SECURITY_TOKEN": "of another account",
    "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "NO_PROXY": "corp.example",
}


def test_its_variables_win_over_whatever_the_user_has_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in STRAY.items():
        monkeypatch.setenv(name, value)
    with Sandbox() as sandbox:
        variables = sandbox.start(speed=0)
        assert variables["NO_PROXY"] == "127.0.0.1,corp.example"
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        client = boto3.Session().client("sts", config=ONCE)
        try:
            assert client.get_caller_identity()["Arn"].endswith(":user/operator")
        finally:
            client.close()
        headers = {"X-API-Key": os.environ["SKYSQL_API_KEY"], "X-MDB-Org": os.environ["SKYSQL_ORG_ID"]}
        url = f"{os.environ['SKYSQL_API_URL']}/provisioning/v1/services"
        assert httpx.get(url, headers=headers, timeout=20).status_code == 200


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes as Linux shows them")
def test_it_is_given_none_of_the_users_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SKYSQL_API_KEY", "planted-key")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "planted-token")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:planted-password@proxy.example:3128")
    with Sandbox() as sandbox:
        sandbox.start(speed=0)
        assert sandbox._process is not None
        environment = Path(f"/proc/{sandbox._process.pid}/environ").read_bytes()
    assert b"PYTHONSAFEPATH=1" in environment
    assert b"planted" not in environment


def test_a_broken_profile_of_the_user_does_not_matter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "config"
    broken.write_text("[profile\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(broken))
    monkeypatch.setenv("AWS_PROFILE", "missing")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "999999999999")
    with Sandbox() as sandbox:
        assert probe(sandbox.start(speed=0)["SKYSQL_API_URL"]) == 200


def test_a_folder_named_core_where_the_user_stands_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "__init__.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        assert set(sandbox.start(speed=0)) == VARIABLES


def test_starting_it_imports_nothing_heavy() -> None:
    code = (
        "import sys, core.sandbox.child; "
        "print([name for name in ('moto', 'flask', 'boto3', 'werkzeug', 'httpx') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=True)
    assert told.stdout.strip() == b"[]"
