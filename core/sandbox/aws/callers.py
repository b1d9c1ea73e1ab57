"""STS and IAM, strict about who may become whom."""

from __future__ import annotations

from typing import NoReturn

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse
from moto.sts.responses import TokenResponse

from core.sandbox.aws.answers import Checked
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.refusal import refuse
from core.sandbox.environment import MFA_CODE, MFA_SERIAL

_UNSIGNED = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access"
    " Key and signing method. Consult the service documentation for details."
)


class CallerAnswers(Checked):
    """STS and IAM name a bad key otherwise than EC2 does."""

    def check(self) -> None:
        key, identity = self.get_access_key(), self.cloud.identity
        if not identity.knows(key):
            refuse("InvalidClientTokenId", "The security token included in the request is invalid.", status=403)
        if identity.expired(key):
            refuse("ExpiredToken", "The security token included in the request is expired", status=403)
        if not identity.token_fits(key, self.session_token):
            refuse("InvalidClientTokenId", "The security token included in the request is invalid.", status=403)
        if not identity.signed(key, self.normalized_request):
            refuse("SignatureDoesNotMatch", _UNSIGNED, status=403)


class STS(CallerAnswers, TokenResponse):
    """GetCallerIdentity and AssumeRole."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        super().__init__()

    def assume_role(self) -> ActionResult:
        identity, arn = self.cloud.identity, str(self._get_param("RoleArn"))
        role = identity.role(arn)
        if role is None:
            caller = identity.arn_of(self.get_access_key())
            self._deny(f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}")
        if identity.needs_mfa(role):
            self._check_mfa(arn)
        return super().assume_role()

    def _check_mfa(self, arn: str) -> None:
        serial, code = self._get_param("SerialNumber"), self._get_param("TokenCode")
        if serial is None:
            caller = self.cloud.identity.arn_of(self.get_access_key())
            self._deny(f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {arn}")
        if (serial, code) != (MFA_SERIAL, MFA_CODE):
            self._deny("MultiFactorAuthentication failed with invalid MFA one time pass code.")

    @staticmethod
    def _deny(message: str) -> NoReturn:
        refuse("AccessDenied", message, status=403)


class IAM(CallerAnswers, IamResponse):
    """moto's IAM for those who look at users, roles and policies beside the wizard."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        super().__init__()
