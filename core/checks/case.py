"""What is seen of a link whose clients cannot connect, as frozen facts: what the doctor's chain is judged on.

`core.work.doctor` reads them in rounds. None is what is still to come, `Unread` what cannot be told.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final, Literal

from core.checks.ends import Target, addresses, standing
from core.checks.reach import Reached, reach
from core.facts import AllowedAddress, EndpointService, Identity, Network, PrefixList, Service, VpcEndpoint
from core.standing import is_gone, is_lost, is_ours
from core.values import EndpointId, VpcId

USUAL_PORT: Final = 3306


@dataclass(frozen=True, slots=True)
class Unread:
    """Could not be read; `why` is a sentence."""

    why: str


Hidden = Literal["hidden"]
"""AWS does not show an endpoint service to this account, and does not tell whether it exists."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the journals on this machine tell of the link."""

    endpoints: tuple[EndpointId, ...] = ()  # that its runs made
    former: tuple[AllowedAddress, ...] = ()  # the IP allowlist before the first of them
    run: str = ""  # the newest
    plan: str = ""  # its file
    unfinished: bool = False


@dataclass(frozen=True)
class Case:
    """One service, and its link from the account that is signed in."""

    service: Service
    now: datetime
    known: Known = field(default_factory=Known)
    vpc: VpcId | None = None  # the one that is asked about; None: whichever has the best endpoint
    identity: Identity | None = None
    enabled: bool = True  # whether the service's region is, for the account
    offered: EndpointService | Hidden | Unread | None = None  # the service's endpoint service
    endpoints: tuple[VpcEndpoint, ...] | Unread | None = None  # of the region: to it, or this program's for it
    network: Network | Unread | None = None  # of the endpoint's VPC
    prefix_lists: tuple[PrefixList, ...] = ()  # those that its groups name

    @property
    def aws_is_read(self) -> bool:
        """Whether the first round at AWS is over."""
        return self.identity is not None and self.endpoints is not None and self.offered is not None

    @property
    def found(self) -> tuple[VpcEndpoint, ...]:
        return self.endpoints if isinstance(self.endpoints, tuple) else ()

    @cached_property
    def endpoint(self) -> VpcEndpoint | None:
        """The one that is looked at: to the service as it is now, usable, ours, before any other. Never a gone one."""
        return min(
            (each for each in self.found if not is_gone(each) and self.vpc in (None, each.vpc)),
            key=self._rank,
            default=None,
        )

    def _rank(self, endpoint: VpcEndpoint) -> tuple[bool, bool, bool, bool, str]:
        stands, ours = endpoint.state == "available", is_ours(endpoint, self.service.id)
        return (not self.leads_there(endpoint), is_lost(endpoint), not stands, not ours, endpoint.id)

    def leads_there(self, endpoint: VpcEndpoint) -> bool:
        """Whether it is one to the endpoint service that SkySQL names now."""
        private = self.service.private
        return private is not None and endpoint.service == private.endpoint_service

    @property
    def others(self) -> tuple[VpcEndpoint, ...]:
        """Endpoints in use beside the one that is looked at."""
        chosen = self.endpoint
        return tuple(each for each in self.found if not is_gone(each) and (chosen is None or each.id != chosen.id))

    @property
    def port(self) -> int:
        """The one that is proved: for reading and writing, else the first."""
        numbers = {port.purpose: port.number for port in reversed(self.service.ports)}
        return numbers.get("readwrite", next(reversed(numbers.values()), USUAL_PORT))

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(sorted({port.number for port in self.service.ports})) or (USUAL_PORT,)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of the endpoint's network interfaces, as far as they are known."""
        network, endpoint = self.network, self.endpoint
        return addresses(network, endpoint) if isinstance(network, Network) and endpoint is not None else ()

    @property
    def stands(self) -> Target | None:
        """Where the endpoint is and which groups it carries."""
        network, endpoint = self.network, self.endpoint
        return standing(network, endpoint) if isinstance(network, Network) and endpoint is not None else None

    @cached_property
    def reached(self) -> tuple[Reached, ...]:
        """Who reaches the port that is proved."""
        return self.reaching(self.port)

    def reaching(self, port: int) -> tuple[Reached, ...]:
        """Every client of the VPC; none when nothing is known of it."""
        target = self.stands
        if not isinstance(self.network, Network) or target is None:
            return ()
        return reach(self.network, target, port, self.prefix_lists)
