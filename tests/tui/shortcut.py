"""The wizard as it is when a late page is reached, without walking there: signed in, the answers of a plan given."""

import os
from collections.abc import Sequence

from core.draft import Draft, from_plan, with_service
from core.edges.settings import settings_from
from core.edges.world import open_world
from core.plan import parse_plan
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
