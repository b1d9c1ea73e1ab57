"""What befalls single calls, told in one line each and counted as the calls come.

    ec2:CreateVpcEndpoint=RequestLimitExceeded*3    the first three are throttled
    skysql:PATCH /endpoints=reset*1                 the first is cut off before it took effect
    ec2:ModifyVpcEndpoint=timeout-after             every one takes effect and is never answered
    skysql:*=slow:0.2                               every answer takes 0.2 s longer
    skysql:GET *=429:7*1                            the first is to wait 7 s (Retry-After)
    sts:*=ExpiredToken*2@5                          the fifth and sixth

A call is `service:Action` at AWS (with DryRun: `service:Action+DryRun`, so that what befalls a change does not befall
its trial), and `skysql:METHOD` with the end of the path at SkySQL; `*` stands for anything.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

SIDES: Final = ("ec2", "iam", "route53", "skysql", "sts")
TRANSPORT: Final = {
    "reset": "the connection is cut before the call took effect",
    "reset-after": "the connection is cut after the call took effect",
    "timeout": "no answer, and no effect",
    "timeout-after": "no answer, but the call took effect",
    "garbled": "the call takes effect, and its answer breaks off in the middle",
    "html": "a proxy answers in the API's place: 502 and a web page",
    "sign-in-page": "a proxy answers in the API's place: 200 and a web page",
}
"""Outcomes that any call can meet, and what each is. Beside these: `slow:SECONDS`, a status, an error code."""

_TEXT = re.compile(
    r"(?P<call>(?P<side>[a-z0-9]+):[^=]+)=(?P<outcome>[A-Za-z0-9.-]+)(?::(?P<seconds>\d+(?:\.\d+)?))?"
    r"(?:\*(?P<times>\d+))?(?:@(?P<first>\d+))?"
)
_STATUS = re.compile(r"[45]\d\d")
_SKYSQL = re.compile(r"(400-pending|[45]\d\d)(-sparse)?")  # the older form of 409; a body with hardly a field
_SKYSQL_CALL = re.compile(r"skysql:(\*|[A-Z*]+ .+)")
_LONGEST = 600.0  # seconds


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong with some of the calls it fits."""

    call: str  # ec2:CreateVpcEndpoint, sts:*, skysql:PATCH /endpoints
    outcome: str  # of TRANSPORT, slow, an HTTP status, an AWS error code
    seconds: float = 0.0  # of slow; of a status of SkySQL's: Retry-After
    times: int | None = None  # None: every time
    first: int = 1  # which of the calls it begins with

    def fits(self, call: str) -> bool:
        """`call` as the doors name it: `ec2:CreateVpcEndpoint`, `skysql:PATCH /provisioning/v1/…/endpoints`."""
        method, space, path = self.call.partition(" ")
        if not space:
            return fnmatchcase(call, self.call)
        asked, _, at = call.partition(" ")
        return fnmatchcase(asked, method) and fnmatchcase(at, f"*{path}")


def parse_fault(text: str) -> Fault:
    """A fault as a person writes it: `CALL=OUTCOME[:SECONDS][*TIMES][@FIRST]`. ValueError says what is wrong."""
    found = _TEXT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no fault; write CALL=OUTCOME, such as ec2:CreateVpcEndpoint=Unavailable*2")
    if found["side"] not in SIDES:
        raise ValueError(f"{found['side']!r} is not served here; a call begins with one of {', '.join(SIDES)}")
    if found["side"] == "skysql" and not _SKYSQL_CALL.fullmatch(found["call"]):
        raise ValueError(f"{found['call']!r} fits no call; write skysql:METHOD /end/of/path, or skysql:* for all")
    outcome, seconds = found["outcome"], float(found["seconds"] or 0)
    if outcome == "slow" and not 0 < seconds <= _LONGEST:
        raise ValueError(f"slow takes seconds, up to {_LONGEST:.0f}: slow:0.5")
    _check_outcome(found["side"], outcome)
    patient = outcome == "slow" or (found["side"] == "skysql" and _SKYSQL.fullmatch(outcome))
    if found["seconds"] and not patient:
        raise ValueError(f"{outcome!r} takes no seconds: those are slow's, and the Retry-After of SkySQL's statuses")
    times, first = found["times"], int(found["first"] or 1)
    if times == "0" or first == 0:
        raise ValueError(f"{text!r}: calls are counted from 1")
    return Fault(found["call"], outcome, seconds, int(times) if times else None, first)


def _check_outcome(side: str, outcome: str) -> None:
    if outcome in TRANSPORT or outcome == "slow" or _STATUS.fullmatch(outcome):
        return
    known = ", ".join([*TRANSPORT, "slow:SECONDS"])
    if side == "skysql" and not _SKYSQL.fullmatch(outcome):
        raise ValueError(f"SkySQL has no error {outcome!r}; use a status from 400 to 599, 400-pending, or {known}")
    if side != "skysql" and not outcome[0].isupper():
        raise ValueError(f"AWS has no error {outcome!r}; use one of its codes, a status from 400 to 599, or {known}")


class Ledger:
    """Counts calls and says what befalls each."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = faults
        self._met = [0] * len(faults)
        self._turn = threading.Lock()

    def befalls(self, call: str) -> tuple[float, Fault | None]:
        """Seconds that the answer is held back, and the one fault that the call meets.

        Of several faults that fit, the first is met; those after it do not count the call.
        """
        held_back = 0.0
        with self._turn:
            for place, fault in enumerate(self._faults):
                if not fault.fits(call):
                    continue
                self._met[place] += 1
                if not _due(fault, self._met[place]):
                    continue
                if fault.outcome != "slow":
                    return held_back, fault
                held_back += fault.seconds
        return held_back, None


def _due(fault: Fault, number: int) -> bool:
    past = number - fault.first
    return past >= 0 and (fault.times is None or past < fault.times)
