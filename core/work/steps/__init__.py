"""A run's steps in order: what can be done before the switch comes before it, so that the interruption is short."""

from typing import Any

from core.work.steps.available import Available
from core.work.steps.endpoint import Endpoint
from core.work.steps.group import Group
from core.work.steps.private_dns import PrivateDns
from core.work.steps.ready import Ready
from core.work.steps.rules import Rules
from core.work.steps.step import Step
from core.work.steps.switch import Switch
from core.work.steps.visible import Visible
from core.work.steps.vpc_dns import VpcDnsOn

STEPS: tuple[Step[Any], ...] = (
    VpcDnsOn(),
    Group(),
    Rules(),
    Switch(),
    Ready(),
    Visible(),
    Endpoint(),
    Available(),
    PrivateDns(),
)
