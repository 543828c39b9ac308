"""A DoFn that works on several elements at once: the kernels let go of the interpreter, so threads share the cores."""

import ctypes
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import apache_beam as beam
from apache_beam.transforms.window import GlobalWindow
from apache_beam.utils.windowed_value import WindowedValue

THREADS = 2
WAITING = 3
"""Elements that are worked on at once, and at most waited for: each may hold a file in memory."""


RETURNED = 8 * 2**20
"""Bytes from which on memory goes back to the system when it is freed. By itself glibc keeps more and more of it: ten
million rows took 2.1 GB then, and 1.5 GB so."""

_MMAP_THRESHOLD = -3  # in glibc's malloc.h


class ThreadedFn(beam.DoFn):
    """Calls a function in a pool; what it gives goes out in the order of the elements, the last with the bundle's end.

    Only for the global window, and for elements whose order does not matter.
    """

    def __init__(self, function: Callable[[Any], Iterable[Any]]) -> None:
        self._function = function

    def setup(self) -> None:
        """Starts the pool."""
        with suppress(OSError, AttributeError):  # another C library has no such switch
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, RETURNED)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="kernel")

    def start_bundle(self) -> None:
        """Nothing is waited for yet."""
        self._pending: list[Future[list[Any]]] = []

    def process(self, element: Any) -> Iterator[Any]:
        """Hands the element over, and gives out what is ready of the first ones."""
        self._pending.append(self._pool.submit(lambda: list(self._function(element))))
        while len(self._pending) >= WAITING:
            yield from self._pending.pop(0).result()

    def finish_bundle(self) -> Iterator[WindowedValue]:
        """Gives out the rest."""
        window = GlobalWindow()
        for future in self._pending:
            for one in future.result():
                yield _windowed(one, window)

    def teardown(self) -> None:
        """Ends the pool."""
        self._pool.shutdown()


def _windowed(one: Any, window: GlobalWindow) -> Any:
    if isinstance(one, beam.pvalue.TaggedOutput):
        return beam.pvalue.TaggedOutput(one.tag, WindowedValue(one.value, window.max_timestamp(), (window,)))
    return WindowedValue(one, window.max_timestamp(), (window,))
