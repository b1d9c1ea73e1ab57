"""`resume`, `undo` and `list` as scripts and people at a terminal meet them."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.plans import ec2, plan_text
from tests.test_commands import TUI, call, events, journal_of, read_until, started, surroundings, written
from tui.commands import parser


def linked(folder: Path, env: Mapping[str, str]) -> dict[str, object]:
    done = call(folder, "apply", "--json", written(folder, plan_text(env)), env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return events(done)[-1]


def runs_in(folder: Path) -> Path:
    return folder / ".local" / "state" / "skysql-privatelink" / "runs"


def is_empty(env: Mapping[str, str]) -> None:
    """No endpoint, and no group but those that were sown."""
    with ec2(env) as client:
        standing = client.describe_vpc_endpoints()["VpcEndpoints"]
        assert [each for each in standing if each["State"].lower() not in ("deleting", "deleted")] == []
        ours = client.describe_security_groups(Filters=[{"Name": "tag-key", "Values": ["managed-by"]}])
        assert ours["SecurityGroups"] == []


# ------------------------------------------------------------------------------------------ words and exit codes


def test_an_address_may_have_a_comment() -> None:
    options = parser().parse_args(["undo", "orders-prod", "--allow", "203.0.113.7=office", "--allow", "10.0.0.0/8"])
    assert [(entry.ip, entry.comment) for entry in options.allow] == [("203.0.113.7/32", "office"), ("10.0.0.0/8", "")]
    assert parser().parse_args(["undo"]).allow == []


WRONG = [
    ("undo", "--allow", "everybody"),
    ("undo", "a", "b"),
    ("resume", "a", "b"),
    ("list", "a"),
    ("undo", "--al", "x"),
]


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
def test_wrong_usage_exits_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = call(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("command", "code"), [("resume", "nothing-unfinished"), ("undo", "nothing-to-undo")])
def test_with_nothing_here_it_says_so_and_exits_2(
    tmp_path: Path, sandbox: Mapping[str, str], command: str, code: str
) -> None:
    done = call(tmp_path, command, "--json", env=sandbox)
    assert done.returncode == 2
    error, result = events(done)
    assert (error["code"], result["event"], result["exit_code"]) == (code, "result", 2)
    assert result["kind"] == ("undo" if command == "undo" else "link")
    assert "SERVICE" in str(error["remedy"])


# ------------------------------------------------------------------------------------------ undo


def test_undo_takes_the_link_away_and_a_second_one_changes_nothing(
    tmp_path: Path, own_sandbox: Mapping[str, str]
) -> None:
    link = linked(tmp_path, own_sandbox)
    done = call(tmp_path, "undo", "--json", env=own_sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    told = events(done)
    assert (told[0]["event"], told[0]["kind"], told[0]["plan"]) == ("run", "undo", "")
    result = told[-1]
    assert (result["event"], result["status"], result["kind"]) == ("result", "done", "undo")
    assert result["removed"] == [link["vpc_endpoint_id"], link["security_group_id"]]
    is_empty(own_sandbox)
    again = call(tmp_path, "undo", "orders-prod", env=own_sandbox)
    assert again.returncode == 0, again.stdout + again.stderr
    assert "nothing to undo" in again.stdout


def test_undo_told_for_people(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    linked(tmp_path, own_sandbox)
    shown = call(tmp_path, "undo", env=own_sandbox).stdout
    for words in (
        "Undo 2",
        "✓ Delete VPC endpoint: vpce-",
        "✓ IP allowlist: 2 addresses may connect.",
        "✓ The service can be reached again; it was unreachable for",
        "Done. The link to orders-prod is undone.",
    ):
        assert words in shown, shown


def test_undo_without_a_journal_asks_for_the_addresses(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    linked(tmp_path, own_sandbox)
    shutil.rmtree(tmp_path / ".local")
    found = call(tmp_path, "resume", "orders-prod", "--json", env=own_sandbox)
    assert found.returncode == 2
    assert "skysql-privatelink undo dbpgf00000001" in str(events(found)[0]["remedy"])
    assert "vpce-" in str(events(found)[0]["cause"])
    waiting = call(tmp_path, "undo", "orders-prod", "--json", env=own_sandbox)
    assert waiting.returncode == 5, waiting.stdout + waiting.stderr
    assert "--allow CIDR" in str(next(line for line in events(waiting) if line["event"] == "error")["remedy"])
    done = call(tmp_path, "undo", "orders-prod", "--allow", "203.0.113.7=Berlin office", env=own_sandbox)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 address may connect" in done.stdout
    is_empty(own_sandbox)


TYPED = [
    pytest.param(b"orders-prod\n", 0, id="the name"),
    pytest.param(b"yes\n", 2, id="something else"),
]


@pytest.mark.parametrize(("typed", "code"), TYPED)
def test_at_a_terminal_an_undo_is_agreed_to_as_the_switch_was(
    tmp_path: Path, own_sandbox: Mapping[str, str], typed: bytes, code: int
) -> None:
    linked(tmp_path, own_sandbox)
    terminal, end = os.openpty()
    with subprocess.Popen(
        ["setsid", "--ctty", "--wait", *TUI, "undo"], cwd=tmp_path, env=surroundings(tmp_path, own_sandbox),
        stdin=end, stdout=end, stderr=end,
    ) as process:  # fmt: skip
        os.close(end)
        shown = read_until(terminal, b"type orders-prod: ")
        assert b"Switch orders-prod back to its public address: every connection over PrivateLink drops" in shown
        assert b"Nobody can connect from the first deletion" in shown
        assert b"203.0.113.7/32 Berlin office" in shown
        os.write(terminal, typed)
        shown = read_until(terminal)
        assert process.wait(60) == code, shown
    os.close(terminal)
    if code:
        with ec2(own_sandbox) as client:
            assert len(client.describe_vpc_endpoints()["VpcEndpoints"]) == 1


# ------------------------------------------------------------------------------------------ resume


def test_an_interrupted_run_and_an_interrupted_undo_are_resumed(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    plan = written(tmp_path, plan_text(own_sandbox))
    for command, kind in ((("apply", plan), "link"), (("undo",), "undo")):
        with started(tmp_path, *TUI, *command, "--json", env=own_sandbox) as process:
            assert process.stdout is not None
            first = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGTERM)
            rest, said = process.communicate(timeout=60)
        assert process.returncode == 130, said
        assert f"skysql-privatelink resume {first['run']}" in json.loads(rest.splitlines()[-1])["detail"]
        done = call(tmp_path, "resume", "--json", env=own_sandbox)
        assert done.returncode == 0, done.stdout + done.stderr
        told = events(done)
        assert (told[0]["run"], told[0]["kind"], told[0]["resumed"]) == (first["run"], kind, True)
        nothing = call(tmp_path, "resume", env=own_sandbox)
        assert nothing.returncode == 2
        assert "unfinished" in nothing.stderr
        over = call(tmp_path, "resume", first["run"], env=own_sandbox)
        assert over.returncode == 2
        assert "is done" in over.stderr
    is_empty(own_sandbox)


def test_a_plan_is_not_applied_over_half_an_undo(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    linked(tmp_path, own_sandbox)
    journal = runs_in(tmp_path)
    assert call(tmp_path, "undo", env=own_sandbox).returncode == 0
    newest = max(journal.glob("*.jsonl"), key=lambda path: json.loads(path.read_text().splitlines()[0])["number"])
    lines = newest.read_text().splitlines(keepends=True)
    newest.write_text("".join(lines[:5]))  # as if it had been killed there
    done = call(tmp_path, "apply", "--json", str(tmp_path / "plan.toml"), env=own_sandbox)
    assert done.returncode == 3
    assert f"resume {newest.stem}" in str(next(line for line in events(done) if line["event"] == "error")["remedy"])
    assert call(tmp_path, "resume", env=own_sandbox).returncode == 0
    assert call(tmp_path, "apply", str(tmp_path / "plan.toml"), env=own_sandbox).returncode == 0


def test_a_run_that_another_one_followed_is_over(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    link = linked(tmp_path, own_sandbox)
    path = runs_in(tmp_path) / f"{link['run']}.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-2]))
    assert call(tmp_path, "undo", env=own_sandbox).returncode == 0
    done = call(tmp_path, "resume", str(link["run"]), env=own_sandbox)
    assert done.returncode == 2
    assert "came after it" in done.stderr


# ------------------------------------------------------------------------------------------ list


def test_list_shows_services_and_runs(tmp_path: Path, own_sandbox: Mapping[str, str]) -> None:
    link = linked(tmp_path, own_sandbox)
    shown = call(tmp_path, "list", env=own_sandbox)
    assert shown.returncode == 0, shown.stderr
    assert "PrivateLink, 1 account" in shown.stdout
    assert "public, 1 address allowed" in shown.stdout
    assert str(link["run"]) in shown.stdout

    rows = events(call(tmp_path, "list", "--json", env=own_sandbox))
    orders = next(row for row in rows if row["event"] == "service" and row["service"] == "orders-prod")
    assert (orders["mechanism"], orders["status"], orders["runs"]) == ("privatelink", "ready", [link["run"]])
    assert orders["endpoint_service"] == link["endpoint_service"]
    (run,) = [row for row in rows if row["event"] == "run"]
    assert {name: run[name] for name in ("run", "kind", "status", "resumable", "changed", "undone")} == {
        "run": link["run"],
        "kind": "link",
        "status": "done",
        "resumable": False,
        "changed": True,
        "undone": False,
    }
    assert run["made"] == sorted([str(link["security_group_id"]), str(link["vpc_endpoint_id"])])

    call(tmp_path, "undo", env=own_sandbox)
    rows = events(call(tmp_path, "list", "--json", env=own_sandbox))
    newest, first = [row for row in rows if row["event"] == "run"]
    assert (newest["kind"], newest["status"], newest["plan"]) == ("undo", "done", "")
    assert (first["run"], first["undone"]) == (link["run"], True)
    assert next(row for row in rows if row["event"] == "service" and row["service"] == "orders-prod")["runs"] == []


def test_list_shows_runs_where_skysql_cannot_be_asked(tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    runs_in(tmp_path).mkdir(parents=True)
    line = {
        "v": 1,
        "at": "2026-01-15T12:00:00.000Z",
        "kind": "run",
        "run": "x",
        "service": "a",
        "service_name": "orders",
    }
    (runs_in(tmp_path) / "20260115-120000-abcd.jsonl").write_text(json.dumps(line) + "\n")
    done = call(tmp_path, "list", env={**sandbox, "SKYSQL_API_KEY": "not-it"})
    assert done.returncode == 4
    assert "20260115-120000-abcd" in done.stdout
    assert "cut off, resumable" in done.stdout
    assert "API key" in done.stderr
    assert journal_of(tmp_path)
