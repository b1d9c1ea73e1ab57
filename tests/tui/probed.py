"""The sandbox's world with another prober: what a machine meets on the way to a database is made up."""

from collections.abc import Sequence
from dataclasses import replace

from core.connection import LoggedIn, Proof
from tests.work.fake import FakeProber, FakeWorld
from tests.worlds import Changed
from tui.app import Wizard


def probed(wizard: Wizard, met: Sequence[Proof], *logins: LoggedIn, kind: type[FakeProber] = FakeProber) -> FakeProber:
    """From now on `wizard` meets `met`, and `logins` in turn."""
    prober = kind(FakeWorld())
    prober.met, prober.logins = list(met), list(logins)
    wizard.session = replace(wizard.signed_in, world=Changed(wizard.signed_in.world, prober=prober))
    return prober
