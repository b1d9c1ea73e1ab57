"""What the access page offers while one types, and what it makes of it."""

import time

import pytest

from core.choices.access import rules
from core.choices.groups import group_offers, groups_holding, shut_out, toggled
from core.choices.sources import add_source, add_sources, narrowed, suggestions
from core.draft import GroupDraft
from core.facts import Network, Port, PrefixList, Rule, SecurityGroup, Service, ServiceEndpoint, Vpc, VpcDns
from core.values import AccountId, GroupId, Invalid, Region, ServiceId, Source, VpcId

READWRITE, READONLY = Port("readwrite", 3306), Port("readonly", 3307)
VPC = Vpc(VpcId("vpc-0a1b"), "prod", ("10.20.0.0/16",), False, AccountId("123456789012"))
OFFICE = PrefixList("pl-0abc", "office")


def sg(number: int) -> GroupId:
    return GroupId(f"sg-{number:04x}")


def group(number: int, name: str, *rules: Rule) -> SecurityGroup:
    return SecurityGroup(sg(number), name, "", VPC.id, rules)


def network(*groups: SecurityGroup) -> Network:
    return Network(VPC, VpcDns(True, True), groups=groups)


APPS = group(1, "app-servers", Rule("tcp", 443, 443, Source("0.0.0.0/0")))
CLIENTS = group(2, "db-clients", Rule("tcp", 3306, 3306, Source(sg(1))))
READERS = group(3, "db-readers", Rule("tcp", 3307, 3307, Source("10.20.0.0/16")))
HERE = network(APPS, CLIENTS, READERS)


@pytest.mark.parametrize(
    ("typed", "left"),
    [("", 5), ("app", 1), ("APP", 1), ("db", 2), ("db read", 1), ("10.20", 1), ("office", 1), ("nothing like it", 0)],
)
def test_suggestions_narrow_by_every_word_typed(typed: str, left: int) -> None:
    assert len(narrowed(suggestions(HERE, [OFFICE]), typed)) == left


@pytest.mark.parametrize(
    ("typed", "source"), [("app-servers", sg(1)), (" App-Servers ", sg(1)), ("office", "pl-0abc"), (sg(2), sg(2))]
)
def test_a_full_name_means_what_it_names(typed: str, source: str) -> None:
    assert add_source((), typed, HERE, [OFFICE]).sources == (source,)


def test_a_part_of_a_name_is_not_added_unseen() -> None:
    with pytest.raises(Invalid) as refused:
        add_source((), "app", HERE)
    assert "press Down" in refused.value.remedy


def test_a_group_called_like_a_range_does_not_take_its_place() -> None:
    named = network(group(7, "10.0.0.0/8"))
    assert add_source((), "10.0.0.0/8", named).source == "10.0.0.0/8"


def test_a_name_two_prefix_lists_share_is_not_guessed() -> None:
    with pytest.raises(Invalid):
        add_source((), "office", HERE, [OFFICE, PrefixList("pl-0def", "office")])


def test_where_prefix_lists_cannot_be_read_their_ids_are_believed() -> None:
    assert add_source((), "pl-0fff", HERE, None).source == "pl-0fff"
    with pytest.raises(Invalid):
        add_source((), "pl-0fff", HERE, [OFFICE])


@pytest.mark.parametrize(
    ("typed", "sources"),
    [
        ("203.0.113.7, 198.51.100.0/24", ("203.0.113.7/32", "198.51.100.0/24")),
        (f"10.1.2.3;{sg(1)}  pl-0abc ", ("10.1.2.3/32", sg(1), "pl-0abc")),
        ("10.0.0.0 /16", ("10.0.0.0/16",)),
        ("app-servers", (sg(1),)),
        ("10.0.0.1 10.0.0.1", ("10.0.0.1/32",)),
    ],
)
def test_several_sources_can_be_pasted_at_once(typed: str, sources: tuple[str, ...]) -> None:
    assert add_sources((), typed, HERE, [OFFICE]).sources == sources


def test_of_several_sources_none_is_added_when_one_is_wrong() -> None:
    with pytest.raises(Invalid, match=r"10\.0\.0\.999"):
        add_sources((), "10.0.0.1 10.0.0.999", HERE)


def test_each_of_several_sources_is_told_as_it_was_understood() -> None:
    assert add_sources((), "10.0.0.1 10.2.3.4/16", HERE).note.count("as 10.") == 2


@pytest.mark.parametrize(
    ("typed", "ids"),
    [("db", [sg(2), sg(3)]), ("from-nobody", []), ("3306 app", [sg(2), sg(1)]), (sg(3), [sg(3)])],
)
def test_groups_narrow_by_name_verdict_and_whom_they_admit(typed: str, ids: list[str]) -> None:
    assert [offer.group.id for offer in groups_holding(group_offers(HERE, [READWRITE]), typed)] == ids


def test_toggling_takes_out_what_is_in_and_refuses_a_sixth() -> None:
    five = tuple(sg(number) for number in range(5))
    assert toggled(five, sg(2)) == (sg(0), sg(1), sg(3), sg(4))
    assert toggled(five[:4], sg(9)) == (*five[:4], sg(9))
    with pytest.raises(Invalid):
        toggled(five, sg(9))


@pytest.mark.parametrize(
    ("ids", "ports", "told"),
    [
        ([sg(2)], [READWRITE], ""),
        ([sg(2), sg(3)], [READWRITE, READONLY], ""),
        ([sg(2)], [READWRITE, READONLY], "3307"),
        ([sg(1)], [READWRITE, READONLY], "3306 or 3307"),
        ([], [READWRITE], ""),
    ],
)
def test_ports_that_no_chosen_group_admits_are_told(ids: list[GroupId], ports: list[Port], told: str) -> None:
    said = shut_out(ids, group_offers(HERE, ports), ports)
    assert told in said
    assert bool(said) == bool(told)


def test_three_thousand_groups_are_judged_well_under_a_frame_a_row() -> None:
    many = network(*(group(number, f"g{number}", Rule("tcp", 3306, 3306, Source(sg(1)))) for number in range(3000)))
    begun = time.process_time()
    assert len(group_offers(many, [READWRITE])) == 3000
    assert time.process_time() - begun < 0.5  # quadratic, it was many seconds


def test_a_rule_tells_its_source_by_name() -> None:
    port = ServiceEndpoint("primary", "nlb", "public", (READWRITE,))
    service = Service(ServiceId("db1"), "orders", "aws", Region("us-east-2"), "es-single", "ready", endpoints=(port,))
    (row,) = rules(GroupDraft(sources=(Source(sg(1)),)), service, HERE)
    assert row.who == "app-servers (sg-0001)"
    assert row.label == "3306 readwrite from app-servers (sg-0001)"
