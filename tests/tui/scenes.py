"""Every page as the snapshots and the pictures in `screenshots/` show it: one walk, one company, one clock."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from textual.pilot import Pilot
from textual.widgets import Static

from core.checks.findings import Finding
from core.connection import Answer, Greeted, Here, LoggedIn, Proof, Reached, Resolved, Secured, Target
from core.work import events
from core.work.events import Event
from core.work.progress import begin, fold
from core.work.steps import STEPS
from tests.tui.probed import probed
from tests.tui.walk import at, page, screen_text, settled, to, until
from tui.app import Wizard

SIZES = ((80, 24), (120, 40))
START = datetime(2026, 1, 15, 22, 4, 0, tzinfo=UTC)
Scene = Callable[[Pilot[int]], Awaitable[None]]


class StandingClock:
    """A clock that stands still, so that two pictures of one page are the same."""

    def monotonic(self) -> float:
        return 1000.0

    def now(self) -> datetime:
        return START + timedelta(seconds=49)

    async def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nothing should wait {seconds} s here")


def walked(name: str) -> Scene:
    async def scene(pilot: Pilot[int]) -> None:
        await to(pilot, name)

    return scene


def history() -> list[Event]:
    """A run as told, up to the endpoint waiting to become available."""

    def after(seconds: float) -> datetime:
        return START + timedelta(seconds=seconds)

    folder = "/home/dba/.local/state/skysql-privatelink/runs/20260115-220400-3f9a"
    return [
        events.RunStarted(START, "20260115-220400-3f9a", f"{folder}.toml", f"{folder}.jsonl", "orders-prod"),
        events.CheckMade(START, Finding("service", "ok", "orders-prod can be linked")),
        events.StepChanged(after(0), "vpc_dns", "skipped", "The plan leaves the VPC's DNS attributes alone.", 0),
        events.StepChanged(after(0), "group", "running", "", 0),
        events.Changed(after(1), "group", "Created security group orders-prod-privatelink"),
        events.StepChanged(after(2), "group", "done", "sg-0a1b2c3d4e5f60718 orders-prod-privatelink", 2),
        events.StepChanged(after(2), "rules", "running", "", 0),
        events.Changed(after(3), "rules", "Admitted 10.20.0.0/16 on 3306"),
        events.StepChanged(after(3), "rules", "done", "3306 from 10.20.0.0/16", 1),
        events.StepChanged(after(3), "switch", "running", "", 0),
        events.Interrupted(after(4)),
        events.Changed(after(4), "switch", "Switched orders-prod to PrivateLink for 1 account"),
        events.StepChanged(after(4), "switch", "done", "privateconnect, for 123456789012", 1),
        events.StepChanged(after(4), "ready", "running", "", 0),
        events.Seen(after(5), "ready", "skysql", "pending_modifying", "SkySQL is making the private endpoint."),
        events.Seen(after(18), "ready", "skysql", "ready", "The endpoint service is known."),
        events.StepChanged(after(18), "ready", "done", "com.amazonaws.vpce.us-east-2.vpce-svc-0123456789abcdef0", 14),
        events.StepChanged(after(18), "visible", "running", "", 0),
        events.StepChanged(after(25), "visible", "done", "Visible to 123456789012", 7),
        events.StepChanged(after(25), "endpoint", "running", "", 0),
        events.Changed(after(30), "endpoint", "Created VPC endpoint vpce-0a1b2c3d4e5f60718"),
        events.StepChanged(after(30), "endpoint", "done", "vpce-0a1b2c3d4e5f60718", 5),
        events.StepChanged(after(30), "available", "running", "", 0),
        events.Seen(after(48), "available", "aws", "pending", "AWS is making the network interfaces."),
    ]


ENDED = events.RunEnded(
    START + timedelta(seconds=75),
    "done",
    "20260115-220400-3f9a",
    "dbpgf00000001",
    endpoint_service="com.amazonaws.vpce.us-east-2.vpce-svc-0123456789abcdef0",
    vpc_endpoint_id="vpce-0a1b2c3d4e5f60718",
    security_group_id="sg-0a1b2c3d4e5f60718",
    dns_names=(
        "vpce-0a1b2c3d4e5f60718-abcd1234.vpce-svc-0123456789abcdef0.us-east-2.vpce.amazonaws.com",
        "vpce-0a1b2c3d4e5f60718-abcd1234-us-east-2a.vpce-svc-0123456789abcdef0.us-east-2.vpce.amazonaws.com",
        "vpce-0a1b2c3d4e5f60718-abcd1234-us-east-2b.vpce-svc-0123456789abcdef0.us-east-2.vpce.amazonaws.com",
        "vpce-0a1b2c3d4e5f60718-abcd1234-us-east-2c.vpce-svc-0123456789abcdef0.us-east-2.vpce.amazonaws.com",
        "dbpgf00000001.sysp0000.db1.skysql.com",
    ),
    host="dbpgf00000001.sysp0000.db1.skysql.com",
    ports=(("readwrite", 3306), ("readonly", 3307)),
    downtime_seconds=71.0,
)


async def running(pilot: Pilot[int]) -> None:
    """The status pane in the middle of a run."""
    await to(pilot, "review")
    wizard = cast("Wizard", pilot.app)
    progress = begin(STEPS)
    for event in history():
        progress = fold(progress, event)
    wizard.progress = progress
    wizard.go_to("run")
    await at(pilot, "run")


async def finished(pilot: Pilot[int]) -> None:
    """The last page."""
    await running(pilot)
    wizard = cast("Wizard", pilot.app)
    assert wizard.progress is not None
    wizard.progress = fold(wizard.progress, ENDED)
    wizard.result = ENDED
    wizard.go_to("done")
    await at(pilot, "done")


ENDPOINT = ("10.20.1.37", "10.20.2.81", "10.20.3.14")
INSIDE = Proof(
    Target(ENDED.host, 3306, ENDED.host, "vpc-0a1b2c3d4e5f60718", ("10.20.0.0/16",), ENDPOINT),
    Here(("10.20.1.200",), ("10.20.0.2",)),
    Resolved(ENDPOINT),
)
MET = Proof(
    INSIDE.target,
    INSIDE.here,
    INSIDE.resolved,
    tuple(Reached(address, seconds=0.0007) for address in ENDPOINT),
    tuple(Greeted(address, version="11.4.4-2-MariaDB-enterprise-log", tls=True) for address in ENDPOINT),
    tuple(Secured(address, "", "TLSv1.3", ("*.sysp0000.db1.skysql.com",), "2026-12-01") for address in ENDPOINT),
)
SIGNED_IN = LoggedIn(seconds=0.0143, answer=Answer(0.0009, "", "orders-prod-db-0", "11.4.4-2-MariaDB-enterprise", "1"))


async def proved(pilot: Pilot[int]) -> None:
    """The connection proof at its end."""
    await finished(pilot)
    probed(cast("Wizard", pilot.app), [MET], SIGNED_IN)
    await _prove(pilot)


async def unproved(pilot: Pilot[int]) -> None:
    """The connection proof, stopped by a security group."""
    await finished(pilot)
    paths = tuple(Reached(address, "timeout", 6.0) for address in ENDPOINT)
    probed(cast("Wizard", pilot.app), [replace(INSIDE, reached=paths)])
    await _prove(pilot)


async def _prove(pilot: Pilot[int]) -> None:
    await pilot.press("p")
    await until(pilot, lambda: page(pilot) == "Proving", "the proof")
    hint = pilot.app.screen.query_one(".dialog-hint", Static)
    await until(pilot, lambda: "closes" in str(hint.render()), "its end")


async def refused(pilot: Pilot[int]) -> None:
    """A service that cannot be linked, and the sentence that says so."""
    await to(pilot, "service")
    await pilot.press(*"analytics", "ctrl+n")
    await until(pilot, lambda: "-wrong" in pilot.app.screen.query_one("#says").classes, "the refusal")


async def helped(pilot: Pilot[int]) -> None:
    """F1 on the network page."""
    await to(pilot, "network")
    await pilot.press("f1")
    await pilot.pause()


async def reached(pilot: Pilot[int]) -> None:
    """F2 on the access page, with the application servers let in."""
    await to(pilot, "access")
    await pilot.press(*"app-s", "down", "enter")
    await until(pilot, lambda: "3 of 4 instances reach 3306" in screen_text(pilot), "the effect of the rule")
    await until(pilot, lambda: settled(pilot) and pilot.app.screen.query_one("#source").has_focus, "the field again")
    await pilot.press("f2")
    await until(pilot, lambda: page(pilot) == "ReachList", "the list")


SCENES: Mapping[str, Scene] = {
    "sign_in": walked("sign_in"),
    "service": walked("service"),
    "service-refused": refused,
    "accounts": walked("accounts"),
    "network": walked("network"),
    "network-help": helped,
    "access": walked("access"),
    "access-reach": reached,
    "endpoint": walked("endpoint"),
    "review": walked("review"),
    "run": running,
    "done": finished,
    "proof": proved,
    "proof-broken": unproved,
}
