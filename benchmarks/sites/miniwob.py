"""MiniWoB++: small tasks for web agents. Every task has a page of its own."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sites.installing import python_packages
from benchmarks.sites.serving import static_files

VERSION = "1.1.0"
START = """
<script>
addEventListener("load", () => setTimeout(() => {
    Math.seedrandom("7");
    core.EPISODE_MAX_TIME = 600000;
    core.startEpisodeReal();
}));
</script>
"""
"""A task waits behind a cover until someone starts it, and gives up after ten seconds: here it starts at once."""


@contextmanager
def miniwob() -> Iterator[str]:
    """The list of its files; `task_urls` tells the tasks."""
    with tempfile.NamedTemporaryFile("w", suffix=".html") as start:
        start.write(START)
        start.flush()
        with static_files(pages(), "/miniwob/", "--append", start.name) as address:
            yield address


def task_urls(address: str) -> list[str]:
    """The page of every task, below the address that `miniwob` yields."""
    return [f"{address}{page.name}" for page in sorted((pages() / "miniwob").glob("*.html"))]


def pages() -> Path:
    """The folder of its files."""
    python = python_packages("miniwob", f"miniwob=={VERSION}")
    (pages,) = python.parent.parent.glob("lib/python*/site-packages/miniwob/html")
    return pages
