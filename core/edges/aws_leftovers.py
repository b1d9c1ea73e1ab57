"""What a link leaves in EC2, found again by tag or id and taken away: one call each, in a thread."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from core.edges import aws_facts as facts
from core.facts import GroupUse, Interface, SecurityGroup, VpcEndpoint
from core.values import MANAGED_BY, SERVICE_TAG, EndpointId, EndpointServiceName, GroupId, ServiceId

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef

_PAGE: Any = {"PageSize": 1000}


def _only(name: str, values: Collection[str]) -> "list[FilterTypeDef]":
    return [{"Name": name, "Values": list(values)}]


def _tagged(service: ServiceId) -> "list[FilterTypeDef]":
    key, value = MANAGED_BY
    return [{"Name": f"tag:{SERVICE_TAG}", "Values": [service]}, {"Name": f"tag:{key}", "Values": [value]}]


def endpoints(
    ec2: "EC2Client", service: ServiceId, ids: Collection[EndpointId], to: EndpointServiceName | None
) -> tuple[VpcEndpoint, ...]:
    """Several filters are an and; wanted is an or, so each is asked by itself. An id that is gone is not listed."""
    asked = [_tagged(service)]
    asked += [_only("vpc-endpoint-id", ids)] if ids else []
    asked += [_only("service-name", [to])] if to else []
    found: dict[str, VpcEndpoint] = {}
    for wanted in asked:
        pages = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=wanted, PaginationConfig=_PAGE)
        found |= {each.id: each for page in pages for each in map(facts.endpoint, page["VpcEndpoints"])}
    return tuple(found[each] for each in sorted(found))


def groups(ec2: "EC2Client", service: ServiceId, ids: Collection[GroupId]) -> tuple[SecurityGroup, ...]:
    found: dict[str, SecurityGroup] = {}
    for wanted in [_tagged(service), *([_only("group-id", ids)] if ids else [])]:
        found |= {each.id: each for each in _groups(ec2, wanted)}
    return tuple(found[each] for each in sorted(found))


def _groups(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> list[SecurityGroup]:
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=wanted, PaginationConfig=_PAGE)
    return [facts.group(each) for page in pages for each in page["SecurityGroups"]]


def interfaces(ec2: "EC2Client", endpoint: EndpointId) -> tuple[Interface, ...]:
    """By what AWS writes into their description: that outlives the endpoint."""
    return _interfaces(ec2, _only("description", [f"VPC Endpoint Interface {endpoint}"]))


def group_use(ec2: "EC2Client", group: GroupId) -> GroupUse:
    by = ("ip-permission.group-id", "egress.ip-permission.group-id")
    others = {each.id for name in by for each in _groups(ec2, _only(name, [group]))} - {group}
    return GroupUse(_interfaces(ec2, _only("group-id", [group])), tuple(sorted(others)))


def _interfaces(ec2: "EC2Client", wanted: "list[FilterTypeDef]") -> tuple[Interface, ...]:
    pages = ec2.get_paginator("describe_network_interfaces").paginate(Filters=wanted, PaginationConfig=_PAGE)
    return tuple(facts.interface(each) for page in pages for each in page["NetworkInterfaces"])


def delete_endpoint(ec2: "EC2Client", endpoint: EndpointId) -> None:
    """This call answers 200 even when nothing was deleted; what went wrong stands in the answer."""
    answer = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    for failed in answer.get("Unsuccessful", []):
        from botocore.exceptions import ClientError

        refusal: Any = {"Error": failed.get("Error", {}), "ResponseMetadata": answer.get("ResponseMetadata", {})}
        raise ClientError(refusal, "DeleteVpcEndpoints")


def delete_group(ec2: "EC2Client", group: GroupId) -> None:
    ec2.delete_security_group(GroupId=group)
