"""SkySQL answering as no API should: each is told, none crashes, and the key is in nothing that is raised."""

import asyncio
import json
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from core.edges.skysql import SkySQLApi
from core.facts import AllowedAddress, Port
from core.problems import (
    Busy,
    Conflict,
    Failed,
    Nonsense,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Passing,
    Problem,
    Unclear,
    Usage,
)
from core.values import AccountId, ServiceId
from core.world import Secret, Settings
from tests.timing import Stalls

KEY = "canary-key-4711"
ONE = ServiceId("dbpgf00000001")
ACCOUNTS = (AccountId("012345678901"),)
SERVICE = {
    "id": ONE,
    "name": "orders-prod",
    "region": "us-east-2",
    "provider": "aws",
    "topology": "es-replica",
    "status": "ready",
    "nodes": 2,
    "endpoints": [
        {
            "name": "primary",
            "mechanism": "nlb",
            "visibility": "public",
            "allowed_accounts": None,
            "endpoint_service": "",
            "ports": [{"name": "readwrite", "port": 3306, "purpose": "readwrite"}],
            "allow_list": [{"ip": "203.0.113.7/32", "comment": "office"}],
        }
    ],
}

Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class Stage:
    """A SkySQL that answers from `handler`, and keeps what it was asked and how long was waited."""

    def __init__(self, handler: Handler, organization: str = "") -> None:
        self.asked: list[httpx.Request] = []
        self.waited: list[float] = []
        self._handler = handler
        self._organization = organization

    async def __aenter__(self) -> "Stage":
        settings = Settings("https://api.skysql.test", Secret(KEY), self._organization)
        self.api = SkySQLApi(settings, transport=httpx.MockTransport(self._answer), sleep=self._sleep)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.api.close()

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._handler(request)
        return answer if isinstance(answer, httpx.Response) else await answer

    async def _sleep(self, seconds: float) -> None:
        self.waited.append(seconds)


def always(status: int = 200, body: Any = None, headers: dict[str, str] | None = None) -> Handler:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return lambda _: httpx.Response(status, content=content, headers=headers)


def refusal(message: str, solution: str = "", **more: Any) -> dict[str, Any]:
    return {"errors": [{"message": message, "solution": solution}], "trace_id": "trace-1", **more}


def keeps_the_key(problem: BaseException) -> bool:
    """Whether the key is nowhere in what a log, a screen or a debugger's traceback could show of it."""
    shown = [str(problem), repr(problem), repr(vars(problem)), "".join(traceback.format_exception(problem))]
    chained = [problem.__cause__, problem.__context__]
    return KEY not in " ".join(shown) and all(each is None or keeps_the_key(each) for each in chained)


async def reading(handler: Handler, organization: str = "") -> Problem:
    async with Stage(handler, organization) as stage:
        with pytest.raises(Problem) as caught:
            await stage.api.services()
    assert keeps_the_key(caught.value)
    return caught.value


async def changing(handler: Handler) -> Problem:
    async with Stage(handler) as stage:
        with pytest.raises(Problem) as caught:
            await stage.api.switch(ONE, ACCOUNTS)
        assert len(stage.asked) == 1, "a change is sent once"
        assert stage.waited == []
    assert keeps_the_key(caught.value)
    return caught.value


# ------------------------------------------------------------------------------------------- asking


async def test_key_and_organization_are_in_the_headers_alone() -> None:
    async with Stage(always(body=[]), "org-1") as stage:
        assert await stage.api.services() == ()
    assert stage.asked[0].headers["x-api-key"] == KEY
    assert stage.asked[0].headers["x-mdb-org"] == "org-1"
    assert KEY not in str(stage.asked[0].url)


async def test_the_probe_is_cheap() -> None:
    async with Stage(always(body=[{"id": "1"}])) as stage:
        await stage.api.probe()
    assert str(stage.asked[0].url) == "https://api.skysql.test/provisioning/v1/versions?page_size=1"


async def test_the_switch_says_mechanism_accounts_and_visibility() -> None:
    async with Stage(always(202, [])) as stage:
        await stage.api.switch(ONE, ACCOUNTS)
    asked = stage.asked[0]
    assert (asked.method, asked.url.path) == ("PATCH", f"/provisioning/v1/services/{ONE}/endpoints")
    assert json.loads(asked.content) == [
        {"mechanism": "privateconnect", "allowed_accounts": ["012345678901"], "visibility": "private"}
    ]


async def test_the_way_back_says_nlb_and_nobodys_account() -> None:
    async with Stage(always(202, [])) as stage:
        await stage.api.make_public(ONE)
    assert json.loads(stage.asked[0].content) == [{"mechanism": "nlb", "allowed_accounts": [], "visibility": "public"}]


OFFICE = AllowedAddress("203.0.113.7/32", "office")


async def test_the_allowlist_is_set_as_a_whole() -> None:
    async with Stage(always(200, [{"allow_list": []}])) as stage:
        await stage.api.set_allow_list(ONE, [OFFICE])
    asked = stage.asked[0]
    assert (asked.method, asked.url.path) == ("PUT", f"/provisioning/v1/services/{ONE}/security/allowlist")
    assert json.loads(asked.content) == [{"ip": "203.0.113.7/32", "comment": "office"}]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ([{"allow_list": [{"ip": "203.0.113.7/32", "comment": "office"}]}], (OFFICE,)),
        ([{"allow_list": [{"ip": "203.0.113.7/32", "comment": None}]}], (AllowedAddress("203.0.113.7/32"),)),
        ([{"allow_list": [{"comment": "no address"}, {"ip": "203.0.113.7/32", "comment": "office"}]}], (OFFICE,)),
        ([{"allow_list": None}], ()),
        ([{}], ()),
        ([], ()),
        (None, ()),
    ],
)
async def test_the_allowlist_is_read(body: object, expected: tuple[AllowedAddress, ...]) -> None:
    async with Stage(always(body=body)) as stage:
        assert await stage.api.allow_list(ONE) == expected


@pytest.mark.parametrize("body", [{"allow_list": []}, "none", [1], ["203.0.113.7/32"]])
async def test_what_is_no_allowlist_is_not_taken_for_an_empty_one(body: object) -> None:
    async with Stage(always(body=body)) as stage:
        with pytest.raises(Nonsense):
            await stage.api.allow_list(ONE)


async def test_an_empty_answer_to_a_change_is_a_yes() -> None:
    async with Stage(always(204, b"")) as stage:
        await stage.api.switch(ONE, ACCOUNTS)


@pytest.mark.parametrize("key", ["", "two words", "schlüssel", "line\nend", "tab\tbed"])
async def test_a_key_that_fits_into_no_header_is_told_before_anything_is_sent(key: str) -> None:
    async with Stage(always(body=[])) as stage:
        stage.api.use_key(Secret(key), "")
        with pytest.raises(NotSignedIn) as caught:
            await stage.api.services()
        assert stage.asked == []
        assert not key or key not in repr(vars(caught.value))


async def test_an_organization_that_fits_into_no_header() -> None:
    async with Stage(always(body=[])) as stage:
        with pytest.raises(Usage):
            stage.api.use_key(Secret(KEY), "örg")


@pytest.mark.parametrize("service", ["../organization/v1/keys", "a/b", "a?b", "", "..", "a b"])
async def test_an_id_never_leads_to_another_address(service: str) -> None:
    async with Stage(always(body=SERVICE)) as stage:
        with pytest.raises(NotFound):
            await stage.api.service(ServiceId(service))
        assert stage.asked == []


# ------------------------------------------------------------------------------------------- credentials

PASSWORD = "päss \x1b[31m  'word' 4712"
TOLD = {"username": ONE, "password": PASSWORD, "host": "dbpgf00000001.sysp0000.db1.skysql.com"}


async def test_a_password_comes_as_it_is_and_is_shown_nowhere() -> None:
    """Cleaned, it would be another one."""
    async with Stage(always(body=TOLD)) as stage:
        told = await stage.api.credentials(ONE)
    assert stage.asked[0].url.path == f"/provisioning/v1/services/{ONE}/security/credentials"
    assert (told.user, told.password.reveal()) == (ONE, PASSWORD)
    assert PASSWORD not in repr(told)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {**TOLD, "username": ""}, Nonsense),
        (200, {**TOLD, "username": ["x"]}, Nonsense),
        (200, {"password": PASSWORD}, Nonsense),
        (200, {"username": ONE, "password": {"value": PASSWORD}}, Nonsense),
        (200, [TOLD], Nonsense),
        (200, f'{{"password": "{PASSWORD}"'.encode(), Nonsense),
        (200, b"", Nonsense),
        (409, {"errors": [], "password": PASSWORD}, Busy),
        (403, f"<html>{PASSWORD}</html>".encode(), NotAllowed),
        (403, refusal("no right"), NotAllowed),
        (500, PASSWORD.encode(), Passing),
    ],
)
async def test_what_is_no_answer_is_never_quoted(status: int, body: Any, kind: type[Problem]) -> None:
    """Whatever of it was the password: it is in no message."""
    async with Stage(always(status, body)) as stage:
        with pytest.raises(Problem) as caught:
            await stage.api.credentials(ONE)
    assert type(caught.value) is kind
    assert keeps_the_key(caught.value)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "4712" not in shown


# ------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (401, refusal("bad key"), NotSignedIn, "app.skysql.com"),
        (401, b"<html>sign in</html>", NotSignedIn, "<html>sign in</html>"),
        (403, refusal("forbidden"), NotAllowed, "organization org-1"),
        (404, refusal("no such"), NotFound, "organization org-1"),
        (400, refusal("bad region", "choose another"), Failed, "choose another"),
        (422, refusal("bad thing"), Failed, "bad thing"),
        (422, {"errors": "not a list"}, Failed, "422"),
        (418, b"", Failed, "418"),
        (400, refusal("Service is in pending state"), Busy, "ready"),
        (409, refusal("service is in pending state"), Busy, "ready"),
        (400, refusal("service is pending_modifying"), Busy, "ready"),
        (400, refusal("Accounts may differ depending on the topology"), Failed, "Change it"),
        (409, {}, Busy, "ready"),
        (409, refusal("name already exists"), Conflict, "taken"),
        (429, refusal("slow down"), Passing, "slower"),
        (500, refusal("oops"), Passing, "oops"),
        (502, b"<html>Bad Gateway</html>", Passing, "Bad Gateway"),
        (503, b"", Passing, "Wait"),
        (302, b"", Failed, "elsewhere"),
        (407, b"proxy wants a password", Failed, "407"),
    ],
)
async def test_every_status_is_told(status: int, body: Any, kind: type[Problem], words: str) -> None:
    problem = await reading(always(status, body), "org-1")
    assert type(problem) is kind
    assert words in str(problem)


PAGES = [  # status, what SkySQL says, the page that puts it right
    (401, refusal("no key"), "sign_in"),
    (403, refusal("no right"), "sign_in"),
    (404, refusal("no such"), "service"),
    (422, refusal("no such account"), "accounts"),
    (409, refusal("pending"), ""),
    (409, refusal("already there"), ""),
    (302, b"", ""),
    (429, refusal("slow down"), ""),
]


@pytest.mark.parametrize(("status", "body", "page"), PAGES)
async def test_a_refused_switch_says_on_which_page_it_is_put_right(status: int, body: Any, page: str) -> None:
    assert (await changing(always(status, body))).page == page


async def test_an_address_without_the_api_is_put_right_where_one_signs_in() -> None:
    assert (await reading(always(404, refusal("no such")))).page == "sign_in"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
async def test_a_change_that_met_a_fault_is_unclear(status: int) -> None:
    assert type(await changing(always(status, refusal("oops")))) is Unclear


@pytest.mark.parametrize(("status", "kind"), [(429, Passing), (401, NotSignedIn), (400, Failed), (409, Busy)])
async def test_a_change_that_was_refused_is_not(status: int, kind: type[Problem]) -> None:
    assert type(await changing(always(status, refusal("no")))) is kind


async def test_the_trace_id_is_kept_for_support() -> None:
    assert (await reading(always(400, refusal("no")))).request_id == "trace-1"
    assert (await reading(always(400, b"", {"x-request-id": "header-1"}))).request_id == "header-1"


@pytest.mark.parametrize("timestamp", [1700000000, 1700000000.5, "2023-11-14T22:13:20Z", None, [], {}])
async def test_a_timestamp_may_be_anything(timestamp: object) -> None:
    problem = await reading(always(400, refusal("no", timestamp=timestamp, code={"a": 1}, unknown=["x"])))
    assert "no" in problem.cause


async def test_a_redirect_is_told_and_not_followed() -> None:
    elsewhere = {"location": f"https://evil.test/collect?key={KEY}"}
    async with Stage(always(301, b"", elsewhere)) as stage:
        with pytest.raises(Failed, match=r"evil\.test") as caught:
            await stage.api.services()
        assert len(stage.asked) == 1
    assert keeps_the_key(caught.value)


async def test_a_key_that_the_answer_repeats_is_blotted_out() -> None:
    for body in (refusal(f"key {KEY} is unknown", f"do not use {KEY}"), f"<p>{KEY}</p>".encode()):
        for status in (400, 401, 200):
            await reading(always(status, body))


# ------------------------------------------------------------------------------------------- trying again


async def test_a_read_is_tried_again_with_growing_pauses() -> None:
    answers = iter([500, 502, 503, 200])
    async with Stage(lambda _: httpx.Response(next(answers), json=[SERVICE])) as stage:
        assert len(await stage.api.services()) == 1
    assert stage.waited == sorted(stage.waited)
    assert len(stage.waited) == 3


async def test_a_read_is_given_up_after_four_times() -> None:
    async with Stage(always(500)) as stage:
        with pytest.raises(Passing):
            await stage.api.services()
        assert len(stage.asked) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 302, 200])
async def test_what_will_not_pass_is_not_tried_again(status: int) -> None:
    async with Stage(always(status, b"<html>")) as stage:
        with pytest.raises(Problem):
            await stage.api.services()
        assert len(stage.asked) == 1


async def test_retry_after_is_honoured() -> None:
    answers = iter([(429, {"retry-after": "7"}), (200, {})])

    def handler(_: httpx.Request) -> httpx.Response:
        status, headers = next(answers)
        return httpx.Response(status, headers=headers, json=[])

    async with Stage(handler) as stage:
        await stage.api.services()
    assert stage.waited == [7.0]


async def test_a_long_retry_after_is_the_callers_to_wait_for() -> None:
    problem = await reading(always(429, refusal("slow"), {"retry-after": "600"}))
    assert problem.wait == 600


FAR_ZONE = f"Wed, 21 Oct 2015 07:28:00 +{'9' * 20}"


@pytest.mark.parametrize("told", ["soon", "-5", "", "Wed, 21 Oct 2015 07:28:00 GMT", FAR_ZONE, "１２"])
async def test_a_retry_after_that_says_nothing(told: str) -> None:
    problem = await reading(always(429, b"", {"retry-after": told.encode("ascii", "ignore").decode()}))
    assert problem.wait == 0


# ------------------------------------------------------------------------------------------- the wire

NOT_SENT = [
    httpx.ConnectError("refused"),
    httpx.ConnectTimeout("slow"),
    httpx.PoolTimeout("full"),
    httpx.ProxyError("no"),
]
SENT = [
    httpx.ReadTimeout("slow"),
    httpx.WriteTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.WriteError("reset"),
    httpx.RemoteProtocolError("closed"),
]


def breaking(error: Exception) -> Handler:
    def handler(request: httpx.Request) -> httpx.Response:
        if isinstance(error, httpx.RequestError):
            error.request = request
        raise error

    return handler


@pytest.mark.parametrize("error", NOT_SENT + SENT, ids=repr)
async def test_a_read_over_a_broken_wire_passes(error: Exception) -> None:
    async with Stage(breaking(error)) as stage:
        with pytest.raises(Passing) as caught:
            await stage.api.services()
        assert len(stage.asked) == 4
    assert keeps_the_key(caught.value)
    assert caught.value.cause


@pytest.mark.parametrize("error", NOT_SENT, ids=repr)
async def test_a_change_that_never_left_passes(error: Exception) -> None:
    assert type(await changing(breaking(error))) is Passing


@pytest.mark.parametrize("error", SENT, ids=repr)
async def test_a_change_that_may_have_arrived_is_unclear(error: Exception) -> None:
    assert type(await changing(breaking(error))) is Unclear


async def test_a_certificate_nobody_trusts() -> None:
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate")
    assert "SSL_CERT_FILE" in (await reading(breaking(error))).remedy


async def test_an_answer_that_drips_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.edges.skysql._WHOLE_LIMIT", 0.05)

    async def never(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    assert type(await reading(never)) is Passing
    assert type(await changing(never)) is Unclear


# ------------------------------------------------------------------------------------------- the body


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Sign in to the hotel</title>",
        b"",
        b"   ",
        b"{",
        b"\xff\xfe\x00garbage",
        b"[" * 100_000,
        b'"a text"',
        b"17",
        b'{"services": []}',
        b'["a", 1, null]',
    ],
    ids=range(10),
)
async def test_a_body_that_is_not_the_list(body: bytes) -> None:
    assert type(await reading(always(200, body))) is Nonsense


async def test_the_first_words_of_a_page_are_told_without_control_characters() -> None:
    problem = await reading(always(200, b"<html>\x1b[31m Sign in \xe2\x80\xae to the hotel"))
    assert "“<html>[31m Sign in to the hotel”" in problem.cause


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b'{"name": "no id"}', b'{"id": ""}'])
async def test_a_body_that_is_not_one_service(body: bytes) -> None:
    async with Stage(always(200, body)) as stage:
        with pytest.raises(Nonsense):
            await stage.api.service(ONE)


async def test_a_page_in_answer_to_a_change_is_unclear() -> None:
    assert type(await changing(always(200, b"<html>"))) is Unclear


async def test_a_body_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.edges.skysql.LARGEST", 1000)
    assert type(await reading(always(200, b" " * 5000))) is Nonsense
    assert type(await changing(always(200, b" " * 5000))) is Unclear


async def test_a_body_that_cannot_be_unpacked() -> None:
    assert type(await reading(always(200, b"not gzip", {"content-encoding": "gzip"}))) is Nonsense


# ------------------------------------------------------------------------------------------- services


async def services(*entries: Any) -> tuple[Any, ...]:
    async with Stage(always(body=list(entries))) as stage:
        return await stage.api.services()


async def test_no_services() -> None:
    assert await services() == ()
    async with Stage(always(body=None)) as stage:
        assert await stage.api.services() == ()


async def test_a_usual_service() -> None:
    (found,) = await services(SERVICE | {"something_new": {"a": [1]}})
    assert (found.id, found.name, found.status, found.nodes) == (ONE, "orders-prod", "ready", 2)
    assert found.ports == (Port("readwrite", 3306),)
    assert found.endpoints[0].accounts == ()
    assert found.endpoints[0].endpoint_service is None
    assert found.endpoints[0].allow_list[0].comment == "office"
    assert found.is_active


async def test_bad_entries_cost_only_themselves() -> None:
    found = await services(SERVICE, {}, None, 3, "x", {"id": None}, {"id": "a b"}, {"id": ["x"]}, {"id": "last"})
    assert [service.id for service in found] == [ONE, "last"]


@pytest.mark.parametrize("value", [None, 3, 2.5, True, "x", [], [None], {}, [[]], "\ud800", "9" * 5000, float("inf")])
@pytest.mark.parametrize("field", ["name", "region", "status", "nodes", "endpoints", "is_active", "fqdn"])
async def test_any_field_may_be_anything(field: str, value: object) -> None:
    (found,) = await services(SERVICE | {field: value})
    assert found.id == ONE


@pytest.mark.parametrize("value", [None, 3, "x", [None], [3], ["x"], [{}], [{"port": "x"}], [{"ip": None}], {}])
@pytest.mark.parametrize("field", ["ports", "allowed_accounts", "allow_list", "mechanism", "endpoint_service"])
async def test_any_field_of_an_endpoint_may_be_anything(field: str, value: object) -> None:
    (found,) = await services(SERVICE | {"endpoints": [{"mechanism": "nlb", field: value}]})
    assert len(found.endpoints) == 1


async def test_ports_as_texts_and_purposes_left_out() -> None:
    ports = [{"name": "readwrite", "port": "3306"}, {"name": "x", "port": 0}, {"name": "y", "port": 70000}]
    (found,) = await services(SERVICE | {"endpoints": [{"ports": ports}]})
    assert found.ports == (Port("readwrite", 3306),)


async def test_account_ids_as_numbers_get_their_zeros_back() -> None:
    accounts = [12345678901, "012345678901", "210987654321"]
    (found,) = await services(SERVICE | {"endpoints": [{"allowed_accounts": accounts}]})
    assert found.endpoints[0].accounts == ("012345678901", "210987654321")


async def test_names_lose_what_a_terminal_would_obey() -> None:
    (found,) = await services(SERVICE | {"name": "\x1b]0;owned\x07[bold]ord\u202eers\n🐬"})
    assert found.name == "]0;owned[bold]orders 🐬"


async def test_states_are_read_in_any_case() -> None:
    (found,) = await services(SERVICE | {"status": "Pending_Modifying", "provider": "AWS"})
    assert (found.status, found.provider) == ("pending_modifying", "aws")


async def test_the_private_endpoint_is_found_wherever_it_stands() -> None:
    endpoints = [{"mechanism": "nlb"}, {"mechanism": "privatelink", "endpoint_service": "com.amazonaws.vpce.x"}]
    (found,) = await services(SERVICE | {"endpoints": endpoints})
    assert found.private is not None
    assert found.private.endpoint_service == "com.amazonaws.vpce.x"


async def test_a_thousand_services_do_not_hold_up_the_screen() -> None:
    many = [SERVICE | {"id": f"dbpgf{number:08}", "notes": "x" * 500} for number in range(1000)]
    async with Stage(always(body=many)) as stage:
        await stage.api.services()  # what is made once: models, modules
        stalls = Stalls()
        assert len(await stage.api.services()) == 1000
        assert stalls.longest() < 0.02  # 0.003 as it is, 0.05 where the answer is parsed in place


async def test_nothing_is_logged_that_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    await reading(always(500))
    await changing(breaking(SENT[0]))
    assert KEY not in caplog.text


async def test_skysqls_advice_and_ours_are_two_sentences() -> None:
    problem = await reading(always(403, refusal("No right", "Ask an administrator")))
    assert problem.remedy.startswith("Ask an administrator. Ask the organization's")
