"""A whole link and its undo over the real wire; what is left of it is read back by clients of the test's own."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.facts import AllowedAddress
from core.plan import ExistingGroups, NewGroup, Plan
from core.values import AccountId, GroupId, Source, SubnetId, VpcId
from core.work.events import ErrorTold, Event, RunEnded, StepChanged
from core.work.operation import apply, undo
from core.work.steps import STEPS
from core.work.steps.undo import UNDO_STEPS
from core.world import World
from tests.work.test_against_sandbox import ACCOUNT, endpoints_of, plan_for

ORDERS = "dbpgf00000001"
OFFICES = [
    {"ip": "203.0.113.7/32", "comment": "Berlin office"},
    {"ip": "198.51.100.0/24", "comment": "Toronto office"},
]


@pytest.fixture
def skysql(variables: dict[str, str]) -> Iterator[httpx.Client]:
    headers = {"X-API-Key": variables["SKYSQL_API_KEY"]}
    with httpx.Client(base_url=variables["SKYSQL_API_URL"], headers=headers, timeout=20, trust_env=False) as client:
        yield client


def service(skysql: httpx.Client, service_id: str) -> dict[str, Any]:
    body: dict[str, Any] = skysql.get(f"/provisioning/v1/services/{service_id}").json()
    return body


def allow_list(skysql: httpx.Client, service_id: str) -> list[dict[str, str]]:
    (body,) = skysql.get(f"/provisioning/v1/services/{service_id}/security/allowlist").json()
    entries: list[dict[str, str]] = body["allow_list"]
    return entries


def groups_of(name: str, ec2: Any) -> list[Any]:
    wanted = [{"Name": "group-name", "Values": [f"{name}-pl"]}]
    found: list[Any] = ec2.describe_security_groups(Filters=wanted)["SecurityGroups"]
    return found


def nothing_left_in_aws(name: str, ec2: Any) -> None:
    assert [each for each in endpoints_of(name, ec2) if each["State"] not in ("deleting", "deleted")] == []
    assert groups_of(name, ec2) == []


def interfaces_of(endpoint: str, ec2: Any) -> list[Any]:
    wanted = [{"Name": "description", "Values": [f"VPC Endpoint Interface {endpoint}"]}]
    found: list[Any] = ec2.describe_network_interfaces(Filters=wanted)["NetworkInterfaces"]
    return found


def orders_as_before(skysql: httpx.Client) -> None:
    stands = service(skysql, ORDERS)
    assert stands["status"] == "ready"
    assert [endpoint["mechanism"] for endpoint in stands["endpoints"]] == ["nlb"]
    assert allow_list(skysql, ORDERS) == OFFICES


class Desk:
    """Runs over the sandbox from one state folder."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.events: list[Event] = []

    async def apply(self, plan: Plan, stop_at: str = "") -> RunEnded:
        return await apply(self.world, plan, self.folder, *self._listening(stop_at))

    async def undo(self, wanted: str = "", *allow: AllowedAddress, stop_at: str = "") -> RunEnded:
        return await undo(self.world, wanted, self.folder, *self._listening(stop_at), allow=allow)

    def _listening(self, stop_at: str) -> tuple[Any, asyncio.Event]:
        stop = asyncio.Event()
        self.events.clear()

        def hear(event: Event) -> None:
            self.events.append(event)
            if isinstance(event, StepChanged) and (event.step, event.state) == (stop_at, "running"):
                stop.set()

        return hear, stop

    def code(self) -> str:
        (error,) = (event for event in self.events if isinstance(event, ErrorTold))
        return error.code


@pytest.fixture
def desk(world: World, tmp_path: Path) -> Desk:
    return Desk(world, tmp_path / "runs")


async def test_a_link_and_its_undo(desk: Desk, ec2: Any, skysql: httpx.Client) -> None:
    plan = plan_for("orders-prod", ec2)
    link = await desk.apply(plan)
    assert link.status == "done", link.detail
    assert allow_list(skysql, ORDERS) == [], "the switch clears it"
    assert len(interfaces_of(link.vpc_endpoint_id, ec2)) == 3

    ended = await desk.undo()
    assert (ended.status, ended.exit_code) == ("done", 0), ended.detail
    assert ended.removed == (link.vpc_endpoint_id, link.security_group_id)
    nothing_left_in_aws("orders-prod", ec2)
    assert interfaces_of(link.vpc_endpoint_id, ec2) == []
    orders_as_before(skysql)
    assert ended.downtime_seconds is not None

    again = await desk.undo("orders-prod")
    assert (again.status, again.run) == ("done", "")


STOPS = [step.id for step in UNDO_STEPS if step.id not in ("vpc_dns_stays", "delete_group_at_last")]


async def test_an_undo_interrupted_at_every_step_and_run_again(desk: Desk, ec2: Any, skysql: httpx.Client) -> None:
    assert (await desk.apply(plan_for("orders-prod", ec2))).status == "done"
    runs = set()
    for step in STOPS:
        cut = await desk.undo(stop_at=step)
        assert (cut.status, cut.exit_code) == ("interrupted", 130), step
        runs.add(cut.run)
    ended = await desk.undo()
    assert ended.status == "done", ended.detail
    assert runs == {ended.run}
    nothing_left_in_aws("orders-prod", ec2)
    orders_as_before(skysql)


@pytest.mark.parametrize("step", [step.id for step in STEPS if step.id not in ("vpc_dns", "group")])
async def test_half_a_link_is_undone(desk: Desk, ec2: Any, skysql: httpx.Client, step: str) -> None:
    assert (await desk.apply(plan_for("orders-prod", ec2), stop_at=step)).status == "interrupted"
    ended = await desk.undo()
    assert ended.status == "done", ended.detail
    nothing_left_in_aws("orders-prod", ec2)
    orders_as_before(skysql)


async def test_an_undo_from_another_machine(desk: Desk, ec2: Any, skysql: httpx.Client, tmp_path: Path) -> None:
    assert (await desk.apply(plan_for("orders-prod", ec2))).status == "done"
    desk.folder = tmp_path / "elsewhere"
    waiting = await desk.undo("orders-prod")
    assert (waiting.status, waiting.exit_code, desk.code()) == ("waiting", 5, "allow-list-unknown")
    nothing_left_in_aws("orders-prod", ec2)
    ended = await desk.undo("orders-prod", *(AllowedAddress(each["ip"], each["comment"]) for each in OFFICES))
    assert (ended.status, ended.run) == ("done", waiting.run)
    orders_as_before(skysql)


async def test_a_service_that_was_private_before(desk: Desk, ec2: Any, skysql: httpx.Client) -> None:
    name, ledger = "ledger-prod", "dbpgf00000003"
    before = service(skysql, ledger)
    both = replace(plan_for(name, ec2), accounts=(ACCOUNT, AccountId("210987654321")))
    assert (await desk.apply(both)).status == "done"
    ended = await desk.undo()
    assert (ended.status, ended.downtime_seconds) == ("done", None)
    nothing_left_in_aws(name, ec2)
    after = service(skysql, ledger)
    assert after["endpoints"][0]["allowed_accounts"] == before["endpoints"][0]["allowed_accounts"] == [ACCOUNT]
    assert after["endpoints"][0]["endpoint_service"] == before["endpoints"][0]["endpoint_service"]


async def test_one_of_two_links_is_undone_and_the_other_works_on(desk: Desk, ec2: Any) -> None:
    prod = plan_for("ledger-prod", ec2)
    (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["legacy"]}])["Vpcs"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    legacy = replace(
        prod,
        vpc=VpcId(vpc["VpcId"]),
        subnets=tuple(SubnetId(each["SubnetId"]) for each in subnets),
        group=NewGroup("ledger-prod-pl", "Clients", ("readwrite",), (Source("10.30.0.0/16"),)),
        private_dns=False,
    )
    kept, gone = await desk.apply(prod), await desk.apply(legacy)
    assert (kept.status, gone.status) == ("done", "done"), gone.detail
    ended = await desk.undo(gone.run)
    assert (ended.status, ended.removed) == ("done", (gone.vpc_endpoint_id, gone.security_group_id))
    (standing,) = [each for each in endpoints_of("ledger-prod", ec2) if each["State"] == "available"]
    assert standing["VpcEndpointId"] == kept.vpc_endpoint_id
    assert (await desk.undo("ledger-prod")).status == "done"
    nothing_left_in_aws("ledger-prod", ec2)


async def test_an_adopted_endpoint_and_an_existing_group_stay(desk: Desk, ec2: Any, skysql: httpx.Client) -> None:
    plan = plan_for("ledger-prod", ec2)
    group = ec2.create_security_group(GroupName="theirs", Description="theirs", VpcId=plan.vpc)["GroupId"]
    name = service(skysql, "dbpgf00000003")["endpoints"][0]["endpoint_service"]
    zones = {"use2-az1", "use2-az2"}
    fitting = [
        each["SubnetId"]
        for each in ec2.describe_subnets(SubnetIds=list(plan.subnets))["Subnets"]
        if each["AvailabilityZoneId"] in zones
    ]
    theirs = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface", VpcId=plan.vpc, ServiceName=name, SubnetIds=fitting, SecurityGroupIds=[group],
        PrivateDnsEnabled=False,
    )["VpcEndpoint"]["VpcEndpointId"]  # fmt: skip
    try:
        link = await desk.apply(replace(plan, group=ExistingGroups((GroupId(group),)), private_dns=False))
        assert (link.status, link.vpc_endpoint_id) == ("done", theirs)
        ended = await desk.undo("ledger-prod")
        assert ended.status == "done"
        (standing,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[theirs])["VpcEndpoints"]
        assert standing["State"] == "available"
        assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
        assert ended.removed == ()
    finally:
        ec2.delete_vpc_endpoints(VpcEndpointIds=[theirs])
