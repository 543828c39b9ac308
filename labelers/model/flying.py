"""Many calls at once: the next one begins when one under way has ended."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def as_they_end(following: Callable[[], Coroutine[Any, Any, T] | None], most: int) -> AsyncGenerator[T, None]:
    """What calls give, in the order in which they end, with at most so many under way.

    `following` is asked for the next call when there is room for it, and gives None where none is to begin now; the
    end has come when none is under way either. Calls that are under way when the caller stops listening are cancelled.
    """
    under_way: set[asyncio.Task[T]] = set()
    try:
        while True:
            while len(under_way) < most and (call := following()) is not None:
                under_way.add(asyncio.create_task(call))
            if not under_way:
                break
            done, under_way = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
