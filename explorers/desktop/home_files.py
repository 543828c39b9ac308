"""The home that each episode begins with: a few documents to open, and settings under which nothing blinks.

Everything is the same every time, the times of the files included.
"""

import os
import shutil
from pathlib import Path

from schemas.errors import ConfigurationError

SIZE_LIMIT = 100 * 2**20
"""Bytes of the documents that are copied for each episode."""

_TIME = 1_767_603_600  # 2026-01-05 09:00 UTC

DOCUMENTS = Path(__file__).with_name("home")
"""The usual documents: of who lends books, cooks and keeps a budget."""

_SETTINGS = {
    ".config/gtk-3.0/settings.ini": "[Settings]\ngtk-cursor-blink=0\ngtk-enable-animations=0\n",
    ".gtkrc-2.0": "gtk-cursor-blink = 0\ngtk-enable-animations = 0\n",
    ".config/user-dirs.dirs": "".join(
        f'XDG_{name.upper()}_DIR="$HOME/{folder}"\n'
        for name, folder in (("desktop", ""), ("documents", "Documents"), ("download", "Downloads"))
    ),
    ".config/Trolltech.conf": "[qt]\ncursorFlashTime=0\n",
}

VARIABLES = {
    "HOME": "{inside}/agent",
    "XDG_RUNTIME_DIR": "{inside}/run",
    "XDG_CONFIG_HOME": "{inside}/agent/.config",
    "XDG_DATA_HOME": "{inside}/agent/.local/share",
    "XDG_CACHE_HOME": "{inside}/agent/.cache",
    "XDG_STATE_HOME": "{inside}/agent/.local/state",
    "TMPDIR": "{inside}",
    "DBUS_SESSION_BUS_ADDRESS": "unix:path={inside}/run/bus",
    "USER": "agent",
    "LOGNAME": "agent",
    "SHELL": "/bin/sh",
    "GTK_IM_MODULE": "gtk-im-context-simple",
    "QT_IM_MODULE": "simple",
    "GTK_MODULES": "gail:atk-bridge",
    "GTK_OVERLAY_SCROLLING": "0",
    "QT_ACCESSIBILITY": "1",
    "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1",
    "SAL_USE_VCLPLUGIN": "gtk3",
    "NO_AT_BRIDGE": "0",
    "GSK_RENDERER": "cairo",  # GTK 4 draws its first picture by OpenGL, and without a graphics card that takes seconds
    "GSETTINGS_BACKEND": "keyfile",  # in a file of the home: what one program sets, another one and a check can read
    "GIO_USE_VFS": "local",
}
"""What the programs are told, beside what the display system adds; `{inside}` stands for the desktop's folder."""


def fill(folder: Path, documents: Path | None) -> None:
    """Makes the home and the folder of the sockets; `documents` is a folder to copy in place of the usual documents."""
    home = folder / "agent"
    home.mkdir()
    (folder / "run").mkdir(mode=0o700)
    for name, text in _SETTINGS.items():
        file = home / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    shutil.copytree(documents or DOCUMENTS, home, dirs_exist_ok=True, symlinks=True)
    for path in sorted(home.rglob("*"), reverse=True):
        os.utime(path, (_TIME, _TIME), follow_symlinks=False)
    os.utime(home, (_TIME, _TIME))


def check_documents(documents: Path) -> None:
    """Refuses what can't be copied for each episode.

    Raises:
        ConfigurationError: if it is no folder, or too large.
    """
    if not documents.is_dir():
        raise ConfigurationError(f"expected a folder of documents, found none at {documents}")
    size = 0
    for path in documents.rglob("*"):
        size += path.lstat().st_size
        if size > SIZE_LIMIT:
            raise ConfigurationError(
                f"expected documents of at most {SIZE_LIMIT // 2**20} MB, found more in {documents}"
            )
