"""Finding a Chromium that works, and getting one where there is none.

    python -m explorers.setup.chromium              which one is used, and what was wrong with those before it
    python -m explorers.setup.chromium --install    the same, and gets one if there is none (`make browser`)
    python -m explorers.setup.chromium --visible    the same with windows, which a person's demonstration is recorded in

That a file exists proves little: it may be a stub, a wrapper, of another machine, or lack its libraries. So a candidate
counts only after it opened a page. The trial has a process of its own, which can be killed when it hangs, and does not
disturb a caller that runs Playwright or an event loop already.
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypedDict

from explorers.setup.commands import complaint_in, run_command
from schemas.errors import DeviceUnavailable

VARIABLE = "HINDTRACE_CHROMIUM"
# The headless shell comes first: half the memory of the full browser, and episodes reset three times faster.
NAMES = (
    "chromium-headless-shell",
    "/usr/lib/chromium/chromium",
    "google-chrome-stable",
    "google-chrome",
    "chromium",
    "chromium-browser",
)
OWN = "Playwright's own"
HEADLESS = "headless"
_VISIBLE = f"Run '{sys.executable} -m playwright install chromium', or 'apt-get install -y chromium' as root on Debian."
# Playwright's driver is linked with it, and a small Debian lacks it.
LIBATOMIC = "libatomic.so.1"
PROJECT = Path(__file__).resolve().parents[2]
UNPACKED = PROJECT / ".chromium"
MISSING_EXTRA = "Playwright is not installed: run \"pip install 'hindtrace[web]'\"."


class _PlaywrightBroken(DeviceUnavailable):
    """Playwright does not start, with whichever browser."""


class LaunchArguments(TypedDict):
    """What Playwright's `chromium.launch` is called with, everywhere."""

    executable_path: str | None
    args: list[str]
    chromium_sandbox: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Chromium:
    """A browser that has opened a page here."""

    executable: str | None
    """None for Playwright's own."""
    version: str

    def __str__(self) -> str:
        return f"Chromium {self.version} ({self.executable or OWN})"


def launch_arguments(executable: str | None, *, loopback_only: bool = False) -> LaunchArguments:
    """Return the arguments that every Chromium is launched with.

    The sandbox is on except as root, under whom Chromium refuses to start with it.

    Args:
        executable: A path, or None for Playwright's own.
        loopback_only: No name but localhost resolves. The full browser calls its maker at start whatever the other
            flags say; the headless shell does not.
    """
    args = [
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-default-apps",
        "--no-first-run",
    ]
    if loopback_only:
        args.append("--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost")
    return {"executable_path": executable, "args": args, "chromium_sandbox": os.geteuid() != 0}


def find_chromium(*, seconds: float = 20, visible: bool = False) -> Chromium:
    """Return the first Chromium that opens a page.

    `HINDTRACE_CHROMIUM` where it is set, and then nothing else; or Playwright's own, then the system's, then the one
    unpacked in `.chromium/`.

    Args:
        seconds: How long one candidate may take to start, and again to open the page.
        visible: It must have windows, as a headless shell has none.

    Raises:
        DeviceUnavailable: None does; the message names each one tried, why it failed, and what to run.
    """
    if importlib.util.find_spec("playwright") is None:
        raise DeviceUnavailable(MISSING_EXTRA)
    chosen = os.environ.get(VARIABLE)
    if chosen and visible and HEADLESS in chosen:
        raise DeviceUnavailable(f"{VARIABLE}={chosen} has no windows. Name a whole Chromium, or unset it.")
    names = [*NAMES, *map(str, sorted(UNPACKED.glob("usr/lib/chromium/chromium*")))]
    candidates: list[str | None] = [chosen] if chosen else [None, *names]
    if visible and not chosen:
        whole = _whole_playwright()
        candidates = [*([whole] if whole else []), *(name for name in names if HEADLESS not in name)]
    failures = []
    for name in candidates:
        try:
            return _try(name, seconds)
        except _PlaywrightBroken:
            raise
        except DeviceUnavailable as failure:
            if chosen:
                raise DeviceUnavailable(
                    f"{VARIABLE}={chosen} does not work: {failure}. Correct it or unset it."
                ) from None
            failures.append(f"{name or OWN}: {failure}")
    if visible:
        raise DeviceUnavailable(f"No Chromium with windows. {_VISIBLE} Tried " + "; ".join(failures) + ".")
    raise DeviceUnavailable(f"No Chromium opens a page. {_advice(failures)} Tried " + "; ".join(failures) + ".")


def _whole_playwright() -> str | None:
    """Return where Playwright keeps its whole browser, if it was downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if os.path.exists(path) else None


def _try(name: str | None, seconds: float) -> Chromium:
    """Return the Chromium of this name or path once it has opened a page in a process of its own."""
    executable = name and shutil.which(os.path.expanduser(name))
    if name and not executable:
        raise DeviceUnavailable("not executable" if os.path.exists(os.path.expanduser(name)) else "not found")
    executable = executable and os.path.abspath(executable)
    # `-m` finds this module by the folder it starts in, wherever the caller stands.
    command = [sys.executable, "-m", "explorers.setup.chromium", "--open", executable or "", "--seconds", str(seconds)]
    # Playwright leaves its folders behind when a browser does not start.
    with tempfile.TemporaryDirectory(prefix="hindtrace-", ignore_cleanup_errors=True) as folder:
        trial = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, "TMPDIR": folder},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        with trial:
            try:
                # Playwright's own limits come first and clean up; this one is for Playwright itself.
                out, err = trial.communicate(timeout=3 * seconds + 10)
            except subprocess.TimeoutExpired:
                raise DeviceUnavailable(f"no answer within {3 * seconds + 10:g} s") from None
            finally:
                _end(trial)
    try:
        answer = json.loads(out)
    except ValueError:
        complaint = complaint_in(err)
        mend = " Run 'apt-get install -y libatomic1' as root." if LIBATOMIC in complaint else ""
        raise _PlaywrightBroken(f"Playwright does not start: {complaint}.{mend}") from None
    if "version" not in answer:
        raise DeviceUnavailable(answer["reason"])
    return Chromium(executable=executable, version=answer["version"])


def _end(trial: subprocess.Popen[str]) -> None:
    """End a trial and its driver; on SIGTERM the driver ends the browser, whose process group is another."""
    for how in (signal.SIGTERM, signal.SIGKILL):
        if trial.poll() is not None:
            return
        os.killpg(trial.pid, how)
        try:
            trial.wait(timeout=5)
        except subprocess.TimeoutExpired:
            continue


def _open(executable: str | None, seconds: float) -> dict[str, str]:
    """Open a page with Playwright in this process and return the browser's version, or the reason it did not."""
    from playwright.sync_api import Error, sync_playwright

    limit = 1000 * seconds
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(**launch_arguments(executable), timeout=limit)
            page = browser.new_page()
            page.goto("data:text/html,<p id=open>open</p>", timeout=limit)
            page.locator("#open").wait_for(timeout=limit)
            version = browser.version
            browser.close()
        except Error as error:
            return {"reason": _reason(error.message, seconds)}
    return {"version": version}


def _reason(message: str, seconds: float) -> str:
    """Return one short line of a launch error, which repeats the browser's whole command line and log."""
    first = message.partition("\n")[0].removeprefix("BrowserType.launch: ")
    logged = re.search(r"\[err\] (?:\[\S+\] )?(.+)", message)
    ended = re.search(r"<process did exit: exitCode=(\d+)", message)
    if "Executable doesn't exist" in first:
        reason = "not downloaded"
    elif "Timeout" in first:
        reason = f"no answer within {seconds:g} s"
    elif "sandboxing failed" in message:
        reason = "its sandbox may not start here"
    elif logged:
        reason = logged[1]
    elif ended:
        reason = f"it ended at once with code {ended[1]}"
    else:
        reason = first
    return reason.strip().rstrip(".")[:200]


def _advice(failures: Sequence[str]) -> str:
    """Return the one command that should mend it on this system."""
    if any("shared librar" in failure for failure in failures):
        return f"Run '{sys.executable} -m playwright install-deps chromium-headless-shell' as root."
    try:
        debian = platform.freedesktop_os_release()["ID"] == "debian"
    except OSError:
        debian = False
    if any("sandbox may not start" in failure for failure in failures):
        # Debian's is a program with its owner's rights; others need user namespaces, which Ubuntu restricts.
        if debian:
            return "Run 'apt-get install -y chromium-sandbox' as root."
        return (
            "Run 'sysctl -w kernel.apparmor_restrict_unprivileged_userns=0' as root, or start the container so that "
            "user namespaces are allowed."
        )
    if debian:
        return "Run 'apt-get update && apt-get install -y chromium-headless-shell' as root."
    return f"Run '{sys.executable} -m playwright install --only-shell chromium', or point {VARIABLE} to a Chromium."


def install_visible() -> Chromium:
    """Return a Chromium with windows, and get one first if there is none: the distribution's for root.

    Raises:
        DeviceUnavailable: Nothing helped, or `HINDTRACE_CHROMIUM` names one that has none.
    """
    try:
        return find_chromium(visible=True)
    except DeviceUnavailable:
        if os.environ.get(VARIABLE):
            raise
    if os.geteuid() != 0 or not any(_install("chromium")):
        run_command("Downloading Chromium", (sys.executable, "-m", "playwright", "install", "chromium"))
    return find_chromium(visible=True)


def install_chromium() -> Chromium:
    """Return a Chromium that works, and get one first if there is none.

    Playwright's download needs no root. Where it fails, root installs the distribution's package; anyone else unpacks
    that package into `.chromium/`. Never asks for more rights than it has.

    Raises:
        DeviceUnavailable: Nothing helped, or `HINDTRACE_CHROMIUM` names one that does not work.
    """
    try:
        return find_chromium()
    except _PlaywrightBroken as failure:
        if os.geteuid() != 0 or LIBATOMIC not in str(failure):
            raise
        ways: Iterator[bool] = chain(_install("libatomic1"), _ways())
    except DeviceUnavailable:
        if os.environ.get(VARIABLE) or importlib.util.find_spec("playwright") is None:
            raise
        ways = _ways()
    for worked in ways:
        if worked:
            try:
                return find_chromium()
            except DeviceUnavailable:
                continue
    return find_chromium()


def _ways() -> Iterator[bool]:
    """Try one way after the other to get a Chromium, and yield after each whether it went through."""
    playwright = (sys.executable, "-m", "playwright")
    downloaded = run_command("Downloading Chromium", (*playwright, "install", "--only-shell", "chromium"))
    yield downloaded
    if os.geteuid() != 0:
        yield _unpack()
        return
    if downloaded:
        yield run_command("Installing its libraries", (*playwright, "install-deps", "chromium-headless-shell"))
    yield from _install("chromium-headless-shell", "chromium")


def _install(*packages: str) -> Iterator[bool]:
    """Install one package after the other as root, and yield after each whether it went through."""
    run_command("Reading the package lists", ("apt-get", "update"))
    for package in packages:
        # Fonts are named because without recommended packages there may be none to draw text with.
        install = ("apt-get", "install", "-y", "--no-install-recommends", "fonts-liberation", package)
        yield run_command(f"Installing {package}", install)


def _unpack() -> bool:
    """Unpack Debian's package into `.chromium/`, which needs no root, and return whether that worked."""
    if not shutil.which("apt-get") or not shutil.which("dpkg"):
        return False
    packages = UNPACKED / "packages"
    packages.mkdir(parents=True, exist_ok=True)
    download = ("apt-get", "download", "chromium-headless-shell", "chromium-common")
    done = run_command("Fetching chromium-headless-shell to unpack it here", download, cwd=packages) and all(
        run_command(f"Unpacking {package.name}", ("dpkg", "-x", str(package), str(UNPACKED)))
        for package in sorted(packages.glob("*.deb"))
    )
    shutil.rmtree(packages)
    return done


def main(argv: Sequence[str] | None = None) -> int:
    """Print the Chromium that is used, or on stderr why there is none; return 0 or 1."""
    parser = argparse.ArgumentParser(
        prog="python -m explorers.setup.chromium", description="Find a Chromium that works."
    )
    parser.add_argument("--install", action="store_true", help="get one if there is none")
    parser.add_argument("--visible", action="store_true", help="one with windows")
    parser.add_argument("--open", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=20, help="time limit for a start (default: 20)")
    options = parser.parse_args(argv)
    if options.open is not None:
        print(json.dumps(_open(options.open or None, options.seconds)))
        return 0
    try:
        if options.install:
            print(install_visible() if options.visible else install_chromium())
        else:
            print(find_chromium(seconds=options.seconds, visible=options.visible))
    except DeviceUnavailable as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
