"""What people and programs are told of a run: its events, and the last one made from what is known by then."""

from collections.abc import Sequence

from core.checks.findings import Finding
from core.facts import Service
from core.problems import Blocked, Problem
from core.text import listed
from core.values import RunId
from core.work.decisions import Known
from core.work.engine import Result, Tell
from core.work.events import EXIT_CODES, CheckMade, ErrorTold, Kind, RunEnded, RunStarted, Status
from core.work.journal import Journal
from core.world import World


class Teller:
    """Tells events, and makes the last one from what is known by then."""

    def __init__(self, world: World, tell: Tell, kind: Kind = "link") -> None:
        self.world = world
        self.tell = tell
        self.kind: Kind = kind
        self._service = ""
        self._name = ""
        self._run = RunId("")

    def knows(self, service: Service) -> None:
        self.knows_of(service.id, service.name)

    def knows_of(self, service: str, name: str) -> None:
        """The same for a service that may not be there any more."""
        self._service, self._name = service, name

    def begun(self, journal: Journal, *, resumed: bool) -> None:
        self._run = journal.run
        plan = "" if self.kind == "undo" else str(journal.plan)
        now = self.world.clock.now()
        self.tell(RunStarted(now, self._run, plan, str(journal.path), self._name, resumed, self.kind))

    def not_begun(self) -> None:
        """Nothing will be changed: the run has no id and no papers."""
        self.tell(RunStarted(self.world.clock.now(), "", "", "", self._name, kind=self.kind))

    def findings(self, findings: Sequence[Finding]) -> None:
        for finding in findings:
            self.tell(CheckMade(self.world.clock.now(), finding))

    def error(self, problem: Problem) -> None:
        self.tell(ErrorTold.of(problem, self.world.clock.now()))

    def problem(self, problem: Problem) -> RunEnded:
        """The end of a run that changed nothing yet."""
        self.error(problem)
        statuses: dict[int, Status] = {3: "blocked", 5: "waiting"}
        status = statuses.get(problem.exit_code, "failed")
        return self.ended(status, f"{problem.what} Nothing was changed.", exit_code=problem.exit_code)

    def blocked(self, findings: Sequence[Finding]) -> RunEnded:
        blockers = [finding for finding in findings if finding.level == "blocker"]
        problem = Blocked(
            "blocked",
            "The checks found what would not work.",
            cause=" ".join(finding.title for finding in blockers),
            remedy="Put that right, then run again. Nothing was changed.",
            page=next((finding.page for finding in blockers if finding.page), ""),
            paste=next((finding.paste for finding in blockers if finding.paste), ""),
        )
        return self.problem(problem)

    def stopped(self) -> RunEnded:
        """The end of a run that was stopped before it began."""
        return self.ended("interrupted", "Stopped. Nothing was changed.")

    def result(self, result: Result, unrecorded: Problem | None) -> RunEnded:
        if result.problem is not None:
            self.error(result.problem)
        detail = self._undone(result) if self.kind == "undo" else self._linked(result)
        if unrecorded is not None:
            detail = f"{detail} {unrecorded.what}"
        exit_code = result.problem.exit_code if result.problem else EXIT_CODES[result.status]
        return self.ended(result.status, detail, known=result.known, downtime=result.downtime, exit_code=exit_code)

    def _linked(self, result: Result) -> str:
        if result.status == "done":
            return f"Clients connect to {result.known.host}."
        return self._cut_short(result, _standing(result.known))

    def _undone(self, result: Result) -> str:
        known = result.known
        if result.status == "done":
            again = [f"{self._name} is reached by its public address again, {known.host}."] if known.host else []
            return " ".join([f"The link to {self._name} is undone.", *again, *known.left])
        return self._cut_short(result, f"Gone: {listed(known.removed)}." if known.removed else "")

    def _cut_short(self, result: Result, so_far: str) -> str:
        at = f" at “{result.step.title}”" if result.step else ""
        said = {"interrupted": "Stopped", "waiting": "Waiting"}.get(result.status, "Failed")
        until = f"The service cannot be reached until the {self.kind} is done." if result.unreachable else ""
        return " ".join(filter(None, (f"{said}{at}.", so_far, until, self.how_to_go_on())))

    def how_to_go_on(self) -> str:
        return f"Go on with: skysql-privatelink resume {self._run}"

    def ended(
        self,
        status: Status,
        detail: str,
        *,
        known: Known | None = None,
        downtime: float | None = None,
        exit_code: int | None = None,
    ) -> RunEnded:
        known = known or Known()
        ended = RunEnded(
            at=self.world.clock.now(),
            status=status,
            run=self._run,
            service_id=self._service,
            endpoint_service=known.endpoint_service or "",
            vpc_endpoint_id=known.endpoint or "",
            security_group_id=known.group_ids[0] if known.group_ids else "",
            security_group_ids=known.group_ids,
            dns_names=known.dns_names,
            host=known.host if known.endpoint or self.kind == "undo" else "",
            ports=tuple((port.purpose, port.number) for port in known.ports),
            downtime_seconds=downtime,
            detail=detail,
            exit_code=EXIT_CODES[status] if exit_code is None else exit_code,
            kind=self.kind,
            removed=known.removed,
            left=known.left,
        )
        self.tell(ended)
        return ended


def _standing(known: Known) -> str:
    """What stands on both sides by now, as far as the run got."""
    stands = [
        *(f"security group {group}" for group in known.group_ids),
        *([f"endpoint service {known.endpoint_service}"] if known.endpoint_service else []),
        *([f"VPC endpoint {known.endpoint}"] if known.endpoint else []),
    ]
    return f"Standing: {listed(stands)}." if stands else ""
