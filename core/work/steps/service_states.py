"""What each status of a SkySQL service means to a step that wants it ready. One table for switch and ready."""

from collections.abc import Callable

from core.facts import Service
from core.problems import Failed
from core.work.decisions import Stop, Wait

SETTLES = 3600.0  # SkySQL's own tools poll this long for a change


def in_flight(status: str) -> bool:
    return status.startswith("pending")


def _ready(_service: Service) -> None:
    """Nothing is in the way."""


def _failed(service: Service) -> Stop:
    return Stop(
        Failed(
            "service-failed",
            f"SkySQL says {service.name} has failed.",
            cause="The service itself, or the last change to it, did not work. Nothing here can repair that.",
            remedy=f"Open a case with SkySQL support naming {service.id}; once it is ready, run again.",
        )
    )


def _stopped(service: Service) -> Stop:
    return Stop(
        Failed(
            "service-stopped",
            f"{service.name} is stopped.",
            cause="The endpoint of a stopped service cannot be changed.",
            remedy="Start it in the SkySQL portal and run again.",
        )
    )


def _retired(service: Service) -> Stop:
    return Stop(
        Failed(
            "service-retired",
            f"{service.name} is retired.",
            cause="A retired service does not come back.",
            remedy="Choose another service.",
            page="service",
        )
    )


def _pending(service: Service) -> Wait:
    return Wait(
        service.status,
        "SkySQL is working on the service.",
        f"SkySQL has not finished ({service.status}). If it stays so, open a case naming {service.id}; then run again.",
        SETTLES,
    )


def _unknown(service: Service) -> Wait:
    return Wait(
        service.status,
        f"SkySQL says “{service.status}”, a status this program does not know; looking on.",
        f"The status is still “{service.status}”. See the SkySQL portal; then run again.",
        1800.0,
    )


TABLE: dict[str, Callable[[Service], Wait | Stop | None]] = {
    "ready": _ready,
    "failed": _failed,
    "stopped": _stopped,
    "retired": _retired,
    "pending_create": _pending,
    "pending_modifying": _pending,
}


def unready(service: Service) -> Wait | Stop | None:
    """What to do about a service that is not ready; None when it is. Words not in the table are decided too."""
    fallback = _pending if in_flight(service.status) else _unknown
    return TABLE.get(service.status, fallback)(service)
