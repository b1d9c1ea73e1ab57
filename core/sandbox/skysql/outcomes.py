"""How calls to the SkySQL API are named where faults are asked for, and what the API answers when it meets one."""

from __future__ import annotations

from werkzeug.wrappers import Request, Response

from core.sandbox.faults import Fault
from core.sandbox.skysql.refusal import numbered, refusal_for


def call_of(request: Request) -> str:
    """The call as faults name it: `skysql:PATCH /provisioning/v1/services/dbpgf00000001/endpoints`."""
    return f"skysql:{request.method} {request.path}"


def refused(request: Request, fault: Fault) -> Response:
    """The refusal that a fault asks for, by its status, in the API's words."""
    answer = refusal_for(fault.outcome).answer(request.path, numbered())
    if fault.seconds:
        answer.headers["Retry-After"] = f"{fault.seconds:.0f}"
    return answer
