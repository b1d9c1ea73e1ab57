"""Services and runs as `list` shows them: one flat object each, for the `--json` lines and for the table alike.

service  service_id, service, provider, region, status, mechanism (the private one where there is one; empty while
         none is listed), reached (in words), endpoint_service, allowed_accounts, runs: those known here that linked
         it and are not undone, newest first
run      run, kind = link | undo, service_id, service, region, vpc, account, started, status = done | failed |
         waiting | interrupted | cut off, step and detail where it ended, resumable, changed (whether it changed
         anything), undone, made (ids), plan and journal (paths)
"""

from collections.abc import Sequence

from core.choices.services import reached
from core.facts import Service
from core.work.history import Past
from core.work.journal import Json, stamp
from core.work.links import undone

Row = dict[str, Json]


def service_row(service: Service, pasts: Sequence[Past]) -> Row:
    """`pasts`: every run known here, newest first."""
    endpoint = service.private or service.public
    over = undone(pasts)
    runs = [past.run for past in pasts if past.service == service.id and past.undo is None and past.run not in over]
    return {
        "service_id": service.id,
        "service": service.name,
        "provider": service.provider,
        "region": service.region,
        "status": service.status,
        "mechanism": endpoint.mechanism if endpoint else "",
        "reached": reached(service),
        "endpoint_service": (endpoint.endpoint_service if endpoint else None) or "",
        "allowed_accounts": list(endpoint.accounts) if endpoint else [],
        "runs": list(runs),
    }


def run_row(past: Past, pasts: Sequence[Past]) -> Row:
    newest = next(each for each in pasts if each.service == past.service)
    return {
        "run": past.run,
        "kind": "link" if past.undo is None else "undo",
        "service_id": past.service,
        "service": past.service_name,
        "region": past.region,
        "vpc": past.vpc or "",
        "account": past.account,
        "started": stamp(past.started),
        "status": past.status or "cut off",
        "step": past.step,
        "detail": past.detail,
        "resumable": past.run == newest.run and past.status != "done",
        "changed": past.changed_something,
        "undone": past.run in undone(pasts),
        "made": [*sorted(past.made)],
        "plan": str(past.plan) if past.undo is None else "",
        "journal": str(past.journal),
    }
