"""The cases themselves: they can fail, and they can be asked of an account."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Need, Refuses, Shows, show
from tests.sandbox.conformance.scene import Scene
from tests.sandbox.stage import staged

ROOT = Path(__file__).parents[3]
UNKNOWN = {"VpcIds": ["vpc-0123456789abcdef0"]}

WRONG = [
    Refuses("no error", at.ERRORS, "describe_vpcs", {}, "InvalidVpcID.NotFound"),
    Refuses("another code", at.ERRORS, "describe_vpcs", UNKNOWN, "InvalidSubnetID.NotFound"),
    Refuses("other words", at.ERRORS, "describe_vpcs", UNKNOWN, "InvalidVpcID.NotFound", words="is unknown"),
    Refuses("another status", at.ERRORS, "describe_vpcs", UNKNOWN, "InvalidVpcID.NotFound", status=404),
    Shows("another value", at.ERRORS, lambda _: 1, 2),
    Shows("another value of the scene", at.ERRORS, lambda s: s.here.vpc, lambda s: s.there.vpc),
]


@pytest.mark.parametrize("case", WRONG, ids=[case.says for case in WRONG])
def test_a_case_that_is_not_so_fails(case: Case, scene: Scene) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        show(case, scene)


def test_a_refused_call_that_changes_something_fails(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = iter([["before"], ["after"]])
    monkeypatch.setattr(Scene, "picture", lambda _: next(pictures))
    with pytest.raises(AssertionError):
        show(Refuses("a change", at.ERRORS, "describe_vpcs", UNKNOWN, "InvalidVpcID.NotFound"), scene)


def test_a_case_names_a_public_page() -> None:
    with pytest.raises(ValueError, match="a case names a public page"):
        Shows("anything", "everybody knows", lambda _: 1, 1)


def test_what_cannot_be_asked_here_is_skipped_with_the_reason(scene: Scene) -> None:
    with pytest.raises(pytest.skip.Exception, match=Need.FATE.value):
        show(Shows("an ending", at.ERRORS, lambda _: 1, 2, needs=Need.FATE), scene)


def test_the_cases_can_be_asked_of_an_account_and_leave_nothing_in_it(own_sandbox: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist", "-rs"]
    options = ["--aws-profile", "default", "--skysql-url", own_sandbox["SKYSQL_API_URL"]]
    with staged(own_sandbox) as stage:

        def everything() -> list[object]:
            lists = ("vpcs", "subnets", "security_groups", "vpc_endpoints", "network_interfaces")
            found = [getattr(stage.loose, f"describe_{name}")() for name in lists]
            return [{**answer, "ResponseMetadata": None} for answer in found]

        before = everything()
        told = subprocess.run(
            [*command, str(Path(__file__).with_name("test_deleting.py")), *options],
            cwd=ROOT, env={**os.environ, **own_sandbox}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stdout
        assert Need.SEED.value in told.stdout
        assert everything() == before
