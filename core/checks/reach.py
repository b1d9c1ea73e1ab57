"""Which of one's own instances and interfaces in a VPC can reach the database port through the endpoint there.

Networks behind peering, VPN or a transit gateway are not looked into.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.checks.ends import Client, Target, clients
from core.checks.walk import Walk
from core.facts import Network, PrefixList
from core.text import listed

Reaches = Literal["yes", "partly", "no", "unknown"]
"""`partly`: not in all of the endpoint's subnets, so that some connections time out."""

_BEST_FIRST: Final[tuple[Reaches, ...]] = ("yes", "partly", "unknown", "no")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Reached:
    """A client, whether it reaches the port, and the one rule that decides."""

    client: Client
    where: str  # subnet and zone
    verdict: Reaches
    why: str


def reach(network: Network, target: Target, port: int, prefix_lists: Iterable[PrefixList] = ()) -> tuple[Reached, ...]:
    """Every client of the VPC. Empty when the endpoint stands nowhere."""
    if not target.places:
        return ()
    walk = Walk(network, target, port, prefix_lists)
    where = {
        one.id: " · ".join(part for part in (one.name or one.id, one.zone.name) if part) for one in network.subnets
    }
    return tuple(_reached(client, where.get(client.subnet, client.subnet), walk) for client in clients(network))


def _reached(client: Client, where: str, walk: Walk) -> Reached:
    found = list(walk.rulings(client))
    verdicts = {ruling.verdict for _, ruling in found}
    if len(verdicts) == 1:
        return Reached(client, where, found[0][1].verdict, found[0][1].why)
    order = ("no", "unknown") if "yes" in verdicts else ("unknown",)
    place, ruling = next(one for verdict in order for one in found if one[1].verdict == verdict)
    verdict: Reaches = "partly" if {"yes", "no"} <= verdicts else "unknown"
    return Reached(client, where, verdict, f"In {place.subnet.zone.name or place.subnet.id}: {ruling.why}")


def summary(found: Sequence[Reached], port: int) -> str:
    """`3306: 3 of 4 instances reach it; not jump.`"""
    if not found:
        return f"{port}: no instance and no other interface in use is in this VPC."
    best: dict[tuple[bool, str], Reached] = {}
    for one in found:
        key = bool(one.client.instance), one.client.instance or one.client.id
        if key not in best or _BEST_FIRST.index(one.verdict) < _BEST_FIRST.index(best[key].verdict):
            best[key] = one
    instances = [one for (is_instance, _), one in best.items() if is_instance]
    others = [one for (is_instance, _), one in best.items() if not is_instance]
    told = [
        _share(instances, "instance") if instances else "",
        _share(others, "other interface") if others else "",
        *_exceptions([*instances, *others]),
    ]
    return f"{port}: {'; '.join(part for part in told if part)}."


def _share(of: Sequence[Reached], noun: str) -> str:
    reaching, number = sum(one.verdict == "yes" for one in of), len(of)
    if number == 1:
        return f"the only {noun} {'reaches' if reaching else 'does not reach'} it"
    if reaching in (0, number):
        return f"all {number:,} {noun}s reach it" if reaching else f"none of {number:,} {noun}s reaches it"
    return f"{reaching:,} of {number:,} {noun}s {'reaches' if reaching == 1 else 'reach'} it"


def _exceptions(of: Sequence[Reached]) -> Iterable[str]:
    words: tuple[tuple[Reaches, str], ...] = (("no", "not"), ("partly", "partly"), ("unknown", "not known:"))
    for verdict, word in words:
        names = [one.client.name for one in of if one.verdict == verdict]
        if names and not (verdict == "no" and len(names) == len(of)):
            more = [f"{len(names) - _MOST_NAMED:,} more"] if len(names) > _MOST_NAMED else []
            yield f"{word} {listed([*names[:_MOST_NAMED], *more])}"
