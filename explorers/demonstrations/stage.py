"""What a demonstration is given on: a screen that is looked at while somebody else acts on it."""

from collections.abc import Sequence
from typing import Protocol

from explorers.demonstrations.events import Event
from explorers.demonstrations.glances import Glance
from schemas.protocols import Place


class Stage(Place, Protocol):
    """A device under somebody's hands; used by one thread."""

    @property
    def over(self) -> str | None:
        """Why nothing more can be done on it, such as that its window was closed; None while something can."""

    def open(self) -> Glance:
        """Starts it, and returns what is seen first.

        Raises:
            DeviceUnavailable: if it can't be started, or can't be listened to.
        """

    def listen(self, seconds: float) -> Sequence[Event]:
        """What the person did since the last call, in order; waits up to so long for something to happen.

        Raises:
            DeviceLost: if the device is gone.
        """

    def look(self, *, since: float | None) -> Glance | None:
        """What is seen now, if it changed since the last look, or that one began before `since`.

        None while it is not at rest; but what moves for long is looked at all the same.

        Raises:
            DeviceLost: if the device is gone.
        """
