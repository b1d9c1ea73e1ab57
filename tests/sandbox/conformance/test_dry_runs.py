"""DryRun: an error when it is allowed, and nothing is ever done."""

from __future__ import annotations

from typing import Any

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Refuses, cases, show
from tests.sandbox.conformance.scene import Scene

SUCCEEDED = "Request would have succeeded, but DryRun flag is set."
STATUS = at.issue("aws/karpenter-provider-aws", 8015)
PERMISSION = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}

LOOKING: list[tuple[str, Any]] = [
    ("describe_availability_zones", {}),
    ("describe_instances", {}),
    ("describe_managed_prefix_lists", {}),
    ("describe_network_interfaces", {}),
    ("describe_regions", {}),
    ("describe_route_tables", {}),
    ("describe_security_group_rules", {}),
    ("describe_security_groups", {}),
    ("describe_subnets", {}),
    ("describe_vpc_attribute", {"VpcId": lambda s: s.here.vpc, "Attribute": "enableDnsSupport"}),
    ("describe_vpc_endpoint_services", {}),
    ("describe_vpc_endpoints", {}),
    ("describe_vpcs", {}),
]
CHANGING: list[tuple[str, Any]] = [
    ("create_vpc_endpoint", lambda s: s.request()),
    ("modify_vpc_endpoint", {"VpcEndpointId": lambda s: s.standing, "PrivateDnsEnabled": True}),
    ("delete_vpc_endpoints", {"VpcEndpointIds": lambda s: [s.standing]}),
    ("create_security_group", {"GroupName": "dry", "Description": "x", "VpcId": lambda s: s.here.vpc}),
    ("authorize_security_group_ingress", {"GroupId": lambda s: s.here.group, "IpPermissions": [PERMISSION]}),
    ("delete_security_group", {"GroupId": lambda s: s.group()}),
    ("create_tags", {"Resources": lambda s: [s.standing], "Tags": [{"Key": "team", "Value": "pay"}]}),
]


def dry(action: str, request: Any) -> Refuses:
    def asked(s: Scene) -> dict[str, Any]:
        return {**s.settled(request), "DryRun": True}

    return Refuses(action, STATUS, action, asked, "DryRunOperation", words=SUCCEEDED, status=412)


@cases(dry(*row) for row in [*LOOKING, *CHANGING])
def test_a_dry_run_does_nothing(case: Case, scene: Scene) -> None:
    show(case, scene)
