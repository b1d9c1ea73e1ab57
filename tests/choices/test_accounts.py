"""Which accounts may connect."""

import pytest

from core.choices.accounts import Added, Row, add, proposed, refusal, remove, renewed, rows, summary, why_kept
from core.values import AccountId
from tests.choices.samples import OTHER, OWN, private_endpoint, service

THIRD = AccountId("000000000003")
PRIVATE = service(endpoints=(private_endpoint(OTHER, OWN),))


def test_the_callers_own_account_is_proposed_first() -> None:
    assert proposed(service(), OWN) == (OWN,)
    assert proposed(PRIVATE, OWN) == (OWN, OTHER)
    assert proposed(PRIVATE, THIRD) == (THIRD, OTHER, OWN)


def test_rows_say_what_becomes_of_each_and_keep_their_places() -> None:
    assert rows((OWN, THIRD), PRIVATE, OWN) == (
        Row(OWN, "yours, on the list now"),
        Row(OTHER, "will be removed: links that exist stay up", kept=False),
        Row(THIRD, "new", is_new=True),
    )
    assert rows((OWN,), service(), OWN) == (Row(OWN, "yours, new", is_new=True),)
    assert rows((OTHER,), PRIVATE, THIRD)[0] == Row(OTHER, "on the list now")


def test_what_somebody_else_changes_meanwhile_stays_changed() -> None:
    before, now = service(endpoints=(private_endpoint(OWN, OTHER),)), service(endpoints=(private_endpoint(OWN, THIRD),))
    fourth = AccountId("000000000004")
    assert renewed((OWN, OTHER, fourth), before, now, OWN) == (OWN, fourth, THIRD)
    assert renewed((OWN,), before, before, OWN) == (OWN,)
    assert renewed((OWN,), before, service(), OWN) == (OWN,)


@pytest.mark.parametrize(
    ("accounts", "line"),
    [
        ((OWN, OTHER), "2 accounts may connect, as now."),
        ((OWN,), "1 account may connect: 1 will be removed."),
        ((OWN, THIRD), "2 accounts may connect: 1 new and 1 will be removed."),
    ],
)
def test_summary(accounts: tuple[AccountId, ...], line: str) -> None:
    assert summary(accounts, PRIVATE) == line


def test_adding_tells_new_from_repeated_from_wrong() -> None:
    found = add((OWN,), f"{OWN} {OTHER}, {OTHER}; nine")
    assert (found.accounts, found.added, found.repeated) == ((OWN, OTHER), (OTHER,), (OWN,))
    assert [why.what for why in found.wrong] == ["“nine” is not an AWS account id."]
    assert found.left == "nine"


@pytest.mark.parametrize(("text", "what"), [("  ", "Nothing is typed."), (" ,;", "“,;” holds no account id.")])
def test_adding_nothing_is_told(text: str, what: str) -> None:
    found = add((OWN,), text)
    assert found == Added((OWN,), wrong=found.wrong)
    assert [why.what for why in found.wrong] == [what]


def test_removing() -> None:
    assert remove((OWN, OTHER), OTHER) == (OWN,)
    assert remove((OWN,), OTHER) == (OWN,)


def test_the_callers_own_account_has_to_stay() -> None:
    assert why_kept(OTHER, OWN) is None
    kept = why_kept(OWN, OWN)
    assert kept is not None
    assert kept.what == f"{OWN} is your own account: it stays on the list."
    assert "cannot even see the service" in kept.remedy
    assert refusal((OTHER, OWN), OWN) is None
    why = refusal((OTHER,), OWN)
    assert why is not None
    assert why.what == f"Your own account {OWN} is not on the list."
    assert why.remedy == "Add it: without it this account cannot even see the service."


def test_what_is_typed_and_not_added_is_not_lost_in_silence() -> None:
    why = refusal((OWN,), OWN, " 1234 ")
    assert why is not None
    assert why.what == "“1234” is typed but not added."
