"""The AWS CLI in the sandbox: what an administrator would type, and what AWS's own documentation shows for it.

The CLI brings its own botocore and its own words, so it also shows that the sandbox speaks to clients that know nothing
of this project.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.forked import ForkedSandbox
from tests.sandbox.conformance.scene import GONE
from tests.sandbox.stage import staged
from tests.sandbox.test_process import eventually

EXAMPLES = files("awscli") / "examples" / "ec2"
OUTPUT = re.compile(r"^Output::?\n\n((?:[ \t]+.*\n|\n)+)", re.MULTILINE)
LEDGER = "dbpgf00000003"


@dataclass(frozen=True)
class Cli:
    variables: Mapping[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(Path(sys.executable).with_name("aws")), *words]
        environment = {**os.environ, **self.variables, "COLUMNS": "200", "AWS_PAGER": ""}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def text(self, *words: str) -> str:
        told = self.run(*words)
        assert (told.returncode, told.stderr) == (0, ""), told.stderr
        return told.stdout.strip()

    def ec2(self, *words: str) -> Any:
        """The JSON of an EC2 command, which holds every key that the command's published example shows."""
        answer = json.loads(self.text("ec2", *words, "--output", "json"))
        assert missing(words[0], answer) == set()
        return answer

    def error(self, *words: str) -> str:
        told = self.run("ec2", *words)
        assert (told.returncode, told.stdout) == (255, "")
        return told.stderr.strip()


def published(command: str) -> Iterator[Any]:
    """The answers that AWS's documentation shows for a command."""
    page = (EXAMPLES / f"{command}.rst").read_text(encoding="utf-8").replace(r"\*", "*")
    for block in OUTPUT.findall(page + "\n"):
        text = textwrap.dedent(block).strip()
        with contextlib.suppress(ValueError):  # some were written by hand
            yield json.loads(text)


def lacking(shown: Any, answer: Any, path: str = "") -> set[str]:
    """The keys that `shown` has and `answer` lacks. What is in a list is looked for in all items of the answer's."""
    if isinstance(shown, list) and isinstance(answer, list):
        return {key for one in shown for key in lacking(one, _merged(answer), path)} if answer else set()
    if not isinstance(shown, dict) or not isinstance(answer, dict):
        return set()
    names = {key: f"{path}.{key}".lstrip(".") for key in shown}
    below = [lacking(value, answer[key], names[key]) for key, value in shown.items() if key in answer]
    return {names[key] for key in shown if key not in answer}.union(*below)


def _merged(items: list[Any]) -> Any:
    """One item with the keys of all."""
    return {key: value for one in items for key, value in one.items()} if isinstance(items[0], dict) else None


def missing(command: str, answer: Any) -> set[str]:
    """The keys of the published example nearest to an answer that the answer lacks."""
    return min((lacking(shown, answer) for shown in published(command)), key=len)


@pytest.fixture(scope="module")
def cli() -> Iterator[Cli]:
    """A sandbox in which states last long enough to be seen, and not longer."""
    with ForkedSandbox() as child:
        yield Cli(child.start(speed=0.05))


@pytest.fixture(scope="module")
def service(cli: Cli) -> str:
    """An endpoint service that admits the account."""
    with staged(cli.variables) as stage:
        return stage.endpoint_service(LEDGER)


def test_an_endpoint_by_hand(cli: Cli, service: str) -> None:
    """What an administrator types, from the first look until nothing is left."""
    assert cli.text("sts", "get-caller-identity", "--query", "Account", "--output", "text") == "123456789012"
    details = cli.ec2("describe-vpc-endpoint-services", "--service-names", service)["ServiceDetails"][0]
    by_name = ("--filters", "Name=tag:Name,Values=prod-core", "--query", "Vpcs[0].VpcId", "--output", "text")
    vpc = cli.text("ec2", "describe-vpcs", *by_name)
    subnets = cli.ec2("describe-subnets", "--filters", f"Name=vpc-id,Values={vpc}", "Name=tag:Name,Values=*private*")
    fitting = [one["SubnetId"] for one in subnets["Subnets"] if one["AvailabilityZone"] in details["AvailabilityZones"]]
    assert len(fitting) == 2

    named = ("--group-name", "by-hand", "--description", "Clients of ledger", "--vpc-id", vpc)
    assert cli.error("create-security-group", *named, "--dry-run") == (
        "An error occurred (DryRunOperation) when calling the CreateSecurityGroup operation:"
        " Request would have succeeded, but DryRun flag is set."
    )
    group = cli.ec2("create-security-group", *named)["GroupId"]
    rule = ("--protocol", "tcp", "--port", "3306", "--cidr", "10.20.0.0/16")
    admitted = cli.ec2("authorize-security-group-ingress", "--group-id", group, *rule)["SecurityGroupRules"]
    assert [one["CidrIpv4"] for one in admitted] == ["10.20.0.0/16"]

    wanted = (
        *("--vpc-endpoint-type", "Interface", "--vpc-id", vpc, "--service-name", service, "--no-private-dns-enabled"),
        *("--subnet-ids", *fitting, "--security-group-ids", group),
        *("--tag-specifications", "ResourceType=vpc-endpoint,Tags=[{Key=service,Value=ledger}]"),
    )
    made = cli.ec2("create-vpc-endpoint", *wanted)["VpcEndpoint"]
    assert made["State"] == "pending"
    endpoint = ("--vpc-endpoint-ids", made["VpcEndpointId"])
    state = ("describe-vpc-endpoints", *endpoint, "--query", "VpcEndpoints[0].State", "--output", "text")
    assert eventually(lambda: cli.text("ec2", *state) == "available")
    interfaces = cli.ec2("describe-network-interfaces", "--network-interface-ids", *made["NetworkInterfaceIds"])
    assert {one["InterfaceType"] for one in interfaces["NetworkInterfaces"]} == {"vpc_endpoint"}

    switched = ("--vpc-endpoint-id", made["VpcEndpointId"], "--private-dns-enabled")
    assert cli.ec2("modify-vpc-endpoint", *switched)["Return"] is True
    assert eventually(lambda: cli.text("ec2", *state) == "available")
    described = cli.ec2("describe-vpc-endpoints", *endpoint)["VpcEndpoints"][0]
    assert described["PrivateDnsEnabled"] is True
    assert described["DnsEntries"][-1]["DnsName"] == details["PrivateDnsName"]

    held = cli.error("delete-security-group", "--group-id", group)
    assert held == (
        "An error occurred (DependencyViolation) when calling the DeleteSecurityGroup operation:"
        f" resource {group} has a dependent object"
    )
    assert cli.ec2("delete-vpc-endpoints", *endpoint)["Unsuccessful"] == []
    assert eventually(lambda: cli.run("ec2", "delete-security-group", "--group-id", group).returncode == 0)
    assert eventually(lambda: GONE in cli.run("ec2", *state).stderr)


SHAPES = {"text": r"VPCENDPOINTS?\t|SERVICEDETAILS\t|SUBNETS\t", "table": r"\|\s+Describe(Vpc|Subnets)"}


@pytest.mark.parametrize("output", SHAPES)
@pytest.mark.parametrize("command", ["describe-vpc-endpoint-services", "describe-subnets"])
def test_answers_for_the_eye(cli: Cli, command: str, output: str) -> None:
    assert re.search(SHAPES[output], cli.text("ec2", command, "--output", output))


NO_SERVICE, NO_VPC = "com.amazonaws.vpce.us-east-2.vpce-svc-0123456789abcdef0", "vpc-0123456789abcdef0"
NOT_THERE = f"The Vpc Endpoint Service '{NO_SERVICE}' does not exist"
ERRORS = [
    ("describe-vpc-endpoint-services", ["--service-names", NO_SERVICE],
     f"(InvalidServiceName) when calling the DescribeVpcEndpointServices operation: {NOT_THERE}"),
    ("create-vpc-endpoint", ["--vpc-id", NO_VPC, "--service-name", NO_SERVICE],
     f"(InvalidVpcID.NotFound) when calling the CreateVpcEndpoint operation: The vpc ID '{NO_VPC}' does not exist"),
]  # fmt: skip


@pytest.mark.parametrize(("command", "words", "told"), ERRORS, ids=[row[0] for row in ERRORS])
def test_a_refusal_reads_as_from_aws(cli: Cli, command: str, words: list[str], told: str) -> None:
    assert cli.error(command, *words) == f"An error occurred {told}"


def test_a_missing_key_would_be_noticed() -> None:
    """The comparison with the published examples can fail."""
    assert missing("delete-vpc-endpoints", {}) == {"Unsuccessful"}
    assert missing("delete-vpc-endpoints", {"Unsuccessful": [], "More": 1}) == set()
