"""What the README shows is true: its plan parses, its pictures are there, its commands are the program's."""

import re
import shlex
from pathlib import Path

from core.plan import NewGroup, parse_plan
from core.sandbox.faults import parse_fault
from tui.commands import parser

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_plan_in_the_readme_parses() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    plan = parse_plan(text)
    assert plan.service == "orders-prod"
    assert isinstance(plan.group, NewGroup)
    assert plan.tags == (("team", "payments"),)


def test_the_pictures_are_there() -> None:
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", README)
    assert pictures
    for picture in pictures:
        assert (ROOT / picture).is_file(), picture


def test_the_commands_are_the_programs() -> None:
    whole = README.replace("\\\n", "")
    shown = re.findall(r"^skysql-privatelink ?(.*?)(?:\s+#.*)?$", whole, re.MULTILINE)
    assert {line.split()[0] for line in shown if line} == {
        *("check", "apply", "resume", "undo", "list", "doctor", "bundle", "sandbox"),
    }
    for line in shown:
        parser().parse_args(shlex.split(line))


def test_the_faults_are_the_sandboxs() -> None:
    faults = re.findall(r"--fault '([^']+)'", README)
    assert faults
    for fault in faults:
        parse_fault(fault)


def test_the_lock_files_name_no_index() -> None:
    for lock in ROOT.glob("requirements*.lock"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text
