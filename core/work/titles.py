"""What people call the steps of runs and undos; events and journals know them by their ids."""

from typing import Any, Final

from core.work.steps import STEPS
from core.work.steps.step import Operation
from core.work.steps.undo import UNDO_STEPS

_STEPS: Final[tuple[Operation[Any, Any], ...]] = (*STEPS, *UNDO_STEPS)
_TITLES: Final = {step.id: step.title for step in _STEPS}


def title_of(step: str) -> str:
    """Of a step by its id; of one that another version knew, the id."""
    return _TITLES.get(step, step)
