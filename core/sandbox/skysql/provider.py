"""SkySQL's doings: what a change of a service does over time, on its own side and in its AWS account."""

from __future__ import annotations

from typing import Any

from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.services import EndpointService, stable_id
from core.sandbox.clock import Clock
from core.sandbox.environment import ORGANIZATION, PROVIDER
from core.sandbox.fate import Fate
from core.sandbox.skysql.refusal import Refusal
from core.sandbox.skysql.service import PRIVATE, PUBLIC, Service

ORGANIZATIONS = (ORGANIZATION,)
_MADE_AT = 2 / 3  # of the way to ready: the endpoint service exists before the API names it
BUSY = "The service is in a pending state and cannot be changed"


class Provider:
    """All services, and the changes to them."""

    def __init__(self, clock: Clock, fate: Fate, cloud: Cloud) -> None:
        self.clock = clock
        self.fate = fate
        self.delays = fate.delays
        self.cloud = cloud
        self._services: dict[str, Service] = {}
        self._ends = iter(fate.switch_ends)
        self.launched = 0

    def add(self, service: Service) -> None:
        self._services[service.id] = service

    def services(self) -> list[Service]:
        return [one for one in self._services.values() if not self.clock.passed(one.gone_from)]

    def service(self, service_id: str) -> Service:
        found = self._services.get(service_id)
        if found is None or self.clock.passed(found.gone_from):
            raise Refusal(
                404,
                f"Service {service_id} does not exist",
                "Check the service id, and that it belongs to this organization",
                kind="not_found",
            )
        return found

    def changeable(self, service_id: str) -> Service:
        """The service, unless another change to it is in flight."""
        service = self.service(service_id)
        if service.status.startswith("pending"):
            raise Refusal(409, BUSY, "Wait until the service is ready and try again", kind="conflict")
        return service

    def set_endpoint(self, service: Service, mechanism: str, accounts: list[str]) -> None:
        """The switch, or a change of accounts. The service must be changeable."""
        if service.status != "ready":
            raise Refusal(
                400, f"The service is {service.status}; its endpoint cannot be changed", "Start the service first"
            )
        if mechanism == PRIVATE and service.provider != "aws":
            raise Refusal(
                400,
                f"allowed_accounts: not AWS: the service runs on {service.provider}",
                "AWS account ids can only be allowed for services whose provider is aws",
                location="allowed_accounts",
            )
        if service.private and mechanism == PRIVATE:
            self._allow(service, accounts)
        elif mechanism == PRIVATE:
            self._close(service, accounts)
        elif service.private:
            self._open(service)

    def _allow(self, service: Service, accounts: list[str]) -> None:
        service.accounts = accounts
        if service.endpoint_service:
            self.cloud.admit(service.endpoint_service, accounts)
        self._modify(service, self.delays.accounts)

    def _close(self, service: Service, accounts: list[str]) -> None:
        service.mechanism, service.read_back = PRIVATE, "privatelink"
        service.accounts, service.allow_list = accounts, []
        end = next(self._ends, "ready")
        if end == "ready":
            service.endpoint_service = self._publish(service, accounts, self.delays.switch)
        self._modify(service, self.delays.switch, end)

    def _publish(self, service: Service, accounts: list[str], ready: float) -> EndpointService:
        """An endpoint service that is made on the way to `ready` and can be used some time after."""
        delays, after = self.delays, self.clock.after
        service.generation += 1
        verified = (ready + delays.verification, self.fate.verification)
        made = EndpointService(
            service_id=stable_id("vpce-svc", service.id, service.generation),
            region=service.region,
            owner=PROVIDER,
            zone_ids=service.zone_ids,
            private_dns_name=service.host,
            verification=self.clock.line("pendingVerification", verified),
            clock=self.clock,
            acceptance_required=self.fate.accepted_after is not None,
            born=after(ready * _MADE_AT),
            creatable=after(ready + delays.sight + delays.creation),
        )
        self.cloud.publish(made, accounts, seen_from=after(ready + delays.sight))
        return made

    def _open(self, service: Service) -> None:
        service.mechanism, service.accounts, service.allow_list = PUBLIC, [], []
        self.retire(service)
        self._modify(service, self.delays.switch, next(self._ends, "ready"))

    def retire(self, service: Service) -> None:
        """Take the endpoint service away, if there is one."""
        if service.endpoint_service:
            self.cloud.withdraw(service.endpoint_service)
        service.endpoint_service = None

    def _modify(self, service: Service, seconds: float, end: str = "ready") -> None:
        service.updated += 1
        service.line = self.clock.line("pending_modifying", (seconds, end))

    def establish(self, service: Service) -> None:
        """Give a service that has been private for long its endpoint service."""
        service.endpoint_service = EndpointService(
            service_id=stable_id("vpce-svc", service.id, service.generation),
            region=service.region,
            owner=PROVIDER,
            zone_ids=service.zone_ids,
            private_dns_name=service.host,
            verification=self.clock.line(self.fate.verification),
            clock=self.clock,
            acceptance_required=self.fate.accepted_after is not None,
        )
        self.cloud.publish(service.endpoint_service, service.accounts or [])

    # -- launch, power, deletion

    def launch(self, service: Service) -> None:
        """`service` as asked for, with its time line set here."""
        self.add(service)
        self.launched += 1
        service.fqdn_from = self.clock.after(self.delays.launch)
        if service.private:
            service.read_back = "privatelink"
            service.endpoint_service = self._publish(service, service.accounts or [], self.delays.launch)
        service.line = self.clock.line("pending_create", (self.delays.launch, "ready"))

    def power(self, service: Service, *, active: bool) -> None:
        if active and service.status == "stopped":
            service.line = self.clock.line("pending_modifying", (self.delays.power, "ready"))
        elif not active and service.status == "ready":
            service.line = self.clock.line("pending_modifying", (self.delays.power, "stopped"))

    def delete(self, service: Service) -> None:
        self.retire(service)
        service.line = self.clock.line("pending_delete")
        service.gone_from = self.clock.after(self.delays.power)

    def credentials(self, service: Service) -> dict[str, Any]:
        if service.status != "ready":
            raise Refusal(
                409,
                f"Credentials are known once the service is ready; it is {service.status}",
                "Wait until the service is ready and try again",
                kind="conflict",
            )
        return {"username": service.id, "password": f"made-up-{service.id}", "host": service.fqdn}
