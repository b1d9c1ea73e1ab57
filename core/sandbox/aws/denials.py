"""How AWS says that somebody may not: its words, and the message in it that only its owner can read."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass

from core.sandbox.aws.policies import Asked, Decision

_EC2 = "You are not authorized to perform this operation. "
_ENCODED = ". Encoded authorization failure message: "


@dataclass(frozen=True)
class Denial:
    """What was asked, by whom, and which kind of policy stands in the way."""

    who: str
    asked: Asked
    decision: Decision
    policy: str = "identity-based"

    def words(self) -> str:
        """As IAM and STS say it."""
        return f"{self.plain()} {self._reason()}"

    def plain(self) -> str:
        """Without the reason, which AWS does not tell across accounts."""
        where = "" if self.asked.resource == "*" else f" on resource: {self.asked.resource}"
        return f"User: {self.who} is not authorized to perform: {self.asked.action}{where}"

    def ec2_words(self) -> str:
        """EC2 adds the encoded message, except where the action knows no resources."""
        return f"{_EC2}{self.words()}" + ("" if self.asked.resource == "*" else f"{_ENCODED}{self._encoded()}")

    def _reason(self) -> str:
        if self.decision is Decision.DENIED:
            article = "an" if self.policy[0] in "aeiou" else "a"
            return f"with an explicit deny in {article} {self.policy} policy"
        return f"because no {self.policy} policy allows the {self.asked.action} action"

    def _encoded(self) -> str:
        conditions = [
            {"key": key, "values": {"items": [{"value": value} for value in values]}}
            for key, values in self.asked.context.items()
        ]
        told = {
            "allowed": False,
            "explicitDeny": self.decision is Decision.DENIED,
            "matchedStatements": {"items": []},
            "failures": {"items": []},
            "context": {
                "principal": {"arn": self.who},
                "action": self.asked.action,
                "resource": self.asked.resource,
                "conditions": {"items": conditions},
            },
        }
        return base64.urlsafe_b64encode(zlib.compress(json.dumps(told).encode())).decode()


def decoded(message: str) -> str | None:
    """What an encoded message says, as JSON; None when it is none of ours."""
    try:
        return zlib.decompress(base64.urlsafe_b64decode(message.encode())).decode()
    except (binascii.Error, zlib.error, ValueError):
        return None
