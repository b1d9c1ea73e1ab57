"""Private DNS: what it needs, what it gives, and what stands in its way."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Need, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import Scene

DEAF = {
    "VpcId": lambda s: s.deaf.vpc,
    "SubnetIds": lambda s: s.offered(s.deaf)[:1],
    "SecurityGroupIds": lambda s: [s.deaf.group],
}
ATTRIBUTES = (
    "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true for "
)
CONFLICT = "private-dns-enabled cannot be set because there is already a conflicting DNS domain for "
CONFLICTING = at.issue("hashicorp/terraform-provider-aws", 17535)
NOT_ACCEPTED = at.issue("crossplane-contrib/provider-aws", 1363)
PRECONDITIONS = at.api("CreateVpcEndpoint")


def in_a_deaf_vpc(s: Scene) -> dict[str, Any]:
    return {"VpcEndpointId": s.ready(**DEAF), "PrivateDnsEnabled": True}


def conflicting(s: Scene) -> dict[str, Any]:
    """A second endpoint that would hold the name."""
    s.ready(PrivateDnsEnabled=True)
    return s.request(PrivateDnsEnabled=True)


def conflicting_later(s: Scene) -> dict[str, Any]:
    s.ready(PrivateDnsEnabled=True)
    return {"VpcEndpointId": s.ready(), "PrivateDnsEnabled": True}


REFUSED = [
    Refuses("at creation, where the vpc lacks the attributes", PRECONDITIONS, "create_vpc_endpoint",
            lambda s: s.request(**DEAF, PrivateDnsEnabled=True), "InvalidParameter", words=ATTRIBUTES),
    Refuses("later, where the vpc lacks the attributes", PRECONDITIONS, "modify_vpc_endpoint", in_a_deaf_vpc,
            "InvalidParameter", words=ATTRIBUTES),
    Refuses("at creation, where another endpoint holds the name", CONFLICTING, "create_vpc_endpoint", conflicting,
            "InvalidParameter", words=CONFLICT),
    Refuses("later, where another endpoint holds the name", CONFLICTING, "modify_vpc_endpoint", conflicting_later,
            "InvalidParameter", words=CONFLICT),
]  # fmt: skip


@cases(REFUSED)
def test_refused(case: Case, scene: Scene) -> None:
    show(case, scene)


def switched_on(s: Scene) -> list[str]:
    """The names an endpoint gains by private DNS."""
    endpoint = s.ready()
    before = s.names(endpoint)
    s.modified(endpoint, PrivateDnsEnabled=True)
    return [name for name in s.names(endpoint) if name not in before]


def switched_off(s: Scene) -> list[str]:
    """The names an endpoint keeps when private DNS is switched off."""
    endpoint = s.ready(PrivateDnsEnabled=True)
    s.modified(endpoint, PrivateDnsEnabled=False)
    return s.names(endpoint)


def in_two_vpcs(s: Scene) -> list[bool]:
    there = {"VpcId": s.there.vpc, "SubnetIds": s.offered(s.there)[:1], "SecurityGroupIds": [s.there.group]}
    made = [s.create(PrivateDnsEnabled=True), s.create(**there, PrivateDnsEnabled=True)]
    return [one["PrivateDnsEnabled"] for one in made]


GIVEN = [
    Shows("the service's own name, once it is on", at.DNS_NAMES, switched_on, lambda s: [s.private_name]),
    Shows("the name last, after AWS's own", at.cli("describe-vpc-endpoints"),
          lambda s: s.names(s.ready(PrivateDnsEnabled=True))[-1], lambda s: s.private_name),
    Shows("the flag, in the answer and after", at.api("VpcEndpoint"),
          lambda s: s.described(s.ready(PrivateDnsEnabled=True))["PrivateDnsEnabled"], True),
    Shows("the name gone again, once it is off", at.DNS_NAMES,
          lambda s: s.private_name in switched_off(s), False),
    Shows("the name in each of two vpcs", at.DNS_NAMES, in_two_vpcs, [True, True]),
]  # fmt: skip


@cases(GIVEN)
def test_given(case: Case, scene: Scene) -> None:
    show(case, scene)


def taken(s: Scene) -> bool:
    """Whether another endpoint may not have the name."""
    try:
        s.create(PrivateDnsEnabled=True)
    except ClientError as refused:
        return CONFLICT in str(refused)
    return False


def after_deletion(s: Scene) -> bool:
    """Whether the name is taken right after its endpoint was deleted. In the end it is not."""
    s.ec2.delete_vpc_endpoints(VpcEndpointIds=[s.ready(PrivateDnsEnabled=True)])
    at_first = taken(s)
    s.target.until(lambda: not taken(s))
    return at_first


def unaccepted(s: Scene) -> Scene:
    s.inside.acceptance_required = True
    return s


def waiting(s: Scene) -> dict[str, Any]:
    return {"VpcEndpointId": unaccepted(s).create()["VpcEndpointId"], "PrivateDnsEnabled": True}


def nameless(s: Scene) -> dict[str, Any]:
    s.inside.private_dns_name = ""
    return s.request(PrivateDnsEnabled=True)


def unverified(s: Scene) -> dict[str, Any]:
    s.inside.verification = s.inside.clock.line("pendingVerification")
    return s.request(PrivateDnsEnabled=True)


FIRST_ACCEPTED = (
    "Private DNS can only be enabled after the endpoint connection is accepted by the owner of com.amazonaws."
)
IN_TIME = [
    Shows("the name still taken, right after its endpoint was deleted", CONFLICTING, after_deletion, True),
    Refuses("before the connection is accepted, at creation", NOT_ACCEPTED, "create_vpc_endpoint",
            lambda s: unaccepted(s).request(PrivateDnsEnabled=True), "InvalidParameter", words=FIRST_ACCEPTED,
            needs=Need.FATE),
    Refuses("before the connection is accepted, later", NOT_ACCEPTED, "modify_vpc_endpoint", waiting,
            "InvalidParameter", words=FIRST_ACCEPTED, needs=Need.FATE),
    Refuses("where the service has no name", at.issue("vespa-engine/vespa", 33303), "create_vpc_endpoint", nameless,
            "InvalidParameter", words="does not provide a private DNS name.", needs=Need.FATE),
    Refuses("before the name is verified", at.api("ServiceDetail"), "create_vpc_endpoint", unverified,
            "InvalidParameter", words="has not verified the private DNS name.", needs=Need.FATE),
]  # fmt: skip


@cases(IN_TIME)
def test_in_time(case: Case, slow: Scene) -> None:
    show(case, slow)
