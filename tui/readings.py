"""What was read of both sides, once each: pages share it, and a read begun on one page is there for the next."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, TypeVar, cast

from core.facts import EndpointService, Network, PrefixList, Service, Vpc, Zone
from core.values import Cidr, EndpointServiceName, Region, VpcId
from core.world import World

T = TypeVar("T")


class Readings:
    """Reads of one signed-in world, each in flight or remembered; a failed one is forgotten."""

    def __init__(self, world: World, after_reading: Callable[[], None]) -> None:
        self._world = world
        self._after_reading = after_reading
        self._tasks: dict[Hashable, asyncio.Task[Any]] = {}

    def forget(self) -> None:
        """The next reads ask again."""
        self._tasks.clear()

    async def services(self) -> tuple[Service, ...]:
        return await self._once("services", self._world.skysql.services)

    async def vpcs(self, region: Region) -> tuple[Vpc, ...]:
        async def read() -> tuple[Vpc, ...]:
            return await (await self._world.aws(region)).vpcs()

        return await self._once(("vpcs", region), read)

    async def zones(self, region: Region) -> tuple[Zone, ...]:
        async def read() -> tuple[Zone, ...]:
            return await (await self._world.aws(region)).zones()

        return await self._once(("zones", region), read)

    async def network(self, region: Region, vpc: VpcId) -> Network:
        async def read() -> Network:
            return await (await self._world.aws(region)).network(vpc)

        return await self._once(("network", region, vpc), read)

    async def prefix_lists(self, region: Region) -> tuple[PrefixList, ...]:
        async def read() -> tuple[PrefixList, ...]:
            return await (await self._world.aws(region)).prefix_lists()

        return await self._once(("prefix lists", region), read)

    async def prefix_list_entries(self, region: Region, ids: frozenset[str]) -> Mapping[str, tuple[Cidr, ...]]:
        async def read() -> Mapping[str, tuple[Cidr, ...]]:
            return await (await self._world.aws(region)).prefix_list_entries(sorted(ids))

        return await self._once(("entries", region, ids), read)

    async def endpoint_service(self, region: Region, name: EndpointServiceName) -> EndpointService | None:
        async def read() -> EndpointService | None:
            return await (await self._world.aws(region)).endpoint_service(name)

        return await self._once(("endpoint service", name), read)

    async def _once(self, key: Hashable, read: Callable[[], Awaitable[T]]) -> T:
        task = self._tasks.get(key)
        if task is None:
            task = asyncio.ensure_future(_awaited(read))
            self._tasks[key] = task
            task.add_done_callback(lambda done: self._done(key, done))
        # The page that asked may go away; the read is worth keeping for the next.
        return cast("T", await asyncio.shield(task))

    def _done(self, key: Hashable, task: asyncio.Task[Any]) -> None:
        failed = task.cancelled() or task.exception() is not None
        if not failed:
            self._after_reading()
        elif self._tasks.get(key) is task:
            del self._tasks[key]


async def _awaited(read: Callable[[], Awaitable[T]]) -> T:
    return await read()
