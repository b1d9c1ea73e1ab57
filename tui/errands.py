"""What the wizard hands to a process in the background: the work that is left, and the sign-in it was begun with."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.edges.handover import Errand, going_on_with, whole_environment
from core.edges.settings import settings_from
from core.problems import Failed
from core.work.history import Past, read_run
from tui.session import Entry, Session


async def errand_for(journal: Path, entry: Entry, session: Session, environ: Mapping[str, str]) -> tuple[Past, Errand]:
    """To go on with the run of this journal. Raises Problem, before anything is stopped for it."""
    past = await asyncio.to_thread(read_run, journal)
    if past is None:
        raise Failed("no-journal", "The run's journal cannot be read, so the run stays with this terminal.")
    settings = settings_from(
        environ, key=session.key, organization=session.organization, profile=session.profile, region=entry.region
    )
    settings = replace(settings, aws_keys=await session.world.aws_keys())
    work = await asyncio.to_thread(going_on_with, past)
    return past, Errand(work, settings, entry.runs_folder, whole_environment(environ))
