"""Which systems' desktops can be explored. A second one is a module beside this package's session and actions."""

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


def check_display(display: str) -> None:
    """Refuses a display that is none of X11.

    Raises:
        ConfigurationError: for a Wayland display, and for what is no display's name.
    """
    if display.startswith("wayland"):
        raise ConfigurationError(f"expected an X11 display such as :0, found {display!r}: Wayland is not built")
    number = display.removeprefix(":").partition(".")[0]
    if not display.startswith(":") or not number.isdecimal():
        raise ConfigurationError(f"expected a display of this machine such as :0, found {display[:40]!r}")
