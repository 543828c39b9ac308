"""Serves the offices: a list of what each keeps, with a search, and its form.

python -m benchmarks.sites.offices FILE --port 8000
"""

import argparse
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from benchmarks.sites.offices.forms import FORMS, Field, Form, Values

_LOCK = threading.Lock()
_STYLE = "<style>p{margin:10px}.error{color:#b00}</style>"


class Handler(BaseHTTPRequestHandler):
    """The pages `/`, `/NAME/`, `/NAME/new` and `/NAME/ROW`; a form is sent to where it came from."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *given: Any, file: Path) -> None:
        self._file = file
        super().__init__(*given)

    def do_GET(self) -> None:
        """A page."""
        parts = urlsplit(self.path)
        steps = [step for step in parts.path.split("/") if step]
        if not steps:
            links = "".join(f"<li><a href='/{name}/'>{escape(form.title)}</a>" for name, form in FORMS.items())
            self._answer(200, "Offices", f"<h1>Offices</h1><ul>{links}</ul>")
        elif steps[0] not in FORMS or len(steps) > 2:
            self._answer(404, "Not found", "<h1>Not found</h1>")
        elif len(steps) == 1:
            self._answer(200, steps[0], self._list(steps[0], parse_qs(parts.query).get("q", [""])[0]))
        elif steps[1] == "new":
            self._answer(200, FORMS[steps[0]].title, _page(FORMS[steps[0]], {}, {}))
        else:
            self._answer(200, steps[0], self._row(steps[0], steps[1]))

    def do_POST(self) -> None:
        """Keeps a record, or gives the form back with what is wrong."""
        steps = [step for step in urlsplit(self.path).path.split("/") if step]
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode(errors="replace")
        if len(steps) != 2 or steps[0] not in FORMS or steps[1] != "new":
            self._answer(404, "Not found", "<h1>Not found</h1>")
            return
        form = FORMS[steps[0]]
        sent = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        values = {field.name: sent.get(field.name, "").strip() for field in form.fields}
        wrong = faults(form, values)
        if wrong:
            self._answer(200, form.title, _page(form, values, wrong))
            return
        with _LOCK, closing(sqlite3.connect(self._file)) as base, base:
            marks = ", ".join("?" * len(form.fields))
            base.execute(f'insert into "{steps[0]}" values ({marks})', list(values.values()))
        self.send_response(303)
        self.send_header("Location", f"/{steps[0]}/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _list(self, name: str, wanted: str) -> str:
        form = FORMS[name]
        with closing(sqlite3.connect(self._file)) as base:
            rows = base.execute(f'select rowid, * from "{name}" order by rowid desc limit 50').fetchall()
        found = [row for row in rows if wanted.casefold() in " ".join(map(str, row)).casefold()]
        heads = "".join(f"<th>{escape(field.label)}</th>" for field in form.fields[:4])
        lines = "".join(
            f"<tr><td><a href='/{name}/{row[0]}'>{escape(' '.join(filter(None, map(str, row[1:4]))))}</a></td>"
            + "".join(f"<td>{escape(str(value))}</td>" for value in row[2:5])
            for row in found
        )
        field = f"<input type=search name=q aria-label=Search value='{escape(wanted)}'>"
        search = f"<form role=search>{field}<button>Search</button></form>"
        ways = f"<a href='/'>Offices</a> <a href='/{name}/new'>{escape(form.title)}</a>"
        return (
            f"<h1>{escape(name.capitalize())}</h1>{ways}"
            f"{search}<p>{len(rows)} records</p><table><tr>{heads}</tr>{lines}</table>"
        )

    def _row(self, name: str, row: str) -> str:
        with closing(sqlite3.connect(self._file)) as base:
            found = base.execute(f'select * from "{name}" where rowid = ?', [row]).fetchone()
        if found is None:
            return "<h1>Not found</h1>"
        pairs = zip(FORMS[name].fields, found, strict=True)
        lines = "".join(
            f"<dt>{escape(f.label)}</dt><dd>{escape(str(v))}</dd>" for f, v in pairs if f.type != "password"
        )
        return f"<h1>Record {escape(row)}</h1><a href='/{name}/'>Back to the list</a><dl>{lines}</dl>"

    def _answer(self, status: int, title: str, body: str) -> None:
        head = f"<!doctype html><html lang=en><meta charset=utf-8><title>{escape(title)}</title>{_STYLE}"
        data = f"{head}<body>{body}</body></html>".encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing."""


def faults(form: Form, values: Values) -> dict[str, str]:
    """What is wrong with the values of a form, by field."""
    wrong: dict[str, str] = {}
    for field in form.fields:
        value = values[field.name]
        blank = not value or (field.options[:1] == (value,) and field.type == "select")
        if blank and field.required:
            wrong[field.name] = "This field is required."
        elif value and not blank and field.check is not None and (why := field.check(value)) is not None:
            wrong[field.name] = why
    return wrong or form.together(values)


def _page(form: Form, values: Values, wrong: Values) -> str:
    told = "<p class=error role=alert>Please correct the errors below.</p>" if wrong else ""
    fields = "".join(_field(field, values.get(field.name, ""), wrong.get(field.name)) for field in form.fields)
    buttons = "<p><button type=button>Cancel</button> <button>Save</button></p>"
    return f"<h1>{escape(form.title)}</h1>{told}<form method=post id=record>{fields}{buttons}</form>"


def _field(field: Field, value: str, why: str | None) -> str:
    error = f"<span class=error>{escape(why)}</span>" if why else ""
    hint = f" <small>{escape(field.hint)}</small>" if field.hint else ""
    label, name = escape(field.label), field.name
    if field.type == "radio":
        choices = "".join(
            f"<label><input type=radio name={name} value='{option}'{' checked' * (option == value)}>{option}</label> "
            for option in field.options
        )
        return f"<fieldset><legend>{label}</legend>{choices}{error}</fieldset>"
    if field.type == "checkbox":
        box = f"<input type=checkbox name={name} value=yes{' checked' * (value == 'yes')}>"
        return f"<p><label>{box} {label}</label>{error}</p>"
    needed = " required" if field.required and field.browser else ""
    attributes = f"name={name} id=f_{name}{needed}"
    if field.told == "placeholder":
        attributes += f" placeholder='{label}'"
    if field.type == "select":
        options = "".join(
            f"<option{' selected' * (option == value)}>{escape(option)}</option>" for option in field.options
        )
        control = f"<select {attributes}>{options}</select>"
    elif field.type == "textarea":
        control = f"<textarea {attributes} rows=2 cols=40>{escape(value)}</textarea>"
    else:
        shown = "" if field.type == "password" else escape(value, quote=True)
        control = f"<input type={field.type} {attributes} step=any value='{shown}'>"
    match field.told:
        case "placeholder":
            return f"<p>{control}{hint} {error}</p>"
        case "beside":
            return f"<p><b>{label}:</b> {control}{hint} {error}</p>"
    return f"<p><label for=f_{name}>{label}</label> {control}{hint} {error}</p>"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serves until the process is ended."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args(arguments)
    with closing(sqlite3.connect(given.file)) as base, base:
        for name, form in FORMS.items():
            columns = ", ".join(f'"{field.name}"' for field in form.fields)
            base.execute(f'create table if not exists "{name}" ({columns})')

    def handler(*parts: Any) -> Handler:
        return Handler(*parts, file=given.file)

    with ThreadingHTTPServer(("127.0.0.1", given.port), handler) as server:
        server.daemon_threads = True
        server.serve_forever()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
