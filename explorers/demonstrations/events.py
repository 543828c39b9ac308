"""What a hand does, as devices tell it, and what it comes to.

All times are in seconds of `time.monotonic`, all places in pixels of the screen; `held` are the modifiers that are
down.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from schemas.actions import Action, Modifier

Button: TypeAlias = Literal["left", "middle", "right", "other"]
Held: TypeAlias = tuple[Modifier, ...]


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button went down; `choosing` says that this opens a list of the browser's own, which tells what is chosen."""

    time: float
    x: float
    y: float
    button: Button = "left"
    held: Held = ()
    choosing: bool = False


@dataclass(frozen=True, slots=True)
class Released:
    """A button went up."""

    time: float
    x: float
    y: float
    button: Button = "left"


@dataclass(frozen=True, slots=True)
class Moved:
    """The pointer went there."""

    time: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Turned:
    """The wheel was turned: by so many pixels, positive `dy` shows what is below."""

    time: float
    x: float
    y: float
    dx: float
    dy: float
    held: Held = ()


@dataclass(frozen=True, slots=True)
class Struck:
    """A key went down: `key` is the text that it enters, or its name on the web; "" for one that does nothing here."""

    time: float
    key: str
    held: Held = ()


@dataclass(frozen=True, slots=True)
class Lifted:
    """A key went up."""

    time: float
    key: str


@dataclass(frozen=True, slots=True)
class Entered:
    """Text came that no single key stands for, such as from an input method."""

    time: float
    text: str


@dataclass(frozen=True, slots=True)
class OptionChosen:
    """An option was chosen in the list that was pressed at that place, or that has the focus.

    Of options that are called alike, the one of index `nth`.
    """

    time: float
    option: str
    x: float
    y: float
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The device tells a whole action: a navigation, another tab, an upload; `ended` is when it was over, if later."""

    time: float
    action: Action
    ended: float | None = None


Event: TypeAlias = Pressed | Released | Moved | Turned | Struck | Lifted | Entered | OptionChosen | Told


@dataclass(frozen=True, slots=True)
class Gesture:
    """What a person did between two times; `action` is None for what no action stands for, which `lost` names."""

    action: Action | None
    began: float
    ended: float
    lost: str | None = None
