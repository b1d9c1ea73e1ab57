"""The connection proof as far as the network goes: this machine, the name, TCP."""

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.checks.chain import Verdict, broken, holds, unknown
from core.connection import PathTrouble, Proof, Reached
from core.text import listed

_AMAZON_RESOLVERS: Final = ("169.254.169.253", "fd00:ec2::253")
"""The VPC's resolver, in every VPC; it also has the address two above the beginning of the VPC's range."""


def here(proof: Proof) -> Verdict | None:
    met, target = proof.here, proof.target
    if met is None:
        return None
    if not target.cidrs:
        return unknown("The VPC's address ranges are not known, so nothing is said of where this machine is.")
    if inside(proof):
        return holds(f"{_are(_in(met.addresses, target.cidrs))} in {_vpc(proof)}.")
    if not met.addresses:
        return unknown(f"No address of this machine leads towards {_vpc(proof)} ({listed(target.cidrs)}).")
    return unknown(
        f"{_are(met.addresses)} not in {_vpc(proof)} ({listed(target.cidrs)}). "
        "From here only a peering, a VPN or a transit gateway leads there; it is tried all the same."
    )


def inside(proof: Proof) -> bool:
    """Whether this machine has an address of the VPC's; another network may have the same ones."""
    return proof.here is not None and bool(_in(proof.here.addresses, proof.target.cidrs))


# ---------------------------------------------------------------------------------------------- the name


def name(proof: Proof) -> Verdict | None:
    met, target = proof.resolved, proof.target
    if met is None:
        return None
    if met.trouble == "no-answer":
        return broken(
            f"The resolver does not say where {target.name} leads.",
            f"{_asked(proof) or 'It'} did not answer in time, or has a fault of its own.",
            "Check this machine's network and its /etc/resolv.conf, then try again.",
        )
    if not met.addresses:
        return broken(f"{target.name} does not resolve.", *_misled(proof, "does not know it yet"))
    strangers = _strangers(proof)
    if not strangers:
        return holds(f"It leads to {listed(met.addresses)}{_whose(proof)}.")
    public = all(_address(each).is_global for each in strangers)
    wanted = f" The endpoint has {listed(target.addresses)}." if target.addresses else ""
    return broken(
        f"{target.name} leads to {listed(strangers)}: {'public, ' if public else ''}not the endpoint.{wanted}",
        *_misled(proof, "has another answer: a private hosted zone with the name, or an old answer that it keeps"),
    )


def _strangers(proof: Proof) -> tuple[str, ...]:
    """Addresses that are not the endpoint's, as far as that is known."""
    target, found = proof.target, proof.resolved.addresses if proof.resolved else ()
    if target.addresses:
        own = {_address(each) for each in target.addresses}
        return tuple(each for each in found if _address(each) not in own)
    if target.cidrs:
        there = _in(found, target.cidrs)
        return tuple(each for each in found if each not in there)
    return tuple(each for each in found if _address(each).is_global)


def _whose(proof: Proof) -> str:
    if proof.target.addresses:
        return ", the endpoint's own"
    return f", in {_vpc(proof)}" if proof.target.cidrs else ", which is private"


def _misled(proof: Proof, vpcs_own: str) -> tuple[str, str]:
    """Why the name does not lead to the endpoint, and what to do. `vpcs_own`: what the VPC's resolver is like then."""
    target, vpc, asked = proof.target, _vpc(proof), _asked(proof)
    if not target.private_dns:
        why = "Private DNS is off for the VPC endpoint, so nothing leads the name there."
        return why, f"Enable private DNS on it. Clients in {vpc} then use {target.fqdn or target.name} as it is."
    if _asks_vpc(proof):
        remedy = (
            "Wait a minute and try again: private DNS works some minutes after it was enabled, and resolvers keep old "
            f"answers. If it stays so, look for a private hosted zone with the name that is associated with {vpc}."
        )
        return f"The resolver of {vpc} {vpcs_own}.", remedy
    why = f"Only the resolver of {vpc} knows that the name leads to the endpoint."
    if asked:
        why = f"{why} This machine asks {asked}."
    if inside(proof):
        return why, f"Let this machine ask {_AMAZON_RESOLVERS[0]}, or let its resolver forward the name there."
    remedy = (
        f"Try it on a machine in {vpc}. For clients elsewhere, let their resolver forward the name to an inbound "
        f"endpoint of Route 53 Resolver in {vpc}."
    )
    return why, remedy


def _asked(proof: Proof) -> str:
    return listed(proof.here.resolvers) if proof.here else ""


def _asks_vpc(proof: Proof) -> bool:
    """Whether this machine asks the VPC's resolver; a resolver on this machine itself may do so behind its back."""
    known = {*_AMAZON_RESOLVERS, *(str(ipaddress.ip_network(cidr)[0] + 2) for cidr in proof.target.cidrs)}
    return proof.here is not None and not known.isdisjoint(proof.here.resolvers)


# ---------------------------------------------------------------------------------------------- TCP


@dataclass(frozen=True, slots=True)
class _Told:
    """{which} addresses, {port}, {seconds} waited, {own} address, {vpc}, the system's {words}."""

    seen: str
    why: str
    remedy: str


_TRIED_ELSEWHERE: Final = " Or try it on a machine in {vpc}."
_NOTHING_LISTENS: Final = _Told(
    "",
    "The network lets it through, and nothing listens there: the port is another one, or the VPC endpoint is not "
    "available yet.",
    "Take the port by its purpose from SkySQL, and wait until AWS says that the endpoint is available.",
)
_IN_SOME_ZONES: Final = _Told(
    "No answer from {which} on port {port} within {seconds}.",
    "The endpoint's security group is the same for all of its addresses and lets the others in: a network ACL of that "
    "subnet drops the packets, or one of this machine's.",
    "Look at the network ACLs of both subnets: port {port} one way, ports 1024 to 65535 the other.",
)
_FROM_OUTSIDE: Final = _Told(
    "No answer from {which} on port {port} within {seconds}.",
    "This machine is not in {vpc}: its packets may lead nowhere. Where a network joined to the VPC carries them, the "
    "endpoint's security group does not admit {own} on port {port}, or a network ACL stands between.",
    "Look for a peering, a VPN or a transit gateway that leads to {vpc} from here. Where there is one, add a rule to "
    "the endpoint's security group: TCP {port} from {own}.",
)
_TROUBLES: Final[Mapping[PathTrouble, _Told]] = {
    "timeout": _Told(
        "No answer from {which} on port {port} within {seconds}.",
        "Something drops the packets without a word: the endpoint's security group does not admit {own} on port "
        "{port}, or a network ACL stands between.",
        "Add a rule to the endpoint's security group: TCP {port} from {own}, or from the clients' own group. Then look "
        "at the network ACLs of both subnets: port {port} one way, ports 1024 to 65535 the other.",
    ),
    "refused": _Told("Port {port} is refused at {which}.", _NOTHING_LISTENS.why, _NOTHING_LISTENS.remedy),
    "reset": _Told(
        "The connection to {which} on port {port} is broken off.", _NOTHING_LISTENS.why, _NOTHING_LISTENS.remedy
    ),
    "no-route": _Told(
        "No route leads to {which}.",
        "{words}.",
        "Connect this machine's network with {vpc}: a peering, a VPN or a transit gateway.",
    ),
    "denied": _Told(
        "This machine lets nothing out to {which}.",
        "{words}.",
        "Let its firewall send to port {port} there, or this program use the network.",
    ),
    "error": _Told("No connection to {which}.", "{words}.", "Put that right, then try again."),
}


def tcp(proof: Proof) -> Verdict | None:
    if not proof.reached:
        return None
    worst = next((met for met in proof.reached if met.trouble), None)
    fine = [met for met in proof.reached if not met.trouble]
    if worst is None:
        return holds(f"{listed([f'{met.address} in {took(met.seconds)}' for met in fine])}.")
    alike = [met for met in proof.reached if met.trouble == worst.trouble]
    told = _TROUBLES[worst.trouble]
    if worst.trouble == "timeout" and fine:
        told = _IN_SOME_ZONES
    elif worst.trouble == "timeout" and proof.target.cidrs and not inside(proof):
        told = _FROM_OUTSIDE
    fields = _fields(proof, alike)
    others = f" {listed([met.address for met in fine])} answered." if fine else ""
    elsewhere = "" if inside(proof) else _TRIED_ELSEWHERE.format(**fields)
    return broken(
        told.seen.format(**fields) + others, told.why.format(**fields), told.remedy.format(**fields) + elsewhere
    )


def _fields(proof: Proof, met: Sequence[Reached]) -> dict[str, str]:
    own = proof.here.addresses if proof.here else ()
    return {
        "which": listed([each.address for each in met]),
        "port": str(proof.target.port),
        "seconds": took(max(each.seconds for each in met)),
        "own": listed(own, "or") or "this machine",
        "vpc": _vpc(proof),
        "words": met[0].words,
    }


# ---------------------------------------------------------------------------------------------- words


def took(seconds: float) -> str:
    """A round trip: `0.4 ms`, `12 ms`, `6 s`."""
    if seconds >= 1:
        return f"{seconds:.0f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def _are(addresses: Sequence[str]) -> str:
    return f"{listed(addresses)} {'is' if len(addresses) == 1 else 'are'}"


def _vpc(proof: Proof) -> str:
    return proof.target.vpc or "the VPC"


def _in(addresses: Iterable[str], cidrs: Iterable[str]) -> list[str]:
    ranges = [ipaddress.ip_network(cidr) for cidr in cidrs]
    return [each for each in addresses if any(_address(each) in reach for reach in ranges)]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    return ipaddress.ip_address(text.partition("%")[0])
