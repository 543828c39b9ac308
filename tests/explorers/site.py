"""A small website on loopback with regular and hostile pages; counts what was asked of it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

PAGES = {path.stem: path for path in Path(__file__).with_name("pages").glob("*.html")}


class Site:
    """The running site; `asked` counts the paths."""

    def __init__(self, port: int, asked: Counter[str]) -> None:
        self.host = f"127.0.0.1:{port}"
        self.asked = asked

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
)


@contextmanager
def serve() -> Iterator[Site]:
    asked: Counter[str] = Counter()
    closing = threading.Event()

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            asked[path] += 1
            match path:
                case "/redirect":
                    self._send(302, b"", {"Location": "/redirect"})
                case "/hop":
                    elsewhere = f"http://localhost:{self.server.server_address[1]}/done"
                    self._send(302, b"", {"Location": elsewhere})
                case "/file.bin" | "/attached":
                    name = path.strip("/")
                    header = {
                        "Content-Disposition": f"attachment; filename={name}",
                        "Content-Type": "application/x-thing",
                    }
                    self._send(200, b"\0\1", header)
                case "/cookie":
                    visit = b"Second" if "visited" in (self.headers["Cookie"] or "") else b"First"
                    header = {"Set-Cookie": "visited=yes", "Content-Type": "text/html"}
                    self._send(200, b"<title>cookie</title><h1>" + visit + b" visit</h1>", header)
                case "/data.json":
                    self._send(200, b'{"a": [1, 2]}', {"Content-Type": "application/json"})
                case "/sandboxed":  # as wikis serve what was uploaded: no script runs there
                    header = {"Content-Type": "text/html", "Content-Security-Policy": "sandbox"}
                    style = b"<style>a { transition: margin 0.4s } a:focus { margin: 9px }</style>"
                    self._send(200, style + b"<a id=on href=/sandboxed.gif>on</a>", header)
                case "/sandboxed.gif":
                    header = {"Content-Type": "image/gif", "Content-Security-Policy": "sandbox; default-src 'none'"}
                    self._send(200, GIF, header)
                case "/never":
                    closing.wait(20)
                case "/late-answer":
                    closing.wait(2.6)
                    self._send(200, b"fetched", {"Content-Type": "text/plain"})
                case "/polled":
                    self._send(200, b"polled", {"Content-Type": "text/plain"})
                case "/wait":
                    closing.wait(0.4)
                    self._send(200, b"fetched", {"Content-Type": "text/plain"})
                case _ if (path.strip("/") or "start") in PAGES:
                    page = PAGES[path.strip("/") or "start"].read_bytes()
                    self._send(200, page, {"Content-Type": "text/html; charset=utf-8"})
                case _:
                    self._send(404, b"<h1>Not found</h1>", {"Content-Type": "text/html"})

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a browser that is killed leaves its connections behind

    server = Server(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Site(server.server_address[1], asked)
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """The address under which the files of a folder are served as they are."""

    class Files(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(partial(Files, directory=str(folder))) as url:
        yield url


@contextmanager
def serving(answers: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address at which requests are answered so."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
