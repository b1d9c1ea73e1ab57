"""Draws every page into `screenshots/`, from the running wizard in a sandbox: `make screenshots`."""

import asyncio
import os
import tempfile
from pathlib import Path

from core.edges.world import open_world
from core.sandbox.child import Sandbox
from tests.tui.scenes import SCENES, SIZES, Scene, StandingClock
from tui.app import Wizard
from tui.session import Entry

FOLDER = Path(__file__).parent.parent / "screenshots"


async def draw(name: str, scene: Scene, size: tuple[int, int], state: Path) -> None:
    wizard = Wizard(
        Entry(environ=os.environ, open_world=open_world, runs_folder=state, clock=StandingClock(), mark="SANDBOX")
    )
    async with wizard.run_test(size=size) as pilot:
        await scene(pilot)
        await pilot.pause()
        path = FOLDER / f"{name}-{size[0]}x{size[1]}.svg"
        path.write_text(wizard.export_screenshot(title="skysql-privatelink"), encoding="utf-8")
        print(path.relative_to(FOLDER.parent))


async def draw_all() -> None:
    for name, scene in SCENES.items():
        for size in SIZES:
            with tempfile.TemporaryDirectory() as folder:
                await draw(name, scene, size, Path(folder))


def main() -> None:
    for name in list(os.environ):
        if name.startswith(("AWS_", "SKYSQL_", "TF_SKYSQL_")) or name in ("NO_COLOR", "TEXTUAL_THEME"):
            del os.environ[name]
    sandbox = Sandbox()
    try:
        os.environ.update(sandbox.start(speed=0))
        os.environ.update(PYTHON_KEYRING_BACKEND="keyring.backends.null.Keyring", TZ="UTC")
        FOLDER.mkdir(exist_ok=True)
        asyncio.run(draw_all())
    finally:
        sandbox.stop()


if __name__ == "__main__":
    main()
