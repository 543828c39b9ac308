"""Raw input reduced to actions: a press and a release are a click, keys are a text, notches of the wheel a scroll."""

import math
from dataclasses import dataclass, field

from explorers.demonstrations.events import (
    Entered,
    Event,
    Gesture,
    Held,
    Lifted,
    Moved,
    OptionChosen,
    Pressed,
    Released,
    Struck,
    Told,
    Turned,
)
from schemas.actions import (
    Action,
    Click,
    DoubleClick,
    Drag,
    Key,
    LongPress,
    MiddleClick,
    Point,
    RightClick,
    Scroll,
    Select,
    Type,
)
from schemas.errors import ConfigurationError

DOUBLE_SECONDS = 0.4
"""Between the presses of a double click: GTK's and Qt's limit."""

NEAR = 8
"""Pixels within which two presses are at one place, and beyond which a press becomes a drag: GTK's threshold."""

LONG_SECONDS = 0.8
TURN_SECONDS = 0.6
"""A pause after which the wheel's next turn is another scroll."""

TURN_NEAR = 40
TYPING_SECONDS = 2.0
"""A pause after which the next key begins another text."""

LATE_SECONDS = 0.15
"""How much later than its time an event may be told."""

TEXT_LIMIT = 10_000
"""Characters of a text; the next one begins another."""

_ORDER = ("Control", "Alt", "Shift", "Meta")
_LONE = frozenset({"Alt", "Meta"})
_SILENT = frozenset({"Shift", "Control", "CapsLock", "NumLock", "ScrollLock", "AltGraph", "Alt", "Meta"})
"""Keys that do nothing until another comes."""


CHOICE_SECONDS = 1.0
"""How long after an option was chosen another one of the same list replaces it: keys go through all of them."""


@dataclass(slots=True)
class _Clicked:
    gesture: Gesture
    pressed: Pressed
    keys: list[Gesture] = field(default_factory=list)
    chosen: OptionChosen | None = None


@dataclass(slots=True)
class _Typing:
    began: float
    ended: float
    text: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Turning:
    first: Turned
    ended: float
    dx: float
    dy: float


class Reducer:
    """Reduces the events of one screen, which are fed in the order of their times; its size is in pixels."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._press: Pressed | None = None
        self._far = False
        self._clicked: _Clicked | None = None
        self._typing: _Typing | None = None
        self._turning: _Turning | None = None
        self._lone: Struck | None = None
        self._key = 0.0

    @property
    def since(self) -> float | None:
        """When what is still open began, or None where nothing is."""
        begun = (
            None if self._press is None else self._press.time,
            None if self._clicked is None else self._clicked.gesture.began,
            None if self._typing is None else self._typing.began,
            None if self._turning is None else self._turning.first.time,
        )
        return min((each for each in begun if each is not None), default=None)

    def feed(self, event: Event, *, multiline: bool = False) -> list[Gesture]:
        """What the event completes, in order; `multiline` says that the field in focus takes several lines."""
        if not isinstance(event, Moved | Lifted | Released):
            self._lone = None
        match event:
            case Moved(x=x, y=y):
                if self._press is not None and not self._far:
                    self._far = math.dist((x, y), (self._press.x, self._press.y)) > NEAR
                return []
            case Pressed():
                return self._pressed(event)
            case Released():
                return self._released(event)
            case Turned():
                return self._turned(event)
            case Struck():
                return self._struck(event, multiline=multiline)
            case Lifted(key=key):
                lone, self._lone = self._lone, None
                if lone is not None and lone.key == key:
                    return [*self._flush(), Gesture(Key(key), lone.time, event.time)]
                return []
            case Entered(time, text):
                return self._type(time, text) if text else []
            case OptionChosen():
                return self._chosen(event)
            case Told(time, action, ended):
                return [*self._flush(), Gesture(action, time, ended or time)]

    def due(self, now: float) -> list[Gesture]:
        """What nothing can add to any more."""
        now -= LATE_SECONDS
        clicked = self._clicked
        if clicked is not None and clicked.pressed.choosing:
            if clicked.chosen is not None and now > max(clicked.chosen.time, self._key) + CHOICE_SECONDS:
                return self._flush()
        elif clicked is not None and self._press is None:
            if now > clicked.pressed.time + DOUBLE_SECONDS:
                return self._flush()
        elif (self._turning is not None and now > self._turning.ended + TURN_SECONDS) or (
            self._typing is not None and now > self._typing.ended + TYPING_SECONDS
        ):
            return self._flush()
        return []

    def finish(self) -> list[Gesture]:
        """What is left at the end."""
        press, self._press = self._press, None
        left = self._flush()
        if press is not None:
            left.append(Gesture(None, press.time, press.time, lost=f"a press of the {press.button} button"))
        return left

    # ---- inside

    def _point(self, x: float, y: float) -> Point:
        return Point.on(x, y, width=self._size[0], height=self._size[1])

    def _pressed(self, event: Pressed) -> list[Gesture]:
        done = self._flush_but_click()
        clicked = self._clicked
        if clicked is not None and not self._doubles(clicked.pressed, event):
            done += self._flush()
        if self._press is not None:
            done.append(Gesture(None, self._press.time, event.time, lost=f"a press of the {self._press.button} button"))
        self._press, self._far = event, False
        return done

    def _doubles(self, first: Pressed, second: Pressed) -> bool:
        return (
            second.button == "left"
            and not second.held
            and not first.choosing
            and second.time - first.time <= DOUBLE_SECONDS
            and math.dist((first.x, first.y), (second.x, second.y)) <= NEAR
        )

    def _released(self, event: Released) -> list[Gesture]:
        press = self._press
        if press is None or press.button != event.button:
            return []  # what was pressed before the recording began
        self._press = None
        far = self._far or math.dist((event.x, event.y), (press.x, press.y)) > NEAR
        point, clicked = self._point(press.x, press.y), self._clicked
        held = press.held

        def done(action: Action | None, lost: str | None = None) -> list[Gesture]:
            return [*self._flush(), Gesture(action, press.time, event.time, lost)]

        keys = "+".join(held)
        if far:
            if press.button != "left" or held:
                return done(None, f"a drag with the {press.button} button" + (f" and {keys} held" if held else ""))
            return done(Drag(point, self._point(event.x, event.y)))
        match press.button:
            case "right" | "middle":
                if held:
                    return done(None, f"a click of the {press.button} button with {keys} held")
                return done(RightClick(point) if press.button == "right" else MiddleClick(point))
            case "other":
                return done(None, "a click of another button")
            case "left":
                pass
        if held:
            return done(Click(point, _ordered(held)))
        if clicked is not None:
            self._clicked = None
            return [
                Gesture(
                    DoubleClick(self._point(clicked.pressed.x, clicked.pressed.y)), clicked.gesture.began, event.time
                )
            ]
        if event.time - press.time >= LONG_SECONDS and not press.choosing:
            return done(LongPress(point, round(event.time - press.time, 1)))
        self._clicked = _Clicked(Gesture(Click(point), press.time, event.time), press)
        return []

    def _turned(self, event: Turned) -> list[Gesture]:
        if event.held:
            lost = f"a turn of the wheel with {'+'.join(event.held)} held"
            return [*self._flush(), Gesture(None, event.time, event.time, lost)]
        turning = self._turning
        if turning is not None:
            first = turning.first
            if (
                event.time - turning.ended <= TURN_SECONDS
                and math.dist((first.x, first.y), (event.x, event.y)) <= TURN_NEAR
                and _same_way(turning.dx, event.dx)
                and _same_way(turning.dy, event.dy)
            ):
                turning.dx, turning.dy, turning.ended = turning.dx + event.dx, turning.dy + event.dy, event.time
                return []
        done = self._flush()
        self._turning = _Turning(event, event.time, event.dx, event.dy)
        return done

    def _struck(self, event: Struck, *, multiline: bool) -> list[Gesture]:
        key, held = event.key, event.held
        if key in ("", *_SILENT):
            self._lone = event if key in _LONE and not set(held) - {key} else None
            return []
        text = len(key) == 1 and not set(held) - {"Shift"}
        self._key = event.time
        if self._clicked is not None and self._clicked.pressed.choosing:
            if self._clicked.chosen is not None and key == "Tab":
                return [*self._flush(), Gesture(Key(chord(key, held)), event.time, event.time)]
            # A list is open: keys are how an option is chosen in it.
            self._clicked.keys.append(Gesture(Key(chord(key, held)), event.time, event.time))
            return []
        if text:
            return self._type(event.time, key)
        typing = self._typing
        if typing is not None and typing.text and not held:
            if key == "Backspace":
                typing.text.pop()
                typing.ended = event.time
                return []
            if key == "Enter" and multiline:
                return self._type(event.time, "\n")
        return [*self._flush(), Gesture(Key(chord(key, held)), event.time, event.time)]

    def _type(self, time: float, text: str) -> list[Gesture]:
        typing = self._typing
        if typing is not None and time - typing.ended <= TYPING_SECONDS and len(typing.text) < TEXT_LIMIT:
            typing.text.extend(text)
            typing.ended = time
            return []
        done = self._flush()
        self._typing = _Typing(time, time, list(text))
        return done

    def _chosen(self, event: OptionChosen) -> list[Gesture]:
        clicked = self._clicked
        if clicked is not None and clicked.pressed.choosing:
            clicked.chosen = event
            return []
        if event.time - self._key < CHOICE_SECONDS:
            return []  # what a key led to, which is recorded
        action = Select(event.option, self._point(event.x, event.y), event.nth)
        return [*self._flush(), Gesture(action, event.time, event.time)]

    def _flush_but_click(self) -> list[Gesture]:
        clicked, self._clicked = self._clicked, None
        done = self._flush()
        self._clicked = clicked
        return done

    def _flush(self) -> list[Gesture]:
        """What is open, as it is; a press that is not released stays."""
        done: list[Gesture] = []
        clicked, self._clicked = self._clicked, None
        if clicked is not None and clicked.chosen is not None:
            chosen, point = clicked.chosen, self._point(clicked.pressed.x, clicked.pressed.y)
            action: Action = Select(chosen.option, point, chosen.nth)
            done.append(Gesture(action, clicked.gesture.began, clicked.chosen.time))
        elif clicked is not None:
            done += [clicked.gesture, *clicked.keys]
        if self._typing is not None:
            if self._typing.text:
                done.append(Gesture(Type("".join(self._typing.text)), self._typing.began, self._typing.ended))
            self._typing = None
        if self._turning is not None:
            first = self._turning.first
            action = Scroll(self._turning.dx, self._turning.dy, self._point(first.x, first.y))
            done.append(Gesture(action, first.time, self._turning.ended))
            self._turning = None
        return done


def chord(key: str, held: Held) -> str:
    """A key with the modifiers that are held, as the record names it.

    >>> chord("Z", ("Shift", "Control"))
    'Control+Shift+z'
    """
    names = list(_ordered(held))
    if len(key) == 1 and "Shift" in names:
        if key.lower() != key.upper():
            key = key.lower()
        else:
            names.remove("Shift")  # the sign says it
    return "+".join([*names, "Space" if key == " " else key])


def canonical_chord(keys: str) -> str:
    """A chord as `chord` writes it, whatever the order of its modifiers.

    Raises:
        ConfigurationError: if it has no modifier, so that a text could end a recording, or one of no such name.
    """
    *held, last = keys.split("+")
    if not last or any(name not in _ORDER for name in held) or (not held and len(last) < 2):
        raise ConfigurationError(f"expected a chord such as Control+Alt+q, found {keys[:40]!r}")
    return chord(last, tuple(name for name in _ORDER if name in held))  # type: ignore[misc]


def _ordered(held: Held) -> Held:
    return tuple(sorted(held, key=lambda name: _ORDER.index(name) if name in _ORDER else len(_ORDER)))


def _same_way(first: float, second: float) -> bool:
    return first * second > 0 or first == second == 0
