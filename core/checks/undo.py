"""What an undo warns of before it begins: read in a log as well as at a terminal."""

from collections.abc import Iterable

from core.checks.findings import Finding
from core.standing import is_gone
from core.undo import Remains, Undo, is_taken_away


def undo_findings(undo: Undo, remains: Remains) -> tuple[Finding, ...]:
    return (*_interrupts(undo, remains), *_allow_list(undo, remains))


def _interrupts(undo: Undo, remains: Remains) -> Iterable[Finding]:
    name = undo.service_name
    if undo.back == "public" and remains.service is not None and remains.service.private is not None:
        yield Finding(
            "interrupts",
            "warning",
            f"Switching {name} back interrupts it again.",
            "Every connection over PrivateLink drops; nobody can connect until the IP allowlist is filled.",
        )
    elif any(is_taken_away(each, undo) and not is_gone(each) for each in remains.endpoints):
        yield Finding("interrupts", "warning", f"Connections to {name} through the endpoint drop.")


def _allow_list(undo: Undo, remains: Remains) -> Iterable[Finding]:
    if undo.back != "public" or undo.allow_list is not None or remains.service is None:
        return
    if remains.service.public is None or not remains.service.public.allow_list:
        yield Finding(
            "former-allow-list",
            "warning",
            f"The former IP allowlist of {undo.service_name} is not known here.",
            "It is in the journal of the run that linked it, which is not on this machine.",
            "Say who may connect with --allow, or fill the list in the SkySQL portal afterwards.",
        )
