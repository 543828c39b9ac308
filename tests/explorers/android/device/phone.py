"""A small phone of our own: what a finger, a key and an intent do on it."""

from collections.abc import Mapping
from typing import Literal

from tests.explorers.android.device.apps import (
    LAUNCHER,
    PERMISSIONS,
    ROW,
    Activity,
    Apps,
    Store,
    crash_dialog,
)
from tests.explorers.android.device.machine import KEYS, Focus, Machine
from tests.explorers.android.device.views import View, draw

WIDTH, HEIGHT, DENSITY = 540, 960, 240
SLOP = 8 * DENSITY // 160
"""Pixels that a finger moves before a list begins to follow it, as in Android's ViewConfiguration."""


class Phone(Machine):
    """A launcher, settings with switches, notes with a list and an editor, an account form, a permission dialog."""

    def __init__(self, *, latency: Mapping[str, float] | None = None, missing: frozenset[str] = frozenset()) -> None:
        super().__init__(width=WIDTH, height=HEIGHT, density=DENSITY, latency=latency)
        self.store = Store()
        self._apps = Apps(self)
        self._missing = missing
        self._tasks: dict[str, list[Activity]] = {}
        self._front: str | None = None
        self._crashed: str | None = None
        self._keyboard = False

    # ---- what the apps may do

    def open(self, activity: Activity) -> None:
        """Puts an activity on top of the task in front."""
        self._keyboard = False
        if self._front is None:
            self._front = activity.package
            self._tasks.setdefault(activity.package, [])
        self._tasks[self._front].append(activity)

    def leave(self) -> None:
        """Ends the activity on top."""
        self._keyboard = False
        if self._front is None:
            return
        task = self._tasks[self._front]
        task.pop()
        if not task:
            del self._tasks[self._front]
            self._front = None

    def top(self) -> Activity:
        """The activity that is seen."""
        return self._apps.home if self._front is None else self._tasks[self._front][-1]

    # ---- the machine's screen

    def root(self) -> View:
        """The views of the window on top."""
        if self._crashed is not None:
            return crash_dialog(self._crashed, *self.size, self._dismiss)
        return self.top().build(*self.size)

    def picture(self, root: View) -> bytes:
        """The PNG of the screen."""
        return draw(root, *self.size, dark=self.store.switches["Dark theme"])

    def focus(self) -> Focus:
        """What has the focus; a permission dialog lies in the task of the app that asks."""
        if self._crashed is not None:
            return Focus("android/Application Error", ())
        task = () if self._front is None else tuple(each.component for each in self._tasks[self._front])
        return Focus(self.top().component, task)

    def packages(self) -> Mapping[str, str]:
        """What is installed."""
        return {name: main for name, main in self._apps.mains.items() if name not in self._missing}

    def start(self, component: str, data: str) -> str | None:
        """Brings a task to the front, or begins it."""
        package, _, name = component.partition("/")
        self._keyboard = False
        if not component:
            return (
                None if data.startswith("geo:") else f"Activity not started, unable to resolve Intent {{ dat={data} }}"
            )
        if package in self.failures.crashing:
            self._crashed, self._front = package, None
            return None
        if package == LAUNCHER:
            self._front = None
            return None
        if package not in self._tasks:
            activity = self._apps.make(package, name)
            if activity is None:
                return f"Activity class {{{component}}} does not exist."
            self._tasks[package] = [activity]
        elif name != self._apps.mains[package]:
            self._tasks[package].append(self._apps.make(package, name) or self._tasks[package][-1])
        self._front = package
        return None

    def stop(self, package: str) -> None:
        """Ends the app's task."""
        self._tasks.pop(package, None)
        if self._front == package:
            self._front, self._keyboard = None, False
        if self._crashed == package:
            self._crashed = None

    def clear(self, package: str) -> None:
        """Forgets the app's data."""
        self.store.clear(package)

    def running(self, package: str) -> bool:
        """Whether it has a task."""
        return package in self._tasks

    def keyboard(self) -> bool:
        """Whether the keyboard is shown."""
        return self._keyboard

    def install(self, apk: bytes) -> str | None:
        """Installs what an "APK" names: the text `apk PACKAGE`."""
        if self.failures.full:
            return "INSTALL_FAILED_INSUFFICIENT_STORAGE"
        kind, _, name = apk.decode("utf-8", "replace").partition(" ")
        if kind != "apk" or name not in self._apps.mains:
            return "INSTALL_PARSE_FAILED_NOT_APK"
        self._missing -= {name}
        return None

    # ---- fingers and keys

    def touch(self, kind: Literal["tap", "long"], x: float, y: float) -> str | None:
        """Presses the innermost view that does something."""
        if not self._interactive():
            return None
        for view in reversed([view for view in self.root().under(x, y) if view.enabled]):
            if kind == "long" and view.holds is not None:
                view.holds()
                return None
            if view.does is not None:
                view.does()
                self._keyboard = view.cls.endswith("EditText") or (self._keyboard and view.focused)
                return None
        return None

    def drag(self, x: float, y: float, to_x: float, to_y: float) -> str | None:  # noqa: ARG002
        """Scrolls the list at the place."""
        if self._interactive():
            moved = y - to_y
            if abs(moved) > SLOP and any(view.scrollable and view.contains(x, y) for view in self.root().walk()):
                self.top().scroll_by(moved - SLOP if moved > 0 else moved + SLOP, self.size[1])
        return None

    def key(self, code: int) -> str | None:
        """The keys that a phone without a real keyboard knows."""
        if not self._interactive() and code != KEYS["HOME"]:
            return None
        top = self.top()
        if code == KEYS["BACK"]:
            if self._crashed is not None:
                self._dismiss()
            elif self._keyboard:
                self._keyboard = False
            elif not top.back():
                self.leave()
        elif code in (KEYS["HOME"], KEYS["APP_SWITCH"]):
            self._front, self._keyboard = None, False
        elif code == KEYS["DEL"]:
            top.edit(lambda text: text[:-1])
        elif code == KEYS["ENTER"]:
            if top.focused == "body":
                top.edit(lambda text: text + "\n")
            else:
                self._keyboard = False
        return None

    def write(self, text: str) -> str | None:
        """Types."""
        if self._interactive():
            self.top().edit(lambda old: old + text)
        return None

    def erase(self) -> None:
        """Empties the field."""
        self.top().edit(lambda _: "")

    def _interactive(self) -> bool:
        return self.awake and not self.failures.locked

    def _dismiss(self) -> None:
        self._crashed = None


__all__ = ["DENSITY", "HEIGHT", "PERMISSIONS", "ROW", "WIDTH", "Phone"]
