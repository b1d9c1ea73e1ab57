"""Reads at the same time. When one fails the others are called off, and what failed is raised as itself."""

from asyncio import TaskGroup
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def together() -> AsyncIterator[TaskGroup]:
    """A TaskGroup whose first failure comes out bare, not in an ExceptionGroup."""
    try:
        async with TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as failures:
        first: BaseException = failures
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
