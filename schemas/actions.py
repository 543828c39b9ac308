"""What an agent can do: one space of actions for web, desktop and Android.

A sum type and not one class of optional fields: each kind states just what it needs, a type checker points at every
place that forgets a kind, and Parquet gets one struct with `kind` and the merged fields.
"""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from schemas.errors import SchemaError


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the screen, in pixels of the screenshot and as a fraction of its width and height.

    Origin top left. An import may know only one of the two; the other is then null, and whoever needs it refuses.
    """

    x: float | None = None
    y: float | None = None
    fx: float | None = None
    fy: float | None = None

    def __post_init__(self) -> None:
        """Refuses half a pair, a fraction outside 0..1, and numbers that are not finite."""
        if (self.x is None) != (self.y is None) or (self.fx is None) != (self.fy is None):
            raise SchemaError(f"expected both coordinates of a point or none, found {self!r}")
        if self.x is None and self.fx is None:
            raise SchemaError("expected a point in pixels or as a fraction, found neither")
        for value in (self.x, self.y, self.fx, self.fy):
            if value is not None and not math.isfinite(value):
                raise SchemaError(f"expected finite coordinates, found {value}")
        for fraction in (self.fx, self.fy):
            if fraction is not None and not 0 <= fraction <= 1:
                raise SchemaError(f"expected fractions from 0 to 1, found {fraction}")

    @classmethod
    def on(cls, x: float, y: float, *, width: int, height: int) -> "Point":
        """The point at pixel (x, y) of a screen of that size; a point outside the screen is moved to its edge."""
        x, y = min(max(x, 0.0), float(width)), min(max(y, 0.0), float(height))
        return cls(x, y, round(x / width, 6), round(y / height, 6))


Modifier = Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]


@dataclass(frozen=True, slots=True)
class Click:
    """Press and release the main button, or tap, while `modifiers` are held."""

    point: Point
    modifiers: tuple[Modifier, ...] | None = None


@dataclass(frozen=True, slots=True)
class DoubleClick:
    """Two clicks within the system's double click time, or a double tap."""

    point: Point


@dataclass(frozen=True, slots=True)
class RightClick:
    """Press and release the secondary button."""

    point: Point


@dataclass(frozen=True, slots=True)
class MiddleClick:
    """Press and release the middle button."""

    point: Point


@dataclass(frozen=True, slots=True)
class LongPress:
    """Press, hold for `seconds`, release."""

    point: Point
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Hover:
    """Move the pointer without pressing."""

    point: Point


@dataclass(frozen=True, slots=True)
class Type:
    """Enter text: into the field at `point`, or where the focus is when it is null.

    `clear` empties the field first; `submit` presses Enter afterwards; `pace` is the time between two keys in seconds.
    """

    text: str
    point: Point | None = None
    clear: bool = False
    submit: bool = False
    pace: float | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """Press a key or a chord, in the web's key names joined by plus: `Enter`, `Control+a`."""

    keys: str


@dataclass(frozen=True, slots=True)
class Scroll:
    """Scroll at a point, or where the focus is; positive `dy` shows what is below, positive `dx` what is to the right.

    In pixels.
    """

    dx: float
    dy: float
    point: Point | None = None


@dataclass(frozen=True, slots=True)
class Swipe:
    """A finger from `start` to `end` in `seconds`."""

    start: Point
    end: Point
    seconds: float = 0.3


@dataclass(frozen=True, slots=True)
class Drag:
    """Press at `start`, move, release at `end`."""

    start: Point
    end: Point


@dataclass(frozen=True, slots=True)
class Select:
    """Choose the option with that label in the list at `point`."""

    option: str
    point: Point


@dataclass(frozen=True, slots=True)
class Check:
    """Bring the box or switch at `point` into the state `checked`, whatever it is now."""

    point: Point
    checked: bool = True


@dataclass(frozen=True, slots=True)
class Upload:
    """Give files to the field at `point`, by their names in the folder that holds what may be uploaded."""

    files: tuple[str, ...]
    point: Point


@dataclass(frozen=True, slots=True)
class ScrollTo:
    """Scroll until the element at that path is on the screen."""

    path: str


@dataclass(frozen=True, slots=True)
class NewTab:
    """Open a tab, at a URL if one is given, and go on there."""

    location: str | None = None


@dataclass(frozen=True, slots=True)
class FocusTab:
    """Go on in the tab or window of that index, counted from 0 in the order of `Observation.windows`."""

    index: int


@dataclass(frozen=True, slots=True)
class CloseTab:
    """Close the tab or window, and go on in the one before it."""


@dataclass(frozen=True, slots=True)
class Maximize:
    """Have the window in use fill the screen, or no longer."""

    maximized: bool = True


@dataclass(frozen=True, slots=True)
class MoveWindow:
    """Put the upper left corner of the window in use at `end`."""

    end: Point


@dataclass(frozen=True, slots=True)
class Invoke:
    """Have the element at `point` do what its accessibility offers under that name: no press, and no key."""

    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Open:
    """Go to a URL, or start the application of that name or component."""

    location: str


@dataclass(frozen=True, slots=True)
class Back:
    """One step back in the history, or the system's back button."""


@dataclass(frozen=True, slots=True)
class Forward:
    """One step forward in the history."""


@dataclass(frozen=True, slots=True)
class Reload:
    """Load the page again, or stop the application and start it anew."""


@dataclass(frozen=True, slots=True)
class Home:
    """The start page, or the system's home button."""


@dataclass(frozen=True, slots=True)
class Rotate:
    """Hold the device upright or on its side."""

    orientation: Literal["portrait", "landscape"]


@dataclass(frozen=True, slots=True)
class Wait:
    """Do nothing for `seconds`."""

    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Stop:
    """The task is over."""

    status: Literal["success", "failure"] = "success"


@dataclass(frozen=True, slots=True)
class Answer:
    """The task is over and this is the answer to it."""

    text: str


Action: TypeAlias = (
    Click
    | DoubleClick
    | RightClick
    | MiddleClick
    | LongPress
    | Hover
    | Type
    | Key
    | Scroll
    | Swipe
    | Drag
    | Select
    | Check
    | Upload
    | ScrollTo
    | NewTab
    | FocusTab
    | CloseTab
    | Maximize
    | MoveWindow
    | Invoke
    | Open
    | Back
    | Forward
    | Reload
    | Home
    | Rotate
    | Wait
    | Stop
    | Answer
)

ACTIONS: tuple[type[Action], ...] = get_args(Action)


def point_of(action: Action) -> Point | None:
    """The point that an action touches first, or None for one that touches none."""
    match action:
        case (
            Click(point)
            | DoubleClick(point)
            | RightClick(point)
            | MiddleClick(point)
            | LongPress(point)
            | Hover(point)
            | Select(_, point)
            | Check(point)
            | Upload(_, point)
            | Invoke(_, point)
        ):
            return point
        case Type(point=maybe) | Scroll(point=maybe):
            return maybe
        case Swipe(start=start) | Drag(start=start):
            return start
        case _:
            return None


def points_of(action: Action) -> tuple[Point, ...]:
    """The points that an action touches, in order: where a pointer is at its begin and at its end."""
    first = point_of(action)
    if first is None:
        return ()
    return (first, action.end) if isinstance(action, Swipe | Drag) else (first,)
