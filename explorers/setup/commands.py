"""Commands that set a system up, and what they complain of."""

import os
import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

SECONDS = 900
LOCK_SECONDS = 600.0
"""How long another program's lock is waited for; an upgrade that runs by itself takes minutes."""
LOCK_PAUSE = 2.0

_LOCKED = re.compile(
    r"Could not get lock|Unable to acquire the dpkg frontend lock .*another process|was locked by another"
)
"""What apt and dpkg say of a lock that is held, and not of one that the user may not take."""


def run_command(title: str, command: Sequence[str], *, cwd: Path | None = None) -> bool:
    """Run a command for at most a quarter of an hour, say how it went in a line, and return whether it succeeded.

    While another program holds apt's lock it is waited for, and the command is run again.
    """
    print(f"{title} ...", flush=True)
    # Of the languages that a command may complain in, one is read here.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}
    until = time.monotonic() + LOCK_SECONDS
    told = False
    while True:
        try:
            done = subprocess.run(
                command,
                cwd=cwd,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            print(f"  failed: {error}")
            return False
        if not done.returncode:
            return True
        said = done.stderr or done.stdout
        held = next((line.strip() for line in said.splitlines() if _LOCKED.search(line)), None)
        if held is None or time.monotonic() > until:
            print(f"  failed: {complaint_in(said)}")
            return False
        if not told:
            print(f"  another program installs packages, waiting for it: {held[-200:]}", flush=True)
            told = True
        time.sleep(LOCK_PAUSE)


def install(packages: Sequence[str]) -> bool:
    """Install Debian's packages as root, after reading the lists of packages; return whether that worked."""
    return run_command("Reading the package lists", ("apt-get", "update")) and run_command(
        f"Installing {' '.join(packages)}", ("apt-get", "install", "-y", "--no-install-recommends", *packages)
    )


def complaint_in(text: str) -> str:
    """Return the line that says what went wrong: the last that calls itself an error, or the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    errors = [line for line in lines if re.search(r"^E: |^\w*Error: |error while loading", line)]
    # The end of a long line says more than the path that it begins with.
    return (errors or lines)[-1][-200:].rstrip(".")
