"""IAM: the users, roles and policies that decide here, to be looked at and changed beside the wizard."""

from __future__ import annotations

from dataclasses import replace

from moto.core.responses import ActionResult
from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator
from moto.iam.responses import IamResponse

from core.sandbox.aws.callers import CallerAnswers
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.identity import Caller, Policy
from core.sandbox.aws.policies import Asked, Decision
from core.sandbox.aws.refusal import refuse


class IAM(CallerAnswers, IamResponse):
    """moto's IAM, and the simulation it lacks."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        super().__init__()

    def get_user(self) -> ActionResult:
        if not self._get_param("UserName") and not self.caller.user:  # moto would make one up
            refuse("ValidationError", "Must specify userName when calling with non-User credentials")
        return super().get_user()

    def create_role(self) -> ActionResult:
        IAMTrustPolicyDocumentValidator(self._get_param("AssumeRolePolicyDocument")).validate()  # moto takes anything
        return super().create_role()

    def simulate_principal_policy(self) -> ActionResult:
        """What a user's, group's or role's policies say about actions. moto has no such action."""
        source = str(self._get_param("PolicySourceArn"))
        if ":assumed-role/" in source:
            refuse("InvalidInput", f"Invalid Entity Arn: {source} does not clearly define entity type and name.")
        principal = self.cloud.identity.principal(source)
        if principal is None or principal.account != self.current_account:
            refuse("NoSuchEntity", f"The principal {source} cannot be found.", status=404)
        further = self._get_param("PolicyInputList", [])
        for document in further:
            IAMPolicyDocumentValidator(document).validate()
        inputs = tuple(Policy(f"PolicyInputList.{number}", text) for number, text in enumerate(further, start=1))
        subject = replace(principal, policies=(*principal.policies, *inputs))
        context = {
            str(entry["ContextKeyName"]).lower(): tuple(entry.get("ContextKeyValues", []))
            for entry in self._get_param("ContextEntries", [])
        }
        results = [
            _simulated(subject, Asked(action, resource, context))
            for action in self._get_param("ActionNames", [])
            for resource in self._get_param("ResourceArns", []) or ["*"]
        ]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _simulated(subject: Caller, asked: Asked) -> dict[str, object]:
    decision = subject.decision(asked)
    matching = [] if decision is Decision.UNMENTIONED else subject.matching(asked, decision)
    return {
        "EvalActionName": asked.action,
        "EvalResourceName": asked.resource,
        "EvalDecision": decision.value,
        "MatchedStatements": [{"SourcePolicyId": one.name, "SourcePolicyType": "IAM Policy"} for one in matching],
        "MissingContextValues": [],
    }
