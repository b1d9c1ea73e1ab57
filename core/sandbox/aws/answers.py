"""What every answer passes through: who calls, whether they may and how often; then DryRun, pages, the right status.

moto checks DryRun action by action and forgets it where it matters most (it creates the endpoint), puts all items
on one page, and serves any access key.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from typing import Any, NoReturn

from moto.core.common_types import TYPE_RESPONSE
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse
from moto.ec2.exceptions import DryRunClientError
from moto.ec2.responses._base_response import EC2BaseResponse

from core.sandbox.aws.attributes import attributes
from core.sandbox.aws.backend import Backend
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.denials import Denial
from core.sandbox.aws.filters import check_filters
from core.sandbox.aws.identity import Caller
from core.sandbox.aws.policies import Context
from core.sandbox.aws.refusal import Refusal, refuse
from core.sandbox.aws.rights import Call, needed
from core.sandbox.aws.serializer import QuickResult

_PAGED = {
    "DescribeManagedPrefixLists": ("PrefixLists", 100),
    "DescribeNetworkAcls": ("NetworkAcls", 1000),
    "DescribeNetworkInterfaces": ("NetworkInterfaces", 1000),
    "DescribeRouteTables": ("RouteTables", 100),
    "DescribeSecurityGroupRules": ("SecurityGroupRules", 1000),
    "DescribeSecurityGroups": ("SecurityGroups", 1000),
    "DescribeSubnets": ("Subnets", 1000),
    "DescribeTags": ("Tags", 1000),
    "DescribeVpcEndpointConnections": ("VpcEndpointConnections", 1000),
    "DescribeVpcEndpointServiceConfigurations": ("ServiceConfigurations", 1000),
    "DescribeVpcEndpointServicePermissions": ("AllowedPrincipals", 1000),
    "DescribeVpcEndpoints": ("VpcEndpoints", 1000),
    "DescribeVpcs": ("Vpcs", 1000),
    "GetManagedPrefixListEntries": ("Entries", 100),
}
_SMALLEST_PAGE = 5
_REQUEST_ID = re.compile(r"(?i:(?<=<requestid>))[^<]*", re.ASCII)


class Checked(BaseResponse):
    """Any service's answer: known callers only, what they are allowed, and the status a refusal asks for."""

    cloud: Cloud

    def get_current_account(self) -> str:
        return self.cloud.identity.account_of(self.get_access_key())

    def call_action(self) -> TYPE_RESPONSE:
        try:
            self.check()
        except ServiceException as refused:
            status, headers, body = self.serialized(ActionResult(refused))
            return status, *self._enrich_response(headers, body)
        return super().call_action()

    def check(self) -> None:
        """Refuse what no action of this service would accept."""
        raise NotImplementedError

    @property
    def call(self) -> Call:
        return Call(self.boto3_service_name, self._get_action(), self.params, self.region, self.current_account)

    @property
    def caller(self) -> Caller:
        return self.cloud.identity.caller(self.get_access_key())

    def authorise(self) -> None:
        """Refuse what the caller's policies do not allow. AWS does so before it looks at any parameter."""
        caller = self.caller
        for asked in needed(self.call, self.attributes):
            denial = caller.denial(asked)
            if denial:
                self.deny(denial)

    def attributes(self, name: str) -> Context:  # noqa: ARG002  used where there are some
        """The condition keys of a resource: those of EC2 alone have some here."""
        return {}

    def deny(self, denial: Denial) -> NoReturn:
        """Refuse in the words of the service."""
        refuse("AccessDenied", denial.words(), status=403)

    @property
    def session_token(self) -> str:
        return str(self.headers.get("X-Amz-Security-Token", ""))

    @staticmethod
    def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
        # moto draws request ids from the stream that resource ids come from: those would differ with every poll
        headers["x-amzn-requestid"] = request_id = str(uuid.uuid4())
        return headers, _REQUEST_ID.sub(request_id, body) if isinstance(body, str) else body

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        status, headers, body = super().serialized(action_result)
        result = action_result.result
        if isinstance(result, DryRunClientError):
            status = 412
        elif isinstance(result, Refusal):
            status = result.status
        return status, headers, body


class Answers(Checked, EC2BaseResponse):
    """An EC2 answer: the base of every module that overrides some of moto's actions."""

    @property
    def ec2_backend(self) -> Backend:
        return self.cloud.backend(self.current_account, self.region)

    def check(self) -> None:
        key, identity = self.get_access_key(), self.cloud.identity
        if identity.expired(key):
            refuse("RequestExpired", "Request has expired.", status=400)
        known = identity.knows(key) and identity.token_fits(key, self.session_token)
        if not known or not identity.signed(key, self.normalized_request):
            refuse("AuthFailure", "AWS was not able to validate the provided access credentials", status=401)
        self.cloud.backend(self.current_account, self.region)  # a region that is not enabled
        if not self.cloud.admits(self.call):
            refuse("RequestLimitExceeded", "Request limit exceeded.", status=503)
        self.authorise()
        if self._get_bool_param("DryRun", if_none=False):
            raise DryRunClientError
        check_filters(self._get_action(), self.wanted_filters())

    def attributes(self, name: str) -> Context:
        return attributes(self.ec2_backend, self.cloud.market, name)

    def deny(self, denial: Denial) -> NoReturn:
        refuse("UnauthorizedOperation", denial.ec2_words(), status=403)

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        paged = _PAGED.get(self._get_action())
        if paged and isinstance(action_result.result, dict):
            try:
                action_result = ActionResult(self._page(action_result.result, *paged))
            except Refusal as refused:
                action_result = ActionResult(refused)
        return super().serialized(QuickResult(action_result.result))

    def _page(self, result: dict[str, Any], key: str, largest: int) -> dict[str, Any]:
        asked = self._get_param("MaxResults")
        size, token = None if asked is None else int(asked), self._get_param("NextToken")
        if size is None and token is None:
            return result
        if size is not None and not _SMALLEST_PAGE <= size <= largest:
            refuse(
                "InvalidParameterValue",
                f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value between"
                f" {_SMALLEST_PAGE} and {largest}.",
            )
        items, start = list(result[key]), _start(token)
        end = start + (size or largest)
        following = base64.b64encode(f"from {end}".encode()).decode() if end < len(items) else None
        return {**result, key: items[start:end], "NextToken": following}

    def wanted_filters(self) -> dict[str, list[str]]:
        filters: dict[str, Any] = self._filters_from_querystring()
        return filters

    def wanted_tags(self, kind: str) -> dict[str, str]:
        """The tags for what is to be made, which must be said to be for its kind."""
        tags: dict[str, dict[str, str]] = self._parse_tag_specification(kind)
        return tags.get(kind, {})


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        word, number = base64.b64decode(token, validate=True).decode().split()
        if word == "from":
            return int(number)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    return refuse("InvalidNextToken", f"The token '{token}' is invalid")
