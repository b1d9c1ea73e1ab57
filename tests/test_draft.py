"""Answers so far: what a changed answer clears, and when a draft is a plan."""

from dataclasses import replace

import pytest

from core.draft import (
    Draft,
    EndpointDraft,
    GroupDraft,
    Unanswered,
    finish,
    finished_group,
    from_plan,
    with_network,
    with_plan,
    with_service,
    with_vpc,
)
from core.plan import ExistingGroups, NewGroup
from core.values import GroupId, Invalid, Region, ServiceId, Source, SubnetId, VpcId, ZoneId
from tests.choices.samples import OTHER, OWN, REGION, VPC, network, new_group, plan, service

GROUP = GroupDraft(
    name="orders-prod-privatelink",
    description="Clients",
    ports=("readwrite", "readonly"),
    sources=(Source("10.0.0.0/16"), Source("sg-0aaa")),
    anywhere_agreed=True,
)
DRAFT = Draft(
    service=ServiceId("dbpgf00000001"),
    service_name="orders-prod",
    region=REGION,
    accounts=(OWN, OTHER),
    vpc=VPC,
    subnets=((ZoneId("use2-az1"), SubnetId("subnet-a")), (ZoneId("use2-az2"), None)),
    group=GROUP,
    endpoint=EndpointDraft(name="orders", tags="team=payments", enable_vpc_dns=True),
)


# ---------------------------------------------------------------------------------------------- changing an answer


def test_the_same_service_again_clears_nothing() -> None:
    assert with_service(DRAFT, service()) == DRAFT


def test_a_renamed_service_clears_nothing() -> None:
    assert with_service(DRAFT, service(name="orders")) == replace(DRAFT, service_name="orders")


def test_another_service_of_the_region_keeps_the_network() -> None:
    draft = with_service(DRAFT, service(id=ServiceId("dbpgf2"), name="carts"))
    assert (draft.service, draft.service_name, draft.accounts) == ("dbpgf2", "carts", None)
    assert (draft.vpc, draft.subnets) == (DRAFT.vpc, DRAFT.subnets)
    assert draft.group == GroupDraft(sources=GROUP.sources)
    assert draft.endpoint == replace(DRAFT.endpoint, name="")


def test_a_service_of_another_region_clears_the_network() -> None:
    draft = with_service(DRAFT, service(id=ServiceId("dbpgf2"), region=Region("eu-west-1")))
    assert (draft.region, draft.vpc, draft.subnets) == ("eu-west-1", None, None)
    assert draft.group == GroupDraft()
    assert draft.endpoint == EndpointDraft(tags="team=payments")


def test_the_same_vpc_again_clears_nothing() -> None:
    assert with_vpc(DRAFT, VPC) == DRAFT


def test_another_vpc_clears_what_lies_in_the_former() -> None:
    draft = with_vpc(DRAFT, VpcId("vpc-0fff"))
    assert (draft.vpc, draft.subnets, draft.accounts) == ("vpc-0fff", None, (OWN, OTHER))
    assert draft.group == replace(GROUP, sources=(), anywhere_agreed=False)
    assert not draft.endpoint.enable_vpc_dns


def test_the_first_service_and_vpc() -> None:
    draft = with_vpc(with_service(Draft(), service()), VPC)
    assert draft == Draft(service=service().id, service_name="orders-prod", region=REGION, vpc=VPC)


# ---------------------------------------------------------------------------------------------- from a plan


def test_a_plan_taken_up_gives_the_same_plan() -> None:
    made = plan(tags=(("team", "a, b"), ("k=1", "x")), group=new_group(sources=(Source("0.0.0.0/0"),)))
    assert finish(from_plan(made, service())) == made


def test_existing_groups_are_taken_up() -> None:
    made = plan(group=ExistingGroups((GroupId("sg-0aaa"),)), private_dns=False)
    assert finish(from_plan(made, service())) == made


def test_a_plan_by_name_becomes_one_by_id() -> None:
    assert finish(from_plan(plan(service="orders-prod"), service())).service == "dbpgf00000001"


def test_a_plan_for_another_region_loses_its_network() -> None:
    draft = from_plan(plan(region=Region("eu-west-1")), service())
    assert (draft.vpc, draft.subnets_wanted) == (None, ())


def test_subnets_find_their_zones_when_the_network_is_known() -> None:
    draft = with_network(from_plan(plan(), service()), network())
    assert draft.subnets == (("use2-az1", "subnet-a"), ("use2-az2", "subnet-b"), ("use2-az3", None))
    assert not draft.subnets_wanted
    assert finish(draft) == plan()


def test_subnets_that_are_gone_are_dropped() -> None:
    wanted = from_plan(plan(subnets=(SubnetId("subnet-gone"),)), service())
    assert with_network(wanted, network()).subnets == (("use2-az1", None), ("use2-az2", None), ("use2-az3", None))


@pytest.mark.parametrize("draft", [DRAFT, replace(DRAFT, vpc=None, subnets_wanted=(SubnetId("subnet-a"),))])
def test_a_network_says_nothing_to_other_answers(draft: Draft) -> None:
    assert with_network(draft, network()) == draft


# ---------------------------------------------------------------------------------------------- put right


def test_what_a_changed_plan_leaves_alone_stays_as_it_was_typed() -> None:
    typed = replace(DRAFT, group=replace(GROUP, existing=True, ids=(GroupId("sg-1"),)), subnets_wanted=())
    before = finish(typed)
    draft = with_plan(typed, before, replace(before, accounts=(OWN,)), service(), network())
    assert draft == replace(typed, accounts=(OWN,)), "a new group's name and sources are still there"


def test_a_changed_plan_is_what_the_answers_make_then() -> None:
    before = finish(DRAFT)
    after = replace(
        before,
        subnets=(SubnetId("subnet-b"),),
        group=ExistingGroups((GroupId("sg-1"),)),
        private_dns=False,
        enable_vpc_dns=False,
    )
    draft = with_plan(DRAFT, before, after, service(), network())
    assert finish(draft) == after
    assert draft.subnets == (("use2-az1", None), ("use2-az2", "subnet-b"), ("use2-az3", None))


# ---------------------------------------------------------------------------------------------- finishing


def test_a_finished_draft() -> None:
    made = finish(DRAFT)
    assert made == plan(
        accounts=(OWN, OTHER),
        subnets=(SubnetId("subnet-a"),),
        group=NewGroup(GROUP.name, "Clients", GROUP.ports, GROUP.sources),
        endpoint_name="orders",
        enable_vpc_dns=True,
        tags=(("team", "payments"),),
    )


def test_an_endpoint_without_a_name_is_called_after_the_service() -> None:
    assert finish(replace(DRAFT, endpoint=EndpointDraft())).endpoint_name == "orders-prod"


def test_a_vpcs_dns_is_left_alone_without_private_dns() -> None:
    endpoint = EndpointDraft(private_dns=False, enable_vpc_dns=True)
    assert not finish(replace(DRAFT, endpoint=endpoint)).enable_vpc_dns


@pytest.mark.parametrize(
    ("draft", "page", "what"),
    [
        (Draft(), "service", "No service is chosen."),
        (replace(DRAFT, accounts=None), "accounts", "No AWS account is on the list."),
        (replace(DRAFT, accounts=()), "accounts", "No AWS account is on the list."),
        (replace(DRAFT, vpc=None), "network", "No VPC is chosen."),
        (replace(DRAFT, subnets=None), "network", "No availability zone is chosen."),
        (replace(DRAFT, subnets=((ZoneId("use2-az1"), None),)), "network", "No availability zone is chosen."),
        (replace(DRAFT, group=replace(GROUP, name="sg-x")), "access", "cannot begin with “sg-”"),
        (replace(DRAFT, endpoint=EndpointDraft(tags="x")), "endpoint", "“x” is not key=value."),
    ],
)
def test_what_is_missing_names_its_page(draft: Draft, page: str, what: str) -> None:
    with pytest.raises(Unanswered, match=what) as refused:
        finish(draft)
    assert refused.value.page == page
    assert refused.value.remedy


@pytest.mark.parametrize(
    ("group", "what"),
    [
        (replace(GROUP, name=""), "The security group has no name."),
        (replace(GROUP, description=""), "AWS wants a description"),
        (replace(GROUP, ports=()), "No port is chosen."),
        (replace(GROUP, typed="10.1"), "“10.1” is typed but not added."),
        (replace(GROUP, sources=()), "No source is named: nobody could connect."),
        (replace(GROUP, sources=(Source("::/0"),), anywhere_agreed=False), "A source admits every address."),
        (GroupDraft(existing=True), "No security group is chosen."),
        (GroupDraft(existing=True, ids=tuple(GroupId(f"sg-{n}") for n in range(6))), "6 groups are chosen."),
    ],
)
def test_what_a_group_lacks(group: GroupDraft, what: str) -> None:
    with pytest.raises(Invalid, match=what) as refused:
        finished_group(group)
    assert refused.value.remedy


def test_every_address_is_admitted_when_agreed_to() -> None:
    made = finished_group(replace(GROUP, sources=(Source("0.0.0.0/0"),)))
    assert isinstance(made, NewGroup)
    assert made.sources == ("0.0.0.0/0",)
