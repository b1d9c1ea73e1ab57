"""One sandbox world: a clock, the clouds on it, and the two applications that speak for them."""

from __future__ import annotations

from core.sandbox.aws import outcomes as at_aws
from core.sandbox.aws.cloud import Cloud
from core.sandbox.aws.front import Front
from core.sandbox.clock import Clock
from core.sandbox.fate import Fate
from core.sandbox.fated import Fated
from core.sandbox.faults import Ledger
from core.sandbox.seed import seed_aws, seed_skysql
from core.sandbox.skysql import outcomes as at_skysql
from core.sandbox.skysql.api import application
from core.sandbox.skysql.provider import Provider


class World:
    """`aws` and `skysql` are WSGI applications. One world a process: moto keeps users and keys in globals."""

    def __init__(self, clock: Clock, fate: Fate | None = None, seed: int = 0) -> None:
        fate = fate or Fate()
        self.cloud = Cloud(clock, fate, seed)
        self.provider = Provider(clock, fate, self.cloud)
        seed_aws(self.cloud)
        seed_skysql(self.provider)
        fate.arrange(self)
        ledger = Ledger(fate.faults)
        self.aws = Fated(Front(self.cloud), ledger, at_aws.call_of, at_aws.refused)
        self.skysql = Fated(application(self.provider), ledger, at_skysql.call_of, at_skysql.refused)
