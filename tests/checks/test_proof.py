"""The connection proof in words: what every failure on the way to a database is called, and what to do about it."""

from dataclasses import replace
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.checks.chain import ChainLink, Verdict, first_broken, walk
from core.checks.proof import PROOF, from_elsewhere, proven
from core.connection import Answer, Greeted, Here, LoggedIn, Proof, Reached, Resolved, Secured, Target
from tests.work.fake import FQDN

A, B, C = "10.0.1.23", "10.0.2.31", "10.0.3.47"
AWS_NAME = "vpce-0a1b-ab12.vpce-svc-0123.us-east-2.vpce.amazonaws.com"
TARGET = Target(FQDN, 3306, FQDN, "vpc-0123", ("10.0.0.0/16",), (A, B, C))
INSIDE = Here(("10.0.5.9",), ("10.0.0.2",))
OUTSIDE = Here(("192.168.1.20",), ("192.168.1.1",))
SECURED = Secured(A, protocol="TLSv1.3", names=("*.sysp0000.db1.skysql.com",), until="2027-01-31")
SIGNED_IN = LoggedIn("dbpgf00000001", A, seconds=0.0123, answer=Answer(0.00042, "", "db-0", "11.4.4-MariaDB", "1"))
GOOD = Proof(
    TARGET,
    INSIDE,
    Resolved((A, B)),
    (Reached(A, seconds=0.0012), Reached(B, seconds=0.0009)),
    (Greeted(A, version="11.4.4-MariaDB", tls=True), Greeted(B, version="11.4.4-MariaDB", tls=True)),
    (SECURED, replace(SECURED, address=B)),
    SIGNED_IN,
)


def proof(**changed: Any) -> Proof:
    """GOOD but for what is given; `target` as its changed fields."""
    target = replace(TARGET, **changed.pop("target", {}))
    return replace(GOOD, target=target, **changed)


def links(of: Proof) -> dict[str, Verdict]:
    return {link.id: link.verdict for link in walk(PROOF, of)}


def broken(of: Proof) -> tuple[str, str]:
    """The first broken link, and its words."""
    link: ChainLink | None = first_broken(walk(PROOF, of))
    return (link.id, f"{link.verdict.seen} {link.verdict.why} {link.verdict.remedy}") if link else ("", "")


def test_a_proof_that_holds() -> None:
    assert proven(GOOD)
    assert {name: verdict.seen for name, verdict in links(GOOD).items()} == {
        "here": "10.0.5.9 is in vpc-0123.",
        "name": f"It leads to {A} and {B}, the endpoint's own.",
        "tcp": f"{A} in 1.2 ms and {B} in 0.9 ms.",
        "greeting": "Greeted by 11.4.4-MariaDB.",
        "tls": "TLSv1.3, certificate for *.sysp0000.db1.skysql.com, valid until 2027-01-31.",
        "login": "Signed in as dbpgf00000001 in 12 ms.",
        "query": "SELECT 1 answered in 0.4 ms, by db-0, 11.4.4-MariaDB, server id 1.",
    }


# ---------------------------------------------------------------------------------------------- this machine

HERE = [
    ("inside", INSIDE, {}, "ok", "is in vpc-0123"),
    ("in the second range", Here(("100.64.0.9",)), {"cidrs": ("10.0.0.0/16", "100.64.0.0/16")}, "ok", "100.64.0.9"),
    ("outside", OUTSIDE, {}, "skipped", "a peering, a VPN or a transit gateway leads there; it is tried all the same"),
    ("no way there", Here(), {}, "skipped", "No address of this machine leads towards vpc-0123"),
    ("ranges not known", INSIDE, {"cidrs": ()}, "skipped", "not known"),
    ("no VPC known", OUTSIDE, {"vpc": ""}, "skipped", "is not in the VPC"),
]


@pytest.mark.parametrize(("met", "known", "state", "words"), [row[1:] for row in HERE], ids=[row[0] for row in HERE])
def test_where_this_machine_is_never_ends_the_chain(met: Here, known: dict[str, Any], state: str, words: str) -> None:
    seen = proof(here=met, target=known)
    assert links(seen)["here"].state == state
    assert words in links(seen)["here"].seen
    assert proven(seen)


# ---------------------------------------------------------------------------------------------- the name

NAMES: list[tuple[str, dict[str, Any], list[str]]] = [
    ("unknown, outside", {"here": OUTSIDE, "resolved": Resolved(trouble="unknown")},
     ["does not resolve", "This machine asks 192.168.1.1", "on a machine in vpc-0123", "Route 53 Resolver"]),
    ("unknown, outside, no resolver", {"here": Here(("192.168.1.20",)), "resolved": Resolved(trouble="unknown")},
     ["does not resolve", "Only the resolver of vpc-0123 knows", "on a machine in vpc-0123"]),
    ("unknown, inside, another resolver", {"here": Here(INSIDE.addresses, ("10.0.9.9",)), "resolved": Resolved()},
     ["does not resolve", "This machine asks 10.0.9.9", "Let this machine ask 169.254.169.253"]),
    ("unknown, inside, the VPC's resolver", {"resolved": Resolved(trouble="unknown")},
     ["does not resolve", "The resolver of vpc-0123 does not know it yet", "Wait a minute", "private hosted zone"]),
    ("unknown, the resolver's other address",
     {"here": Here(INSIDE.addresses, ("169.254.169.253",)), "resolved": Resolved()}, ["Wait a minute"]),
    ("unknown, private DNS off", {"resolved": Resolved(trouble="unknown"), "target": {"private_dns": False}},
     ["does not resolve", "Private DNS is off", "Enable private DNS", FQDN]),
    ("no answer", {"resolved": Resolved(trouble="no-answer")},
     ["does not say", "10.0.0.2 did not answer in time", "/etc/resolv.conf"]),
    ("public", {"here": OUTSIDE, "resolved": Resolved(("3.130.7.7",))},
     ["leads to 3.130.7.7: public, not the endpoint", f"endpoint has {A}, {B} and {C}", "on a machine in vpc-0123"]),
    ("public, private DNS off", {"resolved": Resolved(("3.130.7.7",)), "target": {"private_dns": False}},
     ["public, not", "Private DNS is off"]),
    ("another endpoint's", {"resolved": Resolved((A, "10.0.9.9"))},
     ["leads to 10.0.9.9: not the endpoint", "The resolver of vpc-0123 has another answer"]),
    ("public, nothing known", {"resolved": Resolved(("3.130.7.7",)), "target": {"cidrs": (), "addresses": ()}},
     ["public, not the endpoint."]),
    ("of another network, the endpoint's not known",
     {"resolved": Resolved(("10.9.9.9",)), "target": {"addresses": ()}}, ["10.9.9.9: not the endpoint."]),
    ("public by IPv6 too", {"resolved": Resolved((A, "2600:1f16::7"))}, ["leads to 2600:1f16::7: public"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "words"), [row[1:] for row in NAMES], ids=[row[0] for row in NAMES])
def test_a_name_that_does_not_lead_to_the_endpoint(changed: dict[str, Any], words: list[str]) -> None:
    link, told = broken(proof(**changed))
    assert link == "name"
    for each in words:
        assert each in told


@pytest.mark.parametrize(
    ("found", "known", "words"),
    [
        ((A,), {"addresses": ()}, "in vpc-0123"),
        ((A,), {"addresses": (), "cidrs": ()}, "which is private"),
        (("100.64.0.9",), {"addresses": ("100.64.0.9",)}, "the endpoint's own"),
        (("3.130.7.7",), {"addresses": (), "cidrs": ("3.130.0.0/16",)}, "in vpc-0123"),
        (("0:0:0:0:0:ffff:a00:117",), {"addresses": ("::ffff:a00:117",)}, "the endpoint's own"),
    ],
)
def test_a_name_that_leads_where_it_should(found: tuple[str, ...], known: dict[str, Any], words: str) -> None:
    """Also where a VPC's range is of public addresses, or written in another way."""
    verdict = links(proof(resolved=Resolved(found), target=known))["name"]
    assert verdict.state == "ok"
    assert words in verdict.seen


# ---------------------------------------------------------------------------------------------- TCP

TIMED_OUT = (Reached(A, "timeout", 6.0), Reached(B, "timeout", 6.0))
PATHS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("time-out", {"reached": TIMED_OUT},
     [f"No answer from {A} and {B} on port 3306 within 6 s", "security group does not admit 10.0.5.9",
      "TCP 3306 from 10.0.5.9", "network ACLs of both subnets"]),
    ("time-out from outside", {"here": OUTSIDE, "reached": TIMED_OUT},
     ["This machine is not in vpc-0123: its packets may lead nowhere", "does not admit 192.168.1.20",
      "a peering, a VPN or a transit gateway that leads to vpc-0123 from here", "Or try it on a machine in vpc-0123"]),
    ("time-out, the VPC's ranges not known", {"here": OUTSIDE, "reached": TIMED_OUT, "target": {"cidrs": ()}},
     ["Something drops the packets", "does not admit 192.168.1.20", "Or try it on a machine in vpc-0123"]),
    ("time-out in one zone", {"reached": (Reached(A, "timeout", 6.0), Reached(B, seconds=0.001))},
     [f"No answer from {A} on", f"{B} answered.", "lets the others in",
      "network ACLs of both subnets"]),
    ("refused", {"reached": (Reached(A, "refused"),)},
     [f"Port 3306 is refused at {A}", "the port is another one", "not available yet", "by its purpose from SkySQL"]),
    ("reset", {"reached": (Reached(A, "reset"),)}, [f"connection to {A} on port 3306 is broken off", "from SkySQL"]),
    ("no route", {"here": OUTSIDE, "reached": (Reached(A, "no-route", words="Network is unreachable"),)},
     [f"No route leads to {A}", "Network is unreachable", "a VPN or a transit gateway"]),
    ("own firewall", {"reached": (Reached(A, "denied", words="Operation not permitted"),)},
     ["This machine lets nothing out", "Operation not permitted", "firewall"]),
    ("anything else", {"reached": (Reached(A, "error", words="Too many open files"),)}, ["Too many open files"]),
]  # fmt: skip


@pytest.mark.parametrize(("changed", "words"), [row[1:] for row in PATHS], ids=[row[0] for row in PATHS])
def test_an_address_that_cannot_be_reached(changed: dict[str, Any], words: list[str]) -> None:
    link, told = broken(proof(**changed))
    assert link == "tcp"
    for each in words:
        assert each in told
    assert "{" not in told


# ---------------------------------------------------------------------------------------------- the server

SERVERS: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("silent", "greeting", {"greeted": (Greeted(A, "silent"),)},
     ["says nothing", "A MariaDB server speaks first", "ready at SkySQL"]),
    ("closed", "greeting", {"greeted": (Greeted(A, "closed"),)}, ["closes it without a word", "Wait until"]),
    ("foreign", "greeting", {"greeted": (Greeted(A, "foreign", words="SSH-2.0"),)},
     ["is not MariaDB. It begins: “SSH-2.0”", "by its purpose"]),
    ("full", "greeting", {"greeted": (Greeted(A, "refused", code=1040, words="Too many connections"),)},
     ["The path works", "All of the server's connections", "“Too many connections” (1040)", "max_connections"]),
    ("blocked", "greeting", {"greeted": (Greeted(A, "refused", code=1129, words="Host is blocked"),)},
     ["The path works", "has blocked", "FLUSH HOSTS"]),
    ("not for this host", "greeting", {"greeted": (Greeted(A, "refused", code=1130, words="not allowed"),)},
     ["The path works", "No user may connect from", "'%'"]),
    ("an error nobody knows", "greeting", {"greeted": (Greeted(A, "refused", code=1999),)},
     ["Its error is 1999", "SkySQL's support"]),
    ("AWS's name", "tls", {"target": {"name": AWS_NAME}, "secured": (Secured(A, "name", names=("*.x.skysql.com",)),)},
     [f"made for *.x.skysql.com, and not for {AWS_NAME}", "AWS's name", f"VPC endpoint and use {FQDN}",
      "Leave verification on"]),
    ("another's certificate", "tls", {"secured": (Secured(A, "name", names=("db.example",)),)},
     ["made for db.example", "another server", "Compare 10.0.1.23", "Leave verification on"]),
    ("names not known", "tls", {"secured": (Secured(A, "name"),)}, ["made for other names"]),
    ("expired", "tls", {"secured": (Secured(A, "expired", words="certificate has expired"),)},
     ["has expired", "clock", "In OpenSSL's words: certificate has expired"]),
    ("not yet", "tls", {"secured": (Secured(A, "not-yet"),)}, ["not valid yet", "clock"]),
    ("untrusted", "tls", {"secured": (Secured(A, "untrusted"),)},
     ["does not trust", "SSL_CERT_FILE", "Leave verification on"]),
    ("no TLS", "tls", {"secured": (Secured(A, "not-offered"),)}, ["offers no TLS", "nothing secret was sent"]),
    ("handshake", "tls", {"secured": (Secured(A, "handshake", words="no protocols available"),)},
     ["failed", "no protocols available"]),
    ("TLS stalls", "tls", {"secured": (Secured(A, "silent"),)}, ["does not go on with TLS", "firewall"]),
    ("TLS breaks", "tls", {"secured": (Secured(A, "closed"),)}, ["closed during the TLS handshake"]),
    ("wrong password", "login", {"login": LoggedIn("app", A, "refused", 1045, "Access denied for user 'app'")},
     ["The path works. The server refuses user app", "Access denied for user 'app'", "Connect to service"]),
    ("locked", "login", {"login": LoggedIn("app", A, "refused", 4151, "locked")}, ["The path works", "ACCOUNT UNLOCK"]),
    ("full at last", "login", {"login": LoggedIn("app", A, "refused", 1040, "Too many")}, ["max_connections"]),
    ("driver", "login", {"login": LoggedIn("app", A, "driver", 2059, "plugin 'parsec' not configured")},
     ["The path works", "'parsec'", "MariaDB client"]),
    ("lost", "login", {"login": LoggedIn("app", A, "lost", 2013, "Lost connection")},
     ["breaks off during the login", "works up to TLS", "Lost connection"]),
    ("too slow", "login", {"login": LoggedIn("app", A, "timeout")}, ["does not go on with the login"]),
    ("no answer", "query", {"login": replace(SIGNED_IN, answer=Answer(trouble="no such thing"))},
     ["SELECT 1 is not answered", "no such thing"]),
]  # fmt: skip


@pytest.mark.parametrize(("link", "changed", "words"), [row[1:] for row in SERVERS], ids=[row[0] for row in SERVERS])
def test_a_server_that_does_not_answer(link: str, changed: dict[str, Any], words: list[str]) -> None:
    found, told = broken(proof(**changed))
    assert found == link
    for each in words:
        assert each in told


def test_the_path_that_works_is_said_before_the_password_that_does_not() -> None:
    denied = LoggedIn("app", A, "refused", 1045, "Access denied")
    assert links(proof(login=denied))["login"].seen.startswith("The path works.")


def test_nowhere_is_verification_to_be_turned_off() -> None:
    everything = [*(row[1] for row in NAMES), *(row[1] for row in PATHS), *(row[2] for row in SERVERS)]
    told = " ".join(broken(proof(**changed))[1] for changed in everything).lower()
    assert not [word for word in ("disable", "skip", "turn off", "switch off", "without verif") if word in told]
    assert "leave verification on" in told


def test_without_credentials_the_path_is_proved_and_no_more() -> None:
    seen = proof(login=LoggedIn(trouble="no-credentials", words="SkySQL does not tell them."))
    assert links(seen)["login"].state == links(seen)["query"].state == "skipped"
    assert links(seen)["login"].seen == "The path works; nobody signed in. SkySQL does not tell them."
    assert broken(seen) == ("", "")
    assert not proven(seen)


def test_a_server_that_does_not_say_who_it_is() -> None:
    assert links(proof(login=replace(SIGNED_IN, answer=Answer(0.5))))["query"].seen == "SELECT 1 answered in 500 ms."


# ---------------------------------------------------------------------------------------------- elsewhere


@pytest.mark.parametrize(
    ("changed", "elsewhere"),
    [
        ({"here": OUTSIDE, "resolved": Resolved(trouble="unknown")}, True),
        ({"here": OUTSIDE, "reached": TIMED_OUT}, True),
        ({"here": Here(), "reached": TIMED_OUT}, True),
        ({"reached": TIMED_OUT}, False),  # in the VPC: another machine there fares no better
        ({"here": OUTSIDE, "resolved": Resolved(trouble="unknown"), "target": {"private_dns": False}}, False),
        ({"here": OUTSIDE, "reached": TIMED_OUT, "target": {"private_dns": False}}, True),  # the name is led by others
        ({"here": OUTSIDE, "greeted": (Greeted(A, "silent"),)}, False),
        ({"here": OUTSIDE}, False),
    ],
)
def test_when_another_machine_is_to_try(changed: dict[str, Any], elsewhere: bool) -> None:
    assert from_elsewhere(proof(**changed)) is elsewhere


# ---------------------------------------------------------------------------------------------- anything

addresses = st.ip_addresses().map(str)
texts = st.text(max_size=20)


def facts(kind: type[Any], **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any facts of `kind`: every trouble there is, and any text."""
    trouble = get_type_hints(kind).get("trouble")
    if trouble is not None and get_args(trouble):
        given["trouble"] = st.sampled_from(get_args(trouble))
    return st.builds(kind, **given)


any_proofs = st.builds(
    Proof,
    target=st.builds(
        Target, port=st.integers(1, 65535), cidrs=st.sampled_from(((), ("10.0.0.0/16",), ("fd00::/8", "10.0.0.0/8"))),
        addresses=st.lists(addresses, max_size=3).map(tuple),
    ),
    here=st.builds(Here, addresses=st.lists(addresses, max_size=2).map(tuple), resolvers=st.lists(texts).map(tuple)),
    resolved=facts(Resolved, addresses=st.lists(addresses, max_size=3).map(tuple)),
    reached=st.lists(facts(Reached, address=addresses), max_size=3).map(tuple),
    greeted=st.lists(facts(Greeted, address=addresses), max_size=3).map(tuple),
    secured=st.lists(facts(Secured, address=addresses, names=st.lists(texts).map(tuple)), max_size=3).map(tuple),
    login=facts(LoggedIn, answer=st.none() | st.builds(Answer)),
)  # fmt: skip


@given(any_proofs)
def test_any_facts_are_judged(seen: Proof) -> None:
    """Whatever was met: a broken link says what, why and what to do now, and what is behind it is skipped."""
    judged = walk(PROOF, seen)
    link = first_broken(judged)
    assert [each.id for each in judged] == [row.id for row in PROOF][: len(judged)]
    if link is not None:
        assert len(judged) == len(PROOF)
        assert link.verdict.seen
        assert link.verdict.why
        assert link.verdict.remedy
        assert all(each.verdict.state == "skipped" for each in judged[judged.index(link) + 1 :])
    assert not (proven(seen) and link)
    assert not (proven(seen) and from_elsewhere(seen))
