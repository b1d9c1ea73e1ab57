"""The embedded world, for other programs."""

import argparse
import json

from tui.commands.surroundings import happening


def sandbox(options: argparse.Namespace) -> int:
    """Serve the embedded world until interrupted, or list the stories that can happen in it."""
    as_json = getattr(options, "json", False)
    if options.action == "stories":
        return _stories(as_json=as_json)
    from core.sandbox.serve import serve

    return serve(happening(options), port=options.port, as_json=as_json)


def _stories(*, as_json: bool) -> int:
    from core.sandbox.stories import STORIES

    width = max(len(story.name) for story in STORIES)
    for story in STORIES:
        plain = f"{story.name:{width}}  {story.line}"
        print(json.dumps({"story": story.name, "line": story.line}) if as_json else plain)
    return 0
