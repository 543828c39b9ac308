"""Many contexts in one browser: steps a second of one against those of several, taking turns."""

import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.environments import make_environment, shared_browser
from benchmarks.pages import CLICK, TITLE
from explorers.web.extraction import Mode
from schemas.actions import Click, Point
from schemas.protocols import Environment


@dataclass(frozen=True, slots=True)
class Throughput:
    """Steps a second in each window, by how many contexts were busy; and the clicks sent and counted by the pages."""

    contexts: int
    alone: list[float]
    together: list[float]
    sent: int
    counted: int

    @property
    def gain(self) -> float:
        """How many times the steps of one context all contexts make."""
        return median(self.together) / median(self.alone)


class _Walker:
    """An environment with the thread that it is used by."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.thread = ThreadPoolExecutor(1)
        self.sent = 0
        self.title = ""

    def reset(self) -> None:
        self.title = self._environment.reset().title or ""

    def click_until(self, end: float) -> int:
        """How many steps fitted in before that time of the monotonic clock."""
        action = Click(Point.on(*CLICK, width=1280, height=720))
        done = 0
        while time.monotonic() < end:
            outcome = self._environment.act(action)
            if outcome.result != "ok":
                raise RuntimeError(f"expected the click to be done, found {outcome}")
            self.title = self._environment.observe().title or ""
            done += 1
        self.sent += done
        return done

    def close(self) -> None:
        self._environment.close()


def measure_contexts(address: str, contexts: int, *, windows: int, seconds: float, mode: Mode) -> Throughput:
    """Lets one context work, then all, then one again: so many windows of so many seconds each."""
    rates: dict[int, list[float]] = {1: [], contexts: []}
    with shared_browser() as browser:
        walkers = [_Walker(make_environment(address, mode=mode, browser=browser)) for _ in range(contexts)]
        try:
            _together([walker.thread.submit(walker.reset) for walker in walkers])
            _window(walkers, seconds / 2)
            for _ in range(windows):
                for busy in (1, contexts):
                    rates[busy].append(_window(walkers[:busy], seconds))
        finally:
            _together([walker.thread.submit(walker.close) for walker in walkers])
    sent = sum(walker.sent for walker in walkers)
    counted = sum(int(walker.title.removeprefix(TITLE)) for walker in walkers)
    return Throughput(contexts, rates[1], rates[contexts], sent, counted)


def _window(walkers: Sequence[_Walker], seconds: float) -> float:
    """Steps a second of these walkers; each finishes the step that it is in."""
    began = time.monotonic()
    steps: int = sum(_together([walker.thread.submit(walker.click_until, began + seconds) for walker in walkers]))
    return steps / (time.monotonic() - began)


def _together(futures: Sequence["Future[Any]"]) -> list[Any]:
    """Their results, after all have ended: an error of one must not leave another one running."""
    wait(futures)
    return [future.result() for future in futures]
