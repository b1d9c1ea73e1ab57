"""Which AWS accounts may connect. An account that is not on the list cannot even see the endpoint service."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.facts import Service
from core.text import clean
from core.values import AccountId, Invalid, parse_account_ids

YOURS, STANDS, NEW = "yours", "on the list now", "new"
REMOVED = "will be removed: links that exist stay up"


@dataclass(frozen=True, slots=True)
class Row:
    """An account and what becomes of it. `kept` is False for one that is on the list now and will be removed."""

    account: AccountId
    note: str
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Added:
    """`accounts` is the whole list after adding; `wrong` is told, and the rest is added all the same."""

    accounts: tuple[AccountId, ...]
    added: tuple[AccountId, ...] = ()
    repeated: tuple[AccountId, ...] = ()
    wrong: tuple[Invalid, ...] = ()


def standing(service: Service) -> tuple[AccountId, ...]:
    """The allowlist of AWS accounts as it is now."""
    return service.private.accounts if service.private else ()


def proposed(service: Service, own: AccountId) -> tuple[AccountId, ...]:
    """The caller's own account, then those that are on the list now."""
    return tuple(dict.fromkeys((own, *standing(service))))


def rows(accounts: Sequence[AccountId], service: Service, own: AccountId) -> tuple[Row, ...]:
    """Every account of the answer with a note, then those that will be removed."""
    now = standing(service)
    kept = [Row(account, _note(account, now, own)) for account in accounts]
    gone = [Row(account, REMOVED, kept=False) for account in now if account not in accounts]
    return (*kept, *gone)


def _note(account: AccountId, now: Sequence[AccountId], own: AccountId) -> str:
    place = STANDS if account in now else NEW
    return f"{YOURS}, {place}" if account == own else place


def add(accounts: Sequence[AccountId], text: str) -> Added:
    """Add the ids found in `text`, in any separators."""
    found, wrong = parse_account_ids(text)
    if not found and not wrong:
        wrong = (_nothing(text),)
    added = tuple(account for account in found if account not in accounts)
    repeated = tuple(account for account in found if account in accounts)
    return Added((*accounts, *added), added, repeated, wrong)


def _nothing(text: str) -> Invalid:
    what = f"“{clean(text, 60)}” holds no account id." if clean(text) else "Nothing is typed."
    return Invalid(what, "An AWS account id has twelve digits.")


def remove(accounts: Sequence[AccountId], account: AccountId) -> tuple[AccountId, ...]:
    return tuple(other for other in accounts if other != account)


def refusal(accounts: Sequence[AccountId], own: AccountId, typed: str = "") -> Invalid | None:
    """Why this list cannot stand. `typed` is what still waits in the input field."""
    if typed.strip():
        return Invalid(f"“{clean(typed, 60)}” is typed but not added.", "Add it with enter, or clear the field.")
    if own not in accounts:
        return Invalid(
            f"Your own account {own} is not on the list.",
            "Add it: without it this account cannot even see the service.",
        )
    return None
