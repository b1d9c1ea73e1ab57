"""Checks a request's signature: a wrong secret must not open anything, here as little as at AWS."""

from __future__ import annotations

import hmac
import re

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.core.request import Request

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=[^/,]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request,\s*"
    r"SignedHeaders=(?P<headers>[^,\s]+),\s*Signature=(?P<signature>[0-9a-f]{64})"
)


def signature_fits(request: Request, access_key: str, secret: str) -> bool:
    """Sign the request again with this secret and compare."""
    given = _AUTHORIZATION.fullmatch(request.headers.get("Authorization", "").strip())
    if given is None or "X-Amz-Date" not in request.headers:
        return False
    again = AWSRequest(
        method=request.method,
        url=request.raw_url,
        headers={name: request.headers.get(name, "") for name in given["headers"].split(";")},
        data=request.get_data(),
    )
    again.context["timestamp"] = request.headers["X-Amz-Date"]
    signer = SigV4Auth(Credentials(access_key, secret), given["service"], given["region"])
    text = signer.string_to_sign(again, signer.canonical_request(again))
    return hmac.compare_digest(signer.signature(text, again), given["signature"])
