"""What the signed-in identity may do, as AWS told it beforehand."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from core.checks.findings import Check, Finding, blocker, ok, warning
from core.facts import Right, Situation
from core.plan import Plan
from core.policy import ASSOCIATE_ZONE, allowing
from core.text import listed

_UNDO: Final = ("ec2:DeleteVpcEndpoints", "ec2:DeleteSecurityGroup")
_WITHOUT: Final = {
    ASSOCIATE_ZONE: f"Without {ASSOCIATE_ZONE} the call for private DNS hangs,"
    " and the service's name does not lead into the VPC.",
}
"""What happens where AWS does not simply refuse."""


def rights(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    missing = [right for right in situation.rights if right.state == "denied" and right.action not in _UNDO]
    allowed = [right for right in situation.rights if right.state == "allowed"]
    if missing:
        found = blocker("sign_in", "rights", f"AWS does not allow {_named(missing)}.", _whys(missing), _ask(missing))
        yield _pasted(found, missing)
    elif allowed:
        yield ok("sign_in", "rights", f"AWS allows {_named(allowed)}.")


def rights_to_undo(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    missing = [right for right in situation.rights if right.state == "denied" and right.action in _UNDO]
    if missing:
        title = f"AWS does not allow {_named(missing)}: an undo would have to leave what this run makes."
        yield _pasted(warning("sign_in", "rights-undo", title, _whys(missing), _ask(missing)), missing)


def rights_unknown(_plan: Plan, situation: Situation) -> Iterable[Finding]:
    unknown = [right for right in situation.rights if right.state == "unknown"]
    if unknown:
        found = warning(
            "sign_in",
            "rights-unknown",
            f"Whether AWS allows {_named(unknown)} is not known.",
            _whys(unknown),
            "Go on if you know that it does; else have whoever manages this AWS account compare with the policy below.",
        )
        yield _pasted(found, unknown)


def _ask(missing: Sequence[Right]) -> str:
    """What to ask for: a policy gives what nothing forbids."""
    given, forbidden = _given(missing), [right for right in missing if right.forbidden]
    allow = f"allow {_named(given)} by the policy below" if given else ""
    lift = f"lift what forbids {_named(forbidden)}" if forbidden else ""
    asked = " and ".join(filter(None, (allow, lift)))
    return f"Have whoever manages this AWS account {asked}, or sign in as somebody who may."


def _given(rights: Sequence[Right]) -> list[Right]:
    return [right for right in rights if not right.forbidden]


def _pasted(finding: Finding, rights: Sequence[Right]) -> Finding:
    given = _given(rights)
    return replace(finding, paste=allowing(right.action for right in given)) if given else finding


def _named(rights: Sequence[Right]) -> str:
    return listed(list(dict.fromkeys(right.action for right in rights)))


def _whys(rights: Sequence[Right]) -> str:
    """Each reason once, with the actions it is of where there are several reasons; then what comes of it."""
    whys = dict.fromkeys(right.why for right in rights if right.why)
    of = {why: _named([right for right in rights if right.why == why]) for why in whys}
    told = [why if len(whys) == 1 else f"{of[why]}: {why}" for why in whys]
    return " ".join([*told, *dict.fromkeys(_WITHOUT[right.action] for right in rights if right.action in _WITHOUT)])


CHECKS: Final[tuple[Check, ...]] = (
    rights,
    rights_to_undo,
    rights_unknown,
)
