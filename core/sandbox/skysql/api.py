"""The routes of the SkySQL API, as a Flask application that behaves like https://api.skysql.com."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, g, jsonify, request
from pydantic import TypeAdapter
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from core.sandbox.skysql import answers, lists, requests
from core.sandbox.skysql.launch import begun
from core.sandbox.skysql.organizations import admit
from core.sandbox.skysql.provider import Provider
from core.sandbox.skysql.refusal import UNDOCUMENTED, Refusal, numbered, trace_id
from core.sandbox.skysql.service import PRIVATE, PUBLIC, AllowList, Service

_SERVICES = "/provisioning/v1/services"


def application(provider: Provider) -> Flask:
    """The API over a provider."""
    app = Flask("skysql", static_folder=None)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    app.json.sort_keys = False  # type: ignore[attr-defined]  # DefaultJSONProvider has it
    _doorway(app, provider)
    _lists(app)
    _services(app, provider)
    _security(app, provider)
    return app


# -- every request


def _doorway(app: Flask, provider: Provider) -> None:
    clock = provider.clock
    queries = {choices.path: choices.queries for choices in lists.LISTS} | {"services": lists.PAGING}

    @app.before_request
    def enter() -> None:
        g.number = numbered()
        request.get_data()  # read it all, before others have to wait
        g.moment = clock.__enter__()
        changes = request.method not in ("GET", "HEAD")
        g.organization = admit(request.headers.get("X-API-Key"), request.headers.get("X-MDB-Org"), changes=changes)
        if request.endpoint:
            lists.check(request.args, queries.get(request.endpoint, ()))

    @app.after_request
    def stamp(response: Response) -> Response:
        response.headers["X-Request-Id"] = trace_id(g.number)
        return response

    @app.teardown_request
    def leave(_error: BaseException | None) -> None:
        if g.pop("moment", None):
            clock.__exit__()

    @app.errorhandler(Refusal)
    def refused(error: Refusal) -> Answer:
        return error.answer(request.path, g.number)

    @app.errorhandler(HTTPException)
    def unknown(error: HTTPException) -> Answer:
        message = f"{request.method} {request.full_path.rstrip('?')}: {error.description}"
        solution = "The sandbox knows the documented calls only"
        return refused(Refusal(error.code or 500, message, solution, kind="http_error"))


def _told(kind: TypeAdapter[Any], body: Any, status: int = 200) -> Response:
    """An answer that holds what is documented, and then some."""
    kind.validate_python(body)
    rows = body if isinstance(body, list) else [body]
    more = [{**row, **UNDOCUMENTED} for row in rows]
    response = jsonify(more if isinstance(body, list) else more[0])
    response.status_code = status
    return response


# -- choice lists


def _lists(app: Flask) -> None:
    for choices in lists.LISTS:
        app.add_url_rule(choices.path, choices.path, _chooser(choices))


def _chooser(choices: lists.Choices) -> Callable[..., Response]:
    kind = TypeAdapter(list[choices.row])  # type: ignore[name-defined]  # a type that is known when it runs
    return lambda part="": _told(kind, choices.answer(g.organization, part, request.args))


# -- services


def _services(app: Flask, provider: Provider) -> None:
    @app.get(_SERVICES)
    def services() -> Response:
        rows = [service.body() for service in provider.services(g.organization)]
        return _told(answers.SERVICES, lists.page(rows, request.args) if request.args else rows)

    @app.get(f"{_SERVICES}/<service_id>")
    def service(service_id: str) -> Response:
        return _told(answers.SERVICE, provider.service(service_id, g.organization).body())

    @app.patch(f"{_SERVICES}/<service_id>/endpoints")
    def endpoints(service_id: str) -> Response:
        changing = provider.changeable(service_id, g.organization)
        (wanted,) = requests.parse(requests.ENDPOINTS, request.get_data())
        provider.set_endpoint(changing, PRIVATE if wanted.private else PUBLIC, wanted.accounts)
        return _told(answers.ENDPOINTS, [changing.primary()])

    @app.post(_SERVICES)
    def launch() -> Response:
        asked = requests.parse(requests.LAUNCH, request.get_data())
        service_id = f"dbpgf1{provider.launched + 1:07d}"
        made = begun(asked, g.organization, service_id, provider.clock.line("pending_create"))
        provider.launch(made)
        return _told(answers.SERVICE, made.body(), 202)

    @app.delete(f"{_SERVICES}/<service_id>")
    def delete(service_id: str) -> Response:
        provider.delete(provider.changeable(service_id, g.organization))
        return Response()

    @app.post(f"{_SERVICES}/<service_id>/power")
    def power(service_id: str) -> Response:
        changing = provider.changeable(service_id, g.organization)
        wanted = requests.parse(requests.POWER, request.get_data())
        provider.power(changing, active=wanted.is_active)
        if not g.organization.older:
            return Response()
        return _told(answers.POWER, {"is_active": wanted.is_active})


# -- allowlist, credentials


def _security(app: Flask, provider: Provider) -> None:
    path = f"{_SERVICES}/<service_id>/security"

    def listed(service: Service) -> Response:
        return _told(answers.ALLOW_LISTS, service.allow_lists())

    def change(service_id: str, edit: Callable[[AllowList], AllowList]) -> Response:
        changing = provider.changeable(service_id, g.organization)
        provider.allow(changing, edit)
        return listed(changing)

    @app.get(f"{path}/allowlist")
    def allow_list(service_id: str) -> Response:
        return listed(provider.service(service_id, g.organization))

    @app.put(f"{path}/allowlist")
    def replace(service_id: str) -> Response:
        wanted = requests.parse(requests.ALLOW_LIST, request.get_data())
        return change(service_id, lambda _old: [entry.model_dump() for entry in wanted])

    @app.post(f"{path}/allowlist")
    def add(service_id: str) -> Response:
        address = requests.parse(requests.ADDRESS, request.get_data()).ip_address
        added = {"ip": address, "comment": ""}
        return change(service_id, lambda old: [*(entry for entry in old if entry["ip"] != address), added])

    @app.delete(f"{path}/allowlist")
    def remove(service_id: str) -> Response:
        address = requests.parse(requests.ADDRESS, request.get_data()).ip_address
        return change(service_id, lambda old: [entry for entry in old if entry["ip"] != address])

    @app.get(f"{path}/credentials")
    def credentials(service_id: str) -> Response:
        return _told(answers.CREDENTIALS, provider.credentials(provider.service(service_id, g.organization)))
