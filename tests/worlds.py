"""An open world in which one thing is made up: its clock, or what this machine meets on the way to a database."""

from core.world import Clock, Prober, SkySQL, World


class Changed:
    """`world` with another clock or prober."""

    def __init__(self, world: World, *, clock: Clock | None = None, prober: Prober | None = None) -> None:
        self.skysql: SkySQL = world.skysql
        self.clock: Clock = clock or world.clock
        self.prober: Prober = prober or world.prober
        self.identity, self.regions = world.identity, world.regions
        self.aws, self.rights = world.aws, world.rights
        self.use_key, self.aws_keys, self.close = world.use_key, world.aws_keys, world.close


class HastyClock:
    """Sleeps a hundredth of what it is told to; no patience ends sooner for it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.monotonic, self.now = clock.monotonic, clock.now

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds / 100)


def hastened(world: World) -> Changed:
    return Changed(world, clock=HastyClock(world.clock))
