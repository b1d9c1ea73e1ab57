"""What an undo says it will do, before it is agreed to."""

from dataclasses import replace

import pytest

from core.choices.review import marks, usual_interruption
from core.choices.undo import undo_agreement, undo_changes
from core.facts import AllowedAddress, GroupUse, Identity, Interface, SecurityGroup, VpcEndpoint
from core.undo import Remains, Undo
from core.values import AccountId, EndpointId, GroupId, VpcId
from tests.work.fake import ACCOUNT, LINKED, PRIVATE, PUBLIC, READY, our_endpoint, our_group
from tests.work.test_undo_decisions import UNKNOWN, UNTOUCHED, WAS_PRIVATE, WAS_PUBLIC

STANDING = Remains(LINKED, Identity(ACCOUNT, "arn"), (our_endpoint(),), (our_group(),))


def told(undo: Undo, remains: Remains = STANDING) -> list[str]:
    return [f"{change.mark} {line}" for change in undo_changes(undo, remains) for line in (change.what, *change.detail)]


def test_a_whole_undo_in_its_order() -> None:
    assert told(WAS_PUBLIC) == [
        "- VPC endpoint vpce-1 in vpc-0123 (available): connections through it drop",
        "- Security group “orders-prod-pl” (sg-001)",
        "! Switch orders-prod back to its public address: every connection over PrivateLink drops",
        f"! Nobody can connect from the first deletion until the IP allowlist is filled. {usual_interruption()}",
        "~ IP allowlist of orders-prod: 1 address",
        "~   203.0.113.7/32 office",
    ]
    assert marks(undo_changes(WAS_PUBLIC, STANDING)) == "2 taken away, 1 changed, 1 interruption"


OTHER = AccountId("210987654321")
FOREIGN = our_endpoint(id=EndpointId("vpce-9"), tags=())
USED = Interface("eni-2", "interface", instance="i-0123")
OWN = Interface("eni-1", "vpc_endpoint", "VPC Endpoint Interface vpce-1")
GONE = Remains(READY, STANDING.identity, (), ())


@pytest.mark.parametrize(
    ("undo", "remains", "line"),
    [
        (UNTOUCHED, STANDING, "= SkySQL's side of orders-prod was not changed by this program: it stays"),
        (WAS_PRIVATE, STANDING, "~ orders-prod stays private; the accounts that may connect are as before"),
        (WAS_PRIVATE, STANDING, f"~ +{OTHER}"),
        (WAS_PRIVATE, STANDING, f"~ -{ACCOUNT}"),
        (
            WAS_PRIVATE,
            replace(STANDING, service=replace(LINKED, endpoints=(replace(PRIVATE, accounts=(OTHER,)),))),
            "= orders-prod stays private, for 1 account",
        ),
        (UNKNOWN, STANDING, "! The former IP allowlist of orders-prod is not known here: nobody can connect after it"),
        (replace(UNKNOWN, allow=(AllowedAddress("10.0.0.0/8"),)), STANDING, "~ IP allowlist of orders-prod: 1 address"),
        (UNKNOWN, GONE, "= The IP allowlist of orders-prod stays as somebody has filled it"),
        (
            replace(WAS_PUBLIC, former=(replace(PUBLIC, allow_list=()),)),
            STANDING,
            "= The IP allowlist of orders-prod was empty before and stays so: nobody can connect",
        ),
        (
            WAS_PUBLIC,
            replace(STANDING, service=None),
            "= orders-prod does not exist any more: nothing is put back at SkySQL",
        ),
        (
            WAS_PUBLIC,
            replace(STANDING, endpoints=(FOREIGN,)),
            "= VPC endpoint vpce-9 in vpc-0123 was not made by this program: it stays",
        ),
        (WAS_PUBLIC, replace(STANDING, endpoints=(FOREIGN,)), "= It stops working when SkySQL is switched back."),
        (
            WAS_PUBLIC,
            replace(STANDING, uses=((GroupId("sg-001"), GroupUse((OWN, USED), (GroupId("sg-7"),))),)),
            "- It is used by eni-2 (i-0123) and a rule of sg-7: until that is detached it cannot be deleted.",
        ),
        (replace(WAS_PUBLIC, used=(GroupId("sg-9"),)), STANDING, "= Security group sg-9 was there before: it stays"),
        (replace(WAS_PUBLIC, vpc_dns=("enableDnsSupport",)), STANDING, "= enableDnsSupport of the VPC stay on"),
        (UNTOUCHED, GONE, "= Nothing is left to be undone."),
    ],
)  # fmt: skip
def test_what_else_it_says(undo: Undo, remains: Remains, line: str) -> None:
    assert line in told(undo, remains)


def test_who_may_connect_is_said_where_it_can_be_said() -> None:
    unknown = replace(WAS_PUBLIC, former=())
    at_the_command_line, in_the_wizard = (
        " ".join(line for change in changes for line in change.detail)
        for changes in (undo_changes(unknown, STANDING), undo_changes(unknown, STANDING, "in the field below"))
    )
    assert "Say who may connect, with --allow once for each address" in at_the_command_line
    assert "Say who may connect, in the field below" in in_the_wizard
    assert "--allow" not in in_the_wizard


def test_what_is_gone_or_elsewhere_is_not_told() -> None:
    endpoints: tuple[VpcEndpoint, ...] = (our_endpoint("deleted"), our_endpoint(vpc=VpcId("vpc-other")))
    groups: tuple[SecurityGroup, ...] = (our_group(vpc=VpcId("vpc-other")),)
    lines = told(WAS_PUBLIC, replace(STANDING, endpoints=endpoints, groups=groups))
    assert not [line for line in lines if line.startswith("-")]


@pytest.mark.parametrize(
    ("undo", "remains", "expected"),
    [
        (WAS_PUBLIC, STANDING, "type-name"),
        (WAS_PRIVATE, STANDING, "type-name"),  # connections through the endpoint drop
        (WAS_PUBLIC, replace(STANDING, endpoints=()), "type-name"),
        (WAS_PUBLIC, GONE, "yes"),
        (UNTOUCHED, replace(STANDING, endpoints=()), "yes"),
        (WAS_PUBLIC, replace(STANDING, service=None), "yes"),
    ],
)
def test_how_it_is_agreed_to(undo: Undo, remains: Remains, expected: str) -> None:
    assert undo_agreement(undo, remains) == expected
