"""Datasette over the demo's library."""

import sys
import tempfile
from collections.abc import Iterator
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
    database = folder / "library.db"
    write_library(database, seed=7)
    options = ["-h", "127.0.0.1", "--setting", "default_page_size", "20", "-p"]
    command = [sys.executable, "-m", "datasette", "serve", str(database), *options]
    with served(lambda chosen: [*command, str(chosen)], "/", port=port) as address:
        yield address
