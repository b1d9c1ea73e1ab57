"""SkySQL's doings: what a change of a service does over time, on its own side and in its AWS account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.services import EndpointService, stable_id
from core.sandbox.clock import Clock
from core.sandbox.fate import Fate
from core.sandbox.skysql.organizations import Organization
from core.sandbox.skysql.refusal import Refusal, not_found, pending
from core.sandbox.skysql.requests import bad, needs_allow_list, needs_aws
from core.sandbox.skysql.service import PRIVATE, PUBLIC, AllowList, Service

_MADE_AT = 2 / 3  # of the way to ready: the endpoint service exists before the API names it
_LONGEST_LIST = {"gcp": 200}  # entries of an IP allowlist; on other clouds:
_LONGEST_ELSEWHERE = 30


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

    def services(self, organization: Organization | None = None) -> list[Service]:
        """Those of an organization, or of all."""
        there = [one for one in self._services.values() if not self.clock.passed(one.gone_from)]
        return [one for one in there if organization in (None, one.organization)]

    def service(self, service_id: str, organization: Organization | None = None) -> Service:
        found = self._services.get(service_id)
        if found is None or self.clock.passed(found.gone_from) or organization not in (None, found.organization):
            raise not_found(f"Service {service_id}")
        return found

    def changeable(self, service_id: str, organization: Organization | None = None) -> Service:
        """The service, unless another change to it is in flight."""
        service = self.service(service_id, organization)
        if service.status.startswith("pending"):
            raise pending(older=service.organization.older)
        return service

    def set_endpoint(self, service: Service, mechanism: str, accounts: list[str]) -> None:
        """The switch, or a change of accounts. The service must be changeable."""
        if service.status != "ready":
            raise Refusal(
                400, f"The service is {service.status}; its endpoint cannot be changed", "Start the service first"
            )
        if mechanism == PRIVATE and service.provider != "aws":
            raise needs_aws("allowed_accounts", service.provider)
        if mechanism == PUBLIC and service.organization.byoa and not service.allow_list:
            raise needs_allow_list()
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
        service.known_from = after(ready)
        verified = (ready + delays.verification, self.fate.verification)
        made = EndpointService(
            service_id=stable_id("vpce-svc", service.id, service.generation),
            region=service.region,
            owner=service.organization.account,
            zone_ids=service.zone_ids,
            private_dns_name=service.private_dns_name,
            verification=self.clock.line("pendingVerification", verified),
            clock=self.clock,
            acceptance_required=self.fate.accepted_after is not None,
            born=after(ready * _MADE_AT),
            creatable=after(ready + delays.sight + delays.creation),
        )
        self.cloud.publish(made, accounts, seen_from=after(ready + delays.sight))
        return made

    def _open(self, service: Service) -> None:
        service.mechanism, service.accounts = PUBLIC, []
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
            owner=service.organization.account,
            zone_ids=service.zone_ids,
            private_dns_name=service.private_dns_name,
            verification=self.clock.line(self.fate.verification),
            clock=self.clock,
            acceptance_required=self.fate.accepted_after is not None,
        )
        self.cloud.publish(service.endpoint_service, service.accounts or [])

    # -- allowlist

    def allow(self, service: Service, edit: Callable[[AllowList], AllowList]) -> None:
        """Edit the allowlist of the public endpoint, or one kept for later. The service must be changeable."""
        second = service.public_list if service.private else None
        if service.private and second is None and not service.organization.byoa:
            raise bad("allow_list", f"The allowlist is not used with {PRIVATE}", f"Switch to {PUBLIC} first")
        edited = edit(service.allow_list if second is None else second)
        longest = _LONGEST_LIST.get(service.provider, _LONGEST_ELSEWHERE)
        if len(edited) > longest:
            raise bad("allow_list", f"An allowlist has at most {longest} entries, not {len(edited)}")
        if second is None:
            service.allow_list = edited
        else:
            service.public_list = edited
        if service.status == "ready":
            self._modify(service, self.delays.accounts)

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
        """Start or stop. A stopped service keeps its endpoint service, and that its connections; nothing answers."""
        if service.topology.startswith("serverless"):
            raise bad("is_active", "Start/stop operations are not supported for serverless services")
        if active and service.status == "stopped":
            service.line = self.clock.line("pending_start", (self.delays.power, "ready"))
        elif not active and service.status == "ready":
            service.line = self.clock.line("pending_stop", (self.delays.power, "stopped"))

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
