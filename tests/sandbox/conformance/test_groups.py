"""CreateSecurityGroup and the rules: names, canonical ranges, duplicates, quotas."""

from __future__ import annotations

import re
from typing import Any

from tests.sandbox.conformance import sources as at
from tests.sandbox.conformance.case import Case, Need, Refuses, Shows, cases, show
from tests.sandbox.conformance.scene import Scene
from tests.sandbox.conformance.test_creating import NO_GROUP, NO_VPC

CREATE = at.api("CreateSecurityGroup")
AUTHORIZE = at.api("AuthorizeSecurityGroupIngress")
RULE = at.api("SecurityGroupRule")
NO_LIST = "pl-0123456789abcdef0"
MALFORMED = "InvalidParameterValue|InvalidPermission.Malformed"


def naming(says: str, source: str, changes: dict[str, Any], code: str, words: str = "", **more: Any) -> Refuses:
    good = {"GroupName": "a-case", "Description": "a case", "VpcId": lambda s: s.here.vpc}
    return Refuses(says, source, "create_security_group", {**good, **changes}, code, words=words, **more)


NAMES = [
    naming("a name that is taken", CREATE, {"GroupName": "link"}, "InvalidGroup.Duplicate",
           "The security group 'link' already exists for VPC 'vpc-"),
    naming("a name that is taken, in capitals", CREATE, {"GroupName": "LINK"}, "InvalidGroup.Duplicate"),
    naming("the reserved name", at.ERRORS, {"GroupName": "default"}, "InvalidGroup.Reserved|InvalidParameterValue"),
    naming("a name like an id", CREATE, {"GroupName": "sg-mine"}, "InvalidParameterValue"),
    naming("a name beyond ASCII", CREATE, {"GroupName": "gr\u00fcn"}, "InvalidParameterValue"),
    naming("a name of 256 characters", CREATE, {"GroupName": "x" * 256}, "InvalidParameterValue"),
    naming("a description beyond ASCII", CREATE, {"Description": "caf\u00e9"}, "InvalidParameterValue"),
    naming("no such vpc", at.ERRORS, {"VpcId": NO_VPC}, "InvalidVpcID.NotFound"),
    naming("a vpc id that is none", at.ERRORS, {"VpcId": "vpc-xyz"}, "InvalidVpcID.Malformed|InvalidVpcId.Malformed"),
    naming("a tag of AWS's own", at.TAGS,
           {"TagSpecifications": lambda s: s.tagged({"aws:team": "x"}, "security-group")},
           "InvalidTagKey.Malformed|InvalidParameterValue"),
    naming("tags for another kind of thing", at.issue("boto/boto3", 1806),
           {"TagSpecifications": lambda s: s.tagged({"team": "pay"}, "vpc")}, "InvalidParameterValue|InvalidParameter",
           "'vpc' is not a valid taggable resource type for this operation."),
]  # fmt: skip


def default_lets_in(s: Scene) -> list[list[tuple[str, bool]]]:
    """What the default group of a VPC lets in: protocol, and whether the source is the group itself."""
    filters = [{"Name": "vpc-id", "Values": [s.here.vpc]}, {"Name": "group-name", "Values": ["default"]}]
    found = s.ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    return [
        [
            (permission["IpProtocol"], pair["GroupId"] == group["GroupId"])
            for permission in group["IpPermissions"]
            for pair in permission["UserIdGroupPairs"]
        ]
        for group in found
    ]


ANSWERS = [
    Shows("an id of seventeen hexadecimal digits", CREATE, lambda s: s.group(), re.compile(r"sg-[0-9a-f]{17}")),
    Shows("the tags", CREATE, lambda s: s.ec2.create_security_group(
        GroupName=s.name(), Description="x", VpcId=s.here.vpc,
        TagSpecifications=s.tagged({"team": "pay"}, "security-group"))["Tags"], [{"Key": "team", "Value": "pay"}]),
    Shows("a group that lets everything out and nothing in", CREATE, lambda s: rules(s, s.group()),
          [(True, "-1", "0.0.0.0/0")]),
    Shows("a default group that lets itself in", at.DEFAULT_GROUP, default_lets_in, [[("-1", True)]]),
    Shows("the same name in another vpc", CREATE, lambda s: len({s.here.group, s.there.group}), 2),
]  # fmt: skip


def rules(s: Scene, group: str) -> list[tuple[bool, str, str]]:
    """A group's rules: whether outbound, protocol, range."""
    filters = [{"Name": "group-id", "Values": [group]}]
    found = s.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]
    return [(one["IsEgress"], one["IpProtocol"], one["CidrIpv4"]) for one in found]


@cases([*NAMES, *ANSWERS])
def test_creating(case: Case, scene: Scene) -> None:
    show(case, scene)


# -- rules


def tcp(first: int = 3306, last: int = 3306, **sources: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": first, "ToPort": last, **sources}


def ranges(*cidrs: str) -> dict[str, Any]:
    return {"IpRanges": [{"CidrIp": cidr} for cidr in cidrs]}


def admitting(says: str, source: str, permission: dict[str, Any], code: str, words: str = "") -> Refuses:
    """A good permission and this one, in one call: neither is kept."""
    good = tcp(**ranges("192.168.0.0/16"))
    request = lambda s: {"GroupId": s.group(), "IpPermissions": [good, permission]}  # noqa: E731  a table's cell
    return Refuses(says, source, "authorize_security_group_ingress", request, code, words=words)


def twice(*again: str) -> Any:
    """A group that has 10.0.0.0/16 already, asked for these too."""

    def request(s: Scene) -> dict[str, Any]:
        group = s.group()
        admit(s, group, tcp(**ranges("10.0.0.0/16")))
        return {"GroupId": group, "IpPermissions": [tcp(**ranges(*again))]}

    return request


def twice_outward(*again: str) -> Any:
    """A group that lets out to 10.0.0.0/16 already, asked for these too."""

    def request(s: Scene) -> dict[str, Any]:
        group = s.group()
        s.ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[tcp(**ranges("10.0.0.0/16"))])
        return {"GroupId": group, "IpPermissions": [tcp(**ranges(*again))]}

    return request


def from_itself(group: str, said: str) -> dict[str, Any]:
    return tcp(UserIdGroupPairs=[{"GroupId": group, "Description": said}])


def said_again(s: Scene) -> dict[str, Any]:
    """A group that lets itself in already, asked for that with another description."""
    group = s.group()
    admit(s, group, from_itself(group, "first"))
    return {"GroupId": group, "IpPermissions": [from_itself(group, "again")]}


def admit(s: Scene, group: str, *permissions: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    answer = s.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions, **more)
    return list(answer["SecurityGroupRules"])


def filled(s: Scene, sources: list[str]) -> str:
    group = s.group()
    admit(s, group, tcp(**ranges(*sources)))
    return group


SIXTY = [f"10.0.{number}.0/24" for number in range(60)]
EXISTS = 'the specified rule "peer: 10.0.0.0/16, TCP, from port: 3306, to port: 3306, ALLOW" already exists'

RULES = [
    *(Refuses(says, source, "authorize_security_group_ingress", twice(*again), "InvalidPermission.Duplicate",
              words=EXISTS)
      for says, source, again in (
          ("a rule that is there", at.ERRORS, ["10.0.0.0/16"]),
          ("a rule that is there, once it is canonical", AUTHORIZE, ["10.0.0.9/16"]),
          ("a new rule beside one that is there", at.ERRORS, ["10.9.0.0/16", "10.0.0.0/16"]))),
    Refuses("a rule that is there, its protocol by number", at.ERRORS, "authorize_security_group_ingress",
            lambda s: {**twice()(s), "IpPermissions": [{**tcp(**ranges("10.0.0.0/16")), "IpProtocol": "6"}]},
            "InvalidPermission.Duplicate", words=EXISTS),
    Refuses("a rule that is there, described otherwise", at.ERRORS, "authorize_security_group_ingress", said_again,
            "InvalidPermission.Duplicate", words='the specified rule "peer: sg-'),
    *(Refuses(says, source, "authorize_security_group_egress", twice_outward(*again), "InvalidPermission.Duplicate",
              words=EXISTS)
      for says, source, again in (
          ("a rule that is there, outbound", at.ERRORS, ["10.0.0.0/16"]),
          ("a new rule beside one that is there once it is canonical, outbound", at.api("AuthorizeSecurityGroupEgress"),
           ["10.9.0.0/16", "10.0.0.9/16"]))),
    admitting("no source", at.issue("boto/boto3", 1078), tcp(), "MissingParameter",
              "Missing source specification: include source security group or CIDR information"),
    admitting("a group without its id", at.issue("hashicorp/terraform-provider-aws", 38221),
              tcp(UserIdGroupPairs=[{"UserId": "123456789012"}]), "MissingParameter", "Source group ID missing."),
    admitting("a group of another vpc than the default one, by name", at.issue("awslabs/aws-sdk-rust", 744),
              tcp(UserIdGroupPairs=[{"GroupName": "link"}]), "InvalidGroup.NotFound|VPCIdNotSpecified"),
    admitting("a range that is none", at.ERRORS, tcp(**ranges("10.0.0.0/33")), MALFORMED, "10.0.0.0/33"),
    admitting("an address without a prefix length", at.ERRORS, tcp(**ranges("10.0.0.1")), MALFORMED, "10.0.0.1"),
    admitting("no such group", at.ERRORS, tcp(UserIdGroupPairs=[{"GroupId": NO_GROUP}]), "InvalidGroup.NotFound"),
    admitting("a group id that is none", at.ERRORS, tcp(UserIdGroupPairs=[{"GroupId": "sg-xyz"}]),
              "InvalidGroupId.Malformed|InvalidGroup.NotFound"),
    admitting("no such prefix list", at.ERRORS, tcp(PrefixListIds=[{"PrefixListId": NO_LIST}]),
              "InvalidPrefixListId.NotFound|InvalidPrefixListID.NotFound"),
    admitting("a prefix list id that is none", at.ERRORS, tcp(PrefixListIds=[{"PrefixListId": "pl-xyz"}]),
              "InvalidPrefixListId.Malformed|InvalidPrefixListID.Malformed"),
    admitting("ports the wrong way round", at.ERRORS, tcp(3307, 3306, **ranges("10.0.0.0/8")), "InvalidParameterValue"),
    admitting("a port beyond the last", at.ERRORS, tcp(3306, 65536, **ranges("10.0.0.0/8")), "InvalidParameterValue"),
    Refuses("rules for no such group", at.ERRORS, "authorize_security_group_ingress",
            {"GroupId": NO_GROUP, "IpPermissions": [tcp(**ranges("10.0.0.0/8"))]}, "InvalidGroup.NotFound"),
    Refuses("rules for a group of another vpc than the default one, by name", at.issue("aws/aws-cli", 1207),
            "authorize_security_group_ingress", {"GroupName": "link", "IpPermissions": [tcp(**ranges("10.0.0.0/8"))]},
            "InvalidGroup.NotFound|VPCIdNotSpecified"),
    Refuses("a sixty-first rule", at.VPC_QUOTAS, "authorize_security_group_ingress",
            lambda s: {"GroupId": filled(s, SIXTY), "IpPermissions": [tcp(**ranges("10.1.0.0/24"))]},
            "RulesPerSecurityGroupLimitExceeded",
            words="The maximum number of rules per security group has been reached."),
    Refuses("a prefix list that may hold more than there is room for", at.VPC_QUOTAS,
            "authorize_security_group_ingress",
            lambda s: {"GroupId": filled(s, SIXTY[:51]), "IpPermissions": [tcp(PrefixListIds=[offices(s)])]},
            "RulesPerSecurityGroupLimitExceeded", needs=Need.SEED),
    Refuses("to take away a rule that is not there", at.ERRORS, "revoke_security_group_ingress",
            lambda s: {"GroupId": s.group(), "IpPermissions": [tcp(**ranges("10.0.0.0/8"))]},
            "InvalidPermission.NotFound"),
]  # fmt: skip


def offices(s: Scene) -> dict[str, str]:
    lists = s.ec2.describe_managed_prefix_lists()["PrefixLists"]
    return {"PrefixListId": next(one["PrefixListId"] for one in lists if one["PrefixListName"] == "office-networks")}


def by_list(s: Scene) -> str:
    told = tcp(PrefixListIds=[{**offices(s), "Description": "list"}])
    return str(admit(s, s.group(), told)[0]["Description"])


def both_families(s: Scene) -> int:
    """Sixty rules for IPv4 and one for IPv6: each family has its own count."""
    return len(admit(s, filled(s, SIXTY), tcp(Ipv6Ranges=[{"CidrIpv6": "fd00::/64"}])))


def admitted(s: Scene) -> list[dict[str, Any]]:
    """The answer to a range and a group in one call, with tags."""
    group = s.group()
    net = tcp(IpRanges=[{"CidrIp": "10.1.2.3/16", "Description": "net"}])
    itself = tcp(UserIdGroupPairs=[{"GroupId": group, "Description": "self"}])
    return admit(s, group, net, itself, TagSpecifications=s.tagged({"Name": "n"}, "security-group-rule"))


def undescribed(s: Scene) -> list[Any]:
    """What a group lets in after a rule was taken away again without its description."""
    group = s.group()
    admit(s, group, from_itself(group, "self"))
    itself = tcp(UserIdGroupPairs=[{"GroupId": group}])
    s.ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[itself])
    return list(s.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"])


def ports_of_all(s: Scene) -> list[int]:
    (rule,) = admit(s, s.group(), {"IpProtocol": "-1", **ranges("10.0.0.0/8")})
    return [rule["FromPort"], rule["ToPort"]]


def listed_alike(s: Scene) -> bool:
    made = admitted(s)
    ids = [one["SecurityGroupRuleId"] for one in made]
    found = s.ec2.describe_security_group_rules(SecurityGroupRuleIds=ids)["SecurityGroupRules"]
    return {one["SecurityGroupRuleId"] for one in found} == set(ids)


ADMITTED = [
    Shows("every rule of a call", AUTHORIZE, lambda s: len(admitted(s)), 2),
    Shows("a range in its canonical form", AUTHORIZE, lambda s: admitted(s)[0]["CidrIpv4"], "10.1.0.0/16"),
    Shows("what was said of each", RULE, lambda s: [one["Description"] for one in admitted(s)], ["net", "self"]),
    Shows("the tags on each", AUTHORIZE, lambda s: [one["Tags"] for one in admitted(s)],
          [[{"Key": "Name", "Value": "n"}]] * 2),
    Shows("the group a rule names", RULE,
          lambda s: [one["ReferencedGroupInfo"]["GroupId"] == one["GroupId"] for one in admitted(s)[1:]], [True]),
    Shows("whose group it is", RULE, lambda s: {one["GroupOwnerId"] for one in admitted(s)},
          lambda s: {s.target.account}),
    Shows("a rule gone again that is named without its description", at.api("RevokeSecurityGroupIngress"),
          undescribed, []),
    Shows("ports of every protocol", RULE, ports_of_all, [-1, -1]),
    Shows("ids by which the rules are found", at.api("DescribeSecurityGroupRules"), listed_alike, True),
    Shows("what was said of a prefix list", RULE, by_list, "list", needs=Need.SEED),
    Shows("room for IPv6 where IPv4 is full", at.VPC_QUOTAS, both_families, 1),
]  # fmt: skip


@cases([*RULES, *ADMITTED])
def test_rules(case: Case, scene: Scene) -> None:
    show(case, scene)


def one_too_many(s: Scene) -> str:
    """The VPC to make a group in, in a region whose quota is used up."""
    s.region.group_quota = len(s.ec2.describe_security_groups()["SecurityGroups"])
    return s.here.vpc


def test_a_region_has_room_for_so_many_groups(slow: Scene) -> None:
    changes = {"VpcId": one_too_many}
    show(naming("a group too many", at.VPC_QUOTAS, changes, "SecurityGroupLimitExceeded", needs=Need.FATE), slow)
