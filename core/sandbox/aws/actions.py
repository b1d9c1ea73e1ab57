"""EC2's actions: moto's, with the stricter ones in front."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroup
from moto.ec2.responses import EC2Response

from core.sandbox.aws.answers import Answers
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.connections import ProviderAnswers
from core.sandbox.aws.endpoints import EndpointAnswers
from core.sandbox.aws.filters import lets_through
from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.zones import known_region, region_values

_DNS_ATTRIBUTES = ("EnableDnsSupport", "EnableDnsHostnames", "EnableNetworkAddressUsageMetrics")


class ServiceAnswers(Answers):
    """DescribeVpcEndpointServices over the services of all accounts."""

    def describe_vpc_endpoint_services(self) -> ActionResult:
        region = (self._get_param("ServiceRegions", []) or [self.region])[0]
        offers = self.cloud.market.offers(self.current_account, region)
        names = self._get_param("ServiceNames", [])
        if names:
            offers = [self.cloud.market.offer(self.current_account, region, name) for name in names]
        offers = [offer for offer in offers if lets_through(self.wanted_filters(), offer.filter_values)]
        size, start = self._get_int_param("MaxResults"), _number(self._get_param("NextToken"))
        end = start + (size or 1000)
        following = base64.b64encode(str(end).encode()).decode() if end < len(offers) else None
        page = offers[start:end]
        return ActionResult(
            {
                "ServiceNames": [offer.name for offer in page],
                "ServiceDetails": [offer.details() for offer in page],
                "NextToken": following,
            }
        )


def _number(token: str | None) -> int:
    try:
        return int(base64.b64decode(token, validate=True)) if token else 0
    except ValueError:
        refuse("InvalidNextToken", f"The token '{token}' is invalid")


class GroupAnswers(Answers):
    """Security group answers that hold what AWS's hold."""

    def create_security_group(self) -> ActionResult:
        tags = self.wanted_tags("security-group")
        group = self.ec2_backend.create_security_group(
            self._get_param("GroupName") or "",
            self._get_param("Description") or "",
            vpc_id=self._get_param("VpcId"),
            tags=tags,
        )
        shown = [{"Key": key, "Value": value} for key, value in tags.items()]
        return ActionResult({"GroupId": group.id, "SecurityGroupArn": group.arn, "Tags": shown})

    def delete_security_group(self) -> ActionResult:
        group = self._group()
        self.ec2_backend.delete_security_group(group_id=group.id)
        return ActionResult({"Return": True, "GroupId": group.id})

    def authorize_security_group_ingress(self) -> ActionResult:
        return self._authorize(egress=False)

    def authorize_security_group_egress(self) -> ActionResult:
        return self._authorize(egress=True)

    def _authorize(self, *, egress: bool) -> ActionResult:
        self.wanted_tags("security-group-rule")
        made = self.ec2_backend.authorize(list(self._process_rules_from_querystring()), egress=egress)
        shown = self.ec2_backend.describe_security_group_rules([rule.id for rule in made], {})
        return ActionResult({"Return": True, "SecurityGroupRules": shown})

    def _process_rules_from_querystring(self) -> Iterator[dict[str, Any]]:
        """moto's reading of the rules to admit, revoke or describe, each of a group that exists."""
        group = self._group()
        for rule in super()._process_rules_from_querystring():  # type: ignore[misc]  # EC2Response has it
            yield {**rule, "group_name_or_id": group.id}

    def _group(self) -> SecurityGroup:
        return self.ec2_backend.group_of(self._get_param("GroupId"), self._get_param("GroupName"))


class NetworkAnswers(Answers):
    """Regions, VPC attributes and network interfaces."""

    def delete_network_interface(self) -> ActionResult:
        interface = self.ec2_backend.get_network_interface(self._get_param("NetworkInterfaceId"))
        if interface.requester_managed:
            refuse("InvalidParameterValue", f"Network interface '{interface.id}' is currently in use.")
        return super().delete_network_interface()  # type: ignore[misc, no-any-return]  # EC2Response has it

    def describe_regions(self) -> ActionResult:
        names = self._get_param("RegionNames", [])
        for name in names:
            if known_region(name) is None:
                refuse("InvalidParameterValue", f"Invalid region provided: {name}")
        regions = self.ec2_backend.describe_regions(names)
        if not names and not self._get_bool_param("AllRegions", if_none=False):
            regions = [region for region in regions if region.opt_in_status != "not-opted-in"]
        filters = self.wanted_filters()
        partition = [region for region in regions if not region.name.startswith(("cn-", "us-gov-"))]
        return ActionResult({"Regions": [one for one in partition if lets_through(filters, region_values(one))]})

    def modify_vpc_attribute(self) -> ActionResult:
        asked = [name for name in _DNS_ATTRIBUTES if self._get_param(f"{name}.Value") is not None]
        if len(asked) > 1:
            refuse("InvalidParameterCombination", "Fields for multiple attribute types specified")
        vpc = self.ec2_backend.get_vpc(self._get_param("VpcId"))
        wants_names = self._get_bool_param("EnableDnsHostnames.Value", if_none=False)
        if wants_names and not vpc.enable_dns_support:
            refuse("InvalidParameterValue", "DNS hostnames can only be enabled if DNS support is enabled")
        if vpc.owner_id != self.current_account:
            refuse("UnauthorizedOperation", f"The VPC {vpc.id} is owned by another account", status=403)
        return super().modify_vpc_attribute()  # type: ignore[misc, no-any-return]  # EC2Response has it


class EC2(EndpointAnswers, ServiceAnswers, ProviderAnswers, GroupAnswers, NetworkAnswers, EC2Response):
    """The whole of EC2."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        super().__init__()
