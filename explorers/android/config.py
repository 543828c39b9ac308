"""How an app on a phone is explored."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from schemas.errors import ConfigurationError

Fresh = Literal["clear", "stop"]
BackendName = Literal["adb", "uiautomator2"]


@dataclass(frozen=True, slots=True)
class AndroidConfig:
    """How an app is explored; times in seconds.

    Before each episode the app is stopped, and with `fresh="clear"` its data is forgotten, for good; a `snapshot` of an
    emulator is loaded where one is named. `apk` is installed before the first. `packages` are other apps that may be
    visited: to be in one is not to have left the app. `start` is a component, a URL or an intent's address to begin
    with instead of the app's own first screen. `step` bounds one action with its look; `reconnect` is how long a device
    that went away may take to come back. `backend` is how trees are read: `uiautomator2` is faster on a real device,
    and needs that library here.
    """

    fresh: Fresh = "stop"
    snapshot: str | None = None
    apk: Path | None = None
    start: str | None = None
    packages: tuple[str, ...] = ()
    step: float = 60.0
    reconnect: float = 20.0
    redact_personal: bool = False
    backend: BackendName = "adb"

    def __post_init__(self) -> None:
        """Refuses times that can't work."""
        if min(self.step, self.reconnect) <= 0:
            raise ConfigurationError("expected times above zero seconds")
