"""What a desktop needs of a display system. X11 is one (`explorers/desktop/x11`); a second one is a module like it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from explorers.demonstrations.events import Button, Event
from schemas.actions import Modifier
from schemas.records import Box

WINDOW_LIMIT = 100

WindowKind = Literal["normal", "dialog", "popup", "tooltip"]


@dataclass(frozen=True, slots=True)
class Window:
    """A window of an application; `box` is in pixels of the screen, without what the window manager draws around it.

    A `dialog` belongs to another window, a `tooltip` comes and goes by itself (a hint, a splash), a `popup` is a menu.
    `program` is what its program calls itself, where it does.
    """

    id: int
    title: str
    box: Box
    pid: int | None
    kind: WindowKind
    active: bool
    program: str = ""


class Windows(Protocol):
    """The windows on a display, and what a window manager does with them."""

    def shown(self) -> list[Window]:
        """The windows that are shown, from the lowest to the topmost; menus and tooltips among them."""

    def focus(self, id: int) -> None:
        """Brings a window to the front."""

    def close(self, id: int) -> None:
        """Asks the window to close, as its button in the title bar does."""

    def maximize(self, id: int, *, on: bool) -> None:
        """Has a window fill the screen, or no longer."""

    def move(self, id: int, x: int, y: int) -> None:
        """Puts the upper left corner of a window there."""


class Keyboard(Protocol):
    """The keys of a display; names of keys are the web's (UI Events)."""

    def press(self, keys: str) -> bool:
        """Presses a chord such as `Control+a`; returns whether there are keys of these names."""

    def hold(self, names: Sequence[Modifier], *, down: bool) -> None:
        """Presses or releases modifiers."""

    def enterable(self, text: str) -> str:
        """The text without what no key enters."""

    def type(self, text: str, *, pace: float) -> None:
        """Enters the text, with so many seconds between two keys; what no key enters is left out."""


class Display(Protocol):
    """One open display, used by one thread; whoever opened it closes it."""

    width: int
    height: int
    windows: Windows
    keyboard: Keyboard

    def fileno(self) -> int:
        """The descriptor to wait on for something that is drawn."""

    def drawn(self) -> bool:
        """Whether something was drawn since the last call; does not wait."""

    def capture(self) -> NDArray[np.uint8]:
        """The pixels: height, width, BGRX."""

    def move_pointer(self, x: int, y: int) -> None:
        """Has the pointer go there with the next `flush`."""

    def press_button(self, button: Button, *, down: bool) -> None:
        """Presses or releases a button of the mouse with the next `flush`."""

    def turn_wheel(self, across: int, down: int) -> None:
        """Turns the wheel by so many notches with the next `flush`; positive ones show what is right and below."""

    def flush(self) -> None:
        """Has all that was asked for done before it returns."""

    def accessibility_bus(self) -> str | None:
        """The address of the accessibility bus, where the display tells it."""

    def close(self) -> None:
        """Ends the connection; may be called twice."""


class EventSource(Protocol):
    """What a person does on a display; `pointer` is where the pointer was last. Whoever opened it closes it."""

    pointer: tuple[float, float] | None

    def take(self, seconds: float) -> list[Event]:
        """What came since the last call; waits up to so long for something.

        Raises:
            DeviceLost: if the display is gone.
        """

    def close(self) -> None:
        """Ends it; may be called twice."""


@dataclass(frozen=True, slots=True)
class Server:
    """How a display of our own is started, beside the programs that are explored.

    `command` writes a line into the descriptor that stands for `{ready}`, and `name` with that line for `{}` is the
    display's. `manager` is the window manager, `variables` are what programs are told, with the name for `{display}`.
    `sockets` is a folder in /tmp that they have to see, `left` what a server that was killed leaves; its socket first.
    """

    command: Sequence[str]
    manager: Sequence[str]
    name: str
    variables: dict[str, str]
    sockets: str
    left: Sequence[str]


class DisplaySystem(Protocol):
    """A kind of displays; `errors` is what its calls raise when a display, or a window on it, is gone."""

    engine: str
    errors: tuple[type[Exception], ...]

    def check(self, name: str) -> None:
        """Refuses what is no name of a display of this system.

        Raises:
            ConfigurationError: if it is none.
        """

    def server(self, width: int, height: int) -> Server:
        """How a display of that size is started."""

    def open(self, name: str, *, shared: bool, every_window: bool) -> Display:
        """A display that is there; on a `shared` one somebody's keys stay as they are.

        Windows that are there already are not shown, unless `every_window` is asked for.

        Raises:
            DeviceUnavailable: if there is none of that name.
        """

    def listen(self, name: str) -> EventSource:
        """What a person does on that display from now on.

        Raises:
            DeviceUnavailable: if there is none of that name, or it does not tell what is pressed.
        """
