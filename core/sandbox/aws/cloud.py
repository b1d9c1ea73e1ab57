"""All accounts and regions of this AWS, and what a provider does in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

from moto.moto_api._internal import mock_random
from moto.route53.models import FakeZone, Route53Backend

from core.sandbox.aws.backend import Backend
from core.sandbox.aws.endpoint import InterfaceEndpoint
from core.sandbox.aws.identity import Identity
from core.sandbox.aws.rates import Rates
from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.rights import Call
from core.sandbox.aws.services import ALWAYS, EndpointService, Market, Offer
from core.sandbox.aws.zones import enabled
from core.sandbox.clock import Clock, TimeLine
from core.sandbox.fate import Fate

_NEVER_ACCEPTED = ("rejected", "expired")


class Cloud:
    """Where the resources are. One a process: moto keeps IAM's users and keys in its own globals."""

    def __init__(self, clock: Clock, fate: Fate, seed: int = 0) -> None:
        mock_random.seed(seed)
        self.clock = clock
        self.fate = fate
        self.delays = fate.delays
        self.market = Market()
        self.identity = Identity()
        self._seed = seed
        self._rates = Rates()
        self._ends = iter(fate.endpoint_ends)
        self._backends: dict[tuple[str, str], Backend] = {}
        self._hosted_zones: dict[str, Route53Backend] = {}
        self._sowers: dict[tuple[str, str], Callable[[Backend], None]] = {}

    def backend(self, account: str, region: str) -> Backend:
        """The account's resources in a region, with everything done that time has done."""
        if not enabled(region):
            refuse("AuthFailure", "AWS was not able to validate the provided access credentials", status=401)
        found = self._backends.get((account, region))
        if found is None:
            found = self._backends[account, region] = Backend(region, account, self._seed)
            sow = self._sowers.pop((account, region), None)
            if sow:
                sow(found)
        found.sweep()
        return found

    def hosted_zones(self, account: str) -> Route53Backend:
        """The account's hosted zones, which belong to no region."""
        return self._hosted_zones.setdefault(account, Route53Backend("aws", account))

    def zones_of(self, vpc_id: str) -> Iterator[tuple[str, FakeZone]]:
        """The private hosted zones that somebody has associated with a VPC, and the accounts they belong to."""
        for account, backend in self._hosted_zones.items():
            for zone in backend.zones.values():
                if any(vpc.get("vpc_id") == vpc_id for vpc in zone.vpcs):
                    yield account, zone

    def sow_later(self, account: str, region: str, sow: Callable[[Backend], None]) -> None:
        """Fill a region when it is first looked at: each takes moto a tenth of a second to make."""
        self._sowers[account, region] = sow

    def admits(self, call: Call) -> bool:
        """Whether the account may make one more such call by now."""
        if not self.fate.rate_limits:
            return True
        return self._rates.admit(call.account, call.region, call.action, call.parameters, self.clock.now())

    def beginning(self, offer: Offer) -> TimeLine:
        """The states of a new endpoint, to the one that its fate has in store."""
        end, pending = next(self._ends, "available"), self.delays.pending
        if not offer.acceptance_required:
            return self.clock.line("pending", (pending, end))
        accepted = math.inf if self.fate.accepted_after is None else self.fate.accepted_after
        if end in _NEVER_ACCEPTED:
            return self.clock.line("pendingAcceptance", (pending if accepted == math.inf else accepted, end))
        return self.clock.line("pendingAcceptance", (accepted, "pending"), (accepted + pending, end))

    # -- the provider's side

    def publish(self, service: EndpointService, accounts: Iterable[str], *, seen_from: float = ALWAYS) -> None:
        """Offer an endpoint service to these accounts."""
        self.market.add(service)
        service.admitted = dict.fromkeys(accounts, seen_from)

    def admit(self, service: EndpointService, accounts: Iterable[str]) -> None:
        """Make these the accounts that may connect. Links that stand are not touched."""
        seen_from = self.clock.after(self.delays.sight)
        service.admitted = {account: service.admitted.get(account, seen_from) for account in accounts}

    def withdraw(self, service: EndpointService) -> None:
        """Delete an endpoint service: every connection to it is rejected."""
        self.market.remove(service)
        for endpoint in self.connections(service):
            if endpoint.alive:
                self.reject(endpoint)

    def accept(self, endpoint: InterfaceEndpoint) -> None:
        """Let a connection through that waits for it."""
        end = "available" if endpoint.line.last in _NEVER_ACCEPTED else endpoint.line.last
        endpoint.line = self.clock.line("pending", (self.delays.pending, end))

    def reject(self, endpoint: InterfaceEndpoint) -> None:
        """Refuse or cut a connection. The endpoint cannot be revived."""
        endpoint.line = self.clock.line("rejected")

    def connections(self, service: EndpointService) -> Iterator[InterfaceEndpoint]:
        for backend in self._backends.values():
            for endpoint in backend.interface_endpoints():
                if endpoint.service_name == service.name:
                    yield endpoint
