"""The field's own words as types. Each `parse_*` reads text or says why not, for the person who typed it."""

import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from typing import NewType

from core.text import clean, is_plain

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
    """Text that cannot be what it should be: `what` is wrong, and the `remedy`. `part`: the wrong one of many."""

    def __init__(self, what: str, remedy: str, part: str = "") -> None:
        super().__init__(f"{what} {remedy}".strip())
        self.what = what
        self.remedy = remedy
        self.part = part


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
    plain = clean(_folded(text[:300]), 100)
    digits = plain.replace("-", "").replace(" ", "")
    if not digits:
        raise Invalid("There is no AWS account id.", "An account id is twelve digits.")
    if not (digits.isascii() and digits.isdigit()):
        raise Invalid(f"“{plain}” is not an AWS account id.", "An account id is twelve digits and nothing else.")
    if len(digits) != 12:
        raise Invalid(f"“{plain}” has {len(digits)} {_digits(len(digits))}.", "An AWS account id has twelve.")
    return AccountId(digits)


def _digits(number: int) -> str:
    return "digit" if number == 1 else "digits"


def parse_account_ids(text: str) -> tuple[tuple[AccountId, ...], tuple[Invalid, ...]]:
    """Many ids in any separators, duplicates folded, in the order given; and what is wrong with the rest.

    Also reads ARNs (the account inside) and ids written as the console does, `1234-5678-9012` or `1234 5678 9012`.
    """
    found: dict[AccountId, None] = {}
    wrong: dict[str, Invalid] = {}
    for word in _account_words(text[:_PASTE]):
        try:
            found[parse_account_id(word)] = None
        except Invalid as why:
            wrong.setdefault(word, Invalid(why.what, why.remedy, word))
    if len(text) > _PASTE:
        too_long = Invalid(
            f"The text is too long: only its first {_PASTE:,} characters were read.", "Paste it in parts."
        )
        wrong[too_long.what] = too_long
    return tuple(found), tuple(wrong.values())


_PASTE = 100_000  # characters: more than five thousand ids
_ARN = re.compile(r"\barn:[\w-]*:[\w-]*:[\w-]*:(\d{1,20}):[^\s,;\"'\]]*")
_SPACED_ID = re.compile(r"(?<![\w-])(\d{4}) (\d{4}) (\d{4})(?![\w-])")
_NO_ID = re.compile(r"[^\w-]+")


def _account_words(text: str) -> list[str]:
    """What may be meant as ids: words between separators. Nothing with a letter or digit in it is dropped."""
    folded = _folded(text)
    plain = _SPACED_ID.sub(r"\1\2\3", _ARN.sub(r" \1 ", clean(folded, len(folded) + 1)))
    return [word for word in _NO_ID.split(plain) if word.strip("-_")]


def _folded(text: str) -> str:
    """Full-width digits as digits and every sort of dash as a dash: web pages and input methods make them."""
    normal = unicodedata.normalize("NFKC", text)
    return "".join("-" if unicodedata.category(c) == "Pd" or c == "\u2212" else c for c in normal)


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
    plain = _around_slash(text)
    try:
        if "%" in plain:  # an IPv6 scope means something on one machine only
            raise ValueError
        return Cidr(str(ipaddress.ip_network(plain, strict=False)))
    except ValueError:
        raise Invalid(
            f"“{plain}” is neither an address nor a CIDR range.", "Examples: 10.0.1.5, 10.0.0.0/16."
        ) from None


def _around_slash(text: str) -> str:
    # Spaces elsewhere stay and are refused: dropping them would make 10.0.0.16 of "10.0.0.1 6".
    return clean(text, 100).replace(" / ", "/").replace(" /", "/").replace("/ ", "/")


def parse_source(text: str) -> Source:
    """A rule's source: address, CIDR, security group id or prefix list id."""
    plain = clean(text, 100)
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


def legal_group_text(text: str) -> str:
    """What EC2 takes of `text` as a group's name or description: other characters become `-`, at most 255."""
    plain = unicodedata.normalize("NFKD", clean(text, 300))
    bare = "".join(c for c in plain if not unicodedata.combining(c))
    return re.sub(rf"[^{_NAME_CHARACTERS}]+", "-", bare)[:255].strip(" -")


def parse_resource_name(text: str) -> str:
    """A Name tag."""
    plain = text.strip()
    if not plain:
        raise Invalid("The name is empty.", "Type one: it becomes the Name tag.")
    if len(plain) > 255:
        raise Invalid(f"The name has {len(plain)} characters.", "A tag's value takes 255.")
    if not is_plain(plain):
        raise Invalid(f"The name “{clean(plain, 60)}” holds characters that cannot be shown.", "Type it again.")
    return plain


SERVICE_TAG = "skysql:service-id"
RUN_TAG = "skysql:run-id"
MANAGED_BY = ("managed-by", "skysql-privatelink")
RESERVED_TAGS = ("Name", SERVICE_TAG, RUN_TAG, MANAGED_BY[0])
"""What this program puts on everything it makes."""

_MOST_TAGS = 50 - len(RESERVED_TAGS)


def parse_tag(key: str, value: str) -> tuple[str, str]:
    """One of the user's own tags, by EC2's rules."""
    key, value = key.strip(), value.strip()
    shown = clean(key, 60)
    if not key:
        raise Invalid("A tag has no key.", "Write key=value.")
    if key.lower().startswith("aws:"):
        raise Invalid(f"The tag key “{shown}” begins with “aws:”.", "AWS keeps that prefix for itself.")
    if key in RESERVED_TAGS or key.startswith("skysql:"):
        raise Invalid(f"The tag “{shown}” is set by this program.", "Choose another key.")
    if len(key) > 127 or len(value) > 255:
        raise Invalid(f"The tag “{shown}” is too long.", "A key takes 127 characters, a value 255.")
    if not is_plain(key) or not is_plain(value):
        raise Invalid(f"The tag “{shown}” holds characters that cannot be shown.", "Type it again.")
    return key, value


def parse_tag_set(tags: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Tags that can stand on one resource together, in the order given."""
    kept: dict[str, str] = {}
    for key, value in tags:
        if key in kept:
            raise Invalid(f"The tag “{key}” stands twice.", "Keep one.")
        kept[key] = value
    if len(kept) > _MOST_TAGS:
        raise Invalid(
            f"There are {len(kept)} tags.",
            f"AWS takes 50 on a resource and {len(RESERVED_TAGS)} are this program's own.",
        )
    return tuple(kept.items())


_KEY = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=[=,;\n]|\Z)|([^=,;\n]*))')
_VALUE = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*(?=[,;\n]|\Z)|([^,;\n]*))')


def parse_tags(text: str) -> tuple[tuple[str, str], ...]:
    """`team=payments, env=prod` as pairs, in the order given. What holds a comma stands in quotes: `note="a, b"`."""
    if len(text) > 20_000:
        raise Invalid("The tags are too long.", f"A resource takes {_MOST_TAGS} of your own.")
    tags: list[tuple[str, str]] = []
    at = 0
    while at < len(text):
        begin = _KEY.match(text, at)
        at = begin.end() if begin else len(text)
        key = _unquoted(begin)
        if text[at : at + 1] == "=":
            end = _VALUE.match(text, at + 1)
            tags.append(parse_tag(key, _unquoted(end)))
            at = end.end() if end else len(text)
        elif key.strip():
            raise Invalid(f"“{clean(key, 60)}” is not key=value.", "Write tags like team=payments, env=prod.")
        at += 1  # the separator
    return parse_tag_set(tags)


def _unquoted(part: "re.Match[str] | None") -> str:
    if part is None:
        return ""
    quoted, bare = part.groups()
    return quoted.replace('""', '"') if quoted is not None else bare


def show_tags(tags: Iterable[tuple[str, str]]) -> str:
    """Pairs as a person types them; `parse_tags` reads back the same."""
    return ", ".join(f"{_quoted(key)}={_quoted(value)}" for key, value in tags)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if re.search(r'[,;=\n"]', text) else text


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
