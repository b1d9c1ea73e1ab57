"""How often AWS may be called: the arithmetic of buckets, which bucket a call takes from, and what a client sees."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from core.sandbox.aws.buckets import Bucket, Level
from core.sandbox.aws.rates import bucket_of
from core.sandbox.environment import PAYMENTS, PAYMENTS_ROLE
from core.sandbox.fate import Fate
from core.sandbox.serve import Happening
from tests.forked import ForkedSandbox
from tests.plans import ec2
from tests.sandbox.conftest import Fated
from tests.sandbox.persons import session_keys
from tests.sandbox.stage import refused

# -- arithmetic

buckets = st.builds(Bucket, st.integers(1, 100), st.floats(0.1, 50))
pauses = st.lists(st.floats(0, 20), min_size=1, max_size=60)


def admitted(bucket: Bucket, waits: list[float]) -> list[float]:
    """The moments of those requests that were let through, each made after a wait."""
    now, level, through = 0.0, bucket.full(0.0), list[float]()
    for wait in waits:
        now += wait
        left = bucket.take(level, now)
        if left is not None:
            level = left
            through.append(now)
    return through


@given(buckets, pauses)
def test_no_stretch_of_time_lets_more_through_than_a_full_bucket_and_what_grew_meanwhile(
    bucket: Bucket, waits: list[float]
) -> None:
    through = admitted(bucket, waits)
    for first, begin in enumerate(through):
        for last in range(first, len(through)):
            assert last - first + 1 <= bucket.capacity + bucket.refill * (through[last] - begin) + 1e-6


@given(buckets, pauses)
def test_a_level_never_leaves_the_bucket(bucket: Bucket, waits: list[float]) -> None:
    now, level = 0.0, bucket.full(0.0)
    for wait in waits:
        now += wait
        level = bucket.take(level, now) or bucket.level(level, now)
        assert 0 <= level.tokens <= bucket.capacity


@given(buckets, st.floats(0, 100))
def test_a_rest_long_enough_fills_it_from_any_level(bucket: Bucket, tokens: float) -> None:
    before = Level(min(tokens, bucket.capacity), 0.0)
    assert bucket.level(before, bucket.capacity / bucket.refill + 1) == Level(
        bucket.capacity, bucket.capacity / bucket.refill + 1
    )


@given(buckets, st.floats(0, 100), st.floats(0, 10), st.floats(0, 10))
def test_a_level_does_not_depend_on_how_often_one_looks(
    bucket: Bucket, tokens: float, wait: float, more: float
) -> None:
    before = Level(min(tokens, bucket.capacity), 0.0)
    seldom = bucket.level(before, wait + more)
    assert bucket.level(bucket.level(before, wait), wait + more).tokens == pytest.approx(seldom.tokens)


@given(buckets, pauses)
def test_who_asks_no_faster_than_it_refills_is_never_refused(bucket: Bucket, waits: list[float]) -> None:
    steady = [max(wait, 1 / bucket.refill + 1e-6) for wait in waits]
    assert len(admitted(bucket, steady)) == len(steady)


def test_a_clock_that_stands_gives_nothing_back() -> None:
    bucket = Bucket(2, 1000)
    assert admitted(bucket, [0.0] * 10) == [0.0, 0.0]
    assert admitted(bucket, [0.0] * 10 + [0.001]) == [0.0, 0.0, 0.001]


def test_levels_fall_one_by_one() -> None:
    bucket, level, seen = Bucket(3, 1), Level(3, 0.0), [3.0]
    while left := bucket.take(level, 0.0):
        level = left
        seen.append(left.tokens)
    assert all(after == before - 1 for before, after in pairwise(seen))
    assert seen[-1] == 0


# -- which bucket

Request = dict[str, Any]
FILTERS = [{"Name": "vpc-id", "Values": ["vpc-1"]}]
BUCKETS: list[tuple[str, Request, int, float]] = [  # …, its size and what comes back each second, as AWS publishes it
    ("DescribeVpcs", {}, 100, 20),
    ("DescribeVpcEndpoints", {"Filters": FILTERS}, 100, 20),
    ("DescribeSecurityGroups", {}, 50, 10),
    ("DescribeSecurityGroups", {"GroupIds": ["sg-1"]}, 50, 10),
    ("DescribeSecurityGroups", {"MaxResults": 1000}, 100, 20),
    ("DescribeSecurityGroups", {"NextToken": "x"}, 100, 20),
    ("DescribeInstances", {"Filters": []}, 50, 10),
    ("DescribeNetworkInterfaces", {"Filters": FILTERS}, 100, 20),
    ("GetManagedPrefixListEntries", {}, 100, 20),
    ("ModifyVpcAttribute", {}, 50, 5),
    ("AuthorizeSecurityGroupIngress", {}, 50, 5),
    ("CreateTags", {}, 100, 10),
    ("CreateNetworkInterface", {}, 100, 5),
    ("CreateVpcEndpoint", {}, 4, 0.3),
    ("ModifyVpcEndpoint", {}, 4, 0.3),
    ("DeleteVpcEndpoints", {}, 4, 0.3),
    ("AcceptVpcEndpointConnections", {}, 10, 1),
    ("RunInstances", {}, 5, 2),
]


@pytest.mark.parametrize(("action", "request_", "capacity", "refill"), BUCKETS)
def test_each_call_takes_from_its_bucket(action: str, request_: Request, capacity: int, refill: float) -> None:
    assert bucket_of(action, request_) == Bucket(capacity, refill)


# -- what a client sees

DELETE: Request = {"VpcEndpointIds": ["vpce-0123456789abcdef0"]}


def test_the_fifth_change_of_an_endpoint_at_once_is_too_many(fated: Fated) -> None:
    timed = fated(Fate(rate_limits=True))
    delete = timed.stage.ec2.delete_vpc_endpoints
    for _ in range(4):
        assert delete(**DELETE)["Unsuccessful"]
    error = refused(lambda: delete(**DELETE))
    assert (error.code, error.message, error.status) == ("RequestLimitExceeded", "Request limit exceeded.", 503)
    assert timed.stage.ec2.describe_vpcs()["Vpcs"], "another action has a bucket of its own"
    timed.hands.pass_(3.4)
    assert delete(**DELETE)["Unsuccessful"]
    assert refused(lambda: delete(**DELETE)).code == "RequestLimitExceeded"


def test_a_dry_run_counts_too(fated: Fated) -> None:
    delete = fated(Fate(rate_limits=True)).stage.ec2.delete_vpc_endpoints
    codes = [refused(lambda: delete(**DELETE, DryRun=True)).code for _ in range(5)]
    assert codes == ["DryRunOperation"] * 4 + ["RequestLimitExceeded"]


def test_regions_and_accounts_do_not_share(fated: Fated) -> None:
    stage = fated(Fate(rate_limits=True)).stage
    role = f"arn:aws:iam::{PAYMENTS}:role/{PAYMENTS_ROLE}"
    session = stage.sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    for _ in range(4):
        stage.ec2.delete_vpc_endpoints(**DELETE)
    assert refused(lambda: stage.ec2.delete_vpc_endpoints(**DELETE)).code == "RequestLimitExceeded"
    with (
        stage.client("ec2", region="eu-west-1") as elsewhere,
        stage.client("ec2", **session_keys(session)) as another,
    ):
        assert elsewhere.delete_vpc_endpoints(**DELETE)["Unsuccessful"]
        assert another.delete_vpc_endpoints(**DELETE)["Unsuccessful"]


def test_without_the_fate_nobody_counts(fated: Fated) -> None:
    delete = fated(Fate()).stage.ec2.delete_vpc_endpoints
    assert all(delete(**DELETE)["Unsuccessful"] for _ in range(10))


@pytest.mark.parametrize("limited", [False, True])
def test_an_option_puts_them_in_force(*, limited: bool) -> None:
    with ForkedSandbox() as child, ec2(child.start(0, Happening(rate_limits=limited))) as client:
        codes = {answer_of(lambda: client.delete_vpc_endpoints(VpcEndpointIds=["vpce-0"])) for _ in range(6)}
    assert ("RequestLimitExceeded" in codes) is limited


def answer_of(call: Callable[[], object]) -> str:
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""
