import asyncio

from hypothesis import given
from hypothesis import strategies as st

from labelers.model.budget import BURST, Pace


class Clock:
    """A clock that moves when one sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


def sent(sizes: list[int], **limits: float) -> list[float]:
    """When each call of so many tokens was sent, in seconds since the first."""
    clock = Clock()
    pace = Pace(**limits, clock=clock, sleep=clock.sleep)

    async def run() -> list[float]:
        times = []
        for tokens in sizes:
            await pace.take(tokens)
            times.append(clock.now)
        return times

    times = asyncio.run(run())
    return [time - times[0] for time in times]


def test_without_limits_nothing_waits() -> None:
    assert sent([10**9] * 50) == [0.0] * 50


def test_calls_flow_evenly_after_a_second_of_them() -> None:
    times = sent([1] * 10, calls=120)
    assert times[:3] == [0.0, 0.0, 0.0]
    assert times[-1] == 3.5


def test_a_long_call_has_those_after_it_wait() -> None:
    assert sent([600, 1, 1], tokens=60)[1] == 600 - BURST


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=60), st.integers(1, 600), st.integers(60, 60_000))
def test_no_minute_has_more_than_is_allowed(calls: list[int], most: int, tokens: int) -> None:
    times = sent(calls, calls=most, tokens=tokens)
    assert times == sorted(times)
    for first, start in enumerate(times):
        within = [n for n, time in enumerate(times) if first <= n and time < start + 60]
        assert len(within) <= most * (1 + BURST / 60) + 1
        # The last call may need more than was there when it was sent.
        assert sum(calls[n] for n in within[:-1]) <= tokens * (1 + BURST / 60) + 1
