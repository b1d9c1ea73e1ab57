"""EC2 of one account and region, as `core.world.Aws` asks for it.

Lists are read page by page with a page size: without one, EC2 counts the call against a smaller allowance.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from core.edges import aws_facts as facts
from core.edges import aws_leftovers as leftovers
from core.edges.aws_errors import Doing
from core.edges.aws_session import AwsDoor
from core.edges.route53 import private_zones
from core.facts import (
    EndpointService,
    GroupUse,
    Instance,
    Interface,
    Network,
    NetworkAcl,
    PrefixList,
    PrivateZone,
    RouteTable,
    SecurityGroup,
    Subnet,
    Vpc,
    VpcDns,
    VpcEndpoint,
    Zone,
)
from core.policy import ASSOCIATE_ZONE, allowing
from core.problems import Conflict, NotAllowed, NotFound, NotSignedIn, NotYet, Problem, Usage
from core.values import Cidr, EndpointId, EndpointServiceName, GroupId, Region, ServiceId, VpcId
from core.world import EndpointRequest, RuleRequest, Tags

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.literals import ResourceTypeType
    from mypy_boto3_ec2.type_defs import FilterTypeDef, IpPermissionTypeDef, TagSpecificationTypeDef

T = TypeVar("T")

PRIVATE_DNS_LIMIT = 30.0
"""Seconds. The call hangs where the right to associate a VPC with a hosted zone is missing."""

_PRIVATE_DNS_PAUSE = (
    f"Look whether private DNS is on now. If it never is, the right {ASSOCIATE_ZONE} is probably missing: without"
    " it this call hangs. Ask for it, with the policy that is ready to paste; then try again."
)

_PAGE: Any = {"PageSize": 1000}
_ROUTE_TABLE_PAGE: Any = {"PageSize": 100}  # AWS takes no more for these
_PREFIX_LIST_PAGE: Any = {"PageSize": 100}

_NOT_YET = ("aws.InvalidServiceName", "aws.Unavailable", "aws.ServiceUnavailable")
"""What CreateVpcEndpoint answers for some minutes after an endpoint service was made or an account admitted."""

_VPC_SWITCHES = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}


class Ec2:
    """`core.world.Aws` over boto3."""

    def __init__(self, door: AwsDoor, region: Region) -> None:
        self._door = door
        self._region = region

    async def _read(self, action: str, use: "Callable[[EC2Client], T]") -> T:
        return await self._door.ec2(Doing(f"ec2:{action}", self._region), use)

    async def _if_allowed(self, action: str, use: "Callable[[EC2Client], T]") -> T | None:
        """None without the right to it, or when it is not there: for what only tells more."""
        try:
            return await self._read(action, use)
        except (NotAllowed, NotFound):
            return None

    async def _change(
        self,
        action: str,
        use: "Callable[[EC2Client], T]",
        limit: float | None = None,
        pause: str = "",
        paste: str = "",
    ) -> T:
        doing = Doing(f"ec2:{action}", self._region, changes=True, pause=pause, paste=paste)
        return await self._door.ec2(doing, use, limit)

    # ---------------------------------------------------------------------------------------- reads

    async def zones(self) -> tuple[Zone, ...]:
        return await self._read("DescribeAvailabilityZones", _zones)

    async def vpcs(self) -> tuple[Vpc, ...]:
        return await self._read("DescribeVpcs", _vpcs)

    async def vpc_dns(self, vpc: VpcId) -> VpcDns:
        async with _together() as group:
            support = group.create_task(self._read("DescribeVpcAttribute", lambda ec2: _dns_support(ec2, vpc)))
            hostnames = group.create_task(self._read("DescribeVpcAttribute", lambda ec2: _dns_hostnames(ec2, vpc)))
        return VpcDns(support.result(), hostnames.result())

    async def network(self, vpc: VpcId) -> Network:
        await self._door.sign_in()  # before many calls would each ask for the same code
        async with _together() as group:
            itself = group.create_task(self._read("DescribeVpcs", lambda ec2: _vpc(ec2, vpc)))
            dns = group.create_task(self.vpc_dns(vpc))
            subnets = group.create_task(self._read("DescribeSubnets", lambda ec2: _subnets(ec2, vpc)))
            tables = group.create_task(self._read("DescribeRouteTables", lambda ec2: _route_tables(ec2, vpc)))
            instances = group.create_task(self._read("DescribeInstances", lambda ec2: _instances(ec2, vpc)))
            groups = group.create_task(self.groups(vpc))
            endpoints = group.create_task(self._read("DescribeVpcEndpoints", lambda ec2: _endpoints(ec2, vpc)))
            acls = group.create_task(self._if_allowed("DescribeNetworkAcls", lambda ec2: _acls(ec2, vpc)))
            interfaces = group.create_task(
                self._if_allowed("DescribeNetworkInterfaces", lambda ec2: _interfaces(ec2, vpc))
            )
        return Network(
            itself.result(),
            dns.result(),
            subnets.result(),
            tables.result(),
            instances.result(),
            groups.result(),
            endpoints.result(),
            acls.result(),
            interfaces.result(),
        )

    async def prefix_lists(self) -> tuple[PrefixList, ...]:
        return await self._read("DescribeManagedPrefixLists", _prefix_lists)

    async def prefix_list_entries(self, ids: Iterable[str]) -> Mapping[str, tuple[Cidr, ...]]:
        async with _together() as group:
            reads = {one: group.create_task(self._entries(one)) for one in ids}
        return {one: found for one, read in reads.items() if (found := read.result()) is not None}

    async def _entries(self, prefix_list: str) -> tuple[Cidr, ...] | None:
        return await self._if_allowed("GetManagedPrefixListEntries", lambda ec2: _entries(ec2, prefix_list))

    async def private_zones(self, vpc: VpcId) -> tuple[PrivateZone, ...] | None:
        return await private_zones(self._door, self._region, vpc)

    async def groups_in_region(self) -> int | None:
        try:
            return await self._read("DescribeSecurityGroups", _groups_in_region)
        except NotSignedIn:
            raise
        except Problem:
            return None

    async def groups(self, vpc: VpcId) -> tuple[SecurityGroup, ...]:
        return await self._read("DescribeSecurityGroups", lambda ec2: _groups(ec2, vpc))

    async def endpoint_service(self, name: EndpointServiceName) -> EndpointService | None:
        try:
            return await self._read("DescribeVpcEndpointServices", lambda ec2: _endpoint_service(ec2, name))
        except NotFound as problem:
            if problem.code != "aws.InvalidServiceName":
                raise
        return None

    async def endpoints(self, vpc: VpcId, service: EndpointServiceName) -> tuple[VpcEndpoint, ...]:
        return await self._read("DescribeVpcEndpoints", lambda ec2: _endpoints(ec2, vpc, service))

    async def find_endpoints(
        self, service: ServiceId, ids: Collection[EndpointId], to: EndpointServiceName | None
    ) -> tuple[VpcEndpoint, ...]:
        return await self._read("DescribeVpcEndpoints", lambda ec2: leftovers.endpoints(ec2, service, ids, to))

    async def find_groups(self, service: ServiceId, ids: Collection[GroupId]) -> tuple[SecurityGroup, ...]:
        return await self._read("DescribeSecurityGroups", lambda ec2: leftovers.groups(ec2, service, ids))

    async def interfaces(self, endpoint: EndpointId) -> tuple[Interface, ...]:
        return await self._read("DescribeNetworkInterfaces", lambda ec2: leftovers.interfaces(ec2, endpoint))

    async def group_use(self, group: GroupId) -> GroupUse:
        return await self._read("DescribeNetworkInterfaces", lambda ec2: leftovers.group_use(ec2, group))

    # -------------------------------------------------------------------------------------- changes

    async def create_group(self, vpc: VpcId, name: str, description: str, tags: Tags) -> GroupId:
        def use(ec2: "EC2Client") -> GroupId:
            tagged = _tagged("security-group", tags)
            answer = ec2.create_security_group(
                GroupName=name, Description=description, VpcId=vpc, TagSpecifications=tagged
            )
            return GroupId(answer["GroupId"])

        return await self._change("CreateSecurityGroup", use)

    async def authorize(self, group: GroupId, rules: Sequence[RuleRequest], tags: Tags) -> None:
        """All rules in one call, which takes all or none; where one is there already, one by one."""
        if rules and not await self._authorize(group, rules, tags) and len(rules) > 1:
            for rule in rules:
                await self._authorize(group, [rule], tags)

    async def _authorize(self, group: GroupId, rules: Sequence[RuleRequest], tags: Tags) -> bool:
        """Whether they were added; False when one of them is there already."""
        try:
            await self._change(
                "AuthorizeSecurityGroupIngress",
                lambda ec2: ec2.authorize_security_group_ingress(
                    GroupId=group,
                    IpPermissions=[_permission(rule) for rule in rules],
                    TagSpecifications=_tagged("security-group-rule", tags),
                ),
            )
        except Conflict as problem:
            if problem.code != "aws.InvalidPermission.Duplicate":
                raise
            return False
        return True

    async def enable_vpc_dns(self, vpc: VpcId, attribute: str) -> None:
        if attribute not in _VPC_SWITCHES:
            raise Usage("vpc.no-such-attribute", f"A VPC has no DNS attribute {attribute}.")
        switched: Any = {_VPC_SWITCHES[attribute]: {"Value": True}}
        await self._change("ModifyVpcAttribute", lambda ec2: ec2.modify_vpc_attribute(VpcId=vpc, **switched))

    async def create_endpoint(self, request: EndpointRequest) -> EndpointId:
        try:
            answer = await self._change("CreateVpcEndpoint", lambda ec2: _create_endpoint(ec2, request))
        except Problem as problem:
            if problem.code not in _NOT_YET:
                raise
            early = problem
        else:
            return EndpointId(answer)
        raise NotYet(
            early.code,
            "The endpoint service is not usable yet.",
            cause=f"Expected for some minutes after SkySQL made it or admitted the account. {early.cause}",
            remedy="Wait: it is asked again. After ten minutes, compare the account with those SkySQL allows.",
            request_id=early.request_id,
            page="accounts",
        )

    async def enable_private_dns(self, endpoint: EndpointId) -> None:
        await self._change(
            "ModifyVpcEndpoint",
            lambda ec2: ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, PrivateDnsEnabled=True),
            limit=PRIVATE_DNS_LIMIT,
            pause=_PRIVATE_DNS_PAUSE,
            paste=allowing([ASSOCIATE_ZONE]),
        )

    async def delete_endpoint(self, endpoint: EndpointId) -> None:
        with suppress(NotFound):
            await self._change("DeleteVpcEndpoints", lambda ec2: leftovers.delete_endpoint(ec2, endpoint))

    async def delete_group(self, group: GroupId) -> None:
        with suppress(NotFound):
            await self._change("DeleteSecurityGroup", lambda ec2: leftovers.delete_group(ec2, group))


@asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """Calls at the same time; the first Problem ends the others and is raised as itself, not as a group."""
    problems: list[BaseException] = []
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except* Problem as several:
        problems.extend(several.exceptions)
    if problems:
        raise problems[0]


# ------------------------------------------------------------------------------ one call each, in a thread


def _where(**equal: str) -> "list[FilterTypeDef]":
    return [{"Name": name.replace("_", "-"), "Values": value.split(",")} for name, value in equal.items()]


def _zones(ec2: "EC2Client") -> tuple[Zone, ...]:
    answer = ec2.describe_availability_zones(Filters=_where(zone_type="availability-zone"))
    return tuple(facts.zone(found) for found in answer["AvailabilityZones"])


def _vpcs(ec2: "EC2Client") -> tuple[Vpc, ...]:
    pages = ec2.get_paginator("describe_vpcs").paginate(PaginationConfig=_PAGE)
    return tuple(facts.vpc(found) for page in pages for found in page["Vpcs"])


def _vpc(ec2: "EC2Client", vpc: VpcId) -> Vpc:
    for found in ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]:
        return facts.vpc(found)
    raise NotFound(
        "aws.InvalidVpcID.NotFound", f"AWS knows no VPC {vpc} here.", remedy="Choose another VPC.", page="network"
    )


def _dns_support(ec2: "EC2Client", vpc: VpcId) -> bool:
    answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsSupport")
    return answer["EnableDnsSupport"].get("Value", False)


def _dns_hostnames(ec2: "EC2Client", vpc: VpcId) -> bool:
    answer = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    return answer["EnableDnsHostnames"].get("Value", False)


def _subnets(ec2: "EC2Client", vpc: VpcId) -> tuple[Subnet, ...]:
    pages = ec2.get_paginator("describe_subnets").paginate(Filters=_where(vpc_id=vpc), PaginationConfig=_PAGE)
    return tuple(facts.subnet(found) for page in pages for found in page["Subnets"])


def _route_tables(ec2: "EC2Client", vpc: VpcId) -> tuple[RouteTable, ...]:
    pages = ec2.get_paginator("describe_route_tables").paginate(
        Filters=_where(vpc_id=vpc), PaginationConfig=_ROUTE_TABLE_PAGE
    )
    return tuple(facts.route_table(found) for page in pages for found in page["RouteTables"])


def _instances(ec2: "EC2Client", vpc: VpcId) -> tuple[Instance, ...]:
    pages = ec2.get_paginator("describe_instances").paginate(
        Filters=_where(vpc_id=vpc, instance_state_name="running,pending"), PaginationConfig=_PAGE
    )
    reservations = (reservation for page in pages for reservation in page["Reservations"])
    return tuple(facts.instance(found) for each in reservations for found in each.get("Instances", []))


def _groups(ec2: "EC2Client", vpc: VpcId) -> tuple[SecurityGroup, ...]:
    pages = ec2.get_paginator("describe_security_groups").paginate(Filters=_where(vpc_id=vpc), PaginationConfig=_PAGE)
    return tuple(facts.group(found) for page in pages for found in page["SecurityGroups"])


def _groups_in_region(ec2: "EC2Client") -> int:
    pages = ec2.get_paginator("describe_security_groups").paginate(PaginationConfig=_PAGE)
    return sum(len(page["SecurityGroups"]) for page in pages)


def _prefix_lists(ec2: "EC2Client") -> tuple[PrefixList, ...]:
    pages = ec2.get_paginator("describe_managed_prefix_lists").paginate(PaginationConfig=_PREFIX_LIST_PAGE)
    lists = (found for page in pages for found in page["PrefixLists"])
    # create-complete, modify-complete, restore-complete: the others cannot be referred to (yet).
    return tuple(facts.prefix_list(each) for each in lists if str(each.get("State", "-complete")).endswith("-complete"))


def _entries(ec2: "EC2Client", prefix_list: str) -> tuple[Cidr, ...]:
    pages = ec2.get_paginator("get_managed_prefix_list_entries").paginate(
        PrefixListId=prefix_list, PaginationConfig=_PREFIX_LIST_PAGE
    )
    return tuple(Cidr(found.get("Cidr", "")) for page in pages for found in page["Entries"])


def _acls(ec2: "EC2Client", vpc: VpcId) -> tuple[NetworkAcl, ...]:
    pages = ec2.get_paginator("describe_network_acls").paginate(Filters=_where(vpc_id=vpc), PaginationConfig=_PAGE)
    return tuple(facts.acl(found) for page in pages for found in page["NetworkAcls"])


def _interfaces(ec2: "EC2Client", vpc: VpcId) -> tuple[Interface, ...]:
    pages = ec2.get_paginator("describe_network_interfaces").paginate(
        Filters=_where(vpc_id=vpc), PaginationConfig=_PAGE
    )
    return tuple(facts.interface(found) for page in pages for found in page["NetworkInterfaces"])


def _endpoint_service(ec2: "EC2Client", name: EndpointServiceName) -> EndpointService | None:
    details = ec2.describe_vpc_endpoint_services(ServiceNames=[name]).get("ServiceDetails", [])
    return next((facts.endpoint_service(found) for found in details if found.get("ServiceName") == name), None)


def _endpoints(ec2: "EC2Client", vpc: VpcId, service: EndpointServiceName | None = None) -> tuple[VpcEndpoint, ...]:
    kinds = "Interface,GatewayLoadBalancer"  # which share a quota; gateway endpoints are routes and have another
    wanted = _where(vpc_id=vpc, service_name=service) if service else _where(vpc_id=vpc, vpc_endpoint_type=kinds)
    pages = ec2.get_paginator("describe_vpc_endpoints").paginate(Filters=wanted, PaginationConfig=_PAGE)
    return tuple(facts.endpoint(found) for page in pages for found in page["VpcEndpoints"])


def _create_endpoint(ec2: "EC2Client", request: EndpointRequest) -> str:
    answer = ec2.create_vpc_endpoint(
        VpcEndpointType="Interface",  # AWS's default is Gateway
        VpcId=request.vpc,
        ServiceName=request.service,
        SubnetIds=list(request.subnets),
        SecurityGroupIds=list(request.groups),
        IpAddressType="ipv4",
        PrivateDnsEnabled=False,  # said, not left out: the default depends on the service
        ClientToken=request.token,
        TagSpecifications=_tagged("vpc-endpoint", request.tags),
    )
    return answer["VpcEndpoint"].get("VpcEndpointId", "")


def _tagged(kind: "ResourceTypeType", tags: Tags) -> "list[TagSpecificationTypeDef]":
    if not tags:
        return []
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags]}]


_SOURCES = (("sg-", "UserIdGroupPairs", "GroupId"), ("pl-", "PrefixListIds", "PrefixListId"))


def _permission(rule: RuleRequest) -> "IpPermissionTypeDef":
    kind, key = next(
        ((kind, key) for start, kind, key in _SOURCES if rule.source.startswith(start)),
        ("Ipv6Ranges", "CidrIpv6") if ":" in rule.source else ("IpRanges", "CidrIp"),
    )
    source = {key: rule.source, **({"Description": rule.description} if rule.description else {})}
    made: Any = {"IpProtocol": "tcp", "FromPort": rule.port, "ToPort": rule.port, kind: [source]}
    return made  # type: ignore[no-any-return]
