"""Devices as the adb server knows them: found, connected, brought back, given files and apps. Through adbutils."""

import re
import subprocess
import time
from pathlib import Path
from typing import Any

from explorers.android.adb import Adb, AdbError
from schemas.errors import ConfigurationError, DeviceUnavailable

POLL_SECONDS = 0.1
CONNECT_SECONDS = 5.0

_ADDRESS = re.compile(r"[\w.-]+:\d{1,5}|\[[0-9a-fA-F:]+\]:\d{1,5}")
_MENDS = {
    "unauthorized": "allow this computer on its screen; if nothing asks there, run 'adb kill-server' and plug in again",
    "authorizing": "allow this computer in the dialog on its screen",
    "offline": "run 'adb reconnect offline'; if that does not help, plug it in again or restart it",
    "recovery": "it stands in the recovery system: run 'adb reboot'",
    "sideload": "it stands in the recovery system: run 'adb reboot'",
    "bootloader": "it stands in the bootloader: run 'fastboot reboot'",
    "no permissions": "this user may not use it: see 'adb devices -l' and the udev rules of your system",
}
_INSTALL_MENDS = {
    "STORAGE": "free some of its storage",
    "USER_RESTRICTED": "allow it on its screen; Xiaomi's phones need 'Install via USB' in their developer options",
    "VERSION_DOWNGRADE": "a newer one is installed: uninstall that first",
    "UPDATE_INCOMPATIBLE": "one with another signature is installed: uninstall that first",
    "NO_MATCHING_ABIS": "it is made for another processor",
}
_FAILURE = re.compile(r"Failure \[(\w+)")


def bring_up(serial: str, *, seconds: float) -> None:
    """Waits until the device is usable by its state, not by its presence; connects to it where it has an address.

    Raises:
        DeviceUnavailable: with what to do, if it is not within that time.
    """
    until = time.monotonic() + seconds
    last = "absent"
    tried = 0.0
    while True:
        try:
            last = Adb(serial).state()
            if last == "device":
                return
        except AdbError:
            last = "no server"
        now = time.monotonic()
        if now >= until:
            raise DeviceUnavailable(_problem(serial, last))
        # An unauthorised device is left alone: each new connection would ask its user again.
        if last not in ("unauthorized", "authorizing") and now - tried >= 1.0:
            tried = now
            _reconnect(serial, last)
        else:
            time.sleep(min(POLL_SECONDS, max(0.0, until - now)))


def install(serial: str, apk: Path) -> None:
    """Installs an app, over an older one of it.

    Raises:
        ConfigurationError: if there is no such file.
        DeviceUnavailable: if the device refuses it; the message names its reason.
    """
    if not apk.is_file():
        raise ConfigurationError(f"expected an APK to install, found no file at {apk}")
    place = "/data/local/tmp/hindtrace.apk"
    try:
        device = _client().device(serial)
        device.sync.push(apk, place)
        said = str(device.shell(["pm", "install", "-r", "-t", "-g", place]))
        device.shell(["rm", "-f", place])
    except _library_errors() as error:
        raise DeviceUnavailable(f"{apk.name} can't be installed on {serial}: {_line(error)}") from error
    if "Success" not in said:
        failure = _FAILURE.search(said)
        reason = failure[1] if failure else " ".join(said.split())[:200]
        mend = next((f" ({mend})" for sign, mend in _INSTALL_MENDS.items() if sign in reason), "")
        raise DeviceUnavailable(f"{apk.name} can't be installed on {serial}: {reason}{mend}")


def push(serial: str, local: Path, place: str) -> None:
    """Copies a file to the device.

    Raises:
        DeviceUnavailable: if the device does not take it.
    """
    try:
        _client().device(serial).sync.push(local, place)
    except _library_errors() as error:
        raise DeviceUnavailable(f"{local.name} can't be copied to {serial}: {_line(error)}") from error


def emulator_snapshot(serial: str, name: str) -> None:
    """Loads a snapshot of an emulator by its console.

    Raises:
        ConfigurationError: if the device is no emulator of this machine.
        DeviceUnavailable: if it has no such snapshot.
    """
    if not serial.startswith("emulator-"):
        raise ConfigurationError(f"expected an emulator such as emulator-5554 to load a snapshot, found {serial}")
    said = str(_client().device(serial).adb_output("emu", "avd", "snapshot", "load", name))
    if "OK" not in said:
        raise DeviceUnavailable(f"{serial} has no snapshot {name!r}: {' '.join(said.split())[:200]}")


def _reconnect(serial: str, state: str) -> None:
    """Starts the server if there is none, and connects again what has an address."""
    try:
        if state == "no server":
            _start_server()
            return
        client = _client()
        if _ADDRESS.fullmatch(serial):
            if state == "offline":
                client.disconnect(serial)  # adb 29 keeps a restarted device offline for ever, and says it is connected
            client.connect(serial, timeout=CONNECT_SECONDS)
    except _library_errors():
        return  # the state tells next time


def _problem(serial: str, state: str) -> str:
    if state == "no server":
        return "no adb server answers, and none starts: run 'apt-get install -y adb' as root, then 'adb start-server'"
    if state == "absent":
        how = f"run 'adb connect {serial}'" if _ADDRESS.fullmatch(serial) else "plug it in with USB debugging on"
        return f"{serial} is not connected: {how}, then look for it in 'adb devices'"
    return f"{serial} is {state}: {_MENDS.get(state, 'see what it shows, and restart it')}"


def _start_server() -> None:
    """Starts the server of the adb on the path, else of the one that adbutils brings."""
    import adbutils

    subprocess.run([adbutils.adb_path(), "start-server"], capture_output=True, timeout=CONNECT_SECONDS * 2, check=False)


def _client() -> Any:
    import adbutils

    return adbutils.AdbClient()


def _library_errors() -> tuple[type[BaseException], ...]:
    import adbutils

    return (adbutils.AdbError, OSError, EOFError, subprocess.SubprocessError)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
