"""What a device is, whether it can be used, and leaving it as it was before."""

import re
import shlex
from dataclasses import dataclass
from typing import TypeAlias

from explorers.android.actions import ADB_KEYBOARD
from explorers.android.adb import Adb, AdbError
from explorers.android.app_names import APPS
from explorers.android.look import LOCK, short_component
from schemas.errors import DeviceUnavailable

SECONDS = 30.0
API_LEAST = 24
"""Android 7: from there on the shell's `cmd package` knows activities."""
FREE_KILOBYTES = 100_000
"""Below that Android warns, refuses installs, and `uiautomator dump` fails to write its file."""
BATTERY_PERCENT = 5
ANIMATIONS = ("window_animation_scale", "transition_animation_scale", "animator_duration_scale")

_MARK = "--hindtrace--"


@dataclass(frozen=True, slots=True)
class Device:
    """What a device is; `launcher` is the component that its launcher starts for the app, `apps` are all it shows."""

    release: str
    api: int
    model: str
    locale: str
    width: int
    height: int
    density: int
    launcher: str
    simulated: bool
    unicode: bool
    apps: tuple[str, ...]


Settings: TypeAlias = dict[tuple[str, str], str | None]
"""Settings as they were before: space and name with the value, or None for one that was not set."""


def ask(adb: Adb, **questions: str) -> dict[str, str]:
    """The answers of several commands in one round trip, stripped.

    Raises:
        AdbError: if the device can't be asked.
    """
    answer = adb.run(
        "".join(f"{command} 2>&1; echo; echo {_MARK}\n" for command in questions.values()), seconds=SECONDS
    )
    *parts, _ = answer.decode("utf-8", "replace").split(_MARK)
    if len(parts) != len(questions):
        raise AdbError("the connection broke")
    return {name: part.strip() for name, part in zip(questions, parts, strict=True)}


def inspect(adb: Adb, package: str) -> Device:
    """What the device is, if it can be used for the app.

    Raises:
        AdbError: if the device can't be asked.
        DeviceUnavailable: with what to do, if it can't be used: starting up, full, empty, without the app.
    """
    said = ask(
        adb,
        booted="getprop sys.boot_completed",
        release="getprop ro.build.version.release",
        api="getprop ro.build.version.sdk",
        model="getprop ro.product.model",
        locale="getprop persist.sys.locale",
        product_locale="getprop ro.product.locale",
        simulated="getprop ro.hindtrace.simulated",
        size="wm size",
        density="wm density",
        storage="df /data",
        battery="dumpsys battery",
        path=f"pm path {shlex.quote(package)}",
        launcher=f"cmd package resolve-activity --brief -c android.intent.category.LAUNCHER {shlex.quote(package)}",
        keyboards="ime list -a -s",
        apps="cmd package query-activities --brief -a android.intent.action.MAIN -c android.intent.category.LAUNCHER",
    )
    serial = adb.serial
    if said["booted"] != "1":
        raise DeviceUnavailable(f"{serial} is still starting: wait until its home screen is shown")
    if said["api"].isdecimal() and int(said["api"]) < API_LEAST:
        raise DeviceUnavailable(
            f"{serial} has Android {said['release']}: expected Android 7 (API {API_LEAST}) or later"
        )
    free = _free(said["storage"])
    if free is not None and free < FREE_KILOBYTES:
        raise DeviceUnavailable(
            f"the storage of {serial} is full ({free // 1000} MB free): remove apps or files from it"
        )
    level = re.search(r"level: (\d+)", said["battery"])
    charging = "powered: true" in said["battery"]
    if level is not None and int(level[1]) < BATTERY_PERCENT and not charging:
        raise DeviceUnavailable(f"the battery of {serial} is at {level[1]} %: charge it")
    if "package:" not in said["path"]:
        raise DeviceUnavailable(
            f"{package} is not installed on {serial}: give --apk FILE, or run 'adb -s {serial} install FILE'"
        )
    # An app with several icons resolves to the system's question which of them; the first of the list is its own.
    lines = [line.strip() for line in (*said["launcher"].splitlines()[::-1], *said["apps"].splitlines())]
    launcher = next((line for line in lines if line.startswith(f"{package}/")), "")
    if not launcher:
        raise DeviceUnavailable(f"{package} has no screen that a launcher could open")
    sizes = re.findall(r"(\d+)x(\d+)", said["size"])
    densities = re.findall(r"density: (\d+)", said["density"])
    if not sizes:
        raise DeviceUnavailable(f"{serial} does not tell the size of its screen: {said['size'][:100]!r}")
    return Device(
        release=said["release"],
        api=int(said["api"]) if said["api"].isdecimal() else 0,
        model=said["model"],
        locale=said["locale"] or said["product_locale"] or "en-US",
        width=int(sizes[-1][0]),  # an override comes after the physical size
        height=int(sizes[-1][1]),
        density=int(densities[-1]) if densities else 160,
        launcher=short_component(*launcher.split("/", 1)),
        simulated=said["simulated"] == "1",
        unicode=ADB_KEYBOARD in said["keyboards"].split(),
        apps=tuple(sorted({package, *APPS.findall(said["apps"])})),
    )


def wake(adb: Adb) -> None:
    """Turns the screen on and puts a lock screen without a secret away.

    Raises:
        AdbError: if the device can't be asked.
        DeviceUnavailable: if it stays locked.
    """
    locked = f"dumpsys window | grep -E '{LOCK}'"
    # Waking takes the device a moment, which it is given only if it is asleep or locked.
    said = ask(adb, power="dumpsys power | grep -E 'mWakefulness='", lock=locked)
    if "Awake" in said["power"] and "=true" not in said["lock"]:
        return
    said = ask(adb, wake="input keyevent KEYCODE_WAKEUP; wm dismiss-keyguard; sleep 1", lock=locked)
    if "=true" in said["lock"]:
        raise DeviceUnavailable(f"the screen of {adb.serial} is locked: unlock it, and set its screen lock to none")


def prepare(adb: Adb, device: Device, kept: Settings) -> None:
    """Turns animations off and takes the ADB keyboard where it is installed; `kept` learns what was there before.

    Raises:
        AdbError: if the device can't be asked.
    """
    wanted = {("global", name): "0" for name in ANIMATIONS}
    wanted |= {("system", "accelerometer_rotation"): "0", ("system", "user_rotation"): "0"}
    if device.unicode:
        wanted["secure", "default_input_method"] = ADB_KEYBOARD
    if not kept:
        questions = {f"{space}_{name}": f"settings get {space} {name}" for space, name in wanted}
        said = ask(adb, **questions)
        for space, name in wanted:
            value = said[f"{space}_{name}"]
            kept[space, name] = None if value in ("null", "") else value
    orders = [f"settings put {space} {name} {shlex.quote(value)}" for (space, name), value in wanted.items()]
    if device.unicode:
        orders.append(f"ime enable {ADB_KEYBOARD}; ime set {ADB_KEYBOARD}")
    ask(adb, put="; ".join(orders))


def restore(adb: Adb, kept: Settings) -> None:
    """Puts every setting back as it was.

    Raises:
        AdbError: if the device can't be asked.
    """
    orders = []
    for (space, name), value in kept.items():
        if name == "default_input_method" and value is not None:
            orders.append(f"ime set {shlex.quote(value)}")
        elif value is None:
            orders.append(f"settings delete {space} {name}")
        else:
            orders.append(f"settings put {space} {name} {shlex.quote(value)}")
    if orders:
        ask(adb, put="; ".join(orders))
        kept.clear()


def _free(said: str) -> int | None:
    """Kilobytes that are free, of the last line of `df`."""
    line = next((line.split() for line in said.splitlines()[::-1] if "%" in line and "Use%" not in line), [])
    return int(line[3]) if len(line) > 4 and line[3].isdecimal() else None
