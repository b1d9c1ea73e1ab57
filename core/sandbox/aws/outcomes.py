"""What AWS answers when it has a reason of its own: the statuses and words of the codes a fault may name."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from moto.core.request import Request as Incoming
from moto.core.routing import get_service_router
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Request, Response

from core.sandbox.faults import Fault

SCOPE = re.compile(r"Credential=[^/,]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_DENIED = (
    "You are not authorized to perform this operation. User is not authorized to perform: {call} because no"
    " identity-based policy allows the {call} action"
)
_SIGN_IN = "The security token included in the request is {word}"
# code: HTTP status, message (EC2 API reference, error codes; STS common errors)
_WORDS: dict[str, tuple[int, str]] = {
    "AccessDenied": (403, "User is not authorized to perform: {call}"),
    "AuthFailure": (401, "AWS was not able to validate the provided access credentials"),
    "ExpiredToken": (403, _SIGN_IN.format(word="expired")),
    "InsufficientFreeAddressesInSubnet": (400, "The specified subnet does not have enough free addresses."),
    "InternalError": (500, "An internal error has occurred"),
    "InvalidClientTokenId": (403, _SIGN_IN.format(word="invalid.")),
    "OperationInProgress": (400, "There is another operation on the resource in progress."),
    "OptInRequired": (401, "You are not subscribed to this service."),
    "RequestExpired": (400, "Request has expired."),
    "RequestLimitExceeded": (503, "Request limit exceeded."),
    "SecurityGroupLimitExceeded": (400, "The maximum number of security groups has been reached."),
    "ServiceUnavailable": (503, "The service is unavailable. Please try again shortly."),
    "Throttling": (400, "Rate exceeded"),
    "Unavailable": (503, "The service is unavailable. Please try again shortly."),
    "UnauthorizedOperation": (403, _DENIED),
    "VpcEndpointLimitExceeded": (400, "The maximum number of VPC endpoints has been reached."),
}
_CODES = {500: "InternalError", 503: "Unavailable"}  # for a fault that names a status alone


def call_of(request: Request) -> str:
    """The call as faults name it: `ec2:CreateVpcEndpoint`, and a trial of it `ec2:CreateVpcEndpoint+DryRun`."""
    tried = "true" in (request.form.get("DryRun", "").lower(), request.args.get("DryRun", "").lower())
    return _right(request) + ("+DryRun" if tried else "")


def _right(request: Request) -> str:
    """The call as policies name it, `ec2:CreateVpcEndpoint`; unsigned ones are `unsigned:…`."""
    scope = SCOPE.search(request.headers.get("Authorization", ""))
    if scope and scope["service"] == "route53":  # which names its actions by method and path
        return f"route53:{_routed(request)}"
    action = request.form.get("Action") or request.args.get("Action") or request.headers.get("X-Amz-Target", "")
    return f"{scope['service'] if scope else 'unsigned'}:{action}"


def _routed(request: Request) -> str:
    try:
        operation, _ = get_service_router("route53").match(Incoming(request.environ))
    except NotFound:
        return ""
    return str(operation.name)


def refused(request: Request, fault: Fault) -> Response:
    """The error answer that a fault asks for, by code or by HTTP status."""
    if fault.outcome.isdigit():
        status = int(fault.outcome)
        code = _CODES.get(status, "ServiceUnavailable" if status >= 500 else "InvalidRequest")
        return error(status, code, "The sandbox was asked for this answer.")
    status, words = _WORDS.get(fault.outcome, (400, "The sandbox was asked for this answer."))
    return error(status, fault.outcome, words.format(call=_right(request)))


def error(status: int, code: str, message: str) -> Response:
    """An error in a form that botocore reads for EC2, STS, IAM and Route 53 alike."""
    said = f"<Error><Code>{escape(code)}</Code><Message>{escape(message)}</Message></Error>"
    body = f"<Response><Errors>{said}</Errors>{said}<RequestID>sandbox</RequestID></Response>"
    return Response(body, status, content_type="text/xml")
