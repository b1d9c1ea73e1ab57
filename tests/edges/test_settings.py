"""What environment and command line say, and which addresses a key is never sent to."""

from pathlib import Path

import pytest

from core.edges.settings import SKYSQL_URL, origin, settings_from, state_folder
from core.problems import Usage
from core.world import Secret


def test_nothing_said() -> None:
    settings = settings_from({})
    assert settings.skysql_url == SKYSQL_URL
    assert not settings.skysql_key
    assert (settings.organization, settings.profile, settings.region) == ("", "", "")


def test_skysqls_own_variables_win_over_terraforms() -> None:
    terraform = {"TF_SKYSQL_API_KEY": "b", "TF_SKYSQL_API_BASE_URL": "https://b.test", "TF_SKYSQL_ORG_ID": "org-b"}
    own = {"SKYSQL_API_KEY": "a", "SKYSQL_API_URL": "https://a.test/", "SKYSQL_ORG_ID": "org-a"}
    first, second = settings_from(terraform | own), settings_from(terraform)
    assert (first.skysql_key, first.skysql_url, first.organization) == (Secret("a"), "https://a.test", "org-a")
    assert (second.skysql_key, second.skysql_url, second.organization) == (Secret("b"), "https://b.test", "org-b")


def test_the_command_line_wins() -> None:
    environ = {"SKYSQL_ORG_ID": "org-a", "AWS_REGION": "us-east-1"}
    settings = settings_from(environ, organization="org-b", region="eu-west-1", profile="corp", key=Secret("k"))
    assert (settings.organization, settings.region) == ("org-b", "eu-west-1")
    assert (settings.profile, settings.skysql_key) == ("corp", Secret("k"))


@pytest.mark.parametrize(
    ("environ", "region"),
    [
        ({"AWS_REGION": "us-east-2", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-2"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
    ],
)
def test_the_region_by_either_name(environ: dict[str, str], region: str) -> None:
    assert settings_from(environ).region == region


@pytest.mark.parametrize(
    ("environ", "region"), [({"AWS_REGION": "us-east-2"}, "us-east-2"), ({}, "eu-west-1")], ids=["given", "not given"]
)
def test_a_likely_region_is_for_where_none_is_given(environ: dict[str, str], region: str) -> None:
    assert settings_from(environ, likely_region="eu-west-1").region == region


@pytest.mark.parametrize(
    "url",
    ["https://api.skysql.com", "https://api.test:8443/base", "http://127.0.0.1:8000", "http://localhost", "http://[::1]:1"],
)  # fmt: skip
def test_addresses_a_key_may_be_sent_to(url: str) -> None:
    assert settings_from({"SKYSQL_API_URL": url}).skysql_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.skysql.com",
        "http://localhost.evil.test",
        "http://127.0.0.1.evil.test",
        "http://128.0.0.1",
        "api.skysql.com",
        "ftp://api.skysql.com",
        "https://",
        "https://user:canary@api.skysql.com",
        "https://user:canary@api.skysql.com:x",
        "https://api.skysql.com/?key=canary",
        "https://api.skysql.com/#x",
        "https://[::1",
        "not an address",
    ],
)
def test_addresses_a_key_is_not_sent_to(url: str) -> None:
    with pytest.raises(Usage) as caught:
        settings_from({"SKYSQL_API_URL": url})
    assert "SKYSQL_API_URL" in caught.value.remedy


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(Usage) as caught:
        settings_from({"SKYSQL_API_URL": "https://user:canary@api.skysql.com:x"})
    assert "canary" not in str(caught.value)


def test_an_organization_that_fits_into_no_header() -> None:
    with pytest.raises(Usage):
        settings_from({"SKYSQL_ORG_ID": "org\x00"})


def test_a_key_that_is_none_is_left_for_the_first_call_to_tell() -> None:
    assert settings_from({"SKYSQL_API_KEY": "two words"}).skysql_key == Secret("two words")


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_STATE_HOME": "/state"}, "/state/skysql-privatelink"),
        ({"HOME": "/home/ann"}, "/home/ann/.local/state/skysql-privatelink"),
        ({"HOME": "/home/ann", "XDG_STATE_HOME": "relative"}, "/home/ann/.local/state/skysql-privatelink"),
    ],
)
def test_where_runs_are_kept(environ: dict[str, str], folder: str) -> None:
    assert state_folder(environ) == Path(folder)
    assert settings_from(environ).state_folder == Path(folder)


def test_the_key_shows_in_no_repr() -> None:
    assert "canary" not in repr(settings_from({"SKYSQL_API_KEY": "canary"}))


def test_an_origin_is_scheme_and_host() -> None:
    assert origin("https://API.skysql.com/v1/x") == "https://api.skysql.com"
