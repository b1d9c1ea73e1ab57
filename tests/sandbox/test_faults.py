"""What befalls single calls: how it is written, how calls are counted, and what a client meets on the wire."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from core.sandbox.clock import Clock
from core.sandbox.fate import Fate
from core.sandbox.faults import Fault, Ledger, parse_fault
from tests.sandbox.stage import Stage, refused, serving

ORDERS = "/provisioning/v1/services/dbpgf00000001"
READ = [
    ("ec2:CreateVpcEndpoint=RequestLimitExceeded*3", Fault("ec2:CreateVpcEndpoint", "RequestLimitExceeded", times=3)),
    ("skysql:PATCH /endpoints=reset*1", Fault("skysql:PATCH /endpoints", "reset", times=1)),
    ("skysql:*=slow:0.2", Fault("skysql:*", "slow", 0.2)),
    ("sts:*=ExpiredToken*2@5", Fault("sts:*", "ExpiredToken", times=2, first=5)),
    ("skysql:GET /services/*=429:7*1", Fault("skysql:GET /services/*", "429", 7, times=1)),
    ("ec2:Run=InvalidGroup.Duplicate", Fault("ec2:Run", "InvalidGroup.Duplicate")),
    ("skysql:PATCH /endpoints=400-pending", Fault("skysql:PATCH /endpoints", "400-pending")),
]


@pytest.mark.parametrize(("text", "fault"), READ, ids=[row[0] for row in READ])
def test_is_read(text: str, fault: Fault) -> None:
    assert parse_fault(text) == fault


UNREADABLE = [
    ("ec2:CreateVpcEndpoint", "is no fault"),
    ("", "is no fault"),
    ("s3:PutObject=reset", "'s3' is not served here"),
    ("ec2:*=resett", "AWS has no error 'resett'"),
    ("skysql:*=Throttling", "SkySQL has no error 'Throttling'"),
    ("skysql:*=200", "SkySQL has no error .200."),
    ("skysql:*=slow", "slow takes seconds"),
    ("skysql:PATCH=reset", "METHOD /end/of/path"),
    ("skysql:patch /endpoints=reset", "METHOD /end/of/path"),
    ("ec2:*=reset:5", "'reset' takes no seconds"),
    ("ec2:*=503:5", "'503' takes no seconds"),
    ("ec2:*=RequestLimitExceeded:5", "'RequestLimitExceeded' takes no seconds"),
    ("ec2:*=reset*0", "counted from 1"),
    ("ec2:*=reset@0", "counted from 1"),
]


@pytest.mark.parametrize(("text", "words"), UNREADABLE, ids=[row[0] or "nothing" for row in UNREADABLE])
def test_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_fault(text)


FITTING = [
    ("ec2:CreateVpcEndpoint", "ec2:CreateVpcEndpoint", True),
    ("ec2:Describe*", "ec2:DescribeVpcs", True),
    ("ec2:Describe*", "ec2:CreateVpcEndpoint", False),
    ("ec2:CreateVpcEndpoint", "ec2:CreateVpcEndpoint+DryRun", False),
    ("ec2:*", "ec2:CreateVpcEndpoint+DryRun", True),
    ("skysql:*", "skysql:GET /provisioning/v1/services", True),
    ("skysql:GET /services", "skysql:GET /provisioning/v1/services", True),
    ("skysql:GET /services", f"skysql:GET {ORDERS}", False),
    ("skysql:GET /services/*", f"skysql:GET {ORDERS}", True),
    ("skysql:PATCH /endpoints", f"skysql:PATCH {ORDERS}/endpoints", True),
    ("skysql:PATCH /endpoints", f"skysql:GET {ORDERS}/endpoints", False),
    ("skysql:* /security/allowlist", f"skysql:PUT {ORDERS}/security/allowlist", True),
]


@pytest.mark.parametrize(("pattern", "call", "fits"), FITTING)
def test_fits(pattern: str, call: str, *, fits: bool) -> None:
    assert Fault(pattern, "reset").fits(call) is fits


def test_a_fault_befalls_so_many_calls_from_the_one_it_begins_with() -> None:
    ledger = Ledger([Fault("ec2:*", "reset", times=2, first=3)])
    met = [ledger.befalls("ec2:Any")[1] is not None for _ in range(6)]
    assert met == [False, False, True, True, False, False]


def test_the_first_of_several_faults_is_met_and_the_next_counts_from_there() -> None:
    ledger = Ledger([Fault("ec2:*", "reset", times=1), Fault("ec2:*", "timeout", times=1)])
    met = [fault.outcome if fault else "" for _, fault in (ledger.befalls("ec2:Any") for _ in range(3))]
    assert met == ["reset", "timeout", ""]


def test_slowness_adds_up_and_goes_with_another_fault() -> None:
    ledger = Ledger([Fault("ec2:*", "slow", 0.5), Fault("ec2:A", "slow", 1), Fault("ec2:A", "reset")])
    assert ledger.befalls("ec2:A") == (1.5, Fault("ec2:A", "reset"))
    assert ledger.befalls("ec2:B") == (0.5, None)


# -- on the wire


@contextmanager
def world_with(folder: Path, *faults: str) -> Iterator[Stage]:
    from core.sandbox.world import World

    with serving(World(Clock(0), Fate(faults=tuple(parse_fault(fault) for fault in faults))), folder) as made:
        yield made


def group_names(stage: Stage) -> list[str]:
    return [group["GroupName"] for group in stage.ec2.describe_security_groups()["SecurityGroups"]]


def create_group(stage: Stage) -> str:
    vpc = stage.vpc("prod-core")
    return stage.ec2.create_security_group(GroupName="mine", Description="mine", VpcId=vpc)["GroupId"]


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        ("RequestLimitExceeded", 503, "Request limit exceeded."),
        ("UnauthorizedOperation", 403, "perform: ec2:CreateSecurityGroup"),
        ("Made.Up", 400, "asked for this answer"),
        ("503", 503, "asked for this answer"),
    ],
)
def test_aws_answers_a_code_or_a_status(tmp_path: Path, code: str, status: int, words: str) -> None:
    with world_with(tmp_path, f"ec2:CreateSecurityGroup={code}*1") as stage:
        error = refused(lambda: create_group(stage))
        assert (error.code, error.status) == ("Unavailable" if code == "503" else code, status)
        assert words in error.message
        assert create_group(stage).startswith("sg-")


def test_what_befalls_a_change_does_not_befall_a_trial_of_it(tmp_path: Path) -> None:
    with world_with(tmp_path, "ec2:DeleteSecurityGroup=Made.Up*1") as stage:
        group = create_group(stage)
        trial = refused(lambda: stage.ec2.delete_security_group(GroupId=group, DryRun=True))
        change = refused(lambda: stage.ec2.delete_security_group(GroupId=group))
    assert (trial.code, change.code) == ("DryRunOperation", "Made.Up")


def test_a_deletion_is_refused_in_an_answer_that_is_a_200(tmp_path: Path) -> None:
    with world_with(tmp_path, "ec2:DeleteVpcEndpoints=Unsuccessful*1") as stage:
        (failed,) = stage.ec2.delete_vpc_endpoints(VpcEndpointIds=["vpce-0123456789abcdef0"])["Unsuccessful"]
        assert failed["ResourceId"] == "vpce-0123456789abcdef0"
        assert failed["Error"]["Code"] == "OperationNotPermitted"


@pytest.mark.parametrize(("outcome", "took"), [("reset", False), ("reset-after", True)])
def test_a_connection_is_cut_before_or_after_the_effect(tmp_path: Path, outcome: str, *, took: bool) -> None:
    with world_with(tmp_path, f"ec2:CreateSecurityGroup={outcome}*1") as stage:
        with pytest.raises(ConnectionClosedError, match="Connection was closed"):
            create_group(stage)
        assert ("mine" in group_names(stage)) is took


@pytest.mark.parametrize(("outcome", "took"), [("timeout", False), ("timeout-after", True)])
def test_no_answer_comes_before_or_after_the_effect(tmp_path: Path, outcome: str, *, took: bool) -> None:
    with world_with(tmp_path, f"skysql:PATCH /endpoints={outcome}*1") as stage:
        body = [{"mechanism": "privateconnect", "allowed_accounts": ["123456789012"], "visibility": "private"}]
        with pytest.raises(httpx.ReadTimeout):
            stage.http.patch(f"{ORDERS}/endpoints", json=body, timeout=1.5)
        assert (stage.service("dbpgf00000001")["endpoints"][0]["visibility"] == "private") is took


def test_aws_can_be_silent_too(tmp_path: Path) -> None:
    with world_with(tmp_path, "ec2:DescribeVpcs=timeout*1") as stage, stage.client("ec2") as impatient:
        impatient.meta.config.read_timeout = 1.5
        impatient._endpoint.http_session._timeout = 1.5
        with pytest.raises(ReadTimeoutError):
            impatient.describe_vpcs()
        assert impatient.describe_vpcs()["Vpcs"]


def test_an_answer_breaks_off_after_the_effect(tmp_path: Path) -> None:
    with world_with(tmp_path, "ec2:CreateSecurityGroup=garbled*1") as stage:
        with pytest.raises(Exception, match=r"(?i)pars"):
            create_group(stage)
        assert "mine" in group_names(stage)


@pytest.mark.parametrize(("outcome", "status"), [("html", 502), ("sign-in-page", 200)])
def test_a_proxy_answers_in_the_apis_place(tmp_path: Path, outcome: str, status: int) -> None:
    with world_with(tmp_path, f"skysql:GET /services={outcome}*1") as stage:
        answer = stage.http.get("/provisioning/v1/services")
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, "text/html; charset=utf-8")
        assert answer.text.startswith("<!DOCTYPE html>")
        assert isinstance(stage.http.get("/provisioning/v1/services").json(), list)


SKYSQL = [
    ("400-pending", 400, "pending state"),
    ("409", 409, "in progress"),
    ("409-sparse", 409, "in progress"),
    ("418-sparse", 418, "asked for this answer"),
    ("401", 401, "key"),
    ("403", 403, "right"),
    ("503", 503, ""),
]


@pytest.mark.parametrize(("outcome", "status", "words"), SKYSQL, ids=[row[0] for row in SKYSQL])
def test_skysql_refuses_in_its_own_words(tmp_path: Path, outcome: str, status: int, words: str) -> None:
    with world_with(tmp_path, f"skysql:GET /services={outcome}*1") as stage:
        answer = stage.http.get("/provisioning/v1/services")
        assert answer.status_code == status
        assert words in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(("outcome", "wait"), [("429:7", "7"), ("429", None)])
def test_skysql_says_how_long_to_wait_or_does_not(tmp_path: Path, outcome: str, wait: str | None) -> None:
    with world_with(tmp_path, f"skysql:GET /services={outcome}*1") as stage:
        answer = stage.http.get("/provisioning/v1/services")
        assert (answer.status_code, answer.headers.get("Retry-After")) == (429, wait)


def test_skysql_writes_the_time_of_a_refusal_in_two_ways(tmp_path: Path) -> None:
    with world_with(tmp_path, "skysql:GET /services=503*2") as stage:
        stamps = [stage.http.get("/provisioning/v1/services").json()["timestamp"] for _ in range(2)]
        assert {type(stamp) for stamp in stamps} == {int, str}


def test_an_answer_can_be_slow(tmp_path: Path) -> None:
    with world_with(tmp_path, "ec2:DescribeVpcs=slow:0.3*1") as stage:
        before = time.monotonic()
        stage.ec2.describe_vpcs()
        assert time.monotonic() - before >= 0.3


def test_a_fault_says_nothing_on_stderr(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with world_with(tmp_path, "ec2:DescribeVpcs=reset*1", "ec2:DescribeVpcs=reset-after*1") as stage:
        for _ in range(2):
            with pytest.raises((ClientError, ConnectionClosedError)):
                stage.ec2.describe_vpcs()
    assert capfd.readouterr().err == ""
