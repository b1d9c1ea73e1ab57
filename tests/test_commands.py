"""The command line as scripts meet it: exit codes, words on stderr, and `--json` alone on stdout."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from core import __version__
from core.sandbox.child import Sandbox
from tests.plans import ec2, plan_text, vpc_named

ROOT = Path(__file__).parent.parent


@pytest.fixture
def world() -> Iterator[Mapping[str, str]]:
    """A sandbox of the test's own, without delays."""
    child = Sandbox()
    try:
        yield child.start(speed=0)
    finally:
        child.stop()


def call(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command with nothing of this machine's environment but what `env` gives."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    clean["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    clean["AWS_EC2_METADATA_DISABLED"] = "true"
    return subprocess.run(
        [sys.executable, "-m", "tui", *arguments],
        cwd=folder, env={**clean, **(env or {})}, input=stdin, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def written(folder: Path, text: str) -> str:
    path = folder / "plan.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_version(tmp_path: Path) -> None:
    assert call(tmp_path, "--version").stdout == f"skysql-privatelink {__version__}\n"


def test_help_names_every_command(tmp_path: Path) -> None:
    shown = call(tmp_path, "--help").stdout
    for word in ("check", "apply", "sandbox", "--json", "--profile", "exit codes"):
        assert word in shown


@pytest.mark.parametrize("arguments", [("aply",), ("apply",), ("apply", "x.toml", "--nonsense"), ("sandbox",)])
def test_wrong_usage_exits_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    assert call(tmp_path, *arguments).returncode == 2


def test_the_wizard_without_a_terminal_names_apply(tmp_path: Path) -> None:
    done = call(tmp_path)
    assert done.returncode == 2
    assert "apply PLAN" in done.stderr
    assert done.stdout == ""


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    done = call(tmp_path, "apply", "nowhere.toml")
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr


def test_a_plan_with_an_unknown_key_names_the_nearest(tmp_path: Path, world: Mapping[str, str]) -> None:
    text = plan_text(world).replace("private_dns", "privat_dns")
    done = call(tmp_path, "apply", "--json", written(tmp_path, text), env=world)
    assert done.returncode == 2
    (error,) = events(done)
    assert error["event"] == "error"
    assert "private_dns" in done.stderr


def test_no_key_exits_4(tmp_path: Path, world: Mapping[str, str]) -> None:
    env = {name: value for name, value in world.items() if name != "SKYSQL_API_KEY"}
    done = call(tmp_path, "apply", written(tmp_path, plan_text(world)), env=env)
    assert done.returncode == 4
    assert "SKYSQL_API_KEY" in done.stderr


def test_a_wrong_key_exits_4(tmp_path: Path, world: Mapping[str, str]) -> None:
    done = call(
        tmp_path, "apply", "--json", written(tmp_path, plan_text(world)), env={**world, "SKYSQL_API_KEY": "not-it"}
    )
    assert done.returncode == 4
    assert "not-it" not in done.stdout + done.stderr
    assert events(done)[-1]["event"] == "result"


def test_no_aws_credentials_exit_4(tmp_path: Path, world: Mapping[str, str]) -> None:
    env = {name: value for name, value in world.items() if not name.startswith("AWS_") or name == "AWS_ENDPOINT_URL"}
    done = call(tmp_path, "apply", "--json", written(tmp_path, plan_text(world)), env=env)
    assert done.returncode == 4
    assert "aws configure" in done.stdout


def test_check_changes_nothing(tmp_path: Path, world: Mapping[str, str]) -> None:
    done = call(tmp_path, "check", "--json", written(tmp_path, plan_text(world)), env=world)
    assert done.returncode == 0, done.stdout + done.stderr
    told = events(done)
    assert {line["event"] for line in told} == {"run", "check", "result"}
    assert told[-1]["status"] == "done"
    assert not (tmp_path / ".local").exists()
    with ec2(world) as client:
        assert client.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_a_blocking_check_exits_3_and_changes_nothing(tmp_path: Path, world: Mapping[str, str]) -> None:
    text = plan_text(world).replace("123456789012", "210987654321")
    done = call(tmp_path, "apply", "--json", written(tmp_path, text), env=world)
    assert done.returncode == 3
    told = events(done)
    assert told[-1]["status"] == "blocked"
    blockers = [line for line in told if line["event"] == "check" and line["level"] == "blocker"]
    assert any("123456789012" in f"{line['detail']} {line['title']} {line['remedy']}" for line in blockers)
    with ec2(world) as client:
        assert client.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_apply_sets_up_the_link_and_a_second_apply_changes_nothing(tmp_path: Path, world: Mapping[str, str]) -> None:
    """The whole walk without a screen, read back with a client that shares nothing with the program's."""
    plan = written(tmp_path, plan_text(world))
    done = call(tmp_path, "apply", "--json", plan, env=world)
    told = events(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert told[0]["event"] == "run"
    assert all("at" in line for line in told)
    result = told[-1]
    assert result["event"] == "result"
    assert result["status"] == "done"
    assert result["ports"] == {"readwrite": 3306, "readonly": 3307}
    assert isinstance(result["downtime_seconds"], int | float)

    with ec2(world) as client:
        vpc = vpc_named(client, "prod-core")
        (endpoint,) = client.describe_vpc_endpoints(VpcEndpointIds=[str(result["vpc_endpoint_id"])])["VpcEndpoints"]
        assert str(endpoint["State"]) == "available"  # the wire has it in lower case, whatever the types say
        assert endpoint["VpcId"] == vpc
        assert endpoint["PrivateDnsEnabled"] is True
        assert endpoint["ServiceName"] == result["endpoint_service"]
        assert len(endpoint["SubnetIds"]) == 3
        names = [entry["DnsName"] for entry in endpoint["DnsEntries"]]
        assert result["host"] in names
        tags = {tag["Key"]: tag["Value"] for tag in endpoint["Tags"]}
        assert tags["managed-by"] == "skysql-privatelink"
        assert tags["skysql:run-id"] == result["run"]
        assert tags["team"] == "payments"
        assert [group["GroupId"] for group in endpoint["Groups"]] == [result["security_group_id"]]
        (group,) = client.describe_security_groups(GroupIds=[str(result["security_group_id"])])["SecurityGroups"]
        (rule,) = group["IpPermissions"]
        assert (rule["FromPort"], rule["ToPort"]) == (3306, 3306)
        assert [each["CidrIp"] for each in rule["IpRanges"]] == ["10.20.0.0/16"]

    again = call(tmp_path, "apply", "--json", plan, env=world)
    assert again.returncode == 0, again.stdout + again.stderr
    second = events(again)[-1]
    assert second["vpc_endpoint_id"] == result["vpc_endpoint_id"]
    assert second["downtime_seconds"] is None
    with ec2(world) as client:
        assert len(client.describe_vpc_endpoints()["VpcEndpoints"]) == 1


def test_the_journal_is_private_and_holds_no_secret(tmp_path: Path, world: Mapping[str, str]) -> None:
    done = call(tmp_path, "apply", written(tmp_path, plan_text(world)), env=world)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [path for path in (tmp_path / ".local").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.stat().st_mode & 0o077 == 0, path
        text = path.read_text(encoding="utf-8")
        assert world["SKYSQL_API_KEY"] not in text
        assert world["AWS_SECRET_ACCESS_KEY"] not in text


def test_sandbox_serve_prints_one_json_object(tmp_path: Path) -> None:
    """And any client can use what it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", "tui", "sandbox", "serve", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "SKYSQL_PRIVATELINK_SANDBOX_SPEED": "0"},
    ) as served:  # fmt: skip
        assert served.stdout is not None
        env = json.loads(served.stdout.readline())
        with ec2(env) as client:
            assert vpc_named(client, "prod-core").startswith("vpc-")
        served.terminate()
        assert served.wait(timeout=20) == 0
