"""Security groups: names, rules and dependencies checked as AWS checks them.

moto takes any name, stores 10.0.0.9/16 beside 10.0.0.0/16 and lets a group go that an endpoint still wears.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import re
from collections.abc import Iterator
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.managed_prefixes import ManagedPrefixList
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from core.sandbox.aws.id_shapes import check_ids
from core.sandbox.aws.refusal import refuse

_TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_RULES_PER_GROUP = 60  # for each family of addresses


class Rule(SecurityGroupRule):
    """A rule that also tells its group's owner, and the description of a group or prefix list source."""

    listed_as: str | None = None

    @property
    def description(self) -> str | None:
        return self.ip_range.get("Description") or self.source_group.get("Description") or self.listed_as

    @property
    def group_owner_id(self) -> str:
        return self.owner_id


class Groups(EC2Backend):
    """The part of a backend that holds the security groups."""

    group_quota = 2500  # in the account and region, until more are asked for

    def create_security_group(  # noqa: PLR0917  moto's signature
        self,
        name: str,
        description: str,
        vpc_id: str | None = None,
        tags: dict[str, str] | None = None,
        force: bool = False,
        is_default: bool | None = None,
    ) -> SecurityGroup:
        if not (force or is_default):  # moto's own calls for the default groups
            self._check_new(name, description, vpc_id or self.default_vpc.id)
        return super().create_security_group(name, description, vpc_id, tags, force, is_default)

    def _check_new(self, name: str, description: str, vpc_id: str) -> None:
        self.get_vpc(vpc_id)
        if name.lower() == "default":
            refuse("InvalidGroup.Reserved", "The security group 'default' is reserved")
        if name.startswith("sg-"):
            refuse(
                "InvalidParameterValue",
                f"Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*.",
            )
        for parameter, text in (("GroupName", name), ("GroupDescription", description)):
            if not _TEXT.fullmatch(text or ""):
                refuse(
                    "InvalidParameterValue",
                    f"Value ({text}) for parameter {parameter} is invalid."
                    " Character sets beyond ASCII are not supported.",
                )
        if sum(len(groups) for groups in self.groups.values()) >= self.group_quota:
            refuse("SecurityGroupLimitExceeded", "The maximum number of security groups has been reached.")
        if any(group.name.lower() == name.lower() for group in self.groups[vpc_id].values()):
            refuse("InvalidGroup.Duplicate", f"The security group '{name}' already exists for VPC '{vpc_id}'")

    def describe_security_groups(
        self,
        group_ids: list[str] | None = None,
        groupnames: list[str] | None = None,
        filters: Any = None,
    ) -> list[SecurityGroup]:
        for group_id in group_ids or []:
            self.existing_group(group_id)
        return super().describe_security_groups(group_ids, groupnames, filters)

    def existing_group(self, group_id: str) -> SecurityGroup:
        check_ids("sg", [group_id])
        return self.get_security_group_from_id(group_id) or refuse(
            "InvalidGroup.NotFound", f"The security group '{group_id}' does not exist"
        )

    def authorize(self, permissions: list[dict[str, Any]]) -> list[SecurityGroupRule]:
        """AuthorizeSecurityGroupIngress: all the permissions of one call, or none."""
        groups = {str(one["group_name_or_id"]) for one in permissions}
        with contextlib.ExitStack() as undone:
            for group_id in groups:
                undone.callback(self._restore, group_id, list(self.existing_group(group_id).ingress_rules))
            added = [rule for one in permissions for part in _parts(one) for rule in self._authorize(part)]
            undone.pop_all()
        return added

    def _restore(self, group_id: str, rules: list[SecurityGroupRule]) -> None:
        self.existing_group(group_id).ingress_rules = rules

    def _authorize(self, permission: dict[str, Any]) -> list[SecurityGroupRule]:
        permission["ip_ranges"] = [_canonical(source) for source in permission["ip_ranges"]]
        self._check_sources(permission)
        try:
            rules, group = self.authorize_security_group_ingress(**permission)
        except EC2ClientError as refused:
            if refused.code == "InvalidPermission.Duplicate":
                refuse(refused.code, f'the specified rule "{_told(permission)}" already exists')
            raise
        for rule, source in zip(rules, permission["prefix_list_ids"], strict=False):
            if isinstance(rule, Rule):
                rule.listed_as = source.get("Description")
        if any(sum(self._weight(rule, v6) for rule in group.ingress_rules) > _RULES_PER_GROUP for v6 in (False, True)):
            refuse(
                "RulesPerSecurityGroupLimitExceeded",
                "The maximum number of rules per security group has been reached.",
            )
        return rules

    def _check_sources(self, permission: dict[str, Any]) -> None:
        for pair in permission["source_groups"]:
            if "GroupId" in pair:
                self.existing_group(pair["GroupId"])
        check_ids("pl", [source["PrefixListId"] for source in permission["prefix_list_ids"]])
        for source in permission["prefix_list_ids"]:
            self.get_managed_prefix_list_entries(source["PrefixListId"])
        first, last = permission["from_port"], permission["to_port"]
        if str(permission["ip_protocol"]).lower() in ("tcp", "udp", "6", "17"):
            if first is None or last is None:
                refuse(
                    "InvalidParameterValue",
                    "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
                )
            if not 0 <= int(first) <= int(last) <= 65535:
                refuse("InvalidParameterValue", f"Invalid TCP/UDP port range ({first}:{last})")

    def get_managed_prefix_list_entries(self, prefix_list_id: str) -> ManagedPrefixList:
        return self.managed_prefix_lists.get(prefix_list_id) or refuse(
            "InvalidPrefixListId.NotFound", f"The prefix list ID '{prefix_list_id}' does not exist"
        )

    def _weight(self, rule: SecurityGroupRule, v6: bool) -> int:
        """What a rule counts for one family: a range in its own, a group in both, a list all it may hold."""
        if rule.ip_range:
            return int(("CidrIpv6" in rule.ip_range) is v6)
        listed = self.managed_prefix_lists.get(rule.prefix_list_id or "")
        if listed is None:
            return 1
        return int(listed.max_entries or 1) if (listed.address_family == "IPv6") is v6 else 0

    def _verify_group_will_respect_rule_count_limit(
        self,
        group: SecurityGroup,
        current_rule_nb: int,
        ip_ranges: list[Any],
        source_groups: list[dict[str, str]] | None = None,
        egress: bool = False,
    ) -> None:
        if egress:  # moto counts both families as one; inbound rules are counted above
            super()._verify_group_will_respect_rule_count_limit(
                group, current_rule_nb, ip_ranges, source_groups, egress
            )

    def _iterate_security_rules(self, *arguments: Any, **named: Any) -> Iterator[SecurityGroupRule]:
        for rule in super()._iterate_security_rules(*arguments, **named):
            rule.__class__ = Rule  # moto builds rules of its own class
            yield rule

    def describe_security_group_rules(
        self, sg_rule_ids: list[str], filters: dict[str, list[str]]
    ) -> list[SecurityGroupRule]:
        for name in filters:
            if name not in ("group-id", "security-group-rule-id") and not name.startswith("tag"):
                refuse("InvalidParameterValue", f"The filter '{name}' is invalid")
        found = super().describe_security_group_rules(sg_rule_ids, filters)
        for rule in found:  # copies
            rule.__class__ = Rule
        return found

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        wanted = group_id or name or ""
        check_ids("sg", filter(None, [group_id]))
        group = self.get_security_group_by_name_or_id(wanted)
        if group is None:
            refuse("InvalidGroup.NotFound", f"The security group '{wanted}' does not exist")
        if group.is_default:
            refuse(
                "CannotDelete",
                f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user',
            )
        if self._worn(group) or self._referred_to(group):
            refuse("DependencyViolation", f"resource {group.id} has a dependent object")
        super().delete_security_group(group_id=group.id)

    def _worn(self, group: SecurityGroup) -> bool:
        return any(group.id in {worn.id for worn in interface.group_set} for interface in self.enis.values())

    def _referred_to(self, group: SecurityGroup) -> bool:
        others = (one for groups in self.groups.values() for one in groups.values() if one is not group)
        rules = itertools.chain.from_iterable((*one.ingress_rules, *one.egress_rules) for one in others)
        return any(rule.source_group.get("GroupId") == group.id for rule in rules)


def _parts(permission: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same permission once for each of its sources: AWS keeps, counts and refuses them one by one."""
    kinds = ("ip_ranges", "source_groups", "prefix_list_ids")
    nobody: dict[str, list[Any]] = {kind: [] for kind in kinds}
    for kind in kinds:
        for source in permission[kind]:
            yield {**permission, **nobody, kind: [source]}


def _canonical(source: dict[str, Any]) -> dict[str, Any]:
    """The range as AWS stores it: 10.0.0.9/16 becomes 10.0.0.0/16."""
    changed = dict(source)
    for key in ("CidrIp", "CidrIpv6"):
        if key in source:
            text = str(source[key])
            try:
                if "/" not in text:
                    raise ValueError
                changed[key] = str(ipaddress.ip_network(text, strict=False))
            except ValueError:
                refuse("InvalidParameterValue", f"CIDR block {text} is malformed")
    return changed


def _told(permission: dict[str, Any]) -> str:
    """A rule in the words of AWS's InvalidPermission.Duplicate."""
    sources = [
        *(source.get("CidrIp") or source.get("CidrIpv6") for source in permission["ip_ranges"]),
        *(source.get("GroupId") for source in permission["source_groups"]),
        *(source.get("PrefixListId") for source in permission["prefix_list_ids"]),
    ]
    protocol = str(permission["ip_protocol"]).upper()
    if protocol in ("-1", "ALL"):
        return f"peer: {sources[0]}, ALL, ALLOW"
    ports = f"from port: {permission['from_port']}, to port: {permission['to_port']}"
    return f"peer: {sources[0]}, {protocol}, {ports}, ALLOW"
