"""Viewing: what was tried of a lake, as one static page."""

import argparse
from pathlib import Path
from typing import Any

from pipelines.cli.fleets import positive
from pipelines.cli.output import add_lake, add_verb, failed, progress, summary
from schemas.errors import ConfigurationError


def add(verbs: Any) -> None:
    """The verb of this module."""
    view = add_verb(
        verbs,
        "view",
        "Write one page with the tasks that were tried: their screens, their claims, and what each lane came to.",
        (
            "hindtrace view --lake lake --html tasks.html",
            "hindtrace view --lake lake --html tasks.html --limit 500",
        ),
    )
    add_lake(view)
    view.add_argument("--html", type=Path, required=True, metavar="FILE", help="the page, which a browser opens")
    view.add_argument("--limit", type=positive, default=200, metavar="N", help="tasks at most; default: 200")
    view.set_defaults(run=run_view)


def run_view(options: argparse.Namespace) -> int:
    """Runs `hindtrace view`; 1 if nothing was tried."""
    from pipelines.lake.delta import open_lake
    from pipelines.prove.page import page_of
    from schemas.files import write_file

    with progress("Drawing"):
        made = page_of(open_lake(options.lake), limit=options.limit)
    if not made.tasks:
        return failed(
            "view", "no task of the lake was tried, so there is nothing to show: `hindtrace prove` tries them"
        )
    try:
        write_file(options.html, made.html.encode())
    except OSError as error:
        raise ConfigurationError(f"{options.html}: expected a place for the page, found {error}") from error
    summary("view", {"tasks": made.tasks, "shown": made.shown, "page": str(options.html)})
    return 0
