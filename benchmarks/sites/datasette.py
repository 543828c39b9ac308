"""Datasette over the demo's library.

    python -m benchmarks.sites.datasette FOLDER --port 8001

This is what its manifest launches; the library is written into the folder first.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.library_database import write_library
from benchmarks.sites.serving import served


@contextmanager
def datasette(*, port: int = 0) -> Iterator[str]:
    """Its start page; Datasette comes with the project's `demo` extra."""
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder, library(Path(folder), port=port) as address:
        yield address


@contextmanager
def library(folder: Path, *, port: int = 0) -> Iterator[str]:
    """The same with its database left in the folder, at this port where it is free."""
    database = _written(folder)
    with served(lambda chosen: _command(database, chosen), "/", port=port) as address:
        yield address


def _written(folder: Path) -> Path:
    database = folder / "library.db"
    write_library(database, seed=7)
    return database


def _command(database: Path, port: int) -> list[str]:
    options = ["-h", "127.0.0.1", "--setting", "default_page_size", "20", "-p", str(port)]
    return [sys.executable, "-m", "datasette", "serve", str(database), *options]


def main(arguments: Sequence[str] | None = None) -> None:
    """Becomes the server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args(arguments)
    os.execv(sys.executable, _command(_written(given.folder), given.port))


if __name__ == "__main__":
    main()
