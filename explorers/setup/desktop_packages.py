"""What a desktop needs of the system, and getting it.

python -m explorers.setup.desktop_packages              what is missing, and the command that brings it
python -m explorers.setup.desktop_packages --install    the same, and root installs it (`make desktop`)
"""

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence

from explorers.setup.commands import install
from explorers.setup.doctor import check_desktop

NEEDED = (
    "xvfb", "dbus", "at-spi2-core", "libatk-adaptor", "openbox", "fonts-liberation",
    "libxcb1", "libxcb-randr0", "libxcb-render0", "libxcb-shm0", "libxcb-xfixes0",
)  # fmt: skip
"""Debian's packages for any application; the last five are what pictures are taken with."""

TESTED = (
    "galculator", "mousepad", "pcmanfm", "libgail-common", "xterm", "x11-utils", "xdotool", "python3-gi",
    "gir1.2-gtk-3.0",
)  # fmt: skip
"""What the tests explore beside them."""


def missing_packages() -> tuple[str, ...]:
    """The packages that are not installed, as far as dpkg tells; without dpkg none is known to be."""
    if shutil.which("dpkg-query") is None:
        return ()
    wanted = (*NEEDED, *TESTED)
    shown = subprocess.run(
        ("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *wanted),
        capture_output=True,
        text=True,
        check=False,
    )
    installed = {line.split()[0] for line in shown.stdout.splitlines() if line.endswith(" installed")}
    return tuple(name for name in wanted if name not in installed)


def main(argv: Sequence[str] | None = None) -> int:
    """Prints whether desktops can be explored here; returns 0 or 1."""
    parser = argparse.ArgumentParser(
        prog="python -m explorers.setup.desktop_packages", description="Find what a desktop needs."
    )
    parser.add_argument("--install", action="store_true", help="install what is missing, as root")
    options = parser.parse_args(argv)
    missing = missing_packages()
    if missing and options.install:
        if os.geteuid() == 0 and shutil.which("apt-get") is not None and install(missing):
            missing = missing_packages()
        elif os.geteuid() != 0:
            print("Only root installs packages.")
    ready = check_desktop()
    print(ready)
    if missing:
        print(f"For all of the tests run 'apt-get install -y --no-install-recommends {' '.join(missing)}' as root.")
    return 0 if ready.ready and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
