"""Where the endpoint stands: VPCs, then one choice a zone."""

from dataclasses import replace

import pytest

from core.choices.network import (
    Chosen,
    is_private,
    is_shared,
    lost,
    preferred_vpc,
    proposed,
    refusal,
    settled,
    summary,
    vpc_offers,
    zone_choices,
)
from core.facts import EndpointService, Network, Route, Subnet, Zone
from core.values import SubnetId, VpcId, ZoneId
from tests.choices.samples import (
    OTHER,
    OWN,
    TO_INTERNET,
    VPC,
    ZONE_A,
    ZONE_B,
    ZONE_C,
    endpoint_service,
    instance,
    network,
    subnet,
    table,
    vpc,
)

ZONES = (ZONE_A, ZONE_B, ZONE_C)
A, B, C = ZONE_A.id, ZONE_B.id, ZONE_C.id


def _sub(name: str) -> SubnetId:
    return SubnetId(f"subnet-{name}")


# ---------------------------------------------------------------------------------------------- VPCs


def test_vpcs_named_ones_first_the_default_one_later_impossible_ones_last() -> None:
    vpcs = (
        vpc(id=VpcId("vpc-4"), name="", is_default=True),
        vpc(id=VpcId("vpc-5"), name="shared", owner=OTHER),
        vpc(id=VpcId("vpc-3"), name=""),
        vpc(id=VpcId("vpc-2"), name="zoo"),
        vpc(id=VpcId("vpc-1"), name="Alpha"),
    )
    offers = vpc_offers(vpcs, OWN)
    assert [offer.vpc.id for offer in offers] == ["vpc-1", "vpc-2", "vpc-3", "vpc-4", "vpc-5"]
    assert [offer.marks for offer in offers[2:]] == [(), ("default",), (f"shared by {OTHER}",)]
    assert (
        offers[4].why_not == f"Account {OTHER} shares it with yours, and AWS lets only the owner make endpoints in it."
    )
    assert not any(offer.why_not for offer in offers[:4])


def test_a_vpcs_label_holds_name_id_ranges_and_marks() -> None:
    ranges = tuple(f"10.{n}.0.0/16" for n in range(5))
    (offer,) = vpc_offers((vpc(cidrs=ranges, is_default=True),), OWN)
    assert offer.label == f"prod-core · {VPC} · 10.0.0.0/16, 10.1.0.0/16, 10.2.0.0/16, and 2 more · default"


def test_the_vpc_chosen_before_stays_preferred() -> None:
    offers = vpc_offers((vpc(id=VpcId("vpc-1")), vpc(id=VpcId("vpc-2")), vpc(id=VpcId("vpc-3"), owner=OTHER)), OWN)
    assert preferred_vpc(offers) == "vpc-1"
    assert preferred_vpc(offers, before=VpcId("vpc-2")) == "vpc-2"
    assert preferred_vpc(offers, before=VpcId("vpc-3")) == "vpc-1"
    assert preferred_vpc(()) is None


def test_a_vpc_is_shared_when_somebody_else_owns_it() -> None:
    assert is_shared(vpc(owner=OTHER), OWN)
    assert not is_shared(vpc(), OWN)


# ---------------------------------------------------------------------------------------------- private or public


@pytest.mark.parametrize(
    ("route", "private"),
    [
        (TO_INTERNET, False),
        (Route("::/0", "igw-1"), False),
        (Route("0.0.0.0/0", "igw-1", active=False), True),
        (Route("0.0.0.0/0", "nat-1"), True),
        (Route("::/0", "eigw-1"), True),
        (Route("203.0.113.0/24", "igw-1"), True),
    ],
)
def test_public_is_an_active_default_route_to_an_internet_gateway(route: Route, private: bool) -> None:
    assert is_private(subnet("a", ZONE_A), (table("rtb", route, subnets=("a",)),)) is private


def test_a_subnet_without_a_table_of_its_own_uses_the_main_one() -> None:
    main = table("rtb-main", TO_INTERNET, main=True)
    assert not is_private(subnet("a", ZONE_A), (main,))
    assert is_private(subnet("a", ZONE_A), (main, table("rtb-own", subnets=("a",))))


def test_another_vpcs_main_table_says_nothing() -> None:
    other = replace(table("rtb-main", TO_INTERNET, main=True), vpc=VpcId("vpc-0fff"))
    assert is_private(subnet("a", ZONE_A), (other,))


# ---------------------------------------------------------------------------------------------- zones


def test_a_choice_per_zone_with_the_best_subnet_preferred() -> None:
    first, second, third = zone_choices(network(), ZONES)
    assert [offer.label for offer in first.subnets] == [
        "a · private · 10.0.1.0/24 · 200 free · 1 instance",
        "a-public · public · 10.0.1.0/24 · 250 free · 0 instances",
    ]
    assert (first.preferred, second.preferred, third.preferred) == (_sub("a"), _sub("b"), _sub("c"))
    assert (first.instances, second.instances, third.instances) == (1, 2, 0)
    assert not any(choice.why_not or choice.note for choice in (first, second, third))


def _one_zone(*subnets: Subnet, **changed: object) -> Network:
    return network(subnets=subnets, **changed)


@pytest.mark.parametrize(
    ("of", "preferred", "note"),
    [
        (_one_zone(subnet("x", ZONE_A, 5), subnet("y", ZONE_A, 9)), "y", ""),
        (_one_zone(subnet("x", ZONE_A, 5), subnet("y", ZONE_A, 9), instances=(instance("x"),)), "x", ""),
        (_one_zone(subnet("x", ZONE_A, 0), subnet("y", ZONE_A, 1), instances=(instance("x"),)), "y", ""),
        (_one_zone(subnet("x", ZONE_A, 9, ipv6_only=True), subnet("y", ZONE_A, 1)), "y", ""),
        (
            _one_zone(subnet("a", ZONE_A, 0), subnet("a-public", ZONE_A, 1)),
            "a-public",
            "No private subnet here can be used, so a public one is proposed.",
        ),
        (
            _one_zone(subnet("a", ZONE_A, 1), subnet("a-public", ZONE_A, 99), instances=(instance("a-public"),)),
            "a",
            "",
        ),
    ],
)
def test_which_subnet_is_preferred(of: Network, preferred: str, note: str) -> None:
    (choice,) = zone_choices(of, (ZONE_A,))
    assert (choice.preferred, choice.note) == (_sub(preferred), note)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (subnet("x", ZONE_A, 0), "It has no free address."),
        (subnet("x", ZONE_A, 9, ipv6_only=True), "It is for IPv6 only, and the endpoint needs an IPv4 address."),
    ],
)
def test_why_not_a_subnet(one: Subnet, why: str) -> None:
    (choice,) = zone_choices(_one_zone(one), (ZONE_A,))
    assert choice.subnets[0].why_not == why
    assert (choice.preferred, choice.why_not) == (None, "No subnet here has a free IPv4 address.")


@pytest.mark.parametrize(
    ("of", "zones", "service", "why"),
    [
        (_one_zone(), (ZONE_A,), None, "This VPC has no subnet in this zone."),
        (
            _one_zone(subnet("a", ZONE_A)),
            (ZONE_A,),
            endpoint_service(ZONE_B),
            "The endpoint service is not in this zone (use2-az1).",
        ),
        (
            _one_zone(subnet("a", ZONE_A)),
            (ZONE_B,),
            None,
            "us-east-2a is not an availability zone of the region: endpoints cannot stand there.",
        ),
        (_one_zone(subnet("a", ZONE_A)), (), None, ""),
        (_one_zone(subnet("a", ZONE_A)), (ZONE_A,), endpoint_service(zone_ids=frozenset()), ""),
        (_one_zone(subnet("a", ZONE_A)), (ZONE_A,), endpoint_service(ZONE_A), ""),
        (
            _one_zone(subnet("a", ZONE_A)),
            (ZONE_A,),
            endpoint_service(zone_ids=frozenset(), zone_names=frozenset({"us-east-2a"})),
            "",
        ),
    ],
)
def test_why_not_a_zone(of: Network, zones: tuple[Zone, ...], service: EndpointService | None, why: str) -> None:
    choice = next(choice for choice in zone_choices(of, zones, service) if choice.zone == ZONE_A)
    assert choice.why_not == why
    assert (choice.preferred is None) is bool(why)


def test_zones_are_matched_by_id_and_shown_by_name() -> None:
    """The account's us-east-2b is the provider's first zone: its name there would be another."""
    swapped = Zone("us-east-2b", ZoneId("use2-az1"))
    (choice,) = zone_choices(_one_zone(subnet("x", swapped)), (swapped,), endpoint_service(ZONE_A))
    assert choice.preferred == _sub("x")


# ---------------------------------------------------------------------------------------------- the answer


CHOICES = zone_choices(network(), ZONES, endpoint_service(ZONE_A, ZONE_B))


def test_the_preferred_subnets_are_proposed() -> None:
    assert proposed(CHOICES) == ((A, _sub("a")), (B, _sub("b")), (C, None))
    assert settled(None, CHOICES) == proposed(CHOICES)


def test_an_answer_is_fitted_to_what_is_offered_now() -> None:
    before: Chosen = ((A, _sub("a-public")), (C, _sub("c")), (ZoneId("use2-az9"), _sub("z")))
    assert settled(before, CHOICES) == ((A, _sub("a-public")), (B, _sub("b")), (C, None))
    assert lost(before, CHOICES) == (ZONE_C,)
    assert lost(None, CHOICES) == ()


def test_a_zone_left_out_stays_left_out() -> None:
    assert settled(((A, None),), CHOICES)[0] == (A, None)


@pytest.mark.parametrize(
    ("chosen", "what", "remedy"),
    [
        (((A, None), (B, None)), "No availability zone is chosen.", "Choose a subnet in at least one zone."),
        ((), "No availability zone is chosen.", "Choose a subnet in at least one zone."),
        (((C, _sub("c")),), "us-east-2c: The endpoint service is not in this zone", "or leave the zone out."),
        (((A, _sub("gone")),), "us-east-2a: subnet-gone is not a subnet of it any more.", "Choose another subnet"),
        (((ZoneId("use2-az9"), _sub("z")),), "use2-az9 is not a zone of this VPC.", "Choose again."),
    ],
)
def test_refusal(chosen: Chosen, what: str, remedy: str) -> None:
    why = refusal(chosen, CHOICES)
    assert why is not None
    assert what in why.what
    assert remedy in why.remedy


def test_a_full_subnet_is_refused_by_its_own_reason() -> None:
    choices = zone_choices(_one_zone(subnet("a", ZONE_A, 0), subnet("b", ZONE_A)), (ZONE_A,))
    why = refusal(((A, _sub("a")),), choices)
    assert why is not None
    assert why.what == "us-east-2a: It has no free address."


@pytest.mark.parametrize(
    ("of", "remedy"),
    [
        (_one_zone(), "It has no subnets. Choose another VPC, or make a subnet in it first."),
        (_one_zone(subnet("a", ZONE_A, 0)), "Choose another VPC: the reason stands beside each zone."),
    ],
)
def test_a_vpc_where_nothing_can_be_chosen(of: Network, remedy: str) -> None:
    why = refusal((), zone_choices(of, ZONES))
    assert why is not None
    assert (why.what, why.remedy) == ("No zone of this VPC can be used.", remedy)


def test_a_good_answer_is_not_refused() -> None:
    assert refusal(proposed(CHOICES), CHOICES) is None
    assert refusal(((A, _sub("a")), (B, None)), CHOICES) is None


@pytest.mark.parametrize(
    ("chosen", "lines"),
    [
        (((A, _sub("a")), (B, _sub("b"))), ("An endpoint address in 2 zones.",)),
        (
            ((A, _sub("a")), (B, None)),
            (
                "An endpoint address in 1 zone.",
                "One zone only: when that zone fails, the link fails.",
                "2 instances run in us-east-2b, left out here: the traffic will cross zones, which AWS bills.",
            ),
        ),
        (
            ((B, _sub("b")),),
            (
                "An endpoint address in 1 zone.",
                "One zone only: when that zone fails, the link fails.",
                "1 instance runs in us-east-2a, left out here: the traffic will cross zones, which AWS bills.",
            ),
        ),
        (((A, None),), ()),
    ],
)
def test_summary(chosen: Chosen, lines: tuple[str, ...]) -> None:
    assert summary(chosen, CHOICES) == lines
