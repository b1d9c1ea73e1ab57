"""Who may reach the endpoint. What the page does while one types is in `test_access_choosing`."""

import ipaddress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.choices.access import port_choices, propose_group, refusal, rules, without_sources
from core.choices.groups import GroupOffer, group_offers
from core.choices.sources import AddedSource, add_source, anywhere, in_words, names_of, remarks, suggestions
from core.draft import GroupDraft, finished_group
from core.facts import Port, PrefixList, SecurityGroup
from core.values import GroupId, Invalid, ServiceId, Source, parse_cidr, parse_group_name
from tests.choices.samples import (
    OUR_GROUP,
    OURS,
    PORTS,
    PREFIX_LISTS,
    VPC,
    group,
    network,
    public_endpoint,
    rule,
    service,
)

RANGE = Source("10.0.0.0/16")
GROUP = GroupDraft(name="orders", description="Clients", sources=(RANGE,))


# ---------------------------------------------------------------------------------------------- ports


@pytest.mark.parametrize(
    ("ports", "preselected"),
    [
        (PORTS, ["3306 readwrite"]),
        ((Port("readonly", 3307), Port("readwrite", 3306)), ["3306 readwrite"]),
        ((Port("http", 8123), Port("https", 8443)), ["8123 http"]),
        ((), []),
    ],
)
def test_which_port_is_preselected(ports: tuple[Port, ...], preselected: list[str]) -> None:
    choices = port_choices(service(endpoints=(public_endpoint(ports=ports),)))
    assert [choice.port for choice in choices] == list(ports)
    assert [choice.label for choice in choices if choice.preselected] == preselected


# ---------------------------------------------------------------------------------------------- sources


def test_likely_sources_come_first() -> None:
    assert [(offer.label, offer.note) for offer in suggestions(network(), PREFIX_LISTS)] == [
        ("web (sg-0aaa)", "carried by 2 running instances"),
        ("app (sg-0bbb)", "carried by 1 running instance"),
        ("10.0.0.0/16", "the whole VPC"),
        ("default (sg-0def)", "no running instance carries it"),
        ("offices (pl-0222)", "prefix list"),
        ("com.amazonaws.us-east-2.s3 (pl-0111)", "AWS's own ranges"),
    ]


@pytest.mark.parametrize(
    ("text", "source", "note"),
    [
        ("10.0.1.5", "10.0.1.5/32", "An address stands as 10.0.1.5/32."),
        ("10.0.1.5/32", "10.0.1.5/32", ""),
        ("10.0.1.5/24", "10.0.1.0/24", "AWS stores 10.0.1.5/24 as 10.0.1.0/24."),
        (" 10.0.1.0 / 24 ", "10.0.1.0/24", ""),
        ("2001:DB8::/32", "2001:db8::/32", "AWS stores 2001:DB8::/32 as 2001:db8::/32."),
        ("sg-0aaa", "sg-0aaa", ""),
        ("pl-0222", "pl-0222", ""),
    ],
)
def test_adding_a_source(text: str, source: str, note: str) -> None:
    added = add_source((RANGE,), text, network(), PREFIX_LISTS)
    assert added == AddedSource((RANGE, Source(source)), Source(source), note)


def test_adding_twice_is_told() -> None:
    assert add_source((RANGE,), "10.0.9.9/16", network()) == AddedSource(
        (RANGE,), RANGE, "10.0.0.0/16 is on the list already."
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("  ", "Nothing is typed."),
        ("sg-0fff", f"sg-0fff is not a security group of {VPC}."),
        ("pl-0fff", "pl-0fff is not a prefix list of this account and region."),
        ("10.0.0.0/99", "“10.0.0.0/99” is neither an address nor a CIDR range."),
        ("10.0.0.1 6", "“10.0.0.1 6” is neither an address nor a CIDR range."),
    ],
)
def test_what_is_no_source(text: str, what: str) -> None:
    with pytest.raises(Invalid) as refused:
        add_source((), text, network(), PREFIX_LISTS)
    assert refused.value.what == what
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("0.0.0.0/0", "everywhere (0.0.0.0/0)"),
        ("sg-0aaa", "web (sg-0aaa)"),
        ("sg-0own", "members of the group itself (sg-0own)"),
        ("sg-0xxx", "sg-0xxx"),
        ("pl-0222", "offices (pl-0222)"),
        ("10.0.0.0/16", "10.0.0.0/16"),
    ],
)
def test_a_source_in_words(source: str, label: str) -> None:
    assert in_words(source, names_of(network(), PREFIX_LISTS), own="sg-0own") == label


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        (("10.0.1.0/24", "10.0.0.0/16"), ("10.0.1.0/24 lies inside 10.0.0.0/16: the wider one admits it already.",)),
        (("10.0.0.0/16", "10.0.0.0/16"), ("10.0.0.0/16 stands twice.",)),
        (("10.0.0.0/16", "10.1.0.0/16", "sg-0aaa"), ()),
        (("2001:db8::/32",), ("2001:db8::/32 is IPv6, and the endpoint has IPv4 addresses only.",)),
        (
            ("2001:db8:1::/48", "2001:db8::/32", "0.0.0.0/0"),
            (
                "2001:db8:1::/48 lies inside 2001:db8::/32: the wider one admits it already.",
                "2001:db8:1::/48 is IPv6, and the endpoint has IPv4 addresses only.",
                "2001:db8::/32 is IPv6, and the endpoint has IPv4 addresses only.",
            ),
        ),
        ((), ()),
    ],
)
def test_remarks(sources: tuple[str, ...], told: tuple[str, ...]) -> None:
    assert remarks(tuple(Source(source) for source in sources)) == told


@given(st.lists(st.tuples(st.ip_addresses(v=4), st.integers(0, 32)), max_size=6))
def test_an_overlap_is_told_exactly_where_there_is_one(ranges: "list[tuple[ipaddress.IPv4Address, int]]") -> None:
    sources = tuple(dict.fromkeys(Source(parse_cidr(f"{address}/{bits}")) for address, bits in ranges))
    networks = [ipaddress.IPv4Network(source) for source in sources]
    inside = [one for one in networks if any(one != other and one.subnet_of(other) for other in networks)]
    assert [told.split()[0] for told in remarks(sources)] == [str(one) for one in inside]


@pytest.mark.parametrize(("sources", "open_"), [((RANGE,), False), ((RANGE, Source("::/0")), True), ((), False)])
def test_anywhere(sources: tuple[Source, ...], open_: bool) -> None:
    assert anywhere(sources) is open_


# ---------------------------------------------------------------------------------------------- rules


def test_every_port_admits_every_source_once() -> None:
    draft = replace(GROUP, ports=("readwrite", "readonly", "http"), sources=(RANGE, Source("sg-0aaa"), RANGE))
    assert [row.label for row in rules(draft, service(), network())] == [
        "3306 readwrite from 10.0.0.0/16",
        "3306 readwrite from web (sg-0aaa)",
        "3307 readonly from 10.0.0.0/16",
        "3307 readonly from web (sg-0aaa)",
    ]


def test_two_purposes_of_one_port_make_one_rule() -> None:
    both = (Port("readwrite", 3306), Port("readonly", 3306))
    draft = replace(GROUP, ports=("readwrite", "readonly"))
    assert [row.purpose for row in rules(draft, service(endpoints=(public_endpoint(ports=both),)))] == ["readwrite"]


# ---------------------------------------------------------------------------------------------- existing groups


def test_groups_that_admit_come_first() -> None:
    offers = group_offers(network(), PORTS[:1])
    assert [(offer.group.name, offer.verdict, offer.covers) for offer in offers] == [
        ("app", "admits 3306", "all"),
        ("default", "admits nobody on 3306", "none"),
        ("web", "admits nobody on 3306", "none"),
    ]


@pytest.mark.parametrize(
    ("one", "verdict", "admits"),
    [
        (group("sg-1", "x", rule("10.0.0.0/8", 3306, 3307)), "admits 3306 and 3307", 2),
        (group("sg-1", "x", rule("10.0.0.0/8")), "admits 3306, not 3307", 1),
        (group("sg-1", "x", rule("10.0.0.0/8", 3306, protocol="udp")), "admits nobody on 3306 or 3307", 0),
        (group("sg-1", "x", rule("0.0.0.0/0", -1, protocol="-1")), "admits 3306 and 3307", 2),
        (group("sg-1", "x"), "admits nobody on 3306 or 3307", 0),
    ],
)
def test_what_a_group_admits(one: SecurityGroup, verdict: str, admits: int) -> None:
    (offer,) = group_offers(network(groups=(one,)), PORTS)
    assert offer.verdict == verdict
    assert len(offer.admits) == admits


def test_from_whom_a_group_admits() -> None:
    one = group("sg-0own", "x", rule("sg-0own"), rule("0.0.0.0/0"), rule("sg-0web"), rule("sg-0web"))
    offers = group_offers(network(groups=(one, group("sg-0web", "web"))), PORTS[:1])
    assert offers[0] == GroupOffer(
        one,
        "admits 3306",
        ("3306 from members of the group itself (sg-0own), everywhere (0.0.0.0/0) and web (sg-0web)",),
        "all",
    )


def test_no_port_no_verdict() -> None:
    assert {offer.verdict for offer in group_offers(network(), ())} == {"no port is chosen"}


# ---------------------------------------------------------------------------------------------- the answer


def test_a_new_group_is_proposed() -> None:
    assert propose_group(service(), network()) == GroupDraft(
        name="orders-prod-privatelink", description="Clients of orders-prod over PrivateLink", ports=("readwrite",)
    )


@pytest.mark.parametrize(
    ("name", "proposed"),
    [
        ("Büro <b>", "Buro -b-privatelink"),
        ("sg-web", "skysql-dbpgf00000001-privatelink"),
        ("🦭", "skysql-dbpgf00000001-privatelink"),
        ("SG", "skysql-dbpgf00000001-privatelink"),
        ("default", "default-privatelink"),
        ("", "skysql-dbpgf00000001-privatelink"),
    ],
)
def test_a_proposed_name_is_legal(name: str, proposed: str) -> None:
    assert propose_group(service(name=name), network()).name == proposed


@given(st.text(st.characters(), max_size=300))
def test_whatever_the_service_is_called_the_proposal_is_legal(name: str) -> None:
    draft = propose_group(service(name=name), network())
    assert parse_group_name(draft.name) == draft.name
    finished_group(replace(draft, sources=(RANGE,)))


def test_a_proposed_name_is_free_or_ours() -> None:
    taken = group("sg-1", "Orders-Prod-Privatelink")
    second = group("sg-2", "orders-prod-privatelink-2")
    ours = replace(taken, tags=OURS)
    assert propose_group(service(), network(groups=(taken,))).name == "orders-prod-privatelink-2"
    assert propose_group(service(), network(groups=(taken, second))).name == "orders-prod-privatelink-3"
    assert propose_group(service(), network(groups=(ours,))).name == "orders-prod-privatelink"
    assert propose_group(service(id=ServiceId("other")), network(groups=(ours,))).name == "orders-prod-privatelink-2"


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ((), "nobody is admitted so far"),
        ((OUR_GROUP,), "sg-0ours of an earlier run is used again, and its rules stay"),
        ((replace(OUR_GROUP, rules=()),), "nobody is admitted so far"),
        ((replace(OUR_GROUP, tags=()),), "nobody is admitted so far"),
    ],
)
def test_what_is_told_while_no_source_is_named(there: tuple[SecurityGroup, ...], told: str) -> None:
    assert told in without_sources("orders-prod-privatelink", service(), network(groups=there))


MANY = tuple(Source(f"10.0.{n}.0/24") for n in range(61))
EXISTING = GroupDraft(existing=True, ids=(GroupId("sg-0aaa"),))


@pytest.mark.parametrize(
    "draft",
    [
        GROUP,
        EXISTING,
        replace(GROUP, sources=MANY[:60]),
        replace(GROUP, sources=(*MANY[:60], Source("2001:db8::/32"))),
        replace(GROUP, sources=(Source("0.0.0.0/0"),), anywhere_agreed=True),
        replace(GROUP, sources=(Source("sg-0aaa"), Source("pl-0222"))),
    ],
)
def test_a_good_answer_is_not_refused(draft: GroupDraft) -> None:
    assert refusal(draft, network(), service(), PREFIX_LISTS) is None


@pytest.mark.parametrize(
    ("draft", "what", "remedy"),
    [
        (replace(GROUP, name=" "), "The security group has no name.", "Type one"),
        (replace(GROUP, name="WEB"), "The VPC has a group named “web” (sg-0aaa) already.", "Choose another name"),
        (replace(GROUP, ports=()), "No port is chosen.", "Choose at least one"),
        (
            replace(GROUP, ports=("http", "x")),
            "The service has no port for http or x.",
            "It has readwrite and readonly.",
        ),
        (replace(GROUP, sources=()), "No source is named: nobody could connect.", "Add an address"),
        (replace(GROUP, sources=(Source("0.0.0.0/0"),)), "A source admits every address.", "Agree to that"),
        (replace(GROUP, sources=(Source("sg-0fff"),)), f"sg-0fff is not a security group of {VPC}.", "from the list"),
        (replace(GROUP, sources=(Source("pl-0fff"),)), "pl-0fff is not a prefix list", "from the list"),
        (replace(GROUP, sources=MANY), "That makes 61 rules, and AWS takes 60 in a group.", "Use wider ranges"),
        (
            replace(GROUP, ports=("readwrite", "readonly"), sources=MANY[:31]),
            "That makes 62 rules, and AWS takes 60 in a group.",
            "Use wider ranges",
        ),
        (
            replace(GROUP, sources=(*MANY[:60], Source("sg-0aaa"))),
            "That makes 61 rules, and AWS takes 60 in a group.",
            "a security group or a prefix list",
        ),
        (replace(EXISTING, ids=()), "No security group is chosen.", "Choose one"),
        (replace(EXISTING, ids=(GroupId("sg-0fff"),)), f"sg-0fff is not a security group of {VPC}.", "Choose another."),
    ],
)
def test_refusal(draft: GroupDraft, what: str, remedy: str) -> None:
    why = refusal(draft, network(), service(), PREFIX_LISTS)
    assert why is not None
    assert why.what.startswith(what)
    assert remedy in why.remedy


def test_prefix_lists_that_could_not_be_read_are_not_refused() -> None:
    assert refusal(replace(GROUP, sources=(Source("pl-0fff"),)), network(), service()) is None


def test_a_group_of_ours_may_keep_its_name() -> None:
    ours = group("sg-1", "orders", tags=OURS)
    assert refusal(GROUP, network(groups=(ours,)), service()) is None


def test_a_service_without_ports_says_when_there_are_some() -> None:
    why = refusal(GROUP, network(), service(endpoints=()))
    assert why is not None
    assert why.remedy == "SkySQL names its ports when it is ready."


def test_prefix_lists_of_aws_come_last() -> None:
    lists = (PrefixList("pl-1", "com.amazonaws.x"), PrefixList("pl-2", "zz"), PrefixList("pl-3", ""))
    assert [offer.source for offer in suggestions(network(groups=(), instances=()), lists)][1:] == [
        "pl-3",
        "pl-2",
        "pl-1",
    ]
