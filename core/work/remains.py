"""What there is to undo: the journals here, the tags in AWS and SkySQL's word for the service, put together."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.facts import Identity, Service
from core.problems import Blocked, NotFound, Usage
from core.standing import is_gone
from core.text import listed
from core.undo import Remains, Undo, is_taken_away
from core.values import EndpointId, GroupId, Region, ServiceId
from core.work.history import Past, newer_format, of_service, runs
from core.work.kept import plan_of
from core.work.links import Link, assignment, begun_undo, link_of, newest_change, other_links, undone
from core.work.survey import named
from core.work.together import together
from core.world import World

_RUN = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")


@dataclass(frozen=True, slots=True)
class Found:
    """What an undo would do, and what that follows from."""

    undo: Undo
    remains: Remains
    link: Link
    before: Past | None = None  # the undo of it that has not got to its end
    nothing_to_do: str = ""  # why, as a sentence


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be undone, and as whom, before AWS is asked what is there."""

    link: Link
    before: Past | None
    service: Service | None
    identity: Identity
    region: Region


async def look_back(
    world: World, wanted: str, folder: Path, region: Region | None = None, *, to_be_public: bool = False
) -> Found:
    """Read both sides and the journals; `wanted` as for an undo. Raises Problem: what is not there, or what forbids.

    `to_be_public`: who may connect to the service over the internet was said (`--allow`).
    """
    async with together() as reads:
        pasts = reads.create_task(asyncio.to_thread(runs, folder))
        services = reads.create_task(world.skysql.services())
        identity = reads.create_task(world.identity())
        regions = reads.create_task(world.regions())
    link = _link(wanted, pasts.result(), services.result(), region)
    of_service(pasts.result(), link.service)
    before = begun_undo(pasts.result(), link)
    service = next((each for each in services.result() if each.id == link.service), None)
    asked = _Asked(link, before, service, identity.result(), _region(link, service, region))
    _check_account(asked)
    _check_region(asked, regions.result())
    remains = await _remains(world, asked)
    if before is not None and before.undo is not None:
        return Found(before.undo, remains, link, before)
    plans = await asyncio.to_thread(lambda: [plan for past in link.pasts if (plan := plan_of(past)) is not None])
    local = [past.run for past in pasts.result()]
    undo = assignment(link, plans, local, remains, asked.region, to_be_public=to_be_public)
    _check_others(undo, remains)
    return Found(undo, remains, link, nothing_to_do=_nothing(link, wanted, pasts.result(), undo, remains))


async def no_journal(world: World, wanted: str, folder: Path) -> Usage:
    """What can be told of a service whose run this machine has no journal of, and what to run."""
    found = await look_back(world, wanted, folder)
    undo, service = found.undo, found.remains.service
    if found.nothing_to_do:
        return Usage("nothing-unfinished", "There is nothing to go on with.", cause=found.nothing_to_do)
    stands = [
        *(f"security group {each.id} “{each.name}”" for each in found.remains.groups if is_taken_away(each, undo)),
        *(f"VPC endpoint {each.id} ({each.state})" for each in found.remains.endpoints if is_taken_away(each, undo)),
        *([f"PrivateLink at SkySQL ({service.status})"] if service and service.private else []),
    ]
    return Usage(
        "no-journal",
        f"No run for {undo.service_name} is unfinished on this machine, but this program's tags were found.",
        cause=f"There are {listed(stands)}.",
        remedy="Go on with the plan file: skysql-privatelink apply PLAN; it takes over what stands. Or take it away: "
        f"skysql-privatelink undo {undo.service}",
    )


# ---------------------------------------------------------------------------------------------- which link


def _link(wanted: str, pasts: Sequence[Past], services: Sequence[Service], region: Region | None) -> Link:
    if not wanted:
        past = newest_change(pasts)
        unread = next((each for each in pasts if each.newer), None)
        if unread is not None and (past is None or unread.number > past.number):
            raise newer_format(unread)  # it may be the one that is meant
        if past is None:
            raise _nothing_known()
        return _link_of(past, pasts)
    past = next((past for past in pasts if past.run == wanted), None)
    if past is not None:
        return _link_of(past, pasts)
    if _RUN.fullmatch(wanted):
        raise NotFound(
            "no-such-run",
            f"There is no run {wanted} on this machine.",
            remedy="See which there are: skysql-privatelink list. Or name the service: its link is found by tags.",
        )
    return _link_of_deleted(wanted, pasts, services, region) or _link_to(named(services, wanted), pasts)


def _link_of_deleted(
    wanted: str, pasts: Sequence[Past], services: Sequence[Service], region: Region | None
) -> Link | None:
    """A service that SkySQL lists no more, known from a journal or, by its id, from nothing but tags in a region."""
    if any(wanted in (service.id, service.name) for service in services):
        return None
    known = next((past for past in pasts if wanted in (past.service, past.service_name)), None)
    if known is not None:
        return link_of(pasts, known.service, known.service_name, None)
    return link_of(pasts, ServiceId(wanted), wanted, None) if region is not None and _ID.fullmatch(wanted) else None


def _link_to(service: Service, pasts: Sequence[Past]) -> Link:
    return link_of(pasts, service.id, service.name, None)


def _link_of(past: Past, pasts: Sequence[Past]) -> Link:
    vpc = past.vpc if past.undo is None else past.undo.vpc
    return link_of(pasts, past.service, past.service_name, vpc)


def _nothing_known() -> Usage:
    return Usage(
        "nothing-to-undo",
        "No run on this machine has changed anything that is not undone yet.",
        remedy="Name the service, and what was made for it is found by its tags: skysql-privatelink undo SERVICE",
    )


def _region(link: Link, service: Service | None, given: Region | None) -> Region:
    region = next(filter(None, (service.region if service else None, link.region, given)), None)
    if region is None:
        raise Usage("no-region", f"It is not known in which region {link.name} was.", remedy="Name it with --region.")
    return region


# ---------------------------------------------------------------------------------------------- what forbids


def _check_account(asked: _Asked) -> None:
    changed = [past for past in (*asked.link.pasts, asked.before) if past is not None and past.changed_something]
    accounts = sorted({past.account for past in changed} - {asked.identity.account, ""})
    if accounts:
        raise Blocked(
            "other-account",
            f"{asked.link.name} was linked in AWS account {listed(accounts)}; this is {asked.identity.account}.",
            cause="From here the endpoint there cannot be seen, and it would be left behind.",
            remedy="Choose a profile of that account with --profile; then run again.",
        )


def _check_region(asked: _Asked, enabled: frozenset[Region]) -> None:
    if asked.region not in enabled:
        raise Blocked(
            "region-enabled",
            f"{asked.region} is not enabled for AWS account {asked.identity.account}.",
            remedy="Choose a profile of the account that holds the endpoint with --profile; then run again.",
        )


def _check_others(undo: Undo, remains: Remains) -> None:
    others = other_links(undo, remains)
    if others and undo.back == "public":
        raise Blocked(
            "other-links",
            f"Switching {undo.service_name} back would cut off {listed(others)} as well.",
            cause="This program linked the service into other VPCs too.",
            remedy=f"Undo them together: skysql-privatelink undo {undo.service}",
        )


# ---------------------------------------------------------------------------------------------- what is there


async def _remains(world: World, asked: _Asked) -> Remains:
    """Looked at the way the steps will: a right that is missing comes out before anything is changed."""
    made, service = _made(asked), asked.link.service
    private = asked.service.private if asked.service else None
    leads_to = private.endpoint_service if private else None
    aws = await world.aws(asked.region)
    async with together() as reads:
        ids = [EndpointId(each) for each in made if each.startswith("vpce-")]
        endpoints = reads.create_task(aws.find_endpoints(service, ids, leads_to))
        groups = reads.create_task(aws.find_groups(service, [GroupId(each) for each in made if each.startswith("sg-")]))
    async with together() as reads:
        uses = [reads.create_task(aws.group_use(group.id)) for group in groups.result()]
        for endpoint in endpoints.result():
            reads.create_task(aws.interfaces(endpoint.id))
    used = tuple((group.id, use.result()) for group, use in zip(groups.result(), uses, strict=True))
    return Remains(asked.service, asked.identity, endpoints.result(), groups.result(), used)


def _made(asked: _Asked) -> list[str]:
    """Ids of what the runs made, and of what an undo of them found when it began."""
    undo = asked.before.undo if asked.before else None
    found: tuple[str, ...] = (*undo.endpoints, *undo.groups) if undo else ()
    return sorted({*found, *(each for past in asked.link.pasts for each in past.made)})


def _nothing(link: Link, wanted: str, pasts: Sequence[Past], undo: Undo, remains: Remains) -> str:
    if wanted in undone(pasts) or any(past.run == wanted and past.undo and past.status == "done" for past in pasts):
        return f"{wanted} has been undone to its end already."
    standing = [each for each in remains.endpoints if is_taken_away(each, undo) and not is_gone(each)]
    if link.pasts or standing or any(is_taken_away(group, undo) for group in remains.groups):
        return ""
    if undo.back == "public" and remains.service is not None:
        return ""
    return (
        f"There is nothing to undo: no journal here and no tag in {undo.region} tells of a link to {undo.service_name}."
        + _half_undone(remains.service)
    )


def _half_undone(service: Service | None) -> str:
    """An undo that was cut off on another machine may have left a service that nobody can reach."""
    if service is None or (service.private is None and (service.public is None or service.public.allow_list)):
        return ""
    how = "is private" if service.private else "is public, and its IP allowlist is empty"
    return (
        f" {service.name} {how}: if an undo was cut off on another machine, go on with it there (skysql-privatelink"
        f" resume), or here by saying who may connect: skysql-privatelink undo {service.id} --allow CIDR"
    )
