"""An undo's steps in order: AWS first, so that nothing stands there that leads to a service switched back."""

from typing import Any

from core.work.steps.undo.allow_list import AllowList
from core.work.steps.undo.endpoint import DeleteEndpoint
from core.work.steps.undo.group import DeleteGroup, DeleteGroupAtLast
from core.work.steps.undo.interfaces import Interfaces
from core.work.steps.undo.mechanism import SwitchBack
from core.work.steps.undo.ready import ReadyAgain
from core.work.steps.undo.step import UndoStep
from core.work.steps.undo.vpc_dns import VpcDnsStays

UNDO_STEPS: tuple[UndoStep[Any], ...] = (
    DeleteEndpoint(),
    Interfaces(),
    DeleteGroup(),
    VpcDnsStays(),
    SwitchBack(),
    ReadyAgain(),
    AllowList(),
    DeleteGroupAtLast(),
)
