"""A small application that writes, a shelf of books, each put on it by a form; it can be put back to its beginning."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

BOOKS = (("Emma", "Austen", "no"), ("Persuasion", "Austen", "no"), ("Middlemarch", "Eliot", "no"))
HEADS = ("title", "author", "lent")


class Shelf:
    """What lies on the shelf; with `careless`, putting a book on it also lends the first one."""

    def __init__(self, *, careless: bool = False) -> None:
        self.careless = careless
        self.books: list[tuple[str, str, str]] = []
        self.posts = 0
        self.address = ""
        self.put_back()

    def put_back(self) -> None:
        """Brings it back to its beginning."""
        self.books = list(BOOKS)

    def put(self, title: str, author: str) -> None:
        """Puts a book on it."""
        self.posts += 1
        self.books.append((title, author, "no"))
        if self.careless:
            self.books[0] = (*self.books[0][:2], "yes")

    def page(self, path: str) -> str | None:
        """The page of a path."""
        if path == "/":
            return _page("Home", "<a href=/books>Books</a> <a href=/help>Help</a>")
        if path == "/books":
            rows = "".join(
                f"<tr><td><a href=/books/{number}>{escape(book[0])}</a></td>"
                + "".join(f"<td>{escape(cell)}</td>" for cell in book[1:])
                + "</tr>"
                for number, book in enumerate(self.books)
            )
            heads = "".join(f"<th>{head}</th>" for head in HEADS)
            table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"
            return _page("Books", f"<p><a href=/new>New book</a> <a href=/help>Help</a></p>{table}")
        if path == "/new":
            fields = "<p><label>Title <input name=title></label><p><label>Author <input name=author></label>"
            return _page("New book", f"<form method=post action=/put>{fields}<p><button>Keep</button></form>")
        if path == "/help":
            reads, writes = (
                "<form action=/books><button>All books",
                "<form method=post action=/put><button>A blank book",
            )
            return _page("Help", f"{reads}</button></form>{writes}</button></form>")
        number = path.removeprefix("/books/")
        if number.isdecimal() and int(number) < len(self.books):
            said = "".join(
                f"<p>{head}: {escape(cell)}</p>" for head, cell in zip(HEADS, self.books[int(number)], strict=True)
            )
            return _page(self.books[int(number)][0], said)
        return None


@contextmanager
def served(shelf: Shelf) -> Iterator[Shelf]:
    """The shelf, running; `POST /reset` puts it back."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """A page."""
            body = shelf.page(urlsplit(self.path).path)
            self._answer(404 if body is None else 200, (body or "<h1>Not found</h1>").encode())

        def do_POST(self) -> None:
            """Puts a book on it, or all of it back."""
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"] or 0)).decode())
            if self.path == "/reset":
                shelf.put_back()
                self._answer(200, b"")
                return
            shelf.put(sent.get("title", [""])[0], sent.get("author", [""])[0])
            self.send_response(303)
            self.send_header("Location", "/books")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    shelf.address = f"http://127.0.0.1:{server.server_port}/"
    yield shelf
    server.shutdown()
    server.server_close()


def _page(name: str, inside: str) -> str:
    return f"<!doctype html><html lang=en><title>{escape(name)} - Shelf</title><h1>{escape(name)}</h1>{inside}"
