"""The endpoint's name, tags and private DNS."""

from dataclasses import dataclass

from core.draft import EndpointDraft, finished_endpoint
from core.facts import Service, VpcDns
from core.text import clean, listed
from core.values import Invalid

PRIVATE_DNS_REASON = (
    "Inside the VPC this name then leads to the endpoint's private addresses. The database's certificate is made for "
    "it alone: by the names AWS gives the endpoint, clients that verify the certificate refuse to connect."
)
OFF = (
    "Off: clients have to use the names that AWS gives the endpoint. The certificate does not match those: "
    "with TLS, clients that verify it refuse to connect."
)
WHOLE_VPC = "This changes the whole VPC: everything in it gets names from the VPC's resolver."


@dataclass(frozen=True, slots=True)
class DnsNeed:
    """What private DNS needs of the VPC. `offer` is the question to ask when the program could switch it on."""

    ok: bool
    says: str
    offer: str = ""


def propose_endpoint(service: Service) -> EndpointDraft:
    """The service's name as the Name tag, private DNS on."""
    return EndpointDraft(name=clean(service.name, 255) or service.id)


def private_dns_question(service: Service) -> str:
    """What private DNS decides, with the service's own name where it is known."""
    return f"Clients keep using {clean(service.fqdn, 255) or 'the service by its own name'}"


def dns_needs(dns: VpcDns, draft: EndpointDraft, shared: bool = False) -> DnsNeed:
    """Whether the VPC is ready for the answer. `shared`: another account owns the VPC, so only it can change it."""
    if not draft.private_dns:
        return DnsNeed(True, OFF)
    if dns.ready:
        return DnsNeed(True, "The VPC is ready: its DNS support and DNS hostnames are on.")
    names = listed(dns.off)
    verb = "is" if len(dns.off) == 1 else "are"
    if shared:
        return DnsNeed(False, f"{names} {verb} off in this VPC, and only the account that owns it can switch that on.")
    question = f"Switch on {names} in this VPC? {WHOLE_VPC}"
    if draft.enable_vpc_dns:
        return DnsNeed(True, f"{names} {verb} off and will be switched on. {WHOLE_VPC}", question)
    both = "Private DNS needs both enableDnsSupport and enableDnsHostnames."
    return DnsNeed(False, f"{names} {verb} off in this VPC. {both}", question)


def refusal(draft: EndpointDraft, dns: VpcDns, shared: bool = False) -> Invalid | None:
    """Why this answer cannot stand."""
    try:
        finished_endpoint(draft, "")
    except Invalid as why:
        return why
    need = dns_needs(dns, draft, shared)
    if need.ok:
        return None
    remedy = (
        "Agree to switch it on, or turn private DNS off." if need.offer else "Ask its owner, or turn private DNS off."
    )
    return Invalid(need.says, remedy)
