"""What verbs print: tables and results to the standard output, progress and errors beside it."""

import argparse
import csv
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.errors import ConfigurationError

PIPE_WIDTH = 200
"""Columns of a table that goes into a pipe; on a terminal it is as wide as that."""


def add_verb(
    verbs: Any, name: str, about: str, examples: Sequence[str], *, takes_beam: bool = False
) -> argparse.ArgumentParser:
    """A verb with its help: what it does, and examples that can be pasted."""
    lines = "\n".join(f"  {example}" for example in examples)
    note = "\n\nOther options go to Apache Beam (--runner, --direct_num_workers ...)." if takes_beam else ""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=about,
        description=about,
        epilog=f"examples:\n{lines}{note}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(takes_beam=takes_beam, parser=parser)
    return parser


def add_lake(parser: argparse.ArgumentParser) -> None:
    """The option that names the lake."""
    parser.add_argument("--lake", required=True, metavar="DIR", help="folder or URL of the lake")


def check_place(option: str, path: Path) -> None:
    """Refuses a place in which nothing can be made, before anything is begun for it.

    Raises:
        ConfigurationError: if what is there, or the nearest folder above it, is a file or can't be written to.
    """
    there = path.absolute()
    while not os.path.lexists(there) and there != there.parent:
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        what = "a folder that can't be written to" if there.is_dir() else "no folder"
        raise ConfigurationError(f"{option}: expected a place that can be written to, found {what} at {there}")


def say(line: str) -> None:
    """One line for the user, beside the results."""
    print(line, file=sys.stderr)


def failed(verb: str, line: str) -> int:
    """Says first of all that a verb came to nothing, how often, and what to do; the exit code for that."""
    say(f"hindtrace {verb}: {line}")
    return 1


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Shows on a terminal that something goes on; nothing in a pipe."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    with console.status(what):
        yield


def summary(title: str, counts: Mapping[str, object]) -> None:
    """The table at the end of a verb."""
    table = Table(title=title, title_justify="left", show_header=False)
    table.add_column("what")
    table.add_column("how many", justify="right")
    for name, count in counts.items():
        table.add_row(Text(name), Text(f"{count:,}" if isinstance(count, int) else str(count)))
    console().print(table)


def console() -> Console:
    """The standard output, wide enough in a pipe that nothing is cut."""
    standard = Console(highlight=False)
    return standard if standard.is_terminal else Console(highlight=False, width=PIPE_WIDTH)


def print_rows(names: Sequence[str], rows: Iterable[Sequence[Any]], form: str) -> None:
    """A result as a table, CSV, JSON or Markdown."""
    match form:
        case "csv":
            writer = csv.writer(sys.stdout, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([_text(value) for value in row] for row in rows)
        case "json":
            print(json.dumps([_object(names, row) for row in rows], ensure_ascii=False, indent=1))
        case "markdown":
            print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
            for row in rows:
                cells = (_text(value).replace("|", "\\|").replace("\n", " ") for value in row)
                print(f"| {' | '.join(cells)} |")
        case _:
            table = Table()
            for name in names:
                table.add_column(Text(name))
            for row in rows:
                table.add_row(*(Text(_printable(_text(value))) for value in row))
            console().print(table)


def _object(names: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in zip(names, row, strict=True)}


def _plain(value: Any) -> Any:
    """The value as JSON takes it; bytes are counted and not printed."""
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no such number
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _text(value: Any) -> str:
    if value is None:
        return ""
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _printable(text: str) -> str:
    """Without control characters: what pages say must not steer the terminal."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)
