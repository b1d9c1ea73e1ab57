"""Why an application cannot connect: the VPC around an endpoint that is available.

Groups, network ACLs and routes are about who connects: they are judged for everything that runs in the VPC, and a link
is broken when nobody is left who gets through.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from core.checks.case import Case, Unread
from core.checks.chain import Row, Verdict, broken, holds, unknown
from core.checks.reach import Reached
from core.checks.walk import Sort
from core.facts import EndpointService, Interface, Network, Rule, SecurityGroup, Subnet, VpcEndpoint
from core.standing import is_gone
from core.text import count, listed
from core.values import is_anywhere

_MOST_NAMED: Final = 3


def _seen(case: Case) -> tuple[Network, VpcEndpoint] | Verdict | None:
    """The VPC and the endpoint in it; else what is to be said instead, which is nothing while it is still to come."""
    if case.endpoints is None:
        return None
    if case.endpoint is None:
        return unknown("")
    if case.network is None:
        return None
    if isinstance(case.network, Unread):
        return unknown(f"The VPC could not be read: {case.network.why}")
    return case.network, case.endpoint


# ---------------------------------------------------------------------------------------------- zones and interfaces


def zones(case: Case) -> Verdict | None:
    seen = _seen(case)
    if not isinstance(seen, tuple):
        return seen
    network, endpoint = seen
    there = [subnet for subnet in network.subnets if subnet.id in endpoint.subnets]
    if not there:
        return broken(
            f"{endpoint.id} is in no subnet.",
            "All of them were taken away from it, so it has no address.",
            f"Add a subnet to {endpoint.id} in the AWS console, one in each zone where clients run.",
        )
    offered = case.offered if isinstance(case.offered, EndpointService) else None
    lost = [subnet for subnet in there if offered and offered.lacks(subnet.zone)]
    if len(lost) == len(there):
        return broken(
            f"{endpoint.id} is in {_zones(there)} alone, and SkySQL's endpoint service is not.",
            "SkySQL runs the service in other zones now.",
            f"Add a subnet to {endpoint.id} in the AWS console, in a zone of the endpoint service.",
        )
    own = {subnet.zone.id for subnet in there}
    missing = [each for each in _offered_here(network, offered) if each.zone.id not in own]
    told = f"In {_zones([subnet for subnet in there if subnet not in lost])}."
    if missing:
        told += f" Not in {_zones(missing)}: clients there go through the other zones."
    if lost:
        told += f" In {_zones(lost)}, too, where SkySQL's endpoint service is not."
    return holds(told)


def _offered_here(network: Network, offered: EndpointService | None) -> list[Subnet]:
    """Subnets in the zones of the endpoint service in which something runs."""
    lived_in = {one.subnet for one in network.instances}
    return [one for one in network.subnets if one.id in lived_in and offered is not None and offered.covers(one.zone)]


def _zones(subnets: Iterable[Subnet]) -> str:
    return listed(sorted({subnet.zone.name or subnet.zone.id for subnet in subnets}))


def interfaces(case: Case) -> Verdict | None:
    seen = _seen(case)
    if not isinstance(seen, tuple):
        return seen
    network, endpoint = seen
    if network.interfaces is None:
        return unknown("The network interfaces could not be read: the right ec2:DescribeNetworkInterfaces is missing.")
    own = [one for one in network.interfaces if one.id in endpoint.interfaces]
    usable = [one for one in own if one.addresses]
    if not usable:
        return broken(
            f"{endpoint.id} has {'interfaces without an address' if own else 'no network interface'}.",
            "An endpoint is reached by the addresses of its interfaces. AWS makes one in each of its subnets and keeps "
            "them; somebody took them away, or AWS has not made them yet.",
            f"Wait some minutes. If it stays so, delete {endpoint.id} and make it anew.",
        )
    short = len(endpoint.subnets) - len(usable)
    told = f" {count(short, 'subnet')} of the endpoint has none." if short > 0 else ""
    return holds(f"{listed([_address(one, network) for one in usable])}.{told}")


def _address(one: Interface, network: Network) -> str:
    zone = next((subnet.zone.name for subnet in network.subnets if subnet.id == one.subnet), "")
    return f"{one.addresses[0]} in {zone}" if zone else one.addresses[0]


# ---------------------------------------------------------------------------------------------- who gets through


def groups(case: Case) -> Verdict | None:
    seen = _seen(case)
    if not isinstance(seen, tuple):
        return seen
    if hidden := _hidden(case):
        return unknown(f"Security group {listed(hidden)} of {seen[1].id} is not to be seen here: it may admit anybody.")
    carried = case.stands.groups if case.stands else ()
    open_to = [rule for group in carried for rule in group.rules if rule.admits(case.port)]
    if not open_to:
        return _shut(case, carried)
    names = listed([f"{group.name or group.id} ({group.id})" for group in carried])
    left = _left(case, "groups")
    admits = f"{names} admits {_sources(open_to)} on {case.port}"
    if left is None:
        return holds(f"{admits}. Nothing runs in {seen[1].vpc} to be judged by that.")
    if not left:
        return broken(
            f"Nobody in {seen[1].vpc} gets through the security groups to port {case.port}.",
            _deciding(case, "groups"),
            f"Add a rule to {names}: inbound TCP {case.port} from the clients' own security group. Where an outbound "
            f"rule is missing, add that to the clients' group: TCP {case.port}.",
        )
    everybody = " That is every address there is." if any(is_anywhere(rule.source) for rule in open_to) else ""
    return holds(f"{admits}.{everybody}{_some(case, 'groups')}")


def _hidden(case: Case) -> list[str]:
    """Groups of the endpoint whose rules are not known: of another account's VPC, say."""
    known = {group.id for group in case.stands.groups} if case.stands else set()
    return sorted(case.endpoint.groups - known) if case.endpoint else []


def _shut(case: Case, carried: Sequence[SecurityGroup]) -> Verdict:
    names = listed([f"{group.name or group.id} ({group.id})" for group in carried])
    rules = [rule for group in carried for rule in group.rules]
    ports = sorted({f"{rule.first}" if rule.first == rule.last else f"{rule.first} to {rule.last}" for rule in rules})
    what = f"Their rules are for port {listed(ports)}." if len(carried) > 1 else f"Its rules are for {listed(ports)}."
    return broken(
        f"{names} admits nobody on port {case.port}.",
        what if rules else "There is no inbound rule, and what no rule admits is dropped without a word.",
        f"Add an inbound rule: TCP {case.port} from the clients' own security group, or from their addresses.",
    )


def _sources(rules: Sequence[Rule]) -> str:
    named = list(dict.fromkeys(str(rule.source) for rule in rules))
    more = [f"{len(named) - _MOST_NAMED:,} more"] if len(named) > _MOST_NAMED else []
    return listed([*named[:_MOST_NAMED], *more])


def acls(case: Case) -> Verdict | None:
    return _crossed(
        case,
        "acls",
        "No network ACL is in the way",
        "the network ACLs",
        f"In the network ACLs of both subnets allow TCP {case.port} one way and ports 1024 to 65535 the other, with a "
        "number below the rule that denies.",
    )


def routes(case: Case) -> Verdict | None:
    return _crossed(
        case,
        "routes",
        "The VPC's own route leads there",
        "the routes",
        "Take that route out of the route table: inside a VPC the local route is enough.",
    )


def _crossed(case: Case, sort: Sort, fine: str, through: str, remedy: str) -> Verdict | None:
    seen = _seen(case)
    if not isinstance(seen, tuple):
        return seen
    if _hidden(case):
        return unknown("")
    left = _left(case, sort)
    if left is None:
        return unknown(f"Nothing runs in {seen[1].vpc} to be judged by {through}.")
    if not left:
        return broken(
            f"Nobody in {seen[1].vpc} gets through {through} to port {case.port}{_in_all_zones(case, sort)}.",
            _deciding(case, sort),
            remedy,
        )
    doubtful = [one for one in left if one.verdict == "unknown" and one.by == sort]
    if len(doubtful) == len(left):
        return unknown(doubtful[0].why)
    return holds(_some(case, sort).strip() or f"{fine}.")


_ORDER: Final[tuple[Sort, ...]] = ("groups", "acls", "routes")


def _left(case: Case, sort: Sort) -> list[Reached] | None:
    """Who gets through so far, in all zones; None where nobody is there who could. Without an address nothing does."""
    able = [one for one in case.reached if one.verdict != "no" or one.by]
    upto = _ORDER[: _ORDER.index(sort) + 1]
    return [one for one in able if one.verdict not in ("no", "partly") or one.by not in upto] if able else None


def _in_all_zones(case: Case, sort: Sort) -> str:
    """Where some get through in some: a name leads to all of the zones, so some of their connections time out."""
    return " in all zones" if any(one.verdict == "partly" for one in _stopped(case, sort)) else ""


def _stopped(case: Case, sort: Sort) -> list[Reached]:
    return [one for one in case.reached if one.verdict in ("no", "partly") and one.by == sort]


def _some(case: Case, sort: Sort) -> str:
    """Who does not get through, when some do; and the rule that decides for the first."""
    stopped = _stopped(case, sort)
    if not stopped:
        return ""
    do = "does" if len(stopped) == 1 else "do"
    return f" {len(stopped):,} of {count(len(case.reached), 'client')} {do} not get through: {_by_name(stopped)}"


def _deciding(case: Case, sort: Sort) -> str:
    """For how many it is this sort of rule, and the one that decides for the first."""
    stopped = _stopped(case, sort)
    return f"It is so for {len(stopped):,} of {count(len(case.reached), 'client')}: {_by_name(stopped)}"


def _by_name(stopped: Sequence[Reached]) -> str:
    names = [one.client.name for one in stopped[:_MOST_NAMED]]
    more = [f"{len(stopped) - _MOST_NAMED:,} more"] if len(stopped) > _MOST_NAMED else []
    whom = f" For {stopped[0].client.name}:" if len(stopped) > 1 else ""
    return f"{listed([*names, *more])}.{whom} {stopped[0].why}"


# ---------------------------------------------------------------------------------------------- private DNS


def private_dns(case: Case) -> Verdict | None:
    seen = _seen(case)
    if not isinstance(seen, tuple):
        return seen
    network, endpoint = seen
    fqdn = case.service.fqdn or "the service's own name"
    if endpoint.private_dns and not network.dns.ready:
        return broken(
            f"{endpoint.vpc} has {listed(network.dns.off)} off.",
            "Private DNS needs both attributes: without them the VPC's resolver leads the name nowhere.",
            f"Switch {listed(network.dns.off)} on for {endpoint.vpc} (AWS console, VPC, Edit VPC settings).",
        )
    if endpoint.private_dns:
        return holds(f"On: in {endpoint.vpc} {fqdn} leads to the endpoint.")
    return unknown(f"Off: nothing leads {fqdn} to the endpoint unless your own DNS does. {_why_off(case, network)}")


def _why_off(case: Case, network: Network) -> str:
    """What keeps it off, and what to know while it is."""
    offered = case.offered if isinstance(case.offered, EndpointService) else None
    rivals = [
        each.id
        for each in network.endpoints
        if each.private_dns and not is_gone(each) and case.service.fqdn in each.dns_names and each != case.endpoint
    ]
    if rivals:
        return f"{listed(rivals)} has that name in the VPC; it has to go first."
    if not network.dns.ready:
        return f"It needs {listed(network.dns.off)}, which {'is' if len(network.dns.off) == 1 else 'are'} off."
    if offered and not offered.private_dns_name:
        return "SkySQL's endpoint service has no private DNS name."
    if offered and offered.private_dns_state and offered.private_dns_state != "verified":
        return f"SkySQL's verification of the name is not finished ({offered.private_dns_state}): it has to be first."
    return "AWS's names (vpce-…) do reach it, and the certificate does not match them. Enable private DNS on it."


NETWORK: Final[tuple[Row[Case], ...]] = (
    Row("zones", "Zones", zones),
    Row("interfaces", "Interfaces", interfaces),
    Row("groups", "Groups", groups),
    Row("acls", "Network ACLs", acls),
    Row("routes", "Routes", routes),
    Row("dns", "Private DNS", private_dns),
)
