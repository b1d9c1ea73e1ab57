"""Why an application cannot connect: the links from the service to the endpoint's state. Then comes the network."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, Literal

from core.checks.case import USUAL_PORT, Case, Known, Unread
from core.checks.chain import ChainLink, Row, Verdict, broken, first_broken, holds, unknown, walk
from core.checks.doctor_network import NETWORK
from core.checks.proof import PROOF, from_elsewhere
from core.connection import Proof, Target
from core.facts import ServiceEndpoint, VpcEndpoint
from core.standing import is_gone, is_ours
from core.text import count, duration, listed

_SUPPORT: Final = "open a case with SkySQL support"


# ---------------------------------------------------------------------------------------------- SkySQL


def service(case: Case) -> Verdict:
    one = case.service
    if one.provider.casefold() != "aws":
        return broken(
            f"{one.name} runs on {one.provider or 'an unknown cloud'}.",
            "AWS PrivateLink reaches services on AWS only.",
            "Connect by its public address, or launch a service on AWS.",
        )
    if one.status in _STATUSES:
        seen, why, remedy = _STATUSES[one.status]
        return broken(f"{one.name} {seen}.", why, remedy.format(id=one.id))
    if one.status != "ready":
        sort = "a change is in flight" if one.status.startswith("pending") else "this program does not know that status"
        return unknown(f"SkySQL says “{one.status or 'nothing'}” of {one.name}: {sort}, and connections may drop.")
    if not one.is_active:
        return broken(f"{one.name} is ready, and not active.", _STOPPED, _START)
    return holds(f"{one.name} is ready, in {one.region}.")


_STOPPED: Final = "Nothing listens behind the endpoint of a stopped service; the endpoint itself stays."
_START: Final = "Start it in the SkySQL portal."
_STATUSES: Final[Mapping[str, tuple[str, str, str]]] = {
    "stopped": ("is stopped", _STOPPED, _START),
    "pending_stop": ("is being stopped", _STOPPED, "Wait until it is stopped, then start it in the SkySQL portal."),
    "pending_start": ("is being started", "Nothing listens behind the endpoint yet.", "Wait until it is ready."),
    "pending_create": (
        "is still being launched",
        "Nothing listens behind the endpoint yet.",
        "Wait until it is ready.",
    ),
    "pending_delete": ("is being deleted", "A deleted service does not come back.", "Connect to another service."),
    "failed": (
        "has failed",
        "The service itself, or the last change to it, did not work.",
        "Open a case with SkySQL support naming {id}.",
    ),
    "retired": ("is retired", "A retired service does not come back.", "Connect to another service."),
}
"""What is seen, why, and what to do now; any other status may still serve."""


def mechanism(case: Case) -> Verdict | None:
    one = case.service
    private = one.private
    if private is None:
        return _public(case) if case.endpoints is not None else None
    if private.endpoint_service is None:
        waits = one.status.startswith("pending")
        return broken(
            f"SkySQL names no endpoint service of {one.name} yet.",
            f"The switch to PrivateLink is under way ({one.status})." if waits else "The switch has not been finished.",
            "Wait until it is ready; that usually takes some minutes." if waits else f"To go on, {_SUPPORT}.",
        )
    also = ", beside a public address" if one.public else ""
    return holds(f"On{also}: {private.endpoint_service}.")


def _public(case: Case) -> Verdict:
    one, known = case.service, case.known
    public = one.public
    if public is None:
        return broken(
            f"SkySQL shows no endpoint of {one.name}.",
            "It is new, or being changed.",
            f"Look again in a minute; if that lasts, {_SUPPORT}.",
        )
    why, first = _before(case)
    if public.allow_list:
        may = f"and {count(len(public.allow_list), 'entry', 'entries')} of its IP allowlist may connect there"
        return broken(
            f"PrivateLink is off: {one.name} has its public address, {may}.",
            why,
            f"{first} Then link it: {_link_it(known)}" if first else f"Link it: {_link_it(known)}",
        )
    return broken(
        f"PrivateLink is off, and nobody can connect: {one.name} has its public address and an empty IP allowlist.",
        f"{why} A switch clears that list.",
        f"{first} {_allow_again(known)} Or link it: {_link_it(known)}".strip(),
    )


def _before(case: Case) -> tuple[str, str]:
    """What has become of a link that there was, and what to do first where something is left of it."""
    left = [each for each in case.found if not is_gone(each)]
    if left:
        there = listed([f"{each.id} in {each.vpc}" for each in left])
        why = f"Somebody switched it back: {there} {'leads' if len(left) == 1 else 'lead'} nowhere since."
        if any(each.private_dns for each in left):
            why += (
                f" {case.service.fqdn or 'Its name'} still leads to it there, so that the public address is not found."
            )
        needs = "it" if len(left) == 1 else "them"
        return why, f"Delete {listed([each.id for each in left])}: nothing needs {needs} any more."
    if case.known.run:
        return "Somebody switched it back: its private endpoints lead nowhere since.", ""
    if isinstance(case.endpoints, Unread):
        unread = f"what may be left of a link could not be read: {case.endpoints.why}"
        return f"No run known here linked it; {unread}", ""
    return "No run known here linked it.", ""


def _allow_again(known: Known) -> str:
    if not known.former:
        return "Say in the SkySQL portal who may connect."
    entries = listed([f"{each.ip} ({each.comment})" if each.comment else each.ip for each in known.former])
    return f"Put back in the SkySQL portal who might connect before, by the journal of run {known.run}: {entries}."


def _link_it(known: Known) -> str:
    if known.unfinished:
        return f"go on with run {known.run}: skysql-privatelink resume"
    return f"skysql-privatelink apply {known.plan or 'PLAN'}, or the wizard."


# ---------------------------------------------------------------------------------------------- the account


def account(case: Case) -> Verdict | None:
    private = case.service.private
    if case.identity is None or private is None or not case.aws_is_read:
        return None
    own = case.identity.account
    if not case.enabled:
        return broken(
            f"{case.service.region} is not enabled for account {own}.",
            "AWS refuses every call there.",
            "Sign in to the account that the application runs in, or enable the region in the AWS console.",
        )
    if own not in private.accounts:
        return _not_allowed(case, own, private)
    if case.offered == "hidden" and not _connected(case):
        return broken(
            f"SkySQL allows account {own}, and AWS does not show it the endpoint service yet.",
            "After a switch, or after an account was allowed, that takes some minutes.",
            f"Wait, then look again; after a quarter of an hour, {_SUPPORT} naming {private.endpoint_service}.",
        )
    if isinstance(case.offered, Unread):
        return unknown(f"SkySQL allows account {own}. What AWS shows it could not be read: {case.offered.why}")
    more = len(private.accounts) - 1
    return holds(f"SkySQL allows account {own}{f' and {more:,} more' if more else ''}.")


def _connected(case: Case) -> bool:
    endpoint = case.endpoint
    return endpoint is not None and endpoint.state == "available" and case.leads_there(endpoint)


def _not_allowed(case: Case, own: str, private: ServiceEndpoint) -> Verdict:
    listed_ones = f"It allows {listed(private.accounts)}." if private.accounts else "It allows none."
    if _connected(case) and case.endpoint is not None:
        return unknown(
            f"SkySQL does not allow account {own} any more. {case.endpoint.id} stays connected until it is deleted, "
            "and no new one can be made."
        )
    return broken(
        f"SkySQL does not allow account {own}.",
        f"{listed_ones} An account that is not allowed cannot even see the endpoint service.",
        f"Allow {own} for {case.service.name} at SkySQL, or sign in to an account that is.",
    )


# ---------------------------------------------------------------------------------------------- the endpoint


def endpoint(case: Case) -> Verdict | None:
    if case.endpoints is None:
        return None
    if isinstance(case.endpoints, Unread):
        return unknown(f"The VPC endpoints could not be read: {case.endpoints.why}")
    found = case.endpoint
    if found is None:
        return _no_endpoint(case)
    beside = _beside(case)
    if not case.leads_there(found):
        private = case.service.private
        return broken(
            f"{found.id} in {found.vpc} leads to another endpoint service, {found.service}.{beside}",
            f"SkySQL makes a new one with every switch; now it is {private.endpoint_service if private else 'none'}.",
            f"Delete {found.id}, then make a new one: {_link_it(case.known)}",
        )
    made = "made by this program" if is_ours(found, case.service.id) else "not made by this program"
    return holds(f"{found.id} in {found.vpc}, {made}.{beside}")


def _beside(case: Case) -> str:
    others = [f"{each.id} in {each.vpc} ({each.state})" for each in case.others]
    return f" Others: {listed(others)}; --vpc looks at another VPC's." if others else ""


def _no_endpoint(case: Case) -> Verdict:
    private, own = case.service.private, case.identity.account if case.identity else "this account"
    where = str(case.vpc) if case.vpc else case.service.region
    elsewhere = [f"{each.id} in {each.vpc}" for each in case.others]
    going = [each.id for each in case.found if is_gone(each) and case.vpc in (None, each.vpc)]
    if elsewhere:
        why = f"There is {listed(elsewhere)}."
    elif going:
        why = f"Somebody has deleted {listed(going)}. Who did is in CloudTrail: DeleteVpcEndpoints."
    elif case.known.endpoints:
        why = (
            f"Somebody has deleted {listed(case.known.endpoints)}, which run {case.known.run} made. Who did is in "
            "CloudTrail: DeleteVpcEndpoints."
        )
    else:
        why = "None was made there, or it is in another account: only that account sees it."
    return broken(
        f"No VPC endpoint of account {own} in {where} leads to "
        f"{private.endpoint_service if private else 'the service'}.",
        why,
        f"Make one: {_link_it(case.known)}",
    )


# ---------------------------------------------------------------------------------------------- its state


def state(case: Case) -> Verdict | None:
    if case.endpoints is None:
        return None
    found = case.endpoint
    if found is None:
        return unknown("")
    judge = _STATES.get(found.state)
    return judge(case, found) if judge else _odd(case, found)


def _available(_case: Case, found: VpcEndpoint) -> Verdict:
    return holds(f"{found.id} is available.")


def _waits_on_skysql(case: Case, found: VpcEndpoint) -> Verdict:
    return broken(
        f"{found.id} waits on SkySQL to accept the connection{_since(case, found)}.",
        "SkySQL accepts by itself as a rule; this time it has not.",
        "Nothing is to be done at AWS. Open a case with SkySQL support naming "
        f"{listed([found.id, case.service.id, *([f'account {case.identity.account}'] if case.identity else [])])}.",
    )


def _pending(case: Case, found: VpcEndpoint) -> Verdict:
    return broken(
        f"AWS is setting {found.id} up{_since(case, found)}.",
        "After it was made or changed an endpoint is pending for one to three minutes.",
        "Wait, then look again. After half an hour delete it and make it anew.",
    )


def _rejected(case: Case, found: VpcEndpoint) -> Verdict:
    return broken(
        f"{found.id} is rejected.",
        "SkySQL refuses the connection: the account left its list, or the service was switched to its public address "
        f"and back.{_told(found)}",
        _anew(case, found),
    )


def _expired(case: Case, found: VpcEndpoint) -> Verdict:
    return broken(f"{found.id} has expired.", f"Nobody accepted it in time.{_told(found)}", _anew(case, found))


def _failed(case: Case, found: VpcEndpoint) -> Verdict:
    return broken(f"{found.id} has failed.", f"AWS could not set it up.{_told(found)}", _anew(case, found))


def _partial(case: Case, found: VpcEndpoint) -> Verdict:
    return broken(
        f"{found.id} is only partly set up (partial).",
        f"AWS does not say more of that state.{_told(found)}",
        f"Look at it in the AWS console. If it does not become available: {_anew(case, found)}",
    )


def _odd(case: Case, found: VpcEndpoint) -> Verdict:
    return broken(
        f"AWS says “{found.state}” of {found.id}, a state that this program does not know.",
        f"Only an available endpoint lets connections through.{_told(found)}",
        f"Look at it in the AWS console. If it does not become available: {_anew(case, found)}",
    )


_STATES: Final[Mapping[str, Callable[[Case, VpcEndpoint], Verdict]]] = {
    "available": _available,
    "pendingacceptance": _waits_on_skysql,
    "pending": _pending,
    "rejected": _rejected,
    "expired": _expired,
    "failed": _failed,
    "partial": _partial,
}


def _anew(case: Case, found: VpcEndpoint) -> str:
    return f"It cannot be revived: delete {found.id}, then make it anew: {_link_it(case.known)}"


def _told(found: VpcEndpoint) -> str:
    return f" AWS says: {found.last_error}" if found.last_error else ""


def _since(case: Case, found: VpcEndpoint) -> str:
    if found.created is None:
        return ""
    return f", made {duration((case.now - found.created).total_seconds())} ago"


# ---------------------------------------------------------------------------------------------- the whole

EARLIER: Final[tuple[Row[Case], ...]] = (
    Row("service", "Service", service),
    Row("mechanism", "PrivateLink", mechanism),
    Row("account", "Account", account),
    Row("endpoint", "Endpoint", endpoint),
    Row("state", "State", state),
    *NETWORK,
)
"""Judged on what both sides tell; behind them comes the connection itself."""

TITLES: Final = (*(row.title for row in EARLIER), *(row.title for row in PROOF))

_NOTHING_YET: Final = Proof(Target("", USUAL_PORT))


def chain(case: Case, proof: Proof | None = None) -> tuple[ChainLink, ...]:
    """As far as it is known: from the service to an answer of the database."""
    before = walk(EARLIER, case)
    if len(before) < len(EARLIER):
        return before
    links = walk(PROOF, proof or _NOTHING_YET, before)
    return tuple(_by_rule(link, case, proof) for link in links) if proof else links


def _by_rule(link: ChainLink, case: Case, proof: Proof) -> ChainLink:
    """Of packets from this machine that are dropped, what the rules of its VPC say where it is one of the clients."""
    own = proof.here.addresses if proof.here else ()
    this = next((one for one in case.reached if not set(one.client.addresses).isdisjoint(own)), None)
    if link.id != "tcp" or this is None or not any(met.trouble == "timeout" for met in proof.reached):
        return link
    if this.verdict != "yes":
        return replace(link, verdict=replace(link.verdict, why=f"This machine is {this.client.name}. {this.why}"))
    why = f"This machine is {this.client.name}, and the VPC's rules let it through: {this.why}"
    remedy = (
        f"Look at this machine's own firewall for port {proof.target.port}; if that lets it out, open a case with "
        f"SkySQL support naming {case.service.id}{f' and {case.endpoint.id}' if case.endpoint else ''}."
    )
    return replace(link, verdict=replace(link.verdict, why=why, remedy=remedy))


def page_that_helps(case: Case, link: ChainLink | None) -> str:
    """The page of the wizard whose answers, carried out, put a broken link right; empty when none does."""
    private, target = case.service.private, case.stands
    helps = {
        "mechanism": private is None and case.service.status == "ready",
        "account": case.enabled and private is not None and case.identity is not None
        and case.identity.account not in private.accounts,
        "endpoint": case.endpoint is None,
        # Rules of groups that are not this program's are left alone.
        "groups": target is not None and any(is_ours(group, case.service.id) for group in target.groups),
        "dns": True,
        "name": case.endpoint is not None and not case.endpoint.private_dns,
    }  # fmt: skip
    return _PAGES[link.id] if link is not None and helps.get(link.id, False) else ""


_PAGES: Final = {
    "mechanism": "accounts",
    "account": "accounts",
    "endpoint": "network",
    "groups": "access",
    "dns": "endpoint",
    "name": "endpoint",
}


Outcome = Literal["done", "failed", "unproven"]


def outcome(links: Sequence[ChainLink], proof: Proof | None, *, login: bool = True) -> Outcome:
    """Of a chain at its end. `unproven`: what can be seen holds, and it is to be tried from within the VPC, or with a
    login. `login`: whether one belongs to it.
    """
    if first_broken(links) is not None:
        return "unproven" if proof is not None and from_elsewhere(proof) else "failed"
    last = links[-1 if login else -3]
    return "done" if last.verdict.state == "ok" else "unproven"
