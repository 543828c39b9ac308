"""Apps by what people call them. The names are resources of the apps, which no command of a device tells.

So a name is known from the table of common apps, or from the words of a package. What is not found stays unknown, and
what fits several apps too.
"""

import re
from collections.abc import Iterable, Sequence

LISTED = 30
"""Apps that a refusal names."""

APPS = re.compile(r"^\s*([A-Za-z]\w*(?:\.\w+)+)/[\w.$]+\s*$", re.MULTILINE)
"""A line of `cmd package query-activities --brief` that is a component."""

_COMMON = frozenset(
    {"com", "org", "net", "de", "io", "app", "apps", "android", "google", "sec", "mobile", "client", "main"}
)
"""Parts of packages that name no app."""

KNOWN: dict[str, tuple[str, ...]] = {
    "audio recorder": ("com.dimowner.audiorecorder",),
    "broccoli": ("com.flauschcode.broccoli",),
    "browser": ("com.android.browser", "com.android.chrome", "org.mozilla.firefox", "com.sec.android.app.sbrowser"),
    "calculator": ("com.google.android.calculator", "com.android.calculator2", "com.sec.android.app.popupcalculator"),
    "calendar": ("com.google.android.calendar", "com.android.calendar", "com.samsung.android.calendar"),
    "camera": (
        "com.android.camera2",
        "com.google.android.GoogleCamera",
        "com.sec.android.app.camera",
        "com.android.camera",
    ),
    "chrome": ("com.android.chrome",),
    "clipper": ("ca.zgrs.clipper",),
    "clock": ("com.google.android.deskclock", "com.android.deskclock", "com.sec.android.app.clockpackage"),
    "contacts": ("com.google.android.contacts", "com.android.contacts", "com.samsung.android.app.contacts"),
    "drive": ("com.google.android.apps.docs",),
    "email": ("com.android.email", "com.samsung.android.email.provider", "com.google.android.gm"),
    "files": ("com.google.android.documentsui", "com.android.documentsui", "com.google.android.apps.nbu.files"),
    "firefox": ("org.mozilla.firefox",),
    "gallery": (
        "com.android.gallery3d",
        "com.google.android.apps.photos",
        "com.sec.android.gallery3d",
        "com.simplemobiletools.gallery.pro",
    ),
    "gmail": ("com.google.android.gm",),
    "google": ("com.google.android.googlequicksearchbox",),
    "joplin": ("net.cozic.joplin",),
    "keep": ("com.google.android.keep",),
    "keep notes": ("com.google.android.keep",),
    "maps": ("com.google.android.apps.maps",),
    "markor": ("net.gsantner.markor",),
    "messages": (
        "com.google.android.apps.messaging",
        "com.android.messaging",
        "com.samsung.android.messaging",
        "com.android.mms",
    ),
    "my files": ("com.sec.android.app.myfiles",),
    "open tracks": ("de.dennisguse.opentracks",),
    "osmand": ("net.osmand", "net.osmand.plus"),
    "phone": ("com.google.android.dialer", "com.android.dialer", "com.samsung.android.dialer"),
    "photos": ("com.google.android.apps.photos",),
    "play store": ("com.android.vending",),
    "pro expense": ("com.arduia.expense",),
    "retro music": ("code.name.monkey.retromusic",),
    "settings": ("com.android.settings",),
    "simple calendar pro": ("com.simplemobiletools.calendar.pro",),
    "simple draw pro": ("com.simplemobiletools.draw.pro",),
    "simple gallery pro": ("com.simplemobiletools.gallery.pro",),
    "simple sms messenger": ("com.simplemobiletools.smsmessenger",),
    "tasks": ("org.tasks", "com.google.android.apps.tasks"),
    "vlc": ("org.videolan.vlc",),
    "youtube": ("com.google.android.youtube",),
    "youtube music": ("com.google.android.apps.youtube.music",),
}
"""What AOSP's, Google's and Samsung's apps are called in English, and those of AndroidWorld; the first one counts."""

_SAME = {
    "dialer": "phone",
    "messaging": "messages",
    "sms": "messages",
    "google chrome": "chrome",
    "google maps": "maps",
    "google drive": "drive",
    "google photos": "photos",
    "google play store": "play store",
    "google play": "play store",
    "opentracks": "open tracks",
    "file manager": "files",
    "mail": "email",
}


def package_named(name: str, installed: Sequence[str]) -> str | None:
    """The one installed package that is called so, or None."""
    if name in installed:
        return name
    words = " ".join(re.findall(r"\w+", name.lower())).removesuffix(" app")
    for package in KNOWN.get(_SAME.get(words, words), ()):
        if package in installed:
            return package
    joined = words.replace(" ", "")
    packages = [package for package in installed if joined and joined == package.lower().rpartition(".")[2]]
    if not packages:
        packages = [package for package in installed if _says(package, words.split())]
    return packages[0] if len(packages) == 1 else None


def unknown(name: str, installed: Iterable[str]) -> str:
    """Why an app of that name is not opened, with the apps that there are."""
    names = {package: label for label, packages in reversed(KNOWN.items()) for package in packages}
    there = [f"{names[package]} ({package})" if package in names else package for package in sorted(installed)]
    more = f" and {len(there) - LISTED} more" if len(there) > LISTED else ""
    return f"no single app is called {name[:100]!r} here, there are: {', '.join(there[:LISTED])}{more}"


def _says(package: str, words: list[str]) -> bool:
    """Whether each word stands in a part of the package that names the app."""
    parts = [part for part in package.lower().split(".") if part not in _COMMON]
    return bool(words) and all(len(word) > 2 and any(word in part for part in parts) for word in words)
