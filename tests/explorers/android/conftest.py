import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from explorers.android import AndroidConfig, AndroidEnvironment
from schemas.recordings import Recording
from tests.explorers.android.device import Phone
from tests.explorers.android.device.adbd import Adbd, plugged
from tests.explorers.android.device.apps import NOTES


def adb_programs() -> dict[str, str]:
    """The adb of the system and the one in adbutils, by what they are called here."""
    library = find_spec("adbutils")
    bundled = Path(library.origin).parent / "binaries" / "adb" if library and library.origin else None
    found = {"system": shutil.which("adb"), "adbutils": str(bundled) if bundled and bundled.exists() else None}
    return {name: path for name, path in found.items() if path is not None}


@pytest.fixture(scope="session")
def adb_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real adb server at a port of its own, with keys of its own; the path of its program."""
    programs = adb_programs()
    if not programs:
        pytest.skip("no adb: run 'apt-get install -y adb' as root")
    with served(next(iter(programs.values())), tmp_path_factory.mktemp("adb")) as path:
        yield path


class served:
    """An adb server while it is entered; the variables that name it are set for this process."""

    def __init__(self, program: str, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.program = program
        self._patch = pytest.MonkeyPatch()
        self._variables = {
            "HOME": str(home),
            "ANDROID_ADB_SERVER_PORT": str(port),
            "ADB_MDNS": "0",
            "ADBUTILS_ADB_PATH": program,
        }

    def __enter__(self) -> str:
        for name, value in self._variables.items():
            self._patch.setenv(name, value)
        self.run("start-server")
        return self.program

    def __exit__(self, *_: object) -> None:
        self.run("kill-server")
        self._patch.undo()

    def run(self, *arguments: str) -> str:
        done = subprocess.run(
            [self.program, *arguments], env=dict(os.environ), capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout + done.stderr


@pytest.fixture
def phone(adb_server: str) -> Iterator[Phone]:  # noqa: ARG001
    """A fresh phone, plugged in; `phone.adbd` is its cable."""
    machine = Phone()
    with plugged(machine) as adbd:
        machine.adbd = adbd  # type: ignore[attr-defined]
        yield machine


@pytest.fixture
def notes(phone: Phone) -> Iterator[AndroidEnvironment]:
    """The notes app of that phone."""
    environment = notes_on(phone.adbd)  # type: ignore[attr-defined]
    yield environment
    environment.close()


def notes_on(adbd: Adbd, **settings: object) -> AndroidEnvironment:
    config = AndroidConfig(**{"fresh": "clear", "step": 20.0, "reconnect": 5.0, **settings})  # type: ignore[arg-type]
    return AndroidEnvironment(adbd.serial, NOTES, config=config)


@pytest.fixture
def check() -> Callable[[Recording], None]:
    """Checks a recording: every step is whole, in order, and joined to the one before."""

    def whole(recording: Recording) -> None:
        for index, step in enumerate(recording.steps[: recording.trajectory.finished]):
            assert step.step_index == index
            assert step.before is not None
            assert step.after is not None
            assert step.before.screen is not None
            assert recording.screen(step.before.screen)
            assert step.continuous == (index > 0)

    return whole


def album_folder() -> Path | None:
    """DroidBot's recorded run of an album, where it lies beside the project or where a variable says; or None."""
    named = os.environ.get("HINDTRACE_DROIDBOT")
    beside = Path(__file__).resolve().parents[3].parent
    places = [Path(named)] if named else [beside / "shared", beside.parent / "shared"]
    folders = [place if named else place / "recordings" / "android-droidbot-album" for place in places]
    return next((folder for folder in folders if (folder / "utg.js").is_file()), None)
