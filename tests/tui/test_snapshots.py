"""Every page at 80x24 and 120x40, drawn against the real sandbox. A difference is looked at before it is accepted."""

from collections.abc import Callable

import pytest

from tests.tui.scenes import SCENES, SIZES, StandingClock
from tests.tui.walk import Wizards


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", SCENES)
def test_page(snap_compare: Callable[..., bool], wizards: Wizards, name: str, size: tuple[int, int]) -> None:
    """Nothing cut that matters, keys in the footer, the sandbox marked, the rail right."""
    assert snap_compare(wizards(clock=StandingClock()), terminal_size=size, run_before=SCENES[name])
