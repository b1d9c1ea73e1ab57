"""What time does to an endpoint, and to what hangs on it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Need, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import GONE, Scene
from tests.sandbox.stage import US

UNAVAILABLE = at.issue("aws/aws-sdk-go-v2", 2254)


def coming(s: Scene) -> list[str]:
    made = s.create()
    return [made["State"].lower(), *s.passing(made["VpcEndpointId"], "available")]


def changing(s: Scene) -> list[str]:
    endpoint = s.ready()
    s.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddSubnetIds=s.fitting[1:])
    return s.passing(endpoint, "available")


def going(s: Scene) -> list[str]:
    endpoint = s.ready()
    s.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    seen = s.passing(endpoint, GONE)
    return [state for state in seen if state != "deleted"]  # listed for a while, or not


def held(s: Scene) -> dict[str, Any]:
    """A group of an endpoint that is being deleted."""
    group = s.group()
    s.ec2.delete_vpc_endpoints(VpcEndpointIds=[s.ready(SecurityGroupIds=[group])])
    return {"GroupId": group}


def let_go(s: Scene) -> bool:
    """Whether the group can be deleted in the end."""
    group = held(s)["GroupId"]
    s.target.until(lambda: s.target.gone(group))
    return True


def interfaces_after(s: Scene) -> list[str]:
    endpoint = s.ready()
    ids = s.described(endpoint)["NetworkInterfaceIds"]
    s.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    s.passing(endpoint, GONE)
    filters = [{"Name": "network-interface-id", "Values": ids}]
    return [
        one["NetworkInterfaceId"] for one in s.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    ]


def free(s: Scene) -> int:
    return int(s.ec2.describe_subnets(SubnetIds=s.fitting[:1])["Subnets"][0]["AvailableIpAddressCount"])


def addresses(s: Scene) -> list[int]:
    """How many addresses an endpoint takes from its subnet: while it stands, and after."""
    before = free(s)
    endpoint = s.ready()
    during = free(s)
    s.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    s.passing(endpoint, GONE)
    return [before - during, before - free(s)]


def token_after(s: Scene) -> bool:
    """Whether a token answers an endpoint that is gone."""
    token = s.name("token")
    first = s.create(ClientToken=token)["VpcEndpointId"]
    s.ec2.delete_vpc_endpoints(VpcEndpointIds=[s.available(first)])
    s.passing(first, GONE)
    return bool(s.create(ClientToken=token)["State"].lower() == "gone")


OVER_TIME = [
    Shows("pending, then available", at.CONCEPTS, coming, ["pending", "pending", "available"]),
    Shows("pending again after a change", at.CONCEPTS, changing, ["pending", "available"]),
    Shows("deleting, then not found", at.STATES, going, ["deleting", GONE]),
    Refuses("to delete its group while it is being deleted", at.issue("lianghong/delete_vpc", 10),
            "delete_security_group", held, "DependencyViolation", words="has a dependent object"),
    Shows("that its group can be deleted in the end", at.api("DeleteSecurityGroup"), let_go, True),
    Shows("its interfaces gone with it", at.api("DeleteVpcEndpoints"), interfaces_after, []),
    Shows("an address of the subnet taken, and given back", at.api("CreateVpcEndpoint"), addresses, [1, 0]),
    Shows("no token that answers what is gone", at.IDEMPOTENCY, token_after, False),
]  # fmt: skip


def fresh(s: Scene) -> list[str]:
    """What CreateVpcEndpoint answers in the first moments of an endpoint service: codes, then a state."""
    service = s.provider.launch()
    s.target.until(lambda: s.provider.service(service)["status"] == "ready")
    s.provider.patch(service, "privateconnect", US)
    s.target.until(lambda: bool(s.provider.service(service)["endpoints"][0]["endpoint_service"]))
    seen: list[str] = []

    def create() -> bool:
        try:
            answer = str(s.create(ServiceName=s.provider.endpoint_service(service), SubnetIds=[])["State"]).lower()
        except ClientError as refused:
            answer = f"{refused.response['Error']['Code']} {refused.response['ResponseMetadata']['HTTPStatusCode']}"
        if answer not in seen:
            seen.append(answer)
        return answer == "pending"

    s.target.until(create)
    return seen


def expelled(s: Scene) -> list[str]:
    """The account is taken off the list: the endpoint it has, and the look-up of the service."""
    endpoint = s.ready()
    assert s.provider.patch("dbpgf00000003", "privateconnect", "210987654321").is_success
    s.target.until(lambda: s.provider.service("dbpgf00000003")["status"] == "ready")
    return [s.state(endpoint), looked_up(s)]


def looked_up(s: Scene) -> str:
    try:
        s.ec2.describe_vpc_endpoint_services(ServiceNames=[s.service])
    except ClientError as refused:
        return str(refused.response["Error"]["Code"])
    return "found"


def withdrawn(s: Scene) -> list[str]:
    """The service is taken back by its provider: the endpoint, and what becomes of it when it is deleted."""
    endpoint = s.ready()
    assert s.provider.patch("dbpgf00000003", "nlb").is_success
    rejected = s.state(endpoint)
    assert s.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    return [rejected, looked_up(s), s.passing(endpoint, GONE)[-1]]


def unaccepted(s: Scene) -> str:
    s.inside.acceptance_required = True
    endpoint = s.create()
    for _ in range(100):
        s.target.pause()
    return f"{endpoint['State']} {s.described(endpoint['VpcEndpointId'])['State']}"


BY_THE_PROVIDER = [
    Shows("a fresh service not found, then unavailable, then there", UNAVAILABLE, fresh,
          ["InvalidServiceName 400", "Unavailable 503", "pending"], needs=Need.PROVIDER),
    Shows("an endpoint that stays when its account is taken off the list", at.CONCEPTS, expelled,
          ["available", "InvalidServiceName"], needs=Need.PROVIDER),
    Shows("an endpoint rejected when its service goes, and still to be deleted", at.CONCEPTS, withdrawn,
          ["rejected", "InvalidServiceName", GONE], needs=Need.PROVIDER),
    Shows("an endpoint that waits to be accepted", at.CONCEPTS, unaccepted, "pendingAcceptance pendingAcceptance",
          needs=Need.FATE),
]  # fmt: skip


@cases([*OVER_TIME, *BY_THE_PROVIDER])
def test_in_time(case: Case, slow: Scene) -> None:
    show(case, slow)
