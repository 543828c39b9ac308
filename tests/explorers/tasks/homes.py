"""A folder as the home of an episode: no confinement, for tests of what uses one."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from explorers.tasks import Ran


class FolderHome:
    """A workspace in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def exists(self, path: str) -> bool:
        return (self.folder / path).exists()

    def read(self, path: str) -> bytes | None:
        place = self.folder / path
        return place.read_bytes() if place.is_file() else None

    def write(self, path: str, data: bytes) -> None:
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def make_folder(self, path: str) -> None:
        (self.folder / path).mkdir(parents=True, exist_ok=True)

    def remove(self, path: str) -> None:
        place = self.folder / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)

    def run(self, arguments: Sequence[str], seconds: float) -> Ran:
        try:
            ran = subprocess.run(arguments, cwd=self.folder, capture_output=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired:
            return Ran(None, b"")
        return Ran(ran.returncode, ran.stdout + ran.stderr)
