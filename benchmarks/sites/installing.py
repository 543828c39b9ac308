"""Installing what the sites need into folders of a cache, from PyPI, npm and Debian, and never into the system."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

CACHE = Path(".bench")
"""Below the current folder; `make` runs in the project's own."""

SECONDS = 900


class SiteError(Exception):
    """A site that could not be installed or started; the message says what was tried."""


def installed(name: str, wanted: Sequence[str], install: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, filled by `install` unless an earlier call did that for the same `wanted`.

    Raises:
        SiteError: if the installation failed; what it left behind is removed by the next call.
    """
    folder = (CACHE / name).resolve()
    stamp = folder / "installed"
    key = "\n".join(wanted)
    if stamp.exists() and stamp.read_text() == key:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"Installing {', '.join(wanted)} into {CACHE / name} ...", file=sys.stderr, flush=True)
    install(folder)
    stamp.write_text(key)
    return folder


def python_packages(name: str, *requirements: str) -> Path:
    """The interpreter of a virtual environment with these packages from PyPI."""

    def install(folder: Path) -> None:
        run([sys.executable, "-m", "venv", str(folder / "venv")])
        python = str(folder / "venv/bin/python")
        run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", *requirements])

    return installed(name, requirements, install) / "venv/bin/python"


def npm_packages(name: str, *requirements: str) -> Path:
    """The `node_modules` with these packages from npm; their install scripts don't run."""

    def install(folder: Path) -> None:
        if not shutil.which("npm"):
            raise SiteError("No npm: run 'apt-get install -y nodejs npm' as root.")
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(folder)]
        run(["npm", "install", *options, *requirements])

    return installed(name, requirements, install) / "node_modules"


def debian_packages(name: str, packages: Sequence[str], *, needed: Sequence[str] = ()) -> Path:
    """A folder with these Debian packages unpacked, and with what `needed` packages bring that the system lacks.

    Nothing is configured and no root is needed, except to refresh the package lists, which is left out without it.
    """

    def install(folder: Path) -> None:
        if not shutil.which("apt-get") or not shutil.which("dpkg"):
            raise SiteError(f"No apt-get: {name} is taken from Debian's packages.")
        if os.geteuid() == 0:
            run(["apt-get", "update", "-qq"])
        lacking = _lacking(needed)
        archives = folder / "archives"
        archives.mkdir()
        user = ["-o", "APT::Sandbox::User=root"] if os.geteuid() == 0 else []
        run(["apt-get", "download", "-qq", *user, *sorted({*packages, *lacking})], cwd=archives)
        for archive in sorted(archives.glob("*.deb")):
            run(["dpkg", "-x", str(archive), str(folder / "root")])
        shutil.rmtree(archives)

    return installed(name, (*packages, *needed), install) / "root"


def run(command: Sequence[str], *, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """What the command printed.

    Raises:
        SiteError: if it failed; the message ends with its last lines.
    """
    try:
        done = subprocess.run(
            command,
            cwd=cwd,
            env=None if env is None else {**os.environ, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SiteError(f"{command[0]} failed: {error}") from error
    if done.returncode:
        said = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise SiteError(f"{' '.join(command[:4])} ... failed with code {done.returncode}:\n{said}")
    return done.stdout


def _lacking(packages: Sequence[str]) -> list[str]:
    """The packages that an installation of these would bring."""
    if not packages:
        return []
    planned = run(["apt-get", "install", "--simulate", "--no-install-recommends", *packages])
    return [line.split()[1] for line in planned.splitlines() if line.startswith("Inst ")]
