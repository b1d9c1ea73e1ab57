"""The AWS accounts: who may connect, and what the signed-in one can do."""

from collections.abc import Iterable
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.facts import Situation
from core.plan import Plan
from core.text import listed


def own_account(plan: Plan, situation: Situation) -> Iterable[Finding]:
    account = situation.identity.account
    if account in plan.accounts:
        yield ok("accounts", "own-account", f"Account {account} will be allowed.")
    else:
        yield blocker(
            "accounts",
            "own-account",
            f"The signed-in account {account} is not among the allowed ones.",
            "An account that is not allowed cannot even see the endpoint service.",
            f"Add {account} to the accounts, or sign in to an account that is on the list.",
        )


def removed_accounts(plan: Plan, situation: Situation) -> Iterable[Finding]:
    private = situation.service.private
    removed = [account for account in private.accounts if account not in plan.accounts] if private else []
    if removed:
        yield warning(
            "accounts",
            "removed-accounts",
            f"{listed(removed)} will not be allowed any more.",
            "Links which those accounts have already stay up until their endpoints are deleted.",
            "Have the endpoints deleted in those accounts if the access is to end.",
        )


def region_enabled(plan: Plan, situation: Situation) -> Iterable[Finding]:
    if plan.region in situation.regions:
        yield ok("sign_in", "region-enabled", f"{plan.region} is enabled for the account.")
    else:
        yield blocker(
            "sign_in",
            "region-enabled",
            f"{plan.region} is not enabled for account {situation.identity.account}.",
            "AWS refuses every call there.",
            "Enable it in the AWS console under Account, AWS Regions; that takes some minutes.",
        )


CHECKS: Final[tuple[Check, ...]] = (
    own_account,
    removed_accounts,
    region_enabled,
)
