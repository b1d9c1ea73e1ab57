"""The plan's file: read strictly, told wholly, and read back as it was written."""

import time
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.plan import ExistingGroups, NewGroup, Plan, dump_plan, parse_plan
from core.problems import Usage
from core.text import clean
from core.values import (
    AccountId,
    GroupId,
    Region,
    Source,
    SubnetId,
    VpcId,
    parse_cidr,
)

T = TypeVar("T")

CONTRACT = """\
version = 1

[skysql]
service = "orders-prod"                       # id, or a name that is unique
allowed_accounts = ["123456789012"]           # complete list after the change

[aws]
region = "us-east-2"
vpc = "vpc-0123456789abcdef0"
subnets = ["subnet-0aaa", "subnet-0bbb"]      # at most one per availability zone

[security_group]
name = "orders-prod-privatelink"
description = "Clients of orders-prod over PrivateLink"
ports = ["readwrite"]
sources = ["10.0.1.5/32", "sg-0456", "pl-0789"]

[endpoint]
name = "orders-prod"
private_dns = true
tags = { team = "payments" }
"""
PLAN = Plan(
    service="orders-prod",
    accounts=(AccountId("123456789012"),),
    region=Region("us-east-2"),
    vpc=VpcId("vpc-0123456789abcdef0"),
    subnets=(SubnetId("subnet-0aaa"), SubnetId("subnet-0bbb")),
    group=NewGroup(
        "orders-prod-privatelink",
        "Clients of orders-prod over PrivateLink",
        ("readwrite",),
        (Source("10.0.1.5/32"), Source("sg-0456"), Source("pl-0789")),
    ),
    endpoint_name="orders-prod",
    tags=(("team", "payments"),),
)
NEW_GROUP = CONTRACT[CONTRACT.index("[security_group]") : CONTRACT.index("[endpoint]")]
ENDPOINT = CONTRACT[CONTRACT.index("[endpoint]") :]


def _with_group(lines: str) -> str:
    return CONTRACT.replace(NEW_GROUP, f"[security_group]\n{lines}\n\n")


def _wrong(text: str) -> Usage:
    with pytest.raises(Usage) as refused:
        parse_plan(text)
    assert refused.value.code == "plan-invalid"
    assert refused.value.exit_code == 2
    assert refused.value.what
    assert refused.value.cause
    assert refused.value.remedy
    return refused.value


# ---------------------------------------------------------------------------------------------- what is right


def test_the_contracts_own_example() -> None:
    assert parse_plan(CONTRACT) == PLAN


def test_line_ends_and_byte_order_marks_of_other_systems() -> None:
    assert parse_plan("\ufeff" + CONTRACT.replace("\n", "\r\n")) == PLAN


def test_what_may_be_left_out() -> None:
    plan = parse_plan(_with_group('name = "x"\nsources = ["10.0.0.9"]').replace(ENDPOINT, ""))
    assert plan.group == NewGroup(
        "x", "Clients of orders-prod over PrivateLink", ("readwrite",), (Source("10.0.0.9/32"),)
    )
    assert (plan.endpoint_name, plan.private_dns, plan.enable_vpc_dns, plan.tags) == ("orders-prod", True, False, ())


@pytest.mark.parametrize(
    ("line", "ids"),
    [('id = "sg-0123"', ("sg-0123",)), ('ids = ["sg-0123", "sg-0456"]', ("sg-0123", "sg-0456"))],
)
def test_existing_groups(line: str, ids: tuple[str, ...]) -> None:
    assert parse_plan(_with_group(line)).group == ExistingGroups(tuple(GroupId(group) for group in ids))


def test_account_ids_and_sources_are_made_canonical() -> None:
    plan = parse_plan(CONTRACT.replace("123456789012", "1234-5678-9012").replace("10.0.1.5/32", "10.0.1.5/16"))
    assert plan.accounts == PLAN.accounts
    assert isinstance(plan.group, NewGroup)
    assert plan.group.sources[0] == "10.0.0.0/16"


def test_the_vpcs_dns_may_be_switched_on() -> None:
    assert parse_plan(CONTRACT + "enable_vpc_dns = true\n").enable_vpc_dns


# ---------------------------------------------------------------------------------------------- what is wrong


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CONTRACT.replace("region =", "regoin ="), "[aws] regoin is not known. Did you mean region in [aws]?"),
        (CONTRACT.replace("[endpoint]", "[endpoints]"), "endpoints is not known. Did you mean [endpoint]?"),
        (CONTRACT.replace("vpc =", "private_dns = true\nvpc ="), "Did you mean private_dns in [endpoint]?"),
        (CONTRACT.replace("vpc =", "zzz = 1\nvpc ="), "[aws] zzz is not known. Known here: region, subnets, vpc."),
        (CONTRACT.replace("version = 1", "version = 1\nverison = 2"), "verison is not known. Did you mean version?"),
        (CONTRACT.replace('region = "us-east-2"\n', ""), "[aws] region is missing."),
        (CONTRACT.replace(NEW_GROUP, ""), "[security_group] is missing."),
        (CONTRACT.replace('"us-east-2"', "2"), "[aws] region must be text in double quotes, not 2."),
        (CONTRACT.replace("private_dns = true", 'private_dns = "yes"'), "[endpoint] private_dns must be true or false"),
        (CONTRACT.replace("private_dns = true", "private_dns = 1"), "[endpoint] private_dns must be true or false"),
        (CONTRACT.replace('["subnet-0aaa", "subnet-0bbb"]', '"subnet-0aaa"'), "[aws] subnets must be a list in [ ]"),
        (CONTRACT.replace('["subnet-0aaa", "subnet-0bbb"]', "[]"), "[aws] subnets: The list of subnets is empty."),
        (CONTRACT.replace("subnet-0bbb", "subnet-0aaa"), "[aws] subnets: “subnet-0aaa” stands twice."),
        (CONTRACT.replace("subnet-0bbb", "vpc-1"), "[aws] subnets, item 2: “vpc-1” is not a subnet id."),
        (CONTRACT.replace('"123456789012"', '"12345"'), "[skysql] allowed_accounts, item 1: “12345” has 5 digits."),
        (CONTRACT.replace('"123456789012"', ""), "[skysql] allowed_accounts: The list of accounts is empty."),
        (CONTRACT.replace('"123456789012"', "123456789012"), "item 1 must be text in double quotes"),
        (CONTRACT.replace('service = "orders-prod"', 'service = " "'), "[skysql] service: The service is empty."),
        (CONTRACT.replace('service = "orders-prod"', r'service = "a\u001bb"'), "holds characters that no service id"),
        (CONTRACT.replace('"readwrite"', '"read write"'), "“read write” is not a port's purpose."),
        (CONTRACT.replace("10.0.1.5/32", "everywhere"), "“everywhere” is neither an address nor a CIDR range."),
        (CONTRACT.replace('{ team = "payments" }', '{ Name = "x" }'), "[endpoint] tags: The tag “Name” is set by"),
        (CONTRACT.replace('{ team = "payments" }', "{ team = 1 }"), "[endpoint] tags, team must be text"),
        (CONTRACT.replace('{ team = "payments" }', '"x"'), '[endpoint] tags must be a table of key = "value"'),
        (
            CONTRACT.replace(ENDPOINT, "").replace("version = 1", "version = 1\nendpoint = 3"),
            "[endpoint] must be a table",
        ),
        (
            _with_group('id = "sg-0123"\nname = "x"'),
            "[security_group]: It names an existing group (id) and a new one (name)",
        ),
        (_with_group('id = "sg-0123"\nids = ["sg-0456"]'), "[security_group]: It has both id and ids."),
        (_with_group(""), "[security_group]: It names no group."),
        (_with_group("ids = []"), "[security_group] ids: The list of security groups is empty."),
        (_with_group(f"ids = {[f'sg-000{n}' for n in range(6)]}"), "It lists 6 groups. An endpoint takes at most 5."),
        (_with_group('ports = ["readwrite"]'), "[security_group]: A new group needs name, sources."),
        (_with_group('name = "default"\nsources = ["10.0.0.0/8"]'), "“default” is the name of the VPC's own group."),
    ],
)
def test_what_is_wrong_is_told(text: str, told: str) -> None:
    assert told in _wrong(text).cause


def test_all_errors_of_a_file_are_told_at_once() -> None:
    text = CONTRACT.replace("region =", "regoin =").replace("vpc-0123456789abcdef0", "vpc").replace("true", "1")
    wrong = _wrong(text)
    assert wrong.what == "The plan has 4 errors."
    for told in ("region is missing", "regoin is not known", "“vpc” is not a VPC id", "private_dns must be"):
        assert told in wrong.cause


def test_more_errors_than_fit_are_counted() -> None:
    wrong = _wrong(CONTRACT + "\n".join(f"key{n} = 1" for n in range(30)))
    assert wrong.what == "The plan has 30 errors."
    assert wrong.cause.endswith("And 22 more errors.")


@pytest.mark.parametrize(
    ("text", "what", "cause"),
    [
        (CONTRACT.replace("version = 1\n", ""), "The plan has no version.", "A plan begins with version = 1."),
        (CONTRACT.replace("version = 1", "version = 2"), "The plan's version is 2.", "reads version = 1"),
        (CONTRACT.replace("version = 1", 'version = "1"'), "The plan's version is '1'.", "reads version = 1"),
        (CONTRACT.replace("version = 1", "version = true"), "The plan's version is True.", "reads version = 1"),
        (CONTRACT.replace("version = 1", "version = 1.0"), "The plan's version is 1.0.", "reads version = 1"),
        ("", "The plan has no version.", "A plan begins with version = 1."),
        ("version = 1\nb = = 2", "The plan is not valid TOML.", "line 2, column 5"),
        ("{}", "The plan is not valid TOML.", "line 1, column 1"),
        (CONTRACT + "\0", "The plan is not valid TOML.", "line 22, column 1"),
        ("version = " + "9" * 5000, "The plan is not valid TOML.", "The reader says"),
        ("version = 1\nversion = 1", "The plan is not valid TOML.", "The reader says"),
        ("a = " + "[" * 20_000, "The plan is nested too deeply.", "four tables"),
        (".".join("a" * 20_000) + " = 1", "The plan is nested too deeply.", "four tables"),
        ("#" * 70_000, "The plan has 70,000 characters.", "up to 65,536"),
    ],
    ids=lambda text: clean(text, 24),
)
def test_what_is_no_plan_at_all(text: str, what: str, cause: str) -> None:
    begun = time.thread_time()
    wrong = _wrong(text)
    assert wrong.what == what
    assert cause in wrong.cause
    assert time.thread_time() - begun < 2


@given(st.text(st.characters(), max_size=200))
def test_any_text_is_a_plan_or_a_usage_error(text: str) -> None:
    with pytest.raises(Usage):
        parse_plan(text)


@given(st.text(st.characters(), max_size=60))
def test_any_text_within_a_plan_is_read_or_refused(text: str) -> None:
    with suppress(Usage):
        parse_plan(CONTRACT.replace("[endpoint]", f"[endpoint]\n{text}"))


@given(st.sampled_from(CONTRACT.splitlines()), st.sampled_from(["[[[", "= 1", '"', "{}", "[aws]", "\x1b", "x = 1"]))
def test_a_torn_plan_is_a_plan_or_a_usage_error(line: str, instead: str) -> None:
    with suppress(Usage):
        parse_plan(CONTRACT.replace(line, instead))


# ---------------------------------------------------------------------------------------------- writing


DIGITS = st.text("0123456789", min_size=12, max_size=12)
HEX = st.text("0123456789abcdef", min_size=4, max_size=17)
SHOWN = st.text(st.characters(), min_size=1, max_size=40).map(clean).filter(bool)
GROUP_TEXT = st.text("abcXYZ019 ._-:/()#,@[]+=&;{}!$*", min_size=1, max_size=40).map(str.strip).filter(bool)
SOURCES = st.one_of(
    st.ip_addresses().map(lambda address: Source(parse_cidr(str(address)))), HEX.map(lambda text: Source(f"sg-{text}"))
)


def _some(items: "st.SearchStrategy[T]", most: int = 4) -> "st.SearchStrategy[tuple[T, ...]]":
    return st.lists(items, min_size=1, max_size=most, unique=True).map(tuple)


GROUPS = st.one_of(
    st.builds(ExistingGroups, _some(HEX.map(lambda text: GroupId(f"sg-{text}")), 5)),
    st.builds(
        NewGroup,
        GROUP_TEXT.filter(lambda name: name.lower() != "default" and not name.lower().startswith("sg-")),
        GROUP_TEXT,
        _some(st.sampled_from(["readwrite", "readonly", "http"])),
        _some(SOURCES),
    ),
)
PLANS = st.builds(
    Plan,
    service=SHOWN,
    accounts=_some(DIGITS.map(AccountId)),
    region=st.sampled_from([Region("us-east-2"), Region("eu-north-1")]),
    vpc=HEX.map(lambda text: VpcId(f"vpc-{text}")),
    subnets=_some(HEX.map(lambda text: SubnetId(f"subnet-{text}"))),
    group=GROUPS,
    endpoint_name=SHOWN,
    private_dns=st.booleans(),
    enable_vpc_dns=st.booleans(),
    tags=st.dictionaries(SHOWN.map(lambda key: f"x-{key}"), SHOWN, max_size=4).map(lambda tags: tuple(tags.items())),
)


@given(PLANS)
def test_a_plan_written_is_read_back(plan: Plan) -> None:
    assert parse_plan(dump_plan(plan)) == plan


def test_a_written_plan_explains_itself() -> None:
    text = dump_plan(PLAN)
    assert text.splitlines()[0].startswith("# A plan of skysql-privatelink")
    assert 'allowed_accounts = ["123456789012"]\n' in text
    assert "# At most one subnet per availability zone.\n" in text
    assert "# New: every port admits every source.\n" in text
    assert text.endswith('[endpoint.tags]\nteam = "payments"\n')


def test_long_lists_stand_one_item_a_line() -> None:
    accounts = tuple(AccountId(f"{number:012}") for number in range(40))
    text = dump_plan(replace(PLAN, accounts=accounts))
    assert max(len(line) for line in text.splitlines()) < 120
    assert parse_plan(text).accounts == accounts


def test_existing_groups_are_written_as_the_contract_says() -> None:
    one, two = GroupId("sg-0123"), GroupId("sg-0456")
    assert 'id = "sg-0123"' in dump_plan(replace(PLAN, group=ExistingGroups((one,))))
    assert 'ids = ["sg-0123", "sg-0456"]' in dump_plan(replace(PLAN, group=ExistingGroups((one, two))))
