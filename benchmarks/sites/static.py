"""A folder on loopback.

    python -m benchmarks.sites.static FOLDER --port 8000 [--append FILE]

With `--append`, the text of FILE follows every page on its way out; the files stay as they are.
"""

import argparse
import io
import os
from collections.abc import Sequence
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, BinaryIO


class Handler(SimpleHTTPRequestHandler):
    """Files, without a log."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *given: Any, appended: bytes, **named: Any) -> None:
        self._appended = appended
        super().__init__(*given, **named)

    def send_head(self) -> BinaryIO | io.BytesIO | None:
        """Answers with a file; with a page and what is appended to it."""
        path = Path(self.translate_path(self.path))
        if not self._appended or path.suffix != ".html" or not path.is_file():
            return super().send_head()
        page = path.read_bytes() + self._appended
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        return io.BytesIO(page)

    def log_message(self, *_: Any) -> None:
        """Nothing: a log of every request says nothing to anyone here."""


class Server(ThreadingHTTPServer):
    """Ends without waiting for connections that a browser keeps open."""

    daemon_threads = True
    block_on_close = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--append", type=Path, help="a file of HTML")
    given = parser.parse_args(arguments)
    appended = given.append.read_bytes() if given.append else b""
    handler = partial(Handler, appended=appended, directory=os.fspath(given.folder))
    with Server(("127.0.0.1", given.port), handler) as server:
        server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
