"""What the signed-in identity may do in EC2, as `core.world.Rights` asks for it: by trials, and by looking policies up.

A trial is the change itself, built by the same lines, through a client that cannot send anything without DryRun.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from core.edges.aws import Ec2
from core.edges.aws_denied import denial
from core.edges.aws_errors import Doing
from core.edges.aws_policies import looked_up_as, role_in, told
from core.edges.aws_session import AwsDoor
from core.facts import Identity, Right
from core.problems import NotSignedIn, Problem
from core.text import clean
from core.values import Region
from core.world import Aws, Question

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

T = TypeVar("T")

_PATHED = "AWSReservedSSO_"
"""How the names of roles begin that SSO makes: they have a path, which the session's ARN leaves out."""


class AwsRights:
    """`core.world.Rights` over boto3."""

    def __init__(self, door: AwsDoor, region: Region) -> None:
        self._door = door
        self._region = region

    async def tried(self, action: str, change: Callable[[Aws], Awaitable[object]]) -> Right:
        try:
            await change(_Trials(self._door, self._region))
        except _Answered as answered:
            return answered.right
        except NotSignedIn:
            raise
        except Problem as problem:
            return Right(action, "unknown", problem.what_and_why)
        raise AssertionError(f"the trial of {action} asked nothing of AWS")

    async def looked_up(self, identity: Identity, questions: Sequence[Question]) -> tuple[Right, ...]:
        if not questions:
            return ()
        if identity.arn.count(":") < 5:
            why = f"“{identity.arn}” is no identity whose policies could be looked up."
            return tuple(Right(question.action, "unknown", why) for question in questions)
        if identity.arn.endswith(":root"):
            return tuple(Right(question.action, "allowed") for question in questions)
        try:
            results = await self._simulated(identity, questions)
        except Problem as problem:
            why = f"iam:SimulatePrincipalPolicy, which would tell: {problem.what_and_why}"
            return tuple(Right(question.action, "unknown", why) for question in questions)
        return tuple(told(question, results.get(question.action.lower()), identity.arn) for question in questions)

    async def _simulated(self, identity: Identity, questions: Sequence[Question]) -> dict[str, dict[str, Any]]:
        role = role_in(identity.arn)
        principal = looked_up_as(identity.arn)
        if role.startswith(_PATHED):
            return await self._simulate(await self._role(role), questions)
        try:
            return await self._simulate(principal, questions)
        except Problem as problem:
            if not role or problem.code != "aws.NoSuchEntity":
                raise
        return await self._simulate(await self._role(role), questions)

    async def _role(self, name: str) -> str:
        """The ARN of a role, with its path."""
        doing = Doing("iam:GetRole", self._door.home_region)
        return await self._door.iam(doing, lambda iam: clean(iam.get_role(RoleName=name)["Role"]["Arn"], 2048))

    async def _simulate(self, principal: str, questions: Sequence[Question]) -> dict[str, dict[str, Any]]:
        """The results by action, in lower case."""
        asked: dict[str, Any] = {
            "PolicySourceArn": principal,
            "ActionNames": [question.action for question in questions],
            "ResourceArns": list(dict.fromkeys(arn for question in questions for arn in question.resources)),
            "ContextEntries": _context(principal, self._region),
        }

        def use(iam: Any) -> dict[str, dict[str, Any]]:
            pages = iam.get_paginator("simulate_principal_policy").paginate(**asked)
            return {str(one["EvalActionName"]).lower(): one for page in pages for one in page["EvaluationResults"]}

        return await self._door.iam(Doing("iam:SimulatePrincipalPolicy", self._door.home_region), use)


def _context(principal: str, region: Region) -> list[dict[str, Any]]:
    """What conditions may ask about and is the same for every change of a run."""
    _, _, _, _, account, name = principal.split(":", 5)
    known = {
        "aws:PrincipalArn": principal,
        "aws:PrincipalAccount": account,
        "aws:RequestedRegion": region,
        "ec2:Region": region,
        **({"aws:username": name.rpartition("/")[2]} if name.startswith("user/") else {}),
    }
    return [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": [value]} for key, value in known.items()
    ]


# ------------------------------------------------------------------------------------------ trials


class _Answered(Exception):
    """AWS has answered a trial: what comes after the change in the lines that make it has nothing to go on with."""

    def __init__(self, right: Right) -> None:
        self.right = right
        super().__init__(right.action)


class _Trials(Ec2):
    """EC2, where every change is only tried."""

    async def _change(
        self, action: str, use: "Callable[[EC2Client], T]", limit: float | None = None, pause: str = "", paste: str = ""
    ) -> NoReturn:
        doing = Doing(f"ec2:{action}", self._region, pause=pause, paste=paste)
        raise _Answered(await self._door.ec2(doing, lambda ec2: _verdict(doing.action, use, ec2), limit))


class _DryClient:
    """EC2's client, every call of which carries DryRun. A call that knows no DryRun is refused before it is sent."""

    def __init__(self, ec2: "EC2Client") -> None:
        self._ec2 = ec2

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return partial(getattr(self._ec2, operation), DryRun=True)


def _verdict(action: str, use: "Callable[[EC2Client], T]", ec2: "EC2Client") -> Right:
    """What AWS answers to a trial: an error in any case. Those that say nothing about the right go on."""
    from botocore.exceptions import ClientError

    try:
        use(cast("EC2Client", _DryClient(ec2)))
    except ClientError as refused:
        code = refused.response.get("Error", {}).get("Code", "")
        if code not in ("DryRunOperation", "UnauthorizedOperation"):
            raise
        words = refused.response.get("Error", {}).get("Message", "")
    else:
        return Right(action, "unknown", "AWS has not answered as it does to a trial.")
    if code == "DryRunOperation":
        return Right(action, "allowed")
    lacks = denial(words, action)
    return Right(lacks.fields["what"], "denied", lacks.row.cause.format(**lacks.fields), lacks.forbidden)
