"""The doctor's chain in words: each way in which a link is broken, found at its own place, with what to do now."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.checks.case import Case, Known, Unread
from core.checks.chain import Verdict, first_broken
from core.checks.doctor import EARLIER, TITLES, chain, outcome, page_that_helps
from core.checks.proof import PROOF
from core.connection import Here, LoggedIn, Proof, Reached, Resolved
from core.facts import (
    AclEntry,
    AllowedAddress,
    Identity,
    Instance,
    Interface,
    Network,
    NetworkAcl,
    PrefixList,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Service,
    VpcDns,
    VpcEndpoint,
)
from core.values import AccountId, EndpointId, EndpointServiceName, GroupId, Source, VpcId, ZoneId
from tests.checks.test_proof import GOOD, OUTSIDE, proof
from tests.work.fake import (
    ACCOUNT,
    BEGAN,
    ENDPOINT,
    FQDN,
    GROUP,
    LINKED,
    NAME,
    OPEN_ACL,
    PRIVATE,
    PUBLIC,
    SUBNETS,
    VISIBLE,
    VPC,
    network,
    our_endpoint,
    our_group,
)

APP = GroupId("sg-app")
ANYWHERE = Rule("-1", -1, -1, Source("0.0.0.0/0"))
CLIENTS = SecurityGroup(APP, "app", "", VPC, outbound=(ANYWHERE,))
RIVAL = VpcEndpoint(
    EndpointId("vpce-9"), VpcId("vpc-9"), NAME, "available", frozenset(), frozenset(), (FQDN,), private_dns=True
)
DOORS = tuple(
    Interface(f"eni-door{n}", "vpc_endpoint", "", "in-use", subnet.id, frozenset({GROUP}), (f"10.0.{n}.5",), True)
    for n, subnet in enumerate(SUBNETS)
)


def app(number: int, address: str) -> tuple[Instance, Interface]:
    """An instance in that zone's subnet, and its interface."""
    groups, subnet = frozenset({APP}), SUBNETS[number].id
    return (
        Instance(f"i-{number}", f"app-{number}", subnet, groups, address),
        Interface(f"eni-{number}", "interface", "", "in-use", subnet, groups, (address,), instance=f"i-{number}"),
    )


APPS = (app(0, "10.0.0.9"), app(1, "10.0.1.9"))
STANDING = our_endpoint(private_dns=True, interfaces=frozenset(one.id for one in DOORS), created=BEGAN)


def around(**changed: Any) -> Network:
    """The VPC with the link in it, two instances beside it."""
    given: dict[str, Any] = {
        "groups": (our_group(), CLIENTS),
        "instances": tuple(instance for instance, _ in APPS),
        "interfaces": (*DOORS, *(interface for _, interface in APPS)),
        "endpoints": (STANDING,),
    }
    return network(**{**given, **changed})


CASE = Case(
    LINKED,
    BEGAN + timedelta(minutes=20),
    identity=Identity(ACCOUNT, "arn:aws:iam::123456789012:user/dba"),
    offered=VISIBLE,
    endpoints=(STANDING,),
    network=around(),
)


def case(**changed: Any) -> Case:
    return replace(CASE, **changed)


def links(of: Case) -> dict[str, Verdict]:
    return {link.id: link.verdict for link in chain(of)}


def broken(of: Case) -> tuple[str, str]:
    """The first broken link, and its words."""
    link = first_broken(chain(of))
    return (link.id, f"{link.verdict.seen} {link.verdict.why} {link.verdict.remedy}") if link else ("", "")


def test_a_link_that_holds() -> None:
    told = links(CASE)
    assert {name: (verdict.state, verdict.seen) for name, verdict in told.items()} == {
        "service": ("ok", "orders-prod is ready, in us-east-2."),
        "mechanism": ("ok", f"On: {NAME}."),
        "account": ("ok", "SkySQL allows account 123456789012."),
        "endpoint": ("ok", "vpce-1 in vpc-0123, made by this program."),
        "state": ("ok", "vpce-1 is available."),
        "zones": ("ok", "In us-east-2a, us-east-2b and us-east-2c."),
        "interfaces": ("ok", "10.0.0.5 in us-east-2a, 10.0.1.5 in us-east-2b and 10.0.2.5 in us-east-2c."),
        "groups": ("ok", "orders-prod-pl (sg-001) admits 10.0.0.0/16 on 3306."),
        "acls": ("ok", "No network ACL is in the way."),
        "routes": ("ok", "The VPC's own route leads there."),
        "dns": ("ok", f"On: in vpc-0123 {FQDN} leads to the endpoint."),
    }


def test_every_link_has_a_title_and_a_place_of_its_own() -> None:
    rows = [(row.id, row.title) for row in EARLIER] + [(row.id, row.title) for row in PROOF]
    assert len(dict(rows)) == len({title for _, title in rows}) == len(rows)
    assert tuple(title for _, title in rows) == TITLES


# ---------------------------------------------------------------------------------------------- broken

FORMER = (AllowedAddress("203.0.113.7/32", "Berlin office"), AllowedAddress("198.51.100.0/24"))
KNOWN = Known((ENDPOINT,), FORMER, "20260115-220400-3f9a", "/runs/orders.toml")
UNLISTED = replace(PRIVATE, accounts=(AccountId("210987654321"),))
OLD = EndpointServiceName("com.amazonaws.vpce.us-east-2.vpce-svc-0old")
DENY = NetworkAcl(
    "acl-2", "no-databases", VPC, False, OPEN_ACL.subnets,
    (AclEntry(90, False, False, "6", "0.0.0.0/0", 3306, 3306), *OPEN_ACL.entries),
)  # fmt: skip
BENT = RouteTable(
    "rtb-1", VPC, True, frozenset(), (Route("10.0.0.0/16", "local"), Route("10.0.0.0/22", "eni-x", False))
)


def service(**changed: Any) -> Service:
    return replace(LINKED, **changed)


def in_state(state: str, **more: Any) -> dict[str, Any]:
    return {"endpoints": (replace(STANDING, state=state, **more),)}


def group_with(*rules: Rule) -> dict[str, Any]:
    return {"network": around(groups=(our_group(rules=rules), CLIENTS))}


def tcp(source: str, first: int = 3306, last: int = 3306) -> Rule:
    return Rule("tcp", first, last, Source(source))


BROKEN: list[tuple[str, dict[str, Any], str, list[str]]] = [
    # service
    ("stopped", {"service": service(status="stopped")}, "service",
     ["orders-prod is stopped", "the endpoint itself stays", "Start it in the SkySQL portal"]),
    ("not active", {"service": service(is_active=False)}, "service", ["not active", "Start it"]),
    ("failed", {"service": service(status="failed")}, "service", ["has failed", "support naming dbpgf00000001"]),
    ("retired", {"service": service(status="retired")}, "service", ["is retired", "does not come back"]),
    ("launched", {"service": service(status="pending_create")}, "service", ["still being launched", "Wait until"]),
    ("starting", {"service": service(status="pending_start")}, "service", ["being started"]),
    ("stopping", {"service": service(status="pending_stop")}, "service", ["being stopped"]),
    ("deleted", {"service": service(status="pending_delete")}, "service", ["being deleted"]),
    ("another cloud", {"service": service(provider="gcp")}, "service", ["runs on gcp", "on AWS only"]),
    # mechanism
    ("never linked", {"service": service(endpoints=(PUBLIC,)), "endpoints": ()}, "mechanism",
     ["PrivateLink is off", "1 entry of its IP allowlist", "No run known here linked it", "apply PLAN, or the wizard"]),
    ("switched back, by the journal", {"service": service(endpoints=(PUBLIC,)), "known": KNOWN, "endpoints": ()},
     "mechanism",
     ["PrivateLink is off", "Somebody switched it back: its private endpoints lead", "apply /runs/orders.toml"]),
    ("switched back, the endpoint is left", {"service": service(endpoints=(PUBLIC,))}, "mechanism",
     ["Somebody switched it back: vpce-1 in vpc-0123 leads nowhere since",
      f"{FQDN} still leads to it there, so that the public address is not found.",
      "Delete vpce-1: nothing needs it any more. Then link it: skysql-privatelink apply PLAN"]),
    ("switched back, two are left, neither with the name",
     {"service": service(endpoints=(PUBLIC,)),
      "endpoints": (replace(STANDING, private_dns=False), replace(RIVAL, private_dns=False))}, "mechanism",
     ["vpce-1 in vpc-0123 and vpce-9 in vpc-9 lead nowhere since.",
      "Delete vpce-1 and vpce-9: nothing needs them any more."]),
    ("switched back, what is left goes", {"service": service(endpoints=(PUBLIC,)), **in_state("deleting")},
     "mechanism", ["PrivateLink is off", "No run known here linked it", "Link it: skysql-privatelink apply PLAN"]),
    ("switched back, what is left is unread",
     {"service": service(endpoints=(PUBLIC,)), "endpoints": Unread("No right.")}, "mechanism",
     ["No run known here linked it; what may be left of a link could not be read: No right."]),
    ("switched back, nobody allowed",
     {"service": service(endpoints=(replace(PUBLIC, allow_list=()),)), "known": KNOWN}, "mechanism",
     ["nobody can connect", "an empty IP allowlist", "A switch clears that list", "Delete vpce-1",
      "by the journal of run 20260115-220400-3f9a: 203.0.113.7/32 (Berlin office) and 198.51.100.0/24"]),
    ("switched back, nobody allowed, no journal",
     {"service": service(endpoints=(replace(PUBLIC, allow_list=()),))}, "mechanism",
     ["nobody can connect", "Say in the SkySQL portal who may connect"]),
    ("a run that has not got to its end",
     {"service": service(endpoints=(PUBLIC,)), "known": replace(KNOWN, unfinished=True)}, "mechanism",
     ["go on with run 20260115-220400-3f9a: skysql-privatelink resume"]),
    ("being switched",
     {"service": service(status="pending_modifying", endpoints=(replace(PRIVATE, endpoint_service=None),))},
     "mechanism", ["names no endpoint service", "under way (pending_modifying)", "Wait until it is ready"]),
    ("switched without an end", {"service": service(endpoints=(replace(PRIVATE, endpoint_service=None),))},
     "mechanism", ["names no endpoint service", "has not been finished", "open a case"]),
    ("no endpoint at SkySQL", {"service": service(endpoints=())}, "mechanism", ["shows no endpoint", "Look again"]),
    # account
    ("not allowed", {"service": service(endpoints=(UNLISTED,)), "endpoints": (), "offered": "hidden"}, "account",
     ["does not allow account 123456789012", "It allows 210987654321", "cannot even see", "Allow 123456789012"]),
    ("nobody allowed", {"service": service(endpoints=(replace(PRIVATE, accounts=()),)), "endpoints": ()}, "account",
     ["It allows none"]),
    ("not allowed any more, and rejected",
     {"service": service(endpoints=(UNLISTED,)), **in_state("rejected")}, "account", ["does not allow account"]),
    ("not shown yet", {"offered": "hidden", "endpoints": ()}, "account",
     ["AWS does not show it the endpoint service yet", "some minutes", "a quarter of an hour", NAME]),
    ("region off", {"enabled": False, "offered": Unread("off"), "endpoints": ()}, "account",
     ["us-east-2 is not enabled for account 123456789012", "enable the region"]),
    # endpoint
    ("none", {"endpoints": ()}, "endpoint",
     ["No VPC endpoint of account 123456789012 in us-east-2 leads to", "in another account", "Make one"]),
    ("deleted, by the journal", {"endpoints": (), "known": KNOWN}, "endpoint",
     ["Somebody has deleted vpce-1, which run 20260115-220400-3f9a made", "CloudTrail: DeleteVpcEndpoints"]),
    ("being deleted", in_state("deleting"), "endpoint", ["Somebody has deleted vpce-1."]),
    ("to what there was before", {"endpoints": (replace(STANDING, service=OLD),)}, "endpoint",
     ["leads to another endpoint service", OLD, "a new one with every switch", NAME, "Delete vpce-1"]),
    ("none in the VPC that is asked about", {"vpc": VpcId("vpc-9")}, "endpoint",
     ["in vpc-9 leads to", "There is vpce-1 in vpc-0123"]),
    # state
    ("waits", in_state("pendingacceptance"), "state",
     ["waits on SkySQL to accept the connection, made 20 min 00 s ago", "Nothing is to be done at AWS",
      "Open a case with SkySQL support naming vpce-1, dbpgf00000001 and account 123456789012."]),
    ("pending", in_state("pending"), "state", ["AWS is setting vpce-1 up, made 20 min 00 s ago", "Wait"]),
    ("pending since nobody knows", in_state("pending", created=None), "state", ["AWS is setting vpce-1 up."]),
    ("rejected", in_state("rejected"), "state",
     ["vpce-1 is rejected", "left its list, or the service was switched", "cannot be revived: delete vpce-1"]),
    ("failed", in_state("failed", last_error="InternalError: no luck"), "state",
     ["has failed", "AWS says: InternalError: no luck", "delete vpce-1"]),
    ("expired", in_state("expired"), "state", ["has expired", "Nobody accepted it in time", "delete vpce-1"]),
    ("partial", in_state("partial", last_error="Some: words"), "state", ["partly set up", "AWS says: Some: words"]),
    ("unknown", in_state("resting"), "state", ["AWS says “resting” of vpce-1", "does not know", "delete vpce-1"]),
    # zones and interfaces
    ("in no subnet", {"endpoints": (replace(STANDING, subnets=frozenset()),)}, "zones",
     ["is in no subnet", "Add a subnet to vpce-1"]),
    ("in other zones", {"offered": replace(VISIBLE, zone_ids=frozenset({ZoneId("use2-az9")}))}, "zones",
     ["in us-east-2a, us-east-2b and us-east-2c alone", "in other zones now"]),
    ("no interface", {"network": around(interfaces=())}, "interfaces",
     ["has no network interface", "Wait some minutes"]),
    ("no address", {"network": around(interfaces=tuple(replace(one, addresses=()) for one in DOORS))}, "interfaces",
     ["interfaces without an address", "make it anew"]),
    # groups
    ("no rule", group_with(), "groups",
     ["orders-prod-pl (sg-001) admits nobody on port 3306", "no inbound rule", "inbound rule: TCP 3306"]),
    ("another port", group_with(tcp("10.0.0.0/16", 3307, 3307), tcp("10.0.0.0/16", 22, 25)), "groups",
     ["admits nobody on port 3306", "Its rules are for 22 to 25 and 3307."]),
    ("nobody who is there", group_with(tcp("192.168.0.0/16")), "groups",
     ["Nobody in vpc-0123 gets through the security groups", "for 2 of 2 clients: app-0 and app-1. For app-0:",
      "orders-prod-pl has no rule that admits 10.0.0.9 or app on 3306", "from the clients' own security group"]),
    ("an empty prefix list",
     {**group_with(tcp("pl-1")), "prefix_lists": (PrefixList("pl-1", "", entries=()),)}, "groups",
     ["Nobody in vpc-0123"]),
    ("nobody may leave", {"network": around(groups=(our_group(), replace(CLIENTS, outbound=())))}, "groups",
     ["Nobody in vpc-0123", "app has no outbound rule to 10.0.0.5 on 3306", "to the clients' group: TCP 3306"]),
    # network ACLs and routes
    ("denied by a network ACL",
     {"network": around(acls=(DENY,), instances=(APPS[0][0],), interfaces=(DOORS[1], APPS[0][1]))}, "acls",
     ["Nobody in vpc-0123 gets through the network ACLs to port 3306", "1 of 1 client",
      "Inbound rule 90 of network ACL no-databases (acl-2) at private-1 denies 3306", "ports 1024 to 65535"]),
    ("a route to nowhere", {"network": around(route_tables=(BENT,))}, "routes",
     ["Nobody in vpc-0123 gets through the routes", "Route 10.0.0.0/22 of rtb-1", "leads nowhere",
      "the local route is enough"]),
    # private DNS
    ("VPC attributes off", {"network": around(dns=VpcDns(True, False))}, "dns",
     ["vpc-0123 has enableDnsHostnames off", "needs both", "Switch enableDnsHostnames on for vpc-0123"]),
    ("both off", {"network": around(dns=VpcDns(False, False))}, "dns", ["enableDnsSupport and enableDnsHostnames off"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "link", "words"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_a_broken_link(changed: dict[str, Any], link: str, words: list[str]) -> None:
    found, told = broken(case(**changed))
    assert found == link, told
    for each in words:
        assert each in told
    behind = list(links(case(**changed)).values())[list(links(case(**changed))).index(link) + 1 :]
    assert {(one.state, one.seen) for one in behind} == {("skipped", "")}


# ---------------------------------------------------------------------------------------------- told, and gone on

OFF: dict[str, Any] = {"private_dns": False}


def dns_off(**around_it: Any) -> dict[str, Any]:
    standing = replace(STANDING, private_dns=False)
    return {"endpoints": (standing,), "network": around(**{"endpoints": (standing,), **around_it})}


TOLD: list[tuple[str, dict[str, Any], str, str, list[str]]] = [
    ("a change in flight", {"service": service(status="pending_scaling")}, "service", "skipped",
     ["“pending_scaling”", "a change is in flight"]),
    ("a status nobody knows", {"service": service(status="degraded")}, "service", "skipped", ["does not know"]),
    ("a public address too", {"service": service(endpoints=(PUBLIC, PRIVATE))}, "mechanism", "ok",
     ["beside a public address"]),
    ("not allowed any more, still connected", {"service": service(endpoints=(UNLISTED,)), "offered": "hidden"},
     "account", "skipped", ["does not allow account 123456789012 any more", "vpce-1 stays connected until"]),
    ("not shown, and connected", {"offered": "hidden"}, "account", "ok", ["allows account 123456789012"]),
    ("others allowed", {"service": service(endpoints=(replace(PRIVATE, accounts=(ACCOUNT, *UNLISTED.accounts)),))},
     "account", "ok", ["and 1 more"]),
    ("the endpoint service unread", {"offered": Unread("No right.")}, "account", "skipped", ["No right."]),
    ("endpoints unread", {"endpoints": Unread("No right to ec2:DescribeVpcEndpoints.")}, "endpoint", "skipped",
     ["could not be read: No right to ec2:DescribeVpcEndpoints."]),
    ("the VPC unread", {"network": Unread("No right.")}, "zones", "skipped", ["The VPC could not be read: No right."]),
    ("somebody else's", {"endpoints": (replace(STANDING, tags=()),)}, "endpoint", "ok", ["not made by this program"]),
    ("another VPC's", {"endpoints": (RIVAL, STANDING)}, "endpoint", "ok",
     ["vpce-1 in vpc-0123", "Others: vpce-9 in vpc-9 (available); --vpc"]),
    ("clients in a zone without it", {"endpoints": (replace(STANDING, subnets=frozenset({SUBNETS[0].id})),)},
     "zones", "ok", ["In us-east-2a. Not in us-east-2b: clients there go through the other zones."]),
    ("in a zone that the service has left",
     {"offered": replace(VISIBLE, zone_ids=frozenset({ZoneId("use2-az1"), ZoneId("use2-az2")}))}, "zones", "ok",
     ["In us-east-2a and us-east-2b.", "In us-east-2c, too, where SkySQL's endpoint service is not"]),
    ("an interface less", {"network": around(interfaces=DOORS[:2])}, "interfaces", "ok",
     ["1 subnet of the endpoint has none"]),
    ("interfaces unread", {"network": around(interfaces=None)}, "interfaces", "skipped",
     ["ec2:DescribeNetworkInterfaces is missing"]),
    ("every address there is", group_with(tcp("0.0.0.0/0")), "groups", "ok", ["That is every address there is."]),
    ("one of two", group_with(tcp("10.0.1.0/24")), "groups", "ok",
     ["1 of 2 clients does not get through: app-0. orders-prod-pl has no rule"]),
    ("nothing runs there", {"network": around(instances=(), interfaces=DOORS)}, "groups", "ok",
     ["Nothing runs in vpc-0123 to be judged by that"]),
    ("nothing runs there, ACLs", {"network": around(instances=(), interfaces=DOORS)}, "acls", "skipped",
     ["Nothing runs in vpc-0123"]),
    ("only what has no address", {"network": around(interfaces=(*DOORS, replace(APPS[0][1], addresses=())))}, "groups",
     "ok", ["Nothing runs in vpc-0123"]),
    ("groups of somebody else", {"network": around(groups=(CLIENTS,))}, "groups", "skipped", ["not to be seen here"]),
    ("one of two at the ACLs", {"network": around(acls=(DENY,), interfaces=(DOORS[0], *(i for _, i in APPS)))},
     "acls", "ok", ["1 of 2 clients does not get through: app-1. Inbound rule 90"]),
    ("ACLs unread", {"network": around(acls=None)}, "acls", "skipped", ["ec2:DescribeNetworkAcls is missing"]),
    ("a route through an appliance",
     {"network": around(route_tables=(replace(BENT, routes=(Route("10.0.0.0/16", "eni-firewall"),)),))},
     "routes", "skipped", ["leads through eni-firewall"]),
    ("private DNS off", dns_off(), "dns", "skipped",
     [f"nothing leads {FQDN} to the endpoint", "the certificate does not match them", "Enable private DNS"]),
    ("off, the name is another's", dns_off(endpoints=(replace(RIVAL, vpc=VPC),)), "dns", "skipped",
     ["vpce-9 has that name in the VPC"]),
    ("off, and attributes too", dns_off(dns=VpcDns(True, False)), "dns", "skipped", ["It needs enableDnsHostnames"]),
    ("off, not verified", {**dns_off(), "offered": replace(VISIBLE, private_dns_state="pendingVerification")}, "dns",
     "skipped", ["SkySQL's verification of the name is not finished (pendingVerification)"]),
    ("off, no name", {**dns_off(), "offered": replace(VISIBLE, private_dns_name="")}, "dns", "skipped",
     ["has no private DNS name"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "link", "state", "words"), [row[1:] for row in TOLD], ids=[row[0] for row in TOLD])
def test_what_is_told_and_does_not_end_the_chain(
    changed: dict[str, Any], link: str, state: str, words: list[str]
) -> None:
    found = links(case(**changed))
    assert first_broken(chain(case(**changed))) is None
    assert found[link].state == state, found[link]
    for each in words:
        assert each in found[link].seen


# ---------------------------------------------------------------------------------------------- put right

LED_ELSEWHERE = replace(GOOD, resolved=Resolved(("203.0.113.9",)))
PUT_RIGHT: list[tuple[str, dict[str, Any], Proof | None, str]] = [
    ("a public address alone", {"service": service(endpoints=(PUBLIC,))}, None, "accounts"),
    ("no endpoint", {"endpoints": ()}, None, "network"),
    ("private DNS off", dns_off(), replace(LED_ELSEWHERE, target=replace(GOOD.target, private_dns=False)), "endpoint"),
    ("on, and the name leads elsewhere", {}, LED_ELSEWHERE, ""),
    ("nothing is broken", {}, GOOD, ""),
]


@pytest.mark.parametrize(
    ("changed", "proof", "page"), [row[1:] for row in PUT_RIGHT], ids=[row[0] for row in PUT_RIGHT]
)
def test_the_page_that_puts_a_broken_link_right(changed: dict[str, Any], proof: Proof | None, page: str) -> None:
    found = case(**changed)
    assert page_that_helps(found, first_broken(chain(found, proof))) == page


# ---------------------------------------------------------------------------------------------- round by round

ROUNDS = [
    ({"identity": None, "offered": None, "endpoints": None, "network": None}, "mechanism"),
    ({"offered": None, "endpoints": None, "network": None}, "mechanism"),
    ({"network": None}, "state"),
    ({}, "dns"),
]


@pytest.mark.parametrize(("to_come", "last"), ROUNDS)
def test_links_are_told_as_soon_as_they_are_known(to_come: dict[str, Any], last: str) -> None:
    assert chain(case(**to_come))[-1].id == last
    assert chain(case(**to_come)) == chain(CASE)[: len(chain(case(**to_come)))]


def test_the_proof_comes_behind() -> None:
    assert [link.id for link in chain(CASE, GOOD)][-8:] == ["dns", *(row.id for row in PROOF)]
    assert all(link.verdict.state == "ok" for link in chain(CASE, GOOD))


# ---------------------------------------------------------------------------------------------- which endpoint


def other(name: str, **changed: Any) -> VpcEndpoint:
    return replace(STANDING, id=EndpointId(name), **changed)


BEST: list[tuple[str, list[VpcEndpoint], str]] = [
    ("available before pending", [other("vpce-0", state="pending"), STANDING], "vpce-1"),
    ("pending before rejected", [other("vpce-0", state="rejected"), other("vpce-2", state="pending")], "vpce-2"),
    ("ours before another's", [other("vpce-0", tags=()), STANDING], "vpce-1"),
    ("another's available before ours rejected",
     [other("vpce-0", state="rejected"), other("vpce-2", tags=())], "vpce-2"),
    ("to the service as it is now", [other("vpce-0", service=OLD), other("vpce-2", tags=())], "vpce-2"),
]  # fmt: skip


@pytest.mark.parametrize(("there", "best"), [row[1:] for row in BEST], ids=[row[0] for row in BEST])
def test_of_several_the_best_is_looked_at(there: list[VpcEndpoint], best: str) -> None:
    found = case(endpoints=tuple(there)).endpoint
    assert found is not None
    assert found.id == best


def test_another_vpcs_is_looked_at_when_it_is_asked_for() -> None:
    asked = case(endpoints=(STANDING, RIVAL), vpc=VpcId("vpc-9"))
    assert asked.endpoint == RIVAL


# ---------------------------------------------------------------------------------------------- this machine's rule

HERE = Here(("10.0.0.9",), ("10.0.0.2",))
DROPPED = (Reached("10.0.1.23", "timeout", 6.0), Reached("10.0.2.31", "timeout", 6.0))


def why_of(of: Case, **met: Any) -> str:
    return next(link.verdict.why for link in chain(of, proof(**met)) if link.id == "tcp")


def test_a_time_out_names_the_rule_of_the_vpc_for_this_machine() -> None:
    shut = case(**group_with(tcp("10.0.1.0/24")))
    told = why_of(shut, here=HERE, reached=DROPPED)
    assert told.startswith("This machine is app-0. orders-prod-pl has no rule that admits 10.0.0.9 or app on 3306")


def test_a_time_out_against_the_rules_is_told_as_that() -> None:
    link = next(link for link in chain(CASE, proof(here=HERE, reached=DROPPED)) if link.id == "tcp")
    assert "This machine is app-0, and the VPC's rules let it through" in link.verdict.why
    assert link.verdict.remedy.startswith("Look at this machine's own firewall for port 3306")


@pytest.mark.parametrize(
    "met", [{"here": OUTSIDE, "reached": DROPPED}, {"here": HERE, "reached": (Reached("10.0.1.23", "refused"),)}]
)
def test_of_another_machine_and_of_what_answers_the_rules_say_nothing(met: dict[str, Any]) -> None:
    assert "This machine is app" not in why_of(CASE, **met)


# ---------------------------------------------------------------------------------------------- how it ends

UNSIGNED = LoggedIn(trouble="no-credentials", words="Not told.")
ENDS: list[tuple[str, dict[str, Any], bool, str]] = [
    ("proven", {}, True, "done"),
    ("no login to be had", {"login": UNSIGNED}, True, "unproven"),
    ("no login asked for", {"login": UNSIGNED}, False, "done"),
    ("outside, the name is not known", {"here": OUTSIDE, "resolved": Resolved(trouble="unknown")}, True, "unproven"),
    ("outside, nobody answers", {"here": OUTSIDE, "reached": DROPPED}, True, "unproven"),
    ("inside, nobody answers", {"reached": DROPPED}, True, "failed"),
    ("the password", {"login": LoggedIn("x", "10.0.1.23", "refused", 1045)}, True, "failed"),
]  # fmt: skip


@pytest.mark.parametrize(("met", "login", "end"), [row[1:] for row in ENDS], ids=[row[0] for row in ENDS])
def test_how_it_ends(met: dict[str, Any], login: bool, end: str) -> None:
    seen = proof(**met)
    assert outcome(chain(CASE, seen), seen, login=login) == end


def test_what_is_broken_before_the_connection_has_failed() -> None:
    assert outcome(chain(case(endpoints=())), None) == "failed"
