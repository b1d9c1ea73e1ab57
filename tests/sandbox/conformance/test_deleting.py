"""DeleteVpcEndpoints and DeleteSecurityGroup, and what an endpoint keeps from being deleted."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Need, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import GONE, Scene
from tests.sandbox.conformance.test_creating import NO_GROUP
from tests.sandbox.conformance.test_modifying import NO_ENDPOINT

DELETE = at.api("DeleteVpcEndpoints")
DELETE_GROUP = at.api("DeleteSecurityGroup")


def delete(s: Scene, *endpoints: str) -> list[tuple[str, str]]:
    """Delete endpoints. Returns those that could not be, and why."""
    answer = s.ec2.delete_vpc_endpoints(VpcEndpointIds=list(endpoints))
    return [(one["ResourceId"], one["Error"]["Code"]) for one in answer["Unsuccessful"]]


def one_of_two(s: Scene) -> list[Any]:
    """What is answered for an endpoint and an id nothing has, and what becomes of the endpoint."""
    endpoint = s.ready()
    return [*delete(s, endpoint, NO_ENDPOINT), s.passing(endpoint, GONE)[-1]]


def twice(s: Scene) -> list[tuple[str, str]]:
    endpoint = s.ready()
    delete(s, endpoint)
    s.passing(endpoint, GONE)
    return [(code, "") for _, code in delete(s, endpoint)]


def default_group(s: Scene) -> str:
    filters = [{"Name": "vpc-id", "Values": [s.here.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    return str(s.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"])


def group_named(s: Scene, name: str) -> str:
    filters = [{"Name": "group-name", "Values": [name]}]
    return str(s.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"])


def referred_to(s: Scene) -> str:
    """A group that a rule of another names."""
    group = s.group()
    pair = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [{"GroupId": group}]}
    s.ec2.authorize_security_group_ingress(GroupId=s.group(), IpPermissions=[pair])
    return group


def interface(s: Scene) -> str:
    return str(s.described(s.standing)["NetworkInterfaceIds"][0])


REFUSED = [
    Refuses("a group that an endpoint wears", DELETE_GROUP, "delete_security_group",
            lambda s: {"GroupId": s.described(s.standing)["Groups"][0]["GroupId"]}, "DependencyViolation",
            words="has a dependent object"),
    Refuses("a group that another group's rule names", DELETE_GROUP, "delete_security_group",
            lambda s: {"GroupId": referred_to(s)}, "DependencyViolation"),
    Refuses("a group an instance wears", DELETE_GROUP, "delete_security_group",
            lambda s: {"GroupId": group_named(s, "bastion")}, "DependencyViolation", needs=Need.SEED),
    Refuses("the default group", at.ERRORS, "delete_security_group", lambda s: {"GroupId": default_group(s)},
            "CannotDelete"),
    Refuses("no such group", at.ERRORS, "delete_security_group", {"GroupId": NO_GROUP}, "InvalidGroup.NotFound",
            words=NO_GROUP),
    Refuses("no group at all", at.ERRORS, "delete_security_group", {}, "MissingParameter"),
    Refuses("a group of another vpc than the default one, by name", at.issue("aws/aws-cli", 5082),
            "delete_security_group", {"GroupName": "link"}, "InvalidGroup.NotFound|VPCIdNotSpecified"),
    Refuses("a group id that is none", at.ERRORS, "delete_security_group", {"GroupId": "sg-xyz"},
            "InvalidGroupId.Malformed"),
    Refuses("an endpoint's interface, by hand", at.ERRORS, "delete_network_interface",
            lambda s: {"NetworkInterfaceId": interface(s)}, "InvalidParameterValue|InvalidNetworkInterface.InUse"),
    Refuses("a subnet an endpoint is in", at.ERRORS, "delete_subnet",
            lambda s: {"SubnetId": s.described(s.standing)["SubnetIds"][0]}, "DependencyViolation"),
    Refuses("a vpc that has endpoints", at.ERRORS, "delete_vpc",
            lambda s: {"VpcId": s.described(s.standing)["VpcId"]}, "DependencyViolation"),
]  # fmt: skip

DELETED = [
    Shows("nothing said of what is deleted", DELETE, lambda s: delete(s, s.ready()), []),
    Shows("what could not be, beside what is", DELETE, one_of_two,
          [(NO_ENDPOINT, "InvalidVpcEndpoint.NotFound"), GONE]),
    Shows("not found, the second time", at.ERRORS, twice, [("InvalidVpcEndpoint.NotFound", "")]),
    Shows("an unknown id without an error", DELETE, lambda s: delete(s, NO_ENDPOINT),
          [(NO_ENDPOINT, "InvalidVpcEndpoint.NotFound")]),
]  # fmt: skip


@cases(REFUSED)
def test_refused(case: Case, scene: Scene) -> None:
    show(case, scene)


@cases(DELETED)
def test_deleted(case: Case, scene: Scene) -> None:
    show(case, scene)
