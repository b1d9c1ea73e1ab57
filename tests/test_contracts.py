"""Each import contract is broken once on purpose and caught: a guard that guards nothing is worse than none."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

BROKEN = [
    ("core knows no screen", "core/work/engine.py", "import textual"),
    ("core knows no screen", "core/facts.py", "import rich"),
    ("core knows no screen", "core/export/clients.py", "import tui.app"),
    ("what decides imports no client", "core/choices/network.py", "import boto3"),
    ("what decides imports no client", "core/plan.py", "import httpx"),
    ("what decides imports no client", "core/redaction.py", "import httpx"),
    ("what decides imports no client", "core/checks/preflight.py", "import core.edges.world"),
    ("what decides imports no client", "core/standing.py", "import boto3"),
    ("what decides imports no client", "core/connection.py", "import pymysql"),
    ("what decides imports no client", "core/work/proving.py", "import core.edges.database"),
    ("only the command line knows the sandbox", "tui/screens/run.py", "import core.sandbox.child"),
    ("only the command line knows the sandbox", "core/edges/world.py", "import moto"),
    ("an answer flows one way", "core/values.py", "import core.facts"),
    ("an answer flows one way", "core/redaction.py", "import core.text"),
    ("an answer flows one way", "core/connection.py", "import core.world"),
    ("an answer flows one way", "core/draft.py", "import core.choices.services"),
    ("an answer flows one way", "core/standing.py", "import core.checks.findings"),
    ("an answer flows one way", "core/standing.py", "import core.draft"),
    ("an answer flows one way", "core/choices/review.py", "import core.checks.endpoint"),
]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for package in ("core", "tui"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(("contract", "file", "line"), BROKEN)
def test_a_broken_contract_is_caught(copy: Path, contract: str, file: str, line: str) -> None:
    """The contract named, and no other excuse, fails when `line` is written into `file`."""
    target = copy / file
    target.write_text(f"{target.read_text(encoding='utf-8')}\n{line}\n", encoding="utf-8")
    result = lint(copy)
    assert result.returncode == 1, result.stdout
    assert f"{contract} BROKEN" in result.stdout, result.stdout
