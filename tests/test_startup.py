"""What is loaded before the first page: nothing heavy, and nothing of a screen in `core`."""

import subprocess
import sys

import pytest


def loaded(statement: str) -> set[str]:
    """Top-level packages in `sys.modules` after `statement`, in a fresh interpreter."""
    code = f"{statement}; import sys; print(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HEAVY = {"boto3", "botocore", "httpx", "keyring", "moto", "flask", "pydantic", "pymysql"}


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import tui.commands", HEAVY | {"textual", "rich", "asyncio.subprocess"}),
        ("import tui.app", HEAVY),
        ("import core.edges.world", HEAVY | {"textual", "rich"}),
        ("import core.work.operation", HEAVY | {"textual", "rich"}),
        ("import core.work.proving", HEAVY | {"textual", "rich"}),
        ("import core.edges.database", HEAVY | {"textual", "rich"}),
        ("import core.sandbox.child", HEAVY | {"textual", "rich"}),
    ],
)
def test_import_stays_light(statement: str, unwanted: set[str]) -> None:
    assert not loaded(statement) & unwanted


def test_core_imports_no_screen() -> None:
    """Every module of core but the sandbox, imported: no textual among what was loaded."""
    walk = (
        "import importlib, pkgutil, core; "
        "names = [m.name for m in pkgutil.walk_packages(core.__path__, 'core.')]; "
        "[importlib.import_module(name) for name in names if 'sandbox' not in name]"
    )
    assert "textual" not in loaded(walk)
