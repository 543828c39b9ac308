"""One round trip of a step: what is done, then what is seen, in one script and one answer.

Each part of the answer ends with a line that holds a word drawn for the environment and the part's exit code; so a
part may hold anything, and an answer that broke off is told from a whole one.
"""

import io
import re
import secrets
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from PIL import Image

from explorers.android.actions import Command, Paste
from explorers.android.adb import Adb, AdbError
from explorers.android.dump import Hierarchy, NoHierarchy, read_hierarchy
from schemas.records import Screen

LOCK = "m(Dreaming|Showing)Lockscreen=|isKeyguardShowing="
"""The lines of `dumpsys window` that tell of a lock; which of them there are depends on the version."""
DUMP = "/data/local/tmp/hindtrace.xml"
WARNING_LIMIT = 2_000
BLANK_PIXELS = 50
"""Pixels for each byte of a PNG from which it may have one colour: a page with a text on it has far fewer."""
_PNG = b"\x89PNG\r\n\x1a\n"
_TREE = {
    # `uiautomator dump` waits for a second without an event, and gives up after ten: it is the wait for rest.
    "said": f"rm -f {DUMP}; uiautomator dump {DUMP} 2>&1",
    "tree": f"cat {DUMP} 2>/dev/null",
}
ALL_BUT_TREE = {
    "screen": "screencap -p 2>/dev/null",
    "window": f"dumpsys window 2>/dev/null | grep -E 'mCurrentFocus=|mFocusedApp=|{LOCK}'",
    "keyboard": "dumpsys input_method 2>/dev/null | grep -E 'mInputShown=|(mCur|[sS]elected)MethodId='",
    "power": "dumpsys power 2>/dev/null | grep -E 'mWakefulness='",
    "tasks": "dumpsys activity activities 2>/dev/null | grep -E 'topResumedActivity|mResumedActivity|Hist '",
    "boot": "cat /proc/sys/kernel/random/boot_id",
}
ALL = _TREE | ALL_BUT_TREE
# Android 13 closes the brace before the task: `ActivityRecord{9c1 u0 com.a/.Main} t12}`.
_RECORD = r"ActivityRecord\{\S+ u\d+ ([\w.]+)/([\w.$]+)"
_RESUMED = re.compile(rf"ResumedActivity[=:] ?{_RECORD}(?:\}}? t(\d+))?")
_FOCUSED_APP = re.compile(rf"mFocusedApp=.*?{_RECORD}(?:\}}? t(\d+))?")
_FOCUS = re.compile(r"mCurrentFocus=Window\{\S+ u\d+ (.+?)\}")
_ERROR = re.compile(r"(?:^| )Error(?::| type \d)|^Failed$")
_HISTORY = re.compile(rf"Hist +#\d+: {_RECORD}\}}? t(\d+)")
_DARK = re.compile(r"mWakefulness=(?:Asleep|Dozing|Dreaming)")
_LOCKED = re.compile(rf"(?:{LOCK})true")


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command of the action said, and its exit code."""

    output: str
    code: int

    @property
    def failed(self) -> bool:
        """Whether it failed; before Android 10 `am` says so in words only."""
        return self.code != 0 or _ERROR.search(self.output) is not None


@dataclass(frozen=True, slots=True)
class ScreenState:
    """What is known of the screen besides its picture and its tree.

    `window` is what has the focus, `activity` the component that is resumed, in its short form; `task` are the
    components of its task from the first. `boot` is another after each start of the device.
    """

    window: str
    activity: str
    task: tuple[str, ...]
    keyboard: bool
    keyboard_package: str
    locked: bool
    awake: bool
    boot: str

    @property
    def package(self) -> str:
        """The package of what has the focus."""
        component = re.match(r"([\w.]+)/", self.window)
        if component is not None:
            return component[1]
        if self.window in ("NotificationShade", "StatusBar", "Keyguard"):
            return "com.android.systemui"
        if self.window.startswith(("Application Error", "Application Not Responding")):
            return "android"
        return self.activity.partition("/")[0]  # a popup: its window is called by a number


@dataclass(frozen=True, slots=True)
class DeviceLook:
    """What one script brought: the commands of its action, and what was seen after them.

    `hierarchy` is None where there was no tree; `problem` says why, or what is wrong with it. `restless` says that the
    screen did not come to rest.
    """

    done: tuple[CommandResult, ...]
    screen: Screen | None
    hierarchy: Hierarchy | None
    state: ScreenState
    problem: str | None
    restless: bool


class BrokenOff(AdbError):
    """The answer ended before its end."""


class DeviceBackend(Protocol):
    """How a device is looked at; `pastes` says that it can type any text."""

    pastes: bool

    def start(self) -> None:
        """Makes it ready on the device; may be called again.

        Raises:
            AdbError: if the device can't be asked.
            DeviceUnavailable: if it does not start there.
        """

    def look(self, orders: tuple[Command, ...] = ()) -> DeviceLook:
        """Does the orders one after another, waits for rest, and looks.

        Raises:
            AdbError: if the device can't be asked, or the answer broke off.
        """

    def stop(self) -> None:
        """Leaves nothing running on the device; may be called twice."""


class AdbBackend:
    """What every device has: one script does it all."""

    pastes = False

    def __init__(self, adb: Adb, *, seconds: float) -> None:
        self._adb, self._seconds = adb, seconds
        self._mark = new_mark()

    def start(self) -> None:
        """Needs nothing."""

    def look(self, orders: tuple[Command, ...] = ()) -> DeviceLook:
        """Does the orders one after another, waits for rest, and looks, in one round trip."""
        commands = tuple(order for order in orders if not isinstance(order, Paste))
        answer = self._adb.run(script(commands, self._mark), seconds=self._seconds)
        return read(answer, self._mark)

    def stop(self) -> None:
        """Nothing is running."""


def new_mark() -> str:
    """A word that no answer holds by chance."""
    return f"--{secrets.token_hex(12)}--"


def script(commands: tuple[str, ...], mark: str, parts: Mapping[str, str] = ALL) -> str:
    """The script that does the commands one after another, whatever becomes of each, and looks at these parts."""
    lines = [f'{command} 2>&1; echo "{mark} done $?"' for command in commands]
    lines += [f'{command}; echo "{mark} {name} $?"' for name, command in parts.items()]
    return "\n".join(lines)


def done_of(answer: bytes, mark: str, *, count: int) -> tuple[CommandResult, ...]:
    """What the answer of a script that does not look says.

    Raises:
        BrokenOff: if its end is missing.
    """
    done = tuple(each for name, each, _ in _parts(answer, mark) if name == "done")
    if len(done) < count:
        raise BrokenOff("the connection broke")
    return done


def read(answer: bytes, mark: str, *, tree: bytes | None = None, said: str = "") -> DeviceLook:
    """What the answer of a script that looks says.

    `tree` and `said` stand for those parts where the script has none.

    Raises:
        BrokenOff: if its end is missing.
    """
    done: list[CommandResult] = []
    parts: dict[str, bytes] = {}
    for name, each, part in _parts(answer, mark):
        if name == "done":
            done.append(each)
        else:
            parts[name] = part
    if "boot" not in parts:
        raise BrokenOff("the connection broke")
    if tree is not None:
        parts |= {"tree": tree, "said": said.encode()}
    hierarchy, problem = None, None
    said = " ".join(parts["said"].decode("utf-8", "replace").split())
    try:
        hierarchy = read_hierarchy(parts["tree"])
        problem = hierarchy.problem
        if not hierarchy.roots:
            hierarchy, problem = None, "the tree is empty"
    except NoHierarchy as error:
        problem = said[:200] if "dumped to" not in said and said else str(error)
    return DeviceLook(
        done=tuple(done),
        screen=_screen(parts["screen"]),
        hierarchy=hierarchy,
        state=_state({name: part.decode("utf-8", "replace") for name, part in parts.items() if name != "screen"}),
        problem=problem,
        restless="idle state" in said,
    )


def _parts(answer: bytes, mark: str) -> list[tuple[str, CommandResult, bytes]]:
    """The parts of an answer by name, each with its exit code, and as it is."""
    parts, at = [], 0
    for end in re.finditer(mark.encode() + rb" (\w+) (\d+)\r?\n", answer):
        part, name = answer[at : end.start()], end[1].decode()
        said = " ".join(part[:4000].decode("utf-8", "replace").split())[:500] if name == "done" else ""
        parts.append((name, CommandResult(said, int(end[2])), part))
        at = end.end()
    return parts


def short_component(package: str, activity: str) -> str:
    """A component in its short form: `com.example/.Main` for `com.example/com.example.Main`."""
    return f"{package}/{activity.removeprefix(package) if activity.startswith(package + '.') else activity}"


def is_blank(screen: Screen) -> bool:
    """Whether the screenshot has one colour below the clock and above the buttons."""
    if len(screen.data) > screen.width * screen.height / BLANK_PIXELS:
        return False
    with Image.open(io.BytesIO(screen.data)) as image:
        middle = image.convert("RGB").crop((0, screen.height // 10, screen.width, screen.height * 9 // 10))
    return middle.getcolors(1) is not None


def _screen(data: bytes) -> Screen | None:
    """The screenshot, or None where there is none: a screen that forbids it gives an empty answer."""
    start = data.find(_PNG, 0, WARNING_LIMIT)  # with several displays some versions warn before it
    data = data[max(start, 0) :]
    if start < 0 or len(data) < 33 or not data.rstrip().endswith(b"\xaeB`\x82"):
        return None
    width, height = struct.unpack(">II", data[16:24])
    return Screen(data, width, height, "png")


def _state(parts: dict[str, str]) -> ScreenState:
    window = parts["window"]
    focus = _FOCUS.search(window)
    resumed = _RESUMED.search(parts["tasks"]) or _FOCUSED_APP.search(window)
    activity = short_component(resumed[1], resumed[2]) if resumed else ""
    history = [(each[3], short_component(each[1], each[2])) for each in _HISTORY.finditer(parts["tasks"])]
    number = resumed[3] if resumed else None
    named = "" if focus is None else focus[1]
    as_component = re.fullmatch(r"([\w.]+)/([\w.$]+)", named)
    return ScreenState(
        window=short_component(as_component[1], as_component[2]) if as_component else named,
        activity=activity,
        task=tuple(component for task, component in reversed(history) if task == number),
        keyboard="mInputShown=true" in parts["keyboard"],
        keyboard_package=(re.findall(r"MethodId=([\w.]+)/", parts["keyboard"]) or [""])[0],
        locked=_LOCKED.search(window) is not None,
        awake=_DARK.search(parts["power"]) is None,
        boot=parts["boot"].strip(),
    )
