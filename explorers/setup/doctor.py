"""What each platform needs, what of it is here, and the command that brings the rest. Looks, and changes nothing."""

import importlib.util
import os
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path

from explorers.setup.chromium import find_chromium
from schemas.errors import DeviceUnavailable

# Program to the Debian package that has it.
DESKTOP_PROGRAMS = {
    "Xvfb": "xvfb",
    "dbus-daemon": "dbus",
    "at-spi-bus-launcher": "at-spi2-core",
    "openbox": "openbox",
}
# at-spi-bus-launcher stands outside PATH, and not everywhere in the same folder.
LIBEXEC = ("/usr/libexec", "/usr/lib/at-spi2-core", "/usr/lib")
DESKTOP_LIBRARIES = ("mss", "Xlib")
ADB_SECONDS = 2.0
_IMAGE = "system-images;android-34;google_apis;x86_64"
_CONNECT = (
    "A phone: turn on USB debugging in its developer options, plug it in, allow this computer on its screen and look "
    "for it with '{adb} devices'; over the network '{adb} pair HOST:PORT', then '{adb} connect HOST:PORT'. "
    f"An emulator, with Android's command line tools: 'sdkmanager emulator \"{_IMAGE}\"', "
    f"'avdmanager create avd -n test -k \"{_IMAGE}\"', 'emulator -avd test -no-window'. "
    "Then 'hindtrace explore android --serial SERIAL --app PACKAGE --traces traces'."
)
"""How a device is connected, in commands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Whether a platform can be explored here."""

    platform: str
    ready: bool
    detail: str
    """What was found, or what is missing and the command that brings it."""

    def __str__(self) -> str:
        return f"{self.platform}: {'ready' if self.ready else 'not ready'}. {self.detail}"


def check_platforms() -> tuple[Readiness, ...]:
    """Return the readiness of web, desktop and android, in this order. Nothing in it waits without a limit."""
    return check_web(), check_desktop(), check_android()


def check_web() -> Readiness:
    """Return whether Playwright and a Chromium that opens a page are here."""
    try:
        return Readiness(platform="web", ready=True, detail=f"{find_chromium()} opens pages.")
    except DeviceUnavailable as failure:
        return Readiness(platform="web", ready=False, detail=str(failure))


def check_desktop() -> Readiness:
    """Return whether a display, a bus, accessibility, a window manager and their libraries are here."""
    if sys.platform != "linux":
        return Readiness(platform="desktop", ready=False, detail="Desktops are explored on Linux, with X11 and AT-SPI.")
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *LIBEXEC))
    programs = [program for program in DESKTOP_PROGRAMS if not shutil.which(program, path=path)]
    libraries = [library for library in DESKTOP_LIBRARIES if not importlib.util.find_spec(library)]
    missing = []
    if programs:
        packages = " ".join(DESKTOP_PROGRAMS[program] for program in programs)
        missing.append(f"No {', '.join(programs)}: run 'apt-get install -y {packages}' as root.")
    if libraries:
        missing.append(f"No {', '.join(libraries)}: run \"pip install 'hindtrace[desktop]'\".")
    reads = importlib.util.find_spec("rapidocr") and importlib.util.find_spec("onnxruntime")
    pixels = "" if reads else " Windows that tell nothing are not read: run \"pip install 'hindtrace[pixels]'\"."
    return _readiness("desktop", missing, f"Xvfb, D-Bus, AT-SPI and openbox are here.{pixels}")


def check_android() -> Readiness:
    """Return whether adbutils, adb and a device that answers are here."""
    library = importlib.util.find_spec("adbutils")
    # The library's wheel brings its own adb.
    bundled = Path(library.origin).parent / "binaries" / "adb" if library and library.origin else None
    adb = shutil.which("adb") or (str(bundled) if bundled and bundled.exists() else None)
    if not library:
        return _readiness("android", ["No adbutils: run \"pip install 'hindtrace[android]'\"."])
    if not adb:
        return _readiness("android", ["No adb: run 'apt-get install -y adb' as root."])
    try:
        devices = _attached_devices()
    except (OSError, ValueError):
        return _readiness("android", [f"No adb server answers: run '{adb} start-server'. {_CONNECT.format(adb=adb)}"])
    if usable := sorted(serial for serial, state in devices.items() if state == "device"):
        return _readiness("android", [], f"Devices: {', '.join(usable)}.")
    if devices:
        states = ", ".join(f"{serial} is {state}" for serial, state in sorted(devices.items()))
        return _readiness("android", [f"No device is usable, {states}: allow this computer on it, or attach it again."])
    return _readiness("android", [f"No device: {_CONNECT.format(adb=adb)}"])


def _readiness(platform: str, missing: list[str], present: str = "") -> Readiness:
    """Put one platform's findings together."""
    return Readiness(platform=platform, ready=not missing, detail=" ".join(missing or [present]))


def _attached_devices() -> dict[str, str]:
    """Return the state by serial of the devices that a running adb server knows.

    The server is asked on its socket, because any call of the `adb` program would leave a server running.

    Raises:
        OSError: No server answers.
        ValueError: What answers is not one, or the port is not a number.
    """
    port = int(os.environ.get("ANDROID_ADB_SERVER_PORT", "5037"))
    with socket.create_connection(("127.0.0.1", port), timeout=ADB_SECONDS) as connection:
        connection.sendall(b"000chost:devices")
        with connection.makefile("rb") as answer:
            status, length = answer.read(4), answer.read(4)
            if status != b"OKAY":
                raise ValueError(f"expected OKAY from adb on port {port}, found {status!r}")
            listing = answer.read(int(length, 16)).decode(errors="replace")
    return dict(line.split("\t", 1) for line in listing.splitlines() if "\t" in line)
