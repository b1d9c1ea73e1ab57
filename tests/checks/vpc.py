"""A small VPC for tests of who reaches what: two subnets, a client in each, an endpoint with a group of its own."""

from dataclasses import replace
from typing import Any

from core.checks.ends import Place, Target
from core.facts import (
    AclEntry,
    Instance,
    Interface,
    Network,
    NetworkAcl,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcDns,
    Zone,
)
from core.values import AccountId, GroupId, Source, SubnetId, VpcId, ZoneId

VPC = VpcId("vpc-1")
LAST = 32767


def subnet(name: str, cidr: str) -> Subnet:
    zone = Zone(f"us-east-2{name}", ZoneId(f"use2-az-{name}"))
    return Subnet(SubnetId(f"subnet-{name}"), f"private-{name}", VPC, zone, cidr, 200)


A, B = subnet("a", "10.0.1.0/24"), subnet("b", "10.0.2.0/24")


def rule(source: str, first: int = 3306, last: int | None = None, protocol: str = "tcp") -> Rule:
    return Rule(protocol, first, first if last is None else last, Source(source))


ANYWHERE = rule("0.0.0.0/0", -1, protocol="-1")


def group(name: str, *rules: Rule, outbound: tuple[Rule, ...] = (ANYWHERE,)) -> SecurityGroup:
    return SecurityGroup(GroupId(f"sg-{name}"), name, "", VPC, rules, (), outbound)


def entry(
    number: int, verb: str, cidr: str = "0.0.0.0/0", ports: tuple[int, int] | None = None, **more: Any
) -> AclEntry:
    """`verb`: allow or deny; inbound unless told otherwise."""
    first, last = ports or (-1, -1)
    made = AclEntry(number, verb == "allow", False, "6" if ports else "-1", cidr, first, last)
    return replace(made, **more)


def acl(name: str, *entries: AclEntry, subnets: tuple[Subnet, ...]) -> NetworkAcl:
    """Lets pass what none of `entries` denies."""
    ways = (True, False)
    rest = (entry(500, "allow", outbound=way) for way in ways), (entry(LAST, "deny", outbound=way) for way in ways)
    return NetworkAcl(
        f"acl-{name}", "", VPC, False, frozenset(one.id for one in subnets), (*entries, *rest[0], *rest[1])
    )


def interface(name: str, where: Subnet, address: str, *groups: str, **more: Any) -> Interface:
    carried = frozenset(GroupId(f"sg-{one}") for one in groups)
    made = Interface(f"eni-{name}", "interface", "", "in-use", where.id, carried, (address,), instance=f"i-{name}")
    return replace(made, **more)


def instance(name: str, where: Subnet, address: str = "", *groups: str) -> Instance:
    carried = frozenset(GroupId(f"sg-{one}") for one in groups)
    return Instance(f"i-{name}", name, where.id, carried, address)


APP, DOOR = group("app"), group("door", rule("sg-app"))
OPEN = acl("open", subnets=(A, B))
LOCAL = Route("10.0.0.0/16", "local")
TABLE = RouteTable("rtb-main", VPC, True, frozenset(), (LOCAL, Route("0.0.0.0/0", "nat-1")))
NETWORK = Network(
    Vpc(VPC, "prod", ("10.0.0.0/16",), False, AccountId("123456789012")),
    VpcDns(True, True),
    (A, B),
    (TABLE,),
    (instance("one", A, "10.0.1.10", "app"), instance("two", B, "10.0.2.10", "app")),
    (APP, DOOR),
    acls=(OPEN,),
    interfaces=(interface("one", A, "10.0.1.10", "app"), interface("two", B, "10.0.2.10", "app")),
)


def network(**changed: Any) -> Network:
    return replace(NETWORK, **changed)


IN_A, IN_B = Place(A, ("10.0.1.5",)), Place(B, ("10.0.2.5",))


def target(*places: Place, groups: tuple[SecurityGroup, ...] = (DOOR,)) -> Target:
    return Target(places or (IN_A,), groups)
