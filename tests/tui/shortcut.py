"""The wizard as it is when a late page is reached, without walking there: signed in, the answers of a plan given."""

import asyncio
import os
import re
from collections.abc import Sequence
from pathlib import Path

from core.draft import Draft, from_plan, with_service
from core.edges.settings import settings_from
from core.edges.world import open_world
from core.plan import parse_plan
from core.work.events import Event, RunEnded, StepChanged
from core.work.operation import apply
from core.work.survey import named
from tests.plans import REGION
from tui.app import Wizard
from tui.page import Page
from tui.session import Session


async def linking(wizard: Wizard, service: str, pages: Sequence[type[Page]]) -> Wizard:
    """`wizard`, to open at the first of `pages` with `service` chosen and nothing else answered."""
    settings = settings_from(os.environ, region=REGION)
    world = await open_world(settings)
    await wizard.sign_in(Session(world, await world.identity(), "", settings.skysql_key, ""))
    wizard.service = named(await world.skysql.services(), service)
    wizard.draft = with_service(Draft(), wizard.service)
    wizard.pages = tuple(pages)
    return wizard


async def standing_at(wizard: Wizard, plan_text: str, pages: Sequence[type[Page]]) -> Wizard:
    """`wizard`, to open at the first of `pages`. The environment is the sandbox's."""
    plan = parse_plan(plan_text)
    await linking(wizard, plan.service, pages)
    wizard.draft = from_plan(plan, wizard.chosen_service)
    return wizard


async def left_at(folder: Path, plan_text: str, step: str) -> RunEnded:
    """A run that was stopped when that step began, as if by an earlier start of the program with those journals."""
    stop = asyncio.Event()

    def hear(event: Event) -> None:
        if isinstance(event, StepChanged) and (event.step, event.state) == (step, "running"):
            stop.set()

    world = await open_world(settings_from(os.environ, region=REGION))
    try:
        return await apply(world, parse_plan(plan_text), folder, hear, stop)
    finally:
        await world.close()


def aged(folder: Path) -> None:
    """Those runs were years ago: nothing they made can be on its way still."""
    for path in folder.glob("*.jsonl"):
        path.write_bytes(re.sub(rb'"at": "\d{4}', b'"at": "2020', path.read_bytes()))


def stopping_at(wizard: Wizard, step: str) -> None:
    """Ask the wizard's run to stop when that step begins."""
    hear = wizard._hear

    def hearing(event: Event) -> None:
        hear(event)
        if isinstance(event, StepChanged) and (event.step, event.state) == (step, "running"):
            wizard.stop_run()

    wizard._hear = hearing  # type: ignore[method-assign]  # as a listener between
