"""What an undo will do, in the order it happens, for whoever is to say yes to it."""

from collections.abc import Iterable
from typing import Final, Literal

from core.choices.review import Change, address_lines, usual_interruption
from core.choices.services import reached
from core.facts import GroupUse, Interface, Service
from core.standing import is_gone
from core.text import clean, count, listed
from core.undo import Remains, Undo, accounts_back, is_taken_away

AT_THE_COMMAND_LINE: Final = "with --allow once for each address"


def undo_changes(undo: Undo, remains: Remains, asked: str = AT_THE_COMMAND_LINE) -> tuple[Change, ...]:
    """Everything the undo will take away, put back and leave. One that has nothing to do says so first.

    `asked`: how whoever reads it says who may connect.
    """
    at_skysql = _skysql(undo, remains.service, asked)
    found = [*_endpoints(undo, remains), *_groups(undo, remains), *_vpc_dns(undo), *at_skysql]
    if all(change.mark == "=" for change in found):
        return (Change("=", "Nothing is left to be undone."), *found)
    return tuple(found)


def undo_agreement(undo: Undo, remains: Remains) -> Literal["type-name", "yes"]:
    """How the start is agreed to: the service's name is typed when connections over the private link drop."""
    return "type-name" if remains.service is not None and _drops(undo, remains) else "yes"


def undo_question(undo: Undo, remains: Remains, typed: str) -> str:
    """What is cut and for how long, for whoever is to type `typed`."""
    name = clean(undo.service_name, 100)
    if undo.back == "public":
        cut = (
            f"Every connection to {name} over PrivateLink drops, and nobody can connect until its IP allowlist is "
            f"filled again: switching back interrupts it once more. {usual_interruption()}"
        )
    else:
        ours = [each.id for each in remains.endpoints if is_taken_away(each, undo) and not is_gone(each)]
        cut = f"Every connection to {name} through {listed(ours)} drops."
    return f"{cut}\n\nType {typed} to start."


def wants_allow_list(undo: Undo, remains: Remains) -> bool:
    """Whether nobody could connect after it unless somebody says who may."""
    public = remains.service.public if remains.service else None
    return undo.back == "public" and undo.allow_list is None and not (public and public.allow_list)


def stands_now(undo: Undo, remains: Remains) -> tuple[tuple[str, str], ...]:
    """What there is on both sides, as (side, words)."""
    service = remains.service
    at_skysql = "the service does not exist any more"
    if service is not None:
        at_skysql = f"{clean(service.status, 40)}; {reached(service)}"
    endpoints = [each for each in remains.endpoints if is_taken_away(each, undo) and not is_gone(each)]
    found = [
        *(f"VPC endpoint {each.id} ({clean(each.state, 40)})" for each in endpoints),
        *(f"security group {group.id}" for group in remains.groups if is_taken_away(group, undo)),
    ]
    return ("SkySQL", at_skysql), ("AWS", listed(found) or "nothing of this program's")


def _drops(undo: Undo, remains: Remains) -> bool:
    switches = undo.back == "public" and remains.service is not None and remains.service.private is not None
    return switches or any(is_taken_away(each, undo) and not is_gone(each) for each in remains.endpoints)


def _endpoints(undo: Undo, remains: Remains) -> Iterable[Change]:
    for endpoint in remains.endpoints:
        if is_gone(endpoint):
            continue
        name = f"VPC endpoint {endpoint.id} in {endpoint.vpc}"
        if is_taken_away(endpoint, undo):
            yield Change("-", f"{name} ({clean(endpoint.state, 40)}): connections through it drop")
        elif undo.vpc in (None, endpoint.vpc):
            stops = ("It stops working when SkySQL is switched back.",) if undo.back == "public" else ()
            yield Change("=", f"{name} was not made by this program: it stays", stops)


def _groups(undo: Undo, remains: Remains) -> Iterable[Change]:
    ours = {str(endpoint.id) for endpoint in remains.endpoints if is_taken_away(endpoint, undo)}
    for group in remains.groups:
        if is_taken_away(group, undo):
            title = f"Security group “{clean(group.name, 100)}” ({group.id})"
            yield Change("-", title, _keeps(dict(remains.uses).get(group.id, GroupUse()), ours))
    for used in undo.used:
        yield Change("=", f"Security group {used} was there before: it stays")


def _keeps(use: GroupUse, ours: set[str]) -> tuple[str, ...]:
    """What besides our endpoints' interfaces keeps it from being deleted."""
    foreign = [each for each in use.interfaces if not _is_of(each, ours)]
    wearing = [f"{each.id} ({clean(each.instance or each.description, 80)})" for each in foreign]
    naming = [f"a rule of {group}" for group in use.groups]
    if not wearing and not naming:
        return ()
    return (f"It is used by {listed([*wearing, *naming])}: until that is detached it cannot be deleted.",)


def _is_of(interface: Interface, endpoints: set[str]) -> bool:
    return any(interface.description.endswith(endpoint) for endpoint in endpoints)


def _vpc_dns(undo: Undo) -> Iterable[Change]:
    if undo.vpc_dns:
        yield Change("=", f"{listed(undo.vpc_dns)} of the VPC stay on", ("They are for the whole VPC.",))


def _skysql(undo: Undo, service: Service | None, asked: str) -> Iterable[Change]:
    name = clean(undo.service_name, 100)
    if service is None:
        yield Change("=", f"{name} does not exist any more: nothing is put back at SkySQL")
    elif undo.back == "nothing":
        yield Change("=", f"SkySQL's side of {name} was not changed by this program: it stays")
    elif undo.back == "accounts":
        yield _accounts(undo, service, name)
    else:
        if service.private is not None:
            yield Change(
                "!", f"Switch {name} back to its public address: every connection over PrivateLink drops", _cut()
            )
        yield _allow_list(undo, service, name, asked)


def _cut() -> tuple[str, ...]:
    return (f"Nobody can connect from the first deletion until the IP allowlist is filled. {usual_interruption()}",)


def _accounts(undo: Undo, service: Service, name: str) -> Change:
    now = service.private.accounts if service.private else ()
    back = accounts_back(now, undo)
    if set(now) == set(back):
        return Change("=", f"{name} stays private, for {count(len(back), 'account')}")
    detail = [*(f"+{each}" for each in back if each not in now), *(f"-{each}" for each in now if each not in back)]
    return Change("~", f"{name} stays private; the accounts that may connect are as before", tuple(detail))


def _allow_list(undo: Undo, service: Service, name: str, asked: str) -> Change:
    wanted = undo.allow_list
    if wanted:
        return Change(
            "~", f"IP allowlist of {name}: {count(len(wanted), 'address', 'addresses')}", address_lines(wanted)
        )
    if wanted is None and not (service.public and service.public.allow_list):  # as `wants_allow_list`
        how = f"Say who may connect, {asked}, or fill the list in the SkySQL portal."
        return Change("!", f"The former IP allowlist of {name} is not known here: nobody can connect after it", (how,))
    if wanted is None:
        return Change("=", f"The IP allowlist of {name} stays as somebody has filled it")
    return Change("=", f"The IP allowlist of {name} was empty before and stays so: nobody can connect")
