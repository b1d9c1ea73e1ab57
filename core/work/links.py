"""Which runs make up a link, and what an undo of them takes away and puts back.

A link is a service in a VPC. Runs that worked on it since it was last undone are undone together, and what is put back
is what stood before the first of them that changed it: a second run that allowed one account more took over what the
first had made.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar

from core.facts import SecurityGroup, ServiceEndpoint, VpcEndpoint
from core.plan import ExistingGroups, Plan
from core.standing import is_gone
from core.undo import Remains, Undo, WayBack, is_taken_away
from core.values import RUN_TAG, EndpointId, GroupId, Region, RunId, ServiceId, VpcId
from core.work.history import Change, Past, Sent, is_former
from core.work.steps.undo.endpoint import SHOWS

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Link:
    """What is to be undone, as far as the journals tell."""

    service: ServiceId
    name: str
    vpc: VpcId | None  # None: every VPC
    region: Region | None = None  # of the service's newest run here
    pasts: tuple[Past, ...] = ()  # its runs, oldest first


def undone(pasts: Iterable[Past]) -> frozenset[RunId]:
    """Runs that an undo has taken back to the end."""
    ended = (past.undo for past in pasts if past.status == "done")
    return frozenset(run for undo in ended if undo is not None for run in undo.runs)


def link_of(pasts: Sequence[Past], service: ServiceId, name: str, vpc: VpcId | None) -> Link:
    """The runs of a service in a VPC, or in all, that have not been undone. `pasts`: newest first."""
    over = undone(pasts)
    its = [past for past in pasts if past.service == service]
    runs = [past for past in its if past.undo is None and past.run not in over and vpc in (None, past.vpc)]
    return Link(service, name, vpc, its[0].region if its else None, tuple(reversed(runs)))


def newest_change(pasts: Sequence[Past]) -> Past | None:
    """The newest run that can be undone, or undo that can go on. `pasts`: newest first."""
    over = undone(pasts)
    return next((past for past in pasts if past.changed_something and _can_be_undone(past, over)), None)


def _can_be_undone(past: Past, over: Collection[RunId]) -> bool:
    return past.run not in over if past.undo is None else past.status != "done"


def begun_undo(pasts: Sequence[Past], link: Link) -> Past | None:
    """The service's newest run, when it is an undo of these runs that has not got to its end.

    What it found out at its beginning counts: some of it is gone by now.
    """
    newest = next((past for past in pasts if past.service == link.service), None)
    if newest is None or newest.undo is None or newest.status == "done":
        return None
    same = newest.undo.vpc in (None, link.vpc) and {past.run for past in link.pasts} <= set(newest.undo.runs)
    return newest if same else None


def assignment(
    link: Link,
    plans: Sequence[Plan],
    local: Collection[RunId],
    remains: Remains,
    region: Region,
    *,
    to_be_public: bool,
) -> Undo:
    """What the undo has to know. `plans`: of the link's runs, those that can be read; `local`: all runs known here.

    `to_be_public`: somebody has said who may connect to the service over the internet.
    """
    made = frozenset().union(*(past.made for past in link.pasts))
    chosen = [group for plan in plans if isinstance(plan.group, ExistingGroups) for group in plan.group.ids]
    private = remains.service.private if remains.service else None
    undo = Undo(
        service=link.service,
        service_name=link.name,
        account=remains.identity.account,
        region=region,
        vpc=link.vpc,
        runs=tuple(past.run for past in link.pasts),
        back="nothing",
        former=former_of(link.pasts),
        accounts=_once(account for plan in plans for account in plan.accounts),
        endpoints=tuple(EndpointId(each) for each in sorted(made) if each.startswith("vpce-")),
        groups=tuple(GroupId(each) for each in sorted(made) if each.startswith("sg-")),
        used=tuple(group for group in dict.fromkeys(chosen) if group not in made),
        endpoint_service=private.endpoint_service if private else None,
        vpc_dns=_dns_switched(link.pasts),
    )
    found = replace(
        undo,
        endpoints=_once([*undo.endpoints, *(each.id for each in remains.endpoints if is_taken_away(each, undo))]),
        groups=_once([*undo.groups, *(each.id for each in remains.groups if is_taken_away(each, undo))]),
    )
    return replace(found, back=_way_back(found, local, remains, to_be_public=to_be_public))


def former_of(pasts: Iterable[Past]) -> tuple[ServiceEndpoint, ...]:
    """What stood before the first of these runs whose change of the service has taken, or may have."""
    known: Past | None = None
    for past in pasts:
        if past.former and (known is None or is_former(past.former, known)):
            known = past
    return known.former if known else ()


def _once(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def _way_back(undo: Undo, local: Collection[RunId], remains: Remains, *, to_be_public: bool) -> WayBack:
    """Where no journal here tells how it was, tags that another machine's run left show that it was switched there.

    An undo that was cut off there may have taken the tags away already: then a person has to say so.
    """
    if undo.former:
        return "accounts" if any(endpoint.is_private for endpoint in undo.former) else "public"
    if to_be_public:
        return "public"
    found: tuple[SecurityGroup | VpcEndpoint, ...] = (*remains.endpoints, *remains.groups)
    standing = [each for each in found if is_taken_away(each, undo)]
    elsewhere = [each for each in standing if dict(each.tags).get(RUN_TAG, "") not in local]
    return "public" if elsewhere else "nothing"


def _dns_switched(pasts: Iterable[Past]) -> tuple[str, ...]:
    sent = (change for past in pasts for change in past.sent.items())
    return _once(change for (step, change), last in sent if step == "vpc_dns" and last.outcome != "refused")


def other_links(undo: Undo, remains: Remains) -> tuple[EndpointId, ...]:
    """This program's endpoints to the service outside the undo's VPC: switching SkySQL back would cut them off."""
    everywhere = replace(undo, vpc=None)
    return tuple(
        each.id
        for each in remains.endpoints
        if is_taken_away(each, everywhere) and not is_taken_away(each, undo) and not is_gone(each)
    )


def unsettled(pasts: Iterable[Past], now: datetime) -> frozenset[str]:
    """Steps whose last creation was asked for so lately that AWS may not show it yet."""
    sent = (change for past in pasts for change in past.sent.items())
    return frozenset(
        step
        for (step, change), last in sent
        if change == "create" and last.outcome != "refused" and now - last.at < timedelta(seconds=SHOWS)
    )


def taken_away(sent: Mapping[Change, Sent]) -> tuple[str, ...]:
    """Ids of what an undo has had deleted so far."""
    gone = [change for (_, change), last in sent.items() if change.startswith("delete ") and last.outcome == "ok"]
    return tuple(change.removeprefix("delete ") for change in gone)
