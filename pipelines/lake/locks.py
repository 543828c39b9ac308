"""Who is at work in a lake on this machine: locks of the system, which go with the process that holds them.

They lie on bytes beyond the end of `hindtrace.json`, one for each name, so that nothing is left of them. A lake at a
URL has none: there the commit finds out that another job was quicker (`Lake.commit`).
"""

import fcntl
import os
import struct
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

from pipelines.lake.delta import MARKER, Lake, is_local
from schemas.files import filesystem_of
from schemas.keys import key

_FIRST = 2**20
"""The first byte for a lock: the marker is shorter."""

_AT_WORK = 2**19
"""The byte that all who are at work share."""


class Locks:
    """The locks of one job. In one process they go over to the next job of that name: the earlier one has failed."""

    def __init__(self, lake: Lake) -> None:
        self._path = Path(filesystem_of(lake.url)[1]) / MARKER if is_local(lake.url) else None
        self._files: dict[int, int] = {}
        _HERE.add(self)

    @property
    def are_seen(self) -> bool:
        """Whether all who are at work are seen by them: not so where a lake lies elsewhere."""
        return self._path is not None and hasattr(fcntl, "F_OFD_SETLK")

    def take(self, name: str) -> bool:
        """Takes the lock of a name; False where another process has it."""
        place = _FIRST + int(key("lock", name)[:13], 16)
        for other in _HERE:
            if other is not self and other._path == self._path and place in other._files:
                os.close(other._files.pop(place))
        return self._lock(place, fcntl.F_WRLCK, os.O_RDWR)

    def share(self) -> bool:
        """Takes part in the lock of all who are at work; False where somebody is cleaning up."""
        return self._lock(_AT_WORK, fcntl.F_RDLCK, os.O_RDONLY)

    def take_all(self) -> bool:
        """Takes the lock of all who are at work; False where anybody on this machine is."""
        return self._lock(_AT_WORK, fcntl.F_WRLCK, os.O_RDWR)

    def release(self) -> None:
        """Gives all of them back."""
        while self._files:
            os.close(self._files.popitem()[1])

    def _lock(self, place: int, kind: int, mode: int) -> bool:
        if self._path is None or not hasattr(fcntl, "F_OFD_SETLK"):
            return True
        try:
            file = os.open(self._path, mode | os.O_CLOEXEC)
        except OSError:
            return True  # a lake that can only be read: nobody writes to it from here
        try:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", kind, os.SEEK_SET, place, 1, 0))
        except OSError:
            os.close(file)
            return False
        self._files[place] = file
        return True

    def __getstate__(self) -> dict[str, object]:
        """A copy in another process holds none of them."""
        return {"_path": self._path, "_files": {}}

    def __del__(self) -> None:
        """Gives back what a job that failed has not."""
        with suppress(OSError):
            self.release()


_HERE: "WeakSet[Locks]" = WeakSet()
"""Those of this process."""
