"""SkySQL has finished: before that it takes no IP allowlist."""

from typing import ClassVar

from core.facts import Service
from core.work.decisions import Decision, Done, Wait
from core.work.steps.service_states import unready
from core.work.steps.undo.of_service import Addresses, SkySQLStep
from core.work.steps.undo.step import Undoing


class ReadyAgain(SkySQLStep):
    id: ClassVar[str] = "ready_again"
    title: ClassVar[str] = "SkySQL ready"
    usual: ClassVar[str] = "several minutes"

    def settle(self, service: Service, _allow_list: Addresses, job: Undoing) -> Decision:
        unusable = unready(service)
        if unusable is not None:
            return unusable
        if job.undo.back == "public" and (service.private is not None or not service.endpoints):
            return Wait(
                "ready, not public",
                "SkySQL does not show the public endpoint.",
                f"{service.name} is not public. Somebody may have switched it: look in the SkySQL portal; then run "
                "again.",
                300.0,
            )
        public = service.private is None
        return Done(
            f"{service.name} is ready.",
            job.known.with_(host=service.fqdn if public else "", ports=service.ports if public else ()),
        )
