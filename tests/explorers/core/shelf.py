"""A small application that keeps what it is told in a file of its folder, for tests that launch it: a program."""

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PAGE = """<!doctype html><html lang=en><title>Shelf</title><h1>Shelf</h1><ul>{items}</ul>
<form method=post action=/add><label>Item <input name=item></label> <button>Add</button>
<button formaction=/forget>Forget</button></form>"""


class Shelf(BaseHTTPRequestHandler):
    """`/` lists the items, a POST to `/add` adds one, to `/forget` does nothing, to `/clear` removes them."""

    kept: Path

    def do_GET(self) -> None:
        """The list."""
        items = self.kept.read_text() if self.kept.exists() else ""
        body = PAGE.format(items="".join(f"<li>{item}</li>" for item in items.split())).encode()
        self.send_response(503 if self.path == "/down" else 200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        """A change."""
        said = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        if self.path == "/clear":
            self.kept.write_text("")
        elif self.path == "/add":
            with self.kept.open("a") as file:
                file.write(said.partition("=")[2] + "\n")
        self.send_response(303)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def main(folder: str, port: str, how: str = "serves") -> None:
    """Serves the folder; or `deaf` hears no signal, `fails` says why and ends, `silent` never answers."""
    if how == "fails":
        sys.exit("the shelf has no wood")
    if how == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if how == "silent":
        print("the shelf is being built", flush=True)  # noqa: T201
        time.sleep(600)
    Shelf.kept = Path(folder, "items.txt")
    Path(folder, "started").write_text(str(os.getpid()))
    ThreadingHTTPServer(("127.0.0.1", int(port)), Shelf).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
