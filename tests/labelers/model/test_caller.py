import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from labelers.model.caller import as_they_end


class Calls:
    """Calls that end when they are let; how many were under way at once, and how many were cancelled."""

    def __init__(self, *ends: int) -> None:
        self.waiting: Iterator[int] = iter(ends)
        self.now = self.most = self.cancelled = 0

    def following(self) -> Coroutine[Any, Any, int] | None:
        turns = next(self.waiting, None)
        return None if turns is None else self.ends_after(turns)

    async def ends_after(self, turns: int) -> int:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            for _ in range(turns):
                await asyncio.sleep(0)
            if turns == 13:
                raise ValueError("unlucky")
            return turns
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.now -= 1


async def ended(calls: Calls, most: int, stop: int | None = None) -> list[int]:
    found: list[int] = []
    async with aclosing(as_they_end(calls.following, most)) as ending:
        async for one in ending:
            found.append(one)
            if len(found) == stop:
                break
    return found


def test_calls_come_as_they_end_and_no_more_than_that_are_under_way() -> None:
    calls = Calls(50, 1, 10, 1, 1)
    assert asyncio.run(ended(calls, 2)) == [1, 10, 1, 1, 50]
    assert (calls.most, calls.now, calls.cancelled) == (2, 0, 0)


def test_without_calls_it_ends() -> None:
    assert asyncio.run(ended(Calls(), 3)) == []


def test_who_stops_listening_has_the_rest_cancelled() -> None:
    calls = Calls(1, 500, 500, 500)
    assert asyncio.run(ended(calls, 3, stop=1)) == [1]
    assert (calls.now, calls.cancelled) == (0, 2)


def test_an_error_ends_it_and_what_is_under_way() -> None:
    calls = Calls(13, 500)
    with pytest.raises(ValueError, match="unlucky"):
        asyncio.run(ended(calls, 2))
    assert (calls.now, calls.cancelled) == (0, 1)
