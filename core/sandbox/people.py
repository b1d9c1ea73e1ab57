"""Who may do what in the sandbox's accounts: users, roles and their policies. Data first, then how they are made.

All of it is IAM's own, so that `aws iam` shows it, changes it, and mends what a world's fate forbids.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from core.sandbox.aws.identity import Identity
from core.sandbox.environment import (
    CONSUMER,
    MFA_ROLE,
    OPERATOR,
    PAYMENTS,
    PAYMENTS_ROLE,
    PROVIDER,
    PROVIDER_KEY_ID,
    PROVIDER_SECRET,
    PROVIDER_USER,
    READER,
    READER_KEY_ID,
    READER_SECRET,
    ROLE,
)

FORBIDDEN = "forbidden"
"""The name of the inline policy that holds what the world's fate forbids."""

_LOOKING = ("ec2:Describe*", "iam:Get*", "iam:List*", "iam:SimulatePrincipalPolicy", "route53:Get*", "route53:List*")
_NETWORK = ("ec2:*", "route53:*", "iam:SimulatePrincipalPolicy", "sts:DecodeAuthorizationMessage")

_POLICIES: dict[tuple[str, str], tuple[str, ...]] = {  # account, name -> actions
    (CONSUMER, "administrator"): ("*",),
    (CONSUMER, "network-administrator"): _NETWORK,
    (CONSUMER, "look-only"): _LOOKING,
    (PAYMENTS, "administrator"): ("*",),
    (PROVIDER, "administrator"): ("*",),
}
_USERS = (
    (CONSUMER, OPERATOR, "administrator"),
    (CONSUMER, READER, "look-only"),
    (PROVIDER, PROVIDER_USER, "administrator"),
)
_ROLES = (
    (CONSUMER, ROLE, "network-administrator"),
    (CONSUMER, MFA_ROLE, "administrator"),
    (PAYMENTS, PAYMENTS_ROLE, "administrator"),
)


def seed_people(identity: Identity, forbidden: Sequence[str]) -> None:
    """Everybody but the operator and the consumer's roles, whom `seed` makes; and everybody's policies."""
    identity.add_user(CONSUMER, READER, READER_KEY_ID, READER_SECRET)
    identity.add_user(PROVIDER, PROVIDER_USER, PROVIDER_KEY_ID, PROVIDER_SECRET)
    identity.add_role(PAYMENTS, PAYMENTS_ROLE)
    for (account, name), actions in _POLICIES.items():
        identity.iam(account).create_policy("", "/", _document("Allow", actions), name, [])
    for account, user, policy in _USERS:
        identity.iam(account).attach_user_policy(_arn(account, policy), user)
    for account, role, policy in _ROLES:
        identity.iam(account).attach_role_policy(_arn(account, policy), role)
    if forbidden:
        _forbid(identity, _document("Deny", forbidden))


def _forbid(identity: Identity, document: str) -> None:
    """For the operator, and for every role the operator can become."""
    identity.iam(CONSUMER).put_user_policy(OPERATOR, FORBIDDEN, document)
    for account, role, _ in _ROLES:
        identity.iam(account).put_role_policy(role, FORBIDDEN, document)


def _document(effect: str, actions: Sequence[str]) -> str:
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def _arn(account: str, policy: str) -> str:
    return f"arn:aws:iam::{account}:policy/{policy}"
