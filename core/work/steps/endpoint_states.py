"""What each state of a VPC endpoint means to a step that wants it available; private DNS asks the same table."""

from collections.abc import Callable

from core.facts import VpcEndpoint
from core.problems import Failed
from core.work.decisions import Stop, Wait

SETTLES = 1800.0


def _available(_endpoint: VpcEndpoint) -> None:
    """Nothing is in the way."""


def _pending_acceptance(endpoint: VpcEndpoint) -> Wait:
    return Wait(
        endpoint.state,
        f"{endpoint.id} waits on SkySQL to accept the connection.",
        f"Waiting on SkySQL: it has not accepted {endpoint.id}. Open a case with SkySQL support naming it; once "
        "accepted, run the same plan again.",
        300.0,
    )


def _pending(endpoint: VpcEndpoint) -> Wait:
    return Wait(
        endpoint.state,
        f"AWS is setting {endpoint.id} up.",
        f"{endpoint.id} is still pending. AWS usually needs one to three minutes; run the same plan again later.",
        SETTLES,
    )


def _lost(endpoint: VpcEndpoint) -> Stop:
    causes = {
        "rejected": "SkySQL refuses the connection: the account left its list, or the service was switched back.",
        "expired": "Nobody accepted the connection in time.",
        "failed": "AWS could not set it up.",
    }
    told = f" AWS says: {endpoint.last_error}" if endpoint.last_error else ""
    return Stop(
        Failed(
            f"endpoint-{endpoint.state}",
            f"VPC endpoint {endpoint.id} is {endpoint.state}.",
            cause=causes[endpoint.state] + told,
            remedy=f"It cannot be revived: delete {endpoint.id} in the AWS console and run the same plan again; "
            "a new one is made.",
        )
    )


def _gone(endpoint: VpcEndpoint) -> Stop:
    return Stop(
        Failed(
            "endpoint-gone",
            f"VPC endpoint {endpoint.id} is {endpoint.state}.",
            cause="Somebody deleted it while this run was waiting for it.",
            remedy="Run the same plan again to make a new one.",
        )
    )


def _partial(endpoint: VpcEndpoint) -> Wait:
    told = f" AWS says: {endpoint.last_error}" if endpoint.last_error else ""
    ended = Failed(
        "endpoint-partial",
        f"VPC endpoint {endpoint.id} stays “partial”.",
        cause=f"AWS has set it up in part only, and nobody knows what that carries.{told}",
        remedy="Look at it in the AWS console, and delete it there unless it becomes available; then run the same plan "
        "again.",
    )
    detail = f"{endpoint.id} is only partly set up.{told}"
    return Wait(endpoint.state, detail, ended.remedy, 900.0, otherwise=Stop(ended))


def _unknown(endpoint: VpcEndpoint) -> Wait:
    return Wait(
        endpoint.state,
        f"AWS says “{endpoint.state}” of {endpoint.id}, a state this program does not know; looking on.",
        f"{endpoint.id} is still “{endpoint.state}”. See the AWS console; then run the same plan again.",
        SETTLES,
    )


TABLE: dict[str, Callable[[VpcEndpoint], Wait | Stop | None]] = {
    "pendingacceptance": _pending_acceptance,
    "pending": _pending,
    "available": _available,
    "rejected": _lost,
    "expired": _lost,
    "failed": _lost,
    "deleting": _gone,
    "deleted": _gone,
    "partial": _partial,
}


def unavailable(endpoint: VpcEndpoint) -> Wait | Stop | None:
    """What to do about an endpoint that is not available; None when it is. Words not in the table are decided too."""
    return TABLE.get(endpoint.state, _unknown)(endpoint)


NOT_LISTED = Wait(
    "not listed",
    "AWS does not list the endpoint yet.",
    "AWS does not list the endpoint. Somebody may have deleted it; run the same plan again to make sure.",
    300.0,
)
