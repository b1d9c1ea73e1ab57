"""Which service to link: all are shown, those that cannot be linked with the reason."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.facts import Service, ServiceEndpoint
from core.text import clean, count, holds
from core.values import is_anywhere

_CLOUDS = {"gcp": "Google Cloud", "google": "Google Cloud", "azure": "Azure", "aws": "AWS"}


@dataclass(frozen=True, slots=True)
class Offer:
    """A service as a row: how it is reached today, and why it cannot be linked (empty when it can)."""

    service: Service
    reached: str
    why_not: str = ""


def offers(services: Sequence[Service]) -> tuple[Offer, ...]:
    """Services that can be linked first, then by name."""
    rows = [Offer(service, reached(service), why_not(service)) for service in services]
    return tuple(sorted(rows, key=lambda row: (bool(row.why_not), row.service.name.casefold(), row.service.id)))


def offers_holding(offers: Sequence[Offer], text: str) -> tuple[Offer, ...]:
    """Services that hold every word of `text`."""
    words = text.casefold().split()
    return tuple(offer for offer in offers if _holds(offer.service, words))


def _holds(service: Service, words: Sequence[str]) -> bool:
    told = (service.name, service.id, service.region, service.topology, service.status, service.provider)
    return holds(words, *told)


def why_not(service: Service) -> str:
    """Why this service cannot be linked now; empty when it can. A service that is private already is fine."""
    if service.provider.casefold() != "aws":
        cloud = _CLOUDS.get(service.provider.casefold(), clean(service.provider, 30) or "an unknown cloud")
        return f"It runs on {cloud}. AWS PrivateLink reaches services on AWS only."
    return _status(service) or ("" if service.endpoints else "SkySQL shows no endpoint for it. Look again in a minute.")


def _status(service: Service) -> str:
    status = service.status.casefold()
    if status == "ready":
        return "" if service.is_active else "It is stopped. Start it in the SkySQL portal first."
    if status == "pending_create":
        return "It is still being launched. Wait until it is ready."
    if status.startswith("pending"):
        return f"Another change is in flight ({clean(service.status, 40)}). Wait until it is ready."
    return _STATUSES.get(status) or f"SkySQL says “{clean(service.status, 40)}”. Only a ready service can be linked."


_STATUSES = {
    "stopped": "It is stopped. Start it in the SkySQL portal first.",
    "failed": "It has failed. SkySQL support has to repair it first.",
    "retired": "It is retired.",
    "": "SkySQL does not say what state it is in.",
}


def reached(service: Service) -> str:
    """How clients reach it today: `public, 2 addresses allowed`, `PrivateLink, 1 account`, or both."""
    told = [_reach(endpoint) for endpoint in sorted(service.endpoints, key=lambda endpoint: not endpoint.is_private)]
    return "; ".join(dict.fromkeys(told)) or "no endpoint"


def _reach(endpoint: ServiceEndpoint) -> str:
    if endpoint.is_private:
        return f"PrivateLink, {count(len(endpoint.accounts), 'account')}"
    word = "public" if endpoint.mechanism == "nlb" or endpoint.visibility == "public" else clean(endpoint.mechanism, 30)
    if any(is_anywhere(entry.ip) for entry in endpoint.allow_list):
        return f"{word}, every address allowed"
    return f"{word}, {_allowed(len(endpoint.allow_list))}"


def _allowed(number: int) -> str:
    return f"{count(number, 'address', 'addresses')} allowed" if number else "no address allowed"


def interrupts(service: Service) -> bool:
    """Whether linking switches the mechanism of a live service: every connection drops."""
    return service.private is None and bool(service.endpoints)
