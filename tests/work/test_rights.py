"""Which rights a run would need: of what it would change, and nothing of what stands."""

from dataclasses import replace

import pytest

from core.facts import Situation, VpcDns
from core.plan import ExistingGroups, Plan
from core.policy import ASSOCIATE_ZONE
from core.values import AccountId
from core.work.rights import Trial, needed
from core.world import Question
from tests.work.fake import GROUP, LINKED, PLAN, VISIBLE, network, our_endpoint, our_group, situation

EXISTING = replace(PLAN, group=ExistingGroups((GROUP,)))
HERE = "arn:aws:ec2:us-east-2:123456789012"

MAKE_GROUP = ["try ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"]
ADMIT = ["ec2:AuthorizeSecurityGroupIngress", "ec2:CreateTags"]
MAKE_ENDPOINT = ["ec2:CreateVpcEndpoint", "ec2:CreateTags", "ec2:DeleteVpcEndpoints"]
NAME_IT = ["ec2:ModifyVpcEndpoint", ASSOCIATE_ZONE]


def linked(**more: object) -> Situation:
    """SkySQL has made the endpoint service, and AWS shows it."""
    return situation(service=LINKED, endpoint_service=VISIBLE, network=network(groups=(our_group(),), **more))


def told(plan: Plan, found: Situation) -> list[str]:
    return [f"{'try ' if isinstance(one, Trial) else ''}{one.action}" for one in needed(plan, found)]


@pytest.mark.parametrize(
    ("plan", "found", "expected"),
    [
        (PLAN, situation(), [*MAKE_GROUP, *ADMIT, *MAKE_ENDPOINT, *NAME_IT]),
        (EXISTING, situation(network=network(groups=(our_group(),))), [*MAKE_ENDPOINT, *NAME_IT]),
        (replace(EXISTING, private_dns=False), situation(network=network(groups=(our_group(),))), MAKE_ENDPOINT),
        (PLAN, linked(), ["try ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", *NAME_IT]),
        (EXISTING, linked(), ["try ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints", *NAME_IT]),
        (
            PLAN,
            replace(linked(), network=network(groups=(our_group(rules=()),), endpoints=(our_endpoint(),))),
            ["try ec2:AuthorizeSecurityGroupIngress", "try ec2:ModifyVpcEndpoint", ASSOCIATE_ZONE],
        ),
        (PLAN, linked(endpoints=(our_endpoint(),)), ["try ec2:ModifyVpcEndpoint", ASSOCIATE_ZONE]),
        (PLAN, linked(endpoints=(our_endpoint(private_dns=True),)), []),
        (replace(PLAN, private_dns=False), linked(endpoints=(our_endpoint(),)), []),
        (PLAN, linked(endpoints=(our_endpoint("failed"),)), []),
        (PLAN, situation(network=None), []),
    ],
    ids=[
        "nothing stands",
        "groups that are there",
        "without private DNS",
        "the group stands and the service is seen",
        "the service is seen",
        "rules and private DNS are missing",
        "private DNS is missing",
        "all stands",
        "all that is wanted stands",
        "an endpoint that is lost: the run stops there",
        "no VPC",
    ],
)
def test_a_run_needs_rights_to_what_it_changes(plan: Plan, found: Situation, expected: list[str]) -> None:
    assert told(plan, found) == expected


@pytest.mark.parametrize(("enable", "expected"), [(True, True), (False, False)])
def test_vpc_dns_needs_a_right_where_the_plan_switches_it_on(enable: bool, expected: bool) -> None:
    plan, off = replace(PLAN, enable_vpc_dns=enable), situation(network=network(dns=VpcDns(True, False)))
    asked = [one for one in needed(plan, off) if one.action == "ec2:ModifyVpcAttribute"]
    assert asked == ([Question("ec2:ModifyVpcAttribute", (f"{HERE}:vpc/{PLAN.vpc}",))] if expected else [])


def test_what_is_there_is_asked_about_by_its_id_and_what_is_to_come_by_an_id_of_nothing() -> None:
    shared = replace(network().vpc, owner=AccountId("210987654321"))
    asked = {one.action: one for one in needed(PLAN, situation(network=network(vpc=shared)))}
    creation = asked["ec2:CreateVpcEndpoint"]
    assert isinstance(creation, Question)
    assert creation.resources == (
        f"arn:aws:ec2:us-east-2:210987654321:vpc/{PLAN.vpc}",
        *(f"arn:aws:ec2:us-east-2:210987654321:subnet/{subnet}" for subnet in PLAN.subnets),
        f"{HERE}:security-group/sg-00000000000000000",
        f"{HERE}:vpc-endpoint/*",
    )
