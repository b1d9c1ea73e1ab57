"""STS, strict about who may become whom and for how long; and how STS, IAM and Route 53 alike take a key."""

from __future__ import annotations

from moto.core.responses import ActionResult
from moto.iam.policy_validation import IAMPolicyDocumentValidator
from moto.sts.responses import TokenResponse

from core.sandbox.aws.answers import Checked
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.denials import Denial, decoded
from core.sandbox.aws.policies import Context, Decision
from core.sandbox.aws.refusal import refuse
from core.sandbox.aws.rights import needed
from core.sandbox.environment import MFA_CODE, MFA_SERIAL

_UNSIGNED = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access"
    " Key and signing method. Consult the service documentation for details."
)
_SHORTEST_SESSION, _CHAINED_SESSION, _USUAL_SESSION = 900, 3600, 3600
_MADE_UP = ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "GetFederationToken", "GetSessionToken")


class CallerAnswers(Checked):
    """STS, IAM and Route 53 name a bad key otherwise than EC2 does."""

    def check(self) -> None:
        self.authenticate()
        self.authorise()

    def authenticate(self) -> None:
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
    """GetCallerIdentity, AssumeRole and DecodeAuthorizationMessage."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        super().__init__()

    def authorise(self) -> None:
        action = self._get_action()
        if action in _MADE_UP:
            raise NotImplementedError(f"the sandbox does not serve sts {action}")  # moto's keys open nothing here
        if action == "AssumeRole":
            self._authorise_role()
        elif action != "GetCallerIdentity":  # which needs no right, and no Deny forbids it
            super().authorise()

    def _authorise_role(self) -> None:
        """The caller's policies and the role's trust policy must both agree."""
        identity, caller = self.cloud.identity, self.caller
        asked = next(needed(self.call, self.attributes))
        role = identity.role(asked.resource)
        conditions = self._conditions()
        denial = caller.denial(asked)
        granted = role is not None and identity.grants(role, caller, conditions)
        if denial and (denial.decision is Decision.DENIED or not granted):
            self.deny(denial)
        if role is None or not identity.trusts(role, caller, conditions):
            refuse("AccessDenied", Denial(caller.arn, asked, Decision.UNMENTIONED).plain(), status=403)
        self._check_duration(int(role.max_session_duration or _USUAL_SESSION))

    def _conditions(self) -> Context:
        """What the role's trust policy may ask about the request. An MFA code is checked whether it asks or not."""
        serial, code = self._get_param("SerialNumber"), self._get_param("TokenCode")
        given = {
            "sts:externalid": self._get_param("ExternalId"),
            "sts:rolesessionname": self._get_param("RoleSessionName"),
        }
        if serial is not None:
            if serial != MFA_SERIAL:
                message = (
                    "MultiFactorAuthentication failed, unable to validate MFA code. "
                    "Please verify your MFA serial number is valid and associated with this user."
                )
                refuse("AccessDenied", message, status=403)
            if code != MFA_CODE:
                message = "MultiFactorAuthentication failed with invalid MFA one time pass code."
                refuse("AccessDenied", message, status=403)
            given["aws:multifactorauthpresent"] = "true"
        return {key: (value,) for key, value in given.items() if value}

    def _check_duration(self, longest: int) -> None:
        asked = self._get_int_param("DurationSeconds", min(_USUAL_SESSION, longest))
        if asked < _SHORTEST_SESSION:
            refuse(
                "ValidationError",
                f"1 validation error detected: Value '{asked}' at 'durationSeconds' failed to satisfy constraint:"
                f" Member must have value greater than or equal to {_SHORTEST_SESSION}",
            )
        if self.session_token and asked > _CHAINED_SESSION:
            refuse(
                "ValidationError",
                "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            )
        if asked > longest:
            refuse(
                "ValidationError",
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            )

    def assume_role(self) -> ActionResult:
        narrowed = self._get_param("Policy")
        if narrowed:
            IAMPolicyDocumentValidator(narrowed).validate()
        return super().assume_role()

    def decode_authorization_message(self) -> ActionResult:
        """What EC2 adds to its denials. moto has no such action."""
        told = decoded(self._get_param("EncodedMessage") or "")
        if told is None:
            refuse("InvalidAuthorizationMessageException", "Message is not valid.")
        return ActionResult({"DecodedMessage": told})
