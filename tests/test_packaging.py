"""The wheel, in an empty virtual environment outside the checkout: what a user gets."""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

import pytest

from core import __version__
from tests.plans import plan_text

ROOT = Path(__file__).parent.parent

pytestmark = [pytest.mark.packaging, pytest.mark.timeout(600), pytest.mark.xdist_group("packaging")]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed command."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        check=True,
        capture_output=True,
    )
    wheel = next(folder.glob("*.whl"))
    venv.create(folder / "venv", with_pip=True)
    python = folder / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements.lock")], check=True, capture_output=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    return python.with_name("skysql-privatelink")


def call(command: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(cwd),
        "SKYSQL_PRIVATELINK_SANDBOX_SPEED": "0",
        "LANG": "C.UTF-8",
    }
    return subprocess.run([str(command), *arguments], cwd=cwd, env=env, capture_output=True, text=True, check=False)


def test_version_and_help(command: Path, tmp_path: Path) -> None:
    assert call(command, "--version", cwd=tmp_path).stdout.strip() == f"skysql-privatelink {__version__}"
    shown = call(command, "--help", cwd=tmp_path)
    assert shown.returncode == 0
    assert "apply" in shown.stdout
    assert "exit codes" in shown.stdout


def test_a_whole_apply_in_the_sandbox(command: Path, tmp_path: Path, sandbox: Mapping[str, str]) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(plan_text(sandbox), encoding="utf-8")
    done = call(command, "apply", "--sandbox", "--json", str(plan), cwd=tmp_path)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stdout + done.stderr
    assert lines[-1]["event"] == "result"
    assert lines[-1]["status"] == "done"
    assert lines[-1]["host"].endswith(".skysql.com")
