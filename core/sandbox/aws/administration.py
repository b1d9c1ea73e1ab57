"""IAM: the users, roles and policies that decide here, to be looked at and changed beside the wizard."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from moto.core.responses import ActionResult
from moto.iam.policy_validation import IAMPolicyDocumentValidator, IAMTrustPolicyDocumentValidator
from moto.iam.responses import IamResponse

from core.sandbox.aws.callers import CallerAnswers
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.identity import Caller, Policy
from core.sandbox.aws.policies import Asked, Context, Decision
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
        resources = self._get_param("ResourceArns", [])
        results = [_simulated(subject, action, resources, context) for action in self._get_param("ActionNames", [])]
        return ActionResult({"EvaluationResults": results, "IsTruncated": False})


def _simulated(subject: Caller, action: str, resources: Sequence[str], context: Context) -> dict[str, object]:
    """One action: on each resource by itself, and as a whole as on the one where it goes worst."""
    found = [_on(subject, Asked(action, resource, context)) for resource in resources or ["*"]]
    worst = min(found, key=lambda one: one.decision is Decision.ALLOWED)
    return {
        "EvalActionName": action,
        "EvalResourceName": "*",
        "EvalDecision": worst.decision.value,
        "MatchedStatements": worst.statements,
        "MissingContextValues": sorted({key for one in found for key in one.missing}),
        "ResourceSpecificResults": [one.shown(resource) for resource, one in zip(resources, found, strict=False)],
    }


@dataclass(frozen=True)
class _Result:
    """What the policies say of one action on one resource."""

    decision: Decision
    policies: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def statements(self) -> list[dict[str, str]]:
        """Without SourcePolicyType: AWS's examples have "IAM Policy" there, which its own model does not know."""
        return [{"SourcePolicyId": name} for name in self.policies]

    def shown(self, resource: str) -> dict[str, object]:
        return {
            "EvalResourceName": resource,
            "EvalResourceDecision": self.decision.value,
            "MatchedStatements": self.statements,
            "MissingContextValues": list(self.missing),
        }


def _on(subject: Caller, asked: Asked) -> _Result:
    decision = subject.decision(asked)
    matching = [] if decision is Decision.UNMENTIONED else subject.matching(asked, decision)
    return _Result(decision, tuple(one.name for one in matching), subject.lacking(asked))
