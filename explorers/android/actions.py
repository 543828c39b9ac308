"""Actions as commands of the device's shell."""

import base64
import re
import shlex
from dataclasses import dataclass
from typing import Literal, TypeAlias, assert_never

from schemas.actions import (
    Action,
    Answer,
    Back,
    Check,
    Click,
    DoubleClick,
    Drag,
    Home,
    Key,
    LongPress,
    OnAndroid,
    Open,
    Point,
    Reload,
    Rotate,
    Scroll,
    ScrollTo,
    Select,
    Stop,
    Swipe,
    Type,
    Wait,
    points_of,
)
from schemas.errors import UnsupportedAction
from schemas.records import Box, Node, Observation, Outcome
from schemas.redaction import is_secret

ADB_KEYBOARD = "com.android.adbkeyboard/.AdbIME"
TYPED_LIMIT = 2_000
"""Characters of one text: each becomes an event of its own on the device."""
SLOP_DP = 8
"""Density independent pixels that a finger moves before a view follows it (ViewConfiguration)."""
SWIPE_PART = 0.8
"""Of the height of what scrolls: how far one swipe goes, so that it begins and ends inside."""
SWIPES_MOST = 10
SWIPE_MILLISECONDS = 400
"""Slow enough that nothing is flung."""

KEYS = {
    "Enter": 66, "Tab": 61, "Backspace": 67, "Delete": 112, "Escape": 111, "Space": 62, "ArrowUp": 19, "ArrowDown": 20,
    "ArrowLeft": 21, "ArrowRight": 22, "Home": 122, "End": 123, "PageUp": 92, "PageDown": 93, "ContextMenu": 82,
    "GoBack": 4, "GoHome": 3, "AppSwitch": 187, "BrowserSearch": 84, "MediaPlayPause": 85, "AudioVolumeUp": 24,
    "AudioVolumeDown": 25, "AudioVolumeMute": 164, "Insert": 124, " ": 62,
}  # fmt: skip
"""The web's names of keys (UI Events) with Android's key codes; `AppSwitch` shows the recent apps."""
MODIFIERS = {"Shift": 59, "Control": 113, "ControlOrMeta": 113, "Alt": 57, "Meta": 117}

_PACKAGE = re.compile(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+")
_COMPONENT = re.compile(r"([A-Za-z]\w*(?:\.[A-Za-z]\w*)+)/([\w.$]+)")
_URL = re.compile(r"[a-z][a-z0-9+.-]*:\S+", re.IGNORECASE)


Typing: TypeAlias = Literal["ascii", "keyboard", "paste"]
"""How text is typed: by keys, which know ASCII only, by the ADB keyboard, or else through the clipboard."""


@dataclass(frozen=True, slots=True)
class Paste:
    """Text that comes from the clipboard into the field with the focus."""

    text: str


Command: TypeAlias = str | Paste
"""A command of the device's shell, or what a backend does itself."""


@dataclass(frozen=True, slots=True)
class PhoneContext:
    """What an action needs to know of the device: what is seen, and how text is typed."""

    seen: Observation
    launcher: str
    density: int
    typing: Typing

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        screen = self.seen.screen
        return (screen.width, screen.height) if screen is not None else (1080, 1920)

    def shows(self, point: Point) -> bool:
        """Whether a point is on the screen, its edges included."""
        width, height = self.size
        x, y = point.pixel(width, height)
        return 0 <= x <= width and 0 <= y <= height

    def pixels(self, point: Point) -> tuple[int, int]:
        """A point that the screen shows, in whole pixels; its far edges are the last pixels."""
        width, height = self.size
        x, y = point.pixel(width, height)
        return min(round(x), width - 1), min(round(y), height - 1)

    def field(self, point: Point | None) -> Node | None:
        """The editable element at the point, or that with the focus."""
        fields = [node for node in self.seen.nodes if node.has("editable") and not node.has("disabled")]
        if point is None:
            return next((node for node in reversed(fields) if node.has("focused")), None)
        x, y = self.pixels(point)
        return next((node for node in reversed(fields) if node.box is not None and node.box.contains(x, y)), None)

    def at(self, point: Point) -> list[Node]:
        """The elements at the point, from the outermost inwards; none outside of the screen."""
        if not self.shows(point):
            return []
        x, y = self.pixels(point)
        return [node for node in self.seen.nodes if node.box is not None and node.box.contains(x, y)]


def commands(action: Action, context: PhoneContext) -> tuple[Command, ...] | Outcome:
    """What does the action on the device, or why it is not done; a point outside the screen is no target.

    Raises:
        UnsupportedAction: for an action that a phone doesn't have.
    """
    if not isinstance(action, OnAndroid):
        raise UnsupportedAction(f"a phone has no {type(action).__name__.lower()}")
    if not all(map(context.shows, points_of(action))):
        return Outcome("no target", message="the point is outside the screen")
    match action:
        case Click(point, modifiers):
            if modifiers:
                raise UnsupportedAction("a finger holds no modifiers")
            return (_tap(context, point),)
        case DoubleClick(point):
            return (f"{_tap(context, point)}; {_tap(context, point)}",)
        case LongPress(point, seconds):
            x, y = context.pixels(point)
            return (f"input swipe {x} {y} {x} {y} {_milliseconds(seconds)}",)
        case Check(point, checked):
            boxes = [node for node in context.at(point) if node.role in ("checkbox", "radio", "switch", "option")]
            if not boxes:
                return Outcome("no target", message="expected a box or a switch, found none")
            return (_tap(context, point),) if boxes[-1].has("checked") != checked else ()
        case Type():
            return _typing(action, context)
        case Key(keys):
            return (_key(keys),)
        case Scroll(dx, dy, at):
            return _scrolling(dx, dy, at, context)
        case Swipe(start, end, seconds):
            return (f"input swipe {_way(context, start, end)} {_milliseconds(seconds)}",)
        case Drag(start, end):
            return (f"input draganddrop {_way(context, start, end)} 1000",)
        case Open(location):
            return _opening(location, context)
        case Reload():
            return (f"am start -S -W -n {shlex.quote(context.launcher)}",)
        case Back():
            return ("input keyevent 4",)
        case Home():
            return ("input keyevent 3",)
        case Rotate(orientation):
            turns = 0 if orientation == "portrait" else 1
            return (f"settings put system accelerometer_rotation 0; settings put system user_rotation {turns}",)
        case Select() | ScrollTo() | Wait() | Stop() | Answer():
            raise UnsupportedAction(f"no command does a {type(action).__name__.lower()}")  # the environment does it
        case _:
            assert_never(action)


def is_name(location: str) -> bool:
    """Whether a place to open is what people call an app: no package, component or URL."""
    return ":" not in location and not _COMPONENT.fullmatch(location) and not _PACKAGE.fullmatch(location)


def option_of(select: Select, seen: Observation) -> Node | None:
    """The option of that name in the list that was opened."""
    named = [node for node in seen.nodes if node.name == select.option and node.on_screen]
    return next((node for node in named if node.role != "combobox"), None)


def typed(text: str, typing: Typing) -> tuple[Command, ...]:
    """What types the text where the focus is; the clipboard is left alone where keys do."""
    if typing == "paste" and needs_keyboard(text) is not None:
        return (Paste(text),)
    if typing == "keyboard":
        return (f"am broadcast -a ADB_INPUT_B64 --es msg {base64.b64encode(text.encode()).decode()}",)
    orders: list[str] = []
    for number, line in enumerate(text.split("\n")):
        if number:
            orders.append("input keyevent 66")
        # `input text` reads %s as a blank, and knows no way to write it out.
        parts = line.split("%s")
        for at, part in enumerate(parts):
            piece = ("s" if at else "") + part + ("%" if at < len(parts) - 1 else "")
            if piece:
                orders.append(f"input text {shlex.quote(piece.replace(' ', '%s'))}")
    return tuple(orders)


def needs_keyboard(text: str) -> str | None:
    """The first character that `input text` can't type, or None."""
    return next((sign for sign in text if not (sign == "\n" or " " <= sign <= "~")), None)


def _typing(action: Type, context: PhoneContext) -> tuple[Command, ...] | Outcome:
    field = context.field(action.point)
    if field is None:
        return Outcome("no target", message="expected an editable field, found none")
    if len(action.text) > TYPED_LIMIT:
        return Outcome(
            "refused", message=f"expected at most {TYPED_LIMIT} characters to type, found {len(action.text)}"
        )
    strange = needs_keyboard(action.text)
    if strange is not None and context.typing == "ascii":
        return Outcome(
            "refused",
            message=f"{strange!r} needs the ADB keyboard: get ADBKeyboard.apk from github.com/senzhk/ADBKeyBoard "
            "on the device, and it is used from the next episode on",
        )
    orders: list[Command] = []
    if action.point is not None and not field.has("focused"):
        orders.append(_tap(context, action.point))
    secret = is_secret(field)
    if action.clear and (field.value or secret):
        # A password shows as many dots as it has characters, and its mask some other number.
        count = min(len(field.value or ""), TYPED_LIMIT) if not secret else 64
        erasing = f"input keyevent 123 {'67 ' * count}".rstrip()
        orders.append("am broadcast -a ADB_CLEAR_TEXT" if context.typing == "keyboard" else erasing)
    elif field.value and context.typing != "keyboard":
        orders.append("input keyevent 123")  # a tap sets the caret wherever it went
    orders += typed(action.text, context.typing)
    if action.submit:
        orders.append("input keyevent 66")
    return tuple(orders)


def _scrolling(dx: float, dy: float, at: Point | None, context: PhoneContext) -> tuple[str, ...] | Outcome:
    width, height = context.size
    box = scrolled_box(at, context, sideways=abs(dx) > abs(dy)) or Box(0, 0, width, height)
    slop = round(SLOP_DP * context.density / 160)
    orders: list[str] = []
    x, y = (round(part) for part in box.centre)
    across, down = box.width * SWIPE_PART, box.height * SWIPE_PART
    left_x, left_y = dx, dy
    while (abs(left_x) >= 1 or abs(left_y) >= 1) and len(orders) < SWIPES_MOST:
        move_x, move_y = min(max(left_x, -across), across), min(max(left_y, -down), down)
        left_x, left_y = left_x - move_x, left_y - move_y
        finger_x = round(-move_x - _sign(move_x) * slop)
        finger_y = round(-move_y - _sign(move_y) * slop)
        start_x, start_y = x - finger_x // 2, y - finger_y // 2
        orders.append(f"input swipe {start_x} {start_y} {start_x + finger_x} {start_y + finger_y} {SWIPE_MILLISECONDS}")
    return ("; ".join(orders),) if orders else ()


def scrolled_box(at: Point | None, context: PhoneContext, *, sideways: bool) -> Box | None:
    """The part of the screen that scrolls: the innermost at the point, else the largest one."""
    nodes = context.at(at) if at is not None else context.seen.nodes
    boxes = [
        _inside(node.box, *context.size)
        for node in nodes
        if node.has("scrollable") and node.box is not None and node.has("horizontal") == sideways
    ]
    if at is not None:
        return boxes[-1] if boxes else None
    return max(boxes, key=lambda box: box.width * box.height, default=None)


def _inside(box: Box, width: int, height: int) -> Box:
    left, top = max(box.x, 0), max(box.y, 0)
    return Box(left, top, min(box.x + box.width, width) - left, min(box.y + box.height, height) - top)


def _opening(location: str, context: PhoneContext) -> tuple[str, ...] | Outcome:
    if location == context.launcher:
        return (f"am start -W -n {shlex.quote(location)}",)
    if _COMPONENT.fullmatch(location):
        return (f"am start -W -n {shlex.quote(location)}",)
    if _PACKAGE.fullmatch(location):
        if location == context.launcher.partition("/")[0]:
            return (f"am start -W -n {shlex.quote(context.launcher)}",)
        return (
            f"am start -W -a android.intent.action.MAIN -c android.intent.category.LAUNCHER -p {shlex.quote(location)}",
        )
    if _URL.fullmatch(location):
        return (f"am start -W -a android.intent.action.VIEW -d {shlex.quote(location)}",)
    return Outcome("refused", message=f"expected a package, a component or a URL to open, found {location[:100]!r}")


def _key(keys: str) -> str:
    parts = keys.split("+") if keys != "+" else ["+"]
    codes = [MODIFIERS.get(part) for part in parts[:-1]]
    last = _code(parts[-1])
    if last is None or None in codes:
        raise UnsupportedAction(f"a phone has no key {keys!r}")
    if not codes:
        return f"input keyevent {last}"
    return f"input keycombination {' '.join(map(str, codes))} {last}"


def _code(name: str) -> int | None:
    if name in KEYS:
        return KEYS[name]
    if len(name) == 1 and name.isascii() and name.isalnum():
        return 7 + int(name) if name.isdigit() else 29 + ord(name.lower()) - ord("a")
    return None


def _tap(context: PhoneContext, point: Point) -> str:
    x, y = context.pixels(point)
    return f"input tap {x} {y}"


def _way(context: PhoneContext, start: Point, end: Point) -> str:
    return " ".join(map(str, (*context.pixels(start), *context.pixels(end))))


def _milliseconds(seconds: float) -> int:
    return round(min(max(seconds, 0.01), 10.0) * 1000)


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
