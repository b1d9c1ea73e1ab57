"""What each state of a VPC endpoint means to an undo that wants it gone."""

from collections.abc import Callable

from core.facts import VpcEndpoint
from core.work.decisions import Act, Wait

SETTLES = 1800.0
_CARRIES = frozenset({"available", "pending", "partial"})


def _delete(endpoint: VpcEndpoint, cuts: bool) -> Act:
    drops = "; connections through it drop" if endpoint.state in _CARRIES else ""
    detail = f"Delete VPC endpoint {endpoint.id} in {endpoint.vpc}{drops}"
    return Act(f"delete {endpoint.id}", detail, interrupts=cuts and endpoint.state in _CARRIES)


def _deleting(endpoint: VpcEndpoint, _cuts: bool) -> Wait:
    return Wait(
        endpoint.state,
        f"AWS is deleting {endpoint.id}.",
        f"AWS has not finished deleting {endpoint.id}. Run again later; if it stays so, ask AWS Support.",
        SETTLES,
    )


def _deleted(_endpoint: VpcEndpoint, _cuts: bool) -> None:
    """It is still listed for a while."""


def _unknown(endpoint: VpcEndpoint, _cuts: bool) -> Wait:
    return Wait(
        endpoint.state,
        f"AWS says “{endpoint.state}” of {endpoint.id}, a state this program does not know; looking on.",
        f"{endpoint.id} is still “{endpoint.state}”. Delete it in the AWS console; then run again.",
        900.0,
    )


TABLE: dict[str, Callable[[VpcEndpoint, bool], Act | Wait | None]] = {
    "pendingacceptance": _delete,
    "pending": _delete,
    "available": _delete,
    "partial": _delete,
    "rejected": _delete,
    "expired": _delete,
    "failed": _delete,
    "deleting": _deleting,
    "deleted": _deleted,
}


def standing(endpoint: VpcEndpoint, cuts: bool) -> Act | Wait | None:
    """What to do about it; None when it is gone. `cuts`: the service cannot be reached until the undo is done."""
    return TABLE.get(endpoint.state, _unknown)(endpoint, cuts)
