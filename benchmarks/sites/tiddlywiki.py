"""TiddlyWiki in its server mode, with the tiddlers of its own website."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.sites.installing import npm_packages
from benchmarks.sites.serving import served

VERSION = "5.4.1"
EDITION = "tw5.com-server"


@contextmanager
def tiddlywiki(*, port: int = 0) -> Iterator[str]:
    """A fresh copy of the wiki, which can be written to."""
    package = npm_packages("tiddlywiki", f"tiddlywiki@{VERSION}") / "tiddlywiki"
    with tempfile.TemporaryDirectory(prefix="hindtrace-") as folder:
        wiki = Path(folder) / EDITION
        # The edition of the server includes the website's, by a path beside its own.
        for edition in (EDITION, "tw5.com"):
            shutil.copytree(package / "editions" / edition, Path(folder) / edition)
        command = ["node", str(package / "tiddlywiki.js"), str(wiki), "--listen", "host=127.0.0.1"]
        with served(lambda chosen: [*command, f"port={chosen}"], "/", port=port) as address:
            yield address
