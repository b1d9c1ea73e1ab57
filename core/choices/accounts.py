"""Which AWS accounts may connect. An account that is not on the list cannot even see the endpoint service."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.facts import Service
from core.text import clean, count, listed
from core.values import AccountId, Invalid, parse_account_ids

YOURS, STANDS, NEW = "yours", "on the list now", "new"
REMOVED = "will be removed: links that exist stay up"


@dataclass(frozen=True, slots=True)
class Row:
    """An account and what becomes of it. `kept` is False for one that is on the list now and will be removed."""

    account: AccountId
    note: str
    kept: bool = True
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Added:
    """`accounts` is the whole list after adding; `wrong` is told, and the rest is added all the same."""

    accounts: tuple[AccountId, ...]
    added: tuple[AccountId, ...] = ()
    repeated: tuple[AccountId, ...] = ()
    wrong: tuple[Invalid, ...] = ()

    @property
    def left(self) -> str:
        """What was not understood: it stays in the input field, to be put right."""
        return " ".join(why.part for why in self.wrong if why.part)


def standing(service: Service) -> tuple[AccountId, ...]:
    """The allowlist of AWS accounts as it is now."""
    return service.private.accounts if service.private else ()


def proposed(service: Service, own: AccountId) -> tuple[AccountId, ...]:
    """The caller's own account, then those that are on the list now."""
    return tuple(dict.fromkeys((own, *standing(service))))


def renewed(accounts: Sequence[AccountId], before: Service, now: Service, own: AccountId) -> tuple[AccountId, ...]:
    """The answer when the list turns out to have changed meanwhile: what somebody else added or removed stays so."""
    was, stands = frozenset(standing(before)), standing(now)
    kept = (account for account in accounts if account == own or account in stands or account not in was)
    return tuple(dict.fromkeys((*kept, *(account for account in stands if account not in was))))


def rows(accounts: Sequence[AccountId], service: Service, own: AccountId) -> tuple[Row, ...]:
    """The caller's account, those on the list now (staying or not), then the new ones: removing moves no row."""
    now, kept = dict.fromkeys(standing(service)), dict.fromkeys(accounts)
    first = (own,) if own in kept else ()
    return tuple(
        Row(account, _note(account, now, own), is_new=account not in now)
        if account in kept
        else Row(account, REMOVED, kept=False)
        for account in dict.fromkeys((*first, *now, *kept))
    )


def summary(accounts: Sequence[AccountId], service: Service) -> str:
    """The answer in one line."""
    now = set(standing(service))
    new, gone = len(set(accounts) - now), len(now.difference(accounts))
    changes = [text for text in (f"{new:,} new" if new else "", f"{gone:,} will be removed" if gone else "") if text]
    return f"{count(len(accounts), 'account')} may connect" + (f": {listed(changes)}." if changes else ", as now.")


def _note(account: AccountId, now: Collection[AccountId], own: AccountId) -> str:
    place = STANDS if account in now else NEW
    return f"{YOURS}, {place}" if account == own else place


def add(accounts: Sequence[AccountId], text: str) -> Added:
    """Add the ids found in `text`, in any separators."""
    found, wrong = parse_account_ids(text)
    if not found and not wrong:
        wrong = (_nothing(text),)
    known = frozenset(accounts)
    added = tuple(account for account in found if account not in known)
    repeated = tuple(account for account in found if account in known)
    return Added((*accounts, *added), added, repeated, wrong)


def _nothing(text: str) -> Invalid:
    what = f"“{clean(text, 60)}” holds no account id." if clean(text) else "Nothing is typed."
    return Invalid(what, "An AWS account id has twelve digits.", clean(text))


def remove(accounts: Sequence[AccountId], account: AccountId) -> tuple[AccountId, ...]:
    return tuple(other for other in accounts if other != account)


def why_kept(account: AccountId, own: AccountId) -> Invalid | None:
    """Why `account` cannot be taken off the list."""
    if account != own:
        return None
    return Invalid(
        f"{own} is your own account: it stays on the list.",
        "The endpoint is made in it, and without being on the list it cannot even see the service.",
    )


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
