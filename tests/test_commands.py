"""The command line as scripts meet it: exit codes, words on stderr, and `--json` alone on stdout."""

import json
import os
import resource
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import __version__
from tests import forked
from tests.plans import ec2, plan_text, vpc_named
from tests.relay import relayed
from tests.timing import crowd
from tui.commands import parser

ROOT = Path(__file__).parent.parent


def surroundings(folder: Path, env: Mapping[str, str] | None) -> dict[str, str]:
    """Nothing of this machine's environment but what `env` gives. A warning is an error."""
    clean = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
    clean["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    clean["AWS_EC2_METADATA_DISABLED"] = "true"
    clean["PYTHONWARNINGS"] = "error"
    return {**clean, **(env or {})}


def call(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return forked.run("tui", arguments, surroundings(folder, env), folder, stdin=stdin, limit=120)


@contextmanager
def started(folder: Path, *command: str, env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The command while it runs."""
    with subprocess.Popen(
        command, cwd=folder, env=surroundings(folder, env), text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


TUI = (sys.executable, "-m", "tui")


def journal_of(folder: Path) -> list[dict[str, object]]:
    (path,) = (folder / ".local" / "state" / "skysql-privatelink" / "runs").glob("*.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


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
    for word in ("check", "apply", "sandbox", "--json", "bundle", "--profile", "--debug", "exit codes"):
        assert word in shown


WRONG = [
    ("aply",),
    ("apply",),
    ("apply", "x.toml", "--nonsense"),
    ("apply", "x.toml", "--ye"),
    ("sandbox",),
    ("sandbox", "serve", "--port", "65535"),  # SkySQL's side would need the port after the last
    ("sandbox", "serve", "--port", "-1"),
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_usage_exits_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = call(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [("--json", "aply"), ("apply", "--json"), ("--json",), ("check", ".", "--json")])
def test_wrong_usage_is_told_as_json_too(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = call(tmp_path, *arguments)
    assert done.returncode == 2
    assert events(done)[0]["event"] == "error"


def test_options_stand_before_or_after_a_command(tmp_path: Path) -> None:
    for arguments in (["--json", "apply", "x"], ["apply", "--json", "x"], ["apply", "x", "--json"]):
        assert parser().parse_args(arguments).json
    for arguments in (["--json", "sandbox", "serve"], ["sandbox", "--json", "serve"], ["sandbox", "serve", "--json"]):
        assert parser().parse_args(arguments).json


def test_a_plan_may_come_through_a_pipe(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    """As from `check <(make-a-plan)`."""
    done = call(tmp_path, "check", "--json", "/dev/stdin", env=sandbox, stdin=plan_text(sandbox))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_wizard_without_a_terminal_names_apply(tmp_path: Path) -> None:
    done = call(tmp_path)
    assert done.returncode == 2
    assert "apply PLAN" in done.stderr
    assert done.stdout == ""


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    done = call(tmp_path, "apply", "nowhere.toml")
    assert done.returncode == 2
    assert "nowhere.toml" in done.stderr


def test_a_plan_with_an_unknown_key_names_the_nearest(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    text = plan_text(sandbox).replace("private_dns", "privat_dns")
    done = call(tmp_path, "apply", "--json", written(tmp_path, text), env=sandbox)
    assert done.returncode == 2
    error, result = events(done)
    assert error["event"] == "error"
    assert (result["event"], result["status"], result["exit_code"]) == ("result", "failed", 2)
    assert "private_dns" in done.stderr


def test_no_key_exits_4(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    env = {name: value for name, value in sandbox.items() if name != "SKYSQL_API_KEY"}
    done = call(tmp_path, "apply", written(tmp_path, plan_text(sandbox)), env=env)
    assert done.returncode == 4
    assert "SKYSQL_API_KEY" in done.stderr


def test_a_wrong_key_exits_4(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    done = call(
        tmp_path, "apply", "--json", written(tmp_path, plan_text(sandbox)), env={**sandbox, "SKYSQL_API_KEY": "not-it"}
    )
    assert done.returncode == 4
    assert "not-it" not in done.stdout + done.stderr
    assert events(done)[-1]["event"] == "result"


def test_no_aws_credentials_exit_4(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    env = {name: value for name, value in sandbox.items() if not name.startswith("AWS_") or name == "AWS_ENDPOINT_URL"}
    done = call(tmp_path, "apply", "--json", written(tmp_path, plan_text(sandbox)), env=env)
    assert done.returncode == 4
    assert "aws configure" in done.stdout


def test_check_changes_nothing(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    done = call(tmp_path, "check", "--json", written(tmp_path, plan_text(sandbox)), env=sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    told = events(done)
    assert {line["event"] for line in told} == {"run", "check", "result"}
    assert told[-1]["status"] == "done"
    assert not (tmp_path / ".local").exists()
    with ec2(sandbox) as client:
        assert client.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_a_blocking_check_exits_3_and_changes_nothing(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    text = plan_text(sandbox).replace("123456789012", "210987654321")
    done = call(tmp_path, "apply", "--json", written(tmp_path, text), env=sandbox)
    assert done.returncode == 3
    told = events(done)
    assert told[-1]["status"] == "blocked"
    blockers = [line for line in told if line["event"] == "check" and line["level"] == "blocker"]
    assert any("123456789012" in f"{line['detail']} {line['title']} {line['remedy']}" for line in blockers)
    with ec2(sandbox) as client:
        assert client.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_apply_sets_up_the_link_and_a_second_apply_changes_nothing(
    tmp_path: Path, own_sandbox: Mapping[str, str]
) -> None:
    """The whole walk without a screen, read back with a client that shares nothing with the program's."""
    plan = written(tmp_path, plan_text(own_sandbox))
    done = call(tmp_path, "apply", "--json", plan, env=own_sandbox)
    told = events(done)
    assert done.returncode == 0, done.stdout + done.stderr
    assert told[0]["event"] == "run"
    assert all("at" in line for line in told)
    result = told[-1]
    assert result["event"] == "result"
    assert result["status"] == "done"
    assert result["ports"] == {"readwrite": 3306, "readonly": 3307}
    assert isinstance(result["downtime_seconds"], int | float)

    with ec2(own_sandbox) as client:
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

    again = call(tmp_path, "apply", "--json", plan, env=own_sandbox)
    assert again.returncode == 0, again.stdout + again.stderr
    second = events(again)[-1]
    assert second["vpc_endpoint_id"] == result["vpc_endpoint_id"]
    assert second["downtime_seconds"] is None
    with ec2(own_sandbox) as client:
        assert len(client.describe_vpc_endpoints()["VpcEndpoints"]) == 1


def test_a_log_is_written_when_asked_for_and_stdout_stays_json(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    logs = tmp_path / ".local" / "state" / "skysql-privatelink" / "logs"
    plan = written(tmp_path, plan_text(sandbox))
    assert call(tmp_path, "check", "--json", plan, env=sandbox).returncode == 0
    assert not logs.exists()
    done = call(tmp_path, "--debug", "check", "--json", plan, env=sandbox)
    assert done.returncode == 0
    assert {line["event"] for line in events(done)} == {"run", "check", "result"}
    (log,) = logs.iterdir()
    assert done.stderr == f"Log: {log}\n"
    text = log.read_text(encoding="utf-8")
    assert f"skysql-privatelink {__version__}" in text
    assert " aws ec2:DescribeSubnets region=us-east-2 attempt=1 " in text
    assert " skysql GET /provisioning/v1/services attempt=1 " in text


def test_a_bundle_says_what_is_inside(tmp_path: Path) -> None:
    done = call(tmp_path, "bundle", "-o", "support.tar.gz")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Packed: support.tar.gz\n  about.txt\n")
    assert "Not inside are keys, tokens, passwords" in done.stdout
    with tarfile.open(tmp_path / "support.tar.gz") as archive:
        assert archive.getnames() == ["skysql-privatelink-logs/about.txt"]
    again = call(tmp_path, "bundle", "--json", "-o", "support.tar.gz")
    assert again.returncode == 1
    assert events(again)[0]["code"] == "file.exists"
    (line,) = events(call(tmp_path, "bundle", "--json"))
    assert (line["event"], line["files"]) == ("bundle", ["about.txt"])
    assert call(tmp_path, "bundle", "no-such-run").returncode == 2


def test_a_log_that_cannot_be_written_stops_nothing(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    (tmp_path / "file").write_text("")
    env = {**sandbox, "XDG_STATE_HOME": str(tmp_path / "file")}
    done = call(tmp_path, "check", "--debug", written(tmp_path, plan_text(sandbox)), env=env)
    assert done.returncode == 0
    assert "log cannot be written" in done.stderr


def test_a_run_goes_on_when_nobody_reads_any_more(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    """`apply --json | head -1`: it must not end between the switch and the link."""
    plan = written(tmp_path, plan_text(own_sandbox))
    with started(tmp_path, *TUI, "apply", "--json", plan, env=own_sandbox) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["event"] == "run"
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(60) == 0, said
    assert "going on without it" in said
    assert "Traceback" not in said
    assert journal_of(tmp_path)[-1]["status"] == "done"


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_a_run_with_streams_that_are_closed(tmp_path: Path, own_sandbox: Mapping[str, str], closed: str) -> None:
    plan = written(tmp_path, plan_text(own_sandbox))
    line = f'exec "$0" -m tui apply "$1" {closed}'
    with started(tmp_path, "/bin/sh", "-c", line, sys.executable, plan, env=own_sandbox) as process:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said


def test_a_narrow_encoding_does_not_end_a_run(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    plan = written(tmp_path, plan_text(own_sandbox))
    with started(tmp_path, *TUI, "apply", plan, env={**own_sandbox, "PYTHONIOENCODING": "ascii"}) as process:
        told, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "Host: " in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_run_that_can_go_on(
    tmp_path: Path, own_sandbox: Mapping[str, str], number: signal.Signals
) -> None:
    plan = written(tmp_path, plan_text(own_sandbox))
    with started(tmp_path, *TUI, "apply", "--json", plan, env=own_sandbox) as process:
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        process.send_signal(number)
        rest, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    result = json.loads(rest.splitlines()[-1])
    assert (result["event"], result["status"], result["exit_code"]) == ("result", "interrupted", 130)
    again = call(tmp_path, "apply", "--json", plan, env=own_sandbox)
    assert again.returncode == 0
    assert events(again)[-1]["run"] == first["run"]


HANGING = [
    pytest.param("ec2:CreateSecurityGroup", True, signal.SIGTERM, id="aws"),
    pytest.param("PATCH /provisioning/v1/services/dbpgf00000001/endpoints", True, signal.SIGHUP, id="skysql"),
    pytest.param("GET /provisioning/v1/services/dbpgf00000001", False, signal.SIGINT, id="a look"),
]


def cpu_seconds(process: int) -> float:
    """What a process has worked until now, in its own code; 0 where the system does not tell."""
    try:
        ticks = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11]
    except OSError:
        return 0.0
    return int(ticks) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(("call_", "changes", "number"), HANGING)
def test_a_call_that_hangs_holds_up_no_signal(
    tmp_path: Path, own_sandbox: Mapping[str, str], call_: str, changes: bool, number: signal.Signals
) -> None:
    """Gone within five seconds and idle until then, the change in flight recorded as unclear, the journal closed."""
    plan = written(tmp_path, plan_text(own_sandbox))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    with relayed(own_sandbox) as (relay, env):
        relay.hangs.add(call_)
        with started(tmp_path, *TUI, "apply", "--json", plan, env=env) as process:
            relay.wait_for(call_)
            worked = cpu_seconds(process.pid)
            process.send_signal(number)
            told, said = process.communicate(timeout=5 * crowd())
        worked_in_all = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        assert process.returncode == 130, said
        assert worked_in_all - worked < 1.5, "it waits, and does not spin"
    assert "Traceback" not in said
    result = json.loads(told.splitlines()[-1])
    assert (result["event"], result["status"], result["exit_code"]) == ("result", "interrupted", 130)
    journal = journal_of(tmp_path)
    assert (journal[-1]["kind"], journal[-1]["status"]) == ("ended", "interrupted")
    assert ((journal[-2]["kind"], journal[-2].get("outcome")) == ("acted", "unclear")) == changes


def test_a_run_under_nohup_outlives_its_terminal(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    plan = written(tmp_path, plan_text(own_sandbox))
    with started(tmp_path, "nohup", *TUI, "apply", "--json", plan, env=own_sandbox) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        rest, said = process.communicate(timeout=60)
    assert process.returncode == 0, rest + said


AGREEING = [
    pytest.param(b"orders-prod\n", 0, False, id="the name"),
    pytest.param(b"yes\n", 2, False, id="something else"),
    pytest.param(b"\x04", 2, False, id="the end"),
    pytest.param(b"\x03", 130, False, id="ctrl-c"),
    pytest.param(b"\x03", 130, True, id="ctrl-c, json"),
]


@pytest.mark.parametrize(("typed", "code", "as_json"), AGREEING)
def test_at_a_terminal_an_interruption_is_agreed_to(
    tmp_path: Path, own_sandbox: Mapping[str, str], typed: bytes, code: int, as_json: bool
) -> None:
    plan = written(tmp_path, plan_text(own_sandbox))
    terminal, end = os.openpty()
    arguments = (*TUI, "apply", plan, *(["--json"] if as_json else []))
    with subprocess.Popen(
        ["setsid", "--ctty", "--wait", *arguments], cwd=tmp_path, env=surroundings(tmp_path, own_sandbox),
        stdin=end, stdout=end, stderr=subprocess.PIPE if as_json else end,
    ) as process:  # fmt: skip
        os.close(end)
        if as_json:
            assert process.stderr is not None
            read_until(process.stderr.fileno(), b"type orders-prod: ")
        else:
            read_until(terminal, b"type orders-prod: ")
        os.write(terminal, typed)
        shown = read_until(terminal)
        assert process.wait(60) == code, shown
    os.close(terminal)
    if as_json:
        (result,) = shown.decode().replace("^C", "").splitlines()  # the terminal's own echo
        assert json.loads(result)["status"] == "interrupted"


def read_until(handle: int, words: bytes = b"\0") -> bytes:
    """What is to be read until `words` came, or to the end."""
    shown = b""
    while words not in shown:
        try:
            piece = os.read(handle, 65536)
        except OSError:  # how Linux tells the end of a terminal
            break
        if not piece:
            break
        shown += piece
    return shown


def test_the_journal_is_private_and_holds_no_secret(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    done = call(tmp_path, "apply", written(tmp_path, plan_text(own_sandbox)), env=own_sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [path for path in (tmp_path / ".local").rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert path.stat().st_mode & 0o077 == 0, path
        text = path.read_text(encoding="utf-8")
        assert own_sandbox["SKYSQL_API_KEY"] not in text
        assert own_sandbox["AWS_SECRET_ACCESS_KEY"] not in text


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
