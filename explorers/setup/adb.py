"""Getting adb where it is missing: as root, else the tests take the one in the package adbutils.

python -m explorers.setup.adb    (`make adb`)
"""

import os
import shutil
import sys

from explorers.setup.commands import install


def main() -> int:
    """Installs adb if there is none and root asks; returns 0, because it can be done without."""
    if shutil.which("adb") is None and os.geteuid() == 0 and shutil.which("apt-get") is not None:
        install(("adb",))
    if shutil.which("adb") is None:
        print("No adb here: the tests take the one in the package adbutils.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
