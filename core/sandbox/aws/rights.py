"""What a call needs: which actions IAM is asked about, on which resources and with which condition keys.

After the Service Authorization Reference, in full for what the two sides of a PrivateLink connection call. Of other
changes the resource is not known here (`Asked.exact`): policies decide on them by action alone. Resources are taken to
be the caller's own, shared ones too.

Condition keys supplied: aws:PrincipalAccount, aws:PrincipalArn, aws:username (`identity`), aws:RequestedRegion,
ec2:Region, ec2:CreateAction, aws:RequestTag/…, aws:TagKeys, ec2:VpceServiceName and ec2:VpceServiceOwner of an endpoint
to be made, and what `attributes` tells of resources that exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.sandbox.aws.policies import Asked, Context

NEW = "*"
_BY_ID = ""
_READING = ("Describe", "Get", "List", "Search")

_GROUP = (("security-group", "GroupId"),)
_ENDPOINT_SERVICE = (("vpc-endpoint-service", "ServiceId"),)
_RESOURCES: dict[str, tuple[tuple[str, str], ...]] = {  # EC2's action -> kinds of resource, and the parameter with ids
    "AcceptVpcEndpointConnections": _ENDPOINT_SERVICE,
    "AuthorizeSecurityGroupEgress": _GROUP,
    "AuthorizeSecurityGroupIngress": _GROUP,
    "CreateSecurityGroup": (("security-group", NEW), ("vpc", "VpcId")),
    "CreateSubnet": (("subnet", NEW), ("vpc", "VpcId")),
    "CreateTags": ((_BY_ID, "Resources"),),
    "CreateVpc": (("vpc", NEW),),
    "CreateVpcEndpoint": (
        ("vpc", "VpcId"),
        ("vpc-endpoint", NEW),
        ("subnet", "SubnetIds"),
        ("security-group", "SecurityGroupIds"),
        ("route-table", "RouteTableIds"),
    ),
    "DeleteSecurityGroup": _GROUP,
    "DeleteSubnet": (("subnet", "SubnetId"),),
    "DeleteTags": ((_BY_ID, "Resources"),),
    "DeleteVpc": (("vpc", "VpcId"),),
    "DeleteVpcEndpoints": (("vpc-endpoint", "VpcEndpointIds"),),
    "DescribeVpcAttribute": (("vpc", "VpcId"),),
    "DescribeVpcEndpointServicePermissions": _ENDPOINT_SERVICE,
    "ModifyVpcAttribute": (("vpc", "VpcId"),),
    "ModifyVpcEndpoint": (
        ("vpc-endpoint", "VpcEndpointId"),
        ("subnet", "AddSubnetIds"),
        ("subnet", "RemoveSubnetIds"),
        ("security-group", "AddSecurityGroupIds"),
        ("security-group", "RemoveSecurityGroupIds"),
    ),
    "RejectVpcEndpointConnections": _ENDPOINT_SERVICE,
    "RevokeSecurityGroupEgress": _GROUP,
    "RevokeSecurityGroupIngress": _GROUP,
}
_KINDS = {
    "eni": "network-interface",
    "i": "instance",
    "igw": "internet-gateway",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
    "vpce-svc": "vpc-endpoint-service",
}

Attributes = Callable[[str], Context]
"""The condition keys that a resource has by itself, by its id."""


@dataclass(frozen=True)
class Call:
    """A request to EC2, IAM, Route 53 or STS, with its parameters as the service's model names them."""

    service: str
    action: str
    parameters: Mapping[str, Any]
    region: str
    account: str

    @property
    def right(self) -> str:
        """The action as policies name it."""
        return f"{self.service}:{self.action}"

    def arn(self, kind: str, name: str) -> str:
        return f"arn:aws:ec2:{self.region}:{self.account}:{kind}/{name}"

    def values(self, parameter: str) -> list[str]:
        """One value or several, as texts."""
        found = self.parameters.get(parameter) or []
        return [str(one) for one in (found if isinstance(found, list) else [found])]


def needed(call: Call, attributes: Attributes) -> Iterator[Asked]:
    """Everything that must be allowed, in the order AWS asks for it."""
    if call.service == "sts":
        yield Asked(call.right, str(call.parameters.get("RoleArn") or "*"))
    elif call.service == "iam":
        yield _of_iam(call)
    elif call.service == "route53":
        yield Asked(call.right, exact=False)
    else:
        place: Context = {"aws:requestedregion": (call.region,), "ec2:region": (call.region,)}
        yield from _of_ec2(call, place, attributes)
        yield from _tagging(call, place)


def _of_iam(call: Call) -> Asked:
    for parameter, kind in (("UserName", "user"), ("RoleName", "role"), ("GroupName", "group")):
        for name in call.values(parameter):
            return Asked(call.right, f"arn:aws:iam::{call.account}:{kind}/{name}")
    for arn in (*call.values("PolicyArn"), *call.values("PolicySourceArn")):
        return Asked(call.right, arn)
    return Asked(call.right, exact=False)


def _of_ec2(call: Call, place: Context, attributes: Attributes) -> Iterator[Asked]:
    rows = _RESOURCES.get(call.action, ())
    if not rows and call.action.startswith(_READING):
        yield Asked(call.right, context=place)
        return
    named = [(kind, name) for kind, parameter in rows for name in _names(call, parameter)]
    for given, name in named:
        kind = given or _KINDS.get(name.rpartition("-")[0], "")
        own = _of_new(call, kind, attributes) if name == NEW else attributes(name)
        tags = _requested(call.parameters.get("Tags")) if call.action == "CreateTags" else {}
        yield Asked(call.right, call.arn(kind or "*", name), {**place, **own, **tags}, exact=bool(kind))
    if not named:
        yield Asked(call.right, call.arn("*", "*"), place, exact=False)


def _names(call: Call, parameter: str) -> list[str]:
    return [NEW] if parameter == NEW else call.values(parameter)


def _of_new(call: Call, kind: str, attributes: Attributes) -> Context:
    keys = {key: value for name in call.values("ServiceName") for key, value in attributes(name).items()}
    return {**keys, **{key: value for tags in _tags(call, kind) for key, value in _requested(tags).items()}}


def _tagging(call: Call, place: Context) -> Iterator[Asked]:
    """To make something with tags on it takes the right to tag."""
    for specification in call.parameters.get("TagSpecifications") or []:
        if specification.get("Tags"):
            keys = {**place, "ec2:createaction": (call.action,), **_requested(specification["Tags"])}
            yield Asked("ec2:CreateTags", call.arn(str(specification.get("ResourceType")), NEW), keys)


def _tags(call: Call, kind: str) -> Iterator[Any]:
    specifications = call.parameters.get("TagSpecifications") or []
    return (one.get("Tags") for one in specifications if one.get("ResourceType") == kind)


def _requested(tags: Iterable[Mapping[str, Any]] | None) -> Context:
    found = {str(tag.get("Key")): str(tag.get("Value", "")) for tag in tags or []}
    return {
        **{f"aws:requesttag/{key.lower()}": (value,) for key, value in found.items()},
        **({"aws:tagkeys": tuple(found)} if found else {}),
    }
