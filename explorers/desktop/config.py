"""How an application on a desktop is explored, and on which systems."""

import sys
from dataclasses import dataclass
from pathlib import Path

from explorers.desktop.display import DisplaySystem
from explorers.desktop.x11 import X11
from schemas.errors import ConfigurationError

_NOT_BUILT = {"win32": "Windows (UI Automation)", "cygwin": "Windows (UI Automation)", "darwin": "macOS (AX)"}


@dataclass(frozen=True, slots=True)
class DesktopConfig:
    """How an application is explored; sizes in pixels, times in seconds.

    `settle` bounds the wait for rest, `start` the wait for the first window, `step` a whole look or action; an
    application that does not answer for `hang` is ended. `pace` is the time between two keys; None finds out what the
    application can follow. `documents` is a folder to copy into each episode's home. `display` is a display that is
    there already, which has a size of its own and is shared with whoever uses it; None makes one for each episode.
    """

    width: int = 1280
    height: int = 720
    locale: str = "C.UTF-8"
    timezone: str = "UTC"
    settle: float = 4.0
    start: float = 30.0
    step: float = 45.0
    hang: float = 8.0
    pace: float | None = None
    network: bool = False
    documents: Path | None = None
    display: str | None = None
    system: DisplaySystem = X11
    redact_personal: bool = False

    def __post_init__(self) -> None:
        """Refuses systems, displays, sizes and times that can't work."""
        refuse_other_systems()
        if self.display is not None:
            self.system.check(self.display)
        if not (100 <= self.width <= 10_000 and 100 <= self.height <= 10_000):
            raise ConfigurationError(f"expected a screen of 100 to 10000 pixels, found {self.width} x {self.height}")
        if min(self.settle, self.start, self.step, self.hang) <= 0 or (self.pace is not None and self.pace < 0):
            raise ConfigurationError("expected times above zero seconds")


def refuse_other_systems(platform: str = sys.platform) -> None:
    """Refuses a system whose desktop is not built.

    Raises:
        ConfigurationError: on anything but Linux.
    """
    if platform != "linux":
        name = _NOT_BUILT.get(platform, platform)
        raise ConfigurationError(f"desktops are explored on Linux with X11 and AT-SPI; {name} is not built")
