"""Security groups: names, rules and dependencies checked as AWS checks them.

moto takes any name, stores 10.0.0.9/16 beside 10.0.0.0/16, tells rules apart by their descriptions and lets a group go
that an endpoint still wears.
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
from core.sandbox.aws.ids import own_ids
from core.sandbox.aws.refusal import refuse

_TEXT = re.compile(r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
_RULES_PER_GROUP = 60  # for each direction, and in it for each family of addresses
_PROTOCOLS = {"1": "icmp", "6": "tcp", "17": "udp", "-1": "all"}


class Rule(SecurityGroupRule):
    """A rule that also tells its group's owner, and the description of a group or prefix list source."""

    listed_as: str | None = None

    def __eq__(self, other: object) -> bool:
        """Whether it admits the same: what is said of it makes no other rule."""
        return isinstance(other, SecurityGroupRule) and _admitted(self) == _admitted(other)

    def __hash__(self) -> int:
        return hash(_admitted(self))

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
        made = super().create_security_group(name, description, vpc_id, tags, force, is_default)
        if made.is_default:
            self._admit_itself(made)
        return made

    def _admit_itself(self, group: SecurityGroup) -> None:
        """The one inbound rule that a VPC's default group begins with."""
        itself = {"GroupId": group.id, "UserId": self.account_id}
        with own_ids(group.id):  # moto draws none here, and all later ids would be others
            group.ingress_rules.append(Rule(self, "-1", group.id, None, None, None, itself, is_egress=False))

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
        named = [self._of_default_vpc(name).id for name in groupnames or []]
        wanted = list(dict.fromkeys([*(group_ids or []), *named]))
        for group_id in wanted:
            self.existing_group(group_id)
        return super().describe_security_groups(wanted, None, filters)

    def existing_group(self, group_id: str) -> SecurityGroup:
        check_ids("sg", [group_id])
        return self.get_security_group_from_id(group_id) or refuse(
            "InvalidGroup.NotFound", f"The security group '{group_id}' does not exist"
        )

    def group_of(self, group_id: str | None, name: str | None) -> SecurityGroup:
        """The group a request is about: by its id, or by its name in the default VPC."""
        if group_id:
            return self.existing_group(group_id)
        if not name:
            refuse("MissingParameter", "The request must contain the parameter groupName or groupId")
        return self._of_default_vpc(name)

    def _of_default_vpc(self, name: str) -> SecurityGroup:
        vpc = self.get_default_vpc()
        if vpc is None:
            refuse("VPCIdNotSpecified", "No default VPC for this user")
        return self.get_security_group_from_name(name, vpc.id) or refuse(
            "InvalidGroup.NotFound", f"The security group '{name}' does not exist in default VPC '{vpc.id}'"
        )

    def authorize(self, permissions: list[dict[str, Any]], *, egress: bool = False) -> list[SecurityGroupRule]:
        """AuthorizeSecurityGroupIngress or …Egress: all the permissions of one call, or none."""
        side = "egress_rules" if egress else "ingress_rules"
        with contextlib.ExitStack() as undone:
            for group_id in {str(one["group_name_or_id"]) for one in permissions}:
                group = self.existing_group(group_id)
                undone.callback(setattr, group, side, list(getattr(group, side)))
            added = [rule for one in permissions for part in _parts(one) for rule in self._authorize(part, side)]
            undone.pop_all()
        return added

    def _authorize(self, permission: dict[str, Any], side: str) -> list[SecurityGroupRule]:
        permission["ip_ranges"] = [_canonical(source) for source in permission["ip_ranges"]]
        self._check_sources(permission)
        outward = side == "egress_rules"
        admit = self.authorize_security_group_egress if outward else self.authorize_security_group_ingress
        try:
            rules, group = admit(**permission)
        except EC2ClientError as refused:
            if refused.code == "InvalidPermission.Duplicate":
                refuse(refused.code, f'the specified rule "{_told(permission)}" already exists')
            raise
        for rule, source in zip(rules, permission["prefix_list_ids"], strict=False):
            if isinstance(rule, Rule):
                rule.listed_as = source.get("Description")
        kept = getattr(group, side)
        if any(sum(self._weight(rule, v6) for rule in kept) > _RULES_PER_GROUP for v6 in (False, True)):
            refuse(
                "RulesPerSecurityGroupLimitExceeded",
                "The maximum number of rules per security group has been reached.",
            )
        return rules

    def _check_sources(self, permission: dict[str, Any]) -> None:
        for pair in permission["source_groups"]:
            if not {"GroupId", "GroupName"} & set(pair):
                refuse("MissingParameter", "Source group ID missing.")
            pair["GroupId"] = self.group_of(pair.get("GroupId"), pair.pop("GroupName", None)).id
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
        """moto counts both families as one; the rules are counted above."""

    def _iterate_security_rules(self, *arguments: Any, **named: Any) -> Iterator[SecurityGroupRule]:
        for rule in super()._iterate_security_rules(*arguments, **named):
            rule.__class__ = Rule  # moto builds rules of its own class
            yield rule

    def describe_security_group_rules(
        self, sg_rule_ids: list[str], filters: dict[str, list[str]]
    ) -> list[SecurityGroupRule]:
        found = super().describe_security_group_rules(sg_rule_ids, filters)
        for rule in found:  # copies
            rule.__class__ = Rule
        return found

    def delete_security_group(self, name: str | None = None, group_id: str | None = None) -> None:
        group = self.group_of(group_id, name)
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


def _admitted(rule: SecurityGroupRule) -> tuple[object, ...]:
    """What makes a rule the one it is."""
    source = rule.cidr_ipv4 or rule.cidr_ipv6 or rule.source_group.get("GroupId") or rule.prefix_list_id
    return rule.ip_protocol, rule.from_port, rule.to_port, source


def _parts(permission: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same permission once for each of its sources: AWS keeps, counts and refuses them one by one."""
    kinds = ("ip_ranges", "source_groups", "prefix_list_ids")
    if not any(permission[kind] for kind in kinds):
        refuse("MissingParameter", "Missing source specification: include source security group or CIDR information")
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
    asked = str(permission["ip_protocol"]).lower()
    protocol = _PROTOCOLS.get(asked, asked).upper()
    if protocol == "ALL":
        return f"peer: {sources[0]}, ALL, ALLOW"
    ports = f"from port: {permission['from_port']}, to port: {permission['to_port']}"
    return f"peer: {sources[0]}, {protocol}, {ports}, ALLOW"
