"""What a run will do, in its order, and what it takes to start it."""

from dataclasses import replace

import pytest

from core.choices.review import (
    Change,
    agreement,
    changes,
    cost,
    marks,
    typed_to_agree,
    usual_interruption,
)
from core.facts import AllowedAddress, Situation, VpcDns
from core.plan import ExistingGroups, Plan
from core.values import GroupId, Source, SubnetId
from tests.choices.samples import (
    ENDPOINT_SERVICE,
    LINKED,
    OTHER,
    OUR_GROUP,
    OWN,
    VPC,
    ZONE_A,
    endpoint_service,
    network,
    new_group,
    plan,
    private_endpoint,
    public_endpoint,
    service,
    situation,
    vpc_endpoint,
)


def test_everything_from_nothing() -> None:
    found = changes(
        plan(enable_vpc_dns=True, tags=(("team", "payments"),)),
        situation(network=network(dns=VpcDns(support=True, hostnames=False))),
    )
    assert found == (
        Change("~", f"Switch on enableDnsHostnames in {VPC}", ("It changes the whole VPC.",)),
        Change(
            "+",
            "Security group “orders-prod-privatelink”",
            ("Clients of orders-prod", "+ 3306 readwrite from 10.0.0.0/16"),
        ),
        Change(
            "!",
            "Switch orders-prod to PrivateLink: every connection drops",
            (
                "Nobody can connect until the link is up. Expect 5 to 15 minutes; it can take longer.",
                "Accounts that may connect: 123456789012.",
                "The IP allowlist is cleared (1 entry; the journal keeps a copy):",
                "  203.0.113.7/32 office",
                "The Query Editor in the SkySQL portal stops working for this service.",
                "Backups and monitoring go on.",
            ),
        ),
        Change(
            "+",
            f"VPC endpoint “orders-prod” in “prod-core” ({VPC})",
            (
                "+ us-east-2a (use2-az1): “a” (subnet-a) 10.0.1.0/24",
                "+ us-east-2b (use2-az2): “b” (subnet-b) 10.0.1.0/24",
                "tags: team=payments",
            ),
        ),
        Change(
            "~",
            "Private DNS: dbpgf00000001.sysp0000.db1.skysql.com resolves to the endpoint inside the VPC",
            ("It is switched on when AWS has verified the name.",),
        ),
    )
    assert marks(found) == "2 new, 2 changed, 1 interruption"


def test_what_stands_already_says_so_and_changes_nothing() -> None:
    found = changes(plan(enable_vpc_dns=True), LINKED)
    assert found == (
        Change("=", "Everything stands already: nothing will be changed."),
        Change("=", f"DNS support and DNS hostnames of {VPC} are on"),
        Change("=", "Security group “orders-prod-privatelink” (sg-0ours)"),
        Change("=", "orders-prod uses PrivateLink, for 1 account"),
        Change("=", "VPC endpoint vpce-0aaa (available)"),
        Change("=", "Private DNS is on: dbpgf00000001.sysp0000.db1.skysql.com resolves to the endpoint inside the VPC"),
    )
    assert marks(found) == "nothing to do"


def _marks(made: Plan, of: Situation) -> str:
    return "".join(change.mark for change in changes(made, of))


@pytest.mark.parametrize(
    ("made", "of", "found"),
    [
        (plan(), situation(), "+!+~"),
        (plan(private_dns=False), situation(), "+!+"),
        (plan(), situation(network=None), "+!+~"),
        (plan(group=ExistingGroups((GroupId("sg-0aaa"),))), situation(), "=!+~"),
        (plan(), situation(service=service(endpoints=(private_endpoint(),))), "+=+~"),
        (plan(), situation(service=service(endpoints=(public_endpoint(), private_endpoint()))), "+=+~"),
        (plan(accounts=(OWN, OTHER)), LINKED, "=~=="),
        (plan(group=new_group(ports=("readwrite", "readonly"))), LINKED, "~==="),
        (plan(private_dns=False), LINKED, "===="),
    ],
)
def test_the_marks_in_their_order(made: Plan, of: Situation, found: str) -> None:
    assert _marks(made, of) == found


def test_only_accounts_change_on_a_private_service() -> None:
    of = replace(LINKED, service=service(endpoints=(private_endpoint(OTHER),)))
    (accounts,) = (change for change in changes(plan(), of) if change.mark == "~")
    assert accounts.what == "Accounts that may connect to orders-prod: +1 -1"
    assert accounts.detail == (f"+{OWN}", f"-{OTHER} (links that exist stay up)")


def test_only_missing_rules_are_added_to_a_group_of_ours() -> None:
    made = plan(group=new_group(ports=("readwrite", "readonly"), sources=(Source("10.0.0.0/16"), Source("sg-0aaa"))))
    change = changes(made, LINKED)[0]
    assert change.what == "Security group “orders-prod-privatelink” (sg-0ours): 3 rules added"
    assert change.detail == (
        "+ 3306 readwrite from sg-0aaa",
        "+ 3307 readonly from 10.0.0.0/16",
        "+ 3307 readonly from sg-0aaa",
    )


def test_an_existing_group_is_used_as_it_is() -> None:
    made = plan(group=ExistingGroups((GroupId("sg-0aaa"), GroupId("sg-0xxx"))))
    assert [change.what for change in changes(made, situation())[:2]] == [
        "Security group “web” (sg-0aaa) is used as it is",
        "Security group sg-0xxx is used as it is",
    ]


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        (0, ["The IP allowlist is empty and is not used any more."]),
        (2, ["The IP allowlist is cleared (2 entries; the journal keeps a copy):", "  10.0.0.0", "  10.0.0.1"]),
    ],
)
def test_the_allowlist_is_listed(number: int, lines: list[str]) -> None:
    entries = tuple(AllowedAddress(f"10.0.0.{n}") for n in range(number))
    of = situation(service=service(endpoints=(public_endpoint(allow_list=entries),)))
    detail = changes(plan(), of)[1].detail
    assert list(detail[2 : 2 + len(lines)]) == lines


def test_a_long_allowlist_is_cut_with_a_count() -> None:
    entries = tuple(AllowedAddress(f"10.0.0.{n}", "\x1b[31m" * n) for n in range(40))
    detail = changes(plan(), situation(service=service(endpoints=(public_endpoint(allow_list=entries),))))[1].detail
    assert "  and 28 more" in detail
    assert not any("\x1b" in line for line in detail)


@pytest.mark.parametrize(
    ("made", "of", "told"),
    [
        (plan(subnets=(SubnetId("subnet-a"),)), LINKED, ()),
        (plan(subnets=(SubnetId("subnet-c"),)), LINKED, ("It is not in subnet-c: this run does not move it.",)),
        (
            plan(subnets=(SubnetId("subnet-a"), SubnetId("subnet-c"))),
            replace(LINKED, endpoint_service=endpoint_service(ZONE_A)),
            (),
        ),
        (
            plan(group=ExistingGroups((GroupId("sg-0aaa"),))),
            LINKED,
            ("It does not carry sg-0aaa: this run does not change that.",),
        ),
        (
            plan(group=new_group(name="other")),
            LINKED,
            ("It does not carry “other”: this run does not change that.",),
        ),
        (
            plan(),
            replace(LINKED, network=network(groups=(OUR_GROUP,), endpoints=(vpc_endpoint(state="rejected"),))),
            ("It cannot be used any more. Delete it in the AWS console first.",),
        ),
    ],
)
def test_what_a_run_does_not_change_of_an_endpoint_is_told(made: Plan, of: Situation, told: tuple[str, ...]) -> None:
    found = changes(made, of)
    endpoint = next(change for change in found if change.what.startswith("VPC endpoint"))
    assert (endpoint.mark, endpoint.detail) == ("=", told)
    assert not (told and found[0].what.startswith("Everything stands"))


def test_private_dns_of_an_endpoint_that_is_lost_is_not_told_as_on() -> None:
    lost = network(groups=(OUR_GROUP,), endpoints=(vpc_endpoint(state="rejected", private_dns=True),))
    last = changes(plan(), replace(LINKED, network=lost))[-1]
    assert (last.mark, last.what.partition(":")[0]) == ("~", "Private DNS")


def test_a_zone_the_endpoint_service_lacks_is_left_out() -> None:
    of = situation(endpoint_service=endpoint_service(ZONE_A))
    endpoint = next(change for change in changes(plan(), of) if change.what.startswith("VPC endpoint"))
    assert endpoint.detail == (
        "+ us-east-2a (use2-az1): “a” (subnet-a) 10.0.1.0/24",
        "us-east-2b (use2-az2): “b” (subnet-b) 10.0.1.0/24: left out, the endpoint service is not in this zone",
    )


@pytest.mark.parametrize(
    ("zones", "price"),
    [
        (1, "1 zone: $0.01 an hour, $7.30 a month of 730 h, plus $0.01 per GB."),
        (2, "2 zones: $0.02 an hour, $14.60 a month of 730 h, plus $0.01 per GB."),
        (3, "3 zones: $0.03 an hour, $21.90 a month of 730 h, plus $0.01 per GB."),
    ],
)
def test_cost(zones: int, price: str) -> None:
    told = cost(plan(subnets=tuple(SubnetId(f"subnet-{n}") for n in range(zones))))
    assert told.startswith(price)
    assert told.endswith("List price of us-east-1, other regions differ: see aws.amazon.com/privatelink/pricing.")


def test_usual_interruption() -> None:
    assert usual_interruption() == "Expect 5 to 15 minutes; it can take longer."


def test_a_name_is_typed_only_when_a_live_service_is_interrupted() -> None:
    assert agreement(situation()) == "type-name"
    assert agreement(LINKED) == "yes"


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("orders-prod", "orders-prod"),
        ("[b]markup[/]", "[b]markup[/]"),
        ("", service().id),
        ("заказы", service().id),
        ("orders 📦", service().id),
        ("x" * 200, service().id),
    ],
)
def test_what_cannot_be_typed_on_every_keyboard_is_not_asked_for(name: str, typed: str) -> None:
    assert typed_to_agree(service(name=name)) == typed


def test_hostile_names_are_shown_plain() -> None:
    of = situation(service=service(name="\x1b[2J[bold]x\u202e", fqdn="\x07"))
    told = "\n".join("\n".join((change.what, *change.detail)) for change in changes(plan(endpoint_name="\x9b1m"), of))
    assert not any(c in told for c in "\x1b\x07\u202e\x9b")
    assert ENDPOINT_SERVICE not in told
