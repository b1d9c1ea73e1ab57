"""The door of this AWS: a WSGI application that hands each request to the service its signature names.

moto's own server would do, but it starts from S3 and answers HTML where it knows no answer.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from botocore.model import OperationNotFoundError
from moto.core.request import Request
from werkzeug.wrappers import Response

from core.sandbox.aws.actions import EC2
from core.sandbox.aws.administration import IAM
from core.sandbox.aws.answers import Checked
from core.sandbox.aws.callers import STS
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.hosted_zones import HostedZones
from core.sandbox.aws.outcomes import SCOPE, call_of, error
from core.sandbox.aws.refusal import NoAnswer
from core.sandbox.http import until_gone

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_SERVICES: dict[str, Callable[[Cloud], Checked]] = {"ec2": EC2, "iam": IAM, "route53": HostedZones, "sts": STS}


class Incoming(Request):
    """moto asks whether a server adds the Date header: this one does."""

    from_wsgi_server = True


class Front:
    """The WSGI application."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = Incoming(environ)
        request.get_data(parse_form_data=False)  # read it all, before others have to wait
        try:
            with self._cloud.clock:
                response = self._answer(request)
        except NoAnswer:
            until_gone(environ)
            response = error(504, "RequestTimeout", "Nobody waits for this answer any more.")
        except OperationNotFoundError as unknown:
            response = error(400, "InvalidAction", f"The action {unknown} is not valid for this web service.")
        except NotImplementedError as missing:
            response = error(400, "NotImplementedInSandbox", str(missing))
        except Exception as broken:  # noqa: BLE001  a fault of ours: said on stderr, answered as AWS would
            traceback.print_exc()
            response = error(500, "InternalError", f"An internal error has occurred: {broken!r}")
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        scope = SCOPE.search(request.headers.get("Authorization", ""))
        if scope is None:
            return error(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
        service = _SERVICES.get(scope["service"])
        if service is None:
            raise NotImplementedError(f"the sandbox does not serve {call_of(request)}")
        status, headers, body = service(self._cloud)._dispatch(request)
        return Response(body, int(status), {name: str(value) for name, value in headers.items()})
