"""What a person should look at, and the way back of what they said."""

import argparse
from pathlib import Path
from typing import Any

from pipelines.cli.output import add_lake, add_verb, print_rows, progress, summary
from schemas.errors import ConfigurationError


def add(verbs: Any) -> None:
    """The verbs of this module."""
    review = add_verb(
        verbs,
        "review",
        "List what a person should look at, the most telling first; or take their answers in.",
        (
            "hindtrace review --lake lake --most 50 --format csv > answers.csv",
            "hindtrace review --lake lake --answers answers.csv --by ann",
        ),
    )
    add_lake(review)
    review.add_argument("--most", type=int, default=100, metavar="N", help="rows of the list (default: 100)")
    review.add_argument(
        "--format", choices=("table", "csv", "json", "markdown"), default="table", help="default: table"
    )
    review.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="CSV, JSON lines or Parquet: trajectory_id, step, instruction_id, verdict, reason; empty where unanswered",
    )
    review.add_argument("--by", default="1", metavar="NAME", help="who answered: the version of the labels of `human`")
    review.set_defaults(run=run_review)


def run_review(options: argparse.Namespace) -> int:
    """Runs `hindtrace review`."""
    from pipelines.agree.review import queue, take_answers
    from pipelines.lake.delta import open_lake

    if options.answers is not None:
        with progress("Taking the answers"):
            done = take_answers(options.lake, options.answers, by=options.by)
        summary("review" if done.changed else "review: nothing new", done.counts)
        return 0
    if options.most <= 0:
        raise ConfigurationError(f"--most: expected more than 0, found {options.most}")
    with progress("Asking"):
        names, rows = queue(open_lake(options.lake), most=options.most)
    print_rows(names, rows, options.format)
    return 0
