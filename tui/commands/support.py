"""What support needs."""

import argparse
import contextlib
import json
import os
import shlex
from pathlib import Path

from core.problems import Problem
from tui.commands.surroundings import LOGS, RUNS
from tui.outlet import Outlet


def bundle(options: argparse.Namespace) -> int:
    """Pack what support needs, and say what is inside."""
    from core.edges.about import about
    from core.edges.bundle import INSIDE, Kept, pack
    from core.edges.credentials import profiles
    from core.edges.settings import state_folder

    with contextlib.suppress(Problem):
        profiles(os.environ)  # from then on their keys are known, and blotted out
    state = state_folder(os.environ)
    packed = pack(Kept(state / RUNS, state / LOGS, Path.home()), options.run, options.output, about(os.environ))
    write = Outlet()
    if getattr(options, "json", False):
        write(json.dumps({"event": "bundle", "at": _now(), "path": str(packed.path), "files": packed.files}))
        return 0
    for line in (f"Packed: {packed.path}", *(f"  {file}" for file in packed.files), *INSIDE):
        write(line)
    write(f"Look into it before you send it: tar -xzOf {shlex.quote(str(packed.path))}")
    return 0


def _now() -> str:
    from datetime import UTC, datetime

    from core.work.journal import stamp

    return stamp(datetime.now(UTC))
