"""The endpoint's name, tags and private DNS."""

import pytest

from core.choices.endpoint import (
    OFF,
    PRIVATE_DNS_REASON,
    DnsNeed,
    dns_needs,
    private_dns_question,
    propose_endpoint,
    refusal,
)
from core.draft import EndpointDraft
from core.facts import VpcDns
from tests.choices.samples import service

READY, NO_HOSTNAMES, NEITHER = VpcDns(True, True), VpcDns(True, False), VpcDns(False, False)
DRAFT = EndpointDraft(name="orders")
OFFER = (
    "Switch on enableDnsHostnames in this VPC? "
    "This changes the whole VPC: everything in it gets names from the VPC's resolver."
)


def test_the_services_name_is_proposed_and_private_dns_is_on() -> None:
    assert propose_endpoint(service()) == EndpointDraft(name="orders-prod", private_dns=True)
    assert propose_endpoint(service(name="a\x1b[1mb")).name == "a[1mb"
    assert propose_endpoint(service(name="")).name == "dbpgf00000001"
    assert len(propose_endpoint(service(name="x" * 999)).name) == 255


def test_why_private_dns() -> None:
    assert private_dns_question(service()) == "Clients keep using dbpgf00000001.sysp0000.db1.skysql.com"
    assert private_dns_question(service(fqdn="")) == "Clients keep using the service by its own name"
    assert "The database's certificate is made for it alone" in PRIVATE_DNS_REASON


@pytest.mark.parametrize(
    ("dns", "missing"),
    [
        (READY, ()),
        (NO_HOSTNAMES, ("enableDnsHostnames",)),
        (NEITHER, ("enableDnsSupport", "enableDnsHostnames")),
    ],
)
def test_missing_attributes_in_the_order_they_are_switched_on(dns: VpcDns, missing: tuple[str, ...]) -> None:
    assert dns.off == missing


@pytest.mark.parametrize(
    ("dns", "draft", "shared", "need"),
    [
        (READY, DRAFT, False, DnsNeed(True, "The VPC is ready: its DNS support and DNS hostnames are on.")),
        (NEITHER, EndpointDraft(private_dns=False), False, DnsNeed(True, OFF)),
        (
            NO_HOSTNAMES,
            DRAFT,
            False,
            DnsNeed(
                False,
                "enableDnsHostnames is off in this VPC. "
                "Private DNS needs both enableDnsSupport and enableDnsHostnames.",
                OFFER,
            ),
        ),
        (
            NO_HOSTNAMES,
            EndpointDraft(enable_vpc_dns=True),
            False,
            DnsNeed(
                True,
                "enableDnsHostnames is off and will be switched on. "
                "This changes the whole VPC: everything in it gets names from the VPC's resolver.",
                OFFER,
            ),
        ),
        (
            NEITHER,
            EndpointDraft(enable_vpc_dns=True),
            True,
            DnsNeed(
                False,
                "enableDnsSupport and enableDnsHostnames are off in this VPC, "
                "and only the account that owns it can switch that on.",
            ),
        ),
    ],
)
def test_dns_needs(dns: VpcDns, draft: EndpointDraft, shared: bool, need: DnsNeed) -> None:
    assert dns_needs(dns, draft, shared) == need


@pytest.mark.parametrize(
    ("draft", "dns", "shared", "what", "remedy"),
    [
        (EndpointDraft(name=" "), READY, False, "The name is empty.", "Type one"),
        (EndpointDraft(name="x" * 256), READY, False, "The name has 256 characters.", "A tag's value takes 255."),
        (EndpointDraft(name="x", tags="team"), READY, False, "“team” is not key=value.", "team=payments"),
        (DRAFT, NO_HOSTNAMES, False, "enableDnsHostnames is off in this VPC", "Agree to switch it on"),
        (DRAFT, NO_HOSTNAMES, True, "enableDnsHostnames is off in this VPC", "Ask its owner"),
    ],
)
def test_refusal(draft: EndpointDraft, dns: VpcDns, shared: bool, what: str, remedy: str) -> None:
    why = refusal(draft, dns, shared)
    assert why is not None
    assert why.what.startswith(what)
    assert remedy in why.remedy


@pytest.mark.parametrize(
    ("draft", "dns"),
    [
        (DRAFT, READY),
        (EndpointDraft("x", private_dns=False), NEITHER),
        (EndpointDraft("x", enable_vpc_dns=True), NEITHER),
    ],
)
def test_a_good_answer_is_not_refused(draft: EndpointDraft, dns: VpcDns) -> None:
    assert refusal(draft, dns) is None
