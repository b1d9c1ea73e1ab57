"""Who is calling and what they may: the keys that exist, the policies that hold, the roles one may become.

moto serves any access key, lets anyone become any role and does not look at MFA codes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from moto.core.request import Request
from moto.core.utils import utcnow
from moto.iam.exceptions import NotFoundException
from moto.iam.models import AccessKey, Group, IAMBackend, Role, User, iam_backends
from moto.sts.models import AssumedRole, STSBackend, sts_backends

from core.sandbox.aws.denials import Denial
from core.sandbox.aws.policies import Asked, Context, Decision, decide, parse
from core.sandbox.aws.signature import signature_fits
from core.sandbox.environment import CONSUMER

_PARTITION = "aws"
_MFA = "aws:MultiFactorAuthPresent"
_ANY_REGION = "us-east-1"


@dataclass(frozen=True)
class Policy:
    """A policy as somebody holds it."""

    name: str
    document: str


@dataclass(frozen=True)
class Caller:
    """A user, or somebody who has become a role."""

    arn: str
    account: str
    names: frozenset[str]
    """The ARNs by which a trust policy may name this very caller."""
    policies: tuple[Policy, ...]
    session_policy: str = ""
    """What AssumeRole narrowed the session down to; empty: nothing."""
    user: str = ""

    @property
    def context(self) -> Context:
        """The condition keys about the caller."""
        user = {"aws:username": (self.user,)} if self.user else {}
        return {"aws:principalarn": (self.arn,), "aws:principalaccount": (self.account,), **user}

    def decision(self, asked: Asked) -> Decision:
        """What the caller's own policies say."""
        return decide((one for policy in self.policies for one in parse(policy.document)), self._of_me(asked))

    def matching(self, asked: Asked, decision: Decision) -> Iterator[Policy]:
        """The policies that lead to a decision."""
        for policy in self.policies:
            if decide(parse(policy.document), self._of_me(asked)) is decision:
                yield policy

    def lacking(self, asked: Asked) -> tuple[str, ...]:
        """The condition keys that policies on the action ask for and that nobody has given."""
        given = {**self.context, **asked.context}
        statements = (one for policy in self.policies for one in parse(policy.document) if one.concerns(asked))
        keys = {condition.key for one in statements for condition in one.conditions}
        return tuple(sorted(key for key in keys if key.lower() not in given))

    def denial(self, asked: Asked) -> Denial | None:
        """Why the caller may not; None when allowed."""
        decision = self.decision(asked)
        if decision is not Decision.ALLOWED:
            return Denial(self.arn, asked, decision)
        if self.session_policy:
            decision = decide(parse(self.session_policy), self._of_me(asked))
            if decision is not Decision.ALLOWED:
                return Denial(self.arn, asked, decision, policy="session")
        return None

    def _of_me(self, asked: Asked) -> Asked:
        return Asked(asked.action, asked.resource, {**self.context, **asked.context}, asked.exact)


class Identity:
    """The keys and roles of all accounts. moto keeps them in globals, so a new Identity starts them afresh."""

    def __init__(self) -> None:
        iam_backends.clear()
        sts_backends.clear()

    def iam(self, account: str) -> IAMBackend:
        return iam_backends[account][_PARTITION]

    def sts(self, account: str) -> STSBackend:
        return sts_backends[account][_PARTITION]

    # -- keys

    def account_of(self, access_key: str) -> str:
        """The account a key belongs to; for a key nobody has, the consumer's, where it is refused."""
        return next((account for account in iam_backends if self._holds(account, access_key)), CONSUMER)

    def knows(self, access_key: str) -> bool:
        key = self.iam(self.account_of(access_key)).access_keys.get(access_key)
        return key is not None and key.status == "Active"

    def session(self, access_key: str) -> AssumedRole | None:
        return self.sts(self.account_of(access_key)).get_assumed_role_from_access_key(access_key)

    def expired(self, access_key: str) -> bool:
        session = self.session(access_key)
        return session is not None and session.expiration <= utcnow()

    def expire(self, access_key: str) -> None:
        """End the session of a temporary key now."""
        session = self.session(access_key)
        if session is not None:
            session.expiration = utcnow()

    def token_fits(self, access_key: str, token: str) -> bool:
        """A temporary key comes with its own session token, a lasting one with none."""
        session = self.session(access_key)
        return token == (session.session_token if session else "")

    def signed(self, access_key: str, request: Request) -> bool:
        """Whether the request's signature was made with the key's secret."""
        secret = self.iam(self.account_of(access_key)).access_keys[access_key].secret_access_key
        return signature_fits(request, access_key, secret)

    # -- callers

    def caller(self, access_key: str) -> Caller:
        """Whose key it is. The key must be known."""
        account = self.account_of(access_key)
        session = self.session(access_key)
        _, arn, _ = self.sts(account).get_caller_identity(access_key, _ANY_REGION)
        if session is not None:
            role = self.role(session.role_arn)  # None: deleted since
            held = tuple(_policies(role)) if role else ()
            return Caller(arn, account, frozenset({arn, session.role_arn}), held, session.policy or "")
        user = self.iam(account).get_user_from_access_key_id(access_key)
        return self.user(user) if user else Caller(arn, account, frozenset({arn}), ())

    def user(self, user: User) -> Caller:
        """The user with what is inline, attached and of the groups."""
        groups = self.iam(user.account_id).get_groups_for_user(user.name)
        held = (*_policies(user), *(policy for group in groups for policy in _policies(group)))
        return Caller(user.arn, user.account_id, frozenset({user.arn}), held, user=user.name)

    def principal(self, arn: str) -> Caller | None:
        """The user, group or role of an ARN as a caller; None when there is none."""
        account = _account_in(arn)
        if account not in iam_backends:
            return None
        iam = self.iam(account)
        user = next((one for one in iam.users.values() if one.arn == arn), None)
        if user:
            return self.user(user)
        holder = self.role(arn) or next((one for one in iam.groups.values() if one.arn == arn), None)
        return Caller(arn, account, frozenset({arn}), tuple(_policies(holder))) if holder else None

    # -- roles

    def role(self, arn: str) -> Role | None:
        if _account_in(arn) not in iam_backends:
            return None
        try:
            return self.iam(_account_in(arn)).get_role_by_arn(arn)
        except NotFoundException:
            return None

    def trusts(self, role: Role, caller: Caller, context: Context) -> bool:
        """Whether the role's trust policy lets the caller become it, under the conditions it sets."""
        named = {*caller.names, f"arn:aws:iam::{caller.account}:root", caller.account, "*"}
        return self._decision(role, named, {**caller.context, **context}) is Decision.ALLOWED

    def grants(self, role: Role, caller: Caller, context: Context) -> bool:
        """Whether the trust policy names a caller of its own account in person: then no other policy is needed."""
        mine = role.account_id == caller.account
        return mine and self._decision(role, {*caller.names}, {**caller.context, **context}) is Decision.ALLOWED

    @staticmethod
    def _decision(role: Role, named: set[str], context: Context) -> Decision:
        statements = parse(role.assume_role_policy_document)
        asked = Asked("sts:AssumeRole", role.arn, context)
        return decide((statement for statement in statements if statement.principals & named), asked)

    # -- making them

    def add_user(self, account: str, name: str, key_id: str, secret: str) -> None:
        """A user with a key of our choosing: moto would draw one."""
        iam = self.iam(account)
        iam.create_user(_ANY_REGION, name)
        key: AccessKey = iam.create_access_key(name)
        del iam.access_keys[key.access_key_id]
        key.access_key_id, key.secret_access_key = key_id, secret
        iam.access_keys[key_id] = key

    def add_role(self, account: str, name: str, *, needs_mfa: bool = False) -> None:
        """A role for the consumer's users, whichever account it is in."""
        statement: dict[str, object] = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{CONSUMER}:root"},
            "Action": "sts:AssumeRole",
        }
        if needs_mfa:
            statement["Condition"] = {"Bool": {_MFA: "true"}}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.iam(account).create_role(name, trust, "/", None, "", [], "3600")

    @staticmethod
    def _holds(account: str, access_key: str) -> bool:
        return access_key in iam_backends[account][_PARTITION].access_keys


def _account_in(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


def _policies(holder: User | Group | Role) -> Iterator[Policy]:
    """Inline ones, then those attached in the version that is in force."""
    for name, document in holder.policies.items():
        yield Policy(name, document)
    for managed in holder.managed_policies.values():
        yield from (Policy(managed.name, version.document) for version in managed.versions if version.is_default)
