"""BrowserGym in an environment of its own, with the browser that the others use."""

import sys
from pathlib import Path

from benchmarks.loops.chromium import executable
from benchmarks.loops.worker import Worker
from benchmarks.sites.installing import CACHE, python_packages

VERSION = "0.14.3"
REVISION = "chromium-1117"
"""What the Playwright that BrowserGym pins looks for."""


def browsergym_worker(*options: str) -> Worker:
    """A worker with BrowserGym's loop; the first call installs it."""
    python = python_packages("browsergym", f"browsergym-core=={VERSION}")
    return Worker(
        [str(python), "-m", "benchmarks.loops.browsergym", *options], env={"PLAYWRIGHT_BROWSERS_PATH": str(_browsers())}
    )


def own_worker(module: str, *options: str) -> Worker:
    """A worker with a loop of this environment."""
    return Worker([sys.executable, "-m", f"benchmarks.loops.{module}", *options])


def _browsers() -> Path:
    """A folder of browsers as Playwright lays it out, with a link to the browser that is here."""
    folder = (CACHE / "browsers").resolve()
    place = folder / REVISION / "chrome-linux"
    place.mkdir(parents=True, exist_ok=True)
    (folder / REVISION / "INSTALLATION_COMPLETE").touch()
    link = place / "chrome"
    link.unlink(missing_ok=True)
    link.symlink_to(executable())
    return folder
