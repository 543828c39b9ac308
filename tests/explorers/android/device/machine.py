"""What a phone's shell answers, whatever is on its screen: properties, settings, packages, windows, input."""

import base64
import hashlib
import re
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tests.explorers.android.device import shell
from tests.explorers.android.device.shell import Result
from tests.explorers.android.device.uia2 import Uia2
from tests.explorers.android.device.views import View, black, dump

ADB_KEYBOARD = "com.android.adbkeyboard/.AdbIME"
LATIN = "com.android.inputmethod.latin/.LatinIME"

PICTURES = 32
"""Pictures that are kept."""

KEYS = {
    "HOME": 3, "BACK": 4, "ENTER": 66, "DEL": 67, "TAB": 61, "MENU": 82, "ESCAPE": 111, "FORWARD_DEL": 112,
    "MOVE_HOME": 122, "MOVE_END": 123, "APP_SWITCH": 187, "WAKEUP": 224, "SLEEP": 223, "DPAD_DOWN": 20, "DPAD_UP": 19,
}  # fmt: skip


@dataclass(slots=True)
class Failures:
    """What goes wrong. May be changed at any time; the counts fall as they are used up.

    `restless` and `cut` are numbers of dumps: without rest, and broken off in the middle. `drop` are numbers of
    scripts, counted from 0, at which the connection breaks: before the script has run, or after it where it is in
    `drop_late`.
    """

    state: Literal["device", "offline", "unauthorized"] = "device"
    full: bool = False
    locked: bool = False
    secured: bool = False
    battery: int = 80
    restless: int = 0
    cut: int = 0
    rootless: int = 0
    crashing: frozenset[str] = frozenset()
    input_denied: bool = False
    install_failure: str | None = None
    several_icons: bool = False
    secure: bool = False
    drop: frozenset[int] = frozenset()
    drop_late: frozenset[int] = frozenset()


@dataclass(slots=True)
class Focus:
    """What has the focus: the window, the activity below it, and the activities of its task from the first."""

    component: str
    task: tuple[str, ...]

    @property
    def package(self) -> str:
        return self.component.partition("/")[0]


class Machine(ABC):
    """A phone without a screen; a subclass gives it one. `latency` are the seconds of a command by its name."""

    def __init__(self, *, width: int, height: int, density: int, latency: Mapping[str, float] | None = None) -> None:
        self.width, self.height, self.density = width, height, density
        self.latency = dict(latency or {})
        self.failures = Failures()
        self.files: dict[str, bytes] = {}
        self.properties = {
            "ro.product.name": "hindtrace",
            "ro.product.model": "Simulated phone",
            "ro.product.device": "hindtrace",
            "ro.product.manufacturer": "Hindtrace",
            "ro.build.version.release": "14",
            "ro.build.version.sdk": "34",
            "ro.build.characteristics": "default",
            "persist.sys.locale": "en-US",
            "sys.boot_completed": "1",
            "ro.hindtrace.simulated": "1",
        }
        self.settings = {
            "global": {"window_animation_scale": "1.0", "transition_animation_scale": "0.5"},
            "system": {"accelerometer_rotation": "1", "user_rotation": "0"},
            "secure": {"default_input_method": LATIN},
        }
        self.keyboards = [LATIN]
        self.awake = True
        self.scripts = 0
        self.commands: list[list[str]] = []
        self.boots = 0
        self.unplugged: Callable[[], None] = lambda: None
        self.lock = threading.RLock()
        self._pictures: dict[bytes, bytes] = {}
        self.uia2 = Uia2(self)
        self._boot()

    # ---- what a subclass gives

    @abstractmethod
    def root(self) -> View:
        """The views of the active window."""

    @abstractmethod
    def picture(self, root: View) -> bytes:
        """The PNG of the screen."""

    @abstractmethod
    def focus(self) -> Focus:
        """What has the focus."""

    @abstractmethod
    def packages(self) -> Mapping[str, str]:
        """The installed packages, each with its activity for the launcher, or "" without one."""

    @abstractmethod
    def start(self, component: str, data: str) -> str | None:
        """Starts an activity; an error, or None."""

    @abstractmethod
    def stop(self, package: str) -> None:
        """Ends a package's processes."""

    @abstractmethod
    def clear(self, package: str) -> None:
        """Forgets a package's data."""

    @abstractmethod
    def running(self, package: str) -> bool:
        """Whether the package has a process."""

    @abstractmethod
    def touch(self, kind: Literal["tap", "long"], x: float, y: float) -> str | None:
        """A finger at a place; an error, or None."""

    @abstractmethod
    def drag(self, x: float, y: float, to_x: float, to_y: float) -> str | None:
        """A finger from one place to another; an error, or None."""

    @abstractmethod
    def key(self, code: int) -> str | None:
        """A key; an error, or None."""

    @abstractmethod
    def write(self, text: str) -> str | None:
        """Text where the focus is; an error, or None."""

    @abstractmethod
    def erase(self) -> None:
        """Empties the field that has the focus."""

    @abstractmethod
    def keyboard(self) -> bool:
        """Whether the keyboard is shown."""

    @abstractmethod
    def install(self, apk: bytes) -> str | None:
        """Installs a package; an error, or None."""

    # ---- the machine

    @property
    def rotation(self) -> int:
        """Quarter turns."""
        return int(self.settings["system"].get("user_rotation", "0"))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height as it is held now."""
        return (self.height, self.width) if self.rotation % 2 else (self.width, self.height)

    def reboot(self) -> None:
        """Starts again: processes end, data stays."""
        with self.lock:
            self._boot()
            for package in self.packages():
                self.stop(package)
        self.unplugged()

    def run(self, script: str) -> Result:
        """Runs a script of the shell, one at a time."""
        with self.lock:
            number, self.scripts = self.scripts, self.scripts + 1
            if number in self.failures.drop:
                self.unplugged()
                return b"", b"", 1
            try:
                result = shell.run(script, self._command, self.files, full=lambda: self.failures.full)
            except shell.Unfit as error:
                result = b"", f"sh: {error}\n".encode(), 1
            if number in self.failures.drop_late:
                self.unplugged()
            return result

    def _command(self, words: list[str], _: bytes) -> Result:
        self.commands.append(words)
        del self.commands[:-1000]
        if seconds := self.latency.get(words[0]):
            time.sleep(seconds)
        match words:
            case ["getprop", *names]:
                listed = "".join(f"[{name}]: [{value}]\n" for name, value in self.properties.items())
                return _said(self.properties.get(names[0], "") + "\n" if names else listed)
            case ["md5sum" | "toybox", *rest] if rest[-1] in self.files:
                return _said(f"{hashlib.md5(self.files[rest[-1]], usedforsecurity=False).hexdigest()}  {rest[-1]}\n")
            case ["md5sum", path]:
                return b"", f"md5sum: {path}: No such file or directory\n".encode(), 1
            case ["sleep", _]:
                return _said("")
            case ["id"]:
                return _said("uid=2000(shell) gid=2000(shell)\n")
            case ["pidof", package]:
                return _said("4242\n") if self.running(package) else (b"", b"", 1)
            case ["df", *_]:
                free = 0 if self.failures.full else 4_000_000
                return _said(
                    "Filesystem     1K-blocks    Used Available Use% Mounted on\n"
                    f"/dev/block/dm-5  6000000 2000000 {free:>9}  34% /data\n"
                )
            case ["settings", *rest]:
                return self._settings(rest)
            case ["wm", *rest]:
                return self._wm(rest)
            case ["ime", *rest]:
                return self._ime(rest)
            case ["pm", *rest] | ["cmd", "package", *rest]:
                return self._pm(rest)
            case ["am", *rest] | ["cmd", "activity", *rest]:
                return self._am(rest)
            case ["monkey", "-p", package, *_]:
                return self._am(["start", "-n", f"{package}/{self.packages().get(package, '')}"])
            case ["dumpsys", *rest]:
                return _said(self._dumpsys(rest))
            case ["logcat", *_]:
                return _said("".join(_crash_log(package) for package in sorted(self.failures.crashing)))
            case ["screencap", *rest]:
                paths = [word for word in rest if not word.startswith("-")]
                image = self._image()
                if not paths:
                    return image, b"", 0
                self.files[paths[0]] = image
                return _said("")
            case ["uiautomator", "dump", *rest]:
                return self._dump(next((word for word in rest if not word.startswith("-")), "/sdcard/window_dump.xml"))
            case ["input", *rest]:
                return self._input([word for word in rest if word not in ("touchscreen", "keyboard", "text-input")])
        return b"", f"sh: {words[0]}: inaccessible or not found\n".encode(), 127

    def _boot(self) -> None:
        self.boots += 1
        self.files["/proc/sys/kernel/random/boot_id"] = f"00000000-0000-4000-8000-{self.boots:012}\n".encode()

    def _image(self) -> bytes:
        """The screen's picture; that of a screen that was drawn before costs nothing."""
        if self.failures.secure:
            return black(*self.size)
        root = self.root()
        key = dump(root, *self.size, rotation=self.rotation) + repr((self.settings, self.awake)).encode()
        if key not in self._pictures:
            if len(self._pictures) >= PICTURES:
                self._pictures.clear()
            self._pictures[key] = self.picture(root)
        return self._pictures[key]

    def _dump(self, path: str) -> Result:
        failures = self.failures
        if self.uia2.port:  # one at a time may look
            return b"", b"java.lang.IllegalStateException: UiAutomationService already registered!\nKilled\n", 137
        if failures.restless > 0:
            failures.restless -= 1
            return b"", b"ERROR: could not get idle state.\n", 0
        if failures.rootless > 0:
            failures.rootless -= 1
            return b"", b"ERROR: null root node returned by UiTestAutomationBridge.\n", 0
        data = dump(self.root(), *self.size, rotation=self.rotation)
        if failures.cut > 0:
            failures.cut -= 1
            data = data[: len(data) * 2 // 3]
        if failures.full:
            return b"", b"java.io.FileNotFoundException: write failed: ENOSPC (No space left on device)\n", 1
        self.files[path] = data
        return _said(f"UI hierchary dumped to: {path}\n")

    def _settings(self, words: list[str]) -> Result:
        match words:
            case ["get", space, name]:
                return _said(self.settings.get(space, {}).get(name, "null") + "\n")
            case ["put", space, name, value]:
                self.settings[space][name] = value
                return _said("")
            case ["delete", space, name]:
                self.settings[space].pop(name, None)
                return _said("Deleted 1 rows\n")
        return b"", b"usage: settings get|put|delete\n", 255

    def _wm(self, words: list[str]) -> Result:
        match words:
            case ["size"]:
                return _said(f"Physical size: {self.width}x{self.height}\n")
            case ["density"]:
                return _said(f"Physical density: {self.density}\n")
            case ["dismiss-keyguard"]:
                self.failures.locked = self.failures.locked and self.failures.secured
                return _said("")
        return b"", b"Error: unknown command\n", 255

    def _ime(self, words: list[str]) -> Result:
        match words:
            case ["list", *_]:
                return _said("".join(f"{name}\n" for name in self.keyboards))
            case ["enable", name]:
                return _said(f"Input method {name}: now enabled\n")
            case ["set", name] if name in self.keyboards:
                self.settings["secure"]["default_input_method"] = name
                return _said(f"Input method {name} selected\n")
            case ["set", name]:
                return b"", f"Unknown input method {name} cannot be selected for user #0\n".encode(), 1
        return b"", b"Error\n", 255

    def _pm(self, words: list[str]) -> Result:
        installed = self.packages()
        match words:
            case ["list", "packages", *_]:
                return _said("".join(f"package:{name}\n" for name in sorted(installed)))
            case ["path", package]:
                return _said(f"package:/data/app/{package}/base.apk\n") if package in installed else (b"", b"", 1)
            case ["clear", package]:
                if package not in installed:
                    return _said("Failed\n")
                self.stop(package)
                self.clear(package)
                return _said("Success\n")
            case ["resolve-activity", *rest]:
                activity = installed.get(rest[-1], "")
                if self.failures.several_icons:
                    return _said("priority=0 preferredOrder=0\nandroid/com.android.internal.app.ResolverActivity\n")
                return _said(
                    f"priority=0 preferredOrder=0\n{rest[-1]}/{activity}\n" if activity else "No activity found\n"
                )
            case ["query-activities", "--brief", "-a", _, "-c", "android.intent.category.LAUNCHER"]:
                shown = [f"{name}/{activity}" for name, activity in sorted(installed.items()) if activity]
                listed = "".join(
                    f"  Activity #{number}:\n    priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 "
                    f"isDefault=false\n    {component}\n"
                    for number, component in enumerate(shown)
                )
                return _said(f"{len(shown)} activities found:\n{listed}")
            case ["install", *rest]:
                error = self.failures.install_failure or self.install(self.files.get(rest[-1], b""))
                return _said("Success\n") if error is None else (f"Failure [{error}]\n".encode(), b"", 1)
        return b"", b"Error: unknown command\n", 255

    def _am(self, words: list[str]) -> Result:
        match words:
            case ["force-stop", package]:
                self.stop(package)
                return _said("")
            case ["broadcast", "-a", "ADB_INPUT_B64", "--es", "msg", text]:
                if self.settings["secure"]["default_input_method"] == ADB_KEYBOARD:
                    self.write(base64.b64decode(text).decode())
                return _said("Broadcast completed: result=0\n")
            case ["broadcast", "-a", "ADB_CLEAR_TEXT", *_]:
                if self.settings["secure"]["default_input_method"] == ADB_KEYBOARD:
                    self.erase()
                return _said("Broadcast completed: result=0\n")
            case ["start", *rest]:
                return self._am_start(rest)
        return b"", b"Error: unknown command\n", 255

    def _am_start(self, words: list[str]) -> Result:
        given = {
            words[at]: words[at + 1]
            for at in range(len(words) - 1)
            if words[at] in ("-n", "-a", "-d", "-p", "-c", "-t")
        }
        component, data = given.get("-n", ""), given.get("-d", "")
        if not component and "-p" in given:
            component = f"{given['-p']}/{self.packages().get(given['-p'], '')}"
        package = component.partition("/")[0]
        if component and package not in self.packages():
            why = f"Error type 3\nError: Activity class {{{component}}} does not exist.\n"
            return b"Starting: Intent { cmp=" + component.encode() + b" }\n" + why.encode(), b"", 1
        if "-S" in words:
            self.stop(package)
        error = self.start(component, data)
        if error is not None:
            return b"Starting: Intent\n", f"Error: {error}\n".encode(), 1
        return _said(
            f"Starting: Intent {{ cmp={component} }}\nStatus: ok\nLaunchState: COLD\nActivity: {component}\nComplete\n"
        )

    def _dumpsys(self, words: list[str]) -> str:
        focus, failures = self.focus(), self.failures
        match words:
            case ["window", *_]:
                window = "NotificationShade" if failures.locked else focus.component
                return (
                    f"  mCurrentFocus=Window{{4f3a1b2 u0 {window}}}\n"
                    f"  mFocusedApp=ActivityRecord{{9c1d77a u0 {focus.component} t12}}\n"
                    f"  mDreamingLockscreen={str(failures.locked).lower()} mDreamingSleepToken=null\n"
                    f"    showing={str(failures.locked).lower()}\n"
                    f"  mRotation={self.rotation}\n"
                )
            case ["input_method", *_]:
                method = self.settings["secure"]["default_input_method"]
                return f"  mInputShown={str(self.keyboard()).lower()}\n  mCurMethodId={method}\n"
            case ["power", *_]:
                return f"  mWakefulness={'Awake' if self.awake else 'Asleep'}\n"
            case ["battery", *_]:
                return f"Current Battery Service state:\n  AC powered: false\n  level: {failures.battery}\n"
            case ["display", *_]:
                return f"  DisplayViewport{{orientation={self.rotation}, deviceWidth={self.width}}}\n"
            case ["activity", *_]:
                lines = [f"  topResumedActivity=ActivityRecord{{9c1d77a u0 {focus.component} t12}}"]
                lines += [
                    f"    * Hist  #{at}: ActivityRecord{{11aa u0 {focus.task[at]} t12}}"
                    for at in reversed(range(len(focus.task)))
                ]
                return "\n".join(lines) + "\n"
        return ""

    def _input(self, words: list[str]) -> Result:
        if self.failures.input_denied:
            return b"", b"java.lang.SecurityException: Injecting input events requires INJECT_EVENTS\n", 255
        error: str | None = None
        match words:
            case ["tap", x, y]:
                error = self.touch("tap", float(x), float(y))
            case ["swipe" | "draganddrop", x, y, to_x, to_y, *_] if (x, y) != (to_x, to_y):
                error = self.drag(*map(float, (x, y, to_x, to_y)))
            case ["swipe", x, y, _, _, *_]:
                error = self.touch("long", float(x), float(y))
            case ["keyevent", *codes]:
                for code in codes:
                    error = error or self._press(code)
            case ["text", text]:
                if not text.isascii():
                    return b"", b"java.lang.NullPointerException: Attempt to get length of null array\n", 255
                error = self.write(re.sub("%s", " ", text))
            case _:
                return b"", b"Error: Unknown command\n", 255
        return _said("") if error is None else (b"", f"Error: {error}\n".encode(), 1)

    def _press(self, code: str) -> str | None:
        number = int(code) if code.isdigit() else KEYS.get(code.removeprefix("KEYCODE_"), 0)
        if number == KEYS["WAKEUP"]:
            self.awake = True
            return None
        if number == KEYS["SLEEP"]:
            self.awake = False
            return None
        return self.key(number)


def _said(text: str) -> Result:
    return text.encode(), b"", 0


def _crash_log(package: str) -> str:
    lines = ("FATAL EXCEPTION: main", f"Process: {package}", "java.lang.IllegalStateException: no session")
    return "".join(f"E AndroidRuntime: {line}\n" for line in lines)
