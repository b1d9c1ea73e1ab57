"""The sandbox's world with another prober: what a machine meets on the way to a database is made up."""

from collections.abc import Sequence
from dataclasses import replace

from core.connection import LoggedIn, Proof
from core.world import Clock, Prober, SkySQL, World
from tests.work.fake import FakeProber, FakeWorld
from tui.app import Wizard


class Probed:
    def __init__(self, world: World, prober: Prober) -> None:
        self.prober = prober
        self.skysql: SkySQL = world.skysql
        self.clock: Clock = world.clock
        self.identity, self.regions = world.identity, world.regions
        self.aws, self.rights = world.aws, world.rights
        self.use_key, self.aws_keys, self.close = world.use_key, world.aws_keys, world.close


def probed(wizard: Wizard, met: Sequence[Proof], *logins: LoggedIn, kind: type[FakeProber] = FakeProber) -> FakeProber:
    """From now on `wizard` meets `met`, and `logins` in turn."""
    prober = kind(FakeWorld())
    prober.met, prober.logins = list(met), list(logins)
    wizard.session = replace(wizard.signed_in, world=Probed(wizard.signed_in.world, prober))
    return prober
