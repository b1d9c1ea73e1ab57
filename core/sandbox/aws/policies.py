"""IAM policies: whether what they say allows one action on one resource. Decisions only: no moto, no HTTP.

moto has an evaluator too. It minds the case of actions, does not know `?` nor NotResource, asks about the resource
"*" alone, and takes a condition that does not hold for a Deny; so the rules are here.

A condition key that the sandbox does not supply counts as absent from the request, and IAM has rules for that: what
compares for equality does not hold, what compares for difference does, and `…IfExists` does either way. Not known
here: policy variables such as ${aws:username}.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Context = Mapping[str, tuple[str, ...]]
"""What conditions are about: keys in lower case, as IAM takes them in any."""


class Decision(Enum):
    """The words are those of SimulatePrincipalPolicy."""

    ALLOWED = "allowed"
    DENIED = "explicitDeny"
    UNMENTIONED = "implicitDeny"


@dataclass(frozen=True)
class Asked:
    """One action on one resource. An action that knows no resources is asked about "*"."""

    action: str  # ec2:CreateVpcEndpoint
    resource: str = "*"
    context: Context = field(default_factory=dict)
    exact: bool = True
    """Whether `resource` is what AWS would ask about. Where the sandbox does not know, any Allow fits, whatever it is
    scoped to, and no Deny but one of everything."""


@dataclass(frozen=True)
class Patterns:
    """Action or NotAction, Resource or NotResource."""

    texts: tuple[str, ...]
    negated: bool
    cased: bool

    def fit(self, value: str) -> bool:
        return any(_glob(text, cased=self.cased).fullmatch(value) for text in self.texts) is not self.negated


@dataclass(frozen=True)
class Condition:
    """One line of a Condition block: an operator, a key and the values it may have."""

    operator: str
    key: str
    wanted: tuple[str, ...]

    def holds(self, context: Context) -> bool:
        quantifier, _, name = self.operator.rpartition(":")
        values = context.get(self.key.lower(), ())
        if name == "Null":
            return [str(not values).lower()] == [text.lower() for text in self.wanted]
        optional, name = name.endswith("IfExists"), name.removesuffix("IfExists")
        negated, name = "Not" in name, name.replace("Not", "")
        if not values:
            return optional or quantifier == "ForAllValues" or (negated and not quantifier)
        alike = _COMPARISONS.get(name, _never)
        fits = [any(alike(text, value) for text in self.wanted) is not negated for value in values]
        return all(fits) if quantifier == "ForAllValues" else any(fits)


@dataclass(frozen=True)
class Statement:
    """One statement of a policy. A trust policy's has principals and no resources."""

    allows: bool
    actions: Patterns
    resources: Patterns | None
    conditions: tuple[Condition, ...]
    principals: frozenset[str]

    def applies(self, asked: Asked) -> bool:
        return self.concerns(asked) and all(condition.holds(asked.context) for condition in self.conditions)

    def concerns(self, asked: Asked) -> bool:
        """Whether it is about that action on that resource, whatever its conditions."""
        return self.actions.fit(asked.action) and self._covers(asked)

    def _covers(self, asked: Asked) -> bool:
        if self.resources is None:
            return True
        if not asked.exact:
            return self.allows or self.resources == Patterns(("*",), negated=False, cased=True)
        return self.resources.fit(asked.resource)


def decide(statements: Iterable[Statement], asked: Asked) -> Decision:
    """An explicit Deny wins over every Allow; without either nothing is allowed."""
    effects = {statement.allows for statement in statements if statement.applies(asked)}
    if False in effects:
        return Decision.DENIED
    return Decision.ALLOWED if effects else Decision.UNMENTIONED


@functools.lru_cache(maxsize=512)
def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy that moto's validator has passed, as it passes all that are stored."""
    statements = json.loads(document)["Statement"]
    return tuple(_statement(one) for one in (statements if isinstance(statements, list) else [statements]))


def _statement(found: dict[str, Any]) -> Statement:
    conditions = found.get("Condition") or {}
    principal = found.get("Principal", ())
    return Statement(
        allows=found["Effect"] == "Allow",
        actions=_patterns(found, "Action", cased=False),
        resources=_patterns(found, "Resource", cased=True) if {"Resource", "NotResource"} & set(found) else None,
        conditions=tuple(
            Condition(operator, key, _texts(wanted))
            for operator, keys in conditions.items()
            for key, wanted in keys.items()
        ),
        principals=frozenset(_texts(principal.get("AWS", ()) if isinstance(principal, dict) else principal)),
    )


def _patterns(found: dict[str, Any], element: str, *, cased: bool) -> Patterns:
    negated = f"Not{element}" in found
    return Patterns(_texts(found[f"Not{element}" if negated else element]), negated, cased)


def _texts(found: Any) -> tuple[str, ...]:
    """One value or a list of them, as texts: JSON's true is "true" to IAM."""
    several = found if isinstance(found, (list, tuple)) else [found]
    return tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in several)


@functools.lru_cache(maxsize=4096)
def _glob(text: str, *, cased: bool) -> re.Pattern[str]:
    wild = {"*": ".*", "?": "."}
    expression = "".join(wild.get(character) or re.escape(character) for character in text)
    return re.compile(expression, re.DOTALL if cased else re.DOTALL | re.IGNORECASE)


def _same(text: str, value: str) -> bool:
    return text == value


def _same_word(text: str, value: str) -> bool:
    return text.lower() == value.lower()


def _like(text: str, value: str) -> bool:
    return _glob(text, cased=True).fullmatch(value) is not None


def _never(_text: str, _value: str) -> bool:
    """Numbers, dates and addresses: no key that the sandbox supplies is one."""
    return False


_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _same,
    "StringEqualsIgnoreCase": _same_word,
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _same_word,
}
