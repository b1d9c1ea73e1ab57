"""Every page as the snapshots and the pictures in `screenshots/` show it: one walk, one company, one clock."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from textual.pilot import Pilot
from textual.widgets import Static

from core.checks.findings import Finding
from core.choices.undo import stands_now
from core.connection import Answer, Greeted, Here, LoggedIn, Proof, Reached, Resolved, Secured, Target
from core.facts import AllowedAddress, Identity, SecurityGroup, Service, ServiceEndpoint, VpcEndpoint
from core.undo import Remains, Undo
from core.values import (
    MANAGED_BY,
    RUN_TAG,
    SERVICE_TAG,
    EndpointId,
    EndpointServiceName,
    GroupId,
    RunId,
    ServiceId,
    VpcId,
)
from core.work import events
from core.work.doctor import Diagnosis
from core.work.events import Event
from core.work.history import Past, runs
from core.work.journal import Journal, private_folder
from core.work.links import Link
from core.work.progress import begin, fold
from core.work.remains import Found
from core.work.steps import STEPS
from core.work.steps.undo import UNDO_STEPS
from tests.checks.test_doctor import case, group_with, tcp
from tests.tui.probed import probed
from tests.tui.walk import at, page, screen_text, settled, to, until
from tui.app import Wizard
from tui.screens.doctor import DoctorPage
from tui.screens.undo import UndoPage
from tui.screens.unfinished import UnfinishedPage

SIZES = ((80, 24), (120, 40))
START = datetime(2026, 1, 15, 22, 4, 0, tzinfo=UTC)
SERVICE = ServiceId("dbpgf00000001")
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
    await until(pilot, lambda: "mariadb --host" in screen_text(pilot), "the lines for the first client")


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


async def examined(pilot: Pilot[int]) -> None:
    """The doctor, who finds a security group that admits nobody."""
    await finished(pilot)
    await pilot.press("f3")
    await at(pilot, "doctor")
    cast("DoctorPage", pilot.app.screen)._end(Diagnosis(case(**group_with(tcp("192.168.0.0/16")))))
    await pilot.pause()


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


def cut_off(wizard: Wizard) -> Past:
    """The journal of a run that made everything but private DNS, and went away."""
    folder = wizard.entry.runs_folder
    private_folder(folder)
    journal = Journal(RunId("20260115-220400-3f9a"), folder, wizard.entry.clock)
    journal.path.touch(0o600)
    journal.begun(
        1,
        service=SERVICE,
        service_name="orders-prod",
        account="123456789012",
        region="us-east-2",
        vpc="vpc-0a1b2c3d4e5f60718",
    )
    for step, change, made, interrupts in (
        ("group", "create", "sg-0a1b2c3d4e5f60718", False),
        ("switch", "switch", "", True),
        ("endpoint", "create", "vpce-0a1b2c3d4e5f60718", False),
    ):
        journal.acting(step, change, "", interrupts)
        journal.acted(step, change, "ok", made=made)
        journal.stood(step)
    (past,) = runs(folder)
    kept = Path("/home/dba/.local/state/skysql-privatelink/runs/20260115-220400-3f9a")
    return replace(past, journal=kept.with_suffix(".jsonl"), plan=kept.with_suffix(".toml"))


def remains(past: Past) -> Found:
    """What the undo of that run finds on both sides."""
    vpc, group = VpcId("vpc-0a1b2c3d4e5f60718"), GroupId("sg-0a1b2c3d4e5f60718")
    name = EndpointServiceName("com.amazonaws.vpce.us-east-2.vpce-svc-0123456789abcdef0")
    tags = ((SERVICE_TAG, SERVICE), (RUN_TAG, past.run), MANAGED_BY)
    public = ServiceEndpoint(
        "primary",
        "nlb",
        "public",
        allow_list=(AllowedAddress("203.0.113.7/32", "Berlin office"), AllowedAddress("198.51.100.0/24", "batch jobs")),
    )
    private = ServiceEndpoint("primary", "privatelink", "private", accounts=(past.account,), endpoint_service=name)
    service = Service(
        SERVICE, "orders-prod", "aws", past.region, "es-replica", "ready", "orders.example", endpoints=(private,)
    )
    endpoint = VpcEndpoint(EndpointId("vpce-0a1b2c3d4e5f60718"), vpc, name, "available", tags=tags)
    there = Remains(
        service,
        Identity(past.account, "arn:aws:iam::123456789012:user/dba"),
        (endpoint,),
        (SecurityGroup(group, "orders-prod-privatelink", "Clients of orders-prod", vpc, tags=tags),),
    )
    link = Link(SERVICE, "orders-prod", vpc, past.region, (past,))
    undo = Undo(
        SERVICE, "orders-prod", past.account, past.region, vpc, (past.run,), "public", (public,), (past.account,)
    )
    return Found(undo, there, link)


async def left_open(pilot: Pilot[int]) -> None:
    """The first page when a run was cut off."""
    await at(pilot, "sign_in")
    wizard = cast("Wizard", pilot.app)
    past = cut_off(wizard)
    wizard.go_to("unfinished")
    await at(pilot, "unfinished")
    screen = cast("UnfinishedPage", wizard.screen)
    wizard.left_open = (past,)
    screen._show()
    found = remains(past)
    screen._now(*stands_now(found.undo, found.remains))
    await pilot.pause()


async def taking_back(pilot: Pilot[int]) -> None:
    """What the undo of it would do."""
    await left_open(pilot)
    wizard = cast("Wizard", pilot.app)
    (past,) = wizard.left_open
    wizard.turn_to_undo(past.run)
    await at(pilot, "undo")
    await cast("UndoPage", wizard.screen)._show(remains(past))
    await pilot.pause()


async def undone(pilot: Pilot[int]) -> None:
    """The status pane after an undo."""
    await left_open(pilot)
    wizard = cast("Wizard", pilot.app)
    run, journal = "20260115-231500-77c1", "/home/dba/.local/state/skysql-privatelink/runs/20260115-231500-77c1.jsonl"
    told: list[Event] = [
        events.RunStarted(START, run, "", journal, "orders-prod", kind="undo"),
        events.Interrupted(START),
        *(events.StepChanged(START, step.id, "done", "as before", 9) for step in UNDO_STEPS),
        events.Reachable(START + timedelta(seconds=72), 72.0),
        events.RunEnded(
            START + timedelta(seconds=72),
            "done",
            run,
            SERVICE,
            host="orders.example",
            detail="The link to orders-prod is undone. orders-prod is reached by its public address again, "
            "orders.example.",
            kind="undo",
            removed=("vpce-0a1b2c3d4e5f60718", "sg-0a1b2c3d4e5f60718"),
        ),
    ]
    progress = begin(UNDO_STEPS, "undo")
    for event in told:
        progress = fold(progress, event)
    wizard.progress = progress
    wizard.go_to("run")
    await at(pilot, "run")


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
    "unfinished": left_open,
    "undo": taking_back,
    "undone": undone,
    "doctor": examined,
    "proof": proved,
    "proof-broken": unproved,
}
