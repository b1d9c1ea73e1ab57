"""Who is calling: the keys that exist, and the roles they may become.

moto serves any access key, lets anyone become any role and does not look at MFA codes.
"""

from __future__ import annotations

import json

from moto.core.request import Request
from moto.core.utils import utcnow
from moto.iam.exceptions import NotFoundException
from moto.iam.models import AccessKey, IAMBackend, Role, iam_backends
from moto.sts.models import AssumedRole, STSBackend, sts_backends

from core.sandbox.aws.signature import signature_fits
from core.sandbox.environment import CONSUMER

_PARTITION = "aws"
_MFA = "aws:MultiFactorAuthPresent"


class Identity:
    """The keys and roles of all accounts. moto keeps them in globals, so a new Identity starts them afresh."""

    def __init__(self) -> None:
        iam_backends.clear()
        sts_backends.clear()

    def iam(self, account: str) -> IAMBackend:
        return iam_backends[account][_PARTITION]

    def sts(self, account: str) -> STSBackend:
        return sts_backends[account][_PARTITION]

    def account_of(self, access_key: str) -> str:
        """The account a key belongs to; for a key nobody has, the consumer's, where it is refused."""
        return next((account for account in iam_backends if self._holds(account, access_key)), CONSUMER)

    def knows(self, access_key: str) -> bool:
        return self._holds(self.account_of(access_key), access_key)

    def session(self, access_key: str) -> AssumedRole | None:
        return self.sts(self.account_of(access_key)).get_assumed_role_from_access_key(access_key)

    def expired(self, access_key: str) -> bool:
        session = self.session(access_key)
        return session is not None and session.expiration <= utcnow()

    def token_fits(self, access_key: str, token: str) -> bool:
        """A temporary key comes with its own session token, a lasting one with none."""
        session = self.session(access_key)
        return token == (session.session_token if session else "")

    def signed(self, access_key: str, request: Request) -> bool:
        """Whether the request's signature was made with the key's secret."""
        secret = iam_backends[self.account_of(access_key)][_PARTITION].access_keys[access_key].secret_access_key
        return signature_fits(request, access_key, secret)

    def arn_of(self, access_key: str) -> str:
        _, arn, _ = self.sts(self.account_of(access_key)).get_caller_identity(access_key, "us-east-1")
        return arn

    def role(self, arn: str) -> Role | None:
        account = arn.split(":")[4] if arn.count(":") >= 5 else ""
        if account not in iam_backends:
            return None
        try:
            return self.iam(account).get_role_by_arn(arn)
        except NotFoundException:
            return None

    def add_user(self, account: str, name: str, key_id: str, secret: str) -> None:
        """A user with a key of our choosing: moto would draw one."""
        iam = self.iam(account)
        iam.create_user("us-east-1", name)
        key: AccessKey = iam.create_access_key(name)
        del iam.access_keys[key.access_key_id]
        key.access_key_id, key.secret_access_key = key_id, secret
        iam.access_keys[key_id] = key

    def add_role(self, account: str, name: str, *, needs_mfa: bool = False) -> None:
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
    def needs_mfa(role: Role) -> bool:
        return _MFA in role.assume_role_policy_document

    @staticmethod
    def _holds(account: str, access_key: str) -> bool:
        return access_key in iam_backends[account][_PARTITION].access_keys
