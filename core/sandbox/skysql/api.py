"""The routes of the SkySQL API, as a Flask application that behaves like https://api.skysql.com."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response as WsgiResponse

from core.sandbox.aws.zones import zone_ids
from core.sandbox.clock import Clock
from core.sandbox.environment import SKYSQL_API_KEY
from core.sandbox.faults import Fault
from core.sandbox.skysql import bodies, catalogue
from core.sandbox.skysql.provider import ORGANIZATIONS, Provider
from core.sandbox.skysql.refusal import Refusal, refusal_for, trace_id
from core.sandbox.skysql.service import PRIVATE, PUBLIC

_BASE = "/provisioning/v1"
_PAGING = ("page_size", "page_order", "page_token")
_LARGEST_PAGE = 100

Answer = Response | tuple[Response, int]


def application(provider: Provider) -> Flask:
    """The API over a provider."""
    app = Flask("skysql")
    app.json.sort_keys = False  # type: ignore[attr-defined]  # DefaultJSONProvider has it
    _doorway(app, provider.clock)
    _lists(app)
    _services(app, provider)
    _security(app, provider)
    return app


# -- faults


def call_of(asked: Request) -> str:
    """The call as faults name it: `skysql:PATCH /provisioning/v1/services/dbpgf00000001/endpoints`."""
    return f"skysql:{asked.method} {asked.path}"


def refused(asked: Request, fault: Fault) -> WsgiResponse:
    """The refusal that a fault asks for, in the API's words."""
    refusal, trace = refusal_for(fault.outcome), trace_id()
    answer = WsgiResponse(json.dumps(refusal.body(asked.path, trace)), refusal.status, content_type="application/json")
    answer.headers["X-Request-Id"] = trace
    if fault.seconds:
        answer.headers["Retry-After"] = f"{fault.seconds:.0f}"
    return answer


# -- every request


def _doorway(app: Flask, clock: Clock) -> None:
    @app.before_request
    def enter() -> None:
        g.trace_id = trace_id()
        request.get_data()  # read it all, before others have to wait
        g.moment = clock.__enter__()
        _check_caller(request)

    @app.after_request
    def stamp(response: Response) -> Response:
        response.headers["X-Request-Id"] = g.trace_id
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        if g.pop("moment", None):
            clock.__exit__()

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Answer:
        return jsonify(error.body(request.path, g.trace_id)), error.status

    @app.errorhandler(HTTPException)
    def unknown(error: HTTPException) -> Answer:
        status = error.code or 500
        message = f"{request.method} {request.full_path.rstrip('?')}: {error.description}"
        return refused(Refusal(status, message, "The sandbox knows the documented calls only", kind="http_error"))


def _check_caller(asked: Request) -> None:
    if asked.headers.get("X-API-Key") != SKYSQL_API_KEY:
        raise Refusal(
            401,
            "The API key is missing, wrong or revoked",
            "Send a valid key in the X-API-Key header",
            kind="unauthorized",
        )
    organization = asked.headers.get("X-MDB-Org")
    if organization and organization not in ORGANIZATIONS:
        raise Refusal(
            403,
            f"The key has no right in the organization {organization}",
            "Ask an administrator of the organization for access",
            kind="forbidden",
        )


# -- choice lists


def _lists(app: Flask) -> None:
    plain: dict[str, tuple[list[catalogue.Row], tuple[str, ...]]] = {
        "versions": (catalogue.VERSIONS, ("topology",)),
        "regions": (catalogue.REGIONS, ("provider",)),
        "sizes": (catalogue.SIZES, ("architecture", "service_type", "provider", "topology", "type")),
        "topologies": (catalogue.TOPOLOGIES, ("service_type",)),
        "providers": (catalogue.PROVIDERS, ()),
        "service-types": (catalogue.SERVICE_TYPES, ()),
        "cpu-architectures": (catalogue.ARCHITECTURES, ()),
        "providers/aws/volume-types": (catalogue.VOLUME_TYPES, ()),
        "providers/aws/iops": (catalogue.IOPS, ("volume_type",)),
    }
    for path, (rows, filters) in plain.items():
        app.add_url_rule(f"{_BASE}/{path}", path, _chooser(rows, filters))

    @app.get(f"{_BASE}/regions/<region>/zones")
    def zones(region: str) -> Response:
        return _page(catalogue.zones(region), ())

    @app.get(f"{_BASE}/topologies/<topology>/storage-sizes")
    def storage_sizes(topology: str) -> Response:
        return _page(catalogue.storage_sizes(topology), ())

    @app.get("/organization/v1/projects")
    def projects() -> Response:
        return _page(catalogue.PROJECTS, ())


def _chooser(rows: list[catalogue.Row], filters: tuple[str, ...]) -> Callable[[], Response]:
    return lambda: _page(rows, filters)


def _page(rows: list[catalogue.Row], filters: tuple[str, ...]) -> Response:
    """One page of a list. A page token is the id of the last row seen."""
    for name in request.args:
        if name not in (*filters, *_PAGING):
            raise bodies.bad(name, f"Unknown query parameter {name!r}", "Leave it out")
    found = [row for row in rows if all(row[name] == request.args.get(name, row[name]) for name in filters)]
    if request.args.get("page_order", "asc").lower() == "desc":
        found.reverse()
    token = request.args.get("page_token")
    if token:
        ids = [row["id"] for row in found]
        if token not in ids:
            raise bodies.bad("page_token", f"Unknown page token {token!r}", "Start again without a token")
        found = found[ids.index(token) + 1 :]
    return jsonify(found[: _page_size()])


def _page_size() -> int:
    text = request.args.get("page_size", str(_LARGEST_PAGE))
    if not text.isdigit() or not 1 <= int(text) <= _LARGEST_PAGE:
        raise bodies.bad("page_size", f"page_size must be 1 to {_LARGEST_PAGE}", "Send a number")
    return int(text)


# -- services


def _services(app: Flask, provider: Provider) -> None:
    @app.get(f"{_BASE}/services")
    def services() -> Response:
        return jsonify([service.body() for service in provider.services()])

    @app.get(f"{_BASE}/services/<service_id>")
    def service(service_id: str) -> Response:
        return jsonify(provider.service(service_id).body())

    @app.patch(f"{_BASE}/services/<service_id>/endpoints")
    def endpoints(service_id: str) -> Response:
        changing = provider.changeable(service_id)
        mechanism, accounts = bodies.endpoint(_json())
        provider.set_endpoint(changing, mechanism, accounts)
        shown = changing.endpoints()[0]
        fields = ("mechanism", "allowed_accounts", "visibility", "endpoint_service")
        return jsonify([{field: shown[field] for field in fields}])

    @app.post(f"{_BASE}/services")
    def launch() -> Answer:
        body = _json()
        number = provider.launched + 1
        region = str(body.get("region")) if isinstance(body, dict) else ""
        made = bodies.launch(
            body,
            f"dbpgf1{number:07d}",
            provider.clock.line("pending_create"),
            zone_ids(region),
        )
        provider.launch(made)
        return jsonify(made.body()), 201

    @app.delete(f"{_BASE}/services/<service_id>")
    def delete(service_id: str) -> Answer:
        provider.delete(provider.changeable(service_id))
        return jsonify({}), 202

    @app.post(f"{_BASE}/services/<service_id>/power")
    def power(service_id: str) -> Answer:
        changing, body = provider.changeable(service_id), _json()
        if not isinstance(body, dict) or set(body) != {"is_active"} or not isinstance(body["is_active"], bool):
            raise bodies.bad("is_active", "The body must be is_active alone, true or false", "Send it")
        provider.power(changing, active=body["is_active"])
        return jsonify(changing.body()), 202


# -- allowlist, credentials


def _security(app: Flask, provider: Provider) -> None:
    path = f"{_BASE}/services/<service_id>/security"

    @app.get(f"{path}/allowlist")
    def allow_list(service_id: str) -> Response:
        return jsonify([{"allow_list": provider.service(service_id).allow_list}])

    def change(service_id: str, edit: Callable[[list[dict[str, str]]], list[dict[str, str]]]) -> Response:
        changing = provider.changeable(service_id)
        if changing.private:
            raise bodies.bad("allow_list", f"The allowlist is not used with {PRIVATE}", f"Switch to {PUBLIC} first")
        changing.allow_list = edit(changing.allow_list)
        return allow_list(service_id)

    @app.put(f"{path}/allowlist")
    def replace(service_id: str) -> Response:
        wanted = bodies.allow_list(_json())
        return change(service_id, lambda _old: wanted)

    @app.post(f"{path}/allowlist")
    def add(service_id: str) -> Response:
        body = _json()
        more = bodies.allow_list(body if isinstance(body, list) else [body])
        known = {entry["ip"] for entry in more}
        return change(service_id, lambda old: [*(entry for entry in old if entry["ip"] not in known), *more])

    @app.delete(f"{path}/allowlist")
    def remove(service_id: str) -> Response:
        body = _json()
        dropped = {entry["ip"] for entry in bodies.allow_list(body if isinstance(body, list) else [body])}
        return change(service_id, lambda old: [entry for entry in old if entry["ip"] not in dropped])

    @app.get(f"{path}/credentials")
    def credentials(service_id: str) -> Response:
        return jsonify(provider.credentials(provider.service(service_id)))


def _json() -> Any:
    body = request.get_json(force=True, silent=True)
    if body is None:
        raise bodies.bad("body", "The body is not JSON", "Send JSON")
    return body
