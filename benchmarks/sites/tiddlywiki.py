"""TiddlyWiki in its server mode, with the tiddlers of its own website."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sites.installing import npm_packages
from benchmarks.sites.serving import free_port, served

VERSION = "5.4.1"
EDITION = "tw5.com-server"


@contextmanager
def tiddlywiki() -> Iterator[str]:
    """A fresh copy of the wiki, which can be written to."""
    package = npm_packages("tiddlywiki", f"tiddlywiki@{VERSION}") / "tiddlywiki"
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        wiki = Path(folder) / EDITION
        # The edition of the server includes the website's, by a path beside its own.
        for edition in (EDITION, "tw5.com"):
            shutil.copytree(package / "editions" / edition, Path(folder) / edition)
        port = free_port()
        command = ["node", str(package / "tiddlywiki.js"), str(wiki), "--listen", "host=127.0.0.1", f"port={port}"]
        with served(command, port, "/") as address:
            yield address
