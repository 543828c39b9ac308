"""Packing pictures as lossless WebP in threads of their own: begun as soon as there is a picture, and once for each."""

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

from schemas.keys import content_id
from schemas.records import Screen

THREADS = 2
KEPT_BYTES = 32 * 2**20
"""Of packed pictures that are remembered: an application's pages come again in many episodes."""


class Packing:
    """Packs pictures; used by any number of threads."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="packing")
        self._begun: dict[str, Future[Screen]] = {}
        self._kept: OrderedDict[str, Screen] = OrderedDict()
        self._bytes = 0
        self._limit = kept_bytes

    def begin(self, screen: Screen) -> "Future[Screen]":
        """Has it packed, without waiting; one that is no PNG stays as it is."""
        name = content_id(screen.data)
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                done: Future[Screen] = Future()
                done.set_result(self._kept[name])
                return done
            if name not in self._begun:
                self._begun[name] = self._threads.submit(self._pack, name, screen)
            return self._begun[name]

    def _pack(self, name: str, screen: Screen) -> Screen:
        try:
            packed = _packed(screen)
            with self._lock:
                self._kept[name] = packed
                self._bytes += len(packed.data)
                while self._bytes > self._limit:
                    self._bytes -= len(self._kept.popitem(last=False)[1].data)
            return packed
        finally:
            with self._lock:
                del self._begun[name]


def _packed(screen: Screen) -> Screen:
    from schemas.visual import packed  # numpy and Pillow, which a run of the fakes does without

    return packed(screen)


PACKING = Packing()
"""The one of this process: who sees a picture begins it, who records it waits for it."""
