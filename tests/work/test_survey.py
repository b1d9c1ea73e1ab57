"""What is read before a run: all at once, and what a region that is not enabled has to say is no failure."""

import asyncio
from dataclasses import replace

import pytest

from core.facts import Service
from core.problems import NotFound, NotSignedIn
from core.values import Region
from core.work.survey import survey
from tests.work.fake import ALLOWED, LINKED, PLAN, READY, VISIBLE, FakeAws, FakeWorld

REFUSED = NotSignedIn("aws.AuthFailure", "AWS does not accept the credentials.")
OF_THE_REGION = ["zones", "network", "prefix_lists", "prefix_list_entries", "private_zones", "groups_in_region"]


class NotEnabled(FakeWorld):
    """The account has no region at all; whoever asks in one is refused, and some are never answered."""

    def __init__(self, *services: Service, answered: bool) -> None:
        super().__init__(*services)
        self.answered = answered
        self.asked = asyncio.Event()

    async def regions(self) -> frozenset[Region]:
        await self.asked.wait()
        return frozenset()

    async def aws(self, region: Region) -> FakeAws:
        self.asked.set()
        if not self.answered:
            await asyncio.Event().wait()
        for read in OF_THE_REGION:
            self.fail_before[read].append(REFUSED)
        return await super().aws(region)


@pytest.mark.parametrize("answered", [True, False], ids=["refuses", "says nothing"])
async def test_what_aws_does_in_a_region_that_is_not_enabled_is_no_failure(answered: bool) -> None:
    found = await survey(NotEnabled(READY, answered=answered), PLAN)
    assert (found.service, found.regions, found.network) == (READY, frozenset(), None)


async def test_what_is_refused_in_a_region_that_is_enabled_is_raised() -> None:
    world = FakeWorld()
    world.fail_before["zones"].append(REFUSED)
    with pytest.raises(NotSignedIn):
        await survey(world, PLAN)


async def test_a_service_that_is_not_there_is_told_whatever_the_region_does() -> None:
    world = NotEnabled(LINKED, answered=False)
    with pytest.raises(NotFound) as told:
        await survey(world, replace(PLAN, service="nowhere"))
    assert told.value.code == "service-not-found"


async def test_only_what_needs_the_service_waits_for_it() -> None:
    world = FakeWorld(LINKED)
    world.visible = VISIBLE
    assert (await survey(world, PLAN)).endpoint_service == VISIBLE
    assert world.calls.index("endpoint_service") > world.calls.index("services")
    assert {*world.calls[:8]} >= {"services", *OF_THE_REGION}


@pytest.mark.parametrize("named", [True, False], ids=["told with the service", "left out there"])
async def test_who_connects_over_the_public_address_is_read(named: bool) -> None:
    world = FakeWorld(READY)
    world.names_allow_lists = named
    public = (await survey(world, PLAN)).service.public
    assert public is not None
    assert public.allow_list == ALLOWED
    assert world.count("allow_list") == (not named)


async def test_a_private_service_has_no_public_addresses_to_be_read() -> None:
    world = FakeWorld(LINKED)
    world.visible = VISIBLE
    await survey(world, PLAN)
    assert world.count("allow_list") == 0
