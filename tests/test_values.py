"""The field's own words, read from whatever a person types or pastes."""

import ipaddress
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.values import (
    RESERVED_TAGS,
    Invalid,
    is_anywhere,
    legal_group_text,
    parse_account_id,
    parse_account_ids,
    parse_cidr,
    parse_group_description,
    parse_group_id,
    parse_group_name,
    parse_key,
    parse_region,
    parse_resource_name,
    parse_source,
    parse_subnet_id,
    parse_tag,
    parse_tag_set,
    parse_tags,
    parse_vpc_id,
    show_tags,
)

ANYTHING = st.text(st.characters(), max_size=120)
PARSERS: list[Callable[[str], Any]] = [
    parse_account_id,
    parse_account_ids,
    parse_cidr,
    parse_group_description,
    parse_group_id,
    parse_group_name,
    parse_key,
    parse_region,
    parse_resource_name,
    parse_source,
    parse_subnet_id,
    parse_tags,
    parse_vpc_id,
]
A, B = "123456789012", "210987654321"
WIDE = {ord("0") + digit: 0xFF10 + digit for digit in range(10)}  # full-width digits


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: parse.__name__)
@given(text=ANYTHING)
def test_a_parser_reads_or_says_why_not(parse: Callable[[str], Any], text: str) -> None:
    why = _refused(parse, text)
    if why is not None:
        assert why.what
        assert str(why).startswith(why.what)
        assert "\x1b" not in str(why)


def _refused(parse: Callable[[str], Any], text: str) -> Invalid | None:
    try:
        parse(text)
    except Invalid as why:
        return why
    return None


# ---------------------------------------------------------------------------------------------- accounts


@pytest.mark.parametrize("text", [A, "1234-5678-9012", " 123456789012\n", A.translate(WIDE), "1234 5678 9012"])
def test_an_account_id(text: str) -> None:
    assert parse_account_id(text) == A


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("1234567890123", "has 13 digits"),
        ("12345678901", "has 11 digits"),
        ("1", "has 1 digit."),
        ("12345678901x", "is not an AWS account id"),
        ("١٢٣٤٥٦٧٨٩٠١٢", "is not an AWS account id"),
        ("²²²²²²²²²²²²x", "is not an AWS account id"),
        ("", "There is no AWS account id"),
        ("--", "There is no AWS account id"),
    ],
)
def test_not_an_account_id(text: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        parse_account_id(text)


@pytest.mark.parametrize(
    "text",
    [
        f"{A} {B}",
        f"{A},{B}",
        f"{A};\n{B}\r\n",
        f"{A}\t|\t{B}",
        f'["{A}", "{B}"]',
        f"{A}/{B}",
        f"{A}{chr(0x2028)}{B}",
        f"  - {A}\n  - {B}\n",
        "1234-5678-9012 2109-8765-4321",
        "1234 5678 9012, 2109 8765 4321",
        f"1234\u20135678\u20139012\u3000{B.translate(WIDE)}",
        f"arn:aws:iam::{A}:root arn:aws-cn:iam::{B}:role/admin",
        f"{A[:6]}\u200b{A[6:]} \u202e{B}",
        f"{A} {B} {A} 1234-5678-9012",
    ],
)
def test_many_account_ids(text: str) -> None:
    assert parse_account_ids(text) == ((A, B), ())


def test_what_is_wrong_is_told_once_and_the_rest_is_read() -> None:
    found, wrong = parse_account_ids(f"{A}, 12345, and 12345 {B} 1234567890123")
    assert found == (A, B)
    assert [why.what for why in wrong] == [
        "“12345” has 5 digits.",
        "“and” is not an AWS account id.",
        "“1234567890123” has 13 digits.",
    ]


@given(
    st.lists(st.integers(0, 10**12 - 1), max_size=20),
    st.sampled_from([" ", ",", ";", "\n", "\t", ", ", "/", "|", '", "']),
)
def test_no_id_is_lost_whatever_separates_them(numbers: list[int], separator: str) -> None:
    ids = [f"{number:012}" for number in numbers]
    found, wrong = parse_account_ids(separator.join(ids))
    assert found == tuple(dict.fromkeys(ids))
    assert not wrong


@given(ANYTHING)
def test_no_word_is_dropped_in_silence(text: str) -> None:
    found, wrong = parse_account_ids(f"x{text}9")
    assert found or wrong


def test_a_huge_paste_is_read_in_part_and_says_so() -> None:
    begun = time.thread_time()
    found, wrong = parse_account_ids(f"{A} " * 50_000)
    assert time.thread_time() - begun < 5
    assert found == (A,)
    assert "only its first 100,000 characters" in wrong[-1].what


# ---------------------------------------------------------------------------------------------- addresses and ids


@given(st.ip_addresses(), st.integers(0, 128))
def test_a_cidr_is_canonical_and_stays_so(address: "ipaddress.IPv4Address | ipaddress.IPv6Address", bits: int) -> None:
    length = min(bits, address.max_prefixlen)
    cidr = parse_cidr(f"{address}/{length}")
    assert parse_cidr(cidr) == cidr
    assert address in ipaddress.ip_network(cidr)


@pytest.mark.parametrize(
    ("text", "cidr"),
    [
        ("10.0.0.9/16", "10.0.0.0/16"),
        ("10.0.1.5", "10.0.1.5/32"),
        (" 10.0.0.0 / 8 ", "10.0.0.0/8"),
        ("2001:DB8::1", "2001:db8::1/128"),
        ("0.0.0.0/0", "0.0.0.0/0"),
        ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
    ],
)
def test_cidr(text: str, cidr: str) -> None:
    assert parse_cidr(text) == cidr


@pytest.mark.parametrize(
    "text", ["", "10.0.0.256", "10.0.0.0/33", "localhost", "10.0.0", "10.0.0.01", "1", "fe80::1%eth0", "10.0.0.1 6"]
)
def test_not_a_cidr(text: str) -> None:
    with pytest.raises(Invalid, match="neither an address nor a CIDR range"):
        parse_cidr(text)


@pytest.mark.parametrize(
    ("text", "source"),
    [("sg-0123456789abcdef0", "sg-0123456789abcdef0"), ("pl-0456", "pl-0456"), ("10.1.2.3", "10.1.2.3/32")],
)
def test_source(text: str, source: str) -> None:
    assert parse_source(text) == source


@pytest.mark.parametrize(
    ("text", "what"),
    [("sg-xyz", "is not a security group id"), ("pl-", "is not a prefix list id"), ("web", "neither an address")],
)
def test_not_a_source(text: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        parse_source(text)


@pytest.mark.parametrize(("source", "anywhere"), [("0.0.0.0/0", True), ("::/0", True), ("0.0.0.0/1", False)])
def test_anywhere(source: str, anywhere: bool) -> None:
    assert is_anywhere(source) is anywhere


@pytest.mark.parametrize("region", ["us-east-2", "ap-northeast-1", "us-gov-west-1"])
def test_region(region: str) -> None:
    assert parse_region(region) == region


@pytest.mark.parametrize(
    ("parse", "text", "what"),
    [
        (parse_region, "us east 2", "is not an AWS region"),
        (parse_region, "us-east-2a", "is not an AWS region"),
        (parse_region, "", "There is no AWS region"),
        (parse_vpc_id, "vpc-XYZ", "is not a VPC id"),
        (parse_subnet_id, "subnet-", "is not a subnet id"),
        (parse_group_id, "web", "is not a security group id"),
    ],
)
def test_not_an_id(parse: Callable[[str], str], text: str, what: str) -> None:
    with pytest.raises(Invalid, match=what) as refused:
        parse(text)
    assert "It looks like" in refused.value.remedy


# ---------------------------------------------------------------------------------------------- names and tags


@pytest.mark.parametrize("name", ["orders-prod-privatelink", "a b._-:/()#,@[]+=&;{}!$*", "x" * 255])
def test_group_name(name: str) -> None:
    assert parse_group_name(f" {name} ") == name


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("", "has no name"),
        ("SG-mine", "cannot begin with “sg-”"),
        ("Default", "the VPC's own group"),
        ("x" * 256, "has 256 characters"),
        ("büro", "AWS does not take “ü”"),
        ("a'b\x1b", "AWS does not take “'”"),
    ],
)
def test_not_a_group_name(name: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        parse_group_name(name)


@pytest.mark.parametrize(("text", "what"), [(" ", "AWS wants a description"), ("<b>", "in a group's description")])
def test_not_a_group_description(text: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        parse_group_description(text)


@given(ANYTHING)
def test_legal_group_text_is_legal(text: str) -> None:
    legal = legal_group_text(text)
    if legal:
        assert parse_group_description(legal) == legal


@pytest.mark.parametrize(("text", "legal"), [("Büro", "Buro"), ("a<b>c", "a-b-c"), ("🦭", ""), ("x" * 300, "x" * 255)])
def test_legal_group_text(text: str, legal: str) -> None:
    assert legal_group_text(text) == legal


@pytest.mark.parametrize(
    ("text", "what"), [(" ", "is empty"), ("x" * 256, "has 256 characters"), ("a\x1bb", "cannot be shown")]
)
def test_not_a_resource_name(text: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        parse_resource_name(text)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("team=payments, env=prod", (("team", "payments"), ("env", "prod"))),
        ("team=payments\nenv=prod;", (("team", "payments"), ("env", "prod"))),
        ("empty=", (("empty", ""),)),
        ("url=http://x/?a=b", (("url", "http://x/?a=b"),)),
        ('note="a, b; c", "k=1"="say ""hi"""', (("note", "a, b; c"), ("k=1", 'say "hi"'))),
        ('disk=5" wide', (("disk", '5" wide'),)),
        (" ,; \n", ()),
        ("", ()),
    ],
)
def test_tags(text: str, tags: tuple[tuple[str, str], ...]) -> None:
    assert parse_tags(text) == tags


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("payments", "“payments” is not key=value"),
        ("=x", "A tag has no key"),
        ("aws:x=1", "begins with “aws:”"),
        ("Name=x", "is set by this program"),
        ("skysql:x=1", "is set by this program"),
        ("a=1, a=2", "“a” stands twice"),
        (f"{'k' * 128}=1", "is too long"),
        (f"k={'v' * 256}", "is too long"),
        ("k=a\x1bb", "cannot be shown"),
        (", ".join(f"k{n}={n}" for n in range(47)), "There are 47 tags"),
        ("x" * 20_001, "The tags are too long"),
    ],
)
def test_not_tags(text: str, what: str) -> None:
    with pytest.raises(Invalid, match=what):
        parse_tags(text)


@pytest.mark.parametrize("key", RESERVED_TAGS)
def test_own_tags_are_kept_from_users(key: str) -> None:
    with pytest.raises(Invalid, match="is set by this program"):
        parse_tag(key, "x")


PLAIN = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=40).map(str.strip)


@given(st.dictionaries(PLAIN, PLAIN, max_size=8))
def test_tags_shown_are_read_back(tags: dict[str, str]) -> None:
    try:
        legal = parse_tag_set(parse_tag(key, value) for key, value in tags.items())
    except Invalid:
        return
    assert parse_tags(show_tags(legal)) == legal


@pytest.mark.parametrize("text", ['"skysql.1x.abc"', " skysql.1x.abc\r\n", "'skysql.1x.abc'"])
def test_key(text: str) -> None:
    assert parse_key(text) == "skysql.1x.abc"


@pytest.mark.parametrize(
    ("text", "what"),
    [(' "" ', "There is no SkySQL API key"), ("two words", "spaces or characters"), ("ключ", "spaces or")],
)
def test_not_a_key(text: str, what: str) -> None:
    with pytest.raises(Invalid, match=what) as refused:
        parse_key(text)
    assert text.strip(" \"'") not in str(refused.value) or not text.strip(" \"'")
