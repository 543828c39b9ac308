"""Nothing of a desktop outlives whoever started it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from explorers.desktop import DesktopConfig
from explorers.desktop.process import DesktopProcess
from schemas.errors import DeviceLost, DeviceUnavailable

pytestmark = pytest.mark.desktop

START = """
import sys, time
from explorers.desktop import DesktopConfig
from explorers.desktop.process import DesktopProcess
desktop = DesktopProcess(DesktopConfig(width=640, height=480))
pid = desktop.start(["sh", "-c", "(trap '' TERM HUP; setsid sleep 600 &) ; sleep 600"])
print(desktop.folder, desktop.display, pid, flush=True)
time.sleep(600)
"""


def desktop(display: str | None = None, shown: Sequence[str] = ()) -> DesktopProcess:
    return DesktopProcess(DesktopConfig(width=640, height=480, display=display), shown=shown)


def processes_of(folder: str) -> list[int]:
    """The processes whose environment or command names the folder, or that see it as their /tmp."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "mountinfo").read_bytes()
            except OSError:
                continue
            if Path(folder).name.encode() in told:
                found.append(int(entry.name))
    return found


def wait_until_gone(folder: str, seconds: float = 10.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not os.path.exists(folder) and not processes_of(folder):
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def explorer() -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """Another process with a desktop, the desktop's folder and its display."""
    process = subprocess.Popen([sys.executable, "-c", START], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    folder, display, _ = process.stdout.readline().split()
    yield process, folder, display
    process.kill()
    process.wait()
    process.stdout.close()


def test_nothing_survives_the_kill_of_the_explorer(explorer: tuple[subprocess.Popen[str], str, str]) -> None:
    process, folder, display = explorer
    server = Path(f"/tmp/.X11-unix/X{display[1:]}")
    assert server.exists()
    assert processes_of(folder)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert wait_until_gone(folder)
    assert not server.exists()
    assert not Path(f"/tmp/.X{display[1:]}-lock").exists()


def test_several_desktops_have_displays_and_homes_of_their_own() -> None:
    with closing(desktop()) as one, closing(desktop()) as other:
        assert one.display != other.display
        assert one.folder != other.folder
        assert (one.folder / "agent/Documents/notes.txt").exists()
    assert not one.folder.exists()
    assert not other.folder.exists()


def test_a_program_that_is_not_there_is_said_to_be_missing() -> None:
    with closing(desktop()) as running, pytest.raises(DeviceUnavailable, match="no-such-program"):
        running.start(["no-such-program"])


def said_until_done(running: DesktopProcess) -> str:
    """What the desktop's programs wrote until one of them said that it is done."""
    log = running.folder / "application.log"
    until = time.monotonic() + 10
    while "done" not in (log.read_text() if log.exists() else "") and time.monotonic() < until:
        time.sleep(0.02)
    return log.read_text()


def test_what_ends_is_told_with_its_code() -> None:
    with closing(desktop()) as running:
        pid = running.start(["sh", "-c", "exit 3"])
        until = time.monotonic() + 10
        while not running.ended and time.monotonic() < until:
            running.poll()
        assert [(each.pid, each.code) for each in running.ended] == [(pid, 3)]


def test_a_program_sees_a_home_without_the_network_and_can_write_nowhere_else() -> None:
    with closing(desktop()) as running:
        if running.open:
            pytest.skip(f"not permitted here: {running.open}")
        script = (
            "grep -c : /proc/net/dev; pwd; echo $HOME; touch $HOME/mine && echo written; touch /var/tmp/x || true;"
            f"touch /home/x /etc/x || true; ls {running.folder.parent} | wc -w"
        )
        running.start(["sh", "-c", f"{script}; echo done"])
        said = said_until_done(running)
        assert "1\n/tmp/agent\n/tmp/agent\nwritten\n" in said
        assert said.count("Read-only file system") == 3
        assert (running.folder / "agent/mine").exists()


def test_a_program_sees_of_tmp_what_it_is_shown_and_cannot_write_there() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as seen, tempfile.TemporaryDirectory(dir="/tmp") as unseen:
        Path(seen, "program").write_text("here")
        with closing(desktop(shown=[seen])) as running:
            if running.open:
                pytest.skip(f"not permitted here: {running.open}")
            running.start(["sh", "-c", f"cat {seen}/program; touch {seen}/x; ls {unseen}; echo done"])
            said = said_until_done(running)
        assert said.startswith("here")
        assert "Read-only file system" in said
        assert "No such file" in said
        assert [path.name for path in Path(seen).iterdir()] == ["program"], "what was shown outlives the desktop"


def test_a_desktop_that_was_ended_is_lost() -> None:
    running = desktop()
    running.kill()
    with pytest.raises(DeviceLost):
        running.poll()
    running.close()
    running.close()
    assert not running.folder.exists()


def test_a_display_that_is_there_is_used_and_left(tmp_path: Path) -> None:  # noqa: ARG001
    with closing(desktop()) as theirs:
        with closing(desktop(display=theirs.display)) as ours:
            assert ours.display == theirs.display
            ours.start(["true"])
        assert Path(f"/tmp/.X11-unix/X{theirs.display[1:]}").exists()


def test_the_permit_of_a_display_is_copied_to_where_its_programs_see_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit = tmp_path / "permit"
    permit.write_bytes(b"cookie")
    monkeypatch.setenv("XAUTHORITY", str(permit))
    with closing(desktop()) as theirs, closing(desktop(display=theirs.display)) as ours:
        assert (ours.folder / "run/xauthority").read_bytes() == b"cookie"
        assert not (theirs.folder / "run/xauthority").exists()
