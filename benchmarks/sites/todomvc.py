"""TodoMVC: one list of things to do, written by many people with many frameworks."""

from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.sites.installing import npm_packages
from benchmarks.sites.serving import static_files

VERSION = "0.1.1"
IMPLEMENTATIONS = ("react", "vue", "angularjs", "backbone")


@contextmanager
def todomvc(implementation: str) -> Iterator[str]:
    """An implementation; what is to be done stays in the browser's own storage."""
    folder = npm_packages("todomvc", f"todomvc@{VERSION}") / "todomvc"
    with static_files(folder, f"/examples/{implementation}/index.html") as address:
        yield address
