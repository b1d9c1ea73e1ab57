"""All accounts and regions of this AWS, and what a provider does in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from moto.moto_api._internal import mock_random

from core.sandbox.aws.backend import Backend
from core.sandbox.aws.endpoint import InterfaceEndpoint
from core.sandbox.aws.identity import Identity
from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.services import ALWAYS, EndpointService, Market
from core.sandbox.aws.zones import enabled
from core.sandbox.clock import Clock
from core.sandbox.fate import Fate


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
        self._backends: dict[tuple[str, str], Backend] = {}

    def backend(self, account: str, region: str) -> Backend:
        """The account's resources in a region, with everything done that time has done."""
        if not enabled(region):
            refuse("AuthFailure", "AWS was not able to validate the provided access credentials", status=401)
        found = self._backends.get((account, region))
        if found is None:
            found = self._backends[account, region] = Backend(region, account, self._seed)
        found.sweep()
        return found

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
                endpoint.line = self.clock.line("rejected")

    def connections(self, service: EndpointService) -> Iterator[InterfaceEndpoint]:
        for backend in self._backends.values():
            for endpoint in backend.interface_endpoints():
                if endpoint.service_name == service.name:
                    yield endpoint
