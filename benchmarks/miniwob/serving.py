"""Serves the tasks of MiniWoB++ with the script by which their truth is asked: what their manifest launches.

    python -m benchmarks.miniwob.serving FOLDER --port 8002

The folder holds what is appended to each page.
"""

import argparse
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from benchmarks.sites import static
from benchmarks.sites.miniwob import pages

PROJECT = Path(__file__).resolve().parents[2]


def appended(folder: Path) -> Path:
    """The file of what is appended to each page, written into that folder."""
    script = files("benchmarks.miniwob").joinpath("page.js").read_text("utf-8")
    file = folder / "page.html"
    file.write_text(f"<script>\n{script}</script>\n", "utf-8")
    return file


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until the process is ended; the pages are those that were installed into the project's cache."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args(arguments)
    script = appended(given.folder.resolve())
    os.chdir(PROJECT)
    return static.main([str(pages()), "--append", str(script), "--port", str(given.port)])


if __name__ == "__main__":
    raise SystemExit(main())
