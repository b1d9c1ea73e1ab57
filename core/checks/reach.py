"""Which of one's own instances and interfaces in a VPC can reach the database port through the endpoint there.

Networks behind peering, VPN or a transit gateway are not looked into.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from core.checks.ends import Client, Target, clients
from core.checks.walk import Sort, Walk
from core.facts import Network, PrefixList
from core.text import count, listed

Reaches = Literal["yes", "partly", "no", "unknown"]
"""`partly`: not in all of the endpoint's subnets, so that some connections time out."""

_BEST_FIRST: Final[tuple[Reaches, ...]] = ("yes", "partly", "unknown", "no")
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Reached:
    """A client, whether it reaches the port, the one rule that decides, and what sort of rule that is."""

    client: Client
    where: str  # subnet and zone
    verdict: Reaches
    why: str
    by: Sort = ""


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
        return Reached(client, where, found[0][1].verdict, found[0][1].why, found[0][1].by)
    partly = {"yes", "no"} <= verdicts
    place, bad = next(one for one in found if one[1].verdict == ("no" if partly else "unknown"))
    at = place.subnet.zone.name or place.subnet.id
    return Reached(client, where, "partly" if partly else "unknown", f"In {at}: {bad.why}", bad.by)


def summary(found: Sequence[Reached], port: int) -> str:
    """`3 of 4 instances reach 3306, and 1 of 2 other interfaces; not jump.`

    An instance counts by the interface that serves it best.
    """
    if not found:
        return f"No instance and no other interface in use is in this VPC to reach {port}."
    best: dict[tuple[bool, str], Reached] = {}
    for one in found:
        key = bool(one.client.instance), one.client.instance or one.client.id
        if key not in best or _BEST_FIRST.index(one.verdict) < _BEST_FIRST.index(best[key].verdict):
            best[key] = one
    instances = [one for (is_instance, _), one in best.items() if is_instance]
    others = [one for (is_instance, _), one in best.items() if not is_instance]
    share = _share(instances, "instance", port) if instances else _share(others, "other interface", port)
    more = f", and {_reaching(others):,} of {count(len(others), 'other interface')}" if instances and others else ""
    return f"{'; '.join((share + more, *_exceptions([*instances, *others])))}."


def _reaching(of: Sequence[Reached]) -> int:
    return sum(one.verdict == "yes" for one in of)


def _share(of: Sequence[Reached], noun: str, port: int) -> str:
    reaching, number = _reaching(of), len(of)
    if number == 1:
        return f"The only {noun} {'reaches' if reaching else 'does not reach'} {port}"
    if reaching == number:
        return f"All {number:,} {noun}s reach {port}"
    told = f"{reaching:,}" if reaching else "None"
    return f"{told} of {number:,} {noun}s {'reach' if reaching > 1 else 'reaches'} {port}"


def _exceptions(of: Sequence[Reached]) -> Iterable[str]:
    words: tuple[tuple[Reaches, str], ...] = (("no", "not"), ("partly", "partly"), ("unknown", "not known:"))
    for verdict, word in words:
        names = [one.client.name for one in of if one.verdict == verdict]
        if names and not (verdict == "no" and len(names) == len(of)):
            more = [f"{len(names) - _MOST_NAMED:,} more"] if len(names) > _MOST_NAMED else []
            yield f"{word} {listed([*names[:_MOST_NAMED], *more])}"
