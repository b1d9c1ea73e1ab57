"""The field's own words as types. Each `parse_*` reads text or says why not, for the person who typed it."""

import ipaddress
import re
from typing import NewType

from core.text import clean

AccountId = NewType("AccountId", str)  # 12 digits
Region = NewType("Region", str)  # us-east-2
ZoneId = NewType("ZoneId", str)  # use2-az1: the same zone in every account, unlike its name
VpcId = NewType("VpcId", str)
SubnetId = NewType("SubnetId", str)
GroupId = NewType("GroupId", str)  # security group, sg-…
PrefixListId = NewType("PrefixListId", str)  # pl-…
EndpointId = NewType("EndpointId", str)  # vpce-…
EndpointServiceName = NewType("EndpointServiceName", str)  # com.amazonaws.vpce.<region>.vpce-svc-…
ServiceId = NewType("ServiceId", str)  # SkySQL's, dbpgf00000001
Cidr = NewType("Cidr", str)  # canonical: 10.0.0.0/16
Source = NewType("Source", str)  # who may connect: a Cidr, a GroupId or a PrefixListId
RunId = NewType("RunId", str)

_NAME_CHARACTERS = r"a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*"
_GROUP_TEXT = re.compile(rf"[{_NAME_CHARACTERS}]{{1,255}}")
_ANYWHERE = ("0.0.0.0/0", "::/0")


class Invalid(ValueError):
    """Text that cannot be what it should be: `what` is wrong, and the `remedy`."""

    def __init__(self, what: str, remedy: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy


def _match(pattern: str, text: str, noun: str, example: str) -> str:
    plain = clean(text, 300)
    if not re.fullmatch(pattern, plain):
        raise Invalid(
            f"“{plain}” is not {noun}." if plain else f"There is no {noun.split(' ', 1)[1]}.",
            f"It looks like {example}.",
        )
    return plain


def parse_account_id(text: str) -> AccountId:
    """`1234-5678-9012` and `123456789012`, as the AWS console shows both."""
    plain = clean(text, 100)
    digits = plain.replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        raise Invalid(f"“{plain}” is not an AWS account id.", "An account id is twelve digits and nothing else.")
    if len(digits) != 12:
        raise Invalid(f"“{plain}” has {len(digits)} digits.", "An AWS account id has twelve.")
    return AccountId(digits)


def parse_account_ids(text: str) -> tuple[tuple[AccountId, ...], tuple[Invalid, ...]]:
    """Many ids in any separators, duplicates folded, in the order given; and what is wrong with the rest."""
    found: dict[AccountId, None] = {}
    wrong: list[Invalid] = []
    for word in re.split(r"[^0-9A-Za-z_\-]+", text):
        if not word.strip("-_"):
            continue
        try:
            found[parse_account_id(word)] = None
        except Invalid as why:
            wrong.append(why)
    return tuple(found), tuple(wrong)


def parse_region(text: str) -> Region:
    return Region(_match(r"[a-z]{2}(-[a-z]+)+-\d", text, "an AWS region", "us-east-2"))


def parse_vpc_id(text: str) -> VpcId:
    return VpcId(_match(r"vpc-[0-9a-f]{4,17}", text, "a VPC id", "vpc-0123456789abcdef0"))


def parse_subnet_id(text: str) -> SubnetId:
    return SubnetId(_match(r"subnet-[0-9a-f]{3,17}", text, "a subnet id", "subnet-0123456789abcdef0"))


def parse_group_id(text: str) -> GroupId:
    return GroupId(_match(r"sg-[0-9a-f]{3,17}", text, "a security group id", "sg-0123456789abcdef0"))


def parse_cidr(text: str) -> Cidr:
    """An address gets /32 (or /128); a network its canonical form, as AWS stores it: 10.0.0.9/16 is 10.0.0.0/16."""
    plain = clean(text, 100).replace(" ", "")
    try:
        return Cidr(str(ipaddress.ip_network(plain, strict=False)))
    except ValueError:
        raise Invalid(
            f"“{plain}” is neither an address nor a CIDR range.", "Examples: 10.0.1.5, 10.0.0.0/16."
        ) from None


def parse_source(text: str) -> Source:
    """A rule's source: address, CIDR, security group id or prefix list id."""
    plain = clean(text, 100).replace(" ", "")
    if plain.startswith("sg-"):
        return Source(parse_group_id(plain))
    if plain.startswith("pl-"):
        return Source(_match(r"pl-[0-9a-f]{3,17}", plain, "a prefix list id", "pl-0123456789abcdef0"))
    return Source(parse_cidr(plain))


def is_anywhere(source: str) -> bool:
    """Whether a source admits every address."""
    return source in _ANYWHERE


def parse_group_name(text: str) -> str:
    """A new security group's name, by EC2's rules."""
    plain = text.strip()
    if not plain:
        raise Invalid("The security group has no name.", "Type one: letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*")
    if plain.lower().startswith("sg-"):
        raise Invalid("A security group's name cannot begin with “sg-”.", "AWS keeps that for ids.")
    if plain.lower() == "default":
        raise Invalid("“default” is the name of the VPC's own group.", "Choose another name.")
    return _group_text(plain, "name")


def parse_group_description(text: str) -> str:
    plain = text.strip()
    if not plain:
        raise Invalid("AWS wants a description for a security group.", "Say in a few words who it lets in.")
    return _group_text(plain, "description")


def _group_text(plain: str, noun: str) -> str:
    if len(plain) > 255:
        raise Invalid(f"The {noun} has {len(plain)} characters.", "AWS takes 255.")
    if not _GROUP_TEXT.fullmatch(plain):
        bad = clean("".join(dict.fromkeys(re.sub(rf"[{_NAME_CHARACTERS}]", "", plain))), 20)
        raise Invalid(
            f"AWS does not take “{bad}” in a group's {noun}.",
            "Use letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*",
        )
    return plain


def parse_tag(key: str, value: str) -> tuple[str, str]:
    """One of the user's own tags, by EC2's rules."""
    key, value = key.strip(), value.strip()
    if not key:
        raise Invalid("A tag has no key.", "Write key=value.")
    if key.lower().startswith("aws:"):
        raise Invalid(f"The tag key “{clean(key, 60)}” begins with “aws:”.", "AWS keeps that prefix for itself.")
    if key in RESERVED_TAGS or key.startswith("skysql:"):
        raise Invalid(f"The tag “{clean(key, 60)}” is set by this program.", "Choose another key.")
    if len(key) > 127 or len(value) > 255:
        raise Invalid(f"The tag “{clean(key, 60)}” is too long.", "A key takes 127 characters, a value 255.")
    if clean(key, 300) != key or clean(value, 300) != value:
        raise Invalid(f"The tag “{clean(key, 60)}” holds characters that cannot be shown.", "Type it again.")
    return key, value


RESERVED_TAGS = ("Name", "skysql:service-id", "skysql:run-id", "managed-by")


def parse_tags(text: str) -> tuple[tuple[str, str], ...]:
    """`team=payments, env=prod` as pairs, in the order given."""
    tags: dict[str, str] = {}
    for item in re.split(r"[,\n;]", text):
        if not item.strip():
            continue
        key, equals, value = item.partition("=")
        if not equals:
            raise Invalid(f"“{clean(item, 60)}” is not key=value.", "Write tags like team=payments, env=prod.")
        key, value = parse_tag(key, value)
        if key in tags:
            raise Invalid(f"The tag “{key}” stands twice.", "Keep one.")
        tags[key] = value
    if len(tags) > 46:
        raise Invalid(f"There are {len(tags)} tags.", "AWS takes 50 on a resource and four are this program's own.")
    return tuple(tags.items())


def parse_key(text: str) -> str:
    """A SkySQL API key as pasted: outer spaces, quotes and line ends are dropped; the rest must be one word."""
    key = text.strip().strip("\"'").strip()
    if not key:
        raise Invalid(
            "There is no SkySQL API key.", "Make one at app.skysql.com under your profile, and paste it here."
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise Invalid(
            "That is not a SkySQL API key: it holds spaces or characters no key has.",
            "Copy the key alone, in one line.",
        )
    return key
