"""Reads a link on both sides and tries it from this machine; what it means is judged in `core.checks.doctor`."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from core.checks.case import Case, Hidden, Known, Unread
from core.checks.chain import ChainLink, first_broken
from core.checks.doctor import Outcome, chain, outcome
from core.checks.ends import lists_named
from core.checks.proof import from_elsewhere
from core.connection import Proof, Target
from core.export.clients import Link, Snippet, names, trials
from core.facts import EndpointService, Network, PrefixList, Service, VpcEndpoint
from core.problems import Failed, NotSignedIn, Problem
from core.values import EndpointId, EndpointServiceName, VpcId
from core.work.history import Past, runs
from core.work.links import former_of, link_of
from core.work.proving import Ask, nobody, prove, target_of
from core.work.survey import named
from core.work.together import together
from core.world import Aws, World

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is known so far."""

    case: Case
    proof: Proof | None = None
    login: bool = True  # whether one belongs to it

    @property
    def links(self) -> tuple[ChainLink, ...]:
        return chain(self.case, self.proof)

    @property
    def outcome(self) -> Outcome:
        """When it has come to its end."""
        return outcome(self.links, self.proof, login=self.login)

    @property
    def target(self) -> Target:
        """What clients connect to, as far as it is known."""
        return target_of(link_to(self.case), _vpc(self.case), _cidrs(self.case), self.case.addresses)

    @property
    def told(self) -> str:
        """How it ended, in a sentence."""
        link = first_broken(self.links)
        if self.outcome == "done":
            return f"The {'connection' if self.login else 'path'} works from this machine."
        if link is None:
            return "The path works from this machine; nobody signed in, so the database has not answered."
        if self.outcome == "failed":
            return f"The chain is broken at {link.title}."
        where = self.target.vpc or "the VPC"
        return f"All that can be seen from here holds. Whether {where} gets through has to be tried on a machine there."

    @property
    def trials(self) -> tuple[Snippet, ...]:
        """Lines for a machine in the VPC, when it has to be proved from there."""
        elsewhere = self.proof is not None and from_elsewhere(self.proof)
        return trials(link_to(self.case)) if elsewhere else ()


Tell = Callable[[Diagnosis], None]


async def examine(
    world: World,
    wanted: str,
    folder: Path,
    tell: Tell,
    ask: Ask = nobody,
    *,
    vpc: VpcId | None = None,
    login: bool = True,
) -> Diagnosis:
    """The whole chain of a service (`wanted`: its id or name), told whenever more of it is known.

    Raises NotFound for a service that is not there, Usage for a name that several have, and the Problem of a side that
    cannot be asked at all; what SkySQL says is told before AWS is asked, but for that PrivateLink is off: AWS may
    know what is left of a link. What may not be read leaves its link unjudged.
    """
    async with together() as reads:
        services = reads.create_task(world.skysql.services())
        pasts = reads.create_task(asyncio.to_thread(_pasts, folder))
    service = named(services.result(), wanted)
    case = Case(service, world.clock.now(), _known(service, pasts.result()), vpc)

    def seen(case: Case) -> bool:
        """Tell it; whether there is more to be seen."""
        links = chain(case)
        tell(Diagnosis(case))
        return first_broken(links) is None

    if not seen(case):
        return Diagnosis(case)
    case = await _at_aws(world, case)
    if not seen(case):
        return Diagnosis(case)
    if case.endpoint is not None:
        case = await _around(await world.aws(service.region), case, case.endpoint)
        if not seen(case):
            return Diagnosis(case)
    target = Diagnosis(case).target
    proof = await prove(world, service.id, target, lambda proof: tell(Diagnosis(case, proof, login)), ask, login=login)
    return Diagnosis(case, proof, login)


# ---------------------------------------------------------------------------------------------- the rounds


async def _at_aws(world: World, case: Case) -> Case:
    """What AWS tells; of a service that is reached by its public address that only tells more, and may fail."""
    try:
        return await _of_account(world, case)
    except Problem as problem:
        if case.service.private is not None:
            raise
        return replace(case, endpoints=Unread(problem.what_and_why))


async def _of_account(world: World, case: Case) -> Case:
    """Who is signed in, and what that account sees: of the service, and of its own endpoints."""
    async with together() as reads:
        identity = reads.create_task(world.identity())
        regions = reads.create_task(world.regions())
    case = replace(case, identity=identity.result(), enabled=case.service.region in regions.result())
    if not case.enabled:
        return replace(case, offered=Unread("The region is not enabled."), endpoints=())
    aws, private = await world.aws(case.service.region), case.service.private
    name = private.endpoint_service if private else None
    async with together() as reads:
        offered = reads.create_task(_if_told(_offered(aws, name)))
        endpoints = reads.create_task(_if_told(aws.find_endpoints(case.service.id, case.known.endpoints, name)))
    return replace(case, offered=offered.result(), endpoints=endpoints.result())


async def _offered(aws: Aws, name: EndpointServiceName | None) -> EndpointService | Hidden:
    return (await aws.endpoint_service(name) if name else None) or "hidden"


async def _around(aws: Aws, case: Case, endpoint: VpcEndpoint) -> Case:
    """The VPC of the endpoint, and the entries of the prefix lists that its groups name."""
    case = replace(case, network=await _if_told(aws.network(endpoint.vpc)))
    target = case.stands
    named_lists = sorted(lists_named(target)) if target else []
    entries = await _if_told(aws.prefix_list_entries(named_lists)) if named_lists else {}
    if isinstance(entries, Unread):
        return case
    return replace(case, prefix_lists=tuple(PrefixList(one, "", entries=found) for one, found in entries.items()))


async def _if_told(read: Awaitable[T]) -> T | Unread:
    """What is read; without the right to it, or when it fails, why not. Raises NotSignedIn."""
    try:
        return await read
    except NotSignedIn:
        raise
    except Problem as problem:
        return Unread(problem.what_and_why)


# ---------------------------------------------------------------------------------------------- what is known here


def _pasts(folder: Path) -> tuple[Past, ...]:
    """None where the journals cannot be read: the doctor does without."""
    try:
        return runs(folder)
    except Failed:
        return ()


def _known(service: Service, pasts: tuple[Past, ...]) -> Known:
    """Of its runs that were not undone, as far as this version can read them."""
    link = link_of([past for past in pasts if not past.newer], service.id, service.name, None)
    if not link.pasts:
        return Known()
    newest = link.pasts[-1]
    return Known(
        tuple(EndpointId(each) for past in link.pasts for each in sorted(past.made) if each.startswith("vpce-")),
        tuple(entry for one in former_of(link.pasts) for entry in one.allow_list),
        newest.run,
        str(newest.plan),
        newest.unfinished,
    )


# ---------------------------------------------------------------------------------------------- what is tried


def link_to(case: Case) -> Link:
    """What clients connect to; by the service's own name where nothing is known of an endpoint."""
    service, endpoint = case.service, case.endpoint
    own = endpoint is None or endpoint.private_dns
    dns_names = endpoint.dns_names if endpoint else ()
    return Link(
        service=service.name,
        host=service.fqdn if own else names(dns_names, "", False).regional or service.fqdn,
        fqdn=service.fqdn,
        dns_names=dns_names,
        ports=tuple((port.purpose, port.number) for port in service.ports),
        private_dns=own,
    )


def _vpc(case: Case) -> str:
    return case.endpoint.vpc if case.endpoint else ""


def _cidrs(case: Case) -> tuple[str, ...]:
    return case.network.vpc.cidrs if isinstance(case.network, Network) else ()
