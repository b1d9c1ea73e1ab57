"""Holds raw answers of EC2 and STS against botocore's own service model, stricter than its parser, which forgives.

The model names no member of an answer as required and gives ids no pattern. What AWS's published examples always
hold, and what its ids look like, stands here.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from xml.etree import ElementTree as ET

from botocore.model import ListShape, OperationModel, Shape, StructureShape

# by structure; the AWS CLI's examples at docs.aws.amazon.com/cli/latest/reference/ec2
ALWAYS = {
    "AvailabilityZone": "OptInStatus RegionName ZoneName ZoneId GroupName NetworkBorderGroup ZoneType State",
    "DnsEntry": "DnsName HostedZoneId",
    "GroupIdentifier": "GroupId GroupName",
    "Instance": "InstanceId State PrivateIpAddress SubnetId VpcId SecurityGroups NetworkInterfaces",
    "IpPermission": "IpProtocol",
    "ManagedPrefixList": "PrefixListId AddressFamily State PrefixListArn PrefixListName OwnerId",
    "NetworkInterface": "NetworkInterfaceId InterfaceType Status SubnetId VpcId PrivateIpAddress Groups"
    " RequesterManaged OwnerId AvailabilityZone",
    "Region": "Endpoint RegionName OptInStatus",
    "RouteTable": "RouteTableId VpcId Associations Routes OwnerId",
    "SecurityGroup": "GroupId GroupName Description VpcId OwnerId IpPermissions IpPermissionsEgress",
    "SecurityGroupRule": "SecurityGroupRuleId GroupId GroupOwnerId IsEgress IpProtocol FromPort ToPort",
    "ServiceDetail": "ServiceName ServiceId ServiceType AvailabilityZones Owner BaseEndpointDnsNames"
    " VpcEndpointPolicySupported AcceptanceRequired ManagesVpcEndpoints",
    "Subnet": "SubnetId VpcId State CidrBlock AvailableIpAddressCount AvailabilityZone AvailabilityZoneId OwnerId",
    "Tag": "Key Value",
    "UnsuccessfulItem": "ResourceId Error",
    "Vpc": "VpcId State CidrBlock IsDefault OwnerId DhcpOptionsId CidrBlockAssociationSet",
    "VpcEndpoint": "VpcEndpointId VpcEndpointType VpcId ServiceName State RouteTableIds SubnetIds Groups"
    " PrivateDnsEnabled NetworkInterfaceIds DnsEntries CreationTimestamp OwnerId",
    "GetCallerIdentityResponse": "UserId Account Arn",
}

_HEX = "([0-9a-f]{8}|[0-9a-f]{17})"
LOOKS = {  # by member; of a list, each of its items
    **{f"{kind}Id": f"{start}-{_HEX}" for kind, start in (
        ("VpcEndpoint", "vpce"), ("Vpc", "vpc"), ("Subnet", "subnet"), ("Group", "sg"), ("NetworkInterface", "eni"),
        ("RouteTable", "rtb"), ("SecurityGroupRule", "sgr"), ("PrefixList", "pl"), ("Service", "vpce-svc"),
        ("Instance", "i"), ("Reservation", "r"))},
    "DhcpOptionsId": f"default|dopt-{_HEX}",
    "SubnetIds": f"subnet-{_HEX}", "NetworkInterfaceIds": f"eni-{_HEX}", "RouteTableIds": f"rtb-{_HEX}",
    "OwnerId": r"\d{12}|AWS", "GroupOwnerId": r"\d{12}", "Account": r"\d{12}",
    "ZoneId": r"[a-z0-9]+-az\d", "AvailabilityZoneId": r"[a-z0-9]+-az\d", "AvailabilityZoneIds": r"[a-z0-9]+-az\d",
    "ServiceName": r"com\.amazonaws\.[a-z0-9.-]+", "Arn": r"arn:aws:[a-z0-9:*/_.@+=,-]+",
    "PrivateIpAddress": r"\d+\.\d+\.\d+\.\d+", "CidrBlock": r"\d+\.\d+\.\d+\.\d+/\d+",
    "HostedZoneId": r"Z[0-9A-Z]+", "DnsName": r"[a-z0-9.-]+",
}  # fmt: skip
_TEXT = {"boolean": r"true|false", "integer": r"-?\d+", "long": r"-?\d+", "double": r"-?\d+(\.\d+)?"}
_WIRE_CASE = {"State"}  # its values come as pending, the model lists Pending


def faults(operation: OperationModel, status: int, body: bytes) -> list[str]:
    """Where an answer differs from the model, each as a path and what is wrong there."""
    try:
        root = ET.fromstring(body)  # noqa: S314  the sandbox's own answer
    except ET.ParseError as error:
        return [f"no XML: {error}"]
    _strip_namespaces(root)
    if status >= 400:
        return list(_of_error(root, operation.service_model.protocol))
    return list(_of_answer(operation, root))


def _strip_namespaces(root: ET.Element) -> None:
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]


def _of_error(root: ET.Element, protocol: str) -> Iterator[str]:
    ec2 = protocol == "ec2"
    outer, path, request = ("Response", "Errors/Error", "RequestID") if ec2 else ("ErrorResponse", "Error", "RequestId")
    if root.tag != outer:
        yield f"an error is a {outer}, not a {root.tag}"
    for name in (f"{path}/Code", f"{path}/Message", request):
        if not root.findtext(name):
            yield f"an error without {name}"


def _of_answer(operation: OperationModel, root: ET.Element) -> Iterator[str]:
    if root.tag != f"{operation.name}Response":
        yield f"the answer is a {root.tag}"
    shape, result = operation.output_shape, root
    wrapper = shape.serialization.get("resultWrapper") if shape else None
    if wrapper:
        found = root.find(wrapper)
        if found is None:
            yield f"no {wrapper}"
            return
        result = found
    elif operation.service_model.protocol == "ec2" and not root.findtext("requestId"):
        yield "no requestId"  # elsewhere it is a header's
    if isinstance(shape, StructureShape):
        known = ("requestId",) if result is root else ()
        yield from _of_structure(shape, result, operation.name, known)


def _of_structure(shape: StructureShape, element: ET.Element, path: str, known: Iterable[str] = ()) -> Iterator[str]:
    names = {_wire_name(member, name): name for name, member in shape.members.items()}
    seen = [child.tag for child in element]
    for tag in sorted(set(seen) - set(names) - set(known)):
        yield f"{path}: the model knows no {tag}"
    for tag in sorted({tag for tag in seen if seen.count(tag) > 1 and not _flattened(shape, names.get(tag))}):
        yield f"{path}: {tag} comes {seen.count(tag)} times"
    there = {names[tag] for tag in seen if tag in names}
    for name in (*shape.required_members, *ALWAYS.get(shape.name, "").split()):
        if name not in there:
            yield f"{path}: no {name}"
    for child in element:
        if child.tag in names:
            name = names[child.tag]
            yield from _of_shape(shape.members[name], child, f"{path}.{name}", name)


def _of_shape(shape: Shape, element: ET.Element, path: str, name: str) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _of_structure(shape, element, path)
    elif isinstance(shape, ListShape):
        item = shape.member.serialization.get("name", "member")
        for place, child in enumerate(element):
            if child.tag != item:
                yield f"{path}: an item is called {child.tag}"
            yield from _of_shape(shape.member, child, f"{path}[{place}]", name)
    elif shape.type_name == "map":
        raise NotImplementedError(f"{path} is a map: no answer here has had one")
    else:
        yield from _of_text(shape, element, path, name)


def _of_text(shape: Any, element: ET.Element, path: str, name: str) -> Iterator[str]:
    text = element.text or ""
    if len(element):
        yield f"{path}: not a {shape.type_name} but elements"
        return
    if shape.type_name == "timestamp" and not _is_time(text):
        yield f"{path}: {text!r} is no timestamp"
    if not re.fullmatch(_TEXT.get(shape.type_name, r"(?s:.*)"), text):
        yield f"{path}: {text!r} is no {shape.type_name}"
    enum = getattr(shape, "enum", None)
    fold: Callable[[str], str] = str.lower if shape.name in _WIRE_CASE else str
    if enum and fold(text) not in {fold(value) for value in enum}:
        yield f"{path}: {text!r} is none of {', '.join(enum)}"
    if name in LOOKS and not re.fullmatch(LOOKS[name], text):
        yield f"{path}: {text!r} does not look like a {name}"


def _wire_name(member: Shape, name: str) -> str:
    return str(member.serialization.get("name", name))


def _flattened(shape: StructureShape, name: str | None) -> bool:
    return name is not None and bool(shape.members[name].serialization.get("flattened"))


def _is_time(text: str) -> bool:
    try:
        return dt.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class Watch:
    """Checks every answer of the sessions it is put on. `seen` names the operations, `wrong` what was wrong."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.wrong: set[str] = set()

    def put_on(self, session_or_client: Any) -> None:
        """Listen to a boto3 session, or to one client."""
        events = getattr(session_or_client, "events", None) or session_or_client.meta.events
        events.register("before-parse", self._look, unique_id="watch")

    def _look(self, operation_model: OperationModel, response_dict: dict[str, Any], **_: Any) -> None:
        self.seen.add(operation_model.name)
        self.wrong.update(faults(operation_model, response_dict["status_code"], response_dict["body"]))
