"""`doctor` on the command line, in a sandbox where nothing runs: what it tells, and how it ends."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.plans import ec2, vpc_named
from tests.test_commands import surroundings
from tui.commands import run

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef


@dataclass
class Shell:
    """The command line in this process, over an environment of its own."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def call(self, env: Mapping[str, str], *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and standard error."""
        with self.monkeypatch.context() as patched:
            for name in [name for name in os.environ if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_", "XDG_"))]:
                patched.delenv(name)
            for name, value in surroundings(self.folder, env).items():
                patched.setenv(name, value)
            code = run(["doctor", *arguments])
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def told(self, env: Mapping[str, str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
        """The exit code and the `--json` lines."""
        code, out, _ = self.call(env, "--json", *arguments)
        return code, [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, monkeypatch, capsys)


def test_a_broken_link_is_told_with_why_and_what_to_do(shell: Shell, sandbox: Mapping[str, str]) -> None:
    code, out, err = shell.call(sandbox, "ledger-prod")
    assert (code, err) == (1, "")
    lines = out.splitlines()
    assert lines[0] == "✓ Service      ledger-prod is ready, in us-east-2."
    assert lines[3].startswith("✗ Endpoint     No VPC endpoint of account 123456789012 in us-east-2 leads to ")
    assert lines[4] == "  Why          None was made there, or it is in another account: only that account sees it."
    assert lines[5] == "  Now          Make one: skysql-privatelink apply PLAN, or the wizard."
    assert lines[6].startswith("- Not tried    State, Zones, ")
    assert lines[-1] == "The chain is broken at Endpoint."


def test_as_json_it_is_a_line_a_link_and_a_result(shell: Shell, sandbox: Mapping[str, str]) -> None:
    code, told = shell.told(sandbox, "orders-prod")
    assert code == 1
    assert [line["event"] for line in told] == ["link"] * 18 + ["result"]
    assert [(line["link"], line["state"]) for line in told[:3]] == [
        ("service", "ok"), ("mechanism", "failed"), ("account", "skipped"),
    ]  # fmt: skip
    assert told[-1] == {
        "event": "result", "at": told[-1]["at"], "status": "failed", "detail": "The chain is broken at PrivateLink.",
        "exit_code": 1, "service_id": "dbpgf00000001", "service": "orders-prod", "vpc": "", "vpc_endpoint_id": "",
        "host": "dbpgf00000001.sysp0000.db1.skysql.com", "port": 3306, "broken": "mechanism", "paste": [],
    }  # fmt: skip


def test_without_an_aws_login_skysqls_side_is_told_first(shell: Shell, sandbox: Mapping[str, str]) -> None:
    code, told = shell.told(sandbox, "ledger-prod", "--profile", "expired-sso")
    assert code == 4
    assert [line["event"] for line in told] == ["link", "link", "error", "result"]
    assert {line["state"] for line in told[:2]} == {"ok"}
    assert (told[-1]["status"], told[-1]["exit_code"]) == ("failed", 4)


def test_without_a_key_it_is_told_as_a_result_too(shell: Shell, sandbox: Mapping[str, str]) -> None:
    code, told = shell.told({**sandbox, "SKYSQL_API_KEY": ""}, "orders-prod")
    assert code == 4
    assert [line["event"] for line in told] == ["error", "result"]


def test_a_service_that_is_not_there(shell: Shell, sandbox: Mapping[str, str]) -> None:
    code, out, err = shell.call(sandbox, "orders-prd")
    assert (code, out) == (1, "")
    assert "There is no SkySQL service “orders-prd”." in err


@pytest.mark.parametrize("arguments", [(), ("orders-prod", "--vpc", "nonsense")])
def test_wrong_usage(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert shell.call({}, *arguments)[0] == 2


# ---------------------------------------------------------------------------------------------- a link, from outside


@pytest.fixture
def linked(shell: Shell, used_sandbox: Mapping[str, str]) -> Iterator[str]:
    """An endpoint to ledger-prod in prod-core, made by hand, with a group that admits nobody; its id."""
    with ec2(used_sandbox) as client:
        vpc = vpc_named(client, "prod-core")
        name: FilterTypeDef = {"Name": "tag:Name", "Values": ["prod-private-*"]}
        subnets = client.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}, name])["Subnets"]
        _, told = shell.told(used_sandbox, "ledger-prod")
        service = told[1]["seen"].split(": ")[1].rstrip(".")
        zones = client.describe_vpc_endpoint_services(ServiceNames=[service])["ServiceDetails"][0]["AvailabilityZones"]
        group = client.create_security_group(GroupName="closed", Description="admits nobody", VpcId=vpc)["GroupId"]
        made = client.create_vpc_endpoint(
            VpcEndpointType="Interface", VpcId=vpc, ServiceName=service, PrivateDnsEnabled=True,
            SecurityGroupIds=[group],
            SubnetIds=[one["SubnetId"] for one in subnets if one["AvailabilityZone"] in zones],
        )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
        yield made
        client.delete_vpc_endpoints(VpcEndpointIds=[made])
        client.delete_security_group(GroupId=group)


def test_a_group_that_admits_nobody_is_found(shell: Shell, used_sandbox: Mapping[str, str], linked: str) -> None:
    code, told = shell.told(used_sandbox, "ledger-prod")
    (groups,) = [line for line in told if line.get("link") == "groups"]
    assert (code, told[-1]["broken"], told[-1]["vpc_endpoint_id"]) == (1, "groups", linked)
    assert groups["seen"].startswith("closed (sg-")
    assert groups["seen"].endswith(") admits nobody on port 3306.")
    reach = [line for line in told if line["event"] == "reach"]
    assert [(line["name"], line["port"], line["verdict"]) for line in reach] == [
        ("app-1", 3306, "no"), ("app-2", 3306, "no"), ("batch", 3306, "no"), ("jump", 3306, "no"),
    ]  # fmt: skip
    assert set(reach[0]) == {"event", "at", "port", "client", "name", "where", "verdict", "why"}


def test_a_vpc_without_an_endpoint_is_told_where_there_is_one(
    shell: Shell, used_sandbox: Mapping[str, str], linked: str
) -> None:
    with ec2(used_sandbox) as client:
        legacy = vpc_named(client, "legacy")
    code, told = shell.told(used_sandbox, "ledger-prod", "--vpc", legacy)
    (endpoint,) = [line for line in told if line.get("link") == "endpoint"]
    assert (code, endpoint["state"]) == (1, "failed")
    assert f"{linked} in vpc-" in endpoint["why"]  # other tests may have linked other VPCs
