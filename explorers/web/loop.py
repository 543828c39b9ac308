"""The event loop that all proxies of a process share."""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any


class SharedLoop:
    """An event loop in a thread of its own, for as long as somebody uses it."""

    _lock = threading.Lock()
    _current: "SharedLoop | None" = None

    def __init__(self) -> None:
        self._users = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="hindtrace-proxy", daemon=True)
        self._thread.start()

    @classmethod
    def shared(cls) -> "SharedLoop":
        """The one of this process, with one more user."""
        with cls._lock:
            if cls._current is None or not cls._current._thread.is_alive():
                cls._current = cls()
            cls._current._users += 1
            return cls._current

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine that ran in the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def release(self) -> None:
        """One user less; the last one ends the thread."""
        with SharedLoop._lock:
            self._users -= 1
            if self._users:
                return
            SharedLoop._current = None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
