"""What a step of an undo is told."""

from dataclasses import dataclass, field, replace

from core.undo import Undo
from core.values import RunId
from core.work.decisions import Known
from core.work.steps.step import Operation, Sight


@dataclass(frozen=True, slots=True)
class Undoing:
    """What an undo takes back, and what the steps before found out."""

    run: RunId
    undo: Undo
    unsettled: frozenset[str] = frozenset()  # steps of the runs whose last creation may not show yet
    known: Known = field(default_factory=Known)

    def knowing(self, known: Known) -> "Undoing":
        return replace(self, known=known)

    def removing(self, *ids: str) -> Known:
        """What is known, and that these are gone, or going."""
        return self.known.with_(removed=tuple(dict.fromkeys((*self.known.removed, *ids))))

    def leaving(self, *left: str) -> Known:
        """What is known, and that this is left as it is; each is told once."""
        return self.known.with_(left=tuple(dict.fromkeys((*self.known.left, *left))))


class UndoStep(Operation[Sight, Undoing]):
    """A step of a run that takes a link away."""
