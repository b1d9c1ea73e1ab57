"""What iam:SimulatePrincipalPolicy is asked about and answers, as facts: whose policies, and what they say."""

from collections.abc import Iterator
from typing import Any, Final

from core.facts import Right
from core.text import clean, listed
from core.world import Question

_BY_SCP: Final = "A service control policy of the organization denies it, unless by what only the call tells."


def role_in(arn: str) -> str:
    """The role's name in the ARN of a session: `arn:aws:sts::123456789012:assumed-role/NAME/SESSION`; else nothing."""
    parts = arn.rpartition(":")[2].split("/")
    return parts[1] if parts[0] == "assumed-role" and len(parts) > 2 else ""


def looked_up_as(arn: str) -> str:
    """Whose policies hold for the identity of that ARN: a user's own; of a session its role, taken to have no path."""
    role = role_in(arn)
    if not role:
        return arn
    _, partition, _, _, account, _ = arn.split(":", 5)
    return f"arn:{partition}:iam::{account}:role/{role}"


def told(question: Question, result: dict[str, Any] | None, who: str) -> Right:
    """One action's result: allowed when it is on every resource, denied when on one it certainly is not.

    Some of what is asked about is still to be made, and conditions may ask for what only the call itself says: where
    policies look at such a key, neither answer is one.
    """
    if result is None:
        return Right(question.action, "unknown", "AWS has not answered what its policies say.")
    found = {str(one.get("EvalResourceName")): one for one in result.get("ResourceSpecificResults") or ()}
    specific = [found.get(arn, {}) for arn in question.resources]
    if (result.get("OrganizationsDecisionDetail") or {}).get("AllowedByOrganizations") is False:
        return Right(question.action, "unknown", _BY_SCP)  # AWS does not tell which keys those policies miss
    for one in specific:
        if not _missing(one) and _denied(one):
            why, forbidden = _policy(one)
            return Right(question.action, "denied", f"{who} lacks the right: {why}.", forbidden)
    if missing := sorted({key for one in specific for key in _missing(one)}):
        return Right(question.action, "unknown", f"Policies decide it by {listed(missing)}, which only the call tells.")
    if not all(one.get("EvalResourceDecision") == "allowed" for one in specific):
        return Right(question.action, "unknown", "AWS has not answered what its policies say.")
    return Right(question.action, "allowed")


def _denied(one: dict[str, Any]) -> bool:
    return one.get("EvalResourceDecision") in ("explicitDeny", "implicitDeny")


def _missing(one: dict[str, Any]) -> tuple[str, ...]:
    return tuple(clean(str(key), 100) for key in one.get("MissingContextValues") or ())


def _policy(one: dict[str, Any]) -> tuple[str, bool]:
    """Which policy says so, and whether no further one outdoes it."""
    if (one.get("PermissionsBoundaryDecisionDetail") or {}).get("AllowedByPermissionsBoundary") is False:
        return "its permissions boundary does not allow it", True
    if one.get("EvalResourceDecision") == "explicitDeny":
        return f"an explicit deny in policy {listed([*dict.fromkeys(_names(one))]) or 'of its own'}", True
    return "no policy allows it", False


def _names(one: dict[str, Any]) -> Iterator[str]:
    for statement in one.get("MatchedStatements") or ():
        if name := clean(str(statement.get("SourcePolicyId") or ""), 200):
            yield name
