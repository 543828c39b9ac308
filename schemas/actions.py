"""What an agent can do: one space of actions for web, desktop and Android.

A sum type and not one class of optional fields: each kind states just what it needs, a type checker points at every
place that forgets a kind, and Parquet gets one struct with `kind` and the merged fields. What is true of a kind as such
stands on its class, and nowhere else: the platforms that offer it are its bases, its traits are class variables. Kinds
are final, so that `isinstance(action, OnWeb)` leaves the type checker with those of the web.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Literal, TypeAlias, final, get_args

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

    def pixel(self, width: int, height: int) -> tuple[float, float]:
        """The pixel of the point on a screen of that size."""
        if self.x is not None and self.y is not None:
            return self.x, self.y
        return (self.fx or 0.0) * width, (self.fy or 0.0) * height


POINT_FIELDS = ("point", "start", "end")
"""What fields of an action are called that hold a point, in the order in which the pointer comes there."""

Modifier = Literal["Alt", "Control", "ControlOrMeta", "Meta", "Shift"]
Platform = Literal["web", "desktop", "android"]


class _Kind:
    """The traits of a kind; each stands here with what holds where a class says nothing."""

    __slots__ = ()

    on_page: ClassVar[bool] = False
    """Whether it is done on the page that is seen, and leads on from its state: not history, not an address."""
    history: ClassVar[bool] = False
    """Whether it goes elsewhere without the page: by the history, or to an address."""
    presses: ClassVar[bool] = True
    """Whether it may set off what is at its point, so that safety has to ask what that is."""
    touches_app: ClassVar[bool] = True
    """Whether it does anything to the app that is seen; what does not may be done in one that must not be used."""
    ends: ClassVar[bool] = False
    """Whether the task is over with it."""
    text_field: ClassVar[str | None] = None
    """The field with the words or keys that are entered or chosen: what a program can compare an answer by."""
    sets_target: ClassVar[bool] = False
    """Whether it sets what its element holds: enters, chooses, ticks, gives or moves something."""


class OnWeb(_Kind):
    """A kind that a browser offers."""

    __slots__ = ()


class OnDesktop(_Kind):
    """A kind that a desktop offers."""

    __slots__ = ()


class OnAndroid(_Kind):
    """A kind that a phone offers."""

    __slots__ = ()


@final
@dataclass(frozen=True, slots=True)
class Click(OnWeb, OnDesktop, OnAndroid):
    """Press and release the main button, or tap, while `modifiers` are held."""

    on_page = True

    point: Point
    modifiers: tuple[Modifier, ...] | None = None


@final
@dataclass(frozen=True, slots=True)
class DoubleClick(OnWeb, OnDesktop, OnAndroid):
    """Two clicks within the system's double click time, or a double tap."""

    on_page = True

    point: Point


@final
@dataclass(frozen=True, slots=True)
class RightClick(OnWeb, OnDesktop):
    """Press and release the secondary button."""

    on_page = True
    presses = False

    point: Point


@final
@dataclass(frozen=True, slots=True)
class MiddleClick(OnWeb, OnDesktop):
    """Press and release the middle button."""

    on_page = True

    point: Point


@final
@dataclass(frozen=True, slots=True)
class LongPress(OnWeb, OnDesktop, OnAndroid):
    """Press, hold for `seconds`, release."""

    on_page = True

    point: Point
    seconds: float = 1.0


@final
@dataclass(frozen=True, slots=True)
class Hover(OnWeb, OnDesktop):
    """Move the pointer without pressing."""

    on_page = True
    presses = False

    point: Point


@final
@dataclass(frozen=True, slots=True)
class Type(OnWeb, OnDesktop, OnAndroid):
    """Enter text: into the field at `point`, or where the focus is when it is null.

    `clear` empties the field first; `submit` presses Enter afterwards; `pace` is the time between two keys in seconds.
    """

    on_page = True
    presses = False
    text_field = "text"
    sets_target = True

    text: str
    point: Point | None = None
    clear: bool = False
    submit: bool = False
    pace: float | None = None


@final
@dataclass(frozen=True, slots=True)
class Key(OnWeb, OnDesktop, OnAndroid):
    """Press a key or a chord, in the web's key names joined by plus: `Enter`, `Control+a`."""

    on_page = True
    text_field = "keys"

    keys: str


@final
@dataclass(frozen=True, slots=True)
class Scroll(OnWeb, OnDesktop, OnAndroid):
    """Scroll at a point, or where the focus is; positive `dy` shows what is below, positive `dx` what is to the right.

    In pixels.
    """

    on_page = True
    presses = False

    dx: float
    dy: float
    point: Point | None = None


@final
@dataclass(frozen=True, slots=True)
class Swipe(OnAndroid):
    """A finger from `start` to `end` in `seconds`."""

    on_page = True
    presses = False

    start: Point
    end: Point
    seconds: float = 0.3


@final
@dataclass(frozen=True, slots=True)
class Drag(OnWeb, OnDesktop, OnAndroid):
    """Press at `start`, move, release at `end`."""

    on_page = True
    presses = False
    sets_target = True

    start: Point
    end: Point


@final
@dataclass(frozen=True, slots=True)
class Select(OnWeb, OnDesktop, OnAndroid):
    """Choose the option with that label in the list at `point`.

    Of options that are called alike, the one of index `nth`; None is the first.
    """

    on_page = True
    presses = False
    text_field = "option"
    sets_target = True

    option: str
    point: Point
    nth: int | None = None


@final
@dataclass(frozen=True, slots=True)
class Check(OnWeb, OnDesktop, OnAndroid):
    """Bring the box or switch at `point` into the state `checked`, whatever it is now."""

    on_page = True
    sets_target = True

    point: Point
    checked: bool = True


@final
@dataclass(frozen=True, slots=True)
class Upload(OnWeb):
    """Give files to the field at `point`, by their names in the folder that holds what may be uploaded."""

    on_page = True
    presses = False
    sets_target = True

    files: tuple[str, ...]
    point: Point


@final
@dataclass(frozen=True, slots=True)
class ScrollTo(OnWeb, OnAndroid):
    """Scroll until the element at that path is on the screen."""

    path: str


@final
@dataclass(frozen=True, slots=True)
class NewTab(OnWeb):
    """Open a tab, at a URL if one is given, and go on there."""

    location: str | None = None


@final
@dataclass(frozen=True, slots=True)
class FocusTab(OnWeb, OnDesktop):
    """Go on in the tab or window of that index, counted from 0 in the order of `Observation.windows`."""

    index: int


@final
@dataclass(frozen=True, slots=True)
class CloseTab(OnWeb, OnDesktop):
    """Close the tab or window, and go on in the one before it."""


@final
@dataclass(frozen=True, slots=True)
class Maximize(OnDesktop):
    """Have the window in use fill the screen, or no longer."""

    maximized: bool = True


@final
@dataclass(frozen=True, slots=True)
class MoveWindow(OnDesktop):
    """Put the upper left corner of the window in use at `end`."""

    end: Point


@final
@dataclass(frozen=True, slots=True)
class Invoke(OnDesktop):
    """Have the element at `point` do what its accessibility offers under that name: no press, and no key."""

    on_page = True

    name: str
    point: Point


@final
@dataclass(frozen=True, slots=True)
class Open(OnWeb, OnAndroid):
    """Go to a URL, or start the application of that name or component."""

    history = True

    location: str


@final
@dataclass(frozen=True, slots=True)
class Back(OnWeb, OnDesktop, OnAndroid):
    """One step back in the history, or the system's back button."""

    history = True
    touches_app = False


@final
@dataclass(frozen=True, slots=True)
class Forward(OnWeb):
    """One step forward in the history."""

    history = True


@final
@dataclass(frozen=True, slots=True)
class Reload(OnWeb, OnDesktop, OnAndroid):
    """Load the page again, or stop the application and start it anew."""

    history = True
    touches_app = False


@final
@dataclass(frozen=True, slots=True)
class Home(OnWeb, OnAndroid):
    """The start page, or the system's home button."""

    history = True
    touches_app = False


@final
@dataclass(frozen=True, slots=True)
class Rotate(OnAndroid):
    """Hold the device upright or on its side."""

    touches_app = False

    orientation: Literal["portrait", "landscape"]


@final
@dataclass(frozen=True, slots=True)
class Wait(OnWeb, OnDesktop, OnAndroid):
    """Do nothing for `seconds`."""

    touches_app = False

    seconds: float = 1.0


@final
@dataclass(frozen=True, slots=True)
class Stop(OnWeb, OnDesktop, OnAndroid):
    """The task is over."""

    touches_app = False
    ends = True

    status: Literal["success", "failure"] = "success"


@final
@dataclass(frozen=True, slots=True)
class Answer(OnWeb, OnDesktop, OnAndroid):
    """The task is over and this is the answer to it."""

    touches_app = False
    ends = True

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


PLATFORM_KINDS: Mapping[Platform, type[_Kind]] = MappingProxyType(
    {"web": OnWeb, "desktop": OnDesktop, "android": OnAndroid}
)


def offered(platform: Platform) -> tuple[type[Action], ...]:
    """The kinds that a platform offers, in the order of the union."""
    return tuple(kind for kind in ACTIONS if issubclass(kind, PLATFORM_KINDS[platform]))


def point_of(action: Action) -> Point | None:
    """The point that an action touches first, or None for one that touches none."""
    point: Point | None = getattr(action, "point", None) or getattr(action, "start", None)
    return point


def points_of(action: Action) -> tuple[Point, ...]:
    """The points that an action touches, in order: where a pointer is at its begin and at its end."""
    first = point_of(action)
    if first is None:
        return ()
    return (first, action.end) if isinstance(action, Swipe | Drag) else (first,)
