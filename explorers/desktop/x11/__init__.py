"""X11: its server, its displays, and what a person does on one."""

from Xlib.error import DisplayError

from explorers.desktop.display import Display, DisplaySystem, EventSource, Server
from explorers.desktop.x11.display import ERRORS, X11Display
from explorers.desktop.x11.listener import Listener
from schemas.errors import ConfigurationError, DeviceUnavailable


class _X11:
    """Displays of this machine, by names such as `:0`."""

    engine = "X11"
    errors = ERRORS

    def check(self, name: str) -> None:
        """Refuses a Wayland display, and what is no display's name."""
        if name.startswith("wayland"):
            raise ConfigurationError(f"expected an X11 display such as :0, found {name!r}: Wayland is not built")
        number = name.removeprefix(":").partition(".")[0]
        if not name.startswith(":") or not number.isdecimal():
            raise ConfigurationError(f"expected a display of this machine such as :0, found {name[:40]!r}")

    def server(self, width: int, height: int) -> Server:
        """Xvfb, with openbox as its window manager."""
        screen = ("-screen", "0", f"{width}x{height}x24", "-dpi", "96")
        return Server(
            command=("Xvfb", "-displayfd", "{ready}", *screen, "-nolisten", "tcp", "-noreset"),
            manager=("openbox", "--sm-disable"),
            name=":{}",
            variables={
                "DISPLAY": "{display}",
                "GDK_BACKEND": "x11",
                "QT_QPA_PLATFORM": "xcb",
                "XMODIFIERS": "@im=none",
            },
            sockets="/tmp/.X11-unix",
            left=("/tmp/.X11-unix/X{}", "/tmp/.X{}-lock"),
        )

    def open(self, name: str, *, shared: bool, every_window: bool) -> Display:
        """A display where a server listens."""
        try:
            return X11Display(name, shared=shared, every_window=every_window)
        except (*ERRORS, DisplayError) as error:
            raise DeviceUnavailable(f"expected an X display at {name}, found none: {error}") from error

    def listen(self, name: str) -> EventSource:
        """By the RECORD extension."""
        return Listener(name)


X11: DisplaySystem = _X11()
