"""The fates worth practising, by name. A story is one row: what happens, and the data that makes it happen.

    linking     what befalls a run that links: sign-ins, SkySQL's switch, the endpoint's states, private DNS, the line
    standing    links that stand, and what has become of them since

`tests/test_failures.py` walks each one to its exit code, its words and, where there is one, its way out.
"""

from __future__ import annotations

from typing import Final

from core.sandbox.stories import linking, standing
from core.sandbox.stories.story import Story

STORIES: Final[tuple[Story, ...]] = (*linking.STORIES, *standing.STORIES)
BY_NAME: Final = {story.name: story for story in STORIES}
