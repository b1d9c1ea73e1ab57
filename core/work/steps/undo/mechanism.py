"""SkySQL's side as it was: the public address again where a run switched it, else the former accounts alone.

Some organizations (those that bring their own cloud account) may not make a service public while its IP allowlist is
empty. Where the switch is refused, the list is therefore filled first, and the switch asked for once more.
"""

from typing import ClassVar

from core.facts import Service
from core.problems import Failed, Problem
from core.text import count, listed
from core.undo import accounts_back, covers
from core.values import AccountId
from core.work.decisions import Act, Decision, Done, Known, Stop, Wait
from core.work.steps.service_states import unready
from core.work.steps.step import Sides
from core.work.steps.undo.allow_list import unknown
from core.work.steps.undo.of_service import Addresses, SkySQLSight, SkySQLStep
from core.work.steps.undo.step import Undoing


class SwitchBack(SkySQLStep):
    id: ClassVar[str] = "switch_back"
    title: ClassVar[str] = "Switch SkySQL back"
    usual: ClassVar[str] = "seconds"
    sendings: ClassVar[int] = 2  # as of the switch

    def wants_allow_list(self, job: Undoing) -> bool:
        return job.known.refused is not None

    def settle(self, service: Service, allow_list: Addresses, job: Undoing) -> Decision:
        unusable = unready(service)
        if isinstance(unusable, Stop):
            return unusable
        public = job.undo.back == "public"
        standing = _public(service, job) if public else _private(service, job)
        if standing is not None:  # whether it is ready is the next step's question
            return standing
        if unusable is not None:
            return unusable
        return _switch(service, allow_list, job) if public else _put_back(service, job)

    async def act(self, sides: Sides, job: Undoing, sight: SkySQLSight, change: str) -> None:
        match change:
            case "public":
                await sides.skysql.make_public(job.undo.service)
            case "allow":
                await sides.skysql.set_allow_list(job.undo.service, job.undo.allow_list or ())
            case "accounts":
                assert sight.service is not None  # noqa: S101 - decide acts for nothing else
                await sides.skysql.switch(job.undo.service, accounts_back(_accounts(sight.service), job.undo))

    def after_refusal(self, problem: Problem, job: Undoing) -> Known | None:
        if job.undo.back != "public" or problem.code != "skysql.refused":
            return None
        if job.known.refused is None:
            return job.known.with_(refused=problem)
        raise _refused(job.known.refused, problem, job)


def _accounts(service: Service) -> tuple[AccountId, ...]:
    return service.private.accounts if service.private else ()


def _unlisted(service: Service) -> Wait:
    return Wait(
        f"{service.status}, no endpoint",
        "SkySQL lists no endpoint: how the service is reached is not known.",
        f"SkySQL lists no endpoint of {service.name}. Look in the SkySQL portal; then run again.",
        600.0 if service.status == "ready" else 3600.0,
    )


def _public(service: Service, job: Undoing) -> Decision | None:
    if not service.endpoints:
        return _unlisted(service)
    return Done(f"{service.endpoints[0].mechanism}.", job.known) if service.private is None else None


def _switch(service: Service, allow_list: Addresses, job: Undoing) -> Decision:
    wanted = job.undo.allow_list
    if job.known.refused is not None:
        if not wanted:
            return Stop(unknown(job, f"SkySQL does not switch it back with an empty list. {job.known.refused.cause}"))
        if not covers(allow_list, wanted):
            number = count(len(wanted), "address", "addresses")
            return Act("allow", f"Fill the IP allowlist first, with {number}: the switch was refused without")
    detail = f"Switch {service.name} back to its public address; every connection over PrivateLink drops"
    return Act("public", detail, interrupts=True)


def _private(service: Service, job: Undoing) -> Decision | None:
    if not service.endpoints:
        return _unlisted(service)
    if service.private is None:
        told = f"Somebody has made {service.name} public since: it stays so."
        return Done(told, job.leaving(told))
    now, back = _accounts(service), accounts_back(_accounts(service), job.undo)
    if set(now) != set(back):
        return None
    former = {account for endpoint in job.undo.former for account in endpoint.accounts}
    others = [account for account in back if account not in former]
    stays = f" {listed(others)} came to the list otherwise: left there." if others else ""
    return Done(f"{service.private.mechanism}, for {listed(back) or 'nobody'}.{stays}", job.known)


def _put_back(service: Service, job: Undoing) -> Act:
    back = accounts_back(_accounts(service), job.undo)
    return Act("accounts", f"Allow {listed(back) or 'no account'} and nobody else, as before")


def _refused(first: Problem, then: Problem, job: Undoing) -> Failed:
    return Failed(
        "switch-back-refused",
        f"SkySQL does not switch {job.undo.service_name} back.",
        cause=f"{first.cause} With the IP allowlist to be filled first: {then.cause}",
        remedy=f"Ask SkySQL support to make {job.undo.service} public; then run again: the rest follows.",
        request_id=then.request_id or first.request_id,
    )
