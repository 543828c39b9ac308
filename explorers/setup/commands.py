"""Commands that set a system up, and what they complain of."""

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

SECONDS = 900


def run_command(title: str, command: Sequence[str], *, cwd: Path | None = None) -> bool:
    """Run a command for at most a quarter of an hour, say how it went in a line, and return whether it succeeded."""
    print(f"{title} ...", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
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
    if done.returncode:
        print(f"  failed: {complaint_in(done.stderr or done.stdout)}")
    return not done.returncode


def complaint_in(text: str) -> str:
    """Return the line that says what went wrong: the last that calls itself an error, or the last one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["it said nothing"]
    errors = [line for line in lines if re.search(r"^E: |^\w*Error: |error while loading", line)]
    # The end of a long line says more than the path that it begins with.
    return (errors or lines)[-1][-200:].rstrip(".")
