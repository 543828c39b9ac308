"""Serves the phone of our own, or a recording, until its input ends: for trying the explorer without a device.

    python -m tests.explorers.android.device [RECORDING]

Prints its serial, with which `hindtrace explore android --serial SERIAL --app com.hindtrace.notes` finds it.
"""

import sys
from pathlib import Path

from tests.explorers.android.device import AlbumPlayer, Machine, Phone
from tests.explorers.android.device.adbd import plugged


def main(arguments: list[str]) -> None:
    machine: Machine = AlbumPlayer(Path(arguments[0])) if arguments else Phone()
    with plugged(machine) as adbd:
        sys.stdout.write(f"{adbd.serial}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1:])
