"""The SkySQL service: whether it can be linked, and what linking does to it."""

from collections.abc import Iterable, Sequence
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.facts import AllowedAddress, Situation
from core.plan import NewGroup, Plan
from core.standing import ports_by_purpose, ports_told
from core.text import clean, count, listed
from core.values import is_anywhere

_UNUSABLE: Final = {
    "failed": ("A failed service cannot be changed.", "Open a case with SkySQL support."),
    "stopped": ("A stopped service has no endpoint to link to.", "Start it in the SkySQL portal."),
    "retired": ("A retired service does not come back.", "Choose another service."),
}

_MOST_LISTED: Final = 5
_BRING_IN: Final = (
    "Join the networks of those still needed to the VPC first (VPC peering, a transit gateway, a VPN), or run them in "
    "it; nothing has to be done for the rest."
)


def provider(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.provider.casefold() == "aws":
        yield ok("service", "provider", f"{service.name} runs on AWS.")
    else:
        yield blocker(
            "service",
            "provider",
            f"{service.name} does not run on AWS.",
            f"It runs on {service.provider or 'an unknown cloud'}, and PrivateLink reaches services on AWS only.",
            "Choose a service on AWS.",
        )


def status(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.status == "ready":
        yield ok("service", "status", f"{service.name} is ready.")
        return
    if service.status in _UNUSABLE:
        detail, remedy = _UNUSABLE[service.status]
        yield blocker("service", "status", f"{service.name} is {service.status}.", detail, remedy)
        return
    title = f"{service.name} is {service.status or 'in no state that SkySQL names'}."
    if service.status.startswith("pending"):
        wait = "Nothing has to be done: the run waits for it. Whoever made the change knows how long it takes."
        yield warning("service", "status", title, "A change is in flight.", wait)
    else:
        unknown = "This program does not know that state."
        wait = "See the SkySQL portal. The run waits until the service is ready."
        yield warning("service", "status", title, unknown, wait)


def same_region(plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.region == plan.region:
        yield ok("service", "same-region", f"Service and VPC are both in {plan.region}.")
    else:
        yield blocker(
            "network",
            "same-region",
            f"{service.name} is in {service.region}, the plan's VPC in {plan.region}.",
            "SkySQL links services within one region only.",
            f"Choose a VPC in {service.region}.",
        )


def ports(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if not isinstance(plan.group, NewGroup):
        return
    service = situation.service
    found, without = ports_by_purpose(service.ports, plan.group.ports)
    if not service.ports:
        yield warning(
            "access",
            "ports",
            f"SkySQL shows no ports of {service.name} now.",
            "The rules are made when it does.",
            "Nothing has to be done: the run waits for them.",
        )
    elif without:
        yield blocker(
            "access",
            "ports",
            f"{service.name} has no port for {listed(without)}.",
            f"Its ports are for {listed([port.purpose for port in service.ports])}.",
            "Choose among these.",
        )
    else:
        yield ok("access", "ports", f"Clients use port {ports_told(found)}.")


def interruption(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.private is not None:
        yield ok("service", "interruption", f"{service.name} is private already: nothing is interrupted.")
        return
    entries = sum(len(endpoint.allow_list) for endpoint in service.endpoints)
    cleared = f"The IP allowlist ({count(entries, 'entry', 'entries')}) is cleared, and the" if entries else "The"
    yield warning(
        "service",
        "interruption",
        f"The switch drops every connection to {service.name}.",
        "It cannot be reached until the link works, usually some minutes. "
        f"{cleared} portal's Query Editor stops working.",
        "Run this when an interruption does no harm. The journal keeps the former allowlist.",
    )


def cut_off(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    """Who connects over the public address now. PrivateLink is reached from inside the VPC alone."""
    service = situation.service
    entries = [entry for endpoint in service.endpoints for entry in endpoint.allow_list]
    if service.private is not None or not entries:
        return
    anybody = [entry.ip for entry in entries if is_anywhere(entry.ip)]
    if anybody:
        yield warning(
            "service",
            "outside-clients",
            f"Whoever connects to {service.name} from outside the VPC will be cut off.",
            f"Its public IP allowlist has {listed([clean(ip, 60) for ip in anybody])}, which is everybody: it does not "
            "tell who connects.",
            f"Ask whoever runs applications with this database. {_BRING_IN}",
        )
    else:
        yield warning(
            "service",
            "outside-clients",
            f"Clients at {count(len(entries), 'address', 'addresses')} outside the VPC will be cut off.",
            f"The public IP allowlist of {service.name} has {_first(entries)}.",
            f"{_BRING_IN} Where an entry is a NAT gateway of the VPC itself, its clients come through the endpoint.",
        )


def _first(entries: Sequence[AllowedAddress]) -> str:
    told = [
        clean(entry.ip, 60) + (f" ({clean(entry.comment, 60)})" if entry.comment else "")
        for entry in entries[:_MOST_LISTED]
    ]
    more = len(entries) - len(told)
    return listed([*told, f"{more:,} more"] if more else told)


def second_endpoint(plan: Plan, situation: Situation) -> Iterable[Finding]:
    service = situation.service
    if service.public is None or service.private is None or set(service.private.accounts) == set(plan.accounts):
        return
    yield warning(
        "accounts",
        "second-endpoint",
        f"{service.name} has a public endpoint beside the private one.",
        "SkySQL does not say what a change of the accounts does to it.",
        "Look at the public endpoint in the SkySQL portal afterwards.",
    )


CHECKS: Final[tuple[Check, ...]] = (
    provider,
    status,
    same_region,
    ports,
    interruption,
    cut_off,
    second_endpoint,
)
