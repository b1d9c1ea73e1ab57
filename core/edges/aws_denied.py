"""What AWS says when it denies a call: to whom, which action, on what, and which kind of policy decides.

The phrases are AWS's (IAM user guide, "Troubleshoot access denied error messages"). A missing Allow is put right by a
policy that allows the action; an explicit Deny, and what limits the rights of a whole account, role or session, is
not: then another is to be asked. AWS names one kind of policy, though several may decide.
"""

import re
from dataclasses import dataclass

from core.edges.aws_codes import Row
from core.policy import allowing
from core.problems import NotAllowed, NotSignedIn
from core.text import clean

CODES = ("UnauthorizedOperation", "AccessDenied", "AccessDeniedException")

_WHAT = "AWS does not allow {what}."
_CAUSE = "{who} lacks the right{where}: {why}."
_CHOOSE = "or choose another profile; then try again."

_MISSING = Row(
    NotAllowed,
    _WHAT,
    _CAUSE,
    "Ask whoever manages this AWS account to allow {what}, then try again. The README lists every right needed.",
    quote=False,
)
_REASONS: tuple[tuple[str, str, Row], ...] = (
    (
        r"MultiFactorAuthentication failed|invalid MFA",
        "WrongCode",
        Row(
            NotSignedIn,
            "AWS did not accept the MFA code.",
            "It was mistyped, or it was used or ran out meanwhile.",
            "Try again with the next code your device shows.",
            "sign_in",
            quote=False,
        ),
    ),
    (
        r"(service|resource) control policy",
        "",
        Row(
            NotAllowed,
            _WHAT,
            _CAUSE,
            "Ask whoever manages the AWS organization to let {what} through: no policy of this account can do that."
            " Then try again.",
            quote=False,
        ),
    ),
    (
        r"permissions boundary",
        "",
        Row(
            NotAllowed,
            _WHAT,
            _CAUSE,
            "Ask whoever set the permissions boundary of {whom} to let {what} through: no other policy can do that;"
            f" {_CHOOSE}",
            "sign_in",
            quote=False,
        ),
    ),
    (
        r"session policy",
        "",
        Row(
            NotAllowed,
            _WHAT,
            _CAUSE,
            "The sign-in itself narrows the rights: ask whoever hands it out to let {what} through in its session"
            f" policy, {_CHOOSE}",
            "sign_in",
            quote=False,
        ),
    ),
    (
        r"VPC endpoint policy",
        "",
        Row(
            NotAllowed,
            _WHAT,
            _CAUSE,
            "This machine reaches AWS's API through a VPC endpoint: ask whoever manages that network to allow {what} in"
            " the endpoint's policy, or run this program elsewhere.",
            quote=False,
        ),
    ),
    (
        r"perform: sts:AssumeRole\b",
        "",
        Row(
            NotAllowed,
            _WHAT,
            _CAUSE,
            "Ask whoever manages the role to let {whom} assume it: its trust policy and the caller's own policies must"
            f" both allow {{what}}; {_CHOOSE}",
            "sign_in",
            quote=False,
        ),
    ),
    (
        r"resource-based policy",
        "",
        Row(
            NotAllowed,
            _WHAT,
            _CAUSE,
            "Ask whoever manages what is named to allow {what} for {whom} in its own policy, then try again.",
            quote=False,
        ),
    ),
    (
        r"explicit deny",
        "",
        Row(
            NotAllowed,
            _WHAT,
            _CAUSE,
            "Ask whoever manages this AWS account's policies to take that Deny away, or to except {whom} from it: while"
            " it stands, no policy that allows {what} helps. Then try again.",
            quote=False,
        ),
    ),
)
"""By AWS's words: pattern, name where the code says too little, row. What none fits is a missing right."""

_DECIDING = re.compile(
    r"(?P<deny>an? explicit deny(?: in an? [\w -]+(?:: arn:[^\s.,]+)?)?)"
    r"|(?P<none>no [\w-]+(?: [\w-]+)*? (?:policy|policies|boundary)) allows?\b"
)
_ENCODED = "Encoded authorization failure message"
_DECODING = (
    " AWS sent the details encoded: `aws sts decode-authorization-message` reads them, and CloudTrail keeps them under"
    " the request id."
)
_ACTION = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Denial:
    """A denial, read: its row, what the row's texts may hold, and the policy that would put it right."""

    row: Row
    name: str  # the problem's code; empty: AWS's own
    fields: dict[str, str]
    paste: str = ""  # empty where such a policy alone would not help
    more: str = ""  # what the remedy ends with
    forbidden: bool = False  # no further policy outdoes what decides


def denial(words: str, action: str) -> Denial:
    """`words`: AWS's message, which may name the action that was denied; `action`: the call's, where it does not."""
    told, encoded, _ = words.partition(_ENCODED)
    what = _found(r"perform: (\S+?)[.,]?(?:\s|$)", told) or action
    resource = _found(r"on resource: (\S+?)[.,]?(?:\s|$)", told)
    who = _found(r"User: (\S+)", told)
    fields = {
        "what": what,
        "who": who or "The signed-in identity",
        "whom": who or "the signed-in identity",
        "where": f" on {resource}" if resource else "",
        "why": _deciding(told),
    }
    name, row = next(((name, row) for pattern, name, row in _REASONS if re.search(pattern, told)), ("", _MISSING))
    paste = allowing([what]) if row is _MISSING and _ACTION.fullmatch(what) else ""
    ready = " A policy that allows it is ready to paste." if paste else ""
    return Denial(row, name, fields, paste, ready + (_DECODING if encoded else ""), row is not _MISSING)


def _deciding(told: str) -> str:
    """Which policy decides, in AWS's words, where it tells."""
    found = _DECIDING.search(told)
    if found is None:
        return "AWS does not tell which policy decides"
    return clean(found["deny"] or f"{found['none']} allows it", 300)


def _found(pattern: str, told: str) -> str:
    found = re.search(pattern, told)
    return clean(found[1], 300) if found else ""
