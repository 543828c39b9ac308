"""Where the time of a step goes: the parts of an explorer's work, each without the parts inside it."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, contextmanager
from typing import Literal, TypeAlias

Part: TypeAlias = Literal[
    "starting", "choosing", "acting", "loading", "waiting", "listeners", "reading", "picture", "judging", "packing",
    "writing", "rest",
]  # fmt: skip
"""
starting    a fresh context, and its first page
choosing    the policy, and what may refuse its choice
acting      what is checked before an action, and the action until the device took it
loading     until what is asked for is there
waiting     for a first effect, and for rest
listeners   asking the browser who listens for presses
reading     the tree
picture     the screenshot, as far as it comes later than the tree
judging     what the step did to others, and what the policy learns
packing     the picture before, its tree and its line, as far as they are not packed and written yet
writing     the action's line, and the end
rest        all else
"""

_HERE = threading.local()


class Timings:
    """Seconds by part, of the threads that worked in the block of `counted` together."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._clock = clock
        self._lock = threading.Lock()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Counts what this thread does in the block; its parts are known when it is over."""
        _HERE.watch = watch = _Watch(self._clock)
        try:
            yield
        finally:
            _HERE.watch = None
            watch.charge()
            with self._lock:
                for name, seconds in watch.seconds.items():
                    self.seconds[name] += seconds


class part(ContextDecorator):
    """The block, or the function, is that part of the work; next to nothing where nobody counts."""

    def __init__(self, name: Part) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Begins it."""
        watch = getattr(_HERE, "watch", None)
        if watch is not None:
            watch.charge()
            watch.parts.append(self._name)

    def __exit__(self, *_: object) -> None:
        """Goes on with the part around it."""
        watch = getattr(_HERE, "watch", None)
        if watch is not None:
            watch.charge()
            watch.parts.pop()


class _Watch:
    """Of one thread: seconds by part, and the parts that it is in, the innermost last."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.parts: list[Part] = ["rest"]
        self._clock = clock
        self._since = clock()

    def charge(self) -> None:
        now = self._clock()
        self.seconds[self.parts[-1]] += now - self._since
        self._since = now
