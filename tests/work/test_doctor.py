"""The doctor reads what it judges: in rounds, told as it goes, and what may not be read ends nothing."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from core.checks.chain import ChainLink, first_broken
from core.facts import Identity, Network, Service
from core.problems import Failed, NotAllowed, NotFound, NotSignedIn, Passing, Problem, Usage
from core.values import Cidr, Region, ServiceId, VpcId
from core.work.doctor import Diagnosis, examine
from core.work.events import StepChanged
from tests.checks.test_doctor import RIVAL, STANDING, around, group_with, tcp
from tests.checks.test_proof import SIGNED_IN
from tests.work.fake import ALLOWED, FQDN, LINKED, PUBLIC, READY, REGION, VISIBLE, VPC, FakeAws, FakeWorld
from tests.work.office import Office
from tests.work.test_proving import DEFAULT, STAGES


class Vpc(FakeAws):
    """With the link and its clients in it."""

    def __init__(self, world: "World") -> None:
        super().__init__(world)
        self._own = world

    async def network(self, vpc: VpcId) -> Network:
        assert vpc == VPC
        await self.world.call("network")
        return self._own.around

    async def prefix_list_entries(self, ids: Iterable[str]) -> Mapping[str, tuple[Cidr, ...]]:
        await self.world.call("prefix_list_entries")
        return {one: (Cidr("10.0.0.0/24"),) for one in ids}


class World(FakeWorld):
    """A link that stands, and a machine that reaches it."""

    def __init__(self, *services: Service) -> None:
        super().__init__(*services or (LINKED,))
        self.visible, self.endpoint_list, self.around = VISIBLE, [STANDING], around()
        self.credentials = DEFAULT
        self.prober.met, self.prober.logins = list(STAGES), [SIGNED_IN]
        self.who: Problem | None = None

    async def identity(self) -> Identity:
        if self.who is not None:
            raise self.who
        return await super().identity()

    async def aws(self, region: Region) -> Vpc:
        assert region == REGION
        return Vpc(self)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def link(of: Diagnosis, name: str) -> ChainLink:
    return next(each for each in of.links if each.id == name)


async def quiet(world: World, folder: Path, wanted: str = "orders-prod", vpc: VpcId | None = None) -> Diagnosis:
    return await examine(world, wanted, folder, lambda _: None, vpc=vpc)


async def test_to_an_answer_of_the_database_told_round_by_round(folder: Path) -> None:
    heard: list[Diagnosis] = []
    world = World()
    found = await examine(world, "orders-prod", folder, heard.append)
    assert found.outcome == "done"
    assert found.told == "The connection works from this machine."
    ends = [each.links[-1].id for each in heard]
    assert ends == ["mechanism", "state", "dns", "here", "name", "tcp", "greeting", "tls", "query"]
    for earlier, later in pairwise(heard):
        assert later.links[: len(earlier.links)] == earlier.links, "what was told holds"
    assert world.calls == ["services", "endpoint_service", "find_endpoints", "network", *["stage"] * 5,
                           "credentials", "log_in"]  # fmt: skip


async def test_the_connection_is_tried_where_both_sides_say(folder: Path) -> None:
    world = World()
    await quiet(world, folder)
    (target,) = world.prober.targets
    assert (target.name, target.port, target.vpc, target.private_dns) == (FQDN, 3306, VPC, True)
    assert target.addresses == ("10.0.0.5", "10.0.1.5", "10.0.2.5")
    assert target.cidrs == ("10.0.0.0/16",)


async def test_what_is_broken_at_skysql_asks_aws_nothing(folder: Path) -> None:
    world = World(replace(READY, status="stopped"))
    found = await quiet(world, folder)
    assert found.outcome == "failed"
    assert world.calls == ["services"]


OFF = replace(READY, endpoints=(PUBLIC,))


async def test_where_it_is_off_what_is_left_of_a_link_is_looked_for(folder: Path) -> None:
    world = World(OFF)
    found = await quiet(world, folder)
    assert (found.outcome, found.told) == ("failed", "The chain is broken at PrivateLink.")
    assert "vpce-1 in vpc-0123 leads nowhere since" in link(found, "mechanism").verdict.why
    assert world.calls == ["services", "find_endpoints"]


@pytest.mark.parametrize(
    "who", [NotSignedIn("aws.expired", "The AWS login has ended."), Passing("aws.x", "No answer.")]
)
async def test_that_it_is_off_is_told_without_aws_too(folder: Path, who: Problem) -> None:
    world = World(OFF)
    world.who = who
    found = await quiet(world, folder)
    assert found.outcome == "failed"
    assert f"could not be read: {who.what}" in link(found, "mechanism").verdict.why


async def test_what_is_broken_in_the_vpc_tries_no_connection(folder: Path) -> None:
    world = World()
    world.around = group_with(tcp("192.168.0.0/16"))["network"]
    found = await quiet(world, folder)
    assert (found.outcome, found.told) == ("failed", "The chain is broken at Groups.")
    assert world.count("stage") == 0


async def test_without_a_login_no_password_is_read(folder: Path) -> None:
    world = World()
    found = await examine(world, "orders-prod", folder, lambda _: None, login=False)
    assert (found.outcome, found.told) == ("done", "The path works from this machine.")
    assert (world.count("credentials"), world.count("log_in")) == (0, 0)


async def test_a_password_that_nobody_tells_leaves_it_unproven(folder: Path) -> None:
    world = World()
    world.fail_before["credentials"] = [NotAllowed("skysql.not-allowed", "No right.")]
    found = await quiet(world, folder)
    assert found.outcome == "unproven"
    assert "nobody signed in" in found.told


async def test_prefix_lists_that_the_endpoints_groups_admit_are_read(folder: Path) -> None:
    world = World()
    world.around = group_with(tcp("pl-1"))["network"]
    found = await quiet(world, folder)
    assert "1 of 2 clients does not get through: app-1." in link(found, "groups").verdict.seen


# ---------------------------------------------------------------------------------------------- what may not be read

NO_RIGHT = NotAllowed("aws.UnauthorizedOperation", "No right.", cause="It lacks ec2:Something.")
UNREAD = [
    ("find_endpoints", "endpoint", NO_RIGHT),
    ("find_endpoints", "endpoint", Passing("aws.RequestLimitExceeded", "AWS asks for patience.")),
    ("endpoint_service", "account", NO_RIGHT),
    ("network", "zones", NO_RIGHT),
    ("network", "zones", NotFound("aws.InvalidVpcID.NotFound", "AWS knows no VPC vpc-0123 here.")),
]


@pytest.mark.parametrize(("call", "name", "problem"), UNREAD)
async def test_what_may_not_be_read_is_told_and_the_connection_tried(
    folder: Path, call: str, name: str, problem: Problem
) -> None:
    world = World()
    world.fail_before[call] = [problem]
    found = await quiet(world, folder)
    verdict = link(found, name).verdict
    assert verdict.state == "skipped"
    assert problem.what in verdict.seen
    assert found.outcome == "done"


async def test_prefix_lists_that_may_not_be_read_decide_nothing(folder: Path) -> None:
    world = World()
    world.around = group_with(tcp("pl-1"))["network"]
    world.fail_before["prefix_list_entries"] = [NO_RIGHT]
    found = await quiet(world, folder)
    assert link(found, "groups").verdict.state == "ok"
    assert {one.verdict for one in found.case.reached} == {"unknown"}


async def test_who_is_not_signed_in_to_aws_hears_what_skysql_says(folder: Path) -> None:
    heard: list[Diagnosis] = []
    world = World()
    world.who = NotSignedIn("aws.expired", "The AWS login has ended.")
    with pytest.raises(NotSignedIn):
        await examine(world, "orders-prod", folder, heard.append)
    assert [each.id for each in heard[-1].links] == ["service", "mechanism"]


async def test_a_login_that_ends_in_the_middle_is_told_as_that(folder: Path) -> None:
    world = World()
    world.fail_before["network"] = [NotSignedIn("aws.expired", "The AWS login has ended.")]
    with pytest.raises(NotSignedIn):
        await quiet(world, folder)


async def test_a_region_that_is_off_is_asked_no_further(folder: Path) -> None:
    world = World(replace(LINKED, region=Region("ap-east-1")))
    found = await quiet(world, folder)
    broken = first_broken(found.links)
    assert broken is not None
    assert "ap-east-1 is not enabled" in broken.verdict.seen
    assert world.calls == ["services"]


# ---------------------------------------------------------------------------------------------- which one


async def test_the_service_is_named_by_its_id_too(folder: Path) -> None:
    assert (await quiet(World(), folder, LINKED.id)).case.service == LINKED


@pytest.mark.parametrize(
    ("wanted", "services", "problem"),
    [
        ("order", (LINKED,), NotFound),
        ("orders-prod", (LINKED, replace(LINKED, id=ServiceId("dbpgf00000002"))), Usage),
    ],
)
async def test_a_service_that_is_not_to_be_told_apart(
    folder: Path, wanted: str, services: tuple[Service, ...], problem: type[Problem]
) -> None:
    with pytest.raises(problem):
        await quiet(World(*services), folder, wanted)


async def test_a_vpc_without_an_endpoint_is_told_where_there_are_some(folder: Path) -> None:
    world = World()
    world.endpoint_list = [STANDING, RIVAL]
    found = await quiet(world, folder, vpc=VpcId("vpc-7"))
    broken = first_broken(found.links)
    assert broken is not None
    assert broken.verdict.why == "There is vpce-1 in vpc-0123 and vpce-9 in vpc-9."


# ---------------------------------------------------------------------------------------------- the journals


async def test_the_journals_know_the_former_allow_list(folder: Path) -> None:
    office = Office(folder)
    began = ("endpoint", "running")
    office.on_event = lambda event: (
        office.stop.set() if isinstance(event, StepChanged) and (event.step, event.state) == began else None
    )
    past = await office.apply()
    assert past.status == "interrupted"
    world = World(replace(READY, endpoints=(replace(PUBLIC, allow_list=()),)))
    found = await quiet(world, folder)
    broken = first_broken(found.links)
    assert broken is not None
    assert f"by the journal of run {past.run}: {ALLOWED[0].ip} (office)" in broken.verdict.remedy
    assert "go on with run" in broken.verdict.remedy


async def test_journals_that_cannot_be_read_are_done_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_folder: Path) -> None:
        raise Failed("no-folder", "The folder cannot be read.")

    monkeypatch.setattr("core.work.doctor.runs", refuse)
    assert (await quiet(World(), folder)).outcome == "done"
