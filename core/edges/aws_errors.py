"""What AWS and its library say when something fails, told as what, why and what to do now.

The words stand in tables: `aws_codes` for answers, `aws_denied` for those that are a matter of rights, `aws_trouble`
for what is raised before or instead of one. An unknown code keeps AWS's own words and the request id.
"""

import re
from dataclasses import dataclass, replace
from typing import Any

from core.edges import aws_denied
from core.edges.aws_codes import AWS_SIDE, BY_WORDS, CODES, REPORT, WORDS, Row, malformed, missing
from core.edges.aws_trouble import AFTER_SENDING, TROUBLE
from core.problems import Failed, Problem, Unclear
from core.redaction import redact
from core.text import clean


@dataclass(frozen=True, slots=True)
class Doing:
    """The call an error is told about."""

    action: str  # as policies name it: ec2:CreateVpcEndpoint
    region: str = ""
    changes: bool = False
    """Whether it was a change: then no answer means Unclear instead of Passing."""
    profile: str = ""
    login: str = ""
    """The profile to log in with: where the chain of source profiles ends. Same as `profile` for most."""
    pause: str = ""
    """What to do when no answer came to this change; empty: look and go on."""
    paste: str = ""
    """The policy that may be what such a change lacks."""


def of_code(code: str, words: str, status: int, request_id: str, doing: Doing) -> Problem:
    """An answer with an error, told. `words`: AWS's message; `status`: HTTP."""
    if code in aws_denied.CODES:
        return _denied(code, words, request_id, doing)
    name, row = _row(code, words)
    if name not in CODES:  # it may hold anything
        name = clean(redact(name), 100)
    if row is AWS_SIDE and doing.changes:
        row = _no_answer(doing)
    return _tell(row or _unknown(code, status, doing), f"aws.{name}", doing, words, request_id)


def _denied(code: str, words: str, request_id: str, doing: Doing) -> Problem:
    denial = aws_denied.denial(words, doing.action)
    row, fields = denial.row, denial.fields
    return row.kind(
        f"aws.{denial.name or code}",
        row.what.format(**fields),
        cause=row.cause.format(**fields),
        remedy=row.remedy.format(**fields) + denial.more,
        request_id=request_id,
        page=row.page,
        paste=denial.paste,
    )


def _row(code: str, words: str) -> tuple[str, Row | None]:
    if code in BY_WORDS:
        for pattern, name, row in WORDS:
            if re.search(pattern, words, re.IGNORECASE):
                return name, row
    if code not in CODES and code.endswith(".Malformed"):
        return code, malformed("id or value")
    if code not in CODES and code.endswith(".NotFound"):
        return code, missing("thing")
    return code, CODES.get(code)


def _unknown(code: str, status: int, doing: Doing) -> Row:
    if status >= 500:
        return _no_answer(doing) if doing.changes else AWS_SIDE
    return Row(
        Failed,
        f"AWS refused {{action}}: {_braced(clean(code, 80))}.",
        "This program does not know that code.",
        "Put right what AWS's words name, then try again; AWS Support finds the case by its request id.",
    )


def of_silence(doing: Doing) -> Problem:
    """A change whose answer did not come within its limit."""
    return _tell(_no_answer(doing), "aws.no-answer", doing, "")


def _no_answer(doing: Doing) -> Row:
    """A change went out and no usable answer came back."""
    return Row(
        Unclear,
        "AWS did not answer {action}: it is not known whether the change was made.",
        "The connection broke or time ran out after the request was sent.",
        doing.pause or "Look what is there before sending it again; going on does that by itself.",
    )


def _tell(row: Row, code: str, doing: Doing, words: str, request_id: str = "") -> Problem:
    fields = {
        "action": doing.action,
        "region": doing.region or "that region",
        "profile": _flag(doing.profile),
        "login": _flag(doing.login or doing.profile),
        "words": words,
        "subnet": _found(r"(subnet-[0-9a-f]+)", words, "a chosen subnet"),
    }
    cause = row.cause.format(**fields)
    if row.quote and words:
        cause = f"{cause} AWS says: “{clean(_short(words), 400)}”".strip()
    return row.kind(
        code,
        row.what.format(**fields),
        cause=cause,
        remedy=row.remedy.format(**fields),
        request_id=request_id,
        page=row.page,
        paste=doing.paste if row.kind is Unclear else "",
    )


def _flag(profile: str) -> str:
    return f" --profile {profile}" if profile else ""


def _found(pattern: str, words: str, otherwise: str = "") -> str:
    found = re.search(pattern, words)
    return clean(found.group(1), 300) if found else otherwise


def _short(words: str) -> str:
    """Without the encoded blob: a screen full of base64 that only sts:DecodeAuthorizationMessage reads."""
    return words.partition("Encoded authorization failure message")[0]


def of_trouble(error: Exception, doing: Doing, *, hint: str = "", files: str = "") -> Problem:
    """What was raised before or instead of an answer. `hint`: about the region; `files`: about odd settings files."""
    name = next((cls.__name__ for cls in type(error).__mro__ if cls.__name__ in TROUBLE), "")
    if doing.changes and name in AFTER_SENDING:
        return _tell(_no_answer(doing), f"aws.{name}", doing, "")
    row = TROUBLE.get(name) or Row(Failed, "Something unforeseen happened while asking AWS.", "{error}", REPORT)
    cause = row.cause.format(error=_safe_words(error, name), region_hint=hint, files=files and f" {files}")
    return _tell(replace(row, cause=_braced(cause), quote=False), f"aws.{name or 'unforeseen'}", doing, "")


def _safe_words(error: Exception, name: str) -> str:
    """What the exception says, unless its text may quote keys: a file's broken line, or what it choked on."""
    if name == "ConfigParseError":
        told: dict[str, Any] = getattr(error, "kwargs", {})
        line = _found(r"line[: ]+(\d+)", str(told.get("error", "")))
        return clean(
            f"{told.get('path', 'A file')} {f'has a mistake in line {line}' if line else 'cannot be parsed'}.", 300
        )
    return clean(str(error), 500) if name else type(error).__name__


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def of_error(error: Exception, doing: Doing, *, hint: str = "", files: str = "") -> Problem:
    """Any exception of boto3 or botocore, told."""
    response: Any = getattr(error, "response", None)
    if not isinstance(response, dict):
        return of_trouble(error, doing, hint=hint, files=files)
    answer, fault = response.get("ResponseMetadata", {}), response.get("Error", {})
    if not fault.get("Code"):  # an error without a code is a page of something between
        row = _no_answer(doing) if doing.changes else TROUBLE["ResponseParserError"]
        return _tell(row, "aws.ResponseParserError", doing, "")
    return of_code(
        str(fault["Code"]),
        str(fault.get("Message", "")),
        int(answer.get("HTTPStatusCode") or 0),
        str(answer.get("RequestId", "")),
        doing,
    )
