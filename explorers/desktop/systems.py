"""Which operating systems' desktops can be explored."""

import sys

from schemas.errors import ConfigurationError

_WHY = {
    "win32": "Windows (UI Automation)",
    "cygwin": "Windows (UI Automation)",
    "darwin": "macOS (AX)",
}


def refuse_other_systems(platform: str = sys.platform) -> None:
    """Refuses a system whose desktop is not built.

    Raises:
        ConfigurationError: on anything but Linux.
    """
    if platform != "linux":
        name = _WHY.get(platform, platform)
        raise ConfigurationError(f"desktops are explored on Linux with X11 and AT-SPI; {name} is not built")
